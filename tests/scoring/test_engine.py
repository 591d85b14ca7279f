"""Outcomes, points, the score and the flags; degenerate calls; the shipped rubric on a good call."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from judging import heard, sheet, turns, verdict

from qa.calls import Event, Finding, Heard, Roles, Score, Turn, Verdict
from qa.config import shipped
from qa.scoring.rubric import Criterion, Rubric, load_rubric

AGENT = "scope: {role: agent}"
HELLO = f"points: 6, {AGENT}, require: {{say: 您好}}"
RUDE = f"points: 4, {AGENT}, forbid: {{say: 不知道}}"


def outcomes(found: Verdict) -> list[tuple[str, float, float]]:
    return [(finding.outcome, finding.points, finding.max_points) for finding in found.findings]


def test_a_finding_is_whole(tmp_path: Path) -> None:
    found = verdict(sheet(tmp_path, HELLO), heard(["坐席：您好，请讲"]))
    (finding,) = found.findings
    (hit,) = finding.hits
    assert finding == Finding(
        criterion="c0", name="项目0", section="全部", outcome="met", points=6.0, max_points=6.0, hits=(hit,), searched=finding.searched
    )
    assert (hit.role, hit.text, hit.start, hit.end, hit.phrase, hit.closeness, hit.turn, hit.span) == (
        "agent",
        "您好",
        1.0,
        2.2,
        "您好",
        1.0,
        0,
        (0, 2),
    )
    assert found.score == Score(total=6.0, possible=6.0, scaled=100.0, band="好", passed=True)
    assert (found.flags, found.complaint.detected, found.rubric.id) == ((), False, "small")


def test_points_add_up_over_what_could_be_measured(tmp_path: Path) -> None:
    rubric = sheet(tmp_path, HELLO, RUDE, "points: 5, require: {metadata: {field: x, equals: y}}", "points: 9, kind: human")
    found = verdict(rubric, heard(["坐席：喂，不知道。"]))
    assert outcomes(found) == [("missed", 0.0, 6.0), ("missed", 0.0, 4.0), ("na", 0.0, 0.0), ("na", 0.0, 0.0)]
    assert [finding.reason for finding in found.findings[2:]] == ["元数据里没有 x", "人工评分项，不计入自动得分"]
    half = verdict(rubric, heard(["坐席：您好，不知道。"]))
    assert half.score == Score(total=6.0, possible=10.0, scaled=60.0, band="差", passed=False)
    assert half.flags == ("low_score",)


@pytest.mark.parametrize(("said", "points"), [("好", 4.0), ("不知道", 2.5), ("不知道，不知道", 1.0), ("不知道，不知道，不知道", 1.0)])
def test_deductions_stop_at_their_cap(tmp_path: Path, said: str, points: float) -> None:
    found = verdict(sheet(tmp_path, f"{RUDE}, deduct: {{each: 1.5, at_most: 3}}"), heard([f"坐席：{said}"]))
    assert found.findings[0].points == points


@pytest.mark.parametrize(
    ("said", "outcome", "points"),
    [("好", "missed", 0.0), ("谢谢", "missed", 2.0), ("谢谢，谢谢", "met", 5.0), ("谢谢，谢谢，谢谢", "met", 5.0)],
)
def test_awards_for_each_hit(tmp_path: Path, said: str, outcome: str, points: float) -> None:
    found = verdict(
        sheet(tmp_path, f"points: 5, {AGENT}, require: {{say: {{phrases: 谢谢, times: 2}}}}, award: {{each: 2}}"), heard([f"坐席：{said}"])
    )
    assert (found.findings[0].outcome, found.findings[0].points, len(found.findings[0].hits)) == (outcome, points, said.count("谢谢"))


def test_a_fatal_miss_makes_the_score_zero_and_keeps_the_total(tmp_path: Path) -> None:
    rubric = sheet(tmp_path, HELLO, f"fatal: true, {AGENT}, forbid: {{say: 你有病}}")
    found = verdict(rubric, heard(["坐席：您好，你有病。"]))
    assert found.score == Score(total=6.0, possible=6.0, scaled=0.0, band="差", passed=False, fatal=("c1",))
    assert found.flags == ("fatal", "low_score", "review")
    clean = verdict(rubric, heard(["坐席：您好。"]))
    assert (clean.score.scaled, clean.score.fatal, clean.flags) == (100.0, (), ())


def test_conditions_decide_whether_a_criterion_applies(tmp_path: Path) -> None:
    rubric = sheet(
        tmp_path,
        f"{HELLO}, when: {{say: 退款, scope: {{role: customer}}}}, na_reason: 没有谈退款",
        f"{HELLO}, na_when: {{say: 退款, scope: {{role: customer}}}}",
        f"{HELLO}, when: {{metadata: {{field: queue, equals: vip}}}}",
    )
    asked = verdict(rubric, heard(["坐席：您好", "客户：我要退款"]))
    assert [finding.outcome for finding in asked.findings] == ["met", "na", "na"]
    plain = verdict(rubric, heard(["坐席：喂", "客户：我要问问"]), extra={"queue": "vip"})
    assert [(finding.outcome, finding.reason) for finding in plain.findings] == [
        ("na", "没有谈退款"),
        ("missed", "坐席的全部话语里没有「您好」"),
        ("missed", "坐席的全部话语里没有「您好」"),
    ]


def test_assistance_asks_for_review_when_missed(tmp_path: Path) -> None:
    rubric = sheet(tmp_path, f"{HELLO}, kind: assist")
    assert verdict(rubric, heard(["坐席：您好"])).flags == ()
    assert verdict(rubric, heard(["坐席：喂"])).flags == ("low_score", "review")


def test_unclear_roles_judge_nobody(tmp_path: Path) -> None:
    rubric = sheet(
        tmp_path,
        HELLO,
        "points: 1, require: {metric: {name: duration, below: 600}}",
        "points: 1, forbid: {event: {type: interruption, by: agent}}",
    )
    found = verdict(rubric, heard(["坐席：喂"], sure=0.5))
    assert outcomes(found) == [("unsure", 0.0, 0.0), ("met", 1.0, 1.0), ("unsure", 0.0, 0.0)]
    assert found.findings[0].reason == "分不清谁是坐席（把握 0.50，要求 0.60）"
    assert found.flags == ("review", "roles")


# ---- degenerate calls


NOTHING = Heard(duration=60.0, channels=2, turns=(), roles=Roles(method="manual", confidence=1.0), parted=True)


@pytest.mark.parametrize(
    "call", [NOTHING, replace(NOTHING, duration=0.0), heard(["坐席： ", "客户：，"], step=None)], ids=["silence", "no length", "empty text"]
)
def test_a_call_without_a_word_punishes_nobody(call: Heard, tmp_path: Path) -> None:
    rubric = sheet(tmp_path, HELLO, RUDE, "points: 3, forbid: {event: {type: silence, at_least: 10}}")
    found = verdict(rubric, call)
    assert {(finding.outcome, finding.reason) for finding in found.findings} == {("na", "没有可评的话语")}
    assert found.score == Score(total=0.0, possible=0.0, scaled=None, band=None, passed=None)
    assert found.flags == ("review",)


def test_one_party_calls(tmp_path: Path) -> None:
    rubric = sheet(tmp_path, HELLO, "points: 2, scope: {role: customer}, require: {say: 谢谢}")
    agent = verdict(rubric, heard(["坐席：喂？"]))
    assert [(finding.outcome, finding.reason) for finding in agent.findings] == [
        ("missed", "坐席的全部话语里没有「您好」"),
        ("na", "全程没有听到客户说话"),
    ]
    customer = verdict(rubric, heard(["客户：喂？"]))
    assert [(finding.outcome, finding.reason) for finding in customer.findings] == [
        ("na", "全程没有听到坐席说话"),
        ("missed", "客户的全部话语里没有「谢谢」"),
    ]
    assert (customer.score.scaled, customer.score.band, customer.score.passed, customer.flags) == (None, None, None, ("review",))
    assert (agent.score.scaled, agent.score.passed) == (0.0, False)


def test_an_agent_who_is_never_heard_earns_nothing_by_silence(general: Rubric) -> None:
    found = verdict(general, heard(["客户：喂？", "客户：有人吗？"]))
    assert {finding.outcome for finding in found.findings} == {"met", "na"}
    assert (found.score.scaled, found.score.band, found.flags) == (None, None, ("review",))


def test_a_rubric_of_which_nothing_applies_has_no_score(tmp_path: Path) -> None:
    found = verdict(sheet(tmp_path, "points: 5, kind: human"), heard(["坐席：您好"]))
    assert found.score == Score(total=0.0, possible=0.0, scaled=None, band=None, passed=None)
    assert found.flags == ()


# ---- the shipped rubric


@pytest.fixture(scope="module")
def general() -> Rubric:
    return load_rubric(shipped("rubrics", "general_inbound.yaml"))


GOOD_CALL = [
    "坐席：您好，这里是优选商城，工号八零零一为您服务，请问有什么可以帮您？",
    "客户：我上周申请的退款一直没有到账，你们怎么回事？",
    "坐席：非常抱歉给您添麻烦了，麻烦您提供一下登记手机号的后四位，我核实一下。",
    "客户：三四五六。",
    "坐席：谢谢您，我帮您登记加急，二十四小时之内给您回复。",
    "客户：好的。",
    "坐席：请问还有其他可以帮您的吗？",
    "客户：没有了。",
    "坐席：感谢您的来电，祝您生活愉快，再见。",
]


def test_a_good_call_passes_and_the_same_bytes_come_out_again(general: Rubric) -> None:
    first, second = (verdict(general, heard(GOOD_CALL)) for _ in range(2))
    met = {finding.criterion for finding in first.findings if finding.outcome == "met"}
    assert {
        "greeting",
        "self_introduction",
        "identity_check",
        "courtesy",
        "forbidden_phrases",
        "overpromise",
        "empathy",
        "further_help",
        "closing",
    } <= met
    assert first.score.passed
    assert json.dumps(asdict(first), ensure_ascii=False) == json.dumps(asdict(second), ensure_ascii=False)


def test_every_missed_finding_says_why(general: Rubric) -> None:
    found = verdict(general, heard(["坐席：喂，说。", "客户：我要投诉你们。", "坐席：不知道，你去问别人吧。好，挂了。"]))
    missed = [finding for finding in found.findings if finding.outcome == "missed"]
    assert len(missed) > 5
    assert all(finding.hits or finding.reason for finding in missed)
    assert all(finding.reason for finding in found.findings if finding.outcome == "na")


def test_every_criterion_of_the_sheet_is_judged_in_its_order(general: Rubric) -> None:
    ids = [criterion.id for _, criterion in general.criteria()]
    assert [finding.criterion for finding in verdict(general, NOTHING).findings] == ids
    assert all(isinstance(criterion, Criterion) for _, criterion in general.criteria())


def waiting(first: str, *, music: bool, back: str = "让您久等了，已经查到了。") -> Heard:
    """A call in which ``first`` is said before 16 s of music or of nothing, ``back`` after it."""
    said = (
        *turns(["坐席：您好，这里是优选商城。", "客户：我的快递还没有到。", f"坐席：{first}"]),
        Turn(role="agent", text=back, start=31.0, end=34.0),
        Turn(role="customer", text="好的谢谢。", start=35.0, end=36.0),
    )
    return heard(said, sounds=[Event("music", 14.5, 30.5)] if music else [])


@pytest.mark.parametrize(
    ("first", "music", "expected"),
    [
        ("请您稍等，我帮您查询一下。", True, {"hold_notice": "met", "dead_air": "met", "hold_thanks": "met"}),
        ("请您稍等，我帮您查询一下。", False, {"hold_notice": "met", "dead_air": "met", "hold_thanks": "met"}),
        ("嗯。", True, {"hold_notice": "missed", "dead_air": "met", "hold_thanks": "met"}),
        # thanks on return tell a wait from being left alone; it was not announced all the same
        ("嗯。", False, {"hold_notice": "missed", "dead_air": "met", "hold_thanks": "met"}),
    ],
)
def test_waiting_must_be_announced(general: Rubric, first: str, music: bool, expected: dict[str, str]) -> None:
    found = {finding.criterion: finding.outcome for finding in verdict(general, waiting(first, music=music)).findings}
    assert {name: found[name] for name in expected} == expected


def test_silence_without_a_word_before_or_after_is_dead_air(general: Rubric) -> None:
    found = {finding.criterion: finding.outcome for finding in verdict(general, waiting("嗯。", music=False, back="已经查到了。")).findings}
    assert (found["hold_notice"], found["dead_air"], found["hold_thanks"]) == ("missed", "missed", "missed")


def test_without_a_wait_nothing_had_to_be_announced(general: Rubric) -> None:
    found = {finding.criterion: finding for finding in verdict(general, heard(GOOD_CALL)).findings}
    assert [(found[name].outcome, found[name].reason) for name in ("hold_notice", "hold_thanks", "dead_air")] == [
        ("na", "没有让客户等待"),
        ("na", "没有让客户等待"),
        ("met", "没有 10 秒以上的静音"),
    ]


def test_who_has_no_trouble_needs_no_comfort(general: Rubric) -> None:
    def empathy(*lines: str) -> tuple[str, str | None]:
        found = {finding.criterion: finding for finding in verdict(general, heard(lines)).findings}["empathy"]
        return found.outcome, found.reason

    assert empathy("坐席：您好。", "客户：你好，请问营业厅几点开门？", "坐席：九点。", "客户：没有了，谢谢。") == (
        "na",
        "客户没有提到任何不顺",
    )
    assert empathy("坐席：您好。", "客户：我的宽带上不了网。", "坐席：让您久等了，我看看。")[0] == "missed"
