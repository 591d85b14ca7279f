"""The overview in the terminal."""

from __future__ import annotations

import io

from rich.console import Console
from showing import HOSTILE

from qa.config import ReportSettings, Settings
from qa.report.summary import show_summary
from qa.store.store import Store


def shown(store: Store, settings: Settings) -> str:
    console = Console(file=io.StringIO(), width=200, force_terminal=False)
    show_summary(store, console, settings)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_a_summary_says_what_the_overview_says(store: Store) -> None:
    text = shown(store, Settings())
    for words in (
        "通话质检报告  2026-11-17 09:00 至 2026-11-21 09:00",
        "平均得分  47.2 (2.9–91.6)",
        "一票否决  1  14.3%",
        "投诉  4  57.1%",
        "隔离的录音 1",
        "0:04 我要投诉你们",
    ):
        assert words in text, words
    assert "王小丽（8001）" in text


def test_nothing_hostile_is_obeyed(store: Store) -> None:
    text = shown(store, Settings())
    assert HOSTILE[:8] in text
    assert not set(text) & {"\u202e", "\u2066", "\x1b"}


def test_a_summary_in_english_and_of_nothing(store: Store, tmp_path: object) -> None:
    assert "Average score  47.2" in shown(store, Settings(report=ReportSettings(language="en")))
    with Store.open(f"{tmp_path}/empty") as empty:
        assert "平均得分  –" in shown(empty, Settings())
