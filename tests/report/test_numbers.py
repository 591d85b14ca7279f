"""The same number everywhere: tables, pages, workbook, export."""

from __future__ import annotations

import csv
import html
import json
import re
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from qa.config import ReportSettings, Settings
from qa.report.export import export_calls
from qa.report.figures import Figures
from qa.report.mood import signed
from qa.report.names import page_name
from qa.report.queue import export_complaints
from qa.report.report import write_report
from qa.report.wording import number, percent
from qa.report.workbook import write_workbook
from qa.scoring.scorecard import Scorecards
from qa.store.store import Store


@pytest.fixture(scope="module")
def cards(store: Store) -> Scorecards:
    return Scorecards.of(store.calls())


@pytest.fixture(scope="module")
def records(store: Store, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    out = tmp_path_factory.mktemp("export") / "calls.jsonl"
    export_calls(store, "jsonl", out)
    return pd.DataFrame([json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()])


@pytest.fixture(scope="module")
def book(store: Store, tmp_path_factory: pytest.TempPathFactory) -> openpyxl.Workbook:
    return openpyxl.load_workbook(write_workbook(store, tmp_path_factory.mktemp("book") / "r.xlsx", Settings()))


def sheet(book: openpyxl.Workbook, name: str) -> dict[str, dict[str, object]]:
    heading, *rows = [[cell.value for cell in row] for row in book[name].iter_rows()]
    return {str(row[0]): dict(zip(map(str, heading), row, strict=True)) for row in rows}


def tiles(page: Path) -> dict[str, str]:
    text = page.read_text(encoding="utf-8")
    return {
        html.unescape(a): html.unescape(b) for a, b in re.findall(r'<div class="label">(.*?)</div><div class="value">(.*?)</div>', text)
    }


def test_overview_says_what_the_tables_say(site: Path, book: openpyxl.Workbook, cards: Scorecards, records: pd.DataFrame) -> None:
    scaled = records["score"].map(lambda score: score["scaled"]).dropna().astype(float)
    assert round(float(scaled.mean()), 2) == cards.overall["score"]
    assert int(records["complaint"].map(lambda c: c["detected"]).sum()) == cards.overall["complaints"] == 4

    shown = tiles(site / "index.html")
    assert shown == {
        "通话": "7",
        "平均得分": number(cards.overall["score"]),
        "合格率": percent(cards.overall["pass_rate"]),
        "一票否决": "1",
        "投诉": "4",
        "升级风险": "1",
        "存疑判定": percent(cards.overall["unsure_share"]),
    }
    lines = {row[0].value: row[1].value for row in book["概览"].iter_rows(min_row=3)}
    assert lines["平均得分"] == cards.overall["score"]
    assert lines["合格率"] == cards.overall["pass_rate"]
    assert (lines["通话"], lines["投诉"], lines["一票否决通话"], lines["隔离的录音"]) == (7, 4, 1, 1)


def test_an_agent_has_one_score_everywhere(site: Path, book: openpyxl.Workbook, cards: Scorecards, records: pd.DataFrame) -> None:
    own = records[records["agent_id"] == "8002"]
    mean = round(float(own["score"].map(lambda score: score["scaled"]).mean()), 2)
    row = sheet(book, "坐席")["8002"]
    assert cards.agents.loc["8002", "score"] == row["平均得分"] == mean == 50.0
    assert row["合格率"] == cards.agents.loc["8002", "pass_rate"] == 0.5
    shown = tiles(site / "agents" / page_name("8002"))
    assert (shown["平均得分"], shown["合格率"], shown["通话"]) == ("50.0", "50.0%", "2")


def test_every_call_has_one_score_everywhere(site: Path, book: openpyxl.Workbook, records: pd.DataFrame) -> None:
    heading, *rows = [[cell.value for cell in row] for row in book["通话"].iter_rows()]
    at = heading.index("得分")
    written = {row[heading.index("通话号")]: row[at] for row in rows}
    for record in records.to_dict("records"):
        scaled = record["score"]["scaled"]
        assert written[record["call_id"]] == scaled
        page = (site / "calls" / page_name(record["call_id"])).read_text(encoding="utf-8")
        assert f"<strong>{number(scaled)}</strong>" in page


def test_an_item_has_one_share_everywhere(site: Path, book: openpyxl.Workbook, cards: Scorecards, records: pd.DataFrame) -> None:
    outcomes = [f["outcome"] for findings in records["findings"] for f in findings if f["criterion"] == "greeting"]
    met, missed = outcomes.count("met"), outcomes.count("missed")
    item = cards.items.loc["greeting"]
    assert (item["met"], item["missed"], item["met_rate"]) == (met, missed, round(met / (met + missed), 4))
    shown = tiles(site / "items" / page_name("greeting"))
    assert (shown["达标率"], shown["达标"], shown["未达标"]) == (percent(item["met_rate"]), str(met), str(missed))


def test_the_complaint_queue_is_the_same_everywhere(site: Path, book: openpyxl.Workbook, cards: Scorecards, records: pd.DataFrame) -> None:
    detected = {record["call_id"] for record in records.to_dict("records") if record["complaint"]["detected"]}
    heading, *rows = [[cell.value for cell in row] for row in book["投诉"].iter_rows()]
    assert [row[heading.index("通话号")] for row in rows] == [case.call_id for case in cards.cases]
    assert {case.call_id for case in cards.cases} == detected
    page = (site / "complaints.html").read_text(encoding="utf-8")
    linked = re.findall(r'<a class="id" href="calls/(.*?)"', page)
    assert linked == [page_name(case.call_id) for case in cards.cases]
    shown = tiles(site / "complaints.html")
    assert (shown["投诉"], shown["升级风险"]) == (str(cards.overall["complaints"]), str(cards.overall["threats"]))


def test_ranks_types_and_stages_are_the_same_in_pages_and_workbook(store: Store, tmp_path: Path) -> None:
    settings = Settings(report=ReportSettings(audio=False, min_calls=2))
    index, workbook = write_report(store, tmp_path, settings)
    agents = Figures.of(store.calls(), settings).agents
    rows = sheet(openpyxl.load_workbook(workbook), "坐席")
    for agent_id, row in agents.to_dict("index").items():
        assert rows[str(agent_id)]["名次"] == (None if pd.isna(row["rank"]) else row["rank"])
        assert rows[str(agent_id)]["程序面"] == (None if pd.isna(row["procedure"]) else row["procedure"])
        page = (index.parent / "agents" / page_name(str(agent_id))).read_text(encoding="utf-8")
        assert (re.search(r"第 \d+ 名", page) is not None) is (not pd.isna(row["rank"]))
    assert agents["rank"].notna().sum() == 2


def test_the_matrix_holds_the_rates_of_the_item_table(book: openpyxl.Workbook, cards: Scorecards) -> None:
    rows = sheet(book, "评分项×坐席")
    assert rows["问候语"]["王小丽（8001）"] == cards.agent_items.loc[("8001", "greeting"), "met_rate"] == 1.0
    assert rows["问候语"]["全部"] == cards.items.loc["greeting", "met_rate"]


def test_points_in_the_findings_sheet_add_up_to_the_scores(book: openpyxl.Workbook, records: pd.DataFrame) -> None:
    heading, *rows = [[cell.value for cell in row] for row in book["评分明细"].iter_rows()]
    at = heading.index("得分")
    assert sum(row[at] or 0 for row in rows) == sum(score["total"] for score in records["score"])


def test_csv_is_the_call_table(store: Store, cards: Scorecards, tmp_path: Path) -> None:
    assert export_calls(store, "csv", tmp_path / "calls.csv") == 7
    with (tmp_path / "calls.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["score"] for row in rows] == ["" if pd.isna(score) else str(score) for score in cards.calls["score"]]


def test_how_grave_a_complaint_is_stands_the_same_everywhere(site: Path, book: openpyxl.Workbook, store: Store, tmp_path: Path) -> None:
    export_complaints(store, "jsonl", tmp_path / "q.jsonl", Settings())
    queue = [json.loads(line) for line in (tmp_path / "q.jsonl").read_text(encoding="utf-8").splitlines()]
    heading, *lines = [[cell.value for cell in row] for row in book["投诉"].iter_rows()]
    rows = [dict(zip(map(str, heading), line, strict=True)) for line in lines]
    cards_of_page = re.findall(r'<article class="case.*?</article>', (site / "complaints.html").read_text(encoding="utf-8"), re.S)
    assert len(queue) == len(rows) == len(cards_of_page) == 4
    for one, row, card in zip(queue, rows, cards_of_page, strict=True):
        assert (row["通话号"], row["严重程度"], row["得分"]) == (one["call_id"], one["intensity"], one["score"])
        assert (row["此前来电（次）"] or 0, row["此前投诉（次）"] or 0) == (len(one["earlier_calls"]), one["complained_before"])
        assert (row["处理有缺"] or 0) == sum(handled["outcome"] == "missed" for handled in one["handling"])
        assert f"严重程度 <b>{number(one['intensity'], 0)}</b>" in card
        assert f"可能性 {percent(one['probability'], 0)}" in card
        assert card.count('<li class="missed">') == (row["处理有缺"] or 0)
        assert f"{row['应回应']} 前回应" in card or row["应回应"] in ("–", None)


def test_how_a_customer_felt_stands_the_same_everywhere(
    site: Path, book: openpyxl.Workbook, cards: Scorecards, records: pd.DataFrame
) -> None:
    heading, *rows = [[cell.value for cell in row] for row in book["通话"].iter_rows()]
    written = {row[heading.index("通话号")]: row[heading.index("客户情绪")] for row in rows}
    table = dict(zip(cards.calls["call_id"], cards.calls["sentiment"], strict=True))
    felt = {record["call_id"]: record["sentiment"] for record in records.to_dict("records") if record["sentiment"]}
    assert len(felt) >= 4
    for call_id, sentiment in felt.items():
        page = (site / "calls" / page_name(call_id)).read_text(encoding="utf-8")
        said = re.search(r'<p class="felt">.*?<b class="\w*">(.*?)</b>', page, re.S)
        assert said is not None
        assert said[1] == signed(sentiment["customer"])
        assert sentiment["customer"] == table[call_id]
        assert written[call_id] == sentiment["customer"]
