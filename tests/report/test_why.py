"""Why customers call, for other programs: the commonest reason first, the same in each form."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from showing import make_call

from qa.config import ReportSettings, Settings
from qa.errors import ConfigError
from qa.report.report import write_report
from qa.report.why import COLUMNS, export_reasons
from qa.report.wording import percent
from qa.store.store import Keys, Store

SETTINGS = Settings()
SAID = {
    "broadband": ("宽带断了，路由器红灯一直闪", "家里宽带上不去，路由器重启过", "宽带红灯亮着，路由器没信号", "路由器红灯，宽带掉线"),
    "refund": ("退款还没到账，申请一个星期了", "申请的退款没退回银行卡", "退款什么时候到账，银行卡没收到", "退货以后退款没到账"),
    "invoice": ("发票抬头写错了要重开", "电子发票下载不了", "帮我补开发票，抬头是公司", "发票邮箱收不到，抬头是公司"),
}
CALLS = {"broadband": 12, "refund": 8, "invoice": 8}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    opened = Store.open(tmp_path / "store")
    for kind, said in SAID.items():
        for number in range(CALLS[kind]):
            call = make_call(f"{kind}{number:02}", good=True)
            turns = tuple(replace(turn, text=said[number % 4], words=()) if turn.role == "customer" else turn for turn in call.heard.turns)
            opened.save(replace(call, heard=replace(call.heard, turns=turns)), Keys("h", "j"))
    return opened


def test_reasons_with_their_calls_and_examples(store: Store, tmp_path: Path) -> None:
    count = export_reasons(store, "jsonl", tmp_path / "r.jsonl", SETTINGS)
    found = [json.loads(line) for line in (tmp_path / "r.jsonl").read_text(encoding="utf-8").splitlines()]
    assert (count, [one["calls"] for one in found]) == (3, [12, 8, 8])
    first = found[0]
    assert {"宽带", "路由器"} & set(first["words"])
    assert (first["schema"], first["share"], first["now"], first["previous"]) == ("reason/1", 0.4286, 12, None)
    assert {one["call_id"][:9] for one in first["examples"]} == {"broadband"}


def test_the_flat_forms_say_the_same(store: Store, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    for form in ("csv", "parquet"):
        assert export_reasons(store, form, tmp_path / f"r.{form}", SETTINGS) == 3
    with (tmp_path / "r.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = pq.read_table(tmp_path / "r.parquet").to_pylist()
    assert list(rows[0]) == list(columns[0]) == list(COLUMNS)
    assert [(row["name"], int(row["calls"])) for row in rows] == [(row["name"], row["calls"]) for row in columns]


def test_too_few_calls_and_no_such_form(tmp_path: Path) -> None:
    with Store.open(tmp_path / "empty") as empty:
        for form in ("jsonl", "csv", "parquet"):
            assert export_reasons(empty, form, tmp_path / f"r.{form}", SETTINGS) == 0
        with pytest.raises(ConfigError, match="不认识的导出格式"):
            export_reasons(empty, "xml", tmp_path / "r.xml", SETTINGS)


def test_pages_and_workbook_say_the_same(store: Store, tmp_path: Path) -> None:
    index, workbook = write_report(store, tmp_path / "out", Settings(report=ReportSettings(audio=False)))
    export_reasons(store, "jsonl", tmp_path / "r.jsonl", SETTINGS)
    heading, *lines = [[cell.value for cell in row] for row in openpyxl.load_workbook(workbook)["来电原因"].iter_rows()]
    rows = {line[0]: dict(zip(heading, line, strict=True)) for line in lines}
    overview, page = (path.read_text(encoding="utf-8") for path in (index, index.with_name("reasons.html")))
    exported = [json.loads(line) for line in (tmp_path / "r.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(exported) == len(rows) == 3
    for one in exported:
        row = rows[one["name"]]
        assert (row["通话"], row["投诉"] or 0, row["平均得分"]) == (one["calls"], one["complaints"], one["score"])
        assert one["name"] in page
        assert one["name"] in overview
        assert f"{one['calls']} 通，投诉率 {percent(one['complaints'] / one['calls'], 0)}" in overview
