"""One call in the terminal."""

from __future__ import annotations

import io

from rich.console import Console
from showing import hostile, imported, make_call, silent

from qa.calls import Call
from qa.report.terminal import show_call


def shown(call: Call) -> str:
    console = Console(file=io.StringIO(), width=100, force_terminal=False)
    show_call(call, console)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_a_call_is_shown_with_its_reasons() -> None:
    text = shown(make_call("c1", fatal=True))
    for line in (
        "c1  2026-11-17 09:00  0:10  王小丽（8001）  一组",
        "0.0 不合格  5 / 18 分  一票否决 · 投诉 · 低分 · 待复核",
        "投诉 · 升级风险  可能性 93%  服务态度",
        "✓ 达标  问候语  5/5",
        "✗ 未达标  服务禁语  0/7",
        "0:06 坐席 不归我管  对照“这不归我管” · 相近 86%",
        "? 存疑  不抢话",
        "✗ 未达标  过度承诺 否决项",
        "查找范围：坐席 0:00–0:10 的 2 句话",
        "最接近的一句     0:06 坐席 不归我管  对照“非常抱歉” · 相近 41%",
        "0:03 客户 我要投诉你们",
        "静音 3.0 秒",
    ):
        assert line in text, line


def test_markup_and_control_characters_in_text_are_not_obeyed() -> None:
    call = make_call("[bold red]c1[/]", agent_name="\x1b[31m红\u202e")
    text = shown(call)
    assert "[bold red]c1[/]" in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert len(shown(hostile())) < 10_000


def test_silent_and_untimed_calls() -> None:
    assert "没有听到说话" in shown(silent("s"))
    assert "– 客户 我要投诉你们" in shown(imported("i"))
