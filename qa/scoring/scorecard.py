"""Scorecards: what many judged calls say about an agent, a team, an item.

Everything that is shown anywhere (pages, workbook, export) is read from the tables made here, so that one number
never has two values. The two basic tables come from :mod:`qa.scoring.tables`, in one pass over the calls::

    calls ──> call_table       one row a call
          └─> criterion_table  one row a call and criterion
                  └─> agent_scorecards, team_scorecards, item_table

Intervals are at 95 %: Student's t for a mean score (cut to 0..100; undefined below two calls) and Wilson's score
interval for a rate (E. B. Wilson, JASA 22, 1927), which stays honest for few calls and for rates near 0 or 1.
A number that is not defined (no call, no score, nothing measured) is NaN, never 0.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

from qa.analysis.metrics import METRICS
from qa.calls import Call
from qa.config import ComplaintSettings
from qa.scoring.attention import Attention, Case, Place
from qa.scoring.moments import Moment, Moments
from qa.scoring.tables import (
    CALL_COLUMNS,
    CRITERION_COLUMNS,
    OUTCOMES,
    Columns,
    call_row,
    call_table,
    criterion_rows,
    criterion_table,
    parts,
    typed,
)
from qa.text.normalize import normalize

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CALL_COLUMNS", "CRITERION_COLUMNS", "Scorecards", "call_row", "call_table", "criterion_rows", "criterion_table", "parts"]

_NUMERALS = str.maketrans({"一": "1", "二": "2", "三": "3", "四": "4", "五": "5", "六": "6", "七": "7", "八": "8", "九": "9", "十": "10"})
CONFIDENCE_LEVEL = 0.95
LOW_CONFIDENCE = 0.6  # a call heard with less than this, averaged over its characters, was hardly understood


@dataclass(frozen=True)
class Scorecards:
    """All tables of a report, made together in one pass over the calls.

    >>> cards = Scorecards.of([])
    >>> len(cards.calls), len(cards.agents), int(cards.overall["calls"])
    (0, 0, 0)
    """

    calls: pd.DataFrame
    criteria: pd.DataFrame
    moments: tuple[Moment, ...] = ()
    cases: tuple[Case, ...] = ()
    places: Mapping[str, Place] = field(default_factory=dict)
    agents: pd.DataFrame = field(init=False)
    teams: pd.DataFrame = field(init=False)
    items: pd.DataFrame = field(init=False)
    agent_items: pd.DataFrame = field(init=False)
    team_items: pd.DataFrame = field(init=False)
    overall: Mapping[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        for name, value in (
            ("agents", agent_scorecards(self.calls, self.criteria)),
            ("teams", team_scorecards(self.calls, self.criteria)),
            ("items", item_table(self.criteria)),
            ("agent_items", item_table(self.criteria, "agent_id")),
            ("team_items", item_table(self.criteria, "team")),
            ("overall", overall_scorecard(self.calls, self.criteria)),
        ):
            object.__setattr__(self, name, value)

    @classmethod
    def of(cls, calls: Iterable[Call], handling: Collection[str] = (), due: ComplaintSettings | None = None) -> Scorecards:
        """The tables of these calls; the calls are read once and not kept.

        ``handling`` names the criteria that tell how a complaint was handled, where not the rubric's own; ``due`` says by when it must be.
        """
        gathered = Gathering(handling, due)
        for call in calls:
            gathered.add(call)
        return gathered.cards()


class Gathering:
    """What scorecards are made of, gathered while the calls go by; what other processes gathered of later calls can be put behind."""

    def __init__(self, handling: Collection[str] = (), due: ComplaintSettings | None = None) -> None:
        self._calls, self._criteria = Columns(CALL_COLUMNS), Columns(CRITERION_COLUMNS)
        self._moments, self._attention = Moments(), Attention(handling, due)

    def add(self, call: Call) -> None:
        self._calls.add(call_row(call))
        for row in criterion_rows(call):
            self._criteria.add(row)
        self._moments.add(call)
        self._attention.add(call)

    def extend(self, later: Gathering) -> None:
        """Put what was gathered of later calls behind this."""
        self._calls.extend(later._calls)
        self._criteria.extend(later._criteria)
        self._moments.extend(later._moments)
        self._attention.extend(later._attention)

    def cards(self) -> Scorecards:
        """The scorecards; the gathering is used up."""
        calls, criteria = typed(self._calls.frame()), self._criteria.frame()
        return Scorecards(calls, criteria, self._moments.kept(), self._attention.cases(), self._attention.places)


def agent_scorecards(calls: pd.DataFrame, criteria: pd.DataFrame) -> pd.DataFrame:
    """One row an agent, indexed by ``agent_id``, in order of id; name and team are those of the latest call.

    Columns: ``calls``, ``scored``, ``score`` with ``score_low`` and ``score_high``, ``pass_rate`` with ``pass_low``
    and ``pass_high``, ``fatal_calls``, ``fatal_rate``, ``complaints``, ``complaint_rate``, ``threats``, ``hours``,
    ``unsure_share``, ``weakest`` (the criterion that loses most points), ``weakest_name``, ``weakest_lost`` (points a
    call), and the mean of each metric of time under its own name.
    """
    named = _latest(calls, "agent_id", ("agent_name", "team", "team_leader", "hired_on"))
    return named.join(_cards(calls, criteria, "agent_id"))


def team_scorecards(calls: pd.DataFrame, criteria: pd.DataFrame) -> pd.DataFrame:
    """One row a team, indexed by ``team`` ("" for calls without one), as one counts them: the columns of an agent's, and ``agents``."""
    cards = _latest(calls, "team", ("team_leader",)).join(_cards(calls, criteria, "team"))
    cards.insert(1, "agents", calls.groupby("team")["agent_id"].nunique())
    return cards.loc[sorted(cards.index, key=counted)]


