"""How the customer felt over a call: quarters by time or by turns, trend, worst moment, whether calmed."""

from qa.calls import Heard, Role, Roles, Sentiment, SentimentTrack, Turn, TurnSentiment
from qa.sentiment.summary import summarise

MANUAL = Roles(method="manual", confidence=1.0)


def felt(*said: tuple[Role, str, float | None], seconds: float | None = None) -> Sentiment | None:
    """A call of ``(role, text, sentiment)``; with ``seconds``, turns of equal length that fill them."""
    each = seconds / len(said) if seconds and said else None
    turns = tuple(
        Turn(role=role, text=text, start=None if each is None else i * each, end=None if each is None else (i + 1) * each)
        for i, (role, text, _) in enumerate(said)
    )
    read = tuple(TurnSentiment(turn=i, sentiment=value) for i, (_, _, value) in enumerate(said) if value is not None)
    return summarise(Heard(duration=seconds, channels=0, turns=turns, roles=MANUAL), SentimentTrack(key="k", model="m", turns=read))


def test_nothing_read_nothing_said() -> None:
    silent = Heard(duration=5.0, channels=1, turns=(), roles=MANUAL)
    assert summarise(silent, None) is None
    assert summarise(silent, SentimentTrack(key="k", model="m")) is None
    assert felt(("agent", "您好", None)) is None
    assert felt(("unknown", "你们太差了", -0.9)) is None


def test_by_quarter_of_the_time_and_of_the_turns() -> None:
    said: tuple[tuple[Role, str, float | None], ...] = (
        ("customer", "一二三四", -0.8),
        ("agent", "好的", None),
        ("customer", "一二", -0.4),
        ("customer", "一二", 0.2),
    )
    assert felt(*said, seconds=40.0) == Sentiment(
        customer=-0.45, by_quarter=(-0.8, None, -0.4, 0.2), trend="improving", worst=0, calmed=True
    )
    assert felt(*said) == felt(*said, seconds=40.0)


def test_trend_needs_two_quarters_and_a_change_that_is_more_than_chance() -> None:
    once = felt(("customer", "太差了", -0.9))
    assert once is not None
    assert (once.trend, once.worst, once.calmed) == ("steady", 0, None)
    little = felt(("customer", "好的", 0.0), ("customer", "好的", 0.1))
    assert little is not None
    assert (little.trend, little.worst, little.calmed) == ("steady", None, None)
    worse = felt(("customer", "好的", 0.1), ("agent", "不行", None), ("customer", "什么", -0.7))
    assert worse is not None
    assert (worse.trend, worse.worst, worse.calmed) == ("worsening", 2, None)


def test_calmed_only_by_what_the_agent_said_after() -> None:
    still = felt(("customer", "太差了", -0.9), ("agent", "抱歉", None), ("customer", "没用", -0.8))
    assert still is not None
    assert still.calmed is False
    alone = felt(("customer", "太差了", -0.9), ("customer", "算了", 0.1))
    assert alone is not None
    assert alone.calmed is None


def test_long_turns_count_for_more() -> None:
    mixed = felt(("customer", "嗯", 1.0), ("customer", "你们这样做事太过分了", -0.9))
    assert mixed is not None
    assert mixed.customer == -0.73
