"""Ranks that can be defended: nobody is placed by chance, nobody is placed on a handful of calls.

Whether two figures differ is asked of the difference itself. Its interval is built from the intervals of the two
(MOVER: G. Y. Zou and A. Donner, Statistics in Medicine 27, 2008; for two Wilson intervals it is R. G. Newcombe's
hybrid score method, Statistics in Medicine 17, 1998)::

    low  = (a - b) - sqrt((a - a_low)² + (b_high - b)²)
    high = (a - b) + sqrt((a_high - a)² + (b - b_low)²)

and the difference is *real* when that interval leaves out zero. Comparing whether the two intervals overlap would
call too few differences real.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value with its interval; NaN where nothing was measured, or too little for an interval."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, row: Mapping[str, Any], name: str, low: str, high: str) -> Figure:
        return cls(*(float(row[key]) if row[key] is not None else math.nan for key in (name, low, high)))


def differ(a: Figure, b: Figure) -> bool | None:
    """Whether two figures really differ; None where that cannot be said.

    >>> differ(Figure(90, 87, 93), Figure(80, 76, 84)), differ(Figure(90, 85, 95), Figure(88, 80, 96))
    (True, False)
    >>> differ(Figure(90, math.nan, math.nan), Figure(80, 76, 84)) is None
    True
    """
    difference = a.value - b.value
    low = difference - math.hypot(a.value - a.low, b.high - b.value)
    high = difference + math.hypot(a.high - a.value, b.value - b.low)
    return None if math.isnan(low) or math.isnan(high) else low > 0 or high < 0


def fair_ranks(cards: pd.DataFrame, minimum: int) -> pd.Series[Any]:
    """The rank of each row of a table of scorecards by ``score``; NaN below ``minimum`` scored calls or without an interval.

    From the best down, everybody who does not really differ from the first of a group shares its rank; the next
    group counts those above it (1, 1, 1, 4).

    >>> import pandas as pd
    >>> cards = pd.DataFrame({"scored": [9, 9, 9, 2], "score": [95.0, 93.0, 70.0, 99.0],
    ...                       "score_low": [92.0, 90.0, 66.0, 20.0], "score_high": [98.0, 96.0, 74.0, 100.0]}, index=list("abcd"))
    >>> fair_ranks(cards, 5).to_dict()
    {'a': 1.0, 'b': 1.0, 'c': 3.0, 'd': nan}
    """
    import pandas as pd

    ranks: dict[Any, float] = {}
    able = cards[(cards["scored"] >= minimum) & cards["score_low"].notna()].sort_values("score", ascending=False, kind="stable")
    first: Figure | None = None
    rank = 0
    for place, (key, row) in enumerate(able.iterrows(), start=1):
        own = Figure.of(row, "score", "score_low", "score_high")  # type: ignore[arg-type]
        if first is None or differ(first, own):
            first, rank = own, place
        ranks[key] = float(rank)
    return pd.Series([ranks.get(key, math.nan) for key in cards.index], index=cards.index, dtype=float)
