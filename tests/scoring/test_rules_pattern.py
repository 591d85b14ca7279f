"""Expressions are searched in all turns at once; that must find what is in each turn."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.calls import Heard, Roles, Turn
from qa.scoring.dialogue import Dialogue
from qa.scoring.operators import compiled
from qa.scoring.rules.pattern import _places

SAID = st.text(alphabet="没有问题工号80投诉a", max_size=12)
PIECE = st.sampled_from(
    ["没", "问题", ".", "[^没]", "[0-9]", "工号", "\\s", "\\W", "(?:没|有)", "(题|工)", "^", "$", "\\b", "|", "a?", ".*", "[^0]+", "{0}"]
)


def dialogue(texts: list[str]) -> Dialogue:
    turns = tuple(Turn(role="agent", text=text) for text in texts)
    return Dialogue.of(Heard(duration=None, channels=0, turns=turns, roles=Roles(method="manual", confidence=1.0)))


def alone(regex: str, text: str) -> list[Any]:
    return [match.span() for match in compiled(regex).finditer(text) if match.end() > match.start()]


@settings(max_examples=400, deadline=None)
@given(st.lists(SAID, min_size=1, max_size=5), st.lists(PIECE, min_size=1, max_size=4).map("".join))
def test_as_in_each_turn_alone(texts: list[str], regex: str) -> None:
    try:
        compiled(regex)
    except ValueError:
        return
    call = dialogue(texts)
    expected = [(turn, span) for turn, normal in enumerate(call.normals) for span in alone(regex, normal.text)]
    assert _places(regex, range(len(texts)), call) == expected


@pytest.mark.parametrize("regex", ["没$", "^有", "\\b8", "[^0-9]+", "没|有", ".", "(?i)A", "有\\W?没"])
def test_edges_and_what_reaches_over_them(regex: str) -> None:
    call = dialogue(["有没", "有", "没8A"])
    expected = [(turn, span) for turn, normal in enumerate(call.normals) for span in alone(regex, normal.text)]
    assert _places(regex, [0, 1, 2], call) == expected
