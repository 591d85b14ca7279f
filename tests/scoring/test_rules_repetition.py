"""repetition: by the same party and of the other, lengths, exclusions, thresholds."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from judging import heard, sheet, turns, verdict

from qa.calls import Finding, Heard, Hit

ASKS = ["客户：我的退款什么时候能到账？", "坐席：嗯，请讲。", "客户：我问的是退款什么时候能到账！", "客户：退款到底什么时候能到账啊？"]


def judged(folder: Path, criterion: str, call: Heard | list[str]) -> Finding:
    return verdict(sheet(folder, f"points: 1, {criterion}"), call if isinstance(call, Heard) else heard(call)).findings[0]


@pytest.mark.parametrize(
    ("rule", "role", "outcome", "hits"),
    [
        ("times: 3", "customer", "met", 3),
        ("times: 4", "customer", "missed", 0),
        ("times: 2", "agent", "missed", 0),
        ("times: 3, similarity: 0.95", "customer", "missed", 0),
        ("times: 2, characters: 20", "customer", "missed", 0),
        ("times: 2, excluding: 什么时候能到账", "customer", "missed", 0),
    ],
)
def test_a_party_repeats_itself(tmp_path: Path, rule: str, role: str, outcome: str, hits: int) -> None:
    finding = judged(tmp_path, f"scope: {{role: {role}}}, require: {{repetition: {{{rule}}}}}", ASKS)
    assert (finding.outcome, len(finding.hits)) == (outcome, hits)


def test_each_time_is_told_with_the_first_as_its_phrase(tmp_path: Path) -> None:
    finding = judged(tmp_path, "scope: {role: customer}, forbid: {repetition: {times: 2}}", ASKS[:3])
    assert finding.hits == (
        Hit(role="customer", text="我的退款什么时候能到账", start=1.0, end=3.75, phrase="我的退款什么时候能到账", turn=0, span=(0, 11)),
        Hit(
            role="customer", text="我问的是退款什么时候能到账", start=11.0, end=13.79, phrase="我的退款什么时候能到账",
            closeness=0.917, turn=2, span=(0, 13),
        ),
    )  # fmt: skip
    assert finding.reason == "客户同样的话说了 2 遍"


def test_an_absence_shows_the_nearest_two(tmp_path: Path) -> None:
    finding = judged(tmp_path, "scope: {role: customer}, require: {repetition: {times: 2, similarity: 1}}", ASKS)
    assert (finding.outcome, finding.reason) == ("missed", "客户没有把同一句话说 2 遍")
    assert finding.nearest is not None
    assert (finding.nearest.text, finding.nearest.phrase) == ("我问的是退款什么时候能到账", "我的退款什么时候能到账")


def test_repeating_the_other_must_come_after(tmp_path: Path) -> None:
    rule = "scope: {role: agent}, require: {repetition: {of: other, times: 1}}"
    said, back = "客户：地址改到建设路十八号。", "坐席：地址改到建设路十八号对吗？"
    assert judged(tmp_path, rule, [said, back]).outcome == "met"
    assert judged(tmp_path, rule, [back, said]).outcome == "missed"
    assert judged(tmp_path, rule, ["坐席：地址改到建设路十八号。", back, "客户：对。"]).outcome == "missed"
    assert judged(tmp_path, rule, heard([said, back], sure=0.3)).outcome == "unsure"


def test_degenerate_calls(tmp_path: Path) -> None:
    rule = "scope: {role: customer}, forbid: {repetition: {times: 2}}"
    assert judged(tmp_path, rule, ["坐席：您好"]).outcome == "na"
    assert judged(tmp_path, rule, ["客户：！！！", "坐席：喂"]).outcome == "na"
    low = heard(turns(["客户：嗡嗡嗡嗡嗡嗡嗡嗡嗡"], confidence=0.1))
    assert judged(tmp_path, rule.replace("forbid", "require"), low).outcome == "unsure"


WORDS = st.lists(st.text(alphabet="我要退款不行，。好 的?12", min_size=0, max_size=30), min_size=1, max_size=8)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=WORDS, low=st.integers(50, 100), high=st.integers(50, 100))
def test_a_lower_similarity_never_finds_less(tmp_path: Path, lines: list[str], low: int, high: int) -> None:
    low, high = sorted((low, high))
    call = heard([f"客户：{line}" for line in lines])
    counts = []
    for similarity in (low, high):
        finding = judged(tmp_path, f"require: {{repetition: {{times: 2, similarity: {similarity / 100}}}}}", call)
        counts.append(len(finding.hits))
        for hit in finding.hits:
            assert hit.turn is not None
            assert hit.span is not None
            assert call.turns[hit.turn].text[slice(*hit.span)] == hit.text
    assert counts[0] >= counts[1]
