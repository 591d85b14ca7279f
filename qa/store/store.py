"""The store: calls in, calls out, one transaction each.

A result is there whole or not at all, so a run that dies loses at most the call it was working on.
"""

from __future__ import annotations

import difflib
import getpass
import json
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec
from pydantic import TypeAdapter
from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from qa.calls import Analysis, Call, Heard, Quarantined, Recording, SentimentTrack, Verdict
from qa.errors import StoreError
from qa.store.database import Database, read_location, read_url, sqlite_url
from qa.store.schema import nothing_here
from qa.store.tables import CallRow, DisclosureRow, ImportRow, NamedAgentRow, QuarantineRow

S = TypeVar("S")

#: The database file inside a store directory.
FILENAME = "tingjian.db"

#: The hearing key of a call whose words were taken out: there is nothing left to judge, and it is not heard again.
REMOVED = "removed"

_IN_ORDER = (CallRow.started_at, CallRow.call_id)


@dataclass(frozen=True, slots=True)
class Keys:
    """What made the two halves of a stored result: equal keys mean that doing it again would give the same."""

    hearing: str
    judging: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What a plan needs to know of a stored call: its keys, and the recording it came from."""

    keys: Keys
    path: str | None
    content_hash: str


class Store:
    """A workspace's results.

    ``open`` takes a directory (made if need be, readable by its owner alone) or an SQLAlchemy URL.

    >>> import tempfile
    >>> with Store.open(tempfile.mkdtemp()) as store:
    ...     list(store.calls()), store.call("c1"), store.quarantined()
    ([], None, [])
    """

    def __init__(self, database: Database, directory: Path | None = None) -> None:
        self._database = database
        self.directory = directory

    @property
    def database(self) -> Database:
        """The database below, for what is kept beside the calls."""
        return self._database

    @property
    def place(self) -> str:
        """Where it is, for people: the directory, or the URL without its password."""
        return str(self.directory or self._database.place)

    @property
    def engine(self) -> Engine:
        """The database's connections, for what has a use of its own for them: the lock of a run."""
        return self._database.engine

    @property
    def location(self) -> str:
        """What :meth:`open` takes to open it once more, in another process; a URL comes with its password, so it is not for showing."""
        return str(self.directory or self.engine.url.render_as_string(hide_password=False))

    @classmethod
    def open(cls, location: str | Path, *, must_exist: bool = False) -> Store:
        """The store at ``location``; with ``must_exist``, an empty place is an error instead of a new store.

        A location is a directory, a URL, or ``@FILE``, a file whose first line is one of them (and may hold a password).
        An old store is upgraded on the way.

        Raises:
            StoreError: it cannot be opened, is not there, or was made by a newer version of the program.
        """
        location = read_location(location)
        if isinstance(location, str):
            return cls(Database(read_url(location), must_exist=must_exist))
        directory = location
        if must_exist and not (directory / FILENAME).is_file():
            raise nothing_here(str(directory))
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError("打不开结果库", where=str(directory), why=str(error), next_step="检查路径、权限与磁盘空间") from error
        return cls(Database(sqlite_url(str(directory / FILENAME))), directory)

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back; the store can't be used afterwards."""
        self._database.close()

    def save(self, call: Call, keys: Keys, *, renamed_from: str | None = None) -> None:
        """Keep a call, in place of an earlier result or quarantine of the same id.

        ``renamed_from`` is the id under which the same recording was known; that goes, and what a person has said of it stays.
        """
        row = CallRow(hearing_key=keys.hearing, judging_key=keys.judging, **columns(call))
        call_id = call.recording.call_id

        def keep(session: Session) -> None:
            session.merge(row)
            session.execute(delete(QuarantineRow).where(QuarantineRow.call_id == call_id))
            if renamed_from is not None:
                session.execute(delete(CallRow).where(CallRow.call_id == renamed_from))
                if named := session.get(NamedAgentRow, renamed_from):
                    session.merge(NamedAgentRow(call_id=call_id, content_hash=named.content_hash, agent=named.agent))
                    session.delete(named)

        self._database.write(keep)

    def quarantine(self, held: Quarantined, hearing_key: str | None = None) -> None:
        """Keep the reason why a recording could not be inspected; an earlier result of the same id stays readable."""
        row = QuarantineRow(
            call_id=held.call_id, path=held.path, content_hash=held.content_hash, hearing_key=hearing_key, message=held.message
        )
        self._database.write(lambda session: session.merge(row))

    def release(self, call_id: str) -> None:
        """Take a recording out of quarantine: it is in order again."""
        self._database.write(lambda session: session.execute(delete(QuarantineRow).where(QuarantineRow.call_id == call_id)))

    def kept(self) -> dict[str, Kept]:
        """What is stored of every call, by call id, without reading the calls themselves."""
        columns = (CallRow.call_id, CallRow.hearing_key, CallRow.judging_key, CallRow.path, CallRow.content_hash)
        rows = self._database.read(lambda session: session.execute(select(*columns)).all())
        return {call_id: Kept(Keys(hearing, judging), path, content) for call_id, hearing, judging, path, content in rows}

    def quarantine_keys(self) -> dict[str, str | None]:
        """What was tried with every quarantined recording, by call id."""
        rows = self._database.read(lambda session: session.execute(select(QuarantineRow.call_id, QuarantineRow.hearing_key)).all())
        return {row.call_id: row.hearing_key for row in rows}

    def customers(self) -> dict[str, str]:
        """The customer of every call that has one, by call id."""
        rows = self._database.read(lambda session: session.execute(select(CallRow.call_id, CallRow.recording)).all())
        named = ((row.call_id, json.loads(row.recording).get("customer_id")) for row in rows)
        return {call_id: customer for call_id, customer in named if customer}

    def calls(self) -> Iterator[Call]:
        """Every call in order of start, then id, as of one moment; read a few at a time, so that memory stays flat."""
        with self._database.reading() as session:
            for row in session.scalars(select(CallRow).order_by(*_IN_ORDER).execution_options(yield_per=50)):
                yield call_of(row)
                session.expunge(row)

    def call_ids(self) -> list[str]:
        """The ids of all calls in the order of :meth:`calls`."""
        return list(self._database.read(lambda session: session.scalars(select(CallRow.call_id).order_by(*_IN_ORDER)).all()))

    def some(self, call_ids: Sequence[str]) -> Iterator[Call]:
        """The calls of these ids, at most a few hundred, in the order of :meth:`calls`; an id without a call is left out."""
        asked = select(CallRow).where(CallRow.call_id.in_(call_ids)).order_by(*_IN_ORDER)
        return map(call_of, self._database.read(lambda session: session.scalars(asked).all()))

    def call(self, call_id: str) -> Call | None:
        """The call of that id."""
        row = self._database.read(lambda session: session.scalar(select(CallRow).where(CallRow.call_id == call_id)))
        return call_of(row) if row else None

    def expect(self, call_id: str) -> Call:
        """The call of that id.

        Raises:
            StoreError: there is none; the message names ids that look like it.
        """
        if found := self.call(call_id):
            return found
        near = difflib.get_close_matches(call_id, self.kept(), n=3, cutoff=0.5)
        raise StoreError(f"没有编号为 {call_id} 的通话", where=self.place, next_step=f"相近的编号：{'、'.join(near)}" if near else None)

    def quarantined(self) -> list[Quarantined]:
        """The recordings that could not be inspected, in order of id."""
        rows = self._database.read(lambda session: session.scalars(select(QuarantineRow).order_by(QuarantineRow.call_id)).all())
        return [Quarantined(call_id=r.call_id, path=r.path, content_hash=r.content_hash, message=r.message) for r in rows]

    def remember_agent(self, call_id: str, content_hash: str, agent: int) -> None:
        """Keep a person's word on who is the agent of that recording."""
        self._database.write(lambda session: session.merge(NamedAgentRow(call_id=call_id, content_hash=content_hash, agent=agent)))

    def forget_agent(self, call_id: str) -> None:
        """Take that word back."""
        self._database.write(lambda session: session.execute(delete(NamedAgentRow).where(NamedAgentRow.call_id == call_id)))

    def named_agent(self, call_id: str, content_hash: str) -> int | None:
        """The party a person has named for that recording; None where nobody has, or for other bytes."""
        row = self._database.read(lambda session: session.get(NamedAgentRow, call_id))
        return row.agent if row and row.content_hash == content_hash else None

    def remember_import(self, call_id: str, path: str) -> None:
        """Keep the file that a transcript came from."""
        self._database.write(lambda session: session.merge(ImportRow(call_id=call_id, path=path)))

    def remember_disclosure(self, what: str) -> None:
        """Keep that the person at this account has unmasked results shown, now."""
        row = {"shown_at": datetime.now(UTC).isoformat(timespec="seconds"), "who": _account(), "what": what}
        self._database.write(lambda session: session.add(DisclosureRow(**row)))

    def disclosures(self) -> list[tuple[str, str, str]]:
        """Who has had unmasked results shown: (time, who, what), in order."""
        rows = self._database.read(lambda session: session.scalars(select(DisclosureRow).order_by(DisclosureRow.id)).all())
        return [(row.shown_at, row.who, row.what) for row in rows]

    def import_sources(self) -> dict[str, str]:
        """The files that transcripts came from, by call id."""
        rows = self._database.read(lambda session: session.execute(select(ImportRow.call_id, ImportRow.path)).all())
        return {row.call_id: row.path for row in rows}


