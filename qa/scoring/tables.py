"""The two basic tables, one row a call and one row a call and criterion, from which every figure is reckoned.

They are built in one pass over the calls, column by column, holding a few hundred bytes a call.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from qa.analysis.metrics import METRICS
from qa.calls import Call, Finding

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

#: The columns of the call table and what they hold; the metrics of time follow under their own names.
CALL_COLUMNS: Mapping[str, str] = {
    "call_id": "str",
    "agent_id": "str",
    "agent_name": "str",
    "team": "str",
    "team_leader": "str",
    "hired_on": "str",
    "customer_id": "str",
    "direction": "str",
    "started_at": "time",
    "duration": "float",
    "channels": "int",
    "score": "float",
    "points": "float",
    "possible": "float",
    "band": "str",
    "passed": "bool",
    "fatal": "int",
    "fatal_items": "str",
    "complaint": "bool",
    "complaint_probability": "float",
    "complaint_categories": "str",
    "complaint_intensity": "float",
    "threat": "bool",
    "threats": "str",
    "call_type": "str",
    "sentiment": "float",
    "sentiment_trend": "str",
    "flags": "str",
    "met": "int",
    "missed": "int",
    "unsure": "int",
    "na": "int",
    "missed_items": "str",
    "roles_method": "str",
    "roles_confidence": "float",
    "confidence": "float",
    "turns": "int",
    "dropped": "int",
    "rubric_id": "str",
    "rubric_version": "str",
    "rubric_hash": "str",
} | {name: "float" for name in METRICS if name != "duration"}

CRITERION_COLUMNS = ("call_id", "agent_id", "team", "criterion", "name", "section", "outcome", "points", "max_points", "fatal", "side")

_JOINT = "；"  # between the parts of a column that holds several
OUTCOMES = ("met", "missed", "unsure", "na")


def call_row(call: Call) -> dict[str, Any]:
    """One call as a flat row: the columns of :data:`CALL_COLUMNS`. ``started_at`` is a datetime or None.

    ``confidence`` is the recogniser's, averaged over characters; ``points`` and ``score`` are the sheet's total
    and the same scaled to 100.
    """
    recording, heard, verdict = call.recording, call.heard, call.verdict
    felt = call.analysis.sentiment
    outcomes = [finding.outcome for finding in verdict.findings]
    weighed = [(turn.confidence, len(turn.text)) for turn in heard.turns if turn.confidence is not None and turn.text]
    characters = sum(weight for _, weight in weighed)
    return {
        "call_id": recording.call_id,
        "agent_id": recording.agent_id,
        "agent_name": recording.agent_name or "",
        "team": recording.team or "",
        "team_leader": recording.team_leader or "",
        "hired_on": recording.hired_on or "",
        "customer_id": recording.customer_id or "",
        "direction": recording.direction or "",
        "started_at": recording.started_at,
        "duration": heard.duration,
        "channels": heard.channels,
        "score": verdict.score.scaled,
        "points": verdict.score.total,
        "possible": verdict.score.possible,
        "band": verdict.score.band or "",
        "passed": verdict.score.passed,
        "fatal": len(verdict.score.fatal),
        "fatal_items": _JOINT.join(_names(verdict.findings, verdict.score.fatal)),
        "complaint": verdict.complaint.detected,
        "complaint_probability": verdict.complaint.probability,
        "complaint_categories": _JOINT.join(verdict.complaint.categories),
        "complaint_intensity": verdict.complaint.intensity,
        "threat": verdict.complaint.threat,
        "threats": _JOINT.join(verdict.complaint.threats),
        "call_type": verdict.call_type or "",
        "sentiment": felt.customer if felt else None,
        "sentiment_trend": felt.trend if felt else "",
        "flags": _JOINT.join(verdict.flags),
        **{outcome: outcomes.count(outcome) for outcome in OUTCOMES},  # type: ignore[arg-type]
        "missed_items": _JOINT.join(finding.name for finding in verdict.findings if finding.outcome == "missed"),
        "roles_method": heard.roles.method,
        "roles_confidence": heard.roles.confidence,
        "confidence": round(sum(sure * weight for sure, weight in weighed) / characters, 3) if characters else None,
        "turns": len(heard.turns),
        "dropped": len(heard.dropped),
        "rubric_id": verdict.rubric.id,
        "rubric_version": verdict.rubric.version,
        "rubric_hash": verdict.rubric.hash,
        **{name: call.analysis.metrics.get(name) for name in METRICS if name != "duration"},
    }


def criterion_rows(call: Call) -> list[dict[str, Any]]:
    """The verdicts of one call, a row each: the columns of :data:`CRITERION_COLUMNS`."""
    return [
        {
            "call_id": call.recording.call_id,
            "agent_id": call.recording.agent_id,
            "team": call.recording.team or "",
            "criterion": finding.criterion,
            "name": finding.name,
            "section": finding.section,
            "outcome": finding.outcome,
            "points": finding.points,
            "max_points": finding.max_points,
            "fatal": finding.fatal,
            "side": finding.side or "",
        }
        for finding in call.verdict.findings
    ]


def call_table(calls: Iterable[Call]) -> pd.DataFrame:
    """One row a call, in the order given; columns as in :data:`CALL_COLUMNS`, times in UTC."""
    columns = Columns(CALL_COLUMNS)
    for call in calls:
        columns.add(call_row(call))
    return typed(columns.frame())


def criterion_table(calls: Iterable[Call]) -> pd.DataFrame:
    """One row a call and criterion, in the order given; columns as in :data:`CRITERION_COLUMNS`."""
    columns = Columns(CRITERION_COLUMNS)
    for call in calls:
        for row in criterion_rows(call):
            columns.add(row)
    return columns.frame()


def parts(joined: str) -> list[str]:
    """What a column that holds several values holds.

    >>> parts("complaint；review"), parts("")
    (['complaint', 'review'], [])
    """
    return [part for part in joined.split(_JOINT) if part]


def _names(findings: Iterable[Finding], criteria: Iterable[str]) -> list[str]:
    names = {finding.criterion: finding.name for finding in findings}
    return [names.get(criterion, criterion) for criterion in criteria]


def typed(frame: pd.DataFrame) -> pd.DataFrame:
    """The dtypes of the call table; the same for no rows, so that every sum and mean is defined."""
    import pandas as pd

    kinds: dict[str, Any] = {"str": object, "float": float, "int": "int64"}
    for name, kind in CALL_COLUMNS.items():
        if kind == "time":
            frame[name] = pd.to_datetime(frame[name], utc=True).astype("datetime64[us, UTC]")
        elif kind == "bool":  # None (nothing could be judged) needs a place beside True and False
            frame[name] = frame[name].map({True: 1.0, False: 0.0}).astype(float) if name == "passed" else frame[name].astype(bool)
        else:
            frame[name] = frame[name].astype(kinds[kind])
    return frame


class Columns:
    """Rows gathered column by column: a fraction of the memory that a list of dictionaries takes."""

    def __init__(self, names: Iterable[str]) -> None:
        self._values: dict[str, list[Any]] = {name: [] for name in names}
        # The same name of an item stands on thousands of rows, read anew from the store each time: one object serves all.
        self._same: dict[str, str] = {}

    def add(self, row: Mapping[str, Any]) -> None:
        for name, values in self._values.items():
            value = row[name]
            values.append(self._same.setdefault(value, value) if isinstance(value, str) else value)

    def frame(self) -> pd.DataFrame:
        """The table; what was gathered is given up column by column on the way, so that it is not held twice."""
        import pandas as pd

        made: dict[str, pd.Series[Any]] = {}
        for name in list(self._values):
            values = self._values.pop(name)
            made[name] = pd.Series(values, dtype=_dtype(values))
        return pd.DataFrame(made, copy=False)


def _dtype(values: list[Any]) -> np.dtype[Any] | type[object] | None:
    """Numbers as numbers; anything with text in it, or nothing in it, as objects (no guessing by pandas)."""
    return None if values and all(isinstance(value, float | int) for value in values) else object
