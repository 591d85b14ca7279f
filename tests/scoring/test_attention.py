"""Complaints in a queue, and where to begin with a flagged call."""

from __future__ import annotations

from dataclasses import replace

from showing import REFUSAL, imported, make_call, silent

from qa.scoring.attention import Place, begin_at
from qa.scoring.scorecard import Scorecards

HANDLING = ("empathy", "greeting", "not_on_this_sheet")


def test_a_queue_holds_complaints_gravest_first_with_their_handling() -> None:
    cards = Scorecards.of([make_call("c1"), make_call("good", good=True), make_call("c3", fatal=True), silent("s")], HANDLING)
    assert [(case.call_id, case.threat, case.neglected) for case in cards.cases] == [("c3", True, 1), ("c1", False, 1)]
    case = cards.cases[1]
    assert case.quotes == (Place(4.0, "customer", "我要投诉你们", "服务态度", ((2, 6),)),)
    assert [(handled.name, handled.outcome, handled.place and handled.place.text) for handled in case.handling] == [
        ("共情安抚", "missed", None),
        ("问候语", "met", "您好"),
    ]


def test_flagged_calls_begin_at_what_weighs_most() -> None:
    fatal = make_call("f", fatal=True)
    findings = tuple(replace(f, hits=(REFUSAL,)) if f.criterion == "overpromise" else f for f in fatal.verdict.findings)
    fatal = replace(fatal, verdict=replace(fatal.verdict, findings=findings))
    assert begin_at(fatal) == Place(6.0, "agent", "不归我管", "过度承诺")
    assert begin_at(make_call("c")) == Place(4.0, "customer", "我要投诉你们", "服务态度", ((2, 6),))
    assert begin_at(make_call("g", good=True)) == Place(None, None, "识别把握不足", "不抢话")
    assert begin_at(silent("s")) is None


def test_only_flagged_calls_are_kept() -> None:
    assert set(Scorecards.of([make_call("c1"), silent("s"), imported("i")]).places) == {"c1", "i"}
