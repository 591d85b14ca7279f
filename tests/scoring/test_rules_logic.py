"""all, any, not, count: the truth tables of four states, and what evidence remains."""

from __future__ import annotations

from pathlib import Path

import pytest
from judging import heard, sheet, turns, verdict

from qa.calls import Finding

HOLDS, FAILS = "{say: 您好}", "{say: 没有的话, scope: {first_turns: 1}}"
NA = "{metadata: {field: queue, equals: x}}"
UNSURE = "{say: 没听清的一句话, scope: {last_turns: 1}}"  # the last turn was hardly understood


def judged(folder: Path, check: str) -> Finding:
    said = turns(["坐席：您好，欢迎", "客户：喂喂"], confidence=0.9) + turns(["坐席：嗡嗡嗡嗡嗡嗡嗡嗡"], confidence=0.1, step=60.0)
    return verdict(sheet(folder, f"points: 1, require: {check}"), heard(said)).findings[0]


@pytest.mark.parametrize(
    ("parts", "every", "some", "two"),
    [
        ([HOLDS, HOLDS], "met", "met", "met"),
        ([HOLDS, FAILS], "missed", "met", "missed"),
        ([HOLDS, UNSURE], "unsure", "met", "unsure"),
        ([HOLDS, NA], "met", "met", "missed"),
        ([FAILS, FAILS], "missed", "missed", "missed"),
        ([FAILS, UNSURE], "missed", "unsure", "missed"),
        ([FAILS, NA], "missed", "missed", "missed"),
        ([UNSURE, UNSURE], "unsure", "unsure", "unsure"),
        ([UNSURE, NA], "unsure", "unsure", "missed"),
        ([NA, NA], "na", "na", "na"),
    ],
)
def test_truth_tables(tmp_path: Path, parts: list[str], every: str, some: str, two: str) -> None:
    for order in (parts, parts[::-1]):
        listed = ", ".join(order)
        outcomes = [
            judged(tmp_path, check).outcome
            for check in (f"{{all: [{listed}]}}", f"{{any: [{listed}]}}", f"{{count: {{of: [{listed}], at_least: 2}}}}")
        ]
        assert outcomes == [every, some, two]


@pytest.mark.parametrize(("part", "outcome"), [(HOLDS, "missed"), (FAILS, "met"), (NA, "na")])
def test_not(tmp_path: Path, part: str, outcome: str) -> None:
    finding = judged(tmp_path, f"{{not: {part}}}")
    assert (finding.outcome, [hit.text for hit in finding.hits]) == (outcome, ["您好"] if part == HOLDS else [])


def test_half_of_what_is_required_is_told(tmp_path: Path) -> None:
    finding = judged(tmp_path, "{all: [{say: 您好}, {say: 工号, scope: {role: agent, first_turns: 1}}]}")
    assert (finding.outcome, finding.hits, finding.reason) == ("missed", (), "只说了「您好」；坐席的前 1 句话语里没有「工号」")


def test_hits_of_all_parts_stand_in_order_of_time(tmp_path: Path) -> None:
    finding = judged(tmp_path, "{all: [{say: 喂喂}, {say: 欢迎}, {say: 您好}, {say: 您好}]}")
    assert [hit.text for hit in finding.hits] == ["您好", "欢迎", "喂喂"]
