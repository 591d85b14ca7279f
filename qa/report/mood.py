"""How the customer felt, drawn: a line over the time of the call, and the words that moved the model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup, escape

from qa.calls import Call, TurnSentiment
from qa.report.language import CHINESE, Language
from qa.report.wording import clock, with_sign

HEIGHT = 30.0  # of the drawing; its width is 100, in percent of the call's time
GOOD, BAD = 0.3, -0.3
_FOUND = 0.5  # the probability from which the words behind a complaint or a threat are shown


@dataclass(frozen=True, slots=True)
class Point:
    """A customer's turn on the line: percent of the time from the left and of the height from the top."""

    left: float
    top: float
    start: float
    mood: Literal["good", "bad", "even"]
    title: str


def mood_line(call: Call, duration: float, say: Language = CHINESE) -> tuple[Point, ...]:
    """The customer's turns as points in order of time; none without a model's reading, or without times."""
    return tuple(_points(call, duration, say))


def _points(call: Call, duration: float, say: Language) -> Iterator[Point]:
    for one in _read(call):
        turn = call.heard.turns[one.turn]
        if turn.start is None or turn.end is None or turn.role != "customer" or not duration:
            continue
        middle = min((turn.start + turn.end) / 2, duration)
        yield Point(
            left=round(100 * middle / duration, 2),
            top=round(50 - 44 * one.sentiment, 1),
            start=turn.start,
            mood="good" if one.sentiment >= GOOD else "bad" if one.sentiment <= BAD else "even",
            title=say("{time} 客户情绪 {value}：{text}", time=clock(turn.start), value=signed(one.sentiment), text=turn.text[:30]),
        )


def drawn(points: Sequence[Point]) -> Markup:
    """The line as markup: a zero line, the way between the turns, a dot for each that can be clicked.

    >>> drawn(())
    Markup('')
    """
    if not points:
        return Markup("")
    way = " ".join(f"{point.left},{point.top * HEIGHT / 100:.1f}" for point in points)
    dots = "".join(map(_dot, points))
    size = f'viewBox="0 0 100 {HEIGHT:.0f}" preserveAspectRatio="none" aria-hidden="true"'
    return Markup(f'<svg {size}><path d="M0 {HEIGHT / 2:.0f}H100"/><polyline points="{way}"/></svg>{dots}')


def _dot(point: Point) -> str:
    place = f'style="left:{point.left}%;top:{point.top}%" data-jump="{point.start}"'
    return f'<i class="dot {point.mood}" {place} title="{escape(point.title)}"></i>'


def moving_words(call: Call, say: Language = CHINESE) -> Iterator[tuple[int, int, int, str]]:
    """The words that made the model find a complaint or a threat: (turn, begin, end, what to say of it)."""
    for one in _read(call):
        if max(one.complaint, one.threat) < _FOUND:
            continue
        for begin, end, weight in one.evidence:
            if weight > 0:
                yield one.turn, begin, end, say("模型据此判断（对数几率 {weight}）", weight=signed(weight))


def signed(value: float) -> str:
    """A number with its sign, a true minus.

    >>> signed(-0.42), signed(0.2), signed(0.0)
    ('−0.42', '+0.20', '0.00')
    """
    return with_sign(value, f"{abs(value):.2f}")


def _read(call: Call) -> tuple[TurnSentiment, ...]:
    return tuple(one for one in call.track.turns if one.turn < len(call.heard.turns)) if call.track else ()
