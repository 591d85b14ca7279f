"""gap, turns, speaker: who speaks when. characters of event, and events in a part of the call."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from judging import heard, sheet, verdict

from qa.calls import Event, Finding, Heard, Hit, Turn


def judged(folder: Path, criterion: str, call: Heard) -> Finding:
    return verdict(sheet(folder, f"points: 1, {criterion}"), call).findings[0]


def spoken(*parts: tuple[str, float, float, str]) -> tuple[Turn, ...]:
    return tuple(Turn(role="agent" if who == "坐席" else "customer", start=start, end=end, text=text) for who, start, end, text in parts)


SLOW = heard(
    spoken(
        ("客户", 1, 3, "你们几点下班"), ("坐席", 11, 13, "六点"), ("客户", 14, 15, "那周末呢"),
        ("坐席", 14.5, 16, "周末也开"), ("坐席", 30, 31, "还有吗"),
    )
)  # fmt: skip


def test_a_wait_for_an_answer_is_evidence_in_time(tmp_path: Path) -> None:
    finding = judged(tmp_path, "forbid: {gap: {by: agent, at_least: 5}}", SLOW)
    assert finding.hits == (Hit(role="agent", text="8.0 秒后才应答", start=3, end=11),)
    assert (finding.outcome, finding.reason) == ("missed", "坐席有 1 次应答间隔不小于 5 秒，最长 8.0 秒")


@pytest.mark.parametrize(
    ("gap", "outcome", "reason"),
    [
        ("by: agent, at_least: 9", "met", "坐席最长 8.0 秒后应答"),
        ("by: agent, at_least: 5, times: 2", "met", "坐席最长 8.0 秒后应答"),
        ("by: customer, above: 0.5", "missed", "客户有 1 次应答间隔大于 0.5 秒，最长 1.0 秒"),
        ("by: agent, at_least: 5, unless: {say: 几点下班, before: 5}", "met", "坐席最长 8.0 秒后应答"),
        ("by: agent, at_least: 5, unless: {say: 稍等, before: 5}", "missed", "坐席有 1 次应答间隔不小于 5 秒，最长 8.0 秒"),
    ],
)
def test_gaps(tmp_path: Path, gap: str, outcome: str, reason: str) -> None:
    finding = judged(tmp_path, f"forbid: {{gap: {{{gap}}}}}", SLOW)
    assert (finding.outcome, finding.reason) == (outcome, reason)


def test_no_answer_no_times_no_roles(tmp_path: Path) -> None:
    rule = "forbid: {gap: {by: agent, above: 1}}"
    assert judged(tmp_path, rule, heard(["坐席：您好"])).reason == "坐席没有应答对方的话"
    assert judged(tmp_path, rule, heard(["客户：喂", "坐席：您好"], step=None)).reason == "转写没有时间，无法计算应答间隔"
    assert judged(tmp_path, rule, heard(SLOW.turns, sure=0.2)).outcome == "unsure"


@pytest.mark.parametrize(
    ("check", "outcome", "reason"),
    [
        ("turns: {at_least: 3}, scope: {role: agent}", "met", "坐席有 3 句话"),
        ("turns: {above: 2}, scope: {role: customer}", "missed", "客户有 2 句话，不在要求之内：大于 2"),
        ("turns: {at_most: 1}, scope: {first_seconds: 10}", "met", "双方前 10 秒有 1 句话"),
        ("speaker: {first: customer}", "met", "先开口的是客户"),
        ("speaker: {first: agent}", "missed", "先开口的是客户"),
        ("speaker: {last: agent}", "met", "最后说话的是坐席"),
    ],
)
def test_counts_and_ends(tmp_path: Path, check: str, outcome: str, reason: str) -> None:
    finding = judged(tmp_path, f"require: {{{check}}}", SLOW)
    assert (finding.outcome, finding.reason) == (outcome, reason)


def test_silent_turns_do_not_speak(tmp_path: Path) -> None:
    call = heard(["坐席：嗯。", "客户：我来问问"])
    assert judged(tmp_path, "require: {speaker: {first: customer}}", call).outcome == "met"
    assert judged(tmp_path, "require: {turns: {at_least: 1}}, scope: {role: agent}", call).outcome == "missed"
    assert judged(tmp_path, "require: {speaker: {first: agent}}, scope: {after: {say: 我来问问}}", call).reason == "没有人说话"


OVER = spoken(("客户", 1, 6, "我的退款一直没有到账"), ("坐席", 3, 7, "嗯好的好的"), ("坐席", 20, 21, "请讲"))


@pytest.mark.parametrize(("characters", "outcome"), [(4, "missed"), (5, "met")])
@pytest.mark.parametrize("kind", ["interruption", "overtalk"])
def test_backchannels_need_not_count(tmp_path: Path, kind: str, characters: int, outcome: str) -> None:
    rule = f"forbid: {{event: {{type: {kind}, at_least: 2, characters: {characters}}}}}"
    assert judged(tmp_path, rule, heard(OVER)).outcome == outcome


def test_events_of_a_part_of_the_call(tmp_path: Path) -> None:
    rule = "forbid: {event: {type: interruption}}, scope: {first_seconds: "
    assert judged(tmp_path, f"{rule}5}}", heard(OVER)).outcome == "missed"
    assert judged(tmp_path, f"{rule}2}}", heard(OVER)).outcome == "met"
    told = spoken(("客户", 1, 3, "我要投诉"), ("坐席", 20, 21, "请讲"), ("客户", 22, 23, "好"), ("坐席", 40, 41, "在吗"))
    quiet = "forbid: {event: {type: silence, at_least: 10}}, scope: {role: agent, after: {say: 我要投诉}, within_turns: 1}"
    assert [hit.start for hit in judged(tmp_path, quiet, heard(told)).hits] == [3]
    soon = quiet.replace("within_turns: 1", "within_seconds: 25")
    assert [hit.start for hit in judged(tmp_path, soon, heard(told)).hits] == [3, 23]
    earlier = quiet.replace("after: {say: 我要投诉}", "before: {say: 在吗}")
    assert [hit.start for hit in judged(tmp_path, earlier, heard(told)).hits] == [23]
    excused = "forbid: {event: {type: silence, at_least: 10, unless: {event: {type: hold}, before: BEFORE}}}"
    music = replace(heard(told), sounds=(Event("music", 24.0, 36.0),))
    assert judged(tmp_path, excused.replace("BEFORE", "0"), music).outcome == "missed"  # the hold comes much later
    assert judged(tmp_path, excused.replace("BEFORE", "0, after: 25"), music).outcome == "met"
    late = replace(heard(OVER), sounds=(Event("music", 8.0, 19.0),))
    hold = "require: {event: {type: hold}}, scope: {last_percent: "
    assert judged(tmp_path, f"{hold}80}}", late).outcome == "met"
    assert judged(tmp_path, f"{hold}20}}", late).outcome == "missed"
