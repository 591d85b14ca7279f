"""The latest period beside the one before."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from showing import imported, make_call, silent

from qa.scoring.periods import compare_periods
from qa.scoring.scorecard import Scorecards

CHINA = ZoneInfo("Asia/Shanghai")


def test_two_weeks_side_by_side() -> None:
    bad = [make_call(f"b{n}", day=9 + n) for n in range(5)]
    good = [make_call(f"g{n}", day=16 + n, good=True) for n in range(5)]
    found = compare_periods(Scorecards.of([*bad, *good, silent("s")]), CHINA, "week")
    assert found is not None
    assert (found.now, found.before, found.calls) == (
        (date(2026, 11, 16), date(2026, 11, 22)),
        (date(2026, 11, 9), date(2026, 11, 15)),
        (5, 5),
    )
    figures = {change.key: (change.now, change.before, change.real, change.better) for change in found.figures}
    assert figures == {
        "score": (100.0, 27.78, True, True),
        "pass_rate": (1.0, 0.0, True, True),
        "fatal_rate": (0.0, 0.0, False, False),
        "complaint_rate": (0.0, 1.0, True, True),
        "threat_rate": (0.0, 0.0, False, False),
    }
    assert [(change.key, change.real) for change in found.items] == [
        ("empathy", True),
        ("forbidden_phrases", True),
        ("greeting", False),
    ]


def test_a_period_without_calls_is_passed_over() -> None:
    cards = Scorecards.of([make_call("a", day=16), make_call("b", day=19)])
    found = compare_periods(cards, CHINA, "day")
    assert found is not None
    assert (found.before[0].day, found.now[0].day) == (16, 19)
    assert {change.real for change in found.figures if change.key == "score"} == {None}  # one call has no interval


def test_one_period_or_none_compares_nothing() -> None:
    assert compare_periods(Scorecards.of([make_call("a"), imported("b")]), CHINA, "month") is None
    assert compare_periods(Scorecards.of([]), CHINA, "week") is None
