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
in three steps of which the first two only leave out what cannot match: seeds (see :mod:`qa.text.phrasebook`); a lower
bound (each syllable of the phrase against the best syllable near its place, order ignored); the alignment itself.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from qa.text.phrasebook import BARRED, LONGEST, MOST_BETWEEN, NEVER, Ints, Passage, Phrasebook, Tables
from qa.text.readings import Reading, read

__all__ = ["LONGEST", "Match", "Passage", "Phrasebook", "Reading", "closest", "default_closeness", "find", "nearest", "read", "spot"]

_BITS = 10  # of a packed cell, for where its alignment began; so no window is longer than 1023 syllables
_START = (1 << _BITS) - 1
_MOST_NEAR = 192  # places that are aligned to find the closest ...
_NEAREST_SLACK = 3  # ... each with so many syllables more than the phrase on either side
_NEAR = {1: 1, 2: 1, 4: 2, 8: 4}  # syllables to either side within which the lower bound looks, each by a step from the one before


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


@dataclass(frozen=True, slots=True, order=True)
class Match:
    """A place in a normalised text, in characters, and how close it comes (1.0 the same, 0.0 nothing in common)."""

    begin: int
    end: int
    closeness: float


def spot(book: Phrasebook, passage: Passage) -> list[tuple[int, int, Match]]:
    """Every phrase wherever it is close enough: (phrase, text, match), the best of overlapping matches of a phrase, in order."""
    found = {(p, text, match.begin, match.end): match.closeness for p, text, match in _by_characters(book, passage)}
    for p, text, match in _by_sound(book, passage):
        found.setdefault((p, text, match.begin, match.end), match.closeness)
    kept: list[tuple[int, int, Match]] = []
    where: tuple[int, int] = (-1, -1)
    spans: list[tuple[int, int]] = []
    for (p, text, begin, end), closeness in sorted(found.items(), key=lambda one: (*one[0][:2], -one[1], *one[0][2:])):
        if (p, text) != where:
            where, spans = (p, text), []
        if all(end <= start or begin >= stop for start, stop in spans):
            spans.append((begin, end))
            kept.append((p, text, Match(begin, end, closeness)))
    return sorted(kept)


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
    said = list(_by_characters(book, passage))
    if not said and len(passage) and (book.lengths > 0).any():
        tables, rows, rim = _rimmed(book, passage)
        phrases, starts = _promising(book, tables, rows, rim)
        slack = np.minimum(book.slack[phrases], _NEAREST_SLACK)
        said = list(_matches(book, passage, _aligned(book, tables, rows, phrases, starts, slack), rim))
    return min(said, key=lambda one: (-one[2].closeness, one[1], one[2].begin, one[0], one[2].end), default=None)


def _promising(book: Phrasebook, tables: Tables, rows: Ints, rim: int) -> tuple[Ints, Ints]:
    """The places where a lower bound lets phrases come closest, best first as far as they can be told apart."""
    near = _lowest(np.minimum(tables.costs[rows], book.missing.astype(np.uint8)), 1).T
    longest = book.rows.shape[1]
    begins = np.arange(rim - longest, len(rows) - rim)  # of a phrase that still has a syllable of the passage
    bound = np.zeros((len(book.phrases), len(begins)), dtype=np.int32)
    for i, units in enumerate(book.rows.T):
        bound += near[units, begins[0] + i : begins[-1] + i + 1]
    share = (bound / np.maximum(book.lengths, 1)[:, None]).ravel()
    share[np.repeat(book.lengths == 0, len(begins))] = np.inf
    limit = np.partition(share, _MOST_NEAR)[_MOST_NEAR] if len(share) > _MOST_NEAR else np.inf
    chosen = np.concatenate([np.flatnonzero(share < limit), np.flatnonzero((share == limit) & (share < np.inf))])[:_MOST_NEAR]
    return chosen // len(begins), begins[chosen % len(begins)]


def _by_characters(book: Phrasebook, passage: Passage) -> Iterator[tuple[int, int, Match]]:
    openings, joined = book.openings, passage.joined
    seen = {one + two for one, two in pairwise(joined)} | set(map("".join, zip(joined, joined[1:], joined[2:], strict=False))) | set(joined)
    for p in sorted(p for opening in openings.keys() & seen for p in openings[opening]):
        phrase = book.phrases[p].text
        at = joined.find(phrase)
        while at >= 0:
            if _whole_number(phrase, joined, at, at + len(phrase)):
                text = bisect_right(passage.text_starts, at) - 1
                begin = at - passage.text_starts[text]
                yield p, text, Match(begin, begin + len(phrase), 1.0)
                at += len(phrase) - 1
            at = joined.find(phrase, at + 1)


def _whole_number(phrase: str, text: str, begin: int, end: int) -> bool:
    """Whether the short number that the phrase begins or ends with is not the middle of a longer one (110 in 1381101)."""
    if len(phrase) > 4 and phrase.isdigit():
        return True
    cut_before = phrase[0].isdigit() and begin > 0 and text[begin - 1].isdigit() and text[begin].isdigit()
    cut_after = phrase[-1].isdigit() and text[end - 1].isdigit() and text[end : end + 1].isdigit()
    return not (cut_before or cut_after)


