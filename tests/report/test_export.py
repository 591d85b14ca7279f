"""Schema call/1, and files that are whole or not there."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from showing import FORMULA, make_call

from qa.errors import ConfigError, StoreError
from qa.report.export import call_record, export_calls
from qa.store.store import Store


def test_a_record_is_schema_call_1_to_the_last_key() -> None:
    record = call_record(make_call("c1"))
    turns, findings, metrics, complaint = (record.pop(key) for key in ("turns", "findings", "metrics", "complaint"))
    assert record == {
        "schema": "call/1",
        "call_id": "c1",
        "agent_id": "8001",
        "agent_name": "王小丽",
        "team": "一组",
        "team_leader": "赵敏",
        "customer_id": "13800001000",
        "direction": "inbound",
        "started_at": "2026-11-17T09:00:00+08:00",
        "content_hash": "c1000000",
        "extra": {},
        "duration": 10.0,
        "channels": 2,
        "codec": "pcm_s16le",
        "sample_rate": 8000,
        "roles": {
            "method": "channel",
            "confidence": 0.98,
            "agent_channel": 0,
            "evidence": [
                {
                    "role": "agent",
                    "text": "您好",
                    "start": 0.5,
                    "end": 1.0,
                    "phrase": "您好",
                    "closeness": 1.0,
                    "turn": 0,
                    "span": [0, 2],
                    "category": None,
                }
            ],
        },
        "dropped": [{"start": 8.0, "end": 9.5, "text": "请不吝点赞订阅", "reason": "watermark", "role": "unknown"}],
        "events": [{"type": "silence", "by": None, "start": 7.0, "end": 10.0}],
        "sentiment": {"customer": -0.7, "by_quarter": [None, -0.7, None, None], "trend": "steady", "worst": 1, "calmed": None},
        "call_type": "投诉",
        "score": {"total": 5.0, "possible": 18.0, "scaled": 27.78, "band": "不合格", "passed": False, "fatal": [], "critical": None},
        "flags": ["complaint", "low_score", "review"],
        "rubric": {"id": "general-inbound", "version": "2026.11", "hash": "ab" * 32},
        "models": {"asr": "whisper-base", "sentiment": "builtin@12ab"},
    }
    assert turns == [
        {"role": "agent", "start": 0.5, "end": 2.0, "text": "您好，请讲", "confidence": 0.8, "sentiment": None, "channel": 0},
        {"role": "customer", "start": 3.0, "end": 5.0, "text": "我要投诉你们", "confidence": 0.9, "sentiment": -0.7, "channel": 1},
        {"role": "agent", "start": 5.5, "end": 7.0, "text": "这不归我管", "confidence": 0.7, "sentiment": None, "channel": 0},
    ]
    assert isinstance(findings, list)
    assert findings[3] == {
        "criterion": "interruption",
        "name": "不抢话",
        "section": "态度",
        "outcome": "unsure",
        "points": 0.0,
        "max_points": 0.0,
        "fatal": False,
        "hits": [],
        "searched": None,
        "nearest": None,
        "reason": "识别把握不足",
        "severity": None,
    }
    assert isinstance(metrics, dict)
    assert metrics["agent_talk"] == 3.0
    assert isinstance(complaint, dict)
    assert (complaint["detected"], complaint["probability"], complaint["categories"]) == (True, 0.93, ["服务态度"])
    assert (complaint["threats"], complaint["intensity"]) == ([], 62.0)


@pytest.mark.parametrize("format", ["jsonl", "csv", "parquet"])
def test_the_same_store_gives_the_same_bytes(store: Store, tmp_path: Path, format: str) -> None:
    for name in ("a", "b"):
        assert export_calls(store, format, tmp_path / name) == 7
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_csv_opens_in_excel_and_runs_nothing(store: Store, tmp_path: Path) -> None:
    export_calls(store, "csv", tmp_path / "calls.csv")
    raw = (tmp_path / "calls.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    with (tmp_path / "calls.csv").open(encoding="utf-8-sig", newline="") as file:
        evil = list(csv.DictReader(file))[-1]
    assert evil["team"] == f"'{FORMULA}"
    assert evil["customer_id"] == "'@SUM(1)"


def test_parquet_keeps_the_nested_parts_as_json(store: Store, tmp_path: Path) -> None:
    export_calls(store, "parquet", tmp_path / "calls.parquet")
    rows = {row["call_id"]: row for row in pq.read_table(tmp_path / "calls.parquet").to_pylist()}
    assert json.loads(rows["c1"]["turns_json"])[0]["text"] == "您好，请讲"
    assert rows["silent"]["score"] is None
    assert rows["c1"]["complaint"] is True


def test_an_unknown_format_names_the_known_ones(store: Store, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"不认识的导出格式 xml(.|\n)*jsonl、csv、parquet"):
        export_calls(store, "xml", tmp_path / "x")


def test_a_place_that_cannot_be_written_is_told(store: Store, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="导出文件写不了"):
        export_calls(store, "jsonl", tmp_path / "nowhere" / "x.jsonl")


def test_a_broken_export_leaves_the_old_file(tmp_path: Path) -> None:
    class Failing:
        def kept(self) -> dict[str, object]:
            return {}

        def customers(self) -> dict[str, str]:
            return {"c1": "13800001000"}

        def calls(self) -> object:
            yield make_call("c1")
            raise StoreError("结果库读写失败")

    out = tmp_path / "calls.jsonl"
    out.write_text("old")
    with pytest.raises(StoreError):
        export_calls(Failing(), "jsonl", out)  # type: ignore[arg-type]
    assert out.read_text() == "old"
    assert list(tmp_path.iterdir()) == [out]


def test_no_calls_give_an_empty_file(tmp_path: Path) -> None:
    with Store.open(tmp_path / "s") as empty:
        assert [export_calls(empty, format, tmp_path / format) for format in ("jsonl", "csv", "parquet")] == [0, 0, 0]
    assert (tmp_path / "jsonl").read_bytes() == b""
    assert pq.read_table(tmp_path / "parquet").num_rows == 0
