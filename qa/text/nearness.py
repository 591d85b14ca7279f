"""The place that comes closest to any of several phrases, compiled; see :func:`qa.text.sound.closest`.

Importing this module imports numba, as :mod:`qa.text.alignment` does, with which it shares the alignment itself.
"""

from __future__ import annotations

import numpy as np

from qa.text.alignment import aligned, compiled, cut_out
from qa.text.passage import Bools, Ints
from qa.text.phrasebook import BARRED, Costs, Reals

_BLOCK = 8  # syllables that are looked at together to find the most promising places


@compiled
def nearest(
    rows: Ints, rim: int, most: int, furthest: int, costs: Costs, by_unit: Costs, extras: Ints,
    units: Ints, lengths: Ints, budgets: Ints, slack: Ints, strict: Bools, missing: Ints, rims: Bools,
    digits: Bools, text_of: Ints, text_starts: Ints, begins: Ints, ends: Ints, closeness: Reals, closeness_at: Ints,
) -> tuple[int, int, int, int, float]:  # fmt: skip
    """Phrase, text, begin, end and closeness of the closest of the ``most`` most promising places, each aligned with up to
    ``furthest`` syllables more on either side; the phrase is below 0 when there is none.

    Of equally close places the first, then the first phrase. A place that costs more than the best so far is given up.
    """
    places = _promising(rows, rim, costs, units, lengths, missing, most)
    found = np.empty((256, 4), dtype=np.int64)
    cells = np.empty(2 * furthest + 1, dtype=np.int64)
    count, best = 0, -1.0
    for c in range(len(places)):
        p = places[c, 0]
        whole = 100 * lengths[p]
        budget = budgets[p] if best < 0 else min(budgets[p], np.int64((1.0 - best + 0.0006) * whole) + 1)
        before = count
        found, count = aligned(
            p, places[c, 1], min(slack[p], furthest), budget, rows, by_unit, extras, units, lengths, strict, missing, cells, found, 0, count
        )
        if not (rims[p, 0] or rims[p, 1]):  # others may turn out to be cut out of a longer number
            nothing = 0  # what it costs to hear none of the phrase: a dearer place may yet give way to that, which is no place
            for i in range(lengths[p]):
                nothing += missing[units[p, i]]
            for k in range(before, count):
                if found[k, 1] <= found[k, 2] and found[k, 3] < nothing:
                    best = max(best, closeness[closeness_at[p] + found[k, 3]])
    first, best = -1, -1.0
    for k in range(count):
        if found[k, 1] > found[k, 2]:
            continue
        found[k, 1] -= rim
        found[k, 2] -= rim
        p, text = found[k, 0], text_of[found[k, 1]]
        begin, end = begins[found[k, 1]], ends[found[k, 2]]
        if cut_out(rims[p], digits, text_starts[text] + begin, text_starts[text] + end):
            continue
        close = closeness[closeness_at[p] + found[k, 3]]
        better = first < 0 or close > best
        if not better and close == best:
            other = found[first]
            one = (text, begin, p, end)
            better = one < (text_of[other[1]], begins[other[1]], other[0], ends[other[2]])
        if better:
            first, best = k, close
    if first < 0:
        return -1, 0, 0, 0, 0.0
    return found[first, 0], text_of[found[first, 1]], begins[found[first, 1]], ends[found[first, 2]], best


@compiled
def _promising(rows: Ints, rim: int, costs: Costs, units: Ints, lengths: Ints, missing: Ints, most: int) -> Ints:
    """Where a lower bound lets phrases come closest, as rows (phrase, start): first the ``most`` best blocks of syllables,
    then the best places in them.
    """
    columns = costs.shape[1]
    longest = units.shape[1]
    blocks = (len(rows) + _BLOCK - 1) // _BLOCK + 2 + longest // _BLOCK
    least = np.full((blocks + 1, columns), BARRED, dtype=np.uint8)
    gone = missing.astype(np.uint8)
    for i in range(len(rows)):
        into, row = least[i // _BLOCK], costs[rows[i]]
        for u in range(columns):
            into[u] = row[u] if row[u] < into[u] else into[u]
    paired = np.empty((columns, blocks), dtype=np.uint16)
    for i in range(blocks):
        for u in range(columns):
            one = min(least[i, u], least[i + 1, u])
            paired[u, i] = min(one, gone[u])
    first, count = (rim - longest) // _BLOCK, (len(rows) - rim) // _BLOCK + 1
    bounds, which = np.empty(most, dtype=np.float64), np.empty((most, 2), dtype=np.int64)
    size = 0
    bound = np.empty(count - first, dtype=np.uint16)
    for p in range(len(lengths)):
        if lengths[p] == 0:
            continue
        bound[:] = 0
        for i in range(lengths[p]):
            row_ = paired[units[p, i], first + i // _BLOCK : count + i // _BLOCK]
            for b in range(count - first):
                bound[b] += row_[b]
        for b in range(count - first):
            if size == most and bound[b] > bounds[most - 1] * lengths[p] + 1.0:  # quicker than to divide
                continue
            size = _inserted(bounds, which, size, bound[b] / lengths[p], p, (b + first) * _BLOCK)
    blocks_found = which[:size].copy()
    size = 0
    for k in range(len(blocks_found)):
        p = blocks_found[k, 0]
        for start in range(blocks_found[k, 1], blocks_found[k, 1] + _BLOCK):
            total = 0
            for i in range(lengths[p]):
                unit = units[p, i]
                lowest = missing[unit]
                for at in range(start + i - 1, start + i + 2):
                    if 0 <= at < len(rows):
                        lowest = min(lowest, np.int64(costs[rows[at], unit]))
                total += lowest
            size = _inserted(bounds, which, size, total / lengths[p], p, start)
    return which[:size]


@compiled
def _inserted(bounds: Reals, which: Ints, size: int, bound: float, p: int, start: int) -> int:
    """Put a place where it belongs among the best, if it belongs there, of equals behind; how many there are then."""
    most = len(bounds)
    if size == most and bound >= bounds[most - 1]:
        return size
    at = size if size < most else most - 1
    while at > 0 and bounds[at - 1] > bound:
        bounds[at] = bounds[at - 1]
        which[at, 0], which[at, 1] = which[at - 1, 0], which[at - 1, 1]
        at -= 1
    bounds[at] = bound
    which[at, 0], which[at, 1] = p, start
    return size + 1 if size < most else most
