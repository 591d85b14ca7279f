"""Bonus, section-fatal, critical and severe items, and which rubric a call is judged by."""

from __future__ import annotations

from pathlib import Path

import pytest
from judging import heard, sheet, verdict

from qa.calls import Recording, Score, Verdict
from qa.scoring.choice import applies, choose
from qa.scoring.rubric import Rubric, load_rubric
from qa.scoring.totals import critical_score

HELLO = "points: 6, require: {say: 您好}"
RUDE = "points: 4, forbid: {say: 不知道}"


def outcomes(found: Verdict) -> list[tuple[str, float, float]]:
    return [(finding.outcome, finding.points, finding.max_points) for finding in found.findings]


def test_a_bonus_comes_on_top_and_costs_nothing(tmp_path: Path) -> None:
    bonus = "points: 3, bonus: true, require: {say: NAME}"
    rubric = sheet(tmp_path, HELLO, RUDE, bonus.replace("NAME", "表扬"), bonus.replace("NAME", "感谢"))
    assert rubric.total == 10.0
    both = verdict(rubric, heard(["坐席：您好，不知道。", "客户：我要表扬你，感谢。"]))
    assert outcomes(both) == [("met", 6.0, 6.0), ("missed", 0.0, 4.0), ("met", 3.0, 0.0), ("met", 3.0, 0.0)]
    assert both.score == Score(total=11.0, possible=10.0, scaled=65.0, band="差", passed=False)  # at most 5 on top
    none = verdict(rubric, heard(["坐席：您好。"]))
    assert [(finding.outcome, finding.reason) for finding in none.findings[2:]] == [("na", "加分项，没有加分")] * 2
    assert none.score == Score(total=10.0, possible=10.0, scaled=100.0, band="好", passed=True)


def test_a_bonus_may_pass_the_hundred_but_not_a_fatal_item(tmp_path: Path) -> None:
    bonus = "points: 3, bonus: true, require: {say: 表扬}"
    assert verdict(sheet(tmp_path, HELLO, bonus), heard(["坐席：您好", "客户：表扬你"])).score.scaled == 103.0
    fatal = verdict(sheet(tmp_path, HELLO, bonus, "fatal: true, forbid: {say: 有病}"), heard(["坐席：您好，有病", "客户：表扬你"]))
    assert (fatal.score.scaled, fatal.score.fatal) == (0.0, ("c2",))


SECTIONS = """\
id: s
version: "1"
name: 表
sections:
  - id: a
    name: 甲
    criteria:
      - {id: hello, name: 问候, points: 6, why: 因为, require: {say: 您好}}
      - {id: rude, name: 骂人, points: 2, why: 因为, fatal: section, forbid: {say: 有病}}
  - id: b
    name: 甲
    criteria:
      - {id: bye, name: 再见, points: 2, why: 因为, critical: true, require: {say: 再见}}
      - {id: safe, name: 保证, points: 6, why: 因为, critical: true, forbid: {say: 我保证}}
"""


def sections(folder: Path) -> Rubric:
    (folder / "s.yaml").write_text(SECTIONS, encoding="utf-8")
    return load_rubric(folder / "s.yaml")


def test_fatal_for_its_section_alone(tmp_path: Path) -> None:
    found = verdict(sections(tmp_path), heard(["坐席：您好，有病。再见。"]))
    assert outcomes(found) == [("met", 0.0, 6.0), ("missed", 0.0, 2.0), ("met", 2.0, 2.0), ("met", 6.0, 6.0)]
    assert found.findings[0].reason == "本组一票否决（骂人），不得分"
    assert (found.score.total, found.score.fatal, found.flags) == (8.0, (), ("low_score", "review"))
    assert [finding.fatal for finding in found.findings] == [False] * 4


def test_critical_items_are_added_up_for_themselves(tmp_path: Path) -> None:
    rubric = sections(tmp_path)
    found = verdict(rubric, heard(["坐席：您好，我保证。再见。"]))
    assert critical_score(found.findings, rubric) == 25.0
    assert critical_score(verdict(rubric, heard([])).findings, rubric) is None
    plain = sheet(tmp_path, HELLO)
    assert critical_score(verdict(plain, heard(["坐席：您好"])).findings, plain) is None


@pytest.mark.parametrize(("severity", "flags"), [("轻度", ()), ("中度", ()), ("重度", ("review",))])
def test_a_severe_miss_is_for_a_person_to_confirm(tmp_path: Path, severity: str, flags: tuple[str, ...]) -> None:
    rubric = sheet(tmp_path, f"{RUDE}, severity: {severity}", "points: 96, require: {say: 您好}")
    assert verdict(rubric, heard(["坐席：您好，不知道。"])).flags == flags


@pytest.mark.parametrize(
    "criterion",
    [
        "points: 3, bonus: true, forbid: {say: 不好}",
        "bonus: true, require: {say: 您好}, fatal: true",
        "points: 3, bonus: true, kind: human",
    ],
)
def test_a_bonus_must_be_earned_by_something(tmp_path: Path, criterion: str) -> None:
    with pytest.raises(Exception, match="加分项"):
        sheet(tmp_path, criterion)


def test_the_most_particular_sheet_is_chosen(tmp_path: Path) -> None:
    def of(name: str, applies_to: str) -> Rubric:
        (tmp_path / f"{name}.yaml").write_text(SECTIONS.replace("id: s\n", f"id: {name}\n") + applies_to, encoding="utf-8")
        return load_rubric(tmp_path / f"{name}.yaml")

    general = of("general", "")
    inbound = of("inbound", "applies_to: {direction: inbound}")
    second = of("second", "applies_to: {direction: inbound, queue: [二线, 投诉]}")
    rubrics = [general, inbound, second]

    def chosen(**known: object) -> Rubric | None:
        return choose(rubrics, Recording(call_id="c1", content_hash="00", **known))  # type: ignore[arg-type]

    assert chosen(direction="inbound", extra={"queue": "投诉"}) is second
    assert chosen(direction="inbound", extra={"queue": "一线"}) is inbound
    assert chosen(direction="outbound") is general
    assert chosen() is general
    assert choose([second], Recording(call_id="c1", content_hash="00")) is None
    assert applies(general, Recording(call_id="c1", content_hash="00"))
    assert inbound.hash != of("inbound", "pass_mark: 81").hash
    assert inbound.hash == of("inbound", "").hash  # which calls it is for changes no verdict
