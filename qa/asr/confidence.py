"""How sure one may be of a word: of the words given p, about the share p is right.

Whisper's own probability of a word is not that: of the words it gives 0.5 on a telephone line far fewer than
half are right in one voice, far more in another. ``confidence.json`` holds the monotone map from its probability to
the share that was right, measured on telephone speech whose text is known; the file says on which, with which
model and how well it fits recordings it was not made from. ``benchmarks/hearing.py --calibrate`` makes it anew.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from functools import cache
from pathlib import Path

#: Where the map lies.
TABLE = Path(__file__).parent / "confidence.json"


def calibrated(probability: float) -> float:
    """The share of words of this probability that are right, 0..1, rounded to 0.001; between the knots a straight line.

    >>> 0.0 <= calibrated(0.2) <= calibrated(0.9) <= 1.0
    True
    """
    return round(interpolated(knots(), probability), 3)


def interpolated(table: tuple[tuple[float, float], ...], value: float) -> float:
    """A piecewise linear map, constant beyond its ends.

    >>> interpolated(((0.0, 0.1), (1.0, 0.9)), 0.25), interpolated(((0.5, 0.4), (1.0, 0.9)), 0.1)
    (0.30000000000000004, 0.4)
    """
    at = bisect_right(table, (value, 2.0))
    if at == 0:
        return table[0][1]
    if at == len(table):
        return table[-1][1]
    (x0, y0), (x1, y1) = table[at - 1], table[at]
    return y0 + (y1 - y0) * (value - x0) / (x1 - x0)


@cache
def knots() -> tuple[tuple[float, float], ...]:
    """The map's points: (probability as recognised, share that was right), both rising."""
    return tuple((float(x), float(y)) for x, y in json.loads(TABLE.read_text(encoding="utf-8"))["knots"])
