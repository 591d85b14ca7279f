"""One spelling, and the way back to the original."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from language import cases

from qa.text.normalize import normalize, normalize_all, simplify

SPOKEN = st.text(alphabet="一二三四五六七八九十百千万两幺零〇0123456789嗯啊呃额好的个天块点请您稍等一下，。 %.:AbＡ１請", max_size=30)


@pytest.mark.parametrize("case", cases("normalize"))
def test_cases(case: dict[str, Any]) -> None:
    assert normalize(case["text"]).text == case["normal"]


@given(st.one_of(SPOKEN, st.text(max_size=30)))
def test_every_span_points_into_the_original(text: str) -> None:
    normal = normalize(text)
    assert len(normal.begins) == len(normal.ends) == len(normal.text)
    for begin in range(len(normal.text)):
        first, last = normal.original(begin, begin + 1)
        assert 0 <= first < last <= len(text)
    assert list(normal.begins) == sorted(normal.begins)
    assert list(normal.ends) == sorted(normal.ends)


@given(st.lists(st.one_of(SPOKEN, st.text(alphabet="5%\ue000１㎏啊 ", max_size=6), st.text(max_size=12)), max_size=6))
def test_texts_together_are_normalised_as_each_alone(texts: list[str]) -> None:
    assert normalize_all(texts) == [normalize(text) for text in texts]


@given(st.text(max_size=30))
def test_simplifying_keeps_every_place(text: str) -> None:
    assert len(simplify(text)) == len(text)


def test_the_original_words_of_a_number() -> None:
    normal = normalize("嗯，二十四小时之内，给您回电。")
    assert normal.text == "24小时之内给您回电"
    assert normal.original(0, 4) == (2, 7)
    assert normal.original(6, 10) == (10, 14)


@pytest.mark.parametrize(("text", "span"), [("", (0, 0)), ("，好", (1, 1)), ("嗯嗯", (0, 0))])
def test_an_empty_span_is_a_place(text: str, span: tuple[int, int]) -> None:
    assert normalize(text).original(0, 0) == span


@pytest.mark.parametrize(("begin", "end"), [(0, 3), (-1, 1), (2, 1)])
def test_a_span_outside_is_refused(begin: int, end: int) -> None:
    with pytest.raises(IndexError, match=f"span {begin}..{end}"):
        normalize("您好").original(begin, end)
