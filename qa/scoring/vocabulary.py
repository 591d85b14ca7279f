"""All the phrases that a rubric asks for, prepared once, so that a call is searched for them once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Generic, TypeVar

from qa.scoring.lexicon import Phrase
from qa.text.sound import Match, Passage, Phrasebook, Reading, default_closeness, read, spot

Phrases = tuple[Phrase, ...]
Found = Mapping[int, Mapping[int, Sequence[Match]]]  # way of saying -> turn -> where
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


Said = Mapping[int, Sequence[Match]]  # turn -> where
Chain = tuple[tuple[int, ...], ...]  # for each slot the ways to say it


@dataclass(frozen=True, slots=True, eq=False)
class Chains:
    """Phrases as chains of slots; ``places``: for each way the slots it may stand in, as (chain, slot, how many ways before it)."""

    chains: tuple[tuple[Phrase, Chain], ...]
    places: Mapping[int, tuple[tuple[int, int, int], ...]]

    def said(self, found: Found) -> Iterator[tuple[Phrase, list[Said]]]:
        """The phrases of which every slot is said, in their order, each with where each slot is."""
        standing = sorted((*place, way) for way in self.places.keys() & found.keys() for place in self.places[way])
        for number, of_chain in groupby(standing, key=itemgetter(0)):
            phrase, chain = self.chains[number]
            slots: list[dict[int, list[Match]]] = [{} for _ in chain]
            for _, slot, _, way in of_chain:
                for turn, matches in found[way].items():
                    slots[slot].setdefault(turn, []).extend(matches)
            if all(slots):
                yield phrase, list(slots)


class Vocabulary:
    """The ways to say all phrases of these sets, in one book.

    >>> words = (Phrase.of("请(您)稍等"), Phrase.of("请问…帮您"))
    >>> vocabulary = Vocabulary([words])
    >>> len(vocabulary.book.phrases), vocabulary.chains((Phrase.of("再见"),)) is None
    (4, True)
    >>> [[len(slot) for slot in slots] for _, slots in vocabulary.chains(words).chains]
    [[2], [1, 1]]
    """

    def __init__(self, sets: Iterable[Phrases]) -> None:
        ways: dict[_Way, int] = {}
        for phrase in dict.fromkeys(phrase for phrases in sets for phrase in phrases):
            for slot in phrase.slots:
                for said in slot:
                    ways.setdefault(_way(phrase, said), len(ways))
        self._ways = ways
        self._chains = Kept[Chains | None](most=4096)
        readings, at_least, strict = [reading(said) for said, _, _ in ways], [one[1] for one in ways], [one[2] for one in ways]
        self.book = Phrasebook(readings, at_least, strict)

    def chains(self, phrases: Phrases) -> Chains | None:
        """The phrases as chains of ways in the book; None when they are not all in it."""
        return self._chains.of((phrases,), lambda: self._chained(phrases))

    def search(self, passage: Passage) -> Found:
        """Where every way to say a phrase is said."""
        found: dict[int, dict[int, list[Match]]] = {}
        for way, turn, match in spot(self.book, passage):
            found.setdefault(way, {}).setdefault(turn, []).append(match)
        return found

    def _chained(self, phrases: Phrases) -> Chains | None:
        chains = []
        places: dict[int, list[tuple[int, int, int]]] = {}
        for number, phrase in enumerate(phrases):
            slots = [[self._ways.get(_way(phrase, said)) for said in slot] for slot in phrase.slots]
            known = tuple(tuple(way for way in slot if way is not None) for slot in slots)
            if any(None in slot for slot in slots):
                return None
            chains.append((phrase, known))
            for slot, ways in enumerate(known):
                for position, way in enumerate(ways):
                    places.setdefault(way, []).append((number, slot, position))
        return Chains(tuple(chains), {way: tuple(of_way) for way, of_way in places.items()})


@lru_cache(maxsize=256)
def alone(phrases: Phrases) -> Vocabulary:
    """A vocabulary of these phrases only."""
    return Vocabulary([phrases])


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
