"""What the model is given of a call: one stretch of a customer's turn, and what was said just before it.

Training and reading share this module, so that both see the same spelling: texts are normalised
(:mod:`qa.text.normalize`), which makes punctuation, fillers, script and the writing of numbers no concern of the model.
The context is short on purpose. Who was asked 您是要投诉吗 and answers 对 complains; but an angry sentence must not
make the next, calm one angry too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qa.calls import Turn
from qa.text.normalize import Normalized, normalize

LONGEST = 90  # characters of a stretch; the model is trained on turns up to this length
OVERLAP = 12  # what two stretches of a long turn share, so that no short accusation is cut in two
AGENT_BEFORE = 30  # characters of the agent's last words
CUSTOMER_BEFORE = 24  # and of the customer's own
_ENOUGH = 8  # characters: a turn of fewer (嗯, 好的) is put behind the one before it by the same party
_BACK = 6  # turns that are looked back over
AGENT_MARK, CUSTOMER_MARK = "客服:", "客户:"


@dataclass(frozen=True, slots=True)
class Stretch:
    """Part of a turn, and its context; ``begin`` is where it starts in the normalised turn.

    ``context`` is empty where nothing was said before.
    """

    text: str
    context: str = ""
    begin: int = 0

    def without(self, begin: int, end: int) -> Stretch:
        """The stretch with ``text[begin:end]`` left out."""
        return Stretch(self.text[:begin] + self.text[end:], self.context, self.begin)


def frame(text: str, agent: str = "", customer: str = "", *, begin: int = 0) -> Stretch:
    """A stretch of normalised text with the normalised words before it, shortened from the front.

    >>> frame("是的", agent="您是要投诉吗", customer="你好")
    Stretch(text='是的', context='客户:你好 客服:您是要投诉吗', begin=0)
    >>> frame("你好").context
    ''
    """
    before = []
    if customer:
        before.append(CUSTOMER_MARK + customer[-CUSTOMER_BEFORE:])
    if agent:
        before.append(AGENT_MARK + agent[-AGENT_BEFORE:])
    return Stretch(text, " ".join(before), begin)


def stretches(turns: Sequence[Turn], index: int, *, normal: Sequence[Normalized] | None = None) -> tuple[Stretch, ...]:
    """The turn at ``index`` as the model reads it: one stretch, more for a long turn, none where nothing is said.

    >>> turns = (Turn(role="agent", text="请问您是要投诉吗？"), Turn(role="customer", text="嗯，对。"))
    >>> stretches(turns, 1)
    (Stretch(text='对', context='客服:请问您是要投诉吗', begin=0),)
    >>> [len(stretch.text) for stretch in stretches((Turn(role="customer", text="好" * 200),), 0)]
    [75, 75, 74]
    >>> stretches((Turn(role="customer", text="嗯……"),), 0)
    ()
    """
    texts = normal if normal is not None else [normalize(turn.text) for turn in turns]
    text = texts[index].text
    if not text:
        return ()
    agent = _before(turns, texts, index, agent=True)
    customer = _before(turns, texts, index, agent=False)
    return tuple(frame(text[begin:end], agent, customer, begin=begin) for begin, end in _cut(len(text)))


def _before(turns: Sequence[Turn], texts: Sequence[Normalized], index: int, *, agent: bool) -> str:
    said = ""
    for i in range(index - 1, max(-1, index - 1 - _BACK), -1):
        if (turns[i].role == "agent") == agent:
            said = texts[i].text + said
            if len(said) >= _ENOUGH:
                break
    return said


def _cut(length: int) -> list[tuple[int, int]]:
    if length <= LONGEST:
        return [(0, length)]
    parts = -(-(length - OVERLAP) // (LONGEST - OVERLAP))
    size = -(-(length + OVERLAP * (parts - 1)) // parts)
    return [(i * (size - OVERLAP), min(length, i * (size - OVERLAP) + size)) for i in range(parts)]
