"""Why customers call, for other programs: schema ``reason/1``."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from qa.config import Settings
from qa.errors import ConfigError
from qa.report.export import cell, whole
from qa.report.shown import Shown
from qa.scoring.reasons import Reason, Reasons, find_reasons, opening, record
from qa.store.store import Store

SCHEMA = "reason/1"


def reason_record(reason: Reason, found: Reasons) -> dict[str, Any]:
    """A reason as one object, ready for ``json.dumps``: how many calls, of them how many in the latest period and the one before.

    >>> from datetime import date
    >>> one = Reason("宽带、断了", ("宽带", "断了"), 12, 0.6, 8, 4, 3, 71.5, ())
    >>> found = Reasons((one,), calls=20, period=(date(2026, 11, 16), date(2026, 11, 22)))
    >>> reason_record(one, found)["period"], reason_record(one, found)["previous"]
    (['2026-11-16', '2026-11-22'], None)
    """
    return {
        "schema": SCHEMA,
        "name": reason.name,
        "words": list(reason.words),
        "calls": reason.calls,
        "share": round(reason.share, 4),
        "period": [day.isoformat() for day in found.period] if found.period else None,
        "now": reason.now,
        "previous": [day.isoformat() for day in found.previous] if found.previous else None,
        "before": reason.before,
        "complaints": reason.complaints,
        "score": reason.score,
        "examples": [{"call_id": one.call_id, "start": one.start, "text": one.text} for one in reason.examples],
    }


def export_reasons(store: Store | Shown, format: str, out: Path, settings: Settings) -> int:
    """Write the reasons to ``out`` as ``jsonl``, ``csv`` or ``parquet``, the commonest first; how many there are.

    Raises:
        ConfigError: the format is none of these, or ``out`` cannot be written.
    """
    if format not in _WRITERS:
        raise ConfigError(f"不认识的导出格式 {format}", next_step=f"可用：{'、'.join(_WRITERS)}")
    openings = [said for said in map(opening, Shown.of(store, settings).calls()) if said is not None]
    found = find_reasons(openings, settings.zone, settings.report.period)
    try:
        with whole(out) as unfinished:
            _WRITERS[format](found, unfinished)
    except OSError as error:
        raise ConfigError("导出文件写不了", where=str(out), why=str(error), next_step="检查目录是否存在、权限与磁盘空间") from error
    return len(found.reasons)


#: The columns of the flat forms, in order.
COLUMNS = ("name", "words", "calls", "share", "now", "before", "complaints", "score", "example")


def _rows(found: Reasons) -> list[dict[str, Any]]:
    return [record(reason) for reason in found.reasons]


def _jsonl(found: Reasons, out: Path) -> None:
    with out.open("w", encoding="utf-8", errors="replace", newline="\n") as file:
        for reason in found.reasons:
            file.write(json.dumps(reason_record(reason, found), ensure_ascii=False, allow_nan=False) + "\n")


def _csv(found: Reasons, out: Path) -> None:
    with out.open("w", encoding="utf-8-sig", errors="replace", newline="") as file:  # Excel knows UTF-8 by the mark alone
        writer = csv.DictWriter(file, fieldnames=COLUMNS)
        writer.writeheader()
        writer.writerows({name: cell(value) for name, value in row.items()} for row in _rows(found))


def _parquet(found: Reasons, out: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    counts: Sequence[str] = ("calls", "now", "before", "complaints")
    kinds = dict.fromkeys(counts, pa.int64()) | {"share": pa.float64(), "score": pa.float64()}
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in COLUMNS], metadata={"schema": SCHEMA})
    pq.write_table(pa.Table.from_pylist(_rows(found), schema=schema), out, compression="zstd")


_WRITERS: Mapping[str, Callable[[Reasons, Path], None]] = {"jsonl": _jsonl, "csv": _csv, "parquet": _parquet}
