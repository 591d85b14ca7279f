"""sentiment: of turns, of the call, of its ending; whether the customer grew calmer."""

from __future__ import annotations

from pathlib import Path

import pytest
from judging import heard, read_as, sheet, verdict

from qa.calls import Analysis, Finding, Heard, Hit, Sentiment, SentimentTrack
from qa.errors import RubricError

CALL = heard(["坐席：您好", "客户：你们太过分了", "坐席：非常抱歉", "客户：我等了三天", "坐席：今天给您办好", "客户：好的谢谢"])
TRACK = read_as((1, -0.8), (2, -0.9), (3, -0.45), (5, 0.3))  # turn 2 might have been the customer's, and is not
FELT = Sentiment(customer=-0.32, by_quarter=(None, -0.8, -0.45, 0.3), trend="improving", worst=1, calmed=True)


def judged(
    folder: Path, check: str, *, felt: Sentiment | None = FELT, track: SentimentTrack | None = TRACK, call: Heard = CALL, more: str = ""
) -> Finding:
    criterion = f"points: 1, {more} require: {{sentiment: {{{check}}}}}"
    return verdict(sheet(folder, criterion), call, Analysis(sentiment=felt), track=track).findings[0]


def test_turns_that_feel_so_are_evidence(tmp_path: Path) -> None:
    finding = judged(tmp_path, "below: -0.5")
    assert finding.hits == (Hit(role="customer", text="你们太过分了", start=6, end=9, phrase="情绪 -0.80", turn=1, span=(0, 6)),)
    assert (finding.outcome, finding.reason) == ("met", "客户有 1 句话的情绪小于 -0.5")


@pytest.mark.parametrize(
    ("check", "outcome", "reason"),
    [
        ("below: -0.4, times: 2", "met", "客户有 2 句话的情绪小于 -0.4"),
        ("below: -0.4, times: 3", "missed", "客户各句话的情绪在 -0.80 到 +0.30 之间"),
        ("above: 0.5", "missed", "客户各句话的情绪在 -0.80 到 +0.30 之间"),
        ("of: call, below: -0.3", "met", "客户整通电话的情绪 -0.32"),
        ("of: call, at_least: 0", "missed", "客户整通电话的情绪 -0.32，不在要求之内：不小于 0"),
        ("of: ending, at_least: 0", "met", "客户最后一段的情绪 +0.30"),
        ("of: change, above: 1", "met", "客户最后一段比开头一段的情绪变化 +1.10"),
        ("trend: improving", "met", "客户情绪好转（开头 -0.80，最后 +0.30）"),
        ("trend: [worsening, steady]", "missed", "客户情绪好转（开头 -0.80，最后 +0.30）"),
        ("calmed: true", "met", "客户最不满之后缓和了"),
        ("calmed: false", "missed", "客户最不满之后缓和了"),
    ],
)
def test_sentiment(tmp_path: Path, check: str, outcome: str, reason: str) -> None:
    finding = judged(tmp_path, check)
    assert (finding.outcome, finding.reason) == (outcome, reason)


def test_what_is_said_of_the_call_is_shown_by_its_worst_moment(tmp_path: Path) -> None:
    assert [hit.text for hit in judged(tmp_path, "calmed: true").hits] == ["你们太过分了"]
    missed = judged(tmp_path, "trend: worsening")
    assert (missed.hits, missed.nearest and missed.nearest.phrase) == ((), "情绪 -0.80")
    assert judged(tmp_path, "calmed: true", track=None).hits[0].phrase == "客户最不满的一句"


UNREAD = "没有情绪分（没有运行情绪模型，或客户没有说话）"


@pytest.mark.parametrize(
    ("check", "felt", "track", "reason"),
    [
        ("below: 0", FELT, None, UNREAD),
        ("of: call, below: 0", None, TRACK, UNREAD),
        ("trend: steady", None, TRACK, UNREAD),
        ("below: 0", FELT, read_as(), "客户没有可以看情绪的话"),
        ("below: 0", FELT, read_as((2, -1.0), (99, -1.0)), "客户没有可以看情绪的话"),
        ("calmed: true", Sentiment(customer=0.0, by_quarter=(0.0,), trend="steady"), TRACK, "客户没有明显的不满，或之后没有再说话"),
        ("of: change, above: 0", Sentiment(customer=0.0, by_quarter=(0.0, None), trend="steady"), TRACK, "客户说的话太少，看不出前后"),
        ("of: ending, above: 0", Sentiment(customer=0.0, by_quarter=(), trend="steady"), TRACK, "客户说的话太少，看不出前后"),
    ],
)
def test_without_a_reading_nothing_is_asked(
    tmp_path: Path, check: str, felt: Sentiment | None, track: SentimentTrack | None, reason: str
) -> None:
    finding = judged(tmp_path, check, felt=felt, track=track)
    assert (finding.outcome, finding.reason) == ("na", reason)


def test_the_agents_words_have_no_sentiment_but_the_calls_can_be_asked_for(tmp_path: Path) -> None:
    finding = judged(tmp_path, "below: 0", more="scope: {role: agent},")
    assert (finding.outcome, finding.reason) == ("na", "情绪只看客户的话；请在这个检查里写 scope: {role: customer}")
    assert judged(tmp_path, "calmed: true", more="scope: {role: agent},").outcome == "met"


def test_a_bad_moment_is_a_place_to_look_from(tmp_path: Path) -> None:
    rule = (
        "points: 1, scope: {role: agent, after: {sentiment: {below: -0.5}, scope: {role: customer}}, within_turns: 1}, require: {say: 抱歉}"
    )
    finding = verdict(sheet(tmp_path, rule), CALL, track=TRACK).findings[0]
    assert (finding.outcome, finding.hits[0].turn) == ("met", 2)


def test_unclear_roles_make_it_unsure(tmp_path: Path) -> None:
    assert judged(tmp_path, "calmed: true", call=heard(CALL.turns, sure=0.2)).outcome == "unsure"


@pytest.mark.parametrize(
    ("check", "fault"),
    [
        ("of: call", "要写且只写一种"),
        ("below: 0, calmed: true", "要写且只写一种"),
        ("of: call, below: 0, times: 2", "times（几句）只与 of: turns 的界限一起用"),
        ("trend: better", "trend"),
        ("below: -7", "below"),
    ],
)
def test_one_question_a_check(tmp_path: Path, check: str, fault: str) -> None:
    with pytest.raises(RubricError, match=fault):
        judged(tmp_path, check)
