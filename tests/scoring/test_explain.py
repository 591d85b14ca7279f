"""Why a criterion has its outcome: the checks that were asked, as the engine asked them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from judging import heard, sheet

from qa.analysis.metrics import analyse
from qa.calls import Call, Event, Recording, Turn, Word
from qa.config import AnalysisSettings
from qa.errors import QaError
from qa.scoring.engine import judge
from qa.scoring.explain import Explanation, Step, explain
from qa.scoring.rubric import Rubric

AGENT = "scope: {role: agent}"


def call(rubric: Rubric, *lines: str | Turn, **more: Any) -> Call:
    recording, words = Recording(call_id="c1", content_hash="00"), heard(lines, **more)  # type: ignore[arg-type]
    analysis = analyse(words, AnalysisSettings())
    return Call(recording=recording, heard=words, analysis=analysis, verdict=judge(recording, words, analysis, rubric))


def explained(folder: Path, criterion: str, *lines: str, **more: Any) -> Explanation:
    rubric = sheet(folder, f"points: 1, {criterion}")
    return explain(call(rubric, *lines, **more), "c0", rubric)


def shape(step: Step) -> tuple[str, str, str, list[Any]]:
    return step.part, step.check.operator, step.result.state, [shape(inner) for inner in step.steps]


def test_the_tree_is_that_of_the_rule(tmp_path: Path) -> None:
    rule = f"{AGENT}, require: {{all: [{{say: 您好}}, {{any: [{{say: 欢迎致电}}, {{not: {{say: 不知道}}}}]}}]}}"
    why = explained(tmp_path, rule, "坐席：您好，不知道")
    assert why.finding.outcome == "missed"
    assert [shape(step) for step in why.steps] == [
        (
            "require", "all", "fails",
            [
                ("", "say", "holds", []),
                ("", "any", "fails", [("", "say", "fails", []), ("", "not_", "fails", [("", "say", "holds", [])])]),
            ],
        )
    ]  # fmt: skip
    assert [hit.text for hit in why.steps[0].steps[0].result.hits] == ["您好"]


def test_the_finding_is_the_engines(tmp_path: Path) -> None:
    rubric = sheet(tmp_path, f"points: 6, {AGENT}, require: {{say: 您好}}", f"points: 4, {AGENT}, forbid: {{say: 不知道}}")
    judged = call(rubric, "坐席：您好，不知道")
    for finding in judged.verdict.findings:
        why = explain(judged, finding.criterion, rubric)
        assert (why.finding, why.stored, why.stored_by) == (finding, finding, rubric.ref)


def test_conditions_and_anchors_are_told_apart(tmp_path: Path) -> None:
    rule = (
        "when: {say: 退款}, na_when: {say: 打错了}, scope: {role: agent, after: {say: {phrases: 退款}, scope: {role: customer}}}, "
        "require: {say: 抱歉}"
    )
    why = explained(tmp_path, rule, "坐席：您好", "客户：我要退款", "坐席：非常抱歉")
    assert [(step.part, step.result.state) for step in why.steps] == [
        ("when", "holds"),
        ("na_when", "fails"),
        ("after", "holds"),
        ("require", "holds"),
    ]


def test_a_criterion_that_does_not_apply_is_not_asked(tmp_path: Path) -> None:
    why = explained(tmp_path, f"when: {{say: 退款}}, {AGENT}, require: {{say: 抱歉}}", "坐席：您好")
    assert why.finding.outcome == "na"
    assert [(step.part, step.result.state) for step in why.steps] == [("when", "fails")]


def test_an_absence_is_pinned_to_its_nearest_miss(tmp_path: Path) -> None:
    why = explained(tmp_path, f"{AGENT}, require: {{say: 祝您生活愉快}}", "坐席：好的，祝您愉快，再见")
    (step,) = why.steps
    assert step.result.searched is not None
    assert step.result.searched.turns == 1
    assert step.nearest is not None
    assert (step.nearest.text, step.asked) == ("祝您愉快", 0.78)
    assert step.nearest.closeness < step.asked


def test_an_accusation_that_fails_tells_how_near_it_came(tmp_path: Path) -> None:
    why = explained(tmp_path, f"{AGENT}, forbid: {{say: {{phrases: [这不归我们管], closeness: 0.95}}}}", "坐席：这不归他们管")
    (step,) = why.steps
    assert (why.finding.outcome, step.result.state, step.result.nearest) == ("met", "fails", None)
    assert step.nearest is not None
    assert (step.nearest.text, step.asked) == ("这不归他们管", 0.95)


def test_what_must_be_said_exactly(tmp_path: Path) -> None:
    why = explained(tmp_path, f"{AGENT}, require: {{say: {{phrases: 优选商城, exact: true}}}}", "坐席：优选上城")
    assert (why.steps[0].asked, why.finding.outcome) == (1.0, "missed")


def test_the_excuse_of_an_event(tmp_path: Path) -> None:
    rule = "forbid: {event: {type: silence, at_least: 10, unless: {say: 稍等}}}"
    why = explained(tmp_path, rule, "坐席：请稍等", "坐席：好了", step=20.0, sounds=[Event("music", 30.0, 31.0)])
    (step,) = why.steps
    assert (step.check.operator, step.result.state) == ("event", "fails")
    assert [(inner.part, inner.result.state) for inner in step.steps] == [("unless", "holds")]


def test_doubt_is_shown_where_it_lies(tmp_path: Path) -> None:
    rubric = sheet(tmp_path, f"points: 1, {AGENT}, forbid: {{say: {{phrases: [这不归我们管], closeness: 0.6}}}}")
    words = (Word("这不归他们管", 1.0, 2.0, 0.2),)
    judged = call(rubric, Turn(role="agent", text="这不归他们管", start=1.0, end=2.0, confidence=0.2, words=words))
    why = explain(judged, "c0", rubric)
    assert (why.finding.outcome, why.steps[0].result.state, why.steps[0].result.reason) == (
        "unsure", "unsure", "只是读音相近，且识别把握低，请复听",
    )  # fmt: skip


def test_items_for_people_and_silent_calls_have_no_steps(tmp_path: Path) -> None:
    assert explained(tmp_path, "kind: human", "坐席：您好").steps == ()
    assert explained(tmp_path, f"{AGENT}, require: {{say: 您好}}", duration=9.0).steps == ()


def test_another_rubric_than_the_stored_one(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    old = sheet(tmp_path / "old", f"points: 1, {AGENT}, require: {{say: 您好}}")
    new = sheet(tmp_path, f"points: 1, {AGENT}, require: {{say: 早上好}}", "points: 1, require: {say: 再见}")
    judged = call(old, "坐席：您好")
    why = explain(judged, "c0", new)
    assert why.stored is not None
    assert (why.finding.outcome, why.stored.outcome, why.stored_by) == ("missed", "met", old.ref)
    assert explain(judged, "c1", new).stored is None


def test_an_unknown_criterion_names_those_there_are(tmp_path: Path) -> None:
    rubric = sheet(tmp_path, f"points: 1, {AGENT}, require: {{say: 您好}}")
    with pytest.raises(QaError, match="没有名为 greeting 的项目；有：c0"):
        explain(call(rubric, "坐席：您好"), "greeting", rubric)
