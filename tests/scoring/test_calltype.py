"""What kind of call it is, by what is said first; a complaint whatever it began as."""

from typing import Any

import pytest
from language import cases

from qa.calls import Heard, Recording, Roles, Turn
from qa.scoring.calltype import COMPLAINT, TYPES, call_type
from qa.scoring.dialogue import Dialogue


def kind(case: dict[str, Any], *, complained: bool = False) -> str | None:
    turns = (Turn(role="agent", text=case["agent"]), Turn(role="customer", text=case["text"]))
    heard = Heard(duration=None, channels=0, turns=turns, roles=Roles(method="manual", confidence=1.0))
    recording = Recording(call_id="c1", content_hash="0", direction=case["direction"])
    return call_type(recording, Dialogue.of(heard), complained=complained)


@pytest.mark.parametrize("case", cases("call_type"))
def test_cases(case: dict[str, Any]) -> None:
    assert kind(case) == case["type"]
    assert case["type"] in (None, *TYPES)


def test_a_complaint_is_one_whatever_it_began_as() -> None:
    assert kind({"agent": "请讲", "text": "我家宽带断了", "direction": None}, complained=True) == COMPLAINT
    empty = Heard(duration=None, channels=0, turns=(), roles=Roles(method="manual", confidence=1.0))
    assert call_type(Recording(call_id="c1", content_hash="0"), Dialogue.of(empty), complained=False) is None
