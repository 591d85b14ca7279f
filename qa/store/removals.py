"""Taking things out of the store, with a record of what went: whole calls, or only what was said in them.

A removal and its record are one transaction. What was removed is not made anew: a run knows a removed recording by
its content (:func:`removed_contents`), and a call without its transcript by its hearing key (:data:`REMOVED`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from qa.calls import Call, Finding, Hit
from qa.store.store import REMOVED, Store, call_of, columns
from qa.store.tables import CallRow, FileRow, ImportRow, NamedAgentRow, QuarantineRow, RemovalRow

Action = Literal["purge", "erase"]
Part = Literal["audio", "transcript", "result"]

#: Everything that is kept of a call, from the least to the most that goes with it.
PARTS: tuple[Part, ...] = ("audio", "transcript", "result")

#: So many characters in a row that were said make a reason a quotation.
_QUOTE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """What was taken out of a call, why and when (UTC); ``call_id`` is what the record calls it."""

    removed_at: datetime
    action: Action
    call_id: str
    content_hash: str | None
    parts: tuple[Part, ...]
    reason: str


def remove_call(
    store: Store, call_id: str, *, action: Action, reason: str, known_as: str | None = None, now: datetime | None = None
) -> bool:
    """Take out everything that is kept of a call, its quarantine entry included; False when nothing was there.

    ``known_as`` stands for the call in the record where its own id would tell too much.

    >>> import tempfile
    >>> with Store.open(tempfile.mkdtemp()) as store:
    ...     remove_call(store, "c1", action="erase", reason="客户要求")
    False
    """

    def take(session: Session) -> bool:
        kept = (select(table.content_hash, table.path).where(table.call_id == call_id) for table in (CallRow, QuarantineRow))
        found = next((row for query in kept if (row := session.execute(query).first())), None)
        for table in (CallRow, QuarantineRow, NamedAgentRow, ImportRow):
            session.execute(delete(table).where(table.call_id == call_id))
        if found is None:
            return False
        if found.path is not None:
            session.execute(delete(FileRow).where(FileRow.path == found.path))
        session.add(_row(known_as or call_id, found.content_hash, PARTS, action, reason, now))
        return True

    return store.database.write(take)


def remove_transcript(store: Store, call_id: str, *, action: Action, reason: str, now: datetime | None = None) -> bool:
    """Take out every word of a call; its score, findings, times and metrics stay. False when there is no such call, or no word left."""

    def take(session: Session) -> bool:
        row = session.get(CallRow, call_id)
        if row is None or row.hearing_key == REMOVED:
            return False
        kept = columns(without_words(call_of(row)))
        session.execute(update(CallRow).where(CallRow.call_id == call_id).values(hearing_key=REMOVED, **kept))
        session.add(_row(call_id, row.content_hash, ("transcript",), action, reason, now))
        return True

    return store.database.write(take)


def note_audio(store: Store, calls: Sequence[tuple[str, str]], *, action: Action, reason: str, now: datetime | None = None) -> None:
    """Put on record that the report's copies of recordings were removed: call id and content hash of each."""
    rows = [(call_id, content) for call_id, content in calls]
    store.database.write(
        lambda session: session.add_all([_row(call_id, content, ("audio",), action, reason, now) for call_id, content in rows])
    )


def removals(store: Store) -> list[Removal]:
    """The record of what was removed, in order."""
    rows = store.database.read(lambda session: session.scalars(select(RemovalRow).order_by(RemovalRow.id)).all())
    return [
        Removal(
            removed_at=datetime.fromisoformat(row.removed_at),
            action=_action(row.action),
            call_id=row.call_id,
            content_hash=row.content_hash,
            parts=tuple(part for part in PARTS if part in row.parts.split(",")),
            reason=row.reason,
        )
        for row in rows
    ]


def removed_contents(store: Store, part: Part = "result") -> frozenset[str]:
    """The content hashes of recordings of which that part was removed and must not be made again."""
    rows = store.database.read(
        lambda session: session.execute(select(RemovalRow.content_hash, RemovalRow.parts).where(RemovalRow.content_hash.is_not(None))).all()
    )
    return frozenset(content for content, parts in rows if content and part in parts.split(","))


def without_words(call: Call) -> Call:
    """The call with nothing in it that anybody said; what the findings found and when stays."""
    said = "\n".join(turn.text for turn in call.heard.turns)
    heard = replace(call.heard, turns=(), dropped=(), roles=replace(call.heard.roles, evidence=()))
    complaint = replace(call.verdict.complaint, hits=_unsaid(call.verdict.complaint.hits))
    verdict = replace(call.verdict, findings=tuple(_silent(finding, said) for finding in call.verdict.findings), complaint=complaint)
    analysis = call.analysis
    if analysis.sentiment is not None:  # the worst moment is told by a turn that is no more
        analysis = replace(analysis, sentiment=replace(analysis.sentiment, worst=None))
    return replace(call, heard=heard, verdict=verdict, analysis=analysis, track=None)


def compact(store: Store) -> str | None:
    """Give freed space back, so that nothing of what was removed is left in the file; the reason when that was not possible.

    PostgreSQL marks it as free and writes over it in time.
    """
    try:
        if store.engine.dialect.name == "sqlite":
            with closing(store.engine.raw_connection()) as connection:  # in no transaction
                connection.cursor().execute("VACUUM")
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("VACUUM"))
    except (SQLAlchemyError, sqlite3.Error) as error:
        return str(error.__cause__ or error)
    return None


def _silent(finding: Finding, said: str) -> Finding:
    reason = finding.reason
    if reason is not None and any(reason[at : at + _QUOTE] in said for at in range(len(reason) - _QUOTE + 1)):
        reason = None
    return replace(finding, hits=_unsaid(finding.hits), nearest=None, reason=reason)


def _unsaid(hits: tuple[Hit, ...]) -> tuple[Hit, ...]:
    return tuple(replace(hit, text="", turn=None, span=None) for hit in hits)


def _row(call_id: str, content: str | None, parts: Sequence[Part], action: Action, reason: str, now: datetime | None) -> RemovalRow:
    when = (now or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="seconds")
    return RemovalRow(removed_at=when, action=action, call_id=call_id, content_hash=content, parts=",".join(parts), reason=reason)


def _action(text: str) -> Action:
    return "erase" if text == "erase" else "purge"
