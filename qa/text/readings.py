"""A text as the syllables it is spoken with."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Protocol

from qa.text import syllables
from qa.text.normalize import MEASURE

Sound = int  # a spoken syllable: character << 13 | code << 3 | tone
Spoken = tuple[Sound, int, int]  # and the characters begin .. end it stands for

_RUN = re.compile(r"(?P<digits>\d+)|(?P<letters>[a-z]+)|(?P<rest>[^\da-z]+)")
_MARKED = re.compile(r"[\da-z]")
_SPOKEN_DIGIT = "零一二三四五六七八九"


def sound(code: int, tone: int, character: str) -> Sound:
    """One syllable as one number; :func:`unpack` takes it apart."""
    return ord(character) << 13 | code << 3 | tone


def unpack(spoken: Sound) -> tuple[int, int, int]:
    """Code, tone and code point of the character.

    >>> unpack(sound(45, 3, "好")) == (45, 3, ord("好"))
    True
    """
    return spoken >> 3 & 1023, spoken & 7, spoken >> 13


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """A normalised text as syllables; syllable ``i`` is the characters ``begins[i] .. ends[i]`` of ``text``."""

    text: str
    sounds: tuple[Sound, ...]
    begins: Sequence[int]
    ends: Sequence[int]

    def __len__(self) -> int:
        return len(self.sounds)


def read(text: str) -> Reading:
    """The syllables of a normalised text. Numbers are read as they are spoken, Latin letters by their names.

    A run of digits is a number (24: er shi si) when it is short, round, or counts something; else it is read digit
    by digit (12315), where 1 is yi or yao.

    >>> [len(read(text)) for text in ("您好", "24小时", "12315", "100", "")]
    [2, 5, 5, 2, 0]
    """
    if not _MARKED.search(text):
        return Reading(text, _sounds(text), range(len(text)), range(1, len(text) + 1))
    sounds, begins, ends = list[Sound](), list[int](), list[int]()
    for run in _RUN.finditer(text):
        start = run.start()
        if run.lastgroup == "digits":
            for spoken, begin, end in _read_number(run[0], start, text[run.end() :], after_percent=text.endswith("百分之", 0, start)):
                sounds.append(spoken)
                begins.append(begin)
                ends.append(end)
            continue
        if run.lastgroup == "letters":
            sounds += [sound(syllables.letter_code(letter), 0, letter) for letter in run[0]]
        else:
            sounds += _sounds(run[0])
        begins += range(start, run.end())
        ends += range(start + 1, run.end() + 1)
    return Reading(text, tuple(sounds), begins, ends)


def _sounds(text: str) -> tuple[Sound, ...]:
    """The syllables of a text without digits and letters, polyphones by the phrases they stand in."""
    prefixes, phrases, han = _vocabulary()
    if not han.match(text):
        return _word(text)
    sounds: list[Sound] = []
    begin, length = 0, len(text)
    while begin < length:  # pypinyin's own segmentation, the longest phrase first, without its cost for each character
        end, word = begin + 2, begin + 1
        said = text[begin:end]
        if said not in prefixes or end > length:  # mostly; nor is there a phrase that begins so
            sounds += _SPOKEN[text[begin]]
            begin = word
            continue
        while end <= length and said in prefixes:
            if said in phrases:
                word = end
            end += 1
            said = text[begin:end]
        if end > length and word == begin + 1:  # the beginning of a phrase ends the text: pypinyin reads the rest alone
            for character in text[begin:]:
                sounds += _SPOKEN[character]
            break
        sounds += _SPOKEN[text[begin:word]]
        begin = word
    return tuple(sounds)


class _Words(dict[str, tuple[Sound, ...]]):
    """The syllables of characters and of the phrases that pypinyin knows; no others, so that there is an end to them."""

    def __missing__(self, word: str) -> tuple[Sound, ...]:
        self[word] = sounds = _word(word)
        return sounds


_SPOKEN = _Words()


class _Prefixes(Protocol):
    def __contains__(self, key: str) -> bool: ...


@cache
def _vocabulary() -> tuple[_Prefixes, Mapping[str, object], re.Pattern[str]]:
    """The beginnings of the phrases that pypinyin knows, the phrases, and what a text it can read consists of."""
    from pypinyin.constants import PHRASES_DICT, RE_HANS
    from pypinyin.seg.mmseg import p_set

    return getattr(p_set, "_set", p_set), PHRASES_DICT, re.compile(RE_HANS.pattern)  # the bare set answers three times as fast


@lru_cache(maxsize=50_000)
def _word(text: str) -> tuple[Sound, ...]:
    """The syllables of a word, or of any text that has no readings."""
    from pypinyin import Style, lazy_pinyin

    spelled = lazy_pinyin(text, style=Style.TONE3, neutral_tone_with_five=True, errors=list)  # type: ignore[arg-type]
    return tuple(sound(*_code_and_tone(spelling), character) for spelling, character in zip(spelled, text, strict=True))


def _code_and_tone(spelling: str) -> tuple[int, int]:
    if spelling[-1:].isascii() and spelling[-1:].isdigit():
        return syllables.code_of(spelling[:-1]), int(spelling[-1])
    return syllables.code_of(spelling), 0


def _read_number(digits: str, begin: int, after: str, *, after_percent: bool) -> Iterator[Spoken]:
    counts = after_percent or re.match(MEASURE, after) is not None
    whole = digits[0] != "0" and (len(digits) <= 2 or digits.endswith("00") or (counts and len(digits) <= 4)) and len(digits) <= 8
    if not whole or len(digits) == 1:
        for i, digit in enumerate(digits, begin):
            yield _digit(digit), i, i + 1
        return
    spoken = _spoken(int(digits))
    last = len(spoken) - 1
    for i, (character, said) in enumerate(zip(spoken, _sounds(spoken), strict=True)):
        first = begin + min(i, len(digits) - 1)
        yield (
            sound(syllables.DIGIT_TWO, 0, character) if character == "二" else said,
            first,
            begin + len(digits) if i == last else first + 1,
        )


@lru_cache(maxsize=1000)
def _digit(digit: str) -> Sound:
    """A digit said by itself."""
    special = {"1": syllables.DIGIT_ONE, "2": syllables.DIGIT_TWO}.get(digit)
    code, tone = (special, 0) if special else unpack(_word(_SPOKEN_DIGIT[int(digit)])[0])[:2]
    return sound(code, tone, digit)


@lru_cache(maxsize=10_000)
def _spoken(number: int) -> str:
    """A whole number as it is said.

    >>> [_spoken(number) for number in (10, 24, 105, 300, 2500, 20000)]
    ['十', '二十四', '一百零五', '三百', '二千五百', '二万']
    """
    if number >= 10_000:
        rest = number % 10_000
        return _spoken(number // 10_000) + "万" + (("零" if rest < 1000 else "") + _spoken(rest) if rest else "")
    said, zero = "", False
    for value, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, value)
        if digit:
            said += ("零" if zero else "") + _SPOKEN_DIGIT[digit] + unit
            zero = False
        else:
            zero = bool(said)
    return said.removeprefix("一") if said.startswith("一十") else said
