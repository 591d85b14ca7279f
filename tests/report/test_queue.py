"""The complaint queue for other programs: gravest first, the same in each form."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from showing import FORMULA, make_call, silent

from qa.config import Settings
from qa.errors import ConfigError
from qa.report.queue import COLUMNS, export_complaints
from qa.store.store import Keys, Store

SETTINGS = Settings()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    opened = Store.open(tmp_path / "store")
    calls = (make_call("c1"), make_call("good", good=True), make_call("c3", fatal=True, agent_name=FORMULA), silent("s"))
    for call in calls:
        opened.save(call, Keys("h", "j"))
    return opened


def test_a_record_has_all_a_ticket_needs(store: Store, tmp_path: Path) -> None:
    assert export_complaints(store, "jsonl", tmp_path / "q.jsonl", SETTINGS) == 2
    first, second = (json.loads(line) for line in (tmp_path / "q.jsonl").read_text(encoding="utf-8").splitlines())
    assert [(one["rank"], one["call_id"], one["intensity"]) for one in (first, second)] == [(1, "c3", 81.5), (2, "c1", 62.0)]
    handling = first.pop("handling")
    assert first == {
        "schema": "complaint/1",
        "rank": 1,
        "call_id": "c3",
        "customer_id": "138****1000",
        "agent_id": "8001",
        "agent_name": FORMULA,
        "team": "一组",
        "started_at": "2026-11-17T09:00:00+08:00",
        "respond_by": "2026-11-18T09:00:00+08:00",
        "close_by": "2026-11-19T09:00:00+08:00",
        "intensity": 81.5,
        "probability": 0.93,
        "categories": ["服务态度"],
        "threat": True,
        "threats": ["监管"],
        "quotes": [{"start": 4.0, "text": "我要投诉你们", "about": "服务态度"}],
        "sentiment": {"customer": -0.7, "by_quarter": [None, -0.7, None, None], "trend": "steady", "worst": 1, "calmed": None},
        "earlier_calls": [],
        "complained_before": 0,
        "score": 0.0,
    }
    assert [(one["criterion"], one["outcome"], one["said"]) for one in handling] == [
        ("empathy", "missed", None),
        ("interruption", "unsure", None),
    ]


def test_the_flat_forms_say_the_same(store: Store, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    export_complaints(store, "csv", tmp_path / "q.csv", SETTINGS)
    export_complaints(store, "parquet", tmp_path / "q.parquet", SETTINGS)
    with (tmp_path / "q.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = pq.read_table(tmp_path / "q.parquet").to_pylist()
    assert list(rows[0]) == list(columns[0]) == list(COLUMNS)
    assert [row["call_id"] for row in rows] == [row["call_id"] for row in columns] == ["c3", "c1"]
    assert (rows[0]["quotes"], rows[0]["left_undone"], rows[0]["threat"], rows[0]["calmed"]) == ("我要投诉你们", "共情安抚", "1", "")
    assert rows[0]["agent_name"] == "'" + FORMULA  # no spreadsheet runs it
    assert (columns[0]["threat"], columns[0]["calmed"], columns[0]["agent_name"]) == (True, None, FORMULA)


def test_no_complaints_and_no_such_form(tmp_path: Path) -> None:
    with Store.open(tmp_path / "empty") as store:
        for form in ("jsonl", "csv", "parquet"):
            assert export_complaints(store, form, tmp_path / f"q.{form}", SETTINGS) == 0
        assert (tmp_path / "q.jsonl").read_bytes() == b""
        with pytest.raises(ConfigError, match="不认识的导出格式"):
            export_complaints(store, "xml", tmp_path / "q.xml", SETTINGS)
        with pytest.raises(ConfigError, match="写不了"):
            export_complaints(store, "csv", tmp_path / "missing" / "q.csv", SETTINGS)
