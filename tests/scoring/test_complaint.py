"""Complaints and threats, told from questions, praise, quotations and trouble."""

from __future__ import annotations

from typing import Any

import pytest
from language import cases

from qa.calls import Complaint, Heard, Role, Roles, SentimentTrack, Turn, TurnSentiment
from qa.config import shipped
from qa.scoring.complaint import detect
from qa.scoring.dialogue import Dialogue
from qa.scoring.lexicon import load_lexicons

LEXICONS = load_lexicons([shipped("rubrics", "lexicons")])


def call(*turns: tuple[Role, str]) -> Dialogue:
    said = tuple(Turn(role=role, text=text) for role, text in turns)
    return Dialogue.of(Heard(duration=None, channels=0, turns=said, roles=Roles(method="manual", confidence=1.0)))


@pytest.mark.parametrize("case", cases("complaint"))
def test_cases(case: dict[str, Any]) -> None:
    found = detect(call(("customer", case["text"])), LEXICONS)
    assert (found.detected, found.threat) == (case["detected"], case["threat"])
    if "category" in case:
        assert case["category"] in found.categories


def test_only_the_customer_complains() -> None:
    assert detect(call(("agent", "您是要投诉我们吗，我要投诉你们")), LEXICONS) == Complaint(detected=False, probability=0.0)


def test_an_unknown_speaker_counts_for_less() -> None:
    sure, unsure = (detect(call((role, "我要投诉你们")), LEXICONS) for role in ("customer", "unknown"))
    assert sure.probability > unsure.probability > 0.5


def test_half_hearted_signs_add_up_and_a_repetition_does_not() -> None:
    once = detect(call(("customer", "我要求赔偿")), LEXICONS)
    again = detect(call(("customer", "我要求赔偿"), ("customer", "我要求赔偿")), LEXICONS)
    more = detect(call(("customer", "我要求赔偿"), ("customer", "打了好几次电话了")), LEXICONS)
    assert (once.detected, again.probability, more.detected) == (False, once.probability, True)


def test_what_is_told() -> None:
    found = detect(call(("agent", "您好"), ("customer", "你们这是什么态度"), ("customer", "我现在就打12315")), LEXICONS)
    assert (found.detected, found.threat, found.categories) == (True, True, ("服务态度",))
    assert [(hit.turn, hit.category, hit.text) for hit in found.hits] == [(1, "服务态度", "你们这是什么态度"), (2, "监管投诉", "12315")]


def test_a_threat_alone_is_a_complaint_of_no_named_kind() -> None:
    assert detect(call(("customer", "我去找律师")), LEXICONS).categories == ("其他",)


def test_nothing_said_or_nothing_to_look_for() -> None:
    nothing = Complaint(detected=False, probability=0.0)
    assert detect(call(), LEXICONS) == nothing
    assert detect(call(("customer", "嗯。")), LEXICONS) == nothing
    assert detect(call(("customer", "我要投诉你们")), {}) == nothing


def read(heard: Heard, **readings: Any) -> SentimentTrack:
    """A track of the last turn."""
    one = TurnSentiment(turn=len(heard.turns) - 1, **({"sentiment": 0.0} | readings))
    return SentimentTrack(key="k", model="m", turns=(one,))


def test_what_the_model_finds_counts_where_no_phrase_is_known() -> None:
    dialogue = call(("agent", "请您耐心等待"), ("customer", "耐心等待我听了一个星期了"))
    assert not detect(dialogue, LEXICONS).detected
    found = detect(dialogue, LEXICONS, read(dialogue.heard, complaint=0.96, kind="处理时效", evidence=((0, 4, 0.9), (5, 6, -0.4))))
    assert (found.detected, found.probability, found.categories, found.threat) == (True, 0.96, ("处理时效",), False)
    assert [(hit.text, hit.turn, hit.category) for hit in found.hits] == [("耐心等待", 1, "处理时效")]
    assert not detect(dialogue, LEXICONS, read(dialogue.heard, complaint=0.45)).detected


def test_the_more_turns_a_call_has_the_surer_the_model_must_be_of_one() -> None:
    def detected(turns: int, probability: float) -> bool:
        dialogue = call(*(("customer", "我等到今天了") for _ in range(turns)))
        calm = [TurnSentiment(turn=i, sentiment=0.0, complaint=0.1) for i in range(turns - 1)]
        sharp = TurnSentiment(turn=turns - 1, sentiment=-0.8, complaint=probability)
        return detect(dialogue, {}, SentimentTrack(key="k", model="m", turns=(*calm, sharp))).detected

    assert [detected(turns, 0.94) for turns in (1, 2, 6, 12, 30)] == [True, True, False, False, False]
    assert [detected(turns, 0.98) for turns in (1, 2, 6, 12, 30)] == [True, True, True, False, False]
    assert [detected(turns, 0.995) for turns in (1, 2, 6, 12, 30)] == [True] * 5


def test_a_threat_of_the_model_counts_for_the_complaint_too() -> None:
    dialogue = call(("customer", "那我三个号全转到隔壁去"))
    found = detect(dialogue, LEXICONS, read(dialogue.heard, complaint=0.4, threat=0.95, threat_kind="流失"))
    assert (found.detected, found.threat, found.threats, found.categories) == (True, True, ("流失",), ("其他",))


def test_a_phrase_that_the_model_finds_harmless_counts_for_less_and_a_doubtful_one_for_all() -> None:
    dialogue = call(("customer", "我要投诉你们"))
    alone = detect(dialogue, LEXICONS)
    harmless, agreed = (detect(dialogue, LEXICONS, read(dialogue.heard, complaint=p)) for p in (0.0, 0.95))
    assert harmless.probability < alone.probability < agreed.probability
    assert alone.intensity > 0.0
    assert detect(dialogue, LEXICONS, read(dialogue.heard, complaint=0.5)).probability >= alone.probability


def test_a_reading_of_turns_that_are_not_there_or_not_the_customers_counts_for_nothing() -> None:
    dialogue = call(("agent", "您好"))
    track = SentimentTrack(key="k", model="m", turns=tuple(TurnSentiment(turn=i, sentiment=-1.0, complaint=0.99) for i in (0, 7)))
    assert detect(dialogue, LEXICONS, track) == Complaint(detected=False, probability=0.0)
