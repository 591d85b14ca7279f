"""Text as a recogniser would have misheard it: for training data and for measuring, never in the product.

Errors of Chinese recognition are errors of sound: 投诉 comes out as 头数, 十 as 四, 您 is swallowed, 嗯 appears. What is
near is taken from :mod:`qa.text.syllables`, which knows the confusable initials and finals; what is likely is taken
from how often a word or a character is used (jieba's dictionary).
"""

from __future__ import annotations

import random
from functools import cache
from itertools import groupby

from qa.text.segment import words
from qa.text.syllables import FIRST_SYLLABLE, code_of, substitution_costs

NEAR = 25  # hundredths of a syllable: accents, aspiration, one glide; not another vowel
_FILLERS = ("嗯", "啊", "呃", "那个", "就是", "哎", "这个", "然后", "就", "哦")
_SWALLOWED = "的了吗呢啊吧就也都还给我你是不那这一个"  # said fast and without stress
_MUTED = "，。！？、；：…,.!?;: 　“”\"'（）()《》—"


def misheard(text: str, seed: int, rate: float = 0.12) -> str:
    """The text with about ``rate`` of its characters wrong, the same for the same ``seed``; punctuation is lost.

    Of the errors, four fifths put a character or a word of near sound in place of the one that was said, an eighth
    swallow one, the rest put a filler before a word. With ``rate`` 0 only the punctuation goes.

    >>> misheard("我要投诉你们，太不像话了！", seed=1, rate=0.0)
    '我要投诉你们太不像话了'
    >>> misheard("我要投诉你们", seed=3, rate=0.5) == misheard("我要投诉你们", seed=3, rate=0.5)
    True
    """
    chance = random.Random(f"{seed} {text}")
    plain = "".join(character for character in text if character not in _MUTED)
    said: list[str] = []
    for word, _, _ in words(plain):
        if chance.random() < rate * len(word) * 0.075:
            said.append(chance.choice(_FILLERS))
        if len(word) > 1 and chance.random() < rate * 0.5 and (alike := _words_like(word)):
            said.append(_one_of(alike, chance))
        else:
            said.append("".join(_character(character, chance, rate * (0.9 if len(word) == 1 else 0.7)) for character in word))
    return "".join(said) or plain


def _character(character: str, chance: random.Random, rate: float) -> str:
    drawn = chance.random()
    if drawn < rate * 0.8:
        alike = _characters_like(character)
        return _one_of(alike, chance) if alike else character
    if drawn < rate * (2.2 if character in _SWALLOWED else 0.9):
        return ""
    return character


Weighted = tuple[tuple[str, ...], tuple[float, ...]]


def _one_of(alike: Weighted, chance: random.Random) -> str:
    return chance.choices(*alike)[0]


@cache
def _characters_like(character: str) -> Weighted | None:
    """Other common characters of the same or a near sound, the same sound eight times as likely."""
    code = _code(character)
    if code < FIRST_SYLLABLE:
        return None
    costs = substitution_costs()[code]
    found = {
        other: used * (8.0 if other_code == code else 1.0)
        for other_code, members in _by_sound().items()
        if costs[other_code] <= NEAR
        for other, used in members
        if other != character
    }
    return (tuple(found), tuple(found.values())) if found else None


@cache
def _words_like(word: str) -> Weighted | None:
    """Other words whose syllables are all the same or near, weighted by use."""
    codes = tuple(map(_code, word))
    if min(codes) < FIRST_SYLLABLE:
        return None
    costs = substitution_costs()
    found = {
        other: used
        for other, other_codes, used in _words_of(len(word))
        if other != word and all(costs[a, b] <= NEAR for a, b in zip(codes, other_codes, strict=True))
    }
    return (tuple(found), tuple(found.values())) if found else None


@cache
def _code(character: str) -> int:
    from pypinyin import Style, lazy_pinyin

    return code_of(lazy_pinyin(character, style=Style.NORMAL, errors=lambda _: "?")[0])


@cache
def _frequencies() -> dict[str, int]:
    import jieba

    jieba.dt.initialize()
    return dict(jieba.dt.FREQ)


@cache
def _by_sound() -> dict[int, tuple[tuple[str, float], ...]]:
    """The 3,755 everyday characters (level 1 of GB 2312) by syllable, each with the root of how often it is used."""
    used = _frequencies()
    common = [bytes((row, cell)).decode("gb2312", "ignore") for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF)]
    by_code = sorted((_code(character), character) for character in common if character)
    return {
        code: tuple((character, (1 + used.get(character, 0)) ** 0.5) for _, character in members)
        for code, members in groupby(by_code, key=lambda pair: pair[0])
        if code >= FIRST_SYLLABLE
    }


@cache
def _words_of(length: int) -> tuple[tuple[str, tuple[int, ...], float], ...]:
    """Words of that many characters that are used at least now and then."""
    common = [(word, used) for word, used in sorted(_frequencies().items()) if len(word) == length and used >= 100]
    coded = ((word, tuple(map(_code, word)), used**0.5) for word, used in common)
    return tuple((word, codes, used) for word, codes, used in coded if min(codes) >= FIRST_SYLLABLE)
