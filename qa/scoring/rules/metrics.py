"""Numbers of the call against limits: metrics of the whole call, and the speaking rate of single turns."""

from __future__ import annotations

from qa.analysis.metrics import METRICS, speaking_rates
from qa.calls import Hit
from qa.scoring.operators import Metric, Rate
from qa.scoring.rules.base import Context, Result
from qa.scoring.rules.windows import words_for


def metric(rule: Metric, context: Context) -> Result:
    """Holds when the metric lies within the limits; ``na`` when it could not be measured."""
    name, unit = METRICS[rule.name]
    value = context.analysis.metrics.get(rule.name)
    if value is None:
        return Result(state="na", reason=_unmeasured(rule.name, name, context))
    figure = f"{name} {value:g} {unit}".strip()
    if rule.holds(value):
        return Result(state="holds", reason=figure)
    return Result(state="fails", reason=f"{figure}，不在要求之内：{rule.words()}")


def rate(rule: Rate, context: Context) -> Result:
    """Holds when ``times`` turns of the window are spoken at such a rate; they are the hits."""
    if not context.heard.timed:
        return Result(state="na", reason="转写没有时间，无法计算语速")
    rates = speaking_rates(context.heard, rule.characters)
    measured = [(index, rates[index]) for index in context.window.turns if index in rates]
    who = words_for(context.window.searched.role)
    if not measured:
        return Result(state="na", searched=context.window.searched, reason=f"{who}没有一句达到 {rule.characters} 个字，不计语速")
    within = [(index, pace) for index, pace in measured if rule.holds(pace)]
    if len(within) < rule.times:
        fastest = max(pace for _, pace in measured)
        return Result(state="fails", searched=context.window.searched, reason=f"{who}最快的一句每分钟 {fastest:.0f} 字")
    hits = []
    for index, pace in within:
        turn = context.heard.turns[index]
        span = (0, len(turn.text))
        hits.append(
            Hit(role=turn.role, text=turn.text, start=turn.start, end=turn.end, turn=index, span=span, phrase=f"每分钟 {pace:.0f} 字")
        )
    return Result(state="holds", hits=tuple(hits), searched=context.window.searched, reason=f"{len(hits)} 句的语速{rule.words()} 字/分")


def _unmeasured(metric: str, name: str, context: Context) -> str:
    if not context.heard.timed:
        return f"转写没有时间，无法计算{name}"
    if metric.startswith(("overtalk", "interruptions")) and not context.heard.parted:
        return f"双方没有分声道录音，无法计算{name}"
    return f"这通电话没有可以计算{name}的话语"