def counted(name: str) -> tuple[tuple[int, str], ...]:
    """A key that sorts names with numbers in them as one counts.

    >>> sorted(["十组", "二组", "一组", "三组", "十二组"], key=counted), sorted(["10组", "2组", "A组"], key=counted)
    (['一组', '二组', '三组', '十组', '十二组'], ['2组', '10组', 'A组'])
    """
    text = normalize(name).text.translate(_NUMERALS)
    pieces = re.findall("[0-9]+|[^0-9]+", text)
    return (*((int(piece[:18]), "") if piece.isdecimal() else (sys.maxsize, piece) for piece in pieces), (-1, name))


def group_scorecards(calls: pd.DataFrame, criteria: pd.DataFrame, of_calls: pd.Series[Any], of_criteria: pd.Series[Any]) -> pd.DataFrame:
    """One row a group of calls, the columns of an agent's, and ``agents``; rows whose group is None are left out.

    ``of_calls`` and ``of_criteria`` say the group of each row of the two tables.
    """
    cards = _cards(calls.assign(group=of_calls), criteria.assign(group=of_criteria), "group")
    cards.insert(0, "agents", calls.assign(group=of_calls).groupby("group")["agent_id"].nunique())
    return cards


def overall_scorecard(calls: pd.DataFrame, criteria: pd.DataFrame) -> dict[str, Any]:
    """The same numbers over all calls, and what tells how far they can be trusted.

    Adds ``agents``, ``first`` and ``last`` (start times), ``mono`` (calls in one channel), ``unknown_agent``,
    ``review`` (calls flagged for review), ``low_confidence`` (calls below :data:`LOW_CONFIDENCE`) and ``dropped``
    (passages of text not believed).
    """
    cards = _cards(calls.assign(everything=0), criteria.assign(everything=0), "everything")
    row: dict[str, Any] = records(cards)[0][1] if len(cards) else dict.fromkeys(cards.columns, float("nan"))
    if not len(cards):
        row |= dict.fromkeys(("calls", "scored", "fatal_calls", "complaints", "threats", "hours"), 0)
    return row | {
        "agents": int(calls["agent_id"].nunique()),
        "first": calls["started_at"].min(),
        "last": calls["started_at"].max(),
        "mono": int((calls["channels"] == 1).sum()),
        "unknown_agent": int((calls["agent_id"] == "unknown").sum()),
        "review": int(calls["flags"].map(lambda flags: "review" in parts(flags)).sum()) if len(calls) else 0,
        "low_confidence": int((calls["confidence"] < LOW_CONFIDENCE).sum()),
        "dropped": int(calls["dropped"].sum()),
    }


