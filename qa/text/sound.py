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
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from qa.text.phrasebook import BARRED, EXTRA, LONGEST, MOST_BETWEEN, NEVER, Ints, Passage, Phrasebook, Tables
from qa.text.readings import Reading, read

__all__ = ["LONGEST", "Match", "Passage", "Phrasebook", "Reading", "closest", "default_closeness", "find", "nearest", "read", "spot"]

Places = tuple[Ints, Ints, Ints, Ints]  # phrase, first syllable, last, what it costs
Found = npt.NDArray[np.void]  # of _FOUND
_FOUND = np.dtype([("phrase", np.int64), ("text", np.int64), ("begin", np.int64), ("end", np.int64), ("closeness", np.float64)])
_BITS = 10  # of a packed cell, for where its alignment began; so no window is longer than 1023 syllables
_START = (1 << _BITS) - 1
_HEARD = np.append(np.arange(BARRED), NEVER) << _BITS  # what the costs of the tables are in a cell
_MOST_NEAR = 96  # places that are aligned to find the closest ...
_BLOCK = 8  # syllables that are looked at together to find those places
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


class Match(NamedTuple):
    """A place in a normalised text, in characters, and how close it comes (1.0 the same, 0.0 nothing in common)."""

    begin: int
    end: int
    closeness: float


def spot(book: Phrasebook, passage: Passage) -> list[tuple[int, int, Match]]:
    """Every phrase wherever it is close enough: (phrase, text, match), the best of overlapping matches of a phrase, in order."""
    found = np.concatenate([_by_characters(book, passage), _by_sound(book, passage)])
    order = np.lexsort((found["end"], found["begin"], -found["closeness"], found["text"], found["phrase"]))
    left, kept = found[order], [found[:0]]
    while len(left):  # the best of each phrase in each text, then the best of what does not overlap it, and so on
        fresh = np.append(True, (left["phrase"][1:] != left["phrase"][:-1]) | (left["text"][1:] != left["text"][:-1]))
        best = left[fresh]
        kept.append(best)
        over = best[np.cumsum(fresh) - 1]
        left = left[(left["end"] <= over["begin"]) | (left["begin"] >= over["end"])]
    chosen = np.concatenate(kept)
    chosen = chosen[np.lexsort((chosen["begin"], chosen["text"], chosen["phrase"]))]
    return [(p, text, Match(begin, end, closeness)) for p, text, begin, end, closeness in chosen.tolist()]


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
    if not len(said) and len(passage) and (book.lengths > 0).any():
        tables, rows, rim = _rimmed(book, passage)
        phrases, starts = _promising(book, tables, rows, rim)
        places = _aligned(book, tables, rows, phrases, starts, np.minimum(book.slack[phrases], _NEAREST_SLACK))
        said = _matches(book, passage, places, rim)
    order = np.lexsort((said["end"], said["phrase"], said["begin"], said["text"], -said["closeness"]))
    for p, text, begin, end, closeness in said[order[:1]].tolist():
        return p, text, Match(begin, end, closeness)
    return None


