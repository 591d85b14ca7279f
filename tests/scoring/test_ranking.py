"""Fair ranks: ties where nothing really differs, no place for a handful of calls."""

from __future__ import annotations

import math

import pandas as pd

from qa.scoring.ranking import Figure, differ, fair_ranks


def table(*rows: tuple[str, int, float, float]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["agent", "scored", "score", "reach"]).set_index("agent")
    return frame.assign(score_low=frame["score"] - frame["reach"], score_high=frame["score"] + frame["reach"])


def test_the_interval_of_a_difference_is_newcombes() -> None:
    # Newcombe 1998, table II, example (a): 56/70 against 48/80; the interval of the difference is 0.0524 .. 0.3339.
    a, b = Figure(0.8, 0.6917, 0.8769), Figure(0.6, 0.4904, 0.7002)
    assert differ(a, b) is True
    assert round(0.2 - math.hypot(0.8 - 0.6917, 0.7002 - 0.6), 3) == 0.052


def test_who_does_not_differ_from_the_first_of_a_group_shares_its_rank() -> None:
    cards = table(("a", 20, 95.0, 2.0), ("b", 20, 94.0, 2.0), ("c", 20, 91.0, 2.0), ("d", 20, 90.5, 2.0), ("e", 20, 60.0, 2.0))
    assert fair_ranks(cards, 5).to_dict() == {"a": 1.0, "b": 1.0, "c": 3.0, "d": 3.0, "e": 5.0}


def test_few_calls_and_no_interval_have_no_rank() -> None:
    ranks = fair_ranks(table(("a", 4, 99.0, 1.0), ("b", 5, 80.0, 1.0), ("c", 9, math.nan, 1.0)), 5)
    assert math.isnan(ranks["a"])
    assert ranks["b"] == 1.0
    assert math.isnan(ranks["c"])


def test_no_agents_have_no_ranks() -> None:
    assert len(fair_ranks(table(), 5)) == 0