def _account() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # an account without a name, as in some containers
        return "unknown"


@cache
def _writer(kind: Hashable) -> TypeAdapter[Any]:
    """How a step of a call is written to JSON; made on first use, because making it takes a while."""
    return TypeAdapter(cast(type, kind))


@cache
def _reader(kind: Hashable) -> msgspec.json.Decoder[Any]:
    """How it is read back, in half the time that the writer would take for it."""
    return msgspec.json.Decoder(cast(type, kind))


def load(kind: type[S], text: str) -> S:
    """A step of a call, or a part of one, from the JSON that is kept.

    >>> load(SentimentTrack, '{"key": "k", "model": "m", "turns": [{"turn": 0, "sentiment": 1}]}').turns[0].sentiment
    1.0

    Raises:
        ValueError: the text is no such thing.
    """
    try:
        step: S = _reader(cast(Hashable, kind)).decode(text)
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from error
    return step


def columns(call: Call) -> dict[str, Any]:
    """What a row holds of a call: its steps as JSON, and beside them what is asked by."""
    recording = call.recording
    return {
        "call_id": recording.call_id,
        "started_at": recording.started_at.astimezone(UTC).isoformat() if recording.started_at else "",
        "agent_id": recording.agent_id,
        "team": recording.team,
        "path": recording.path,
        "content_hash": recording.content_hash,
        "recording": dump(recording),
        "heard": dump(call.heard),
        **judged_columns(call),
    }


#: The columns that judging fills.
JUDGED = ("scaled", "passed", "complaint", "analysis", "verdict", "track")


def judged_columns(call: Call) -> dict[str, Any]:
    """Those of :func:`columns` that judging fills: :data:`JUDGED`."""
    score = call.verdict.score
    judged = (score.scaled, score.passed, call.verdict.complaint.detected, dump(call.analysis), dump(call.verdict))
    return dict(zip(JUDGED, (*judged, dump(call.track) if call.track else None), strict=True))


def dump(part: Recording | Heard | SentimentTrack | Analysis | Verdict) -> str:
    """A step of a call as it is kept."""
    return str(_writer(cast(Hashable, type(part))).dump_json(part), "utf-8")


def call_of(row: CallRow) -> Call:
    """The call that a row holds."""
    return Call(
        recording=load(Recording, row.recording),
        heard=load(Heard, row.heard),
        analysis=load(Analysis, row.analysis),
        verdict=load(Verdict, row.verdict),
        track=load(SentimentTrack, row.track) if row.track else None,
    )
