"""The complaint queue for other programs (a ticket system, a mail to the service desk): schema ``complaint/1``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from qa.config import Settings
from qa.report.export import exported
from qa.report.records import Records
from qa.report.shown import Shown
from qa.scoring.attention import Attention, Case, Place
from qa.store.store import Store

SCHEMA = "complaint/1"
_JOINT = "；"


def complaint_record(case: Case, rank: int) -> dict[str, Any]:
    """A complaint as one object, ready for ``json.dumps``; ``rank`` is its place in the queue, from 1.

    Times are ISO 8601. ``handling`` says for each thing owed whether it was done (met, missed, unsure, na), with the words.
    """
    return {
        "schema": SCHEMA,
        "rank": rank,
        "call_id": case.call_id,
        "customer_id": case.customer_id,
        "agent_id": case.agent_id,
        "agent_name": case.agent_name or None,
        "team": case.team or None,
        "started_at": _iso(case.started_at),
        "respond_by": _iso(case.respond_by),
        "close_by": _iso(case.close_by),
        "intensity": case.intensity,
        "probability": case.probability,
        "categories": list(case.categories),
        "threat": case.threat,
        "threats": list(case.threats),
        "quotes": [_said(place) for place in case.quotes],
        "handling": [
            {
                "criterion": handled.criterion,
                "name": handled.name,
                "outcome": handled.outcome,
                "said": _said(handled.place) if handled.place and handled.place.role else None,
            }
            for handled in case.handling
        ],
        "sentiment": asdict(case.sentiment) | {"by_quarter": list(case.sentiment.by_quarter)} if case.sentiment else None,
        "earlier_calls": list(case.earlier),
        "complained_before": case.complained_before,
        "score": case.score,
    }


def export_complaints(store: Store | Shown, format: str, out: Path, settings: Settings) -> int:
    """Write the queue to ``out`` as ``jsonl``, ``csv`` or ``parquet``, the gravest first; how many complaints there are.

    Raises:
        ConfigError: the format is none of these, or ``out`` cannot be written.
    """
    with exported(format, out) as unfinished:
        attention = Attention(settings.report.handling, settings.complaint)
        for call in Shown.of(store, settings).calls():
            attention.add(call)
        records = [complaint_record(case, rank) for rank, case in enumerate(attention.cases(), 1)]
        Records(SCHEMA, COLUMNS, records, [_flat(record) for record in records]).write(format, unfinished)
    return len(records)


def _said(place: Place) -> dict[str, Any]:
    return {"start": place.start, "text": place.text, "about": place.name or None}


def _iso(moment: Any) -> str | None:
    return moment.isoformat() if moment else None


#: The columns of the flat forms, in order, and what they hold.
COLUMNS: Mapping[str, str] = {
    "rank": "int", "call_id": "str", "customer_id": "str", "agent_id": "str", "agent_name": "str", "team": "str", "started_at": "str",
    "respond_by": "str", "close_by": "str", "intensity": "float", "probability": "float", "categories": "str", "threat": "bool",
    "threats": "str", "quotes": "str", "left_undone": "str", "sentiment": "float", "trend": "str", "calmed": "bool",
    "earlier_calls": "int", "complained_before": "int", "score": "float",
}  # fmt: skip


def _flat(record: Mapping[str, Any]) -> dict[str, Any]:
    felt = record["sentiment"] or {}
    row = dict(record) | {
        "categories": _JOINT.join(record["categories"]),
        "threats": _JOINT.join(record["threats"]),
        "quotes": _JOINT.join(said["text"] for said in record["quotes"]),
        "left_undone": _JOINT.join(handled["name"] for handled in record["handling"] if handled["outcome"] == "missed"),
        "sentiment": felt.get("customer"),
        "trend": felt.get("trend"),
        "calmed": felt.get("calmed"),
        "earlier_calls": len(record["earlier_calls"]),
    }
    return {name: row[name] for name in COLUMNS}
