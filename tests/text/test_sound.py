"""Phrases found by how they sound."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from language import cases

from qa.text.normalize import normalize
from qa.text.sound import LONGEST, Match, Passage, Phrasebook, default_closeness, find, nearest, read, spot

TEXT = st.text(alphabet="请您稍等一下我要投诉你们不没在再见建头数是的了嗯12345ab", max_size=24).map(lambda text: normalize(text).text)


@pytest.mark.parametrize("case", cases("sound"))
def test_cases(case: dict[str, Any]) -> None:
    phrase, text = read(normalize(case["phrase"]).text), read(normalize(case["text"]).text)
    assert bool(find(phrase, text, default_closeness(len(phrase)))) is case["found"]


@settings(deadline=None)  # the machine may be busy
@given(TEXT.filter(bool))
def test_the_very_characters_are_closeness_one(text: str) -> None:
    assert find(read(text), read(text), 1.0) == [Match(0, len(text), 1.0)]


@settings(deadline=None)  # the machine may be busy
@given(TEXT, TEXT, TEXT)
def test_a_phrase_said_is_found_wherever_it_is(before: str, phrase: str, after: str) -> None:
    text = f"{before}们{phrase}们{after}"
    hits = find(read(phrase), read(text), 1.0)
    assert bool(hits) is bool(phrase)
    assert all(text[hit.begin : hit.end] == phrase for hit in hits)


@settings(deadline=None)  # the machine may be busy
@given(TEXT, TEXT, st.floats(0.4, 0.99), st.floats(0.4, 0.99))
def test_a_lower_threshold_never_loses_the_best(phrase: str, text: str, one: float, other: float) -> None:
    low, high = sorted((one, other))
    strict = find(read(phrase), read(text), high)
    loose = find(read(phrase), read(text), low)
    assert len(loose) >= bool(strict)
    assert max((hit.closeness for hit in loose), default=0.0) >= max((hit.closeness for hit in strict), default=0.0)


@settings(deadline=None)  # the machine may be busy
@given(TEXT, TEXT, st.floats(0.4, 1.0))
def test_matches_lie_in_the_text_in_order(phrase: str, text: str, at_least: float) -> None:
    hits = find(read(phrase), read(text), at_least)
    assert all(0 <= hit.begin < hit.end <= len(text) for hit in hits)
    assert all(hit.closeness >= at_least - 0.001 for hit in hits)
    assert all(a.end <= b.begin for a, b in pairwise(hits))


@settings(deadline=None)  # the machine may be busy
@given(TEXT, TEXT)
def test_closeness_is_symmetrical_between_texts_of_one_length(one: str, other: str) -> None:
    a, b = read(one), read(other)
    if len(a) == len(b):
        assert _whole(a.text, b.text) == _whole(b.text, a.text)


def _whole(phrase: str, text: str) -> float:
    """How close a text comes as a whole, no character of it left over."""
    found = [hit for hit in find(read(phrase), read(text), 0.5) if (hit.begin, hit.end) == (0, len(text))]
    return found[0].closeness if found and all(character not in "的了您你是" for character in phrase + text) else 0.0


@pytest.mark.parametrize(("phrase", "text"), [("", "您好"), ("您好", ""), ("", "")])
def test_nothing_to_compare(phrase: str, text: str) -> None:
    assert find(read(phrase), read(text), 0.5) == []
    assert nearest(read(phrase), read(text)) is None


def test_nearest_is_there_whatever_its_closeness() -> None:
    found = nearest(read("祝您生活愉快"), read("什么玩意"))
    assert found is not None
    assert 0.0 <= found.closeness < 0.4


def test_no_match_reaches_from_one_text_into_the_next() -> None:
    passage = Passage([read("请您"), read("稍等一下")])
    assert spot(Phrasebook([read("请您稍等一下")], [0.8]), passage) == []
    assert spot(Phrasebook([read("稍等一下")], [0.7]), passage) == [(0, 1, Match(0, 4, 1.0))]


@pytest.mark.parametrize("length", [8, 9, 16, 17, 34, 35, LONGEST])
def test_phrases_of_any_length_are_found_with_a_fault(length: int) -> None:
    said = ("今天下午我们的师傅会上门给您检修宽带线路" * 6)[:length]
    heard = said[:3] + "物" + said[4:]
    found = find(read(said), read("好" * 11 + heard + "再见"), 0.7)
    assert [(hit.begin, hit.end) for hit in found] == [(11, 11 + length)]


def test_a_strict_phrase_must_be_whole() -> None:
    passage = Passage([read("这是什么东西"), read("这是什么魄东西")])
    phrase = read("什么破东西")
    assert [text for _, text, _ in spot(Phrasebook([phrase], [0.8]), passage)] == [0, 1]
    assert [text for _, text, _ in spot(Phrasebook([phrase], [0.8], [True]), passage)] == [1]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("24小时", 5),
        ("12315", 5),
        ("10块", 2),
        ("300元", 3),
        ("0571", 4),
        ("8001", 4),
        ("百分之100", 5),
        ("abc", 3),
        ("かな", 2),
        ("𠮷", 1),
    ],
)
def test_numbers_and_letters_are_read(text: str, count: int) -> None:
    reading = read(text)
    assert len(reading) == count
    assert int(reading.ends[-1]) == len(text)
