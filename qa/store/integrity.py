"""Whether a store is sound: the database itself, and every result in it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import ValidationError
from sqlalchemy import func, select

from qa.store.schema import HEAD
from qa.store.store import Store, call_of, columns
from qa.store.tables import Base, CallRow

#: The columns of JSON, in which an earlier version has not written all that this one would.
_STEPS = ("recording", "heard", "analysis", "verdict", "track")


@dataclass(frozen=True, slots=True)
class Soundness:
    """What was looked at and what is wrong with it; ``faults`` are sentences in Chinese, each with its call."""

    schema: str
    counts: dict[str, int]  # rows by table
    faults: tuple[str, ...]


def examine(store: Store) -> Soundness:
    """Read everything that is stored, a few calls at a time.

    >>> import tempfile
    >>> with Store.open(tempfile.mkdtemp()) as store:
    ...     examine(store).faults
    ()
    """
    faults: list[str] = []
    if store.engine.dialect.name == "sqlite" and store.engine.url.database:
        connection = sqlite3.connect(store.engine.url.database)
        try:
            found = damage(connection)
        finally:
            connection.close()
        faults += [f"数据库文件损坏：{found}"] if found else []
    counts = {}
    with store.database.reading() as session:
        for name, table in sorted(Base.metadata.tables.items()):
            counts[name] = int(session.scalar(select(func.count()).select_from(table)) or 0)
        for row in session.scalars(select(CallRow).order_by(CallRow.call_id).execution_options(yield_per=50)):
            faults += _faults(row)
            session.expunge(row)
    return Soundness(HEAD, counts, tuple(faults))


def damage(connection: sqlite3.Connection) -> str | None:
    """What SQLite finds wrong with a file; None when it is sound."""
    try:
        lines = [str(line) for (line,) in connection.execute("PRAGMA integrity_check(5)")]
    except sqlite3.DatabaseError as error:
        return str(error)
    return None if lines == ["ok"] else "；".join(lines)


def _faults(row: CallRow) -> Iterator[str]:
    try:
        call = call_of(row)
    except (ValidationError, ValueError) as error:
        yield f"通话 {row.call_id} 的内容读不出来：{str(error).splitlines()[0]}"
        return
    differing = [name for name, value in columns(call).items() if name not in _STEPS and getattr(row, name) != value]
    if differing:
        yield f"通话 {row.call_id} 的列与内容不符：{'、'.join(differing)}"
