"""Which places remain when phrases of a set lie over one another, compiled; see :func:`qa.scoring.phrases.locate`.

Importing this module imports numba, so it happens where a call is searched, not before.
"""

from __future__ import annotations

import numpy as np

from qa.text.alignment import compiled
from qa.text.passage import Bools, Ints

_BITS = 60  # slots that are told apart before places are put in order


@compiled
def joined(table: Ints, slots: Ints, counts: Ints, gaps: Ints) -> Ints:
    """The places of phrases with gaps, from those of their slots, both in columns (phrase, turn, begin, end, closeness).

    ``slots``: of which slot each place is; ``counts`` and ``gaps`` say for each phrase how many it has, and how many
    characters may stand between them. A place of the first is joined with the first place of each further slot behind it, of
    equals the closest, then the longest.
    """
    most = counts.max()
    seen = np.zeros(len(counts), dtype=np.int64)
    for i in range(len(slots)):
        seen[table[0, i]] |= np.int64(1) << min(slots[i], _BITS)
    some = np.empty(len(slots), dtype=np.int64)
    count = 0
    for i in range(len(slots)):
        if seen[table[0, i]] == (np.int64(1) << min(counts[table[0, i]], _BITS + 1)) - 1:
            some[count] = i
            count += 1
    turns = table[1].max() + 1 if len(slots) else 1
    some = some[:count]
    some = some[np.argsort((table[0][some] * turns + table[1][some]) * most + slots[some], kind="mergesort")]
    found = np.empty((5, count), dtype=np.int64)
    size = group = 0
    at = np.empty(most + 1, dtype=np.int64)
    while group < count:
        number, turn, stop, whole = table[0, some[group]], table[1, some[group]], group, True
        for slot in range(counts[number]):
            at[slot] = stop
            while stop < count and slots[some[stop]] == slot and table[0, some[stop]] == number and table[1, some[stop]] == turn:
                stop += 1
            whole = whole and stop > at[slot]
        at[counts[number]] = stop
        while stop < count and table[0, some[stop]] == number and table[1, some[stop]] == turn:  # behind a slot that is missing
            stop += 1
        for first in range(group, at[1] if whole else group):
            begin, end, close = table[2, some[first]], table[3, some[first]], table[4, some[first]]
            on = True
            for slot in range(1, counts[number]):
                best = -1
                for k in range(at[slot], at[slot + 1]):
                    one = some[k]
                    if not end <= table[2, one] <= end + gaps[number]:
                        continue
                    if best >= 0 and table[2, one] != table[2, best]:
                        better = table[2, one] < table[2, best]
                    elif best >= 0 and table[4, one] != table[4, best]:
                        better = table[4, one] > table[4, best]
                    else:
                        better = best < 0 or table[3, one] > table[3, best]
                    if better:
                        best = one
                if best < 0:
                    on = False
                    break
                end, close = table[3, best], min(close, table[4, best])
            if on:
                found[0, size], found[1, size], found[2, size], found[3, size], found[4, size] = number, turn, begin, end, close
                size += 1
        group = stop
    return found[:, :size]


@compiled
def chosen(
    phrases: Ints, turns: Ints, begins: Ints, ends: Ints, explained: Ints, ranks: Ints, benign: Ints, allowed: Bools
) -> Ints:  # fmt: skip
    """Which of the places remain, in order of turn and beginning.

    Places come by turn, those that explain the most first, then those that begin first. ``ranks`` and ``benign`` give for
    each phrase its number in the set that is looked for and in the set that voids, below 0 where it is not in it; of equal
    places that of the lower number is taken. ``allowed``: in which turns is looked.
    """
    some = np.empty(len(phrases), dtype=np.int64)  # those that are of either set, where is looked
    size = 0
    for i in range(len(phrases)):
        if allowed[turns[i]] and (ranks[phrases[i]] >= 0 or benign[phrases[i]] >= 0):
            some[size] = i
            size += 1
    found, void = np.empty(size, dtype=np.int64), np.empty(size, dtype=np.int64)
    count = group = 0
    while group < size:
        turn, stop, voids = turns[some[group]], group, 0
        while stop < size and turns[some[stop]] == turn:
            if benign[phrases[some[stop]]] >= 0:
                void[voids] = some[stop]
                voids += 1
            stop += 1
        since, one = count, group
        while one < stop:
            best, place, end = -1, some[one], one
            while end < stop and explained[some[end]] == explained[place] and begins[some[end]] == begins[place]:  # but one can be taken
                equal = some[end]
                rank = ranks[phrases[equal]]
                if rank >= 0 and (best < 0 or rank < ranks[phrases[best]]):
                    free = True
                    for other in found[since:count]:
                        free = free and (ends[equal] <= begins[other] or begins[equal] >= ends[other])
                    for other in void[:voids]:
                        over = begins[equal] < ends[other] and begins[other] < ends[equal]
                        holds = begins[other] <= begins[equal] and ends[equal] <= ends[other]
                        free = free and not (over and (holds or explained[other] >= explained[equal]))
                    if free:
                        best = equal
                end += 1
            if best >= 0:
                at = count
                while at > since and begins[found[at - 1]] > begins[best]:
                    found[at] = found[at - 1]
                    at -= 1
                found[at] = best
                count += 1
            one = end
        group = stop
    return found[:count]
