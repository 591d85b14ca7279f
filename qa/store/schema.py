"""A database brought to the schema of this version: a new one is made, an old one upgraded, a newer one refused.

Opening a store whose schema is current reads one row; the library of migrations is loaded only when there is a step to take.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Column, Connection, Engine, MetaData, String, Table, func, inspect, select

from qa.errors import StoreError
from qa.store.tables import Base, CallRow

_VERSIONS = Path(__file__).parent / "migrations" / "versions"

#: The newest step's number: the schema that :mod:`qa.store.tables` describes.
HEAD = max(path.name[1:5] for path in _VERSIONS.glob("r*.py"))

#: Alembic's own table, kept out of our metadata.
_version = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))

#: Names our lock on a PostgreSQL database while its schema changes ("ting" in ASCII).
_LOCK = 0x74696E67


def bring_up_to_date(engine: Engine, place: str, *, must_exist: bool = False) -> None:
    """Make, upgrade or accept the database, in one transaction; ``place`` names it in messages, without a password.

    Two processes may open a new or an old store at once: one does the work, the other waits. Beside an SQLite file that
    is being upgraded lies a copy, ``<name>.before-<number>``, which goes when the upgrade has succeeded.

    Raises:
        StoreError: the store was made by a newer version of the program, or is not there though it must be.
        SQLAlchemyError, OSError: the database cannot be reached, read or written.
    """
    with engine.connect() as connection:
        found = revision(connection)
    if found == HEAD:
        return
    if found is None and must_exist:
        raise nothing_here(place)
    copy: Path | None = None
    with engine.execution_options(writing=True).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        found = revision(connection)  # once more: another process may have been first
        if found is None:
            _make(connection)
        elif found > HEAD:
            raise StoreError(
                "结果库是更新版本的听检建立的，这个版本不能打开",
                where=place,
                why=f"库的结构版本是 {found}，这个版本只认识到 {HEAD}",
                next_step="升级听检后再用（pip install -U），或用升级前的备份",
            )
        elif found < HEAD:
            copy = _copied(engine, found)
            _upgrade(connection, found)
    if copy is not None:
        copy.unlink()


def nothing_here(place: str) -> StoreError:
    """What to say of a place without results."""
    return StoreError("这里还没有质检结果", where=place, next_step="先运行 qa run，或用 --store 指到已有的结果目录")


def revision(connection: Connection) -> str | None:
    """The number of the schema in the database; None when there is nothing of ours in it yet.

    The first release kept no number, and neither did what was made between it and the first upgrade.
    """
    look = inspect(connection)
    if look.has_table(_version.name):
        found: str | None = connection.scalar(select(_version.c.version_num))
        if found is not None:
            return found
    if not look.has_table(CallRow.__tablename__):
        return None
    return "0002" if "track" in {column["name"] for column in look.get_columns(CallRow.__tablename__)} else "0001"


def _make(connection: Connection) -> None:
    Base.metadata.create_all(connection)
    _version.create(connection, checkfirst=True)
    connection.execute(_version.insert().values(version_num=HEAD))


def _upgrade(connection: Connection, found: str) -> None:
    # Imported here because a store that is up to date does not need it.
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    steps = ScriptDirectory(str(_VERSIONS.parent), version_locations=[str(_VERSIONS)])
    with Operations.context(MigrationContext.configure(connection)):
        for step in reversed(list(steps.iterate_revisions(HEAD, found))):
            step.module.upgrade()
    _version.create(connection, checkfirst=True)
    connection.execute(_version.delete())
    connection.execute(_version.insert().values(version_num=HEAD))


def _copied(engine: Engine, found: str) -> Path | None:
    """A copy of an SQLite file as it is before the upgrade; None for other databases, which have backups of their own."""
    if engine.dialect.name != "sqlite" or not engine.url.database:
        return None
    path = Path(engine.url.database)
    copy = path.with_name(f"{path.name}.before-{HEAD}")
    copy.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    copy.chmod(0o600)
    return copy
