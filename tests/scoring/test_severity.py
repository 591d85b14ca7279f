"""Order of complaints: surer, threatening, angrier, longer and unsettled ones first."""

from qa.calls import Heard, Roles, SentimentTrack, Turn, TurnSentiment
from qa.scoring.severity import intensity

TURNS = (Turn(role="customer", text="你们太过分了"), Turn(role="agent", text="抱歉"), Turn(role="customer", text="行了就这样吧"))
HEARD = Heard(duration=None, channels=0, turns=TURNS, roles=Roles(method="manual", confidence=1.0))


def track(first: float, last: float) -> SentimentTrack:
    return SentimentTrack(key="k", model="m", turns=(TurnSentiment(turn=0, sentiment=first), TurnSentiment(turn=2, sentiment=last)))


def test_each_part_raises_it() -> None:
    plain = intensity(HEARD, 0.6, 0.0, {0}, track(-0.4, 0.4))
    assert plain == 34.0  # (40 x 0.6 + 10 x 1) / 100: anger is the mean of two turns, 0
    surer, threatening = intensity(HEARD, 0.9, 0.0, {0}, track(-0.4, 0.4)), intensity(HEARD, 0.6, 0.9, {0}, track(-0.4, 0.4))
    angrier, unsettled = intensity(HEARD, 0.6, 0.0, {0}, track(-1.0, 0.4)), intensity(HEARD, 0.6, 0.0, {0}, track(-0.4, -0.4))
    assert min(surer, threatening, angrier, unsettled) > plain
    assert threatening > surer > angrier


def test_without_a_model_and_without_words() -> None:
    assert intensity(HEARD, 1.0, 1.0, {0, 2}, None) == 100.0
    empty = Heard(duration=None, channels=0, turns=(), roles=HEARD.roles)
    assert intensity(empty, 0.5, 0.0, set(), None) == 30.8  # 40 x 0.5 of 65
