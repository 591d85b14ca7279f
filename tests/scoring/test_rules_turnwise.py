"""every: a check that must hold in each turn of a window."""

from __future__ import annotations

from pathlib import Path

import pytest
from judging import heard, sheet, turns, verdict

from qa.calls import Finding
from qa.errors import RubricError


def judged(folder: Path, criterion: str, *lines: str, confidence: float | None = None) -> Finding:
    return verdict(sheet(folder, criterion), heard(turns(lines, confidence=confidence))).findings[0]


def of_agent(check: str) -> str:
    return f"points: 1, scope: {{role: agent}}, require: {check}"


def test_every_turn_must_do_and_those_that_do_not_are_the_evidence(tmp_path: Path) -> None:
    check = of_agent("{every: {of: {say: [您好, 请问, 请您]}, characters: 4}}")
    good = judged(tmp_path, check, "坐席：您好，请问什么事", "客户：查话费", "坐席：嗯嗯", "坐席：请您稍等一下")
    assert (good.outcome, [hit.text for hit in good.hits]) == ("met", ["您好", "请问", "请您"])
    assert good.reason == "坐席 4 个字以上的话 2 句，都符合"
    bad = judged(tmp_path, check, "坐席：您好，请问什么事", "客户：你查一下话费", "坐席：报一下号码。", "坐席：等着啊别挂")
    assert (bad.outcome, [hit.text for hit in bad.hits]) == ("missed", ["报一下号码", "等着啊别挂"])
    assert bad.reason == "坐席 4 个字以上的话 3 句，其中 2 句不符合"
    assert bad.searched is not None
    assert bad.searched.turns == 3


def test_forbidding_that_every_turn_is_so(tmp_path: Path) -> None:
    check = "points: 1, scope: {role: agent}, forbid: {every: {not: {say: 您好}}}"
    assert judged(tmp_path, check, "坐席：什么事", "坐席：说吧").outcome == "missed"
    assert judged(tmp_path, check, "坐席：什么事", "坐席：您好").outcome == "met"


def test_the_window_is_that_of_the_scope(tmp_path: Path) -> None:
    check = "points: 1, scope: {role: agent, last_turns: 2}, require: {every: {say: [您好, 再见]}}"
    assert judged(tmp_path, check, "坐席：什么事", "坐席：您好", "坐席：再见").outcome == "met"


def test_nothing_to_ask_is_not_applicable(tmp_path: Path) -> None:
    check = of_agent("{every: {of: {say: 您好}, characters: 4}}")
    finding = judged(tmp_path, check, "坐席：嗯嗯", "客户：喂喂喂喂喂")
    assert (finding.outcome, finding.reason) == ("na", "没有坐席 4 个字以上的话")
    untimed = judged(tmp_path, of_agent("{every: {rate: {below: 420}}}"), "坐席：您好")
    assert (untimed.outcome, untimed.reason) == ("na", "坐席没有一句达到 12 个字，不计语速")


def test_a_turn_that_was_hardly_heard_leaves_it_open(tmp_path: Path) -> None:
    finding = judged(tmp_path, of_agent("{every: {say: 请您稍等一下}}"), "坐席：请您稍等一下", "坐席：嗡嗡嗡嗡嗡嗡嗡嗡", confidence=0.1)
    assert finding.outcome == "unsure"


@pytest.mark.parametrize(
    ("check", "fault"),
    [
        ("{every: {metric: {name: duration, above: 3}}}", "metric 问的不是一句话"),
        ("{every: {all: [{say: 您好}, {complaint: {}}]}}", "complaint 问的不是一句话"),
        ("{every: {not: {turns: {at_least: 1}}}}", "turns 问的不是一句话"),
        ("{every: {loudness: {than: span, above: 8}}}", "loudness 问的不是一句话"),
        ("{every: {say: 您好, scope: {first_turns: 1}}}", "不写 scope"),
        ("{every: {of: {say: 您好}, characters: 0}}", "应不小于 1"),
        ("{every: []}", "键值表"),
    ],
)
def test_what_cannot_be_asked_of_a_turn_is_refused(tmp_path: Path, check: str, fault: str) -> None:
    with pytest.raises(RubricError, match=fault):
        sheet(tmp_path, of_agent(check))