def _by_sound(book: Phrasebook, passage: Passage) -> Iterator[tuple[int, int, Match]]:
    if not len(passage) or not (book.budgets >= 0).any():
        return iter(())
    tables, rows, rim = _rimmed(book, passage)
    phrases, starts = _bounded(book, tables, rows, *_seeded(book, tables, rows))
    everywhere, at = _everywhere(book, len(rows))
    phrases, starts = np.concatenate([phrases, everywhere]), np.concatenate([starts, at])
    return _matches(book, passage, _aligned(book, tables, rows, phrases, starts, book.slack[phrases]), rim)


def _rimmed(book: Phrasebook, passage: Passage) -> tuple[Tables, Ints, int]:
    """The tables, the rows of the passage with as much of nothing at either end as an alignment may reach, and how much that is."""
    tables, rows = book.tables(passage.sounds)
    rim = int((book.lengths + book.slack).max()) + 1
    return tables, np.pad(rows, rim, constant_values=rows[-1]), rim


def _matches(book: Phrasebook, passage: Passage, places: list[tuple[int, int, int, int]], rim: int) -> Iterator[tuple[int, int, Match]]:
    """Places among the syllables as matches in the texts."""
    for p, first, last, spent in places:
        text = bisect_right(passage.starts, first - rim) - 1
        reading, offset = passage.readings[text], passage.starts[text] + rim
        begin, end = reading.begins[first - offset], reading.ends[last - offset]
        if _whole_number(book.phrases[p].text, reading.text, begin, end):
            yield p, text, Match(begin, end, round(1.0 - spent / (100 * int(book.lengths[p])), 3))


