"""What another rubric would change, as tables and as one page."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from showing import HOSTILE, hostile, imported, make_call, silent

from qa.calls import Call, Finding, Score, Verdict
from qa.config import Settings
from qa.errors import ConfigError
from qa.report.comparison import show_comparison, write_comparison
from qa.scoring.comparison import Comparison, compare


def relaxed(verdict: Verdict) -> Verdict:
    """The verdict of a sheet that forgives a missing empathy."""

    def forgiven(finding: Finding) -> Finding:
        return replace(finding, outcome="met", points=finding.max_points) if finding.criterion == "empathy" else finding

    score = verdict.score
    if score.scaled is not None:
        score = Score(total=score.total + 6, possible=score.possible, scaled=min(100.0, score.scaled + 55.0), band="合格", passed=True)
    return replace(verdict, findings=tuple(map(forgiven, verdict.findings)), score=score)


def compared(*calls: Call) -> Comparison:
    return compare((call.recording, call.verdict, relaxed(call.verdict)) for call in calls)


@pytest.fixture
def several() -> Comparison:
    return compared(make_call("c1"), make_call("c2", agent_id="8002"), imported("c3"), silent("c4"), hostile())


def printed(comparison: Comparison) -> str:
    console = Console(width=160, file=io.StringIO())
    show_comparison(comparison, console)
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_the_tables(several: Comparison) -> None:
    text = printed(several)
    assert "试算 5 通，结果库没有改动：4 通有变化，其中等级或合格与否变化 4 通（新增不合格 0，新增合格 4）" in text
    assert "平均得分 27.8 → 82.8，合格率 0.0% → 100.0%" in text
    assert "共情安抚" in text
    assert "未达标 → 达标 4" in text
    assert "不合格 → 合格" in text
    assert "+55" in text


def test_nothing_to_tell() -> None:
    assert printed(compare([])).splitlines()[1:] == [
        "试算 0 通，结果库没有改动：0 通有变化，其中等级或合格与否变化 0 通（新增不合格 0，新增合格 0）",
        "平均得分 – → –，合格率 – → –",
    ]


def test_the_page_stands_alone_and_obeys_nobody(several: Comparison, tmp_path: Path) -> None:
    page = write_comparison(several, tmp_path / "new" / "page.html", Settings()).read_text(encoding="utf-8")
    assert HOSTILE not in page
    assert "<script" not in page
    assert "<link" not in page
    assert "src=" not in page.replace("&lt;img src=x", "")
    assert "--ground" in page  # the look of the report
    assert "只是试算" in page
    assert "王小丽（8001）" in page
    assert page.count("<tr><th scope=") == 1 + len(several.agents) + 4


def test_a_page_without_changes(tmp_path: Path) -> None:
    page = write_comparison(compare([]), tmp_path / "page.html", Settings()).read_text(encoding="utf-8")
    assert page.count("没有变化") == 3


def test_a_page_that_cannot_be_written(several: Comparison, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ConfigError, match="网页写不了"):
        write_comparison(several, tmp_path / "file" / "page.html", Settings())
