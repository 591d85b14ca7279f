"""How the customer feels: turn by turn, over the call, and whether it grew calmer.

Nothing is read here. What a turn says is in the call's sentiment track, what follows from it for the whole call in
:attr:`qa.calls.Analysis.sentiment`; where no model has read the call, everything is not applicable.
"""

from __future__ import annotations

from collections.abc import Mapping

from qa.calls import Hit, Sentiment, Trend
from qa.scoring.operators import Range, SentimentCheck
from qa.scoring.rules.base import Context, Result
from qa.scoring.rules.sentences import quoted

TRENDS: Mapping[Trend, str] = {"improving": "好转", "steady": "平稳", "worsening": "变差"}
OF: Mapping[str, str] = {"call": "客户整通电话的情绪", "ending": "客户最后一段的情绪", "change": "客户最后一段比开头一段的情绪变化"}
UNREAD = "没有情绪分（没有运行情绪模型，或客户没有说话）"


def sentiment(rule: SentimentCheck, context: Context) -> Result:
    """Holds when the customer feels as the rule says; the turns are the hits, for the call as a whole its worst turn.

    ``na`` with the reason where no model has read what is asked about: only the customer's turns are read.
    """
    limits = rule.limits
    if limits is not None and rule.of == "turns":
        return _turns(rule, limits, context)
    felt = context.analysis.sentiment
    if felt is None:
        return Result(state="na", reason=UNREAD)
    worst = _worst(felt, context)
    if rule.calmed is not None:
        if felt.calmed is None:
            return Result(state="na", reason="客户没有明显的不满，或之后没有再说话")
        reason = f"客户最不满之后{'缓和了' if felt.calmed else '没有缓和'}"
        return _of_call(felt.calmed == rule.calmed, worst, reason)
    if limits is None:
        first, last = _ends(felt)
        figures = f"（开头 {first:+.2f}，最后 {last:+.2f}）" if first is not None and last is not None else ""
        reason = f"客户情绪{TRENDS[felt.trend]}{figures}"
        return _of_call(felt.trend in rule.trend, worst, reason)
    value = _value(rule.of, felt)
    if value is None:
        return Result(state="na", reason="客户说的话太少，看不出前后")
    reason = f"{OF[rule.of]} {value:+.2f}"
    right = limits.holds(value)
    return _of_call(right, worst, reason if right else f"{reason}，不在要求之内：{limits.words()}")


def _of_call(holds: bool, worst: Hit | None, reason: str) -> Result:
    """An answer about the call as a whole, with its worst moment to listen to."""
    if holds:
        return Result(state="holds", hits=(worst,) if worst else (), reason=reason)
    return Result(state="fails", nearest=worst, reason=reason)


def _turns(rule: SentimentCheck, limits: Range, context: Context) -> Result:
    """Turns of the window, each by its own number."""
    searched = context.window.searched
    if searched.role == "agent":
        return Result(state="na", searched=searched, reason="情绪只看客户的话；请在这个检查里写 scope: {role: customer}")
    if context.track is None:
        return Result(state="na", searched=searched, reason=UNREAD)
    inside = set(context.window.turns)
    read = [(felt.turn, felt.sentiment) for felt in context.track.turns if felt.turn in inside and _customers(felt.turn, context)]
    if not read:
        return Result(state="na", searched=searched, reason=f"客户{context.window.note}没有可以看情绪的话")
    hits = tuple(_hit(context, turn, value) for turn, value in read if limits.holds(value))
    if len(hits) >= rule.times:
        return Result(state="holds", hits=hits, searched=searched, reason=f"客户有 {len(hits)} 句话的情绪{limits.words()}")
    low, high = min(value for _, value in read), max(value for _, value in read)
    return Result(state="fails", searched=searched, reason=f"客户{context.window.note}各句话的情绪在 {low:+.2f} 到 {high:+.2f} 之间")


def _customers(turn: int, context: Context) -> bool:
    """Whether a turn is the customer's, and not only perhaps: models read whatever might be."""
    return turn < len(context.heard.turns) and context.heard.turns[turn].role == "customer"


def _hit(context: Context, turn: int, value: float) -> Hit:
    return quoted(context.heard, turn, 0, len(context.heard.turns[turn].text), phrase=f"情绪 {value:+.2f}")


def _worst(felt: Sentiment, context: Context) -> Hit | None:
    """The customer's worst moment, where there is one, as evidence."""
    if felt.worst is None or felt.worst >= len(context.heard.turns):
        return None
    values = {one.turn: one.sentiment for one in context.track.turns} if context.track else {}
    said = len(context.heard.turns[felt.worst].text)
    phrase = f"情绪 {values[felt.worst]:+.2f}" if felt.worst in values else "客户最不满的一句"
    return quoted(context.heard, felt.worst, 0, said, phrase=phrase)


def _ends(felt: Sentiment) -> tuple[float | None, float | None]:
    """The first and the last quarter in which the customer spoke; the second is None when they are the same."""
    spoken = [value for value in felt.by_quarter if value is not None]
    return (spoken[0], spoken[-1] if len(spoken) > 1 else None) if spoken else (None, None)


def _value(of: str, felt: Sentiment) -> float | None:
    if of == "call":
        return felt.customer
    first, last = _ends(felt)
    if of == "ending":
        return last if last is not None else first
    return None if first is None or last is None else round(last - first, 2)
