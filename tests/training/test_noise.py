"""Noise as a recogniser makes it: the same for the same seed, about as much as asked, errors that sound like what was said."""

import random

from rapidfuzz.distance import Levenshtein

from qa.text.sound import find, read
from training.noise import corrupt

SAID = "我要投诉你们公司的服务态度太差了打了三次电话都没有人处理这个事情"


def misheard(text: str, seed: int, rate: float) -> str:
    return corrupt(text, rate, random.Random(seed))


def test_the_same_seed_gives_the_same_text() -> None:
    assert misheard(SAID, 5, 0.15) == misheard(SAID, 5, 0.15)
    assert len({misheard(SAID, seed, 0.15) for seed in range(20)}) > 15


def test_about_as_much_as_asked() -> None:
    for rate, low, high in ((0.0, 0.0, 0.0), (0.1, 0.04, 0.2), (0.3, 0.15, 0.5)):
        wrong = sum(Levenshtein.distance(SAID, misheard(SAID, seed, rate)) for seed in range(40)) / (40 * len(SAID))
        assert low <= wrong <= high, (rate, wrong)


def test_a_misheard_phrase_is_still_found_by_sound() -> None:
    heard = [misheard("投诉你们", seed, 0.25) for seed in range(40)]
    found = [text for text in heard if find(read("投诉你们"), read(text), 0.75)]
    assert len(set(heard)) > 5
    assert len(found) >= 30


def test_nothing_said_and_what_has_no_sound_stay_as_they_are() -> None:
    assert misheard("", 1, 0.3) == ""
    assert misheard("？", 1, 0.0) == "？"
