"""Complaints in a queue, and where to begin with a flagged call."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from showing import REFUSAL, imported, make_call, silent

from qa.config import ComplaintSettings
from qa.scoring.attention import Place, begin_at
from qa.scoring.scorecard import Scorecards

HANDLING = ("empathy", "greeting", "not_on_this_sheet")


def test_a_queue_holds_complaints_gravest_first_with_their_handling() -> None:
    cards = Scorecards.of([make_call("c1"), make_call("good", good=True), make_call("c3", fatal=True), silent("s")], HANDLING)
    assert [(case.call_id, case.threat, case.neglected) for case in cards.cases] == [("c3", True, 1), ("c1", False, 1)]
    case = cards.cases[1]
    assert case.quotes == (Place(4.0, "customer", "我要投诉你们", "服务态度", ((2, 6),), 1),)
    assert [(handled.name, handled.outcome, handled.place and handled.place.text) for handled in case.handling] == [
        ("共情安抚", "missed", None),
        ("问候语", "met", "您好"),
    ]


def test_the_rubric_says_what_tells_how_a_complaint_was_handled() -> None:
    (case,) = Scorecards.of([make_call("c1")]).cases
    assert [handled.criterion for handled in case.handling] == ["empathy", "interruption"]


def test_flagged_calls_begin_at_what_weighs_most() -> None:
    fatal = make_call("f", fatal=True)
    findings = tuple(replace(f, hits=(REFUSAL,)) if f.criterion == "overpromise" else f for f in fatal.verdict.findings)
    fatal = replace(fatal, verdict=replace(fatal.verdict, findings=findings))
    assert begin_at(fatal) == Place(6.0, "agent", "不归我管", "过度承诺")
    assert begin_at(make_call("c")) == Place(4.0, "customer", "我要投诉你们", "服务态度", ((2, 6),), 1)
    assert begin_at(make_call("g", good=True)) == Place(None, None, "识别把握不足", "不抢话")
    assert begin_at(silent("s")) is None


def test_only_flagged_calls_are_kept() -> None:
    assert set(Scorecards.of([make_call("c1"), silent("s"), imported("i")]).places) == {"c1", "i"}


def test_times_by_which_a_complaint_must_be_seen_to() -> None:
    case, untimed = Scorecards.of([make_call("c1"), make_call("c2", started_at=None)], due=ComplaintSettings(respond=2, close=30)).cases
    assert case.started_at is not None
    assert (case.respond_by, case.close_by) == (case.started_at + timedelta(hours=2), case.started_at + timedelta(hours=30))
    assert (untimed.respond_by, untimed.close_by, untimed.earlier) == (None, None, ())


def test_a_customer_who_calls_again_is_seen() -> None:
    calls = [
        make_call("long ago", day=1),
        make_call("asked", day=16, good=True),
        make_call("complained", day=17),
        make_call("again", day=18),
        make_call("another", day=18, customer_id="13900002000"),
        make_call("nobody", day=18, customer_id=None),
        make_call("later", day=19),
    ]
    cases = {case.call_id: case for case in Scorecards.of(calls, due=ComplaintSettings(repeat_days=7)).cases}
    assert (cases["again"].earlier, cases["again"].complained_before) == (("complained", "asked"), 1)
    assert (cases["later"].earlier, cases["later"].complained_before) == (("again", "complained", "asked"), 2)
    assert [cases[name].earlier for name in ("another", "nobody", "long ago")] == [(), (), ()]