def item_table(criteria: pd.DataFrame, by: str | None = None) -> pd.DataFrame:
    """One row a criterion (with ``by``: a row each group and criterion), in the order of the sheet.

    Columns: ``name``, ``section``, counts ``met``, ``missed``, ``unsure``, ``na``, ``met_rate`` = met / (met + missed)
    with ``met_low`` and ``met_high``, ``lost`` (points lost in all) and ``lost_per_call`` (over the calls it was judged in).
    """
    import pandas as pd

    order = {criterion: place for place, criterion in enumerate(pd.unique(criteria["criterion"]))}
    titles = criteria.drop_duplicates("criterion", keep="last")[["criterion", "name", "section"]].astype(object).set_index("criterion")
    # Narrow columns and none that is not counted: this table has a row for every call and item.
    counted = criteria[[*([by] if by else []), "criterion"]].assign(
        **{outcome: (criteria["outcome"] == outcome).astype("int32") for outcome in OUTCOMES},
        lost=(criteria["max_points"] - criteria["points"])
        .clip(lower=0.0)
        .where(criteria["outcome"].isin(["met", "missed"]), 0.0)
        .astype(float),
        place=criteria["criterion"].map(order).astype(float),
    )
    keys = [by, "place", "criterion"] if by else ["place", "criterion"]
    sums = counted.groupby(keys, sort=True, observed=True)[[*OUTCOMES, "lost"]].sum().reset_index().drop(columns="place")
    groups = [key for key in keys if key != "place"]
    sums = sums.astype(dict.fromkeys(groups, object)).set_index(groups)
    sums[list(OUTCOMES)] = sums[list(OUTCOMES)].astype("int64")
    judged = sums["met"] + sums["missed"]
    low, high = wilson(sums["met"], judged)
    sums["met_rate"] = _ratio(sums["met"], judged)
    sums["met_low"], sums["met_high"] = low.round(4), high.round(4)
    sums["lost"] = sums["lost"].round(2)
    sums["lost_per_call"] = _ratio(sums["lost"], judged).round(2)
    return sums.join(titles, on="criterion")


