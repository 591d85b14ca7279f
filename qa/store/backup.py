"""A copy of a store as it is at one moment, while others use it; and a store made from such a copy.

A copy is an SQLite file whatever the store is kept in, so that it can be read anywhere: ``--store`` of its folder opens
it, and a copy of one database can be put back into the other.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, Engine, func, insert, select

from qa.errors import StoreError
from qa.store.integrity import damage
from qa.store.store import FILENAME, Store
from qa.store.tables import Base

_PART = 200  # rows written at a time


def backup(store: Store, out: Path) -> int:
    """Write a copy of the store to the file ``out``, readable by its owner alone; the number of calls in it.

    It appears under its name only when it is whole and has been looked through.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder, "store")) as store:
    ...     backup(store, Path(folder, "copy.db"))
    0

    Raises:
        StoreError: the file is there already, cannot be written, or the copy is damaged.
    """
    if out.exists():
        raise StoreError("备份文件已经存在", where=str(out), next_step="换一个文件名（例如带上日期），或先移走它")
    unfinished = out.with_name(f"{out.name}.tmp")
    try:
        unfinished.unlink(missing_ok=True)
        os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        if store.engine.dialect.name == "sqlite" and store.engine.url.database:
            with closing(sqlite3.connect(store.engine.url.database)) as source, closing(sqlite3.connect(unfinished)) as target:
                source.backup(target, pages=4096)
        else:
            with Store.open(f"sqlite:///{unfinished}") as copy:
                _copy(store.engine, copy.engine)
        with closing(sqlite3.connect(unfinished)) as written:
            written.execute("PRAGMA journal_mode=DELETE")  # one file, with nothing beside it
            if found := damage(written):
                raise StoreError("备份不完整", where=str(out), why=found, next_step="先用 qa check 查结果库本身，再重做备份")
            (calls,) = written.execute("SELECT count(*) FROM calls").fetchone()
        with unfinished.open("rb") as file:
            os.fsync(file.fileno())
        unfinished.replace(out)
    except (OSError, sqlite3.Error) as error:
        raise StoreError("备份写不了", where=str(out), why=str(error), next_step="检查目录是否存在、权限与磁盘空间") from error
    finally:
        for name in (unfinished, unfinished.with_name(f"{unfinished.name}-wal"), unfinished.with_name(f"{unfinished.name}-shm")):
            name.unlink(missing_ok=True)
    return int(calls)


def restore(copy: Path, location: str | Path) -> int:
    """Make a store at ``location``, which must be empty, from a copy; the number of calls in it.

    Raises:
        StoreError: the copy cannot be read or is damaged, or there are results at ``location``.
    """
    if not copy.is_file():
        raise StoreError("没有这个备份文件", where=str(copy), next_step="写出 qa backup 做出的文件")
    try:
        with closing(sqlite3.connect(f"{copy.absolute().as_uri()}?mode=ro", uri=True)) as written:
            found = damage(written)
    except sqlite3.Error as error:
        found = str(error)
    if found:
        raise StoreError("备份文件是坏的", where=str(copy), why=found, next_step="用另一份备份")
    with Store.open(location) as target:
        if target.kept() or target.quarantined():
            next_step = f"恢复到空的目录或数据库；或先移走原来的（{FILENAME} 及同名的 -wal、-shm 文件）"
            raise StoreError("这里已经有质检结果", where=target.place, next_step=next_step)
        with Store.open(f"sqlite:///{copy}", must_exist=True) as source:  # upgraded on the way if it is old
            return _copy(source.engine, target.engine)


def _copy(source: Engine, target: Engine) -> int:
    """Every row of every table, as of one moment, in one transaction."""
    moment = {"isolation_level": "REPEATABLE READ"} if source.dialect.name == "postgresql" else {}
    with source.connect().execution_options(**moment) as reading, target.execution_options(writing=True).begin() as writing:
        for table in Base.metadata.sorted_tables:
            rows = reading.execution_options(yield_per=_PART).execute(select(table))
            for part in rows.mappings().partitions():
                writing.execute(insert(table), [dict(row) for row in part])
        _count_on(writing)
        return int(writing.scalar(select(func.count()).select_from(Base.metadata.tables["calls"])) or 0)


def _count_on(connection: Connection) -> None:
    """PostgreSQL counts ids on by itself, and has to be told where those that came from elsewhere end."""
    if connection.dialect.name != "postgresql":
        return
    for table in Base.metadata.sorted_tables:
        for column in table.primary_key:
            if column.autoincrement is not False and column.type.python_type is int:
                sequence = func.pg_get_serial_sequence(table.name, column.name)
                highest = select(func.coalesce(func.max(column), 0) + 1).scalar_subquery()
                connection.execute(select(func.setval(sequence, highest, False)))
