"""Seeds: pairs of syllables by which phrases are found, and what of each phrase is still to be heard around them.

Nearly all phrases are nowhere near in nearly all calls. They are left out without loss by the pigeonhole principle:
cut a phrase that may cost ``B`` into ``k`` pairs of neighbouring syllables (one syllable may be left over). Were each
pair to cost more than ``t = B // k``, together they would cost at least ``k * (t + 1) > B``. So a place of the phrase
has a pair that costs at most ``t``. Where ``t`` is less than it costs to leave out either syllable, both are heard,
one behind the other, with as much between them as ``t`` allows: nothing for 0, one particle or 您 for 30 or more, two
for 60 or more, never three (90).

More can be said of one of these pairs. Go through the pairs from first to last and note how far what was spent so far
lies above its share, ``l * B / k`` after ``l`` pairs. Before the pair where that is highest (of equals the first)

* the pair itself and those behind it together never cost more than their share, however many of them are taken;
* those just before it always cost more than theirs.

Else it would be higher elsewhere. What slips in, or is left over, behind a pair is counted as part of it; before the
first pair as part of none. So a place is looked for from this one pair alone, once: the way is given up as soon as
the pairs behind have passed their share, or those before have not. In particular, what is said word for word is
found from its first pair, and from no other.

What is to be heard around a pair stands in a tree, so that phrases alike are followed together: a path goes through
the syllables behind the pair, then a turning point, then the syllables before the pair, the last one first.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

import numpy as np
import numpy.typing as npt

from qa.text.passage import Ints

Narrow = npt.NDArray[np.int32]

TURNING = -1  # in place of a unit
Path = tuple[int, ...]  # units or TURNING, from the pair on
_BEYOND, _MOST, _ABOVE = 2, 3, 4


@dataclass(frozen=True, slots=True)
class Seeds:
    """The pairs of units that places are found by, and for each a tree of what lies around.

    ``first``, ``second``, ``limits``: one entry a pair, and what it may cost at most. Nodes ``at[q] .. at[q + 1]`` are the
    tree of pair ``q``, every node before those below it. A row of ``nodes`` has

    * the unit (or :data:`TURNING`), how deep it lies, which node comes after those below it,
    * the most that may have been spent when it has been heard, for any phrase below,
    * what all that is before the pair, from this unit on, must cost more than, for every phrase below (-1: nothing),
    * where its phrases begin in ``ends``: those that are whole with it,
    * what the unit costs when it is not heard.

    There is one row more, which ends the last. ``deepest`` is how deep the deepest node lies.
    """

    first: Ints
    second: Ints
    limits: Ints
    at: Ints
    nodes: Narrow
    ends: Ints
    deepest: int


class Planting:
    """Gathers the pairs of phrases and what is around them.

    >>> planting = Planting()
    >>> planting.add(0, (7, 8, 9, 5), budget=21, offsets=(0, 2))
    >>> planting.add(1, (7, 8, 9), budget=11, offsets=(0,))
    >>> seeds = planting.seeds(missing=[85] * 10)
    >>> list(zip(seeds.first.tolist(), seeds.second.tolist(), seeds.limits.tolist()))
    [(7, 8, 11), (9, 5, 10)]
    >>> seeds.nodes[: seeds.at[1], :4].tolist()  # behind 7 8 there is 9, and that is all (phrase 1) or there is 5 (phrase 0)
    [[9, 0, 4, 21], [-1, 1, 2, 11], [5, 1, 4, 21], [-1, 2, 4, 21]]
    >>> seeds.nodes[seeds.at[1] : -1, :5].tolist()  # before 9 5 there is 8, and before that 7; both must cost more than 10
    [[-1, 0, 7, 10, -1], [8, 1, 7, 21, -1], [7, 2, 7, 21, 10]]
    """

    def __init__(self) -> None:
        self._pairs: dict[tuple[int, int], list[tuple[Path, list[tuple[int, int]], int, int]]] = {}

    def add(self, phrase: int, units: Sequence[int], budget: int, offsets: Sequence[int]) -> None:
        """A phrase of these units, which may cost ``budget`` and is cut into the pairs that begin at ``offsets``."""
        count = len(offsets)
        for number, offset in enumerate(offsets):
            path = (*units[offset + 2 :], TURNING, *units[:offset][::-1])
            above = {at: budget * (number - before) // count for before, at in enumerate(offsets[:number])}
            shares = [budget * (bisect_right(offsets, i) - number) // count for i in range(offset + 2, len(units) + 1)]
            bounds = [(share, -1) for share in shares] + [(budget, above.get(i, -1)) for i in reversed(range(offset))]
            pair = units[offset], units[offset + 1]
            self._pairs.setdefault(pair, []).append((path, bounds, phrase, budget // count))

    def seeds(self, missing: Sequence[int]) -> Seeds:
        """All that was added, as arrays; ``missing`` is what each unit costs when it is not heard."""
        nodes: list[list[int]] = []
        at, ends, limits = [0], list[int](), list[int]()
        for cuts in self._pairs.values():
            upon: list[list[int]] = []  # the nodes on the way to the last one
            last: Path = ()
            for path, bounds, phrase, _ in sorted(cuts):
                shared = sum(1 for _ in takewhile(lambda both: both[0] == both[1], zip(last, path, strict=False)))
                for node in upon[shared:]:
                    node[_BEYOND] = len(nodes)
                del upon[shared:]
                for depth in range(shared, len(path)):
                    unit = path[depth]
                    upon.append([unit, depth, 0, *bounds[depth], len(ends), missing[unit] if unit != TURNING else 0])
                    nodes.append(upon[-1])
                for node, (most, above) in zip(upon, bounds, strict=True):
                    node[_MOST], node[_ABOVE] = max(node[_MOST], most), min(node[_ABOVE], above)
                ends.append(phrase)
                last = path
            for node in upon:
                node[_BEYOND] = len(nodes)
            at.append(len(nodes))
            limits.append(max(limit for *_, limit in cuts))
        nodes.append([TURNING, 0, 0, 0, 0, len(ends), 0])
        pairs = np.array(list(self._pairs), dtype=np.int64).reshape(-1, 2)
        return Seeds(
            first=pairs[:, 0],
            second=pairs[:, 1],
            limits=np.array(limits, dtype=np.int64),
            at=np.array(at),
            nodes=np.array(nodes, dtype=np.int32),
            ends=np.array(ends, dtype=np.int64),
            deepest=max(node[1] for node in nodes),
        )
