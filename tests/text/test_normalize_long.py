"""Long runs are read in time linear in their length."""

from __future__ import annotations

from qa.text.normalize import normalize


def test_a_hundred_thousand_digits_are_no_trap() -> None:
    assert len(normalize("1" * 100_000).text) == 100_000
    assert len(normalize("一二" * 50_000).text) == 100_000
