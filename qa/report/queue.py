"""The complaint queue for other programs (a ticket system, a mail to the service desk): schema ``complaint/1``."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from qa.config import Settings
from qa.errors import ConfigError
from qa.report.export import cell, whole
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
    if format not in _WRITERS:
        raise ConfigError(f"不认识的导出格式 {format}", next_step=f"可用：{'、'.join(_WRITERS)}")
    attention = Attention(settings.report.handling, settings.complaint)
    for call in Shown.of(store, settings).calls():
        attention.add(call)
    records = [complaint_record(case, rank) for rank, case in enumerate(attention.cases(), 1)]
    try:
        with whole(out) as unfinished:
            _WRITERS[format](records, unfinished)
    except OSError as error:
        raise ConfigError("导出文件写不了", where=str(out), why=str(error), next_step="检查目录是否存在、权限与磁盘空间") from error
    return len(records)


def _said(place: Place) -> dict[str, Any]:
    return {"start": place.start, "text": place.text, "about": place.name or None}


def _iso(moment: Any) -> str | None:
    return moment.isoformat() if moment else None


#: The columns of the flat forms, in order.
COLUMNS = (
    "rank", "call_id", "customer_id", "agent_id", "agent_name", "team", "started_at", "respond_by", "close_by", "intensity",
    "probability", "categories", "threat", "threats", "quotes", "left_undone", "sentiment", "trend", "calmed", "earlier_calls",
    "complained_before", "score",
)  # fmt: skip


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


def _jsonl(records: Iterable[Mapping[str, Any]], out: Path) -> None:
    lines = (json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n" for record in records)
    with out.open("w", encoding="utf-8", errors="replace", newline="\n") as file:
        file.writelines(lines)


def _csv(records: Iterable[Mapping[str, Any]], out: Path) -> None:
    with out.open("w", encoding="utf-8-sig", errors="replace", newline="") as file:  # Excel knows UTF-8 by the mark alone
        writer = csv.DictWriter(file, fieldnames=COLUMNS)
        writer.writeheader()
        writer.writerows({name: cell(value) for name, value in _flat(record).items()} for record in records)


def _parquet(records: Sequence[Mapping[str, Any]], out: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {
        "rank": pa.int64(), "intensity": pa.float64(), "probability": pa.float64(), "threat": pa.bool_(), "sentiment": pa.float64(),
        "calmed": pa.bool_(), "earlier_calls": pa.int64(), "complained_before": pa.int64(), "score": pa.float64(),
    }  # fmt: skip
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in COLUMNS], metadata={"schema": SCHEMA})
    pq.write_table(pa.Table.from_pylist([_flat(record) for record in records], schema=schema), out, compression="zstd")


_WRITERS: Mapping[str, Callable[[Sequence[Mapping[str, Any]], Path], None]] = {"jsonl": _jsonl, "csv": _csv, "parquet": _parquet}
