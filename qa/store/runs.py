"""The record of runs, and what is known of files: what a run leaves behind beside the calls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal

from pydantic import TypeAdapter
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from qa.calls import RubricRef
from qa.store.store import Store
from qa.store.tables import FileRow, RunRow

#: ``lost`` is a run that never said how it ended: it was killed, or the machine went down.
RunOutcome = Literal["running", "done", "stopped", "failed", "lost"]

_PART = 500  # files asked for at once, below every database's limit of parameters


@dataclass(frozen=True, slots=True)
class Share:
    """How often something was so, of how many; or a sum, of how many.

    >>> Share(3, 12).rate
    0.25
    """

    hits: float = 0.0
    of: int = 0

    @property
    def rate(self) -> float:
        """The share, or the mean; 0 of nothing."""
        return self.hits / self.of if self.of else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One run. Times are UTC; ``counts`` are those of the run's summary, in calls and seconds.

    ``measures`` is what drift is told by, by name. ``review`` says why somebody should look before results are
    published; empty when nothing is unusual. ``message`` is the reason of a run that failed.
    """

    number: int = 0
    started_at: datetime
    ended_at: datetime | None = None
    outcome: RunOutcome = "running"
    user: str = ""
    host: str = ""
    process: int = 0
    sources: tuple[str, ...] = ()
    manifest: str | None = None
    engine: str = "local"
    workers: int = 1
    rubrics: tuple[RubricRef, ...] = ()
    models: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    counts: Mapping[str, float] = field(default_factory=dict)
    measures: Mapping[str, Share] = field(default_factory=dict)
    review: tuple[str, ...] = ()
    message: str | None = None


def begin_run(store: Store, record: RunRecord) -> RunRecord:
    """Put a run on record; gives it back with its number. Runs that never ended are marked as lost: the caller holds the lock."""

    def keep(session: Session) -> RunRecord:
        for row in session.scalars(select(RunRow).where(RunRow.outcome == "running")):
            lost = replace(_record(row), outcome="lost", ended_at=None)
            row.outcome, row.record = "lost", _dump(lost)
        row = _row(record)
        session.add(row)
        session.flush()
        return replace(record, number=row.number)

    return store.database.write(keep)


def end_run(store: Store, record: RunRecord) -> None:
    """Keep how a run ended."""
    row = _row(record)
    values = {"ended_at": row.ended_at, "outcome": row.outcome, "record": row.record}
    store.database.write(lambda session: session.execute(update(RunRow).where(RunRow.number == record.number).values(values)))


def runs(store: Store, limit: int = 100) -> list[RunRecord]:
    """The latest runs, the newest first.

    >>> import tempfile
    >>> with Store.open(tempfile.mkdtemp()) as store:
    ...     begun = begin_run(store, RunRecord(started_at=datetime(2026, 11, 20, tzinfo=UTC)))
    ...     end_run(store, replace(begun, outcome="done"))
    ...     [(run.number, run.outcome) for run in runs(store)]
    [(1, 'done')]
    """
    query = select(RunRow).order_by(RunRow.number.desc()).limit(limit)
    return [_record(row) for row in store.database.read(lambda session: session.scalars(query).all())]


def known_files(store: Store, paths: Sequence[str]) -> dict[str, tuple[str, str]]:
    """The stamp and the content hash of those of the files that are known, by path."""
    found: dict[str, tuple[str, str]] = {}
    for begin in range(0, len(paths), _PART):
        query = select(FileRow.path, FileRow.stamp, FileRow.content_hash).where(FileRow.path.in_(paths[begin : begin + _PART]))
        rows = store.database.read(lambda session, query=query: session.execute(query).all())  # type: ignore[misc]
        found |= {path: (stamp, digest) for path, stamp, digest in rows}
    return found


def remember_files(store: Store, files: Iterable[tuple[str, str, str]]) -> None:
    """Keep path, stamp and content hash of files, in one transaction."""
    rows = {path: {"path": path, "stamp": stamp, "content_hash": digest} for path, stamp, digest in files}
    paths = list(rows)

    def keep(session: Session) -> None:
        for begin in range(0, len(paths), _PART):
            some = paths[begin : begin + _PART]
            session.execute(delete(FileRow).where(FileRow.path.in_(some)))
            session.execute(insert(FileRow), [rows[path] for path in some])

    if rows:
        store.database.write(keep)


@cache
def _records() -> TypeAdapter[RunRecord]:
    return TypeAdapter(RunRecord)


def _dump(record: RunRecord) -> str:
    return _records().dump_json(record).decode()


def _row(record: RunRecord) -> RunRow:
    return RunRow(
        started_at=record.started_at.astimezone(UTC).isoformat(),
        ended_at=record.ended_at.astimezone(UTC).isoformat() if record.ended_at else None,
        outcome=record.outcome,
        record=_dump(record),
    )


def _record(row: RunRow) -> RunRecord:
    return replace(_records().validate_json(row.record), number=row.number)
