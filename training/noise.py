"""What a recogniser makes of telephone speech: other characters and words of nearly the same sound, words lost and doubled.

How near two syllables are is :mod:`qa.text.syllables`' business; here only what may stand for what is drawn from it.
"""

from __future__ import annotations

import random
from collections import defaultdict
from functools import cache

from qa.text import syllables
from qa.text.readings import read, unpack
from qa.text.segment import words

NEAR = 26  # of a hundred: from here on two syllables are not taken for one another
FILLERS = ("嗯", "呃", "那个", "就是", "啊", "然后", "这个", "就是说", "对吧")


def corrupt(text: str, rate: float, chance: random.Random) -> str:
    """The text with about ``rate`` of its characters misheard.

    >>> corrupt("我要投诉你们", 0.0, random.Random(1))
    '我要投诉你们'
    """
    if rate <= 0:
        return text
    heard = []
    for word, _, _ in words(text):
        draw = chance.random()
        if len(word) > 1 and draw < rate:
            heard.append(_other_word(word, chance))
        else:
            heard.append("".join(_character(one, rate * 0.7, chance) for one in word))
        if chance.random() < rate * 0.12:
            heard.append(chance.choice(FILLERS))
    return "".join(heard)


def _character(one: str, rate: float, chance: random.Random) -> str:
    draw = chance.random()
    if draw > rate:
        return one
    if draw < rate * 0.15:
        return ""
    if draw < rate * 0.22:
        return one + one
    code = _codes(one)
    return chance.choice(_near_characters(code[0]) or [one]) if code else one


def _other_word(word: str, chance: random.Random) -> str:
    codes = _codes(word)
    if len(codes) != len(word):
        return word
    same = [other for other in _words_by_sound().get(codes, ()) if other != word]
    if not same or chance.random() < 0.3:
        near = [chance.choice(_near_codes(code)) for code in codes]
        same = [other for other in _words_by_sound().get(tuple(near), ()) if other != word]
    if same:
        return chance.choice(same[:6])
    i = chance.randrange(len(word))
    return word[:i] + chance.choice(_near_characters(codes[i]) or [word[i]]) + word[i + 1 :]


@cache
def _codes(text: str) -> tuple[int, ...]:
    codes = tuple(unpack(one)[0] for one in read(text).sounds)
    return codes if all(code >= syllables.FIRST_SYLLABLE for code in codes) else ()


@cache
def _near_codes(code: int) -> list[int]:
    costs = syllables.substitution_costs()[code]
    # the nearer, the oftener: the syllable itself stands four times
    return [code] * 4 + [int(other) for other in (costs < NEAR).nonzero()[0] if other >= syllables.FIRST_SYLLABLE and other in _by_sound()]


@cache
def _by_sound() -> dict[int, list[str]]:
    """The 3,755 common characters of GB 2312 by syllable."""
    found: dict[int, list[str]] = defaultdict(list)
    for row in range(0xB0, 0xD8):
        for cell in range(0xA1, 0xFF):
            try:
                character = bytes((row, cell)).decode("gb2312")
            except UnicodeDecodeError:
                continue
            if code := _codes(character):
                found[code[0]].append(character)
    return dict(found)


@cache
def _near_characters(code: int) -> list[str]:
    near = _near_codes(code)
    return [character for other in near for character in _by_sound().get(other, ())]


@cache
def _words_by_sound() -> dict[tuple[int, ...], list[str]]:
    """Jieba's commoner words of two and three characters by how they sound, commonest first."""
    import jieba

    words("")
    jieba.default_logger.setLevel(60)
    jieba.initialize()
    frequent = sorted(((count, word) for word, count in jieba.dt.FREQ.items() if count > 60 and 2 <= len(word) <= 3), reverse=True)
    found: dict[tuple[int, ...], list[str]] = defaultdict(list)
    for _, word in frequent:
        if all("\u4e00" <= one <= "\u9fff" for one in word) and (codes := _codes(word)):
            found[codes].append(word)
    return dict(found)
