"""What the nightly run says should be reviewed stands in plain sight: on the overview and in the terminal."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console
from showing import filled, make_call

from qa.config import ReportSettings, Settings
from qa.report.site import write_site
from qa.report.summary import show_summary
from qa.store.runs import RunOutcome, RunRecord, begin_run, end_run
from qa.store.store import Store

SETTINGS = Settings(report=ReportSettings(audio=False))
STRANGE = "评分项“核实身份”未做到的比例是 71%，往常在 18% 到 42%（前 9 次运行），多数坐席都如此"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return filled(tmp_path / "store", [make_call("c1")])


def ran(store: Store, outcome: RunOutcome, *review: str) -> None:
    begun = begin_run(store, RunRecord(started_at=datetime(2026, 11, 20, 14, tzinfo=UTC)))
    end_run(store, replace(begun, outcome=outcome, review=review))


def shown(store: Store, tmp_path: Path) -> tuple[str, str]:
    console = Console(file=io.StringIO(), width=200)
    show_summary(store, console, SETTINGS)
    page = write_site(store, tmp_path / "out", SETTINGS).read_text(encoding="utf-8")
    return page, console.file.getvalue()  # type: ignore[attr-defined]


def test_a_night_unlike_the_others_is_told(store: Store, tmp_path: Path) -> None:
    ran(store, "done")
    ran(store, "done", STRANGE)
    page, terminal = shown(store, tmp_path)
    assert STRANGE in page
    assert "最近一次运行与往常不同，发布前请复核" in page
    assert "第 2 次运行，2026-11-20 22:00" in page
    assert STRANGE in terminal


def test_a_night_like_the_others_is_not(store: Store, tmp_path: Path) -> None:
    ran(store, "done", STRANGE)
    ran(store, "stopped")
    page, terminal = shown(store, tmp_path)
    assert "发布前请复核" not in page + terminal
    assert "中途停止" in page


def test_without_any_run_nothing_is_said(store: Store, tmp_path: Path) -> None:
    page, terminal = shown(store, tmp_path)
    assert "最近一次运行" not in page + terminal