def _promising(book: Phrasebook, tables: Tables, rows: Ints, rim: int) -> tuple[Ints, Ints]:
    """Where a lower bound lets phrases come closest: first by blocks of syllables, then place by place in the best blocks."""
    near = np.minimum(tables.costs[rows], book.missing.astype(np.uint8))
    near = np.pad(near, ((0, -len(near) % _BLOCK + 2 * _BLOCK), (0, 0)), constant_values=BARRED)
    blocks = near.reshape(-1, _BLOCK, near.shape[1]).min(axis=1)
    paired = np.ascontiguousarray(np.minimum(blocks[:-1], blocks[1:]).T)
    longest = book.rows.shape[1]
    count = (len(rows) - rim) // _BLOCK + 1
    first = (rim - longest) // _BLOCK
    bound = np.zeros((len(book.phrases), count - first), dtype=np.int32)
    for i, units in enumerate(book.rows.T):
        bound += paired[units, first + i // _BLOCK : count + i // _BLOCK]
    which, block = np.divmod(_smallest((bound / _size(book.lengths)[:, None]).ravel()), count - first)
    phrases = np.repeat(which, _BLOCK)
    starts = ((block + first)[:, None] * _BLOCK + np.arange(_BLOCK)).ravel()
    near = _lowest(near, 1)
    bound = np.zeros(len(phrases), dtype=np.int32)
    for i in range(longest):
        bound += near[np.minimum(starts + i, len(near) - 1), book.rows[phrases, i]]
    chosen = _smallest(bound / _size(book.lengths)[phrases])
    return phrases[chosen], starts[chosen]


def _size(lengths: Ints) -> npt.NDArray[np.float64]:
    """Lengths to divide by; what has none is infinitely far away."""
    return np.where(lengths > 0, lengths, np.nan)


def _smallest(values: npt.NDArray[np.float64]) -> Ints:
    """Where the :data:`_MOST_NEAR` least values are, of equals the first; places without a value never."""
    values = np.nan_to_num(values, nan=np.inf)
    limit = np.partition(values, _MOST_NEAR)[_MOST_NEAR] if len(values) > _MOST_NEAR else np.inf
    return np.concatenate([np.flatnonzero(values < limit), np.flatnonzero((values == limit) & (values < np.inf))])[:_MOST_NEAR]


def _by_characters(book: Phrasebook, passage: Passage) -> Found:
    """Where the very characters of phrases stand; of those only that an alignment may not find, or not find whole."""
    openings, joined = book.openings, passage.joined
    found = []
    for opening in sorted(openings.keys() & _openings(joined)) if openings else ():
        for p in openings[opening]:
            phrase = book.phrases[p].text
            at = joined.find(phrase)
            while at >= 0:
                if not book.numeric[p] or _whole_number(phrase, joined, at, at + len(phrase)):
                    text = bisect_right(passage.text_starts, at) - 1
                    begin = at - passage.text_starts[text]
                    found.append((p, text, begin, begin + len(phrase), 1.0))
                    at += len(phrase) - 1
                at = joined.find(phrase, at + 1)
    return np.array(found, dtype=_FOUND)


def _openings(text: str) -> set[str]:
    """All that stands in a text in one, two or three characters."""
    return set(text) | {one + two for one, two in pairwise(text)} | set(map("".join, zip(text, text[1:], text[2:], strict=False)))


def _whole_number(phrase: str, text: str, begin: int, end: int) -> bool:
    """Whether the short number that the phrase begins or ends with is not the middle of a longer one (110 in 1381101)."""
    if len(phrase) > 4 and phrase.isdigit():
        return True
    cut_before = phrase[0].isdigit() and begin > 0 and text[begin - 1].isdigit() and text[begin].isdigit()
    cut_after = phrase[-1].isdigit() and text[end - 1].isdigit() and text[end : end + 1].isdigit()
    return not (cut_before or cut_after)


def _by_sound(book: Phrasebook, passage: Passage) -> Found:
    if not len(passage) or not (book.budgets >= 0).any():
        return np.zeros(0, dtype=_FOUND)
    tables, rows, rim = _rimmed(book, passage)
    phrases, starts, slack = _bounded(book, tables, rows, *_seeded(book, tables, rows))
    everywhere, at = _everywhere(book, len(rows))
    phrases, starts, slack = (np.concatenate(both) for both in ((phrases, everywhere), (starts, at), (slack, 2 * book.slack[everywhere])))
    return _matches(book, passage, _aligned(book, tables, rows, phrases, starts, slack), rim)


def _rimmed(book: Phrasebook, passage: Passage) -> tuple[Tables, Ints, int]:
    """The tables, the rows of the passage with as much of nothing at either end as an alignment may reach, and how much that is."""
    tables, rows = book.tables(passage.sounds)
    rim = int((book.lengths + book.slack).max()) + 1
    return tables, np.pad(rows, rim, constant_values=rows[-1]), rim


def _matches(book: Phrasebook, passage: Passage, places: Places, rim: int) -> Found:
    """Places among the syllables as places in the texts."""
    p, first, last, spent = places
    found = np.zeros(len(p), dtype=_FOUND)
    found["phrase"], found["text"] = p, passage.text_of[first - rim]
    found["begin"], found["end"] = passage.begins[first - rim], passage.ends[last - rim]
    costs, each = np.unique(spent * 1024 + book.lengths[p], return_inverse=True)
    found["closeness"] = np.array([round(1.0 - (cost >> 10) / (100 * (cost & 1023)), 3) for cost in costs.tolist()])[each]
    wrong = [
        i
        for i in np.flatnonzero(book.numeric[p]).tolist()
        if not _whole_number(book.phrases[p[i]].text, passage.readings[found["text"][i]].text, found["begin"][i], found["end"][i])
    ]
    return np.delete(found, wrong)


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


def _bounded(book: Phrasebook, tables: Tables, rows: Ints, phrases: Ints, starts: Ints) -> tuple[Ints, Ints, Ints]:
    """The candidates, each once, that a lower bound leaves: every syllable of the phrase at its best near its place.

    How near follows from what may slip in, or be left out, there: with each candidate goes how many syllables.
    """
    size = len(rows)
    key = np.sort(phrases * size + starts)
    key = key[np.append(True, key[1:] != key[:-1])[: len(key)]]
    phrases, starts = key // size, key % size
    cheap = np.concatenate([[0], np.cumsum(tables.extras[rows, 0] < EXTRA)])
    widest, lengths = book.slack[phrases], book.lengths[phrases]
    slips = cheap[np.minimum(starts + lengths + widest, size)] - cheap[np.maximum(starts - widest, 0)]
    slack = np.minimum(widest, np.maximum(slips + book.budgets[phrases] // EXTRA, book.gone[phrases]))
    near, reach = np.minimum(tables.floors[rows], book.least_missing), 0
    left = [np.flatnonzero(slack > max(_NEAR))]
    for radius, step in _NEAR.items():
        near = _lowest(near, step)
        chosen = np.flatnonzero((slack > reach) & (slack <= radius) if reach else slack <= radius)
        left.append(_within(book, near.ravel(), chosen, phrases, starts * near.shape[1]))
        reach = radius
    kept = np.sort(np.concatenate(left))
    return phrases[kept], starts[kept], slack[kept]


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
    """For phrases without seeds so many candidates that every place lies within twice their slack of one."""
    phrases, starts = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for p in book.loose.tolist():
        at = np.arange(0, size, max(1, int(book.slack[p])))
        phrases.append(np.full(len(at), p))
        starts.append(at)
    return np.concatenate(phrases), np.concatenate(starts)


def _aligned(book: Phrasebook, tables: Tables, rows: Ints, phrases: Ints, starts: Ints, slack: Ints) -> Places:
    """The places near the candidates that a phrase may afford.

    Of the alignments that end in the same place, the cheapest; of equals the shortest.
    """
    lengths = book.lengths[phrases]
    narrower, found = -1, [np.zeros((4, 0), dtype=np.int64)]
    for widest in (0, 1, 2, 3, 5, 8, 16, 40, _START):
        group = np.flatnonzero((slack > narrower) & (slack <= widest))
        narrower = widest
        if len(group):
            group = group[np.argsort(-lengths[group], kind="stable")]
            found.append(_align(book, tables, rows, phrases[group], starts[group], int(slack[group].max())))
    p, first, last, spent = np.concatenate(found, axis=1)
    order = np.lexsort((-first, spent, last, p))
    p, first, last, spent = p[order], first[order], last[order], spent[order]
    best = np.append(True, (p[1:] != p[:-1]) | (last[1:] != last[:-1]))[: len(p)]
    best &= first <= last  # where nothing at all is heard for the phrase, nothing better may stand in for that
    return p[best], first[best], last[best], spent[best]


def _align(book: Phrasebook, tables: Tables, rows: Ints, phrases: Ints, starts: Ints, slack: int) -> Ints:
    """Align phrases, sorted longest first, each with the text from ``starts`` on, ``slack`` syllables sooner or later.

    A band of the matrix of alignments: cell ``b`` of row ``i`` has heard ``i`` syllables of the phrase, and of the text
    those up to ``starts - slack + i + b``.
    """
    lengths, width = book.lengths[phrases], 2 * slack + 1
    longest = int(lengths[0])
    kind: type[np.signedinteger[Any]] = (
        np.int32 if width + longest <= 128 else np.int64
    )  # so many ends of texts, one after the other, still fit
    at = starts - slack
    heard_at = rows[np.clip(at[:, None] + np.arange(width + longest), 0, len(rows) - 1)]
    units = book.rows[phrases, :longest]
    missing = (book.missing[units] << _BITS).astype(kind)
    added = np.zeros((len(at), width + longest + 1), dtype=kind)
    np.cumsum(tables.extras[heard_at, book.strict[phrases].astype(np.int64)[:, None]] << _BITS, axis=1, out=added[:, 1:])
    # a cell is cost << BITS | (START - start): of two alignments of the same cost the shorter one is the smaller number
    cells = np.broadcast_to(_START - np.arange(width, dtype=kind), (len(at), width)).copy()
    for i in range(longest):
        live = int(np.searchsorted(-lengths, -i, side="left"))  # phrases longer than i
        before = cells[:live]
        now = _HEARD.astype(kind)[tables.costs[heard_at[:live, i : i + width], units[:live, i, None]]]
        now += before
        np.minimum(now[:, :-1], before[:, 1:] + missing[:live, i, None], out=now[:, :-1])
        going = int(np.searchsorted(-lengths, -(i + 1), side="left"))  # after its last syllable nothing more may come in
        if slack and going:
            slipped = added[:going, i + 1 : i + 1 + width]
            inside = now[:going] - slipped
            np.minimum.accumulate(inside, axis=1, out=inside)
            np.add(inside, slipped, out=now[:going])
        cells[:live] = now
    spent = cells >> _BITS
    row, band = np.nonzero(spent <= book.budgets[phrases][:, None])
    start, end = _START - (cells[row, band] & _START), lengths[row] + band
    return np.stack([phrases[row], at[row] + start, at[row] + end - 1, spent[row, band]])
