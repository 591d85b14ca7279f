"""Scorecards: whole tables from calls made by hand, and what nothing gives."""

from __future__ import annotations

import math
from dataclasses import replace
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from showing import imported, make_call, silent

from qa.analysis.metrics import METRICS
from qa.scoring.scorecard import (
    CALL_COLUMNS,
    CRITERION_COLUMNS,
    Scorecards,
    agent_scorecards,
    call_row,
    call_table,
    criterion_table,
    daily,
    flagged,
    item_table,
    score_distribution,
    team_scorecards,
)

CALLS = [
    make_call("c1"),
    make_call("c2", day=18, good=True),
    make_call("c3", day=18, fatal=True, agent_id="8002", agent_name="李强", team="二组"),
    silent("s"),
    imported("i"),
]


@pytest.fixture(scope="module")
def cards() -> Scorecards:
    return Scorecards.of(iter(CALLS))  # a stream: read once


def test_a_call_is_one_flat_row() -> None:
    row = call_row(CALLS[2])
    assert {name: row[name] for name in CALL_COLUMNS if name not in METRICS and name != "started_at"} == {
        "call_id": "c3",
        "agent_id": "8002",
        "agent_name": "李强",
        "team": "二组",
        "team_leader": "赵敏",
        "hired_on": "",
        "customer_id": "13800001000",
        "direction": "inbound",
        "channels": 2,
        "score": 0.0,
        "points": 5.0,
        "possible": 18.0,
        "band": "不合格",
        "passed": False,
        "fatal": 1,
        "fatal_items": "过度承诺",
        "complaint": True,
        "complaint_probability": 0.93,
        "complaint_categories": "服务态度",
        "complaint_intensity": 81.5,
        "threat": True,
        "threats": "监管",
        "call_type": "投诉",
        "sentiment": -0.7,
        "sentiment_trend": "steady",
        "flags": "fatal；complaint；low_score；review",
        "met": 1,
        "missed": 3,
        "unsure": 1,
        "na": 0,
        "missed_items": "服务禁语；共情安抚；过度承诺",
        "roles_method": "channel",
        "roles_confidence": 0.98,
        "confidence": 0.806,
        "turns": 3,
        "dropped": 1,
        "rubric_id": "general-inbound",
        "rubric_version": "2026.11",
        "rubric_hash": "ab" * 32,
    }
    assert row["duration"] == 10.0
    assert row["agent_talk"] == 3.0


def test_tables_have_the_same_columns_and_types_for_no_calls_at_all() -> None:
    none, some = call_table([]), call_table(CALLS)
    assert list(none.columns) == list(some.columns) == list(CALL_COLUMNS)
    assert {name: str(kind) for name, kind in none.dtypes.items()} == {name: str(kind) for name, kind in some.dtypes.items()}
    assert list(criterion_table([]).columns) == list(CRITERION_COLUMNS)
    assert len(criterion_table(CALLS)) == sum(len(call.verdict.findings) for call in CALLS)


def test_an_agent_with_two_calls(cards: Scorecards) -> None:
    card = cards.agents.loc["8001"]
    assert {name: card[name] for name in ("agent_name", "team", "calls", "scored", "score", "pass_rate", "fatal_calls", "complaints")} == {
        "agent_name": "王小丽",
        "team": "一组",
        "calls": 2,
        "scored": 2,
        "score": 63.89,  # of 27.78 and 100
        "pass_rate": 0.5,
        "fatal_calls": 0,
        "complaints": 1,
    }
    # t(0.975, 1) = 12.706: two calls this far apart say nothing, and the interval says so.
    assert (card["score_low"], card["score_high"]) == (0.0, 100.0)
    assert (card["pass_low"], card["pass_high"]) == (0.0945, 0.9055)  # Wilson, 1 of 2
    assert (card["weakest"], card["weakest_name"], card["weakest_lost"]) == ("forbidden_phrases", "服务禁语", 3.5)
    assert card["unsure_share"] == 0.25  # 2 of 8: what is not applicable is not counted


def test_the_interval_of_a_mean_is_students() -> None:
    calls = [make_call(f"c{n}", good=True) for n in range(4)]
    scored = [
        replace(c, verdict=replace(c.verdict, score=replace(c.verdict.score, scaled=s)))
        for c, s in zip(calls, (70, 80, 80, 90), strict=True)
    ]
    card = Scorecards.of(scored).agents.loc["8001"]
    # 80 ± 3.1824 · 8.165 / 2
    assert (card["score"], card["score_low"], card["score_high"]) == (80.0, 67.01, 92.99)


def test_one_call_has_no_interval_and_no_score_has_no_mean(cards: Scorecards) -> None:
    assert math.isnan(cards.agents.loc["8002", "score_low"])
    unknown = cards.agents.loc["unknown"]
    assert (unknown["calls"], unknown["scored"]) == (1, 0)
    assert all(math.isnan(unknown[name]) for name in ("score", "score_low", "pass_rate", "pass_low", "unsure_share"))
    assert pd.isna(unknown["weakest"])


