"""What changed: the latest period of the calls beside the one before it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from typing import TYPE_CHECKING, Any, Literal

from qa.scoring.ranking import Figure, differ
from qa.scoring.scorecard import Scorecards, item_table, overall_scorecard, wilson

if TYPE_CHECKING:
    import pandas as pd

PeriodKind = Literal["day", "week", "month"]


@dataclass(frozen=True, slots=True)
class Change:
    """One figure now and before. ``real`` is None where that cannot be said; ``good`` says whether more of it is better."""

    key: str
    now: float
    before: float
    real: bool | None
    good: bool = True

    @property
    def difference(self) -> float:
        return self.now - self.before

    @property
    def better(self) -> bool:
        return self.difference > 0 if self.good else self.difference < 0


@dataclass(frozen=True)
class Comparison:
    """Two periods, each by its first and last day, the number of their calls, and what differs between them."""

    now: tuple[date, date]
    before: tuple[date, date]
    calls: tuple[int, int]
    figures: tuple[Change, ...]
    items: tuple[Change, ...]  # by criterion id; real changes first, then the largest


def period_of(day: date, kind: PeriodKind) -> tuple[date, date]:
    """The first and the last day of the period that a day lies in; weeks begin on Monday.

    >>> period_of(date(2026, 11, 18), "week")
    (datetime.date(2026, 11, 16), datetime.date(2026, 11, 22))
    >>> period_of(date(2026, 12, 31), "month")
    (datetime.date(2026, 12, 1), datetime.date(2026, 12, 31))
    """
    if kind == "day":
        return day, day
    if kind == "week":
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=6)
    following = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    return day.replace(day=1), following - timedelta(days=1)


def compare_periods(cards: Scorecards, zone: tzinfo, kind: PeriodKind) -> Comparison | None:
    """The latest period with calls beside the last earlier one that has any; None when there is only one.

    A difference is called real by the interval of the difference (see :mod:`qa.scoring.ranking`).
    """
    dated = cards.calls.dropna(subset=["started_at"])
    days = dated["started_at"].dt.tz_convert(zone).dt.date
    firsts = days.map(lambda day: period_of(day, kind)[0])
    periods = sorted(set(firsts))[-2:]
    if len(periods) < 2:
        return None
    halves = [dated[firsts == first] for first in reversed(periods)]
    chosen = [cards.criteria[cards.criteria["call_id"].isin(set(half["call_id"]))] for half in halves]
    now, before = (_figures(calls, criteria) for calls, criteria in zip(halves, chosen, strict=True))
    items = [_items(criteria) for criteria in chosen]
    changes = [_change(key, items[0][key], items[1][key]) for key in items[0] if key in items[1]]
    return Comparison(
        now=period_of(periods[1], kind),
        before=period_of(periods[0], kind),
        calls=(len(halves[0]), len(halves[1])),
        figures=tuple(_change(key, now[key], before[key], good=key in ("score", "pass_rate")) for key in now),
        items=tuple(sorted(changes, key=lambda change: (not change.real, -abs(change.difference), change.key))),
    )


def _change(key: str, now: Figure, before: Figure, good: bool = True) -> Change:
    return Change(key, now.value, before.value, differ(now, before), good)


def _figures(calls: pd.DataFrame, criteria: pd.DataFrame) -> dict[str, Figure]:
    import pandas as pd

    card = overall_scorecard(calls, criteria)
    counts = pd.Series([card["fatal_calls"], card["complaints"], card["threats"]], dtype=float)
    low, high = wilson(counts, pd.Series([float(len(calls))] * len(counts)))
    rates = {
        name: Figure(round(float(counts[place]) / len(calls), 4), float(low[place]), float(high[place]))
        for place, name in enumerate(("fatal_rate", "complaint_rate", "threat_rate"))
    }
    return {
        "score": Figure.of(card, "score", "score_low", "score_high"),
        "pass_rate": Figure.of(card, "pass_rate", "pass_low", "pass_high"),
        **rates,
    }


def _items(criteria: pd.DataFrame) -> dict[str, Figure]:
    table: Any = item_table(criteria)
    return {key: Figure.of(row, "met_rate", "met_low", "met_high") for key, row in table.iterrows() if row["met"] + row["missed"] > 0}
