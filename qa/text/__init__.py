"""Mandarin as strings: normalising, cutting into words, comparing by sound."""
