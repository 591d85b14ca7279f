"""What is kept too long, by policy: found, shown, and only then removed, with a record of it.

Three things have a term of their own, from the first to go to the last: the report's copies of recordings, what was
said, and the whole result. The recordings themselves are the recording system's and are never touched.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from qa.config import RetentionSettings
from qa.errors import ConfigError
from qa.store.removals import PARTS, Part, compact, note_audio, remove_call, remove_transcript, removed_contents
from qa.store.store import REMOVED, Store
from qa.store.tables import CallRow

#: What the parts are called.
NAMES: Mapping[Part, str] = {"audio": "报告里的录音副本", "transcript": "逐句文字", "result": "整通结果"}


@dataclass(frozen=True, slots=True)
class Due:
    """A call of which something is due."""

    call_id: str
    content_hash: str
    started_at: str  # UTC, ISO


@dataclass(frozen=True, slots=True)
class Purge:
    """What is due of each part, oldest first; no call stands twice under what goes with the whole of it.

    ``undated`` counts the calls that cannot be told the age of, and stay.
    """

    due: Mapping[Part, tuple[Due, ...]]
    reasons: Mapping[Part, str]
    undated: int

    @property
    def calls(self) -> int:
        """How many calls are touched."""
        return len({due.call_id for part in self.due.values() for due in part})


def part_named(name: str | None) -> Part | None:
    """The part that a user means; settings call them in the plural.

    >>> part_named("results"), part_named(None)
    ('result', None)

    Raises:
        ConfigError: there is none of that name.
    """
    known: Mapping[str | None, Part | None] = {None: None, "audio": "audio", "transcripts": "transcript", "results": "result"}
    if name not in known:
        raise ConfigError(f"不认识 --only {name}", next_step="写 audio、transcripts 或 results")
    return known[name]


def terms(settings: RetentionSettings, older_than: str | None, only: Part | None) -> dict[Part, int]:
    """The days after which each part is due: as said on the command line, else as set.

    >>> terms(RetentionSettings(transcripts=90), None, None), terms(RetentionSettings(), "180d", "audio")
    ({'transcript': 90}, {'audio': 180})

    Raises:
        ConfigError: neither says anything, or the number of days is none.
    """
    if older_than is not None:
        if not re.fullmatch(r"[1-9]\d{0,4}d?", older_than):
            raise ConfigError("看不懂 --older-than", why=f"写的是 {older_than}", next_step="写天数，例如 180d")
        return {only or "result": int(older_than.removesuffix("d"))}
    wanted: dict[Part, int | None] = {"audio": settings.audio, "transcript": settings.transcripts, "result": settings.results}
    found = {part: days for part, days in wanted.items() if days is not None and only in (None, part)}
    if not found:
        raise ConfigError(
            "没有说要删除多久以前的", next_step="用 --older-than 180d，或在 qa.toml 的 [retention] 里写 audio、transcripts、results"
        )
    return found


def plan_purge(store: Store, days: Mapping[Part, int], now: datetime) -> Purge:
    """What is due at that time. Nothing is changed."""
    columns = (CallRow.call_id, CallRow.content_hash, CallRow.started_at, CallRow.hearing_key)
    rows = store.database.read(lambda session: session.execute(select(*columns).order_by(CallRow.started_at, CallRow.call_id)).all())
    silent, due, reasons, going = removed_contents(store, "audio"), {}, {}, set[str]()
    for part in reversed(PARTS):
        if part not in days:
            continue
        limit = (now - timedelta(days=days[part])).astimezone(UTC).isoformat()
        found = [row for row in rows if row.started_at and row.started_at < limit and row.call_id not in going]
        if part == "audio":
            found = [row for row in found if row.content_hash not in silent]
        if part == "transcript":
            found = [row for row in found if row.hearing_key != REMOVED]
        if part == "result":
            going = {row.call_id for row in found}
        due[part] = tuple(Due(row.call_id, row.content_hash, row.started_at) for row in found)
        reasons[part] = f"通话早于 {days[part]} 天"
    return Purge({part: due[part] for part in PARTS if part in due}, reasons, sum(not row.started_at for row in rows))


def carry_out(store: Store, purge: Purge, report: Path | None, now: datetime) -> str | None:
    """Remove what is due; the reason when the freed space could not be given back.

    ``report`` is the folder of a report, whose copies of recordings go at once; without it they go with the next report.
    """
    for part, due in purge.due.items():
        reason = purge.reasons[part]
        for one in due:
            if part == "transcript":
                remove_transcript(store, one.call_id, action="purge", reason=reason, now=now)
            if part == "result":
                remove_call(store, one.call_id, action="purge", reason=reason, now=now)
            if report is not None and part != "transcript":
                for path in sorted((report / "audio").glob(f"{one.content_hash[:32]}*")):
                    path.unlink(missing_ok=True)
        if part == "audio":
            note_audio(store, [(one.call_id, one.content_hash) for one in due], action="purge", reason=reason, now=now)
    return compact(store) if purge.calls else None
