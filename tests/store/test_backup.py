"""A copy holds everything, is written whole or not at all, and makes a store of either kind again."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from support import a_call
from typer.testing import CliRunner

from qa.calls import Quarantined
from qa.cli import app
from qa.errors import StoreError
from qa.report.export import export_calls
from qa.store.backup import backup, restore
from qa.store.integrity import examine
from qa.store.removals import removals, remove_call
from qa.store.store import FILENAME, Keys, Store

KEYS = Keys("h", "j")


def filled(location: str | Path) -> Store:
    store = Store.open(location)
    for number in range(3):
        store.save(a_call(f"c{number}"), KEYS)
    store.quarantine(Quarantined(call_id="bad", path="/录音/bad.wav", content_hash=None, message="空的"), "h")
    store.remember_agent("c1", "ab", 1)
    remove_call(store, "c0", action="purge", reason="到期")
    return store


def exported(store: Store, folder: Path) -> bytes:
    export_calls(store, "jsonl", folder / "calls.jsonl")
    return (folder / "calls.jsonl").read_bytes()


def test_a_copy_and_back(location: str, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    with filled(location) as store, store.database.reading() as session:
        session.connection()  # somebody reads at the same time
        expected = exported(store, tmp_path)
        assert backup(store, copy) == 2
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("copy")] == ["copy.db"]
    assert restore(copy, tmp_path / "again") == 2
    with Store.open(tmp_path / "again", must_exist=True) as again:
        assert exported(again, tmp_path) == expected
        assert (again.named_agent("c1", "ab"), len(again.quarantined()), len(removals(again))) == (1, 1, 1)
        assert examine(again).faults == ()


@pytest.mark.slow
def test_from_one_database_to_the_other(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url = request.getfixturevalue("postgres").database()
    with filled(tmp_path / "here") as store:
        expected = exported(store, tmp_path)
        backup(store, tmp_path / "copy.db")
    assert restore(tmp_path / "copy.db", url) == 2
    with Store.open(url) as store:
        assert exported(store, tmp_path) == expected
        assert remove_call(store, "c1", action="purge", reason="到期")  # its number does not clash with those that came along
        assert len(removals(store)) == 2


def test_what_a_copy_is_not_written_over(tmp_path: Path) -> None:
    with filled(tmp_path / "store") as store:
        backup(store, tmp_path / "copy.db")
        with pytest.raises(StoreError, match="备份文件已经存在"):
            backup(store, tmp_path / "copy.db")
        with pytest.raises(StoreError, match="备份写不了"):
            backup(store, tmp_path / "nowhere" / "copy.db")
    with pytest.raises(StoreError, match="这里已经有质检结果"):
        restore(tmp_path / "copy.db", tmp_path / "store")


def test_a_damaged_copy_is_refused(tmp_path: Path) -> None:
    with filled(tmp_path / "store") as store:
        backup(store, tmp_path / "copy.db")
    data = bytearray((tmp_path / "copy.db").read_bytes())
    data[8192:16384] = b"\xff" * 8192
    (tmp_path / "broken.db").write_bytes(data)
    (tmp_path / "text.db").write_text("这不是数据库")
    for name, said in (("broken.db", "备份文件是坏的"), ("text.db", "备份文件是坏的"), ("gone.db", "没有这个备份文件")):
        with pytest.raises(StoreError, match=said):
            restore(tmp_path / name, tmp_path / "new")
    assert not (tmp_path / "new" / FILENAME).exists()


def test_a_check_finds_what_is_wrong_with_a_result(tmp_path: Path) -> None:
    filled(tmp_path).close()
    told = CliRunner().invoke(app, ["check", "--store", str(tmp_path)])
    assert (told.exit_code, told.output.splitlines()[-1]) == (0, "完好")
    with closing(sqlite3.connect(tmp_path / FILENAME)) as database:
        database.execute("UPDATE calls SET heard = substr(heard, 1, 40) WHERE call_id = 'c1'")
        database.execute("UPDATE calls SET scaled = 12, agent_id = 'x' WHERE call_id = 'c2'")
        database.commit()
    with Store.open(tmp_path) as store:
        found = examine(store)
    assert [fault.split("：")[0] for fault in found.faults] == ["通话 c1 的内容读不出来", "通话 c2 的列与内容不符"]
    assert found.faults[1].endswith("：agent_id、scaled")
    assert (found.counts["calls"], found.counts["quarantine"], found.counts["removals"]) == (2, 1, 1)
    told = CliRunner().invoke(app, ["check", "--store", str(tmp_path)])
    assert (told.exit_code, "发现 2 处问题" in told.output) == (2, True)
