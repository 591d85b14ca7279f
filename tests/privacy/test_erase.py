"""A person's calls go from everywhere in a workspace, and the record does not say whose they were."""

from __future__ import annotations

from pathlib import Path

import pytest
from planted import CALL_ID, CUSTOMER, leaks, planted_store, run, texts_of
from support import a_call

from qa.batch.erasing import erase, erased_before, plan_erasure, stand_in
from qa.errors import ConfigError
from qa.store.removals import removals
from qa.store.store import Keys, Store


def fill(place: Path) -> None:
    """Another person's call beside, and everything else that is kept of the planted one."""
    with Store.open(place) as store:
        store.save(a_call("other"), Keys("h", "j"))
        store.remember_agent(CALL_ID, "x", 1)
        store.remember_import(CALL_ID, f"/导入/{CUSTOMER}.jsonl")


def test_everything_of_a_customer_goes_and_nothing_else(tmp_path: Path) -> None:
    place = planted_store(tmp_path)
    fill(place)
    report = tmp_path / "report"
    run("report", "--store", str(place), "--out", str(report))
    listed = run("erase", "--customer", CUSTOMER, "--store", str(place))
    assert "共 2 通" in listed
    assert CUSTOMER not in listed
    with Store.open(place) as store:
        assert len(store.kept()) == 2
    done = run("erase", "--customer", CUSTOMER, "--store", str(place), "--report", str(report), "--yes")
    assert "已删除 2 通" in done
    assert str(tmp_path / f"{CALL_ID}.wav") in done  # the original is not ours to delete
    with Store.open(place) as store:
        assert sorted(store.kept()) == ["other"]
        assert store.quarantined() == []
        assert store.import_sources() == {}
        assert store.named_agent(CALL_ID, "x") is None
        [first, second] = removals(store)
        assert {first.action, second.action} == {"erase"}
        assert CUSTOMER not in first.call_id
        assert len(erased_before(store, CUSTOMER)) == 2
        assert erased_before(store, "13800009999") == []
    for path in sorted(place.iterdir()):
        text = "".join(text for _, text in texts_of(path))
        assert leaks(text) == [], path.name
        assert CUSTOMER not in text
    assert list((report / "audio").glob("*.mp3")) == []
    for path in sorted(path for path in report.rglob("*") if path.is_file()):
        assert "138****1234" not in "".join(text for _, text in texts_of(path)), path.name
    assert "以前已应要求删除过 2 通" in run("erase", "--customer", CUSTOMER, "--store", str(place))


def test_one_call_by_its_shown_id(tmp_path: Path) -> None:
    place = planted_store(tmp_path)
    assert "已删除 1 通" in run("erase", "--call", "8001_138****1234_20261120093000", "--store", str(place), "--yes")
    with Store.open(place) as store:
        assert store.kept() == {}
        assert len(store.quarantined()) == 1


def test_a_number_is_matched_as_a_whole(tmp_path: Path) -> None:
    place = planted_store(tmp_path)
    with Store.open(place) as store:
        assert [plan_erasure(store, customer=part) for part in ("1380000", "8001380000", "1234")] == [(), (), ()]
        assert [entry.why for entry in plan_erasure(store, customer=CUSTOMER)] == ["客户编号", "编号或文件名"]
        assert erase(store, (), CUSTOMER, "个人要求") == (0, None)


def test_it_must_be_said_whose_calls(tmp_path: Path) -> None:
    place = planted_store(tmp_path)
    with Store.open(place) as store:
        for wanted in ({}, {"customer": "1", "call_id": "2"}, {"customer": ""}):
            with pytest.raises(ConfigError):
                plan_erasure(store, **wanted)
    assert "没有要删的" in run("erase", "--customer", "nobody", "--store", str(place), "--yes")
    refused = run("erase", "--customer", CUSTOMER, "--store", str(place), "--report", str(tmp_path), "--yes", status=2)
    assert "什么都还没有删" in refused


def test_the_record_of_the_same_person_looks_different_each_time() -> None:
    assert stand_in("13800001234") != stand_in("13800001234")
