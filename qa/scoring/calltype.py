"""What kind of call it is: 投诉, 故障申告, 业务办理, 咨询, 营销 or 回访.

A complaint is one whatever it began as. Else what is said near the beginning decides, by the expressions of
``calltypes.yaml``: the customer's first words for calls to the company, the agent's for calls from it. Who called whom is
taken from the metadata, else from who says what: 请问有什么可以帮您 is said to callers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import re2

from qa.calls import Recording
from qa.scoring.dialogue import Dialogue

COMPLAINT = "投诉"
TYPES = ("投诉", "故障申告", "业务办理", "咨询", "营销", "回访")

_TABLE = Path(__file__).with_name("calltypes.yaml")
_CUSTOMERS = 4  # turns in which a caller says what they want
_AGENTS = 6  # turns in which an agent says what the call is for
_FIRST = 2.0  # what the customer says first counts so much, the rest and the agent's words 1
_ENOUGH = 6  # characters: a shorter turn (喂, 你好) says nothing about why they called

_ASKS = re2.compile("(?:什么|啥|哪里|哪些).{0,6}(?:可以|能|需要).{0,3}帮|请问您?(?:有什么|需要|要咨询|要办理|反映|咨询)|很高兴为您服务")
_CALLS = re2.compile("(?:打扰|耽误)(?:您|你|一下|了)|给您(?:来电|打电话|致电)|是.{0,6}(?:先生|女士|小姐).{0,2}吗|请问.{0,4}(?:方便|本人)")


@dataclass(frozen=True, slots=True)
class _Type:
    name: str
    outbound: bool
    weight: float
    expressions: Mapping[str, tuple[re2._Regexp, ...]]  # by role


def call_type(recording: Recording, dialogue: Dialogue, *, complained: bool) -> str | None:
    """The kind of a call; None where nothing was said, or what was said tells nothing.

    >>> from qa.calls import Heard, Roles, Turn
    >>> turns = (Turn(role="agent", text="请问有什么可以帮您？"), Turn(role="customer", text="我家宽带断了，上不了网。"))
    >>> dialogue = Dialogue.of(Heard(duration=None, channels=0, turns=turns, roles=Roles(method="manual", confidence=1.0)))
    >>> call_type(Recording(call_id="c1", content_hash="0"), dialogue, complained=False)
    '故障申告'
    """
    if complained:
        return COMPLAINT
    said = {
        "customer": _first(dialogue, "customer", _CUSTOMERS, least=_ENOUGH),
        "agent": _first(dialogue, "agent", _AGENTS),
    }
    outbound = _outbound(recording, said["agent"])
    scores = {one.name: _score(one, said) for one in _types() if one.outbound == outbound}
    best = max(scores, key=lambda name: scores[name], default=None)
    return best if best and scores[best] > 0 else None


def _first(dialogue: Dialogue, role: str, most: int, least: int = 1) -> list[str]:
    texts = (dialogue.normals[i].text for i, turn in enumerate(dialogue.heard.turns) if turn.role == role)
    return [text for text in texts if len(text) >= least][:most]


def _outbound(recording: Recording, agent: Sequence[str]) -> bool:
    if recording.direction is not None:
        return recording.direction == "outbound"
    opening = "".join(agent[:2])
    return _CALLS.search(opening) is not None and _ASKS.search(opening) is None


def _score(one: _Type, said: Mapping[str, Sequence[str]]) -> float:
    customer, agent = said["customer"], said["agent"]
    return one.weight * (
        _FIRST * _found(one.expressions["customer"], customer[:1])
        + _found(one.expressions["customer"], customer[1:])
        + _found(one.expressions["agent"], agent)
    )


def _found(expressions: Iterable[re2._Regexp], texts: Sequence[str]) -> int:
    return sum(any(expression.search(text) for text in texts) for expression in expressions)


@cache
def _types() -> tuple[_Type, ...]:
    import yaml

    listed = yaml.safe_load(_TABLE.read_text(encoding="utf-8"))
    return tuple(
        _Type(
            one["name"],
            bool(one.get("outbound")),
            float(one.get("weight", 1.0)),
            {role: tuple(re2.compile(text) for text in one.get(role, ())) for role in ("customer", "agent")},
        )
        for one in listed
    )
