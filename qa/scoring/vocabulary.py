"""All the phrases that a rubric asks for, prepared once, so that a call is searched for them once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Generic, TypeVar

import numpy as np

from qa.scoring.lexicon import Phrase
from qa.text.passage import Ints
from qa.text.sound import Passage, Phrasebook, Reading, default_closeness, read, spotted

Phrases = tuple[Phrase, ...]
_Way = tuple[str, float, bool]  # what is said, how close it must come, whether strictly


V = TypeVar("V")


class Kept(Generic[V]):
    """Values made once for objects that are known by their identity: to hash hundreds of phrases costs more than to use them.

    >>> kept, words = Kept[int](most=8), ("您好",)
    >>> kept.of((words,), lambda: len(words)), kept.of((words,), lambda: 0)
    (1, 1)
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: dict[tuple[int, ...], tuple[tuple[object, ...], V]] = {}

    def of(self, objects: tuple[object, ...], make: Callable[[], V]) -> V:
        """The value for these very objects, from ``make`` the first time."""
        key = tuple(map(id, objects))
        kept = self._kept.get(key)
        if kept is None:
            if len(self._kept) >= self._most:
                self._kept.clear()
            kept = self._kept[key] = objects, make()  # the objects are held, so that nothing else can get their ids
        return kept[1]


@dataclass(frozen=True, eq=False)
class Said:
    """Where phrases of a vocabulary are said in a call, one entry a place: the number of the phrase, the turn, characters of
    its normalised text, how close, and how much that explains (thousandths of a character); by turn, those that explain the
    most first.
    """

    phrases: Ints
    turns: Ints
    begins: Ints
    ends: Ints
    closeness: Ints  # thousandths
    explained: Ints

    @cached_property
    def rows(self) -> list[tuple[int, int, int, int, int]]:
        """Phrase, turn, begin, end and closeness of each place."""
        columns = self.phrases, self.turns, self.begins, self.ends, self.closeness
        return list(zip(*(column.tolist() for column in columns), strict=True))


class Vocabulary:
    """The ways to say all phrases of these sets, in one book.

    >>> words = (Phrase.of("请(您)稍等"), Phrase.of("请问…帮您"))
    >>> vocabulary = Vocabulary([words])
    >>> len(vocabulary.book.phrases), vocabulary.ranks((Phrase.of("再见"),)) is None, vocabulary.ranks(words[1:]).tolist()
    (4, True, [-1, 0])
    """

    def __init__(self, sets: Iterable[Phrases]) -> None:
        self.phrases = tuple(dict.fromkeys(phrase for phrases in sets for phrase in phrases))
        self._numbers = {phrase: number for number, phrase in enumerate(self.phrases)}
        self._ranks = Kept[Ints | None](most=4096)
        ways: dict[_Way, int] = {}
        places: list[tuple[int, int, int]] = []  # way, phrase, slot
        for number, phrase in enumerate(self.phrases):
            for slot, sayings in enumerate(phrase.slots):
                places += [(ways.setdefault(_way(phrase, said), len(ways)), number, slot) for said in sayings]
        readings, at_least, strict = [reading(said) for said, _, _ in ways], [one[1] for one in ways], [one[2] for one in ways]
        self.book = Phrasebook(readings, at_least, strict)
        standing = np.array(sorted(places), dtype=np.int64).reshape(-1, 3)
        self._standing = np.searchsorted(standing[:, 0], np.arange(len(ways) + 1))  # where those of each way begin in ...
        self._whose, self._slot = standing[:, 1], standing[:, 2]
        self._slots = np.array([len(phrase.slots) for phrase in self.phrases], dtype=np.int64)
        self._gaps = np.array([phrase.gap for phrase in self.phrases], dtype=np.int64)

    def ranks(self, phrases: Phrases) -> Ints | None:
        """For each phrase of the vocabulary its place among these, -1 where it is not; None when they are not all in it."""
        return self._ranks.of((phrases,), lambda: self._ranked(phrases))

    def search(self, passage: Passage) -> Said:
        """Where every phrase is said."""
        from qa.scoring.choosing import joined

        spots = spotted(self.book, passage)
        many = self._standing[spots.phrases + 1] - self._standing[spots.phrases]
        each = np.repeat(np.arange(len(many)), many)
        at = np.arange(len(each)) - np.repeat(np.cumsum(many) - many, many) + self._standing[spots.phrases][each]
        numbers = self._whose[at]
        table = np.stack(
            [numbers, spots.texts[each], spots.begins[each], spots.ends[each], np.rint(spots.closeness[each] * 1000).astype(np.int64)]
        )
        chained = self._slots[numbers] > 1
        if chained.any():
            table = np.concatenate(
                [table[:, ~chained], joined(table[:, chained], self._slot[at][chained], self._slots, self._gaps)], axis=1
            )
        explained = table[4] * (table[3] - table[2])
        order = np.lexsort((table[2], -explained, table[1]))
        numbers, turns, begins, ends, closeness = table[:, order]
        return Said(numbers, turns, begins, ends, closeness, explained[order])

    def _ranked(self, phrases: Phrases) -> Ints | None:
        ranks = np.full(len(self.phrases), -1, dtype=np.int64)
        for rank, phrase in reversed(list(enumerate(phrases))):
            number = self._numbers.get(phrase)
            if number is None:
                return None
            ranks[number] = rank
        return ranks


@lru_cache(maxsize=256)
def alone(wanted: Phrases, benign: Phrases) -> Vocabulary:
    """A vocabulary of these phrases only."""
    return Vocabulary([wanted, benign])


@lru_cache(maxsize=1024)
def whole(phrases: Phrases) -> tuple[tuple[Phrase, ...], Phrasebook]:
    """Every phrase said without gaps, each of its ways once: whose it is, and the book of them, in which any closeness counts."""
    said = [
        (phrase, "".join(slot[min(i, len(slot) - 1)] for slot in phrase.slots))
        for phrase in phrases
        for i in range(max(map(len, phrase.slots)))
    ]
    return tuple(phrase for phrase, _ in said), Phrasebook([reading(text) for _, text in said], [0.0] * len(said))


@lru_cache(maxsize=20_000)
def reading(text: str) -> Reading:
    """The syllables of a way to say a phrase."""
    return read(text)


def at_least(phrase: Phrase, syllables: int) -> float:
    """How close a phrase must come where it is said in so many syllables; 1.0: only the very characters count.

    >>> at_least(Phrase.of("请您稍等"), 4), at_least(Phrase.of("请您稍等", exact=True), 4), at_least(Phrase.of("您好", closeness=0.9), 2)
    (0.82, 1.0, 1.0)
    """
    by_length = default_closeness(syllables, strict=phrase.strict)
    return by_length if by_length >= 1.0 else 1.0 if phrase.exact else phrase.closeness or by_length


def _way(phrase: Phrase, said: str) -> _Way:
    return said, at_least(phrase, len(reading(said))), phrase.strict
