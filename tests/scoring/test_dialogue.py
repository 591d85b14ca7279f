"""Spans of normalised text as evidence."""

from __future__ import annotations

from qa.calls import Heard, Hit, Roles, Turn, Word
from qa.scoring.dialogue import Dialogue

ROLES = Roles(method="manual", confidence=1.0)


def test_a_hit_has_the_original_words_and_the_times_of_its_words() -> None:
    words = (Word("嗯，", 0.5, 0.8, 0.9), Word("二十四", 0.8, 1.4, 0.7), Word("小时内", 1.4, 2.0, 0.8))
    turn = Turn(role="agent", start=0.5, end=2.0, text="嗯，二十四小时内", words=words)
    dialogue = Dialogue.of(Heard(duration=3.0, channels=1, turns=(turn,), roles=ROLES))
    assert dialogue.hit(0, 0, 4, phrase="24小时", closeness=1.0, category="时限") == Hit(
        role="agent", text="二十四小时", start=0.8, end=2.0, phrase="24小时", closeness=1.0, turn=0, span=(2, 7), category="时限"
    )


def test_turns_of_a_role() -> None:
    turns = tuple(Turn(role=role, text="好") for role in ("agent", "customer", "unknown", "agent"))
    dialogue = Dialogue.of(Heard(duration=None, channels=0, turns=turns, roles=ROLES))
    assert (dialogue.turns_of("agent"), dialogue.turns_of("customer", "unknown"), dialogue.turns_of()) == ((0, 3), (1, 2), ())


def test_a_call_without_words() -> None:
    for turns in ((), (Turn(role="agent", text=""), Turn(role="customer", text="嗯。"))):
        dialogue = Dialogue.of(Heard(duration=5.0, channels=1, turns=turns, roles=ROLES))
        assert len(dialogue) == len(turns)
        assert [len(reading) for reading in dialogue.readings] == [0] * len(turns)
