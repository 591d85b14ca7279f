"""The workbook: sheets, frozen headings, text that stays text."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from showing import FORMULA

from qa.config import Settings
from qa.errors import ConfigError
from qa.report.workbook import write_workbook
from qa.store.store import Store

SHEETS = ["概览", "坐席", "班组", "评分项×坐席", "通话", "评分明细", "投诉", "来电原因", "上升的词", "隔离"]


@pytest.fixture(scope="module")
def book(store: Store, tmp_path_factory: pytest.TempPathFactory) -> openpyxl.Workbook:
    return openpyxl.load_workbook(write_workbook(store, tmp_path_factory.mktemp("book") / "new" / "r.xlsx", Settings()))


def test_sheets_are_headed_frozen_and_filtered(book: openpyxl.Workbook) -> None:
    assert book.sheetnames == SHEETS
    for sheet in book.worksheets[1:]:
        assert sheet.freeze_panes in ("B2", "D2"), sheet.title
        assert sheet.auto_filter.ref, sheet.title
    assert len(book["评分项×坐席"].conditional_formatting) == 1


def test_formulas_stay_text(book: openpyxl.Workbook) -> None:
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert [cell.data_type for cell in cells if cell.value == FORMULA] != []
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert not any(cell.hyperlink for cell in cells)


def test_findings_carry_quotes_and_times(book: openpyxl.Workbook) -> None:
    heading, *rows = [[cell.value for cell in row] for row in book["评分明细"].iter_rows()]
    own = [dict(zip(heading, row, strict=True)) for row in rows if row[0] == "c1"]
    assert own[1] == {
        "通话号": "c1",
        "工号": "8001",
        "评分项": "服务禁语",
        "环节": "态度",
        "结果": "未达标",
        "得分": 0,
        "满分": 7,
        "时间": "0:06",
        "谁": "坐席",
        "原话": "不归我管",
        "对照词": "这不归我管",
        "相近度": 0.86,
        "说明": None,
    }
    assert own[2]["说明"] == "客户不满之后没有安抚；最接近：0:06 不归我管"


def test_complaints_and_quarantine_are_listed(book: openpyxl.Workbook) -> None:
    heading, first, *_ = [[cell.value for cell in row] for row in book["投诉"].iter_rows()]
    assert dict(zip(heading, first, strict=True)) == {
        "开始时间": "2026-11-18 09:00",
        "通话号": "c3",
        "工号": "8002",
        "姓名": "李强",
        "班组": "二组",
        "严重程度": 81.5,
        "升级风险": "是",
        "扬言": "监管",
        "可能性": 0.93,
        "类别": "服务态度",
        "应回应": "2026-11-19 09:00",
        "应办结": "2026-11-20 09:00",
        "客户": "138****1000",
        "此前来电（次）": 1,
        "此前投诉（次）": 1,
        "客户情绪": "平稳",
        "原话": "我要投诉你们",
        "时间": "0:04",
        "得分": 0,
        "处理有缺": 1,
        "坐席的处理": "共情安抚 未达标；不抢话 存疑",
    }
    assert book["隔离"]["B2"].value == "/录音/坏.wav"


def test_an_empty_store_gives_an_empty_workbook(tmp_path: Path) -> None:
    with Store.open(tmp_path / "s") as empty:
        book = openpyxl.load_workbook(write_workbook(empty, tmp_path / "r.xlsx", Settings()))
    assert book.sheetnames == SHEETS
    assert book["坐席"].max_row == 1


def test_a_place_that_cannot_be_written_is_told(store: Store, tmp_path: Path) -> None:
    (tmp_path / "r.xlsx").mkdir()
    with pytest.raises(ConfigError, match="工作簿写不了"):
        write_workbook(store, tmp_path / "r.xlsx", Settings())
    assert [path.name for path in tmp_path.iterdir()] == ["r.xlsx"]
