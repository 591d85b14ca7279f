"""Finding a phrase in a text by how it sounds: recognisers of Chinese err by sound far more than by shape.

A phrase is aligned with the text syllable by syllable (Sellers' approximate search: the phrase whole, the text
from anywhere to anywhere). What the alignment costs, divided by the phrase's length, is its distance::

    phrase   请    您   稍    等    一   下
    text     请    -    烧    等    以   下        cost 0 + .4 + .03 + 0 + .09 + 0 = 0.52 of 6: closeness 0.913

* another character of the same sound 0.03, another tone up to 0.06 more, confusable initials and finals little,
  wholly different syllables 1: see :mod:`qa.text.syllables`;
* a syllable of the phrase that is not in the text 0.85, one of the text that is not in the phrase 0.7; particles
  come and go more cheaply, 您 slips in for 0.4;
* 不, 没 and their like may be misheard but neither come nor go: with them the meaning turns round.

A *strict* phrase may be misheard but must be whole: no syllable comes, goes, or is another one altogether, save
particles that slip in. Real speech is full of real words a syllable away from an accusation (什么东西, 什么破东西).

The very characters of the phrase are always closeness 1.0. A phrase of one or two syllables is found by its
characters alone: a fifth of all turns has some homophone of it.

Costs are whole numbers, so the same texts give the same matches on any machine. All phrases are searched together,
and only where something like a pair of their syllables stands (see :mod:`qa.text.seeds`); what they have in common around
it is aligned once for all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from qa.text.passage import Ints, Passage
from qa.text.phrasebook import LONGEST, Phrasebook, Reals, Tables
from qa.text.readings import Reading, read

__all__ = [
    "LONGEST",
    "Match",
    "Passage",
    "Phrasebook",
    "Reading",
    "closest",
    "default_closeness",
    "find",
    "nearest",
    "read",
    "spot",
    "spotted",
]

_MOST_NEAR = 96  # places that are aligned to find the closest ...
_NEAREST_SLACK = 3  # ... each with so many syllables more than the phrase on either side


def default_closeness(syllables_: int, *, strict: bool = False) -> float:
    """How close a phrase of so many syllables must come to count, when the rubric does not say.

    Short phrases have more accidental neighbours and must come closer; up to two syllables only their characters
    count. Chosen on whisper-base transcripts of telephone speech, where precision stays above 0.99 down to these
    figures; the strict ones on what real agents say, because an accusation must be surer than a courtesy.

    >>> [default_closeness(n) for n in (2, 3, 4, 6, 12)], default_closeness(4, strict=True)
    ([1.0, 0.86, 0.82, 0.78, 0.76], 0.9)
    """
    if syllables_ <= 2:
        return 1.0
    if strict:
        return {3: 0.9, 4: 0.9, 5: 0.88, 6: 0.87}.get(syllables_, 0.85)
    return {3: 0.86, 4: 0.82, 5: 0.8, 6: 0.78}.get(syllables_, 0.76)


class Match(NamedTuple):
    """A place in a normalised text, in characters, and how close it comes (1.0 the same, 0.0 nothing in common)."""

    begin: int
    end: int
    closeness: float


@dataclass(frozen=True, slots=True, eq=False)
class Spots:
    """Matches as arrays: of which phrase, in which text, from character to character, how close; by phrase, text, begin."""

    phrases: Ints
    texts: Ints
    begins: Ints
    ends: Ints
    closeness: Reals


def spot(book: Phrasebook, passage: Passage) -> list[tuple[int, int, Match]]:
    """Every phrase wherever it is close enough: (phrase, text, match), the best of overlapping matches of a phrase, in order."""
    spots = spotted(book, passage)
    columns = spots.phrases, spots.texts, spots.begins, spots.ends, spots.closeness
    return [
        (p, text, Match(begin, end, closeness)) for p, text, begin, end, closeness in zip(*(one.tolist() for one in columns), strict=True)
    ]


def spotted(book: Phrasebook, passage: Passage) -> Spots:
    """As :func:`spot`, for who goes on with arrays."""
    return _spots(book, passage, _by_characters(book, passage), _by_sound(book, passage))


def find(phrase: Reading, text: Reading, at_least: float) -> list[Match]:
    """The best places of ``phrase`` in ``text`` that reach the closeness ``at_least``; none overlap, in order.

    >>> find(read("请您稍等"), read("好的请你烧等一下"), 0.85)
    [Match(begin=2, end=6, closeness=0.983)]
    >>> find(read("能保证"), read("不能保证"), 0.9), find(read("我会处理"), read("我不处理"), 0.6)
    ([Match(begin=1, end=4, closeness=1.0)], [])
    """
    return [match for _, _, match in spot(Phrasebook([phrase], [at_least]), Passage([text]))]


def nearest(phrase: Reading, text: Reading) -> Match | None:
    """The closest place whatever its closeness; None when either is empty.

    >>> nearest(read("祝您生活愉快"), read("好的祝您愉快再见"))
    Match(begin=2, end=6, closeness=0.717)
    """
    found = closest(Phrasebook([phrase], [0.0]), Passage([text]))
    return found[2] if found else None


def closest(book: Phrasebook, passage: Passage) -> tuple[int, int, Match] | None:
    """The single closest place of any phrase of the book: (phrase, text, match); None when there is nothing to compare.

    Of equally close ones the first. Only the :data:`_MOST_NEAR` most promising places are aligned, so of places
    that are all far from every phrase it may miss the very closest: that one explains nothing anyway.
    """
    said = _by_characters(book, passage)
    if len(said):
        found = _spots(book, passage, said, np.zeros((0, 4), dtype=np.int64), all_of_them=True)
        first = np.lexsort((found.ends, found.phrases, found.begins, found.texts))[0]
        place = Match(int(found.begins[first]), int(found.ends[first]), float(found.closeness[first]))
        return int(found.phrases[first]), int(found.texts[first]), place
    if not len(passage) or not (book.lengths > 0).any():
        return None
    from qa.text.nearness import nearest as nearest_place

    tables, rows = book.tables(passage)
    p, text, begin, end, closeness = nearest_place(
        rows, book.rim, _MOST_NEAR, _NEAREST_SLACK, tables.costs, tables.by_unit, tables.extras,
        book.rows, book.lengths, book.budgets, book.slack, book.strict, book.missing, book.rims,
        passage.digits, passage.text_of, passage.text_starts, passage.begins, passage.ends, *book.closeness,
    )  # fmt: skip
    return (p, text, Match(begin, end, closeness)) if p >= 0 else None


def _by_characters(book: Phrasebook, passage: Passage) -> Ints:
    """Where the very characters of phrases stand; of those only that an alignment may not find, or not find whole."""
    spellings = book.spellings
    if not len(spellings.listed) or not len(passage):
        return np.zeros((0, 3), dtype=np.int64)
    from qa.text import alignment

    return alignment.by_characters(
        passage.characters, passage.digits, spellings.listed, spellings.listed_at, spellings.said, spellings.said_at, book.rims
    )


def _by_sound(book: Phrasebook, passage: Passage) -> Ints:
    """Where phrases are close enough by sound: phrase, first and last syllable, what it costs."""
    if not len(passage) or not (book.budgets >= 0).any():
        return np.zeros((0, 4), dtype=np.int64)
    from qa.text.seeking import seek

    tables, rows = book.tables(passage)
    seeds = book.seeds
    places = seek(
        rows, book.rim, tables.costs, tables.extras, tables.first, tables.second,
        seeds.first, seeds.second, seeds.limits, seeds.at, seeds.nodes, seeds.ends, book.firm, book.budgets, seeds.deepest,
    )  # fmt: skip
    places[:, 1:3] -= book.rim
    if not len(book.loose):
        return places
    phrases, starts = _everywhere(book, len(rows))
    return np.concatenate((places, _aligned(book, tables, rows, phrases, starts, 2 * book.slack[phrases])))


def _aligned(book: Phrasebook, tables: Tables, rows: Ints, phrases: Ints, starts: Ints, slack: Ints) -> Ints:
    from qa.text import alignment

    places = alignment.align(
        phrases, starts, slack, rows, tables.by_unit, tables.extras, book.rows, book.lengths, book.budgets, book.strict, book.missing
    )
    places[:, 1:3] -= book.rim
    return places


def _spots(book: Phrasebook, passage: Passage, said: Ints, places: Ints, *, all_of_them: bool = False) -> Spots:
    """Places among the characters and among the syllables as places in the texts."""
    from qa.text import alignment

    found, closeness = alignment.best(
        said, places, passage.digits, passage.text_of, passage.text_starts, passage.begins, passage.ends,
        book.rims, *book.closeness, all_of_them,
    )  # fmt: skip
    phrases, texts, begins, ends = found.T
    return Spots(phrases, texts, begins, ends, closeness)


def _everywhere(book: Phrasebook, size: int) -> tuple[Ints, Ints]:
    """For phrases without seeds so many candidates that every place lies within twice their slack of one."""
    phrases, starts = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for p in book.loose.tolist():
        at = np.arange(0, size, max(1, int(book.slack[p])))
        phrases.append(np.full(len(at), p))
        starts.append(at)
    return np.concatenate(phrases), np.concatenate(starts)
