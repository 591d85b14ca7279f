"""Intake: recordings and what is known about them, or transcripts made elsewhere, as values of :mod:`qa.calls`."""