def test_teams_include_the_calls_without_one(cards: Scorecards) -> None:
    assert cards.teams[["agents", "calls", "complaints"]].to_dict("index") == {
        "": {"agents": 2, "calls": 2, "complaints": 1},
        "一组": {"agents": 1, "calls": 2, "complaints": 1},
        "二组": {"agents": 1, "calls": 1, "complaints": 1},
    }


def test_items_count_outcomes_in_the_order_of_the_sheet(cards: Scorecards) -> None:
    table = cards.items[["met", "missed", "unsure", "na", "met_rate", "lost", "lost_per_call"]].astype(object)
    known = table.where(table.notna(), None)
    assert known.to_dict("index") == {
        "greeting": {"met": 4, "missed": 0, "unsure": 0, "na": 1, "met_rate": 1.0, "lost": 0.0, "lost_per_call": 0.0},
        "forbidden_phrases": {"met": 1, "missed": 3, "unsure": 0, "na": 0, "met_rate": 0.25, "lost": 21.0, "lost_per_call": 5.25},
        "empathy": {"met": 1, "missed": 3, "unsure": 0, "na": 0, "met_rate": 0.25, "lost": 18.0, "lost_per_call": 4.5},
        "interruption": {"met": 0, "missed": 0, "unsure": 4, "na": 0, "met_rate": None, "lost": 0.0, "lost_per_call": None},
        "overpromise": {"met": 0, "missed": 1, "unsure": 0, "na": 3, "met_rate": 0.0, "lost": 0.0, "lost_per_call": 0.0},
    }
    assert cards.agent_items.loc[("8002", "empathy"), "missed"] == 1
    assert list(item_table(criterion_table([])).columns) == list(cards.items.columns)


def test_overall_says_how_far_it_can_be_trusted(cards: Scorecards) -> None:
    overall = cards.overall
    names = ("calls", "scored", "agents", "mono", "unknown_agent", "review", "dropped", "fatal_calls", "complaints", "threats")
    assert {name: overall[name] for name in names} == {
        "calls": 5,
        "scored": 4,
        "agents": 4,
        "mono": 1,
        "unknown_agent": 1,
        "review": 3,
        "dropped": 3,
        "fatal_calls": 1,
        "complaints": 3,
        "threats": 1,
    }
    assert str(overall["first"]) == "2026-11-17 01:00:00+00:00"


def test_the_empty_archive_is_defined() -> None:
    cards = Scorecards.of([])
    assert (len(cards.agents), len(cards.teams), len(cards.items), len(cards.agent_items), cards.moments) == (0, 0, 0, 0, ())
    assert cards.overall["calls"] == cards.overall["complaints"] == 0
    assert math.isnan(cards.overall["score"])
    assert "weakest_name" in cards.agents.columns
    assert len(agent_scorecards(cards.calls, cards.criteria)) == len(team_scorecards(cards.calls, cards.criteria)) == 0
    assert len(daily(cards.calls, ZoneInfo("Asia/Shanghai"))) == len(flagged(cards.calls)) == 0


def test_flagged_calls_come_gravest_first(cards: Scorecards) -> None:
    assert list(flagged(cards.calls)["call_id"]) == ["c3", "c1", "i", "c2"]


def test_days_are_those_of_the_reports_time_zone(cards: Scorecards) -> None:
    at_nine = daily(cards.calls, ZoneInfo("Asia/Shanghai"))
    assert at_nine.to_dict("index") == {
        "2026-11-17": {"calls": 1, "score": 27.78, "pass_rate": 0.0},
        "2026-11-18": {"calls": 2, "score": 50.0, "pass_rate": 0.5},
        "2026-11-20": {"calls": 1, "score": 27.78, "pass_rate": 0.0},
    }
    assert list(daily(cards.calls, ZoneInfo("America/Los_Angeles")).index) == ["2026-11-16", "2026-11-17", "2026-11-19"]


def test_distribution_counts_every_scored_call_once(cards: Scorecards) -> None:
    bins = score_distribution(cards.calls)
    assert sum(count for _, _, count in bins) == 4
    assert (bins[0], bins[2], bins[9]) == ((0, 10, 1), (20, 30, 2), (90, 100, 1))


def test_moments_are_what_cost_most_and_what_went_well(cards: Scorecards) -> None:
    own = {(moment.criterion, moment.outcome): moment for moment in cards.moments if moment.agent_id == "8001"}
    assert set(own) == {("greeting", "met"), ("forbidden_phrases", "missed"), ("empathy", "missed")}
    assert own["forbidden_phrases", "missed"].lost == 7.0
    assert (own["greeting", "met"].text, own["greeting", "met"].start) == ("您好", 0.5)
    assert own["empathy", "missed"].text is None  # an absence: pinned to where it was looked for
    assert own["empathy", "missed"].start == 0.0