def score_distribution(calls: pd.DataFrame) -> list[tuple[int, int, int]]:
    """How many calls scored in each ten points: (from, below, calls); the last bin takes the 100s.

    >>> score_distribution(call_table([]))[-1]
    (90, 100, 0)
    """
    places = (calls["score"].dropna() // 10).clip(0, 9).astype(int).value_counts()
    return [(10 * place, 10 * place + 10, int(places.get(place, 0))) for place in range(10)]


def daily(calls: pd.DataFrame, zone: tzinfo, by: str | None = None) -> pd.DataFrame:
    """Calls, mean score and pass rate by day of the report's time zone, indexed by ISO date; calls without a time are left out.

    With ``by``, a column of the calls, indexed by group and date.
    """
    dated = calls.dropna(subset=["started_at"])
    days = dated["started_at"].dt.tz_convert(zone).dt.strftime("%Y-%m-%d")
    table = dated.groupby([*([by] if by else []), days.rename("day")]).agg(
        calls=("call_id", "size"), score=("score", "mean"), pass_rate=("passed", "mean")
    )
    return table.round({"score": 2, "pass_rate": 4})


def flagged(calls: pd.DataFrame) -> pd.DataFrame:
    """The calls that want a person's attention, gravest first: fatal, threat, complaint, then the lowest score."""
    marked = calls[calls["flags"] != ""]
    return marked.sort_values(
        ["fatal", "threat", "complaint", "score", "call_id"], ascending=[False, False, False, True, True], kind="stable"
    )


def wilson(successes: pd.Series[Any], trials: pd.Series[Any]) -> tuple[pd.Series[Any], pd.Series[Any]]:
    """Wilson's interval of each rate; NaN where there were no trials.

    >>> import pandas as pd
    >>> low, high = wilson(pd.Series([8.0, 0.0]), pd.Series([10.0, 0.0]))
    >>> float(low.round(3)[0]), float(high.round(3)[0]), bool(pd.isna(low[1]))
    (0.49, 0.943, True)
    """
    z = NormalDist().inv_cdf((1 + CONFIDENCE_LEVEL) / 2)
    n = trials.astype(float).where(trials > 0)
    rate = successes / n
    middle = (rate + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * ((rate * (1 - rate) / n + z * z / (4 * n * n)) ** 0.5)
    return (middle - reach).clip(lower=0.0), (middle + reach).clip(upper=1.0)


def records(table: pd.DataFrame) -> list[tuple[Any, dict[str, Any]]]:
    """The rows of a table as (index, values by column)."""
    return list(table.to_dict("index").items())  # type: ignore[arg-type]


def _cards(calls: pd.DataFrame, criteria: pd.DataFrame, key: str) -> pd.DataFrame:
    metrics = [name for name in METRICS if name in calls.columns and name != "duration"]
    measured = calls.assign(
        has_fatal=(calls["fatal"] > 0).astype(float),
        complaint=calls["complaint"].astype(float),
        threat=calls["threat"].astype(float),
        judged=calls["met"] + calls["missed"] + calls["unsure"],
    )
    groups = measured.groupby(key, sort=True)
    table = groups.agg(
        calls=("call_id", "size"),
        scored=("score", "count"),
        score=("score", "mean"),
        spread=("score", "std"),
        passed=("passed", "sum"),
        decided=("passed", "count"),
        fatal_calls=("has_fatal", "sum"),
        complaints=("complaint", "sum"),
        threats=("threat", "sum"),
        hours=("duration", "sum"),
        unsure=("unsure", "sum"),
        judged=("judged", "sum"),
    )
    low, high = _t_interval(table["score"], table["spread"], table["scored"])
    pass_low, pass_high = wilson(table["passed"], table["decided"])
    cards = table[["calls", "scored", "score"]].round({"score": 2})
    cards["score_low"], cards["score_high"] = low.round(2), high.round(2)
    cards["pass_rate"] = _ratio(table["passed"], table["decided"])
    cards["pass_low"], cards["pass_high"] = pass_low.round(4), pass_high.round(4)
    for name in ("fatal_calls", "complaints", "threats"):
        cards[name] = table[name].astype(int)
    cards["fatal_rate"] = _ratio(table["fatal_calls"], table["calls"])
    cards["complaint_rate"] = _ratio(table["complaints"], table["calls"])
    cards["hours"] = (table["hours"] / 3600).round(4)
    cards["unsure_share"] = _ratio(table["unsure"], table["judged"])
    return cards.join(_weakest(criteria, key)).join(groups[metrics].mean().round(2))


def _weakest(criteria: pd.DataFrame, key: str) -> pd.DataFrame:
    """The item that loses each group most points; the earlier one on the sheet where two lose the same."""
    items = item_table(criteria, key).reset_index()
    losing = items[items["lost"] > 0].sort_values("lost", ascending=False, kind="stable").drop_duplicates(key)
    named = losing.rename(columns={"criterion": "weakest", "name": "weakest_name", "lost_per_call": "weakest_lost"})
    return named.set_index(key)[["weakest", "weakest_name", "weakest_lost"]]


def _t_interval(mean: pd.Series[Any], spread: pd.Series[Any], n: pd.Series[Any]) -> tuple[pd.Series[Any], pd.Series[Any]]:
    from scipy.special import stdtrit  # type: ignore[import-untyped]

    several = n.astype(float).where(n > 1)
    reach = stdtrit(several - 1, (1 + CONFIDENCE_LEVEL) / 2) * spread / several**0.5
    return (mean - reach).clip(lower=0.0), (mean + reach).clip(upper=100.0)


def _ratio(part: pd.Series[Any], whole: pd.Series[Any]) -> pd.Series[Any]:
    return (part.astype(float) / whole.astype(float).where(whole > 0)).round(4)


def _latest(calls: pd.DataFrame, key: str, columns: Sequence[str]) -> pd.DataFrame:
    """The last value of each column that was not left empty; "" where all were."""
    known = calls[[key, *columns]].mask(calls[[key, *columns]] == "")
    known[key] = calls[key]
    return known.groupby(key, sort=True)[list(columns)].last().astype(object).fillna("")
