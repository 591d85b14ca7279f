"""Tables of turns: headings, units, clocks and moments."""

from __future__ import annotations

from datetime import datetime, time
from pathlib import Path

import openpyxl
import pytest

from qa.config import Settings
from qa.intake.turnsheets import is_turnsheet, read_turnsheet
from qa.intake.utterances import Script


def script(path: Path, text: str) -> Script:
    path.write_text(text, encoding="utf-8")
    (one,) = read_turnsheet(path, Settings())
    return one


def times(path: Path, text: str) -> list[tuple[float | None, float | None]]:
    one = script(path, text)
    assert one.problems == ()
    return [(line.start, line.end) for line in one.said]


@pytest.mark.parametrize(
    "table",
    [
        "开始,结束,角色,内容\n1.5,3,坐席,您好\n4,5,客户,喂\n",
        "开始时间(ms)\t结束时间(ms)\t说话人\t文本\n1500\t3000\t坐席\t您好\n4000\t5000\t客户\t喂\n",
        "begin_ms;end_ms;speaker;text\n1500;3000;坐席;您好\n4000;5000;客户;喂\n",
        "start,end,role,content\n1500,3000,agent,您好\n4000,5000,customer,喂\n",  # nobody speaks three characters in an hour
        "起始时间,结束时间,角色,识别结果\n00:00:01.5,00:00:03,坐席,您好\n0:04,0:05,客户,喂\n",
    ],
)
def test_units_and_clocks(tmp_path: Path, table: str) -> None:
    assert times(tmp_path / "a.csv", table) == [(1.5, 3.0), (4.0, 5.0)]


def test_moments_count_from_the_first_and_give_the_call_its_start(tmp_path: Path) -> None:
    one = script(tmp_path / "a.csv", "时间,角色,内容\n2026-11-20 09:00:00,坐席,您好\n2026-11-20 09:00:04,客户,喂\n")
    assert [(line.who, line.start, line.end) for line in one.said] == [("坐席", 0.0, None), ("客户", 4.0, None)]
    assert one.values == {"started_at": "2026-11-20T09:00:00+08:00"}


def test_a_workbook_with_cells_of_time(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ("通话编号", "开始", "结束", "声道", "内容", "工号", "通话开始时间", "情绪"),
        ("c1", time(0, 0, 1), time(0, 0, 3), 1, "您好", 8001, datetime(2026, 11, 20, 9), "平静"),
        ("c1", time(0, 0, 4), time(0, 0, 5), 0, "喂", 8001, datetime(2026, 11, 20, 9), "平静"),
    ):
        sheet.append(row)
    book.save(tmp_path / "a.xlsx")
    (one,) = read_turnsheet(tmp_path / "a.xlsx", Settings())
    assert (one.call_id, one.problems) == ("c1", ())
    assert one.values == {"agent_id": "8001", "started_at": "2026-11-20T09:00:00"}
    assert [(line.channel, line.who, line.start, line.end, line.text) for line in one.said] == [
        (1, None, 1.0, 3.0, "您好"),
        (0, None, 4.0, 5.0, "喂"),
    ]


def test_headings_of_turns() -> None:
    assert is_turnsheet(["说话人", "转写文本"])
    assert not is_turnsheet(["内容"])
    assert not is_turnsheet(["角色", "时间"])


def test_a_table_without_texts(tmp_path: Path) -> None:
    assert script(tmp_path / "a.csv", "角色,时间\n坐席,1\n").problems == ("没有说话内容这一列；有的列：角色、时间",)
