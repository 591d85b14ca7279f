"""One writer at a time: a run holds its store, and a second one is told who does.

The lock is the operating system's (SQLite) or the server's (PostgreSQL), so that it goes with the process that held
it, however that ended; who holds it stands beside it for people to read and decides nothing.
"""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from qa.errors import StoreError
from qa.store.store import Store

#: Names our lock in a PostgreSQL database ("run " in ASCII).
_LOCK = 0x72756E20
#: Seconds between looks at whether a server's lock is still held.
_LOOK = 10.0


@dataclass(frozen=True, slots=True)
class Holder:
    """Who uses a store: what for, and which process of which user on which machine, since when (UTC, ISO).

    >>> print(Holder("qa run", "qa", "night1", 4711, "2026-11-20T18:00:00+00:00"))
    qa run（用户 qa，主机 night1，进程 4711，2026-11-20T18:00:00+00:00 开始）
    """

    doing: str
    user: str
    host: str
    process: int
    since: str

    def __str__(self) -> str:
        return f"{self.doing}（用户 {self.user}，主机 {self.host}，进程 {self.process}，{self.since} 开始）"

    @classmethod
    def now(cls, doing: str) -> Holder:
        """The process that asks."""
        try:
            user = getpass.getuser()
        except (KeyError, OSError):  # a container may run under a number without a name
            user = str(os.getuid()) if hasattr(os, "getuid") else "?"
        return cls(doing, user, socket.gethostname(), os.getpid(), datetime.now(UTC).isoformat(timespec="seconds"))


class Lock(Protocol):
    """A store's lock while it is held."""

    def keep(self) -> None:
        """Make sure that it is still held; StoreError when a server has gone and another process was quicker."""
        ...


@contextmanager
def locked(store: Store, doing: str) -> Iterator[Lock]:
    """Hold the store.

    Raises:
        StoreError: another process holds it; the message says which.
    """
    holder = Holder.now(doing)
    url = store.database.engine.url
    if url.get_backend_name() == "postgresql":
        lock = _ServerLock(store, holder)
        try:
            yield lock
        finally:
            lock.release()
    elif url.database and url.database != ":memory:":
        with _file_lock(Path(url.database), store, holder) as lock_:
            yield lock_
    else:
        yield _Held()


class _Held:
    def keep(self) -> None:
        """It is held as long as this process lives."""


@contextmanager
def _file_lock(database: Path, store: Store, holder: Holder) -> Iterator[Lock]:
    from filelock import FileLock, Timeout

    lock, note = FileLock(f"{database}.lock", timeout=0), database.with_name(f"{database.name}.holder")
    try:
        lock.acquire()
    except Timeout as error:
        raise _taken(store, _read(note)) from error
    except OSError as error:
        raise StoreError("锁不住结果库", where=store.place, why=str(error), next_step="检查目录的写权限与磁盘空间") from error
    try:
        with contextlib.suppress(OSError):  # for people only; a full disk must not end the run here
            note.write_text(json.dumps(asdict(holder), ensure_ascii=False), encoding="utf-8")
        yield _Held()
    finally:
        with contextlib.suppress(OSError):
            note.unlink()
        lock.release()


def _read(note: Path) -> str | None:
    try:
        return str(Holder(**json.loads(note.read_text(encoding="utf-8"))))
    except (OSError, ValueError, TypeError):
        return None


class _ServerLock:
    """An advisory lock, held by a connection of its own; the connection's name says who holds it."""

    def __init__(self, store: Store, holder: Holder) -> None:
        self._store, self._holder = store, holder
        self._connection: Any = None
        self._looked = 0.0
        self._take()

    def _take(self) -> None:
        from sqlalchemy import text

        self._connection = self._store.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        if not self._connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": _LOCK}):
            other = self._connection.scalar(
                text(
                    "SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory' AND granted"
                    " AND classid = 0 AND objid = :lock"
                    " AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
                ),
                {"lock": _LOCK},
            )
            self.release()
            raise _taken(self._store, other)
        holder = self._holder
        name = f"{holder.doing} {holder.user}@{holder.host} {holder.process}"
        self._connection.execute(
            text("SELECT set_config('application_name', :name, false)"), {"name": name.encode()[:63].decode("utf-8", "ignore")}
        )
        self._looked = time.monotonic()

    def keep(self) -> None:
        """Ask the server now and then; after a restart take the lock again."""
        from sqlalchemy import text
        from sqlalchemy.exc import SQLAlchemyError

        if time.monotonic() - self._looked < _LOOK:
            return
        self._looked = time.monotonic()
        try:
            self._connection.execute(text("SELECT 1"))
        except SQLAlchemyError:
            self.release()
            with contextlib.suppress(SQLAlchemyError):  # still away: what is written next waits for it, and then we ask again
                self._take()

    def release(self) -> None:
        """Give it back; that the server is gone does no harm."""
        from sqlalchemy.exc import SQLAlchemyError

        if self._connection is not None:
            with contextlib.suppress(SQLAlchemyError):
                self._connection.invalidate()  # closed and not kept for others: the lock goes with it
            with contextlib.suppress(SQLAlchemyError):
                self._connection.close()


def _taken(store: Store, holder: str | None) -> StoreError:
    return StoreError(
        "结果库正在使用中",
        where=store.place,
        why=f"{holder or '另一个进程'} 还没有结束",
        next_step="等它结束后再运行；要同时处理别的录音，换一个 --store",
    )
