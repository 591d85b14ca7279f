"""The two basic tables, one row a call and one row a call and criterion, from which every figure is reckoned.

They are built in one pass over the calls, column by column, holding a few hundred bytes a call.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from math import nan
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

#: The columns of the criterion table and what they hold.
CRITERION_COLUMNS: Mapping[str, str] = dict.fromkeys(("call_id", "agent_id", "team", "criterion", "name", "section", "outcome"), "name") | {
    "points": "float",
    "max_points": "float",
    "fatal": "bool",
    "side": "name",
}

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
    """Rows gathered column by column: a fraction of the memory that a list of dictionaries takes.

    ``kinds`` says what each column holds, as :data:`CALL_COLUMNS` does.

    >>> columns, later = Columns({"who": "str", "score": "float"}), Columns({"who": "str", "score": "float"})
    >>> columns.add({"who": "8001", "score": 90.0})
    >>> later.add({"who": "8002", "score": None})
    >>> columns.extend(later)
    >>> columns.frame().to_dict("list")
    {'who': ['8001', '8002'], 'score': [90.0, nan]}
    """

    def __init__(self, kinds: Mapping[str, str]) -> None:
        self._values: dict[str, list[Any] | array[Any]] = {
            name: array(_CODES[kind]) if kind in _CODES else [] for name, kind in kinds.items()
        }
        self._numbers: dict[str, dict[str, int]] = {name: {} for name, kind in kinds.items() if kind == "name"}
        # The same text stands on thousands of rows, read anew from the store each time: one object serves all.
        self._same: dict[str, str] = {}

    def add(self, row: Mapping[str, Any]) -> None:
        for name, values in self._values.items():
            value = row[name]
            if name in self._numbers:
                numbers = self._numbers[name]
                value = numbers.setdefault(value, len(numbers))
            elif isinstance(value, str):
                value = self._same.setdefault(value, value)
            elif value is None and isinstance(values, array):
                value = nan
            values.append(value)

    def extend(self, later: Columns) -> None:
        """Put the rows of another behind these."""
        for name, values in self._values.items():
            more: Iterable[Any] = later._values[name]
            if name in self._numbers:
                numbers = self._numbers[name]
                here = [numbers.setdefault(value, len(numbers)) for value in later._numbers[name]]
                more = array(_CODES["name"], [here[number] for number in more])
            elif isinstance(more, list):
                more = (self._same.setdefault(value, value) if isinstance(value, str) else value for value in more)
            values.extend(more)

    def frame(self) -> pd.DataFrame:
        """The table; what was gathered is given up column by column on the way, so that it is not held twice."""
        import numpy as np
        import pandas as pd

        made: dict[str, pd.Series[Any]] = {}
        for name in list(self._values):
            values = self._values.pop(name)
            if name in self._numbers:
                made[name] = _named(np.array(values), list(self._numbers[name]))
            else:
                made[name] = pd.Series(np.array(values)) if isinstance(values, array) else pd.Series(values, dtype=_dtype(values))
        return pd.DataFrame(made, copy=False)


def _named(numbers: np.ndarray[Any, Any], names: list[str]) -> pd.Series[Any]:
    """Names by number as a column of categories, which are in the order of their letters, as groups of plain text would be."""
    import numpy as np
    import pandas as pd

    order = sorted(range(len(names)), key=names.__getitem__)
    places = np.empty(len(names), dtype=np.int32)
    places[order] = np.arange(len(names))
    return pd.Series(pd.Categorical.from_codes(places[numbers], categories=pd.Index([names[number] for number in order], dtype=object)))


#: Numbers lie side by side; of a name that stands on thousands of rows, its number does.
_CODES = {"float": "d", "int": "q", "name": "i"}


def _dtype(values: list[Any]) -> type[object] | None:
    """Yes and no as such; anything else, or nothing at all, as objects (no guessing by pandas)."""
    return None if values and all(isinstance(value, bool) for value in values) else object
