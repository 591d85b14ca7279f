"""Of two hearings the surer stands, word by word."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.asr.agreement import surest
from qa.calls import Word


def heard(text: str, confidence: float = 0.8) -> list[Word]:
    return [Word(character, round(0.2 * i, 2), round(0.2 * i + 0.2, 2), confidence) for i, character in enumerate(text)]


@pytest.mark.parametrize(
    ("one", "sure", "other", "how_sure", "found"),
    [
        ("请烧等", 0.3, "请稍等", 0.7, "请稍等"),
        ("请稍等", 0.7, "请烧等", 0.3, "请稍等"),
        ("请稍等", 0.6, "请稍等", 0.9, "请稍等"),
        ("请等", 0.8, "请稍等", 0.9, "请稍等"),  # heard by one, surely
        ("请等", 0.8, "请稍等", 0.2, "请等"),  # heard by one, hardly
        ("謝謝", 0.9, "谢谢", 0.4, "謝謝"),  # the same characters in the other script
        ("", 0.9, "好的", 0.2, "好的"),
        ("好的", 0.2, "", 0.9, "好的"),
        ("", 0.9, "", 0.9, ""),
    ],
)
def test_words(one: str, sure: float, other: str, how_sure: float, found: str) -> None:
    assert "".join(word.text for word in surest(heard(one, sure), heard(other, how_sure))) == found


@given(st.text("好的请稍等", max_size=12), st.text("好的请稍等", max_size=12), st.floats(0.1, 0.9))
def test_times_go_forward_and_nothing_is_made_up(one: str, other: str, sure: float) -> None:
    found = surest(heard(one, sure), heard(other, 0.5))
    assert all(a.start <= b.start and a.start <= a.end for a, b in pairwise(found))
    assert set("".join(word.text for word in found)) <= set(one + other)