def _seeded(book: Phrasebook, tables: Tables, rows: Ints) -> tuple[Ints, Ints]:
    """Where seeds of phrases lie: the phrase, and where it would start if nothing were left out or slipped in."""
    seeds = book.seeds
    if not len(seeds.first):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    first, second = tables.first[rows], tables.second[rows]
    extras = tables.extras[rows, 0]
    slips = extras <= seeds.limits.max()
    words = first.shape[1]
    phrases, starts = [], []
    for between in range(MOST_BETWEEN + 1):
        inside = [slice(1 + i, len(rows) - between - 1 + i) for i in range(between)]
        at = np.flatnonzero(np.logical_and.reduce([slips[one] for one in inside])) if inside else np.arange(len(rows) - 1)
        both = (first[at] & second[at + 1 + between]).ravel()
        word = np.flatnonzero(both)
        bit, byte = _bits(both[word])
        place, pair = at[word[bit] // words], word[bit] % words * 64 + byte
        spent = tables.costs[rows[place], seeds.first[pair]].astype(np.int64) + tables.costs[rows[place + 1 + between], seeds.second[pair]]
        for i in range(between):
            spent += extras[place + 1 + i]
        near = spent <= seeds.limits[pair]
        place, pair, spent = place[near], pair[near], spent[near]
        many = seeds.at[pair + 1] - seeds.at[pair]
        each = np.repeat(np.arange(len(pair)), many)
        cut = np.arange(len(each)) - np.repeat(np.cumsum(many) - many, many) + seeds.at[pair][each]
        fits = spent[each] <= seeds.rooms[cut]
        phrases.append(seeds.phrases[cut[fits]])
        starts.append(place[each[fits]] - seeds.offsets[cut[fits]])
    return np.concatenate(phrases), np.concatenate(starts)


def _bits(words: npt.NDArray[np.uint64]) -> tuple[Ints, Ints]:
    """Which bits are set: index of the word, number of the bit. Few are, so they are taken off one after the other."""
    which, bits = [], []
    index = np.arange(len(words))
    while len(words):
        rest = words & (words - np.uint64(1))
        which.append(index)
        bits.append(np.frexp((words ^ rest).astype(np.float64))[1].astype(np.int64) - 1)
        going = np.flatnonzero(rest)
        index, words = index[going], rest[going]
    none = [np.zeros(0, dtype=np.int64)]
    return np.concatenate(which or none), np.concatenate(bits or none)


def _bounded(book: Phrasebook, tables: Tables, rows: Ints, phrases: Ints, starts: Ints) -> tuple[Ints, Ints]:
    """The candidates, each once, that a lower bound leaves: every syllable of the phrase at its best near its place."""
    size = len(rows)
    key = np.sort(phrases * size + starts)
    key = key[np.append(True, key[1:] != key[:-1])[: len(key)]]
    phrases, starts = key // size, key % size
    near = np.minimum(tables.floors[rows], book.least_missing)
    slack, reach = book.slack[phrases], 0
    left = [np.flatnonzero(slack > max(_NEAR))]
    for radius, step in _NEAR.items():
        near = _lowest(near, step)
        chosen = np.flatnonzero((slack > reach) & (slack <= radius) if reach else slack <= radius)
        left.append(_within(book, near.ravel(), chosen, phrases, starts * near.shape[1]))
        reach = radius
    kept = np.sort(np.concatenate(left))
    return phrases[kept], starts[kept]


def _within(book: Phrasebook, near: npt.NDArray[np.uint8], chosen: Ints, phrases: Ints, starts: Ints) -> Ints:
    """Those of ``chosen`` whose syllables' least costs are within their budgets, dropped as soon as they are not."""
    p, start = phrases[chosen], starts[chosen]
    left = book.budgets[p].astype(np.int32)
    for i in range(int(book.lengths[p].max()) if len(p) else 0):
        left -= near[book.places[i][p] + start]
        if i >= 1:
            on = np.flatnonzero(left >= 0)
            if len(on) < 0.8 * len(left):
                chosen, p, start, left = chosen[on], p[on], start[on], left[on]
    return chosen[left >= 0]


def _lowest(costs: npt.NDArray[np.uint8], step: int) -> npt.NDArray[np.uint8]:
    """Of each column the lowest of each value and those ``step`` rows before and after it."""
    lowest = costs.copy()
    np.minimum(lowest[step:], costs[:-step], out=lowest[step:])
    np.minimum(lowest[:-step], costs[step:], out=lowest[:-step])
    return lowest


def _everywhere(book: Phrasebook, size: int) -> tuple[Ints, Ints]:
    """For phrases without seeds so many candidates that every place lies in the window of one."""
    phrases, starts = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for p in book.loose.tolist():
        at = np.arange(0, size, max(1, int(book.slack[p])))
        phrases.append(np.full(len(at), p))
        starts.append(at)
    return np.concatenate(phrases), np.concatenate(starts)


def _aligned(book: Phrasebook, tables: Tables, rows: Ints, phrases: Ints, starts: Ints, slack: Ints) -> list[tuple[int, int, int, int]]:
    """The places near the candidates that a phrase may afford: (phrase, first syllable, last, what it costs).

    Of the alignments that end in the same place, the cheapest; of equals the shortest.
    """
    best: dict[tuple[int, int], tuple[int, int]] = {}
    lengths = book.lengths[phrases]
    reach = lengths + 2 * slack
    shortest = 0
    for widest in (12, 20, 40, _START):
        group = np.flatnonzero((reach > shortest) & (reach <= widest))
        shortest = widest
        if len(group):
            group = group[np.argsort(-lengths[group], kind="stable")]
            at = starts[group] - slack[group]
            for p, first, last, spent in _align(book, tables, rows, phrases[group], at, int(reach[group].max())):
                if (spent, -first) < best.get((p, last), (NEVER, 0)):
                    best[p, last] = spent, -first
    return [(p, -start, last, spent) for (p, last), (spent, start) in sorted(best.items())]


def _align(book: Phrasebook, tables: Tables, rows: Ints, phrases: Ints, at: Ints, width: int) -> list[tuple[int, int, int, int]]:
    """Align phrases, sorted longest first, each with the ``width`` syllables from ``at`` on."""
    lengths = book.lengths[phrases]
    places = np.clip(at[:, None] + np.arange(width), 0, len(rows) - 1)
    heard_at = rows[places]
    units = book.rows[phrases, : int(lengths[0])]
    said = tables.costs[heard_at[:, None, :], units[:, :, None]].astype(np.int64)
    said[said == BARRED] = NEVER
    said <<= _BITS
    added = np.zeros((len(places), width + 1), dtype=np.int64)
    extras = tables.extras[heard_at, book.strict[phrases].astype(np.int64)[:, None]]
    np.cumsum(extras << _BITS, axis=1, out=added[:, 1:])
    missing = book.missing[units] << _BITS
    # a cell is cost << BITS | (START - start): of two alignments of the same cost the shorter one is the smaller number
    cells = np.broadcast_to(_START - np.arange(width + 1), added.shape).copy()
    for i in range(int(lengths[0])):
        live = int(np.searchsorted(-lengths, -i, side="left"))  # phrases longer than i
        before = cells[:live]
        now = before + missing[:live, i, None]
        np.minimum(now[:, 1:], before[:, :-1] + said[:live, i], out=now[:, 1:])
        going = int(np.searchsorted(-lengths, -(i + 1), side="left"))  # after its last syllable nothing more may come in
        inside = now[:going] - added[:going]
        now[:going] = np.minimum.accumulate(inside, axis=1) + added[:going]
        cells[:live] = now
    spent = cells >> _BITS
    row, end = np.nonzero(spent <= book.budgets[phrases][:, None])
    start = _START - (cells[row, end] & _START)
    filled = start < end
    row, start, end = row[filled], start[filled], end[filled]
    first, last = at[row] + start, at[row] + end - 1
    return list(zip(phrases[row].tolist(), first.tolist(), last.tolist(), spent[row, end].tolist(), strict=True))
