"""event, rate and metric: what is measured in time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from judging import heard, sheet, turns, verdict

from qa.calls import Event, Finding, Heard, Hit, Turn


def judged(folder: Path, criterion: str, call: Heard) -> Finding:
    return verdict(sheet(folder, criterion), call).findings[0]


def spoken(*parts: tuple[str, float, float, str]) -> tuple[Turn, ...]:
    """Turns of (party, start, end, text)."""
    return tuple(Turn(role="agent" if who == "坐席" else "customer", start=start, end=end, text=text) for who, start, end, text in parts)


WAIT = "points: 5, forbid: {event: {type: silence, at_least: 10, inside: true, unless: {say: 请稍等, scope: {role: agent}, before: 20}}}"
QUIET = spoken(("坐席", 12.0, 14.0, "我看一下"), ("客户", 14.5, 15.0, "好"), ("坐席", 30.0, 32.0, "查到了"), ("客户", 32.5, 33.0, "谢谢"))


def test_a_long_silence_is_evidence_in_time(tmp_path: Path) -> None:
    finding = judged(tmp_path, WAIT, heard(QUIET, duration=60.0))
    # neither the ringing before the first word nor the open line after the last is dead air
    assert finding.hits == (Hit(role="unknown", text="静音 15.0 秒", start=15.0, end=30.0),)
    assert (finding.outcome, finding.points, finding.reason) == ("missed", 0.0, "静音 1 次，最长 15.0 秒，事先没有说明")


@pytest.mark.parametrize(
    ("first", "outcome", "reason"),
    [
        (("坐席", 12.0, 14.0, "请稍等我看一下"), "met", "1 次静音都有说明"),
        (("客户", 12.0, 14.0, "请稍等我看一下"), "missed", "静音 1 次，最长 15.0 秒，事先没有说明"),
    ],
)
def test_a_request_to_wait_excuses_the_silence(tmp_path: Path, first: tuple[str, float, float, str], outcome: str, reason: str) -> None:
    finding = judged(tmp_path, WAIT, heard(spoken(first) + QUIET[1:], duration=60.0))
    assert (finding.outcome, finding.reason) == (outcome, reason)


def test_a_request_too_long_before_excuses_nothing(tmp_path: Path) -> None:
    early = spoken(("坐席", 0.0, 1.0, "请稍等"), ("客户", 9.0, 24.0, "我再说一遍我的情况"))
    late = spoken(("坐席", 40.0, 42.0, "查到了"))
    assert judged(tmp_path, WAIT, heard(early + late, duration=50.0)).outcome == "missed"
    assert judged(tmp_path, WAIT.replace("before: 20", "before: 30"), heard(early + late, duration=50.0)).outcome == "met"


def test_short_silences_and_music_are_no_dead_air(tmp_path: Path) -> None:
    call = heard(QUIET, duration=60.0, sounds=[Event("music", 15.2, 29.8)])
    assert judged(tmp_path, WAIT, call).outcome == "met"
    hold = judged(tmp_path, WAIT.replace("silence", "hold"), call)
    assert (hold.outcome, hold.hits) == ("missed", (Hit(role="agent", text="等待 14.6 秒", start=15.2, end=29.8),))


CUT = "points: 6, forbid: {event: {type: interruption, by: agent}}, deduct: {each: 2}"
OVER = spoken(("客户", 1.0, 6.0, "我的退款一直没有到账"), ("坐席", 4.0, 7.0, "行了行了我知道"), ("客户", 8.0, 9.0, "好吧"))


def test_interruptions_need_the_parties_apart(tmp_path: Path) -> None:
    call = heard(OVER)
    missed = judged(tmp_path, CUT, call)
    assert (missed.outcome, missed.points, missed.hits) == ("missed", 4.0, (Hit(role="agent", text="抢话 2.0 秒", start=4.0, end=6.0),))
    mono = judged(tmp_path, CUT, replace(call, channels=1, parted=False))
    assert (mono.outcome, mono.max_points, mono.reason) == ("na", 0.0, "双方没有分声道录音，无法判断抢话")
    assert judged(tmp_path, CUT.replace("by: agent", "by: customer"), call).outcome == "met"
    assert judged(tmp_path, CUT.replace("by: agent", "by: agent, times: 2"), call).outcome == "met"
    assert judged(tmp_path, CUT.replace("by: agent", "by: agent, at_least: 3"), call).outcome == "met"


def test_events_without_times_are_na(tmp_path: Path) -> None:
    finding = judged(tmp_path, WAIT, heard(["坐席：您好", "客户：你好"], step=None))
    assert (finding.outcome, finding.reason) == ("na", "转写没有时间，无法判断静音")


FAST = "points: 3, scope: {role: agent}, forbid: {rate: {above: 420, characters: 12}}"


def test_fast_turns_are_the_evidence(tmp_path: Path) -> None:
    text = "我现在就帮您把这个业务取消掉您稍后会收到短信"  # 22 characters
    call = heard(
        spoken(("坐席", 0.0, 6.0, text), ("坐席", 10.0, 12.5, text), ("客户", 13.0, 14.0, text), ("坐席", 15.0, 15.5, "好的好的好的"))
    )
    finding = judged(tmp_path, FAST, call)
    assert finding.outcome == "missed"
    assert finding.hits == (Hit(role="agent", text=text, start=10.0, end=12.5, phrase="每分钟 528 字", turn=1, span=(0, 22)),)
    assert finding.reason == "1 句的语速大于 420 字/分"
    slow = judged(tmp_path, FAST, heard(call.turns[:1]))
    assert (slow.outcome, slow.reason) == ("met", "坐席最快的一句每分钟 220 字")
    short = judged(tmp_path, FAST, heard(call.turns[3:]))
    assert (short.outcome, short.reason) == ("na", "坐席没有一句达到 12 个字，不计语速")
    untimed = judged(tmp_path, FAST, heard([text], step=None))
    assert (untimed.outcome, untimed.reason) == ("na", "转写没有时间，无法计算语速")


@pytest.mark.parametrize(
    ("metric", "outcome", "reason"),
    [
        ("name: first_response, at_most: 3", "met", "坐席首句 1 秒"),
        ("name: first_response, below: 1", "missed", "坐席首句 1 秒，不在要求之内：小于 1"),
        ("name: agent_turns, at_least: 3", "missed", "坐席话轮 2 次，不在要求之内：不小于 3"),
        ("name: customer_turns, above: 0, at_most: 1", "met", "客户话轮 1 次"),
        ("name: duration, below: 600", "met", "通话时长 15 秒"),
    ],
)
def test_metrics_against_limits(tmp_path: Path, metric: str, outcome: str, reason: str) -> None:
    finding = judged(tmp_path, f"points: 1, require: {{metric: {{{metric}}}}}", heard(["坐席：您好", "客户：你好", "坐席：请讲"]))
    assert (finding.outcome, finding.reason) == (outcome, reason)


@pytest.mark.parametrize(
    ("name", "call", "reason"),
    [
        ("agent_rate", heard(["坐席：您好"]), "这通电话没有可以计算坐席平均语速的话语"),
        ("overtalk", replace(heard(["坐席：您好"]), parted=False), "双方没有分声道录音，无法计算同时说话"),
        ("duration", heard(["坐席：您好"], step=None), "转写没有时间，无法计算通话时长"),
    ],
)
def test_what_was_not_measured_is_na(tmp_path: Path, name: str, call: Heard, reason: str) -> None:
    finding = judged(tmp_path, f"points: 1, require: {{metric: {{name: {name}, at_least: 0}}}}", call)
    assert (finding.outcome, finding.reason) == ("na", reason)


def test_turns_are_as_written_in_the_helper() -> None:
    assert [(turn.role, turn.start, turn.end) for turn in turns(["坐席：您好", "客户：好"])] == [
        ("agent", 1.0, 4.0),
        ("customer", 6.0, 9.0),
    ]


@pytest.mark.parametrize(
    ("before", "back", "later", "outcome"),
    [
        ("我看看", "感谢您的耐心等待", "查到了", "met"),
        ("我看看", "查到了", "感谢您的耐心等待", "missed"),  # too late to mean the wait
        ("请您稍等", "查到了", "明天到", "met"),
        ("我看看", "请您稍等", "还没有查到", "missed"),  # asked for after the event
    ],
)
def test_thanks_on_return_excuse_it_too(tmp_path: Path, before: str, back: str, later: str, outcome: str) -> None:
    excuses = "[{say: 请您稍等, scope: {role: agent}}, {after_end: 4, say: 感谢您的耐心等待, scope: {role: agent}}]"
    rule = f"points: 1, forbid: {{event: {{type: silence, at_least: 10, inside: true, unless: {excuses}}}}}"
    said = ((before, 1.0, 3.0), (back, 20.0, 22.0), (later, 27.0, 29.0))
    call = heard([Turn(role="agent", start=start, end=end, text=text) for text, start, end in said])
    assert verdict(sheet(tmp_path, rule), call).findings[0].outcome == outcome
