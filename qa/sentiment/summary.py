"""How the customer felt over a call, from the readings of the single turns.

A turn counts by its characters: 嗯 says little. The quarters are of the call's time, by the middle of each turn; without
times they are of its turns.
"""

from __future__ import annotations

from collections.abc import Iterable

from qa.calls import Heard, Sentiment, SentimentTrack, Trend, TurnSentiment

QUARTERS = 4
STEADY = 0.2  # a smaller change from the first quarter to the last is no trend
BAD = -0.3  # above this nothing was bad enough to calm down from
CALMED = 0.3  # so much better must the customer be after the agent's words


def summarise(heard: Heard, track: SentimentTrack | None) -> Sentiment | None:
    """The customer's sentiment of a call; None where no model has read it, or the customer said nothing.

    >>> from qa.calls import Roles, Turn
    >>> turns = (Turn(role="customer", text="太不像话了"), Turn(role="agent", text="非常抱歉"), Turn(role="customer", text="好吧谢谢你"))
    >>> heard = Heard(duration=None, channels=0, turns=turns, roles=Roles(method="manual", confidence=1.0))
    >>> track = SentimentTrack(key="", model="", turns=(TurnSentiment(turn=0, sentiment=-0.9), TurnSentiment(turn=2, sentiment=0.4)))
    >>> felt = summarise(heard, track)
    >>> felt.customer, felt.by_quarter, felt.trend, felt.worst, felt.calmed
    (-0.25, (-0.9, None, 0.4, None), 'improving', 0, True)
    """
    own = [one for one in track.turns if heard.turns[one.turn].role == "customer"] if track else []
    if not own:
        return None
    quarters: list[list[TurnSentiment]] = [[] for _ in range(QUARTERS)]
    for one in own:
        quarters[_quarter(heard, one.turn)].append(one)
    by_quarter = tuple(_mean(heard, quarter) if quarter else None for quarter in quarters)
    worst = min(own, key=lambda one: (one.sentiment, one.turn))
    return Sentiment(
        customer=_mean(heard, own),
        by_quarter=by_quarter,
        trend=_trend([value for value in by_quarter if value is not None]),
        worst=worst.turn if worst.sentiment <= BAD else None,
        calmed=_calmed(heard, own, worst) if worst.sentiment <= BAD else None,
    )


def _quarter(heard: Heard, turn: int) -> int:
    said = heard.turns[turn]
    if heard.duration and said.start is not None:
        place = (said.start + (said.end if said.end is not None else said.start)) / 2 / heard.duration
    else:
        place = turn / len(heard.turns)
    return min(QUARTERS - 1, max(0, int(place * QUARTERS)))


def _mean(heard: Heard, readings: Iterable[TurnSentiment]) -> float:
    weighed = [(one.sentiment, max(1, len(heard.turns[one.turn].text))) for one in readings]
    return round(sum(value * weight for value, weight in weighed) / sum(weight for _, weight in weighed), 2) + 0.0


def _trend(spoken: list[float]) -> Trend:
    change = spoken[-1] - spoken[0]
    return "improving" if change >= STEADY else "worsening" if change <= -STEADY else "steady"


def _calmed(heard: Heard, own: list[TurnSentiment], worst: TurnSentiment) -> bool | None:
    """Whether the customer was better after the agent's words that followed the worst moment."""
    answer = next((i for i in range(worst.turn + 1, len(heard.turns)) if heard.turns[i].role == "agent"), None)
    after = [one for one in own if answer is not None and one.turn > answer]
    return _mean(heard, after) >= worst.sentiment + CALMED if after else None
