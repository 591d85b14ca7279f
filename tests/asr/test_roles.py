"""Who is the agent is told from what is said, by sound too, with the lines that say so."""

from __future__ import annotations

import pytest

from qa.asr.roles import Decision, cues, decide
from qa.calls import Hit, Turn, Word


def conversation(*lines: tuple[int, str]) -> tuple[list[Turn], list[int]]:
    turns = [Turn(role="unknown", text=text, start=10.0 * i, end=10.0 * i + 5.0) for i, (_, text) in enumerate(lines)]
    return turns, [party for party, _ in lines]


def test_the_opening_script_decides() -> None:
    turns, party_of = conversation((0, "您好，这里是联信通信，工号三七一七，请问有什么可以帮您？"), (1, "我想查一下我的话费"))
    decision = decide(turns, party_of, 2)
    assert (decision.agent, decision.confidence) == (0, 0.99)
    assert [(hit.phrase, hit.turn, hit.role) for hit in decision.evidence] == [
        ("您好这里是", 0, "agent"),
        ("工号", 0, "agent"),
        ("请问有什么可以帮您", 0, "agent"),
        ("我想查一下", 1, "customer"),
        ("我的话费", 1, "customer"),
    ]


def test_evidence_is_pinned_to_its_words() -> None:
    words = (Word("喂", 1.0, 1.2, 0.9), Word("我", 1.2, 1.4, 0.9), Word("要", 1.4, 1.6, 0.9), Word("投诉", 1.6, 2.2, 0.9))
    turns = [
        Turn(role="unknown", text="喂我要投诉", start=1.0, end=2.2, words=words),
        Turn(role="unknown", text="您说", start=3.0, end=4.0),
    ]
    assert decide(turns, [1, 0], 2) == Decision(
        0, 0.721, (Hit(role="customer", text="我要投诉", start=1.2, end=2.2, phrase="我要投诉", closeness=1.0, turn=0, span=(1, 5)),)
    )


def test_misheard_phrases_count_by_their_sound() -> None:
    turns, party_of = conversation((0, "喂"), (1, "你好青问有什么可以帮你"), (0, "嗯"), (1, "让您九等了"))
    decision = decide(turns, party_of, 2)
    assert decision.agent == 1
    assert decision.confidence > 0.9
    assert all(hit.closeness < 1.0 for hit in decision.evidence)


@pytest.mark.parametrize("opening", ["喂你好", "喂，请问是王先生吗"])
def test_speaking_first_does_not_outweigh_what_is_said(opening: str) -> None:
    turns, party_of = conversation((0, opening), (1, "感谢您的来电，很高兴为您服务"), (0, "我要投诉"), (1, "请您稍等，我帮您查询"))
    assert decide(turns, party_of, 2).agent == 1


def test_without_any_cue_the_first_speaker_is_taken_with_little_confidence() -> None:
    turns, party_of = conversation((1, "今天星期几"), (0, "星期三"))
    assert decide(turns, party_of, 2) == Decision(1, 0.574)


def test_repeating_one_phrase_does_not_pile_up() -> None:
    twice, often = (decide(*conversation(*[(1, "请稍等")] * count, (0, "嗯")), 2).confidence for count in (2, 20))
    assert often == twice


def test_one_party_alone() -> None:
    agent = decide(*conversation((0, "很高兴为您服务，工号三号")), 1)
    customer = decide(*conversation((0, "我要投诉你们公司")), 1)
    nobody = decide(*conversation((0, "今天星期三")), 1)
    assert [decision.role(0, 1) for decision in (agent, customer, nobody)] == ["agent", "customer", "unknown"]
    assert (nobody.confidence, agent.confidence > 0.8, customer.confidence > 0.7) == (0.0, True, True)


def test_nothing_was_said() -> None:
    assert decide([], [], 2) == Decision(0, 0.5)
    assert decide([], [], 1) == Decision(None, 0.0)


def test_cues_are_well_formed() -> None:
    known = cues()
    assert len({cue.phrase for cue in known}) == len(known)
    assert all(0 < cue.weight <= 3 for cue in known)
