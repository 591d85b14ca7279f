"""Service types and stages of employment."""

from __future__ import annotations

from datetime import date

import pytest
from showing import make_call, silent

from qa.scoring.profile import service_types, stage
from qa.scoring.scorecard import Scorecards

PERSONAL = ("forbidden_phrases", "empathy")


def test_types_come_from_the_points_of_both_sides() -> None:
    calls = [make_call("a1", good=True), make_call("a2", good=True), make_call("b1", agent_id="8002"), make_call("b2", agent_id="8002")]
    cards = Scorecards.of([*calls, silent("s")])
    types = service_types(cards.criteria, cards.agents, PERSONAL, good=0.8, minimum=2)
    assert types.astype(object).where(types.notna(), None).to_dict("index") == {
        "8001": {"procedure": 1.0, "personal": 1.0, "service_type": "excellent"},
        "8002": {"procedure": 1.0, "personal": 0.0, "service_type": "by_the_book"},
        "unknown": {"procedure": None, "personal": None, "service_type": None},
    }


def test_too_few_calls_have_no_type_and_a_side_without_items_neither() -> None:
    cards = Scorecards.of([make_call("a1", good=True)])
    assert service_types(cards.criteria, cards.agents, PERSONAL, good=0.8, minimum=2)["service_type"].tolist() == [None]
    assert service_types(cards.criteria, cards.agents, ("nothing",), good=0.8, minimum=1)["service_type"].tolist() == [None]


def test_a_section_may_name_a_side() -> None:
    cards = Scorecards.of([make_call("a1", good=True)])
    assert service_types(cards.criteria, cards.agents, ("态度",), good=0.8, minimum=1)["personal"].tolist() == [1.0]


def test_without_names_the_rubric_says_which_side_an_item_is_on() -> None:
    cards = Scorecards.of([make_call("a1", good=False)])
    types = service_types(cards.criteria, cards.agents, (), good=0.8, minimum=1)
    assert types.loc["8001"].to_dict() == {"procedure": 1.0, "personal": 0.0, "service_type": "by_the_book"}


@pytest.mark.parametrize(
    ("hired", "expected"),
    [
        ("2026-11-20", "probation"),
        ("2026-08-21", "probation"),
        ("2026-08-20", "new"),
        ("2025-11-21", "new"),
        ("2025-11-20", "seasoned"),
        (None, None),
    ],
)
def test_a_stage_ends_on_its_day(hired: str | None, expected: str | None) -> None:
    assert stage(hired, date(2026, 11, 20)) == expected
