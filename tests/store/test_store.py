"""What goes into the store comes out of it, whole."""

from __future__ import annotations

import stat
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from support import a_call

from qa.calls import Quarantined
from qa.errors import StoreError
from qa.report.export import export_calls
from qa.store.store import Kept, Keys, Store

KEYS = Keys("h", "j")


def test_a_call_comes_back_as_it_went_in(location: str) -> None:
    with Store.open(location) as store:
        store.save(a_call(), KEYS)
        assert store.call("c1") == a_call()
        assert store.kept() == {"c1": Kept(KEYS, "/录音/c1.wav", "ab")}


def test_calls_come_in_order_of_start_wherever_their_clocks_stood(location: str) -> None:
    early_abroad = replace(
        a_call("early"), recording=replace(a_call("early").recording, started_at=datetime.fromisoformat("2026-11-20T00:30:00+00:00"))
    )
    with Store.open(location) as store:
        for name in ("b", "a", "B", "重", "七", "a-1", "a_1"):
            store.save(a_call(name), KEYS)
        for call in (early_abroad, a_call("undated", started=None)):
            store.save(call, KEYS)
        # By bytes: the rules of a language, which a database server may follow, would put them otherwise.
        assert [call.recording.call_id for call in store.calls()] == ["undated", "early", "B", "a", "a-1", "a_1", "b", "七", "重"]


def test_saving_again_replaces_and_leaves_quarantine(location: str) -> None:
    held = Quarantined(call_id="c1", path="/录音/c1.wav", content_hash="ab", message="文件是空的")
    with Store.open(location) as store:
        store.quarantine(held, "h0")
        assert (store.quarantined(), store.quarantine_keys()) == ([held], {"c1": "h0"})
        store.save(a_call(), KEYS)
        store.save(a_call(), Keys("h", "j2"))
        assert (store.quarantined(), len(list(store.calls())), store.kept()["c1"].keys.judging) == ([], 1, "j2")


def test_a_result_survives_a_later_failure_of_its_file(location: str) -> None:
    with Store.open(location) as store:
        store.save(a_call(), KEYS)
        store.quarantine(Quarantined(call_id="c1", path="x", content_hash=None, message="读不到"))
        assert store.call("c1") is not None
        store.release("c1")
        assert store.quarantined() == []


def test_a_failed_write_leaves_nothing_behind(location: str) -> None:
    with Store.open(location) as store:
        store.save(a_call(), KEYS)
        broken = replace(a_call("c2"), recording=replace(a_call("c2").recording, agent_id=None))  # type: ignore[arg-type]
        with pytest.raises(StoreError, match="结果库读写失败"):
            store.save(broken, KEYS)
        assert [call.recording.call_id for call in store.calls()] == ["c1"]


def test_opening_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as error:
        Store.open(tmp_path / "nothing", must_exist=True)
    assert str(error.value) == (
        f"这里还没有质检结果\n  位置：{tmp_path / 'nothing'}\n  处理：先运行 qa run，或用 --store 指到已有的结果目录"
    )
    (tmp_path / "tingjian.db").write_text("这不是数据库")
    with pytest.raises(StoreError, match="打不开结果库"):
        Store.open(tmp_path)


def test_a_call_that_is_not_there_names_its_neighbours(location: str) -> None:
    with Store.open(location) as store:
        store.save(a_call("dev004"), KEYS)
        with pytest.raises(StoreError, match="相近的编号：dev004"):
            store.expect("dev04")


def test_a_new_store_is_its_owners_alone(tmp_path: Path) -> None:
    Store.open(tmp_path / "new").close()
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_other_databases_by_url(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path / 'elsewhere.db'}") as store:
        store.save(a_call(), KEYS)
        assert store.call("c1") == a_call()


def test_what_people_said_and_where_imports_came_from(location: str) -> None:
    with Store.open(location) as store:
        store.remember_agent("c1", "ab", 1)
        store.remember_agent("c1", "ab", 0)
        store.remember_import("c1", "/文字/c1.json")
    with Store.open(location, must_exist=True) as store:
        assert (store.named_agent("c1", "ab"), store.named_agent("c1", "other"), store.named_agent("c2", "ab")) == (0, None, None)
        assert store.import_sources() == {"c1": "/文字/c1.json"}
        store.forget_agent("c1")
        assert store.named_agent("c1", "ab") is None


def test_the_same_bytes_are_exported_from_every_database(location: str, tmp_path: Path) -> None:
    calls = [replace(a_call(name), recording=replace(a_call(name).recording, extra={"备注": f"“{name}”\t😀"})) for name in ("b", "a", "七")]
    with Store.open(tmp_path / "reference") as reference, Store.open(location) as store:
        for call in calls:
            reference.save(call, KEYS)
        for call in reversed(calls):
            store.save(call, KEYS)
        for format in ("jsonl", "csv", "parquet"):
            expected, found = tmp_path / f"expected.{format}", tmp_path / f"found.{format}"
            assert export_calls(reference, format, expected) == export_calls(store, format, found) == 3
            assert expected.read_bytes() == found.read_bytes()


def test_a_read_sees_one_moment_while_a_run_writes(location: str) -> None:
    with Store.open(location) as store, Store.open(location) as run:
        for number in range(120):  # more than are fetched at a time
            store.save(a_call(f"c{number:03}"), KEYS)
        reading = store.calls()
        first = next(reading)
        run.save(a_call("c050a"), KEYS)
        rest = [call.recording.call_id for call in reading]
        assert [first.recording.call_id, *rest] == [f"c{number:03}" for number in range(120)]
        assert len(list(store.calls())) == 121


def test_a_store_can_be_opened_again_by_what_it_says(location: str) -> None:
    with Store.open(location) as store:
        store.save(a_call(), KEYS)
        with Store.open(store.location, must_exist=True) as again:
            assert again.call("c1") == a_call()
