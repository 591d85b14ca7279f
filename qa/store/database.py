"""A database reached: where it is, how it is opened, and how a transaction outlasts a lock or a server's restart."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from qa.config import read_secret
from qa.errors import StoreError
from qa.store.schema import bring_up_to_date

T = TypeVar("T")

#: How long a transaction is tried again while the database is locked or away: a server's restart, a copy being made.
PATIENCE = 180.0
_PAUSES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)  # seconds between tries, the last one repeated

#: How long SQLite waits for a lock before it says so.
_BUSY_MILLISECONDS = 30_000


class Database:
    """Transactions on one database whose schema is this version's.

    ``url`` is an SQLAlchemy URL; ``place`` names it for people, without a password.

    Raises:
        StoreError: it cannot be opened, is not there though it must be, or was made by a newer version.
    """

    def __init__(self, url: URL, *, must_exist: bool = False) -> None:
        self.place = url.database or "" if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)
        try:
            self.engine = _engine(url)
            bring_up_to_date(self.engine, self.place, must_exist=must_exist)
        except (SQLAlchemyError, OSError, ImportError) as error:
            raise StoreError(
                "打不开结果库",
                where=self.place,
                why=_cause(error, url),
                next_step="检查路径、权限与磁盘空间；网址形式见 docs/operations.md",
            ) from error
        self._writing = self.engine.execution_options(writing=True)

    def read(self, work: Callable[[Session], T]) -> T:
        """What ``work`` finds, in one transaction that sees one state of the database."""
        return self._patiently(self.engine, work)

    def write(self, work: Callable[[Session], T]) -> T:
        """Do ``work`` whole or not at all. It may be done again when the database was away, so twice must be as good as once."""
        return self._patiently(self._writing, work)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for reading a long result bit by bit; it is not tried again once rows have been handed out."""
        with self._plainly(), Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()

    def _patiently(self, engine: Engine, work: Callable[[Session], T]) -> T:
        began, tries = time.monotonic(), 0
        with self._plainly():
            while True:
                try:
                    with Session(engine, expire_on_commit=False) as session, session.begin():
                        return work(session)
                except DBAPIError as error:
                    if not _passing(error) or time.monotonic() - began > PATIENCE:
                        raise
                time.sleep(_PAUSES[min(tries, len(_PAUSES) - 1)])
                tries += 1

    @contextmanager
    def _plainly(self) -> Iterator[None]:
        """Database trouble becomes a StoreError."""
        try:
            yield
        except SQLAlchemyError as error:
            raise StoreError(
                "结果库读写失败",
                where=self.place,
                why=_cause(error, self.engine.url),
                next_step="检查磁盘空间与权限、数据库是否在运行；已写入的通话不受影响，修复后重跑即可",
            ) from error


def read_location(location: str | Path) -> str | Path:
    """Where a user wants the store: a URL as text, or a directory; ``@FILE`` stands for what that file's first line says.

    >>> read_location("postgresql://db/qa"), read_location("qa-data").name
    ('postgresql://db/qa', 'qa-data')

    Raises:
        StoreError: the file cannot be read or says nothing.
        ConfigError: it holds a password, and others may read it.
    """
    text = str(location)
    if text.startswith("@"):
        try:
            source = Path(text[1:])
            text = next(iter(source.read_text(encoding="utf-8").splitlines()), "").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise StoreError("读不了写着结果库位置的文件", where=text[1:], why=str(error), next_step="检查路径与权限") from error
        if not text:
            raise StoreError("写着结果库位置的文件是空的", where=str(location)[1:], next_step="第一行写目录或 postgresql+psycopg:// 网址")
        if "://" in text and read_url(text).password:
            read_secret(source)  # says what to do where others can read it
    return text if "://" in text else Path(text)


def sqlite_url(path: str) -> URL:
    """The URL of an SQLite file, whatever characters its name has."""
    return URL.create("sqlite", database=path)


def read_url(text: str) -> URL:
    """The URL that a user wrote; ``postgresql://`` means the driver that the extra installs.

    >>> read_url("postgresql://qa@db/tingjian").drivername
    'postgresql+psycopg'

    Raises:
        StoreError: it is none.
    """
    try:
        url = make_url(text)
    except (SQLAlchemyError, ValueError) as error:
        # The text itself is not shown: it may hold a password.
        raise StoreError(
            "看不懂结果库的网址", next_step="写成 postgresql+psycopg://用户@主机:端口/库名；密码里的特殊字符用 %XX 写"
        ) from error
    return url.set(drivername="postgresql+psycopg") if url.drivername in ("postgresql", "postgres") else url


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url)
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    # Asked before each use whether it still lives, so that a restart of the server between two calls goes unnoticed.
    return create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": 15, "application_name": "tingjian"})


def _set_up_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun below; Python's own way would leave changes of the schema outside
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={_BUSY_MILLISECONDS}")
    cursor.execute("PRAGMA journal_mode=WAL")  # readers (a report) and the writer (a run) do not wait for each other
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes its lock at once: one that reads first and then writes is refused, without waiting, if another wrote between.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writing") else "BEGIN")


def _passing(error: DBAPIError) -> bool:
    """Whether trying again may help: a locked file, a full disk, a server that restarts, a deadlock; not a wrong value."""
    if error.connection_invalidated:
        return True
    if not isinstance(error, OperationalError):
        return False
    name = getattr(error.orig, "sqlite_errorname", None)
    if name is not None:
        return str(name).startswith(("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_FULL", "SQLITE_IOERR_SHMSIZE"))
    # Without a code the connection could not be made; it could when the store was opened.
    code = getattr(error.orig, "sqlstate", None)
    return code is None or code.startswith(("08", "40", "53", "57P"))


def _cause(error: Exception, url: URL) -> str:
    cause = str(getattr(error, "orig", None) or error.__cause__ or error).strip()
    if isinstance(error, ImportError):
        cause = f"{cause}；PostgreSQL 要另装 pip install 'tingjian[postgres]'"
    password = url.password
    return cause.replace(str(password), "***") if password else cause
