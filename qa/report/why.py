"""Why customers call, for other programs: schema ``reason/1``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qa.config import Settings
from qa.report.export import exported
from qa.report.records import Records
from qa.report.shown import Shown
from qa.scoring.reasons import Reason, Reasons, find_reasons, opening, record
from qa.store.store import Store

SCHEMA = "reason/1"
#: The columns of the flat forms, in order, and what they hold.
COLUMNS: Mapping[str, str] = {
    "name": "str", "words": "str", "calls": "int", "share": "float", "now": "int", "before": "int", "complaints": "int", "score": "float",
    "example": "str",
}  # fmt: skip


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
    with exported(format, out) as unfinished:
        openings = [said for said in map(opening, Shown.of(store, settings).calls()) if said is not None]
        found = find_reasons(openings, settings.zone, settings.report.period)
        objects = [reason_record(reason, found) for reason in found.reasons]
        Records(SCHEMA, COLUMNS, objects, [record(reason) for reason in found.reasons]).write(format, unfinished)
    return len(found.reasons)
