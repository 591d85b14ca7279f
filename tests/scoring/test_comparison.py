"""Two verdicts on each call, added up."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

from judging import heard, sheet, verdict

from qa.calls import Recording, RubricRef, Verdict
from qa.scoring.comparison import CallChange, CriterionChange, ItemChange, Pair, Tally, compare
from qa.scoring.rubric import Rubric

HELLO = "points: 6, scope: {role: agent}, require: {say: 您好}"
BYE = "points: 4, scope: {role: agent}, require: {say: 再见}"
STRICTER = "points: 6, scope: {role: agent}, require: {say: {phrases: [您好, 请讲], match: all}}"
CALLS = {"a": ["坐席：您好，请讲，再见"], "b": ["坐席：您好，再见"], "c": ["坐席：喂，再见"], "d": ["客户：您好"], "e": []}


def rubric(folder: Path, *criteria: str) -> Rubric:
    folder.mkdir()
    return sheet(folder, *criteria)


def pairs(before: Rubric, after: Rubric) -> list[Pair]:
    """The calls of two agents: a and b are the first one's."""
    return [
        (
            Recording(call_id=call_id, content_hash="00", agent_id="8001" if call_id in "ab" else "8002", agent_name="王小丽"),
            *(verdict(one, heard(lines, duration=30.0)) for one in (before, after)),
        )
        for call_id, lines in CALLS.items()
    ]


def test_what_a_stricter_rule_changes(tmp_path: Path) -> None:
    before, after = rubric(tmp_path / "1", HELLO, BYE), rubric(tmp_path / "2", STRICTER, BYE)
    compared = compare(pairs(before, after))
    assert (compared.before, compared.after) == ((before.ref,), after.ref)
    assert (compared.changed, compared.turned, compared.newly_failed, compared.newly_passed) == (1, 1, 1, 0)
    assert (compared.total_before, compared.total_after) == (
        Tally(calls=5, scored=3, total=240.0, passed=2),
        Tally(calls=5, scored=3, total=180.0, passed=1),
    )
    assert (compared.total_before.mean, compared.total_before.pass_rate, Tally().mean, Tally().pass_rate) == (80.0, 0.6667, None, None)
    assert compared.criteria == (
        CriterionChange(
            criterion="c0",
            name="项目0",
            steps={("met", "met"): 1, ("met", "missed"): 1, ("missed", "missed"): 1, ("na", "na"): 2},
            lost_before=6.0,
            lost_after=12.0,
        ),
    )
    assert compared.criteria[0].moved == {("met", "missed"): 1}
    (agent,) = compared.agents
    assert (agent.agent_id, agent.before.mean, agent.after.mean, agent.difference) == ("8001", 100.0, 70.0, -30.0)
    (call,) = compared.calls
    why = "坐席的全部话语里「您好」、「请讲」只有 1 处，不够 全部"
    item = ItemChange(criterion="c0", name="项目0", before="met", after="missed", why=why)
    assert call == CallChange(
        call_id="b", agent_id="8001", agent_name="王小丽", started_at=None, before=call.before, after=call.after, items=(item,)
    )
    assert (call.before.scaled, call.after.scaled, call.difference, call.turned) == (100.0, 40.0, -60.0, True)


def test_the_same_rubric_changes_nothing(tmp_path: Path) -> None:
    one = rubric(tmp_path / "1", HELLO, BYE)
    compared = compare(pairs(one, one))
    assert (compared.changed, compared.turned, compared.criteria, compared.agents, compared.calls) == (0, 0, (), (), ())


def test_no_calls() -> None:
    compared = compare([])
    assert (compared.before, compared.after, compared.total_before, compared.calls) == ((), None, Tally(), ())


def test_criteria_that_only_one_sheet_has(tmp_path: Path) -> None:
    compared = compare(pairs(rubric(tmp_path / "1", HELLO, BYE), rubric(tmp_path / "2", HELLO)))
    (item,) = compared.criteria
    assert (item.criterion, item.moved) == ("c1", {("met", None): 3})  # not applying and not being on the sheet are the same
    assert [change.items[0].after for change in compared.calls] == [None] * 3


def test_points_alone_can_change(tmp_path: Path) -> None:
    compared = compare(pairs(rubric(tmp_path / "1", HELLO, BYE), rubric(tmp_path / "2", HELLO.replace("6", "12"), BYE)))
    assert [(item.criterion, item.changed, item.lost_before, item.lost_after) for item in compared.criteria] == [("c0", 0, 6.0, 12.0)]
    assert [(call.call_id, call.difference, call.turned, call.items) for call in compared.calls] == [
        ("c", -15.0, False, ()),
        ("a", 0.0, False, ()),
        ("b", 0.0, False, ()),
    ]


def test_of_many_calls_those_that_change_most_are_kept(tmp_path: Path) -> None:
    before, after = rubric(tmp_path / "1", HELLO, BYE), rubric(tmp_path / "2", STRICTER, BYE)
    many = [
        (Recording(call_id=f"{number}{recording.call_id}", content_hash="00"), old, new)
        for number in range(20)
        for recording, old, new in pairs(before, after)
    ]
    compared = compare(many, kept=3)
    assert compared.changed == 20
    assert [call.call_id for call in compared.calls] == ["0b", "10b", "11b"]


def test_a_store_that_several_rubrics_judged(tmp_path: Path) -> None:
    one, two = rubric(tmp_path / "1", HELLO), rubric(tmp_path / "2", BYE)
    (first, second, *_), old = pairs(one, two), RubricRef("old", "1", "ff")
    verdicts: list[Verdict] = [first[1], second[1]]
    aged = Verdict(findings=verdicts[1].findings, score=verdicts[1].score, complaint=verdicts[1].complaint, rubric=old)
    assert compare([first, (second[0], aged, second[2])]).before == (one.ref, old)


def test_memory_does_not_grow_with_the_calls(tmp_path: Path) -> None:
    before, after = rubric(tmp_path / "1", HELLO, BYE), rubric(tmp_path / "2", STRICTER, BYE)
    _, old, new = pairs(before, after)[1]

    def peak(calls: int) -> int:
        tracemalloc.start()
        assert compare(((Recording(call_id=str(n), content_hash="00"), old, new) for n in range(calls)), kept=20).changed == calls
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(100)
    assert peak(5_000) < 1.5 * peak(500)


def test_a_change_tells_the_words_that_it_rests_on(tmp_path: Path) -> None:
    banned = "points: 4, scope: {role: agent}, forbid: {say: [您好, 再见]}"
    before, after = rubric(tmp_path / "1", banned), rubric(tmp_path / "2", "points: 4, scope: {role: agent}, forbid: {say: 请讲}")
    told = {call.call_id: call.items[0].why for call in compare(pairs(before, after)).calls}
    assert told == {"b": "「您好」「再见」", "c": "「再见」"}  # the old miss, where the new sheet has none
    dated = rubric(tmp_path / "3", "points: 4, scope: {role: agent}, valid_from: 2026-12-01, forbid: {say: [您好, 再见]}")
    (item,) = {call.items[0] for call in compare(pairs(before, dated)).calls if call.call_id == "c"}
    assert (item.before, item.after, item.why) == ("missed", "na", "本项从 2026-12-01 起生效，而这通电话没有时间")
