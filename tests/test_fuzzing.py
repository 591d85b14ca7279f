"""Some of the cases of ``python tests/fuzzing.py`` each time, the same ones; the hours are run by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from fuzzing import READERS, edited, run


@pytest.mark.parametrize(("name", "examples"), [("manifest", 60), ("rubric", 40), ("transcript", 120), ("container", 60)])
def test_whatever_is_in_a_file_it_is_read_or_refused_in_words(tmp_path: Path, name: str, examples: int) -> None:
    assert run(READERS[name], tmp_path, seed=1, examples=examples).cases >= examples / 2


def test_a_finding_is_not_lost(tmp_path: Path) -> None:
    def never(path: Path) -> None:
        assert b"x" not in path.read_bytes(), "found"

    from hypothesis import strategies as st

    with pytest.raises(AssertionError, match="found"):
        run(type(READERS["rubric"])(st.just(("a", b"xx")), never), tmp_path, seed=1, examples=5)


def test_edits_are_of_bytes() -> None:
    assert edited(b"abcdef", [("set", 0.5, b"X")]) == b"abcXef"
    assert edited(b"abcdef", [("cut", 0.5, b"")]) == b"abc"
    assert edited(b"abcdef", [("drop", 0.0, b"")]) == b"bcdef"
    assert edited(b"", [("swap", 0.9, b""), ("repeat", 0.1, b"")]) == b""
