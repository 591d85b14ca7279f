"""How badly a customer complains, 0 to 100: what puts complaints in order.

===============  ======  =================================================================================
part             weight  is 1 when
===============  ======  =================================================================================
sureness             40  it is certain that the customer complains
threat               25  it is certain that the customer threatens to go further
anger                20  the three worst turns of the customer are as angry as can be (sentiment -1)
length               10  half of what the customer says, or more, is complaint
unsettled             5  the customer was not calmer after the agent's words that followed the worst moment
===============  ======  =================================================================================

Each part is 0..1 and the intensity the weighted mean of the parts that are known: without a sentiment model these are
the first, the second and the fourth.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from qa.calls import Heard, SentimentTrack
from qa.sentiment.summary import summarise

WEIGHTS: Mapping[str, float] = {"sureness": 40.0, "threat": 25.0, "anger": 20.0, "length": 10.0, "unsettled": 5.0}
_WORST = 3  # turns
_ALL = 0.5  # of what the customer says


def intensity(heard: Heard, probability: float, threat: float, complaining: Collection[int], track: SentimentTrack | None) -> float:
    """How badly the customer complains; ``complaining`` are the turns in which they do.

    >>> from qa.calls import Roles, Turn
    >>> turns = (Turn(role="customer", text="再不处理我就打12315"), Turn(role="customer", text="我说完了，你看着办，等你电话"))
    >>> heard = Heard(duration=None, channels=0, turns=turns, roles=Roles(method="manual", confidence=1.0))
    >>> intensity(heard, 0.9, 0.9, {0}, None), intensity(heard, 0.5, 0.0, {0}, None)
    (90.3, 39.0)
    """
    parts = {"sureness": probability, "threat": threat}
    said = {i: len(turn.text) for i, turn in enumerate(heard.turns) if turn.role != "agent"}
    if total := sum(said.values()):
        parts["length"] = min(1.0, sum(said.get(turn, 0) for turn in complaining) / total / _ALL)
    worst = sorted(one.sentiment for one in track.turns if one.turn in said)[:_WORST] if track else []
    if worst:
        parts["anger"] = max(0.0, -sum(worst) / len(worst))
        felt = summarise(heard, track)
        if felt and felt.worst is not None:
            parts["unsettled"] = 0.0 if felt.calmed else 1.0
    known = sum(WEIGHTS[name] for name in parts)
    return round(100.0 * sum(WEIGHTS[name] * part for name, part in parts.items()) / known, 1)
