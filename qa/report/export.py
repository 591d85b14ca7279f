"""Results for other programs: schema ``call/1`` as JSON lines, a flat CSV, Parquet.

Calls stream through one at a time. A file appears under its name only when it is whole.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

from qa.calls import Call, Finding, Hit, Searched, Sentiment, Turn
from qa.config import Settings
from qa.errors import ConfigError
from qa.report.shown import Shown
from qa.scoring.scorecard import CALL_COLUMNS, call_row
from qa.store.store import Store

SCHEMA = "call/1"

#: The parts of a record that Parquet keeps as JSON text beside the flat columns, under ``<name>_json``.
NESTED = ("turns", "dropped", "events", "metrics", "sentiment", "complaint", "findings", "roles", "models")

#: How a cell begins that a spreadsheet would run as a formula.
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # Excel takes the wide ones for the narrow in some languages
_BATCH = 500


def call_record(call: Call) -> dict[str, object]:
    """A call as one object of schema ``call/1``, ready for ``json.dumps``.

    ``sentiment``, of the call and of each turn, is None where no model has read it; the key is there so that readers need not ask.
    """
    recording, heard, verdict = call.recording, call.heard, call.verdict
    felt = {one.turn: one.sentiment for one in call.track.turns} if call.track else {}
    return {
        "schema": SCHEMA,
        "call_id": recording.call_id,
        "agent_id": recording.agent_id,
        "agent_name": recording.agent_name,
        "team": recording.team,
        "team_leader": recording.team_leader,
        "customer_id": recording.customer_id,
        "direction": recording.direction,
        "started_at": recording.started_at.isoformat() if recording.started_at else None,
        "content_hash": recording.content_hash,
        "extra": dict(recording.extra),
        "duration": heard.duration,
        "channels": heard.channels,
        "codec": heard.codec,
        "sample_rate": heard.sample_rate,
        "roles": {
            "method": heard.roles.method,
            "confidence": heard.roles.confidence,
            "agent_channel": heard.roles.agent_channel,
            "evidence": [_hit(hit) for hit in heard.roles.evidence],
        },
        "turns": [_turn(turn, felt.get(i)) for i, turn in enumerate(heard.turns)],
        "dropped": [asdict(dropped) for dropped in heard.dropped],
        "events": [{"type": event.type, "by": event.by, "start": event.start, "end": event.end} for event in call.analysis.events],
        "metrics": dict(call.analysis.metrics),
        "sentiment": _sentiment(call.analysis.sentiment),
        "complaint": {
            "detected": verdict.complaint.detected,
            "probability": verdict.complaint.probability,
            "categories": list(verdict.complaint.categories),
            "threat": verdict.complaint.threat,
            "threats": list(verdict.complaint.threats),
            "intensity": verdict.complaint.intensity,
            "hits": [_hit(hit) for hit in verdict.complaint.hits],
        },
        "findings": [_finding(finding) for finding in verdict.findings],
        "score": asdict(verdict.score) | {"fatal": list(verdict.score.fatal)},
        "flags": list(verdict.flags),
        "call_type": verdict.call_type,
        "rubric": asdict(verdict.rubric),
        "models": dict(heard.models) | ({"sentiment": call.track.model} if call.track else {}),
    }


def export_calls(store: Store | Shown, format: str, out: Path, settings: Settings | None = None) -> int:
    """Write every call of the store to ``out`` as ``jsonl``, ``csv`` or ``parquet``; the number of calls written.

    Raises:
        ConfigError: the format is none of these, or ``out`` cannot be written.
    """
    with exported(format, out) as unfinished:
        return _WRITERS[format](Shown.of(store, settings or Settings()).calls(), unfinished)


def flat_row(call: Call) -> dict[str, object]:
    """The row of a call in CSV: the columns of the call table, the time as ISO 8601, text that no spreadsheet runs."""
    return {name: cell(value) for name, value in call_row(call).items()}


def _jsonl(calls: Iterator[Call], out: Path) -> int:
    written = 0
    with out.open("w", encoding="utf-8", errors="replace", newline="\n") as file:
        for call in calls:
            file.write(json.dumps(call_record(call), ensure_ascii=False, allow_nan=False) + "\n")
            written += 1
    return written


def _csv(calls: Iterator[Call], out: Path) -> int:
    written = 0
    with out.open("w", encoding="utf-8-sig", errors="replace", newline="") as file:  # Excel knows UTF-8 by the mark alone
        writer = csv.DictWriter(file, fieldnames=list(CALL_COLUMNS))
        writer.writeheader()
        for call in calls:
            writer.writerow(flat_row(call))
            written += 1
    return written


def _parquet(calls: Iterator[Call], out: Path) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {"str": pa.string(), "float": pa.float64(), "int": pa.int64(), "bool": pa.bool_(), "time": pa.timestamp("us", tz="UTC")}
    fields = [(name, kinds[kind]) for name, kind in CALL_COLUMNS.items()] + [(f"{name}_json", pa.string()) for name in NESTED]
    schema = pa.schema(fields, metadata={"schema": SCHEMA})
    written = 0
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        while batch := list(islice(calls, _BATCH)):
            rows = [call_row(call) | _nested(call_record(call)) for call in batch]
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))
            written += len(batch)
    return written


_WRITERS: Mapping[str, Callable[[Iterator[Call], Path], int]] = {"jsonl": _jsonl, "csv": _csv, "parquet": _parquet}


def _nested(record: Mapping[str, object]) -> dict[str, str]:
    return {f"{name}_json": json.dumps(record[name], ensure_ascii=False, allow_nan=False) for name in NESTED}


def _sentiment(felt: Sentiment | None) -> dict[str, object] | None:
    return asdict(felt) | {"by_quarter": list(felt.by_quarter)} if felt else None


def _turn(turn: Turn, sentiment: float | None) -> dict[str, object]:
    return {
        "role": turn.role,
        "start": turn.start,
        "end": turn.end,
        "text": turn.text,
        "confidence": turn.confidence,
        "sentiment": sentiment,
        "channel": turn.channel,
    }


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "criterion": finding.criterion,
        "name": finding.name,
        "section": finding.section,
        "outcome": finding.outcome,
        "points": finding.points,
        "max_points": finding.max_points,
        "fatal": finding.fatal,
        "hits": [_hit(hit) for hit in finding.hits],
        "searched": _searched(finding.searched),
        "nearest": _hit(finding.nearest) if finding.nearest else None,
        "reason": finding.reason,
        "severity": finding.severity,
    }


def _hit(hit: Hit) -> dict[str, object]:
    return asdict(hit) | {"span": list(hit.span) if hit.span else None}


def _searched(searched: Searched | None) -> dict[str, object] | None:
    return asdict(searched) if searched else None


def cell(value: Any) -> object:
    """A value for a CSV cell: nothing for None, times as ISO 8601, text that no spreadsheet runs as a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str):
        return f"'{value}" if value.lstrip(" ").startswith(_FORMULA) else value
    return value.isoformat() if hasattr(value, "isoformat") else value


@contextmanager
def exported(format: str, out: Path) -> Iterator[Path]:
    """Where to write an export of that format, see :func:`whole`.

    Raises:
        ConfigError: the format is none of ours, or ``out`` cannot be written.
    """
    if format not in _WRITERS:
        raise ConfigError(f"不认识的导出格式 {format}", next_step=f"可用：{'、'.join(_WRITERS)}")
    try:
        with whole(out) as unfinished:
            yield unfinished
    except OSError as error:
        raise ConfigError("导出文件写不了", where=str(out), why=str(error), next_step="检查目录是否存在、权限与磁盘空间") from error


@contextmanager
def whole(out: Path) -> Iterator[Path]:
    """A temporary file beside ``out`` that takes its name when all went well, and goes when not."""
    unfinished = out.with_name(f"{out.name}.tmp")
    try:
        yield unfinished
        unfinished.replace(out)
    finally:
        unfinished.unlink(missing_ok=True)
