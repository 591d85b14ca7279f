"""The inner loops of matching by sound, compiled: what they compute is described in :mod:`qa.text.sound`.

Importing this module imports numba, so it happens where a text is searched, not before. Machine code is made when a
function is first called and kept on disk (beside this file; where that cannot be written, in the user's cache
folder; ``NUMBA_CACHE_DIR`` names another), so that only the first process ever waits for it.

All arguments are arrays and whole numbers. Positions are indices into the rows of a passage with a rim of text ends
on either side, as wide as any alignment may reach.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np

from qa.text.passage import Bools, Ints
from qa.text.phrasebook import BARRED, NEVER, Costs, Reals, opening

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """The function as machine code; where that cannot be kept on disk, made anew in each process."""
    try:
        return cast(F, numba.njit(cache=True, nogil=True, error_model="numpy")(function))
    except RuntimeError:  # nowhere to keep it
        return cast(F, numba.njit(nogil=True, error_model="numpy")(function))


_BITS = 10  # of a packed cell, for where its alignment began; so no window is longer than 1023 syllables
_START = (1 << _BITS) - 1


@compiled
def align(
    phrases: Ints, starts: Ints, slack: Ints, rows: Ints, by_unit: Costs, extras: Ints,
    units: Ints, lengths: Ints, budgets: Ints, strict: Bools, missing: Ints,
) -> Ints:  # fmt: skip
    """The places near the candidates that a phrase may afford: one row (phrase, first, last, cost) each.

    Of the alignments that end in the same place only the cheapest is given, of equals the shortest. Candidates come in the
    order of phrases.
    """
    found = np.empty((1024, 4), dtype=np.int64)
    count = fresh = 0
    cells = np.empty(2 * (slack.max() if len(slack) else 0) + 1, dtype=np.int64)
    for c in range(len(phrases)):
        p = phrases[c]
        if c and phrases[c - 1] != p:
            fresh = count
        found, count = aligned(
            p, starts[c], slack[c], budgets[p], rows, by_unit, extras, units, lengths, strict, missing, cells, found, fresh, count
        )
    kept = 0
    for k in range(count):  # where nothing at all is heard for the phrase, nothing better may stand in for that
        if found[k, 1] <= found[k, 2]:
            found[kept] = found[k]
            kept += 1
    return found[:kept]


@compiled
def aligned(
    p: int, start: int, slack: int, budget: int, rows: Ints, by_unit: Costs, extras: Ints,
    units: Ints, lengths: Ints, strict: Bools, missing: Ints, cells: Ints, found: Ints, fresh: int, count: int,
) -> tuple[Ints, int]:  # fmt: skip
    """Put the places of a phrase near ``start`` that cost at most ``budget`` to those that are ``found``, of which ``count``
    there are, those of the phrase from ``fresh`` on.

    The phrase is aligned with the text from ``start`` on, ``slack`` syllables sooner or later: cell ``b`` of row ``i``
    has heard ``i`` syllables of the phrase, and of the text those up to ``start - slack + i + b``.
    """
    size = len(rows)
    length, width, begin = lengths[p], 2 * slack + 1, start - slack
    most = (budget << _BITS) | _START
    firm = 1 if strict[p] else 0
    for b in range(width):  # a cell is cost << BITS | (START - start): of two of the same cost the shorter is the smaller number
        cells[b] = _START - b
    for i in range(length):
        unit = units[p, i]
        heard_for = by_unit[unit]
        gone = missing[unit] << _BITS
        least = np.int64(1) << 62
        for b in range(width):
            heard = rows[min(max(begin + i + b, 0), size - 1)]
            cost = heard_for[heard]
            cell = cells[b] + ((NEVER if cost == BARRED else np.int64(cost)) << _BITS)
            if b + 1 < width and cells[b + 1] + gone < cell:
                cell = cells[b + 1] + gone
            if b and i + 1 < length:  # after its last syllable nothing more may come in
                slipped = cells[b - 1] + (extras[heard, firm] << _BITS)
                if slipped < cell:
                    cell = slipped
            cells[b] = cell
            if cell < least:
                least = cell
        if least > most:
            return found, count
    for b in range(width):
        spent = cells[b] >> _BITS
        if spent > budget:
            continue
        first, last = begin + _START - (cells[b] & _START), begin + length + b - 1
        known = -1
        for k in range(count - 1, fresh - 1, -1):
            if found[k, 2] == last and found[k, 0] == p:
                known = k
                break
        if known < 0:
            if count == len(found):
                found = np.concatenate((found, np.empty((count, 4), dtype=np.int64)))
            known = count
            count += 1
        elif spent > found[known, 3] or (spent == found[known, 3] and first <= found[known, 1]):
            continue
        found[known, 0], found[known, 1], found[known, 2], found[known, 3] = p, first, last, spent
    return found, count


_opening = compiled(opening)


@compiled
def by_characters(text: Ints, digits: Bools, listed: Ints, listed_at: Ints, said: Ints, said_at: Ints, rims: Bools) -> Ints:
    """Where the very characters of phrases stand: one row (phrase, begin, end) each, those of a phrase not overlapping.

    The arguments from ``listed`` on are those of :class:`~qa.text.phrasebook.Spellings`.
    """
    found = np.empty((256, 3), dtype=np.int64)
    count, size = 0, len(text)
    until = np.zeros(len(rims), dtype=np.int64)
    for i in range(size):
        for two in range(2):  # those of one character, those of more
            begin = _opening(text[i], text[i + 1] if two and i + 1 < size else 0)
            for entry in range(listed_at[begin], listed_at[begin + 1]):
                p = listed[entry]
                end = i + said_at[p + 1] - said_at[p]
                if end > size or i < until[p] or (end - i > 1) != (two == 1):
                    continue
                same = True
                for j in range(end - i - 1, -1, -1):
                    if text[i + j] != said[said_at[p] + j]:
                        same = False
                        break
                if not same or cut_out(rims[p], digits, i, end):
                    continue
                until[p] = end
                if count == len(found):
                    found = np.concatenate((found, np.empty((count, 3), dtype=np.int64)))
                found[count, 0], found[count, 1], found[count, 2] = p, i, end
                count += 1
    return found[:count]


@compiled
def cut_out(rims: Bools, digits: Bools, begin: int, end: int) -> bool:
    """Whether the short number that a phrase begins or ends with is the middle of a longer one (110 in 1381101)."""
    cut_before = rims[0] and begin > 0 and digits[begin - 1] and digits[begin]
    cut_after = rims[1] and end < len(digits) and digits[end - 1] and digits[end]
    return bool(cut_before or cut_after)


@compiled
def best(
    said: Ints, places: Ints, digits: Bools, text_of: Ints, text_starts: Ints, begins: Ints, ends: Ints,
    rims: Bools, closeness: Reals, closeness_at: Ints, all_of_them: bool,
) -> tuple[Ints, Reals]:  # fmt: skip
    """Places by characters (as from :func:`by_characters`) and among the syllables (as from :func:`align`, counted without
    the rim) as rows (phrase, text, begin, end) with their closeness, in order; of overlapping ones of a phrase the best
    unless ``all_of_them``.
    """
    size = len(said) + len(places)
    found, close = np.empty((size, 4), dtype=np.int64), np.empty(size, dtype=np.float64)
    count = 0
    for i in range(len(said)):
        text = np.searchsorted(text_starts, said[i, 1], side="right") - 1
        found[count, 0], found[count, 1] = said[i, 0], text
        found[count, 2], found[count, 3] = said[i, 1] - text_starts[text], said[i, 2] - text_starts[text]
        close[count] = 1.0
        count += 1
    for i in range(len(places)):
        p, text = places[i, 0], text_of[places[i, 1]]
        begin, end = begins[places[i, 1]], ends[places[i, 2]]
        if cut_out(rims[p], digits, text_starts[text] + begin, text_starts[text] + end):
            continue
        found[count, 0], found[count, 1], found[count, 2], found[count, 3] = p, text, begin, end
        close[count] = closeness[closeness_at[p] + places[i, 3]]
        count += 1
    texts = len(text_starts)
    order = np.argsort(found[:count, 0] * texts + found[:count, 1], kind="mergesort")
    kept = np.empty(count, dtype=np.int64)
    size = group = 0
    while group < count:
        stop = group
        p, text = found[order[group], 0], found[order[group], 1]
        while stop < count and found[order[stop], 0] == p and found[order[stop], 1] == text:
            one, k = order[stop], stop
            while k > group and _better(found, close, one, order[k - 1]):
                order[k] = order[k - 1]
                k -= 1
            order[k] = one
            stop += 1
        since = size
        for k in range(group, stop):
            one = order[k]
            free = True
            if not all_of_them:
                for other in kept[since:size]:
                    if found[one, 2] < found[other, 3] and found[other, 2] < found[one, 3]:
                        free = False
                        break
            if free:
                at = size  # the kept ones are in the order of their beginnings
                while not all_of_them and at > since and found[kept[at - 1], 2] > found[one, 2]:
                    kept[at] = kept[at - 1]
                    at -= 1
                kept[at] = one
                size += 1
        group = stop
    return found[kept[:size]], close[kept[:size]]


@compiled
def _better(found: Ints, close: Reals, one: int, other: int) -> bool:
    if close[one] != close[other]:
        return bool(close[one] > close[other])
    if found[one, 2] != found[other, 2]:
        return bool(found[one, 2] < found[other, 2])
    return bool(found[one, 3] < found[other, 3])
