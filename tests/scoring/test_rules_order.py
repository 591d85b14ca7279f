"""sequence, and the scopes of percent and around: things in their order and place."""

from __future__ import annotations

from pathlib import Path

import pytest
from judging import heard, sheet, verdict

from qa.calls import Event, Finding, Heard
from qa.errors import RubricError

LETTERS = "甲乙丙丁戊己庚辛"
LONG = [f"坐席：第{n}句" for n in LETTERS]


def judged(folder: Path, criterion: str, call: Heard | list[str]) -> Finding:
    return verdict(sheet(folder, f"points: 1, {criterion}"), call if isinstance(call, Heard) else heard(call)).findings[0]


@pytest.mark.parametrize(
    ("scope", "timed", "untimed"),
    [
        ("first_percent: 25", "甲乙", "甲乙"),
        ("last_percent: 25", "庚辛", "庚辛"),
        ("first_percent: 1", "", "甲"),
        ("first_percent: 3, last_percent: 3", "甲辛", "甲辛"),
        ("first_turns: 1, last_percent: 13", "甲辛", "甲庚辛"),
        ("first_percent: 100", LETTERS, LETTERS),
        ("around: {say: 第丁句}, within_turns: 0", "丁", "丁"),
        ("around: {say: 第丁句}, within_turns: 1", "丙丁戊", "丙丁戊"),
        ("around: {say: 第丁句}, within_seconds: 3", "丙丁戊", LETTERS),
        ("around: {say: [第甲句, 第辛句]}, within_turns: 1", "甲乙庚辛", "甲乙庚辛"),
    ],
)
def test_scopes(tmp_path: Path, scope: str, timed: str, untimed: str) -> None:
    for call, wanted in ((heard(LONG), timed), (heard(LONG, step=None), untimed)):
        finding = judged(tmp_path, f"scope: {{{scope}}}, require: {{pattern: '第[{LETTERS}]句'}}", call)
        assert "".join(hit.text[1] for hit in finding.hits) == wanted


def test_around_something_in_time(tmp_path: Path) -> None:
    call = heard(LONG, sounds=[Event("music", 12.0, 25.0)])
    finding = judged(tmp_path, "scope: {around: {event: {type: hold}}, within_turns: 1}, require: {pattern: '第.句'}", call)
    assert "".join(hit.text[1] for hit in finding.hits) == "乙丙丁戊己"  # 丙丁戊 while it plays, one before and one after


@pytest.mark.parametrize(
    ("rule", "outcome", "hits"),
    [
        ("of: [{say: 第甲句}, {say: 第丙句}, {say: 第辛句}]", "met", "甲丙辛"),
        ("of: [{say: 第丙句}, {say: 第甲句}]", "missed", ""),
        ("of: [{say: 第甲句}, {say: 第甲句}]", "missed", ""),
        ("of: [{say: 第甲句}, {say: 第丙句}], within_turns: 1", "missed", ""),
        ("of: [{say: 第甲句}, {say: 第丙句}], within_turns: 2", "met", "甲丙"),
        ("of: [{say: 第甲句}, {say: 第丙句}], within_seconds: 6", "missed", ""),
        ("of: [{say: 第甲句}, {say: 第丙句}], within_seconds: 7", "met", "甲丙"),
        ("of: [{pattern: '第[甲丁]句'}, {say: 第戊句}], within_turns: 1", "met", "丁戊"),  # not the first 甲 but the one that fits
        ("of: [{say: 第甲句}, {say: 没有的话}]", "missed", ""),
        ("of: [{say: 第甲句}, {say: 您好, scope: {role: customer}}]", "na", ""),
    ],
)
def test_sequence(tmp_path: Path, rule: str, outcome: str, hits: str) -> None:
    finding = judged(tmp_path, f"require: {{sequence: {{{rule}}}}}", LONG)
    assert (finding.outcome, "".join(hit.text[1] for hit in finding.hits)) == (outcome, hits)


def test_words_and_events_in_order(tmp_path: Path) -> None:
    call = heard(["坐席：请稍等", "客户：好", "坐席：让您久等了"], sounds=[Event("music", 4.5, 15.5)], step=16.0)
    order = "require: {sequence: {of: [{say: 请稍等}, {event: {type: hold}}, {say: 久等了}], within_seconds: 20}}"
    assert judged(tmp_path, order, call).outcome == "met"
    wrong = "require: {sequence: {of: [{event: {type: hold}}, {say: 请稍等}]}}"
    finding = judged(tmp_path, wrong, call)
    assert (finding.outcome, finding.reason) == ("missed", "都出现了，但第 2 步没有按顺序跟在上一步之后")


@pytest.mark.parametrize(
    ("criterion", "fault"),
    [
        ("require: {sequence: {of: [{say: 您好}]}}", "of 里至少要有两项，才有先后"),
        ("require: {sequence: {of: [{say: 您好}, {metric: {name: duration, above: 1}}]}}", "metric 说的是整通电话，没有位置，排不出先后"),
        ("scope: {around: {say: 您好}}, require: {say: 再见}", "around 要写 within_turns（前后几句，0 是同一句）或 within_seconds"),
        ("scope: {after: {say: 您好}, within_turns: 0}, require: {say: 再见}", "within_turns 为 0（同一句）只与 around 一起用"),
        ("scope: {within_turns: 1}, require: {say: 再见}", "within_turns 与 within_seconds 要和 after、before 或 around 一起用"),
        ("require: {speaker: {}}", "要写且只写 first（谁先开口）与 last（谁最后说话）之一"),
        ("require: {repetition: {times: 1}}", "times 是一共说了几遍，至少是 2"),
        ("require: {event: {type: silence, characters: 3}}", "characters 只与 interruption（抢话）和 overtalk（同时说话）一起用"),
        ("require: {gap: {by: agent}}", "要写至少一个界限：above、below、at_least 或 at_most"),
        ("require: {entity: phnoe}", "只能是"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, criterion: str, fault: str) -> None:
    with pytest.raises(RubricError) as refused:
        sheet(tmp_path, f"points: 1, {criterion}")
    assert fault in (refused.value.why or "")
