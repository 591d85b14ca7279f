"""Every place of every phrase that has seeds, compiled; what seeds are stands in :mod:`qa.text.seeds`.

From each place of a pair its tree is gone through. What has been spent is kept as in any alignment, one row of cells
for each node on the way: behind the pair cell ``k`` holds what it costs at least to hear the pair and all units down to
the node in the pair and the ``k`` syllables behind it. At the turning point the cheapest cell begins a new row, for the
syllables before the pair, counted backwards. A node none of whose cells keeps to its bounds ends the way, and all that
lies below it is passed over. Where a phrase is whole, each cell of the row at the turning point is a place where it may
end, and the cheapest cell of the last row, of equals the nearest, is where it begins.

Cells that break a bound are left out, even where the cheapest way to another cell leads through them: from the pair
that :mod:`qa.text.seeds` speaks of, none is left out of the cheapest alignment, and no other pair can give less.

Importing this module imports numba, as :mod:`qa.text.alignment` does.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from qa.text.alignment import compiled
from qa.text.passage import Bools, Ints
from qa.text.phrasebook import BARRED, MOST_BETWEEN, Costs, Words
from qa.text.seeds import TURNING, Narrow

_UNIT, _DEPTH, _BEYOND, _MOST, _ABOVE, _ENDS, _GONE = range(7)  # columns of the nodes
_FAR = 1 << 30  # a cell that costs too much
_EMPTY, _ONE = np.uint64(0), np.uint64(1)
_DE_BRUIJN = np.uint64(0x03F79D71B4CB0A89)  # times a single bit it has other six bits on top for each
_NUMBER = np.argsort([(int(_DE_BRUIJN) << bit & 0xFFFF_FFFF_FFFF_FFFF) >> 58 for bit in range(64)])  # of the bit, by those
_CHUNK = 8  # words that are looked at together


@compiled
def seek(
    rows: Ints, rim: int, costs: Costs, extras: Ints, first: Words, second: Words,
    pair_first: Ints, pair_second: Ints, limits: Ints, at: Ints, nodes: Narrow, ends: Ints,
    firm_units: Bools, budgets: Ints, deepest: int,
) -> Ints:  # fmt: skip
    """The places of phrases within their budgets: one row (phrase, first, last, cost) each, in no order; of the alignments
    that end in the same place only the cheapest, of equals the shortest.

    The arguments from ``pair_first`` to ``ends`` are those of :class:`~qa.text.seeds.Seeds`; ``firm_units`` says which units
    are of strict phrases.
    """
    seeds = sown(rows, costs, extras, first, second, pair_first, pair_second, limits, firm_units)
    found = np.empty((1024, 4), dtype=np.int64)
    count = 0
    cells = np.empty((deepest + 2, rim + 2), dtype=np.int64)
    spans = np.zeros((deepest + 2, 2), dtype=np.int64)  # the first and the last cell of each row that are in use
    for seed in range(len(seeds)):
        pair, i, j, spent = seeds[seed, 0], seeds[seed, 1], seeds[seed, 2], seeds[seed, 3]
        firm = 1 if firm_units[pair_first[pair]] else 0
        cells[0, 0], spans[0, 0], spans[0, 1] = spent, 0, 0
        base = np.int64(0)  # what was spent at the turning point, at least
        turned: Any = deepest + 1  # how deep that lies
        n, stop = at[pair], at[pair + 1]
        while n < stop:
            unit, depth, most = nodes[n, _UNIT], np.int64(nodes[n, _DEPTH]), np.int64(nodes[n, _MOST])
            if depth <= turned:
                turned = deepest + 1
            low, high = np.int64(_FAR), np.int64(-1)
            k, last = spans[depth, 0], spans[depth, 1]
            if unit == TURNING:
                base = np.int64(_FAR)
                while k <= last:
                    base = min(base, cells[depth, k])
                    k += 1
                if base <= most:
                    low = high = np.int64(0)
                turned = depth
                cells[depth + 1, 0] = base
            else:
                start, step, above = j, 1, np.int64(-1)
                if depth > turned:
                    start, step, above = i, -1, base + nodes[n, _ABOVE]
                gone = np.int64(nodes[n, _GONE])
                previous = np.int64(_FAR)  # the cell before, with what has slipped in behind it
                while k <= last or previous <= most:  # choices, not branches: which way one goes could not be foreseen
                    row = rows[start + step * k]
                    cost = np.int64(costs[row, unit])
                    here = cells[depth, k] if k <= last else np.int64(_FAR)
                    here = min(here, previous + extras[row, firm])
                    cell = min(here + gone, previous + (cost if cost != BARRED else np.int64(_FAR)))
                    fits = above < cell <= most
                    cells[depth + 1, k] = cell if fits else np.int64(_FAR)
                    low = min(low, k if fits else np.int64(_FAR))
                    high = k if fits else high
                    previous = here
                    k += 1
            if high < 0:
                n = np.int64(nodes[n, _BEYOND])
                continue
            spans[depth + 1, 0], spans[depth + 1, 1] = low, high
            if nodes[n, _ENDS] < nodes[n + 1, _ENDS]:
                least, back = np.int64(_FAR), np.int64(0)
                for k in range(low, high + 1):
                    if cells[depth + 1, k] < least:
                        least, back = cells[depth + 1, k], np.int64(k)
                for end in range(nodes[n, _ENDS], nodes[n + 1, _ENDS]):
                    p = ends[end]
                    for k in range(spans[turned, 0], spans[turned, 1] + 1):
                        whole = cells[turned, k] - base + least
                        if whole > budgets[p]:
                            continue
                        if count == len(found):
                            found = np.concatenate((found, np.empty((count, 4), dtype=np.int64)))
                        found[count, 0], found[count, 1], found[count, 2], found[count, 3] = p, i - back, j + k, whole
                        count += 1
            n += 1
    return _cheapest(found[:count], len(rows))


@compiled
def sown(
    rows: Ints, costs: Costs, extras: Ints, first: Words, second: Words, pair_first: Ints, pair_second: Ints, limits: Ints,
    firm_units: Bools,
) -> Ints:  # fmt: skip
    """Where seeds lie: rows (pair, place of its first syllable, of its second, what has been spent on both), by pair."""
    size, words = len(rows), first.shape[1]
    full = np.empty(words, dtype=np.int64)
    found = np.empty((4096, 4), dtype=np.int64)
    count = 0
    most = limits.max() if len(limits) else 0
    for i in range(1, size - 2 - MOST_BETWEEN):  # the rim has no seeds
        between = np.int64(0)
        for j in range(i + 1, i + 2 + MOST_BETWEEN):
            if j > i + 1:
                between += extras[rows[j - 1], 0]
                if between > most:
                    break
            one, other = first[rows[i]], second[rows[j]]
            some = 0
            for chunk in range(0, words, _CHUNK):  # nearly all are empty
                stop = min(chunk + _CHUNK, words)
                any_bit = _EMPTY
                for word in range(chunk, stop):
                    any_bit |= one[word] & other[word]
                if any_bit != _EMPTY:
                    for word in range(chunk, stop):
                        if one[word] & other[word] != _EMPTY:
                            full[some] = word
                            some += 1
            for number in range(some):
                word = full[number]
                both = one[word] & other[word]
                while both != _EMPTY:
                    lowest = both & (~both + _ONE)
                    both ^= lowest
                    pair = word * 64 + _NUMBER[(lowest * _DE_BRUIJN) >> np.uint64(58)]
                    spent = np.int64(costs[rows[i], pair_first[pair]]) + np.int64(costs[rows[j], pair_second[pair]])
                    if between:
                        firm = 1 if firm_units[pair_first[pair]] else 0
                        for k in range(i + 1, j):
                            spent += extras[rows[k], firm]
                    if spent > limits[pair]:
                        continue
                    if count == len(found):
                        found = np.concatenate((found, np.empty((count, 4), dtype=np.int64)))
                    found[count, 0], found[count, 1], found[count, 2], found[count, 3] = pair, i, j, spent
                    count += 1
    after = np.zeros(len(limits) + 1, dtype=np.int64)
    for k in range(count):
        after[found[k, 0] + 1] += 1
    after = np.cumsum(after)
    ordered = np.empty((count, 4), dtype=np.int64)
    for k in range(count):
        at = after[found[k, 0]]
        after[found[k, 0]] += 1
        ordered[at] = found[k]
    return ordered


@compiled
def _cheapest(found: Ints, size: int) -> Ints:
    """Of the places of a phrase that end alike the cheapest, of equals the shortest, each once."""
    slots = 1024
    while slots < 2 * len(found):
        slots *= 2
    table = np.full(slots, -1, dtype=np.int32)
    kept = 0
    for i in range(len(found)):
        p, start, last, cost = found[i]
        slot = (p * size + last) * 0x9E3779B1 >> 8 & (slots - 1)
        while table[slot] >= 0 and (found[table[slot], 0] != p or found[table[slot], 2] != last):
            slot = (slot + 1) & (slots - 1)
        k: Any = np.int64(table[slot])
        if k < 0:
            table[slot] = k = kept
            kept += 1
        elif cost > found[k, 3] or (cost == found[k, 3] and start <= found[k, 1]):
            continue
        found[k, 0], found[k, 1], found[k, 2], found[k, 3] = p, start, last, cost
    return found[:kept]
