"""A store of any earlier version opens after an upgrade, with every call readable; the steps end where the tables are."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from support import ROOT, a_call

from qa.errors import StoreError
from qa.store import schema
from qa.store.store import FILENAME, Kept, Keys, Store
from qa.store.tables import Base

OLD = ROOT / "tests" / "data" / "stores" / "0001.sql"


def old_store(folder: Path, *more: str) -> Path:
    """A store as version 0.1.0 has written it."""
    folder.mkdir(exist_ok=True)
    with closing(sqlite3.connect(folder / FILENAME)) as database:
        database.executescript(OLD.read_text(encoding="utf-8") + "\n".join(more))
    return folder


def found(folder: Path) -> str | None:
    with closing(sqlite3.connect(folder / FILENAME)) as database:
        (number,) = database.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(number)


def holds(new: Any, old: Any) -> bool:
    """Whether everything said in the old JSON is said in the new one."""
    if isinstance(old, dict):
        return all(key in new and holds(new[key], value) for key, value in old.items())
    if isinstance(old, list):
        return len(new) == len(old) and all(holds(*pair) for pair in zip(new, old, strict=True))
    return bool(new == old)


def test_a_store_of_the_first_release_opens_and_loses_nothing(tmp_path: Path) -> None:
    from qa.store.store import dump

    folder = old_store(tmp_path)
    with closing(sqlite3.connect(folder / FILENAME)) as database:
        before = database.execute("SELECT call_id, recording, heard, analysis, verdict FROM calls").fetchall()
    with Store.open(folder, must_exist=True) as store:
        assert [call.recording.call_id for call in store.calls()] == ["c2", "c1"]
        for call_id, *steps in before:
            call = store.expect(call_id)
            for part, old in zip((call.recording, call.heard, call.analysis, call.verdict), steps, strict=True):
                assert holds(json.loads(dump(part)), json.loads(old))
        assert store.kept() == {"c1": Kept(Keys("h1", "j1"), "/录音/c1.wav", "ab"), "c2": Kept(Keys("h2", "j2"), "/录音/c2.wav", "ab")}
        assert [held.message for held in store.quarantined()] == ["文件是空的"]
        assert store.quarantine_keys() == {"bad": "h0"}
        assert store.named_agent("c1", "ab") == 1
        assert store.import_sources() == {"c2": "/文字/c2.json"}
        store.save(a_call("c3"), Keys("h3", "j3"))
    assert found(folder) == schema.HEAD
    assert [path.name for path in folder.iterdir()] == [FILENAME]  # the copy made for the upgrade is gone


def test_a_store_made_between_the_versions_opens(tmp_path: Path) -> None:
    folder = old_store(tmp_path, "ALTER TABLE calls ADD COLUMN track TEXT;")
    with Store.open(folder) as store:
        assert len(list(store.calls())) == 2
    assert found(folder) == schema.HEAD


def test_an_upgrade_that_fails_leaves_the_old_store_and_a_copy(tmp_path: Path) -> None:
    folder = old_store(tmp_path, "CREATE TABLE removals (id INTEGER);")  # in the way of a step
    with pytest.raises(StoreError, match="already exists"):
        Store.open(folder)
    for name in (FILENAME, f"{FILENAME}.before-{schema.HEAD}"):
        with closing(sqlite3.connect(folder / name)) as database:
            names = [row[1] for row in database.execute("PRAGMA table_info(calls)")]
            assert "track" not in names  # no half of a step stays
            assert database.execute("SELECT count(*) FROM calls").fetchone() == (2,)


def test_a_newer_store_is_refused_in_words(tmp_path: Path) -> None:
    Store.open(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / FILENAME)) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
        database.commit()
    with pytest.raises(StoreError) as error:
        Store.open(tmp_path)
    assert str(error.value) == (
        f"结果库是更新版本的听检建立的，这个版本不能打开\n  位置：{tmp_path / FILENAME}\n"
        f"  原因：库的结构版本是 9999，这个版本只认识到 {schema.HEAD}\n"
        "  处理：升级听检后再用（pip install -U），或用升级前的备份"
    )


def test_whoever_opens_at_once_makes_one_schema(tmp_path: Path) -> None:
    for folder in (tmp_path / "new", old_store(tmp_path / "old")):
        with ThreadPoolExecutor(4) as pool:  # each with a connection of its own, as processes have
            for store in pool.map(Store.open, [folder] * 4):
                store.close()
        assert found(folder) == schema.HEAD


def test_opening_a_current_store_loads_no_migrations(tmp_path: Path) -> None:
    Store.open(tmp_path).close()
    code = f"import sys; from qa.store.store import Store; Store.open({str(tmp_path)!r}).close(); print('alembic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_the_steps_end_where_the_tables_are(location: str) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    from qa.store.database import _engine, read_url, sqlite_url

    directory = schema._VERSIONS
    assert ScriptDirectory(str(directory.parent), version_locations=[str(directory)]).get_heads() == [schema.HEAD]
    engine = _engine(read_url(location) if "://" in location else sqlite_url(location))
    with engine.execution_options(writing=True).begin() as connection:
        schema._upgrade(connection, "base")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
        stepwise = columns(connection)
    with engine.execution_options(writing=True).begin() as connection:
        Base.metadata.drop_all(connection)
        Base.metadata.create_all(connection)
    with engine.connect() as connection:
        assert stepwise == columns(connection)
    engine.dispose()


def columns(connection: Any) -> dict[str, list[tuple[object, ...]]]:
    """Every column with its type, its order and whether it may be empty: what the comparison above leaves out included."""
    from sqlalchemy import inspect

    look = inspect(connection)
    return {
        table: sorted((c["name"], str(c["type"]), getattr(c["type"], "collation", None), c["nullable"]) for c in look.get_columns(table))
        for table in Base.metadata.tables
    }
