"""The figures of calls gathered apart are the figures of calls gathered together."""

from __future__ import annotations

import pickle

import pandas as pd
from showing import imported, make_call, silent

from qa.config import ReportSettings, Settings
from qa.report.figures import Figures, Gathered

SETTINGS = Settings(report=ReportSettings(min_calls=2))
CALLS = [
    make_call("c1", customer_id="13800000000"),
    make_call("c2", day=18, good=True),
    make_call("c3", day=18, fatal=True, agent_id="8002", agent_name="李强", team="二组", customer_id="13800000000"),
    silent("s"),
    imported("i"),
]


def test_parts_gathered_by_other_processes_give_the_same_figures() -> None:
    whole, together = Figures.of(CALLS, SETTINGS), Gathered(SETTINGS)
    for part in (CALLS[:1], [], CALLS[1:3], CALLS[3:]):
        apart = Gathered(SETTINGS)
        for call in part:
            apart.add(call)
        together.extend(pickle.loads(pickle.dumps(apart)))
    found = together.figures()
    for name in ("calls", "criteria", "items", "agent_items", "team_items", "teams"):
        pd.testing.assert_frame_equal(getattr(found.cards, name), getattr(whole.cards, name))
    pd.testing.assert_frame_equal(found.agents, whole.agents)
    assert (found.cards.moments, found.cards.cases, found.cards.places) == (whole.cards.moments, whole.cards.cases, whole.cards.places)
    assert (found.reasons, found.comparison) == (whole.reasons, whole.comparison)
