"""How loud turns are: against the same party's own level, against its turn before, against full scale, or from end to end.

A party's level depends on its telephone and its distance from the microphone, so that parties, and calls, are never
compared with one another: what says something is a change. Loudness is that of the turn's own speech, in dB below full
scale (:attr:`qa.calls.Turn.loudness`); an imported text has none, and then nothing is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from statistics import median

from qa.calls import Hit
from qa.scoring.operators import Loudness
from qa.scoring.rules.base import Context, Result
from qa.scoring.rules.sentences import quoted
from qa.scoring.rules.windows import words_for

_THAN = {"own": "平时", "previous": "上一句"}
#: With fewer turns of a party its usual level is not known.
ENOUGH = 3


def loudness(rule: Loudness, context: Context) -> Result:
    """Holds when ``times`` turns of the window (for a span: the window as a whole) lie within the limits; they are the hits.

    ``na`` where no turn has a loudness, or too few of the party have for a comparison.
    """
    searched = context.window.searched
    who = words_for(searched.role)
    levels = _levels(rule, context)
    if not levels:
        reason = f"{who}的话没有响度，无法比较（文字记录没有录音；早先识别的录音要重新识别）"
        if any(turn.loudness is not None for turn in context.heard.turns):
            reason = f"{who}没有一句达到 {rule.characters} 个字，不计响度"
        return Result(state="na", searched=searched, reason=reason)
    if rule.than == "span":
        return _span(rule, context, levels)
    inside = set(context.window.turns)
    measured = {index: value for index, value in _compared(rule, levels, context).items() if index in inside}
    if not measured:
        least = 2 if rule.than == "previous" else ENOUGH
        return Result(state="na", searched=searched, reason=f"{who}可比的话不足 {least} 句，不计响度")
    hits = tuple(_hit(context, index, _said(rule, value)) for index, value in measured.items() if rule.holds(value))
    compared = f"与{_THAN[rule.than]}相比" if rule.than in _THAN else "的响度"
    unit = "dB" if rule.than in _THAN else "dBFS"
    if len(hits) >= rule.times:
        reason = f"{who}有 {len(hits)} 句{compared}{rule.words()} {unit}"
        return Result(state="holds", hits=hits, searched=searched, reason=reason)
    low, high = min(measured.values()), max(measured.values())
    return Result(state="fails", searched=searched, reason=f"{who}各句{compared}在 {low:.1f} 到 {high:.1f} {unit} 之间")


def _levels(rule: Loudness, context: Context) -> dict[int, float]:
    """The loudness of every turn, long enough, of the window's party: of the whole call, or its usual level could not be known."""
    role = context.window.searched.role
    return {
        index: turn.loudness
        for index, (turn, normal) in enumerate(zip(context.heard.turns, context.dialogue.normals, strict=True))
        if turn.loudness is not None and len(normal.text) >= rule.characters and role in (None, turn.role)
    }


def _compared(rule: Loudness, levels: Mapping[int, float], context: Context) -> dict[int, float]:
    """What the limits are held against, for each turn for which it can be told."""
    if rule.than == "full_scale":
        return dict(levels)
    parties: dict[str, list[int]] = {}
    for index in levels:
        parties.setdefault(context.heard.turns[index].role, []).append(index)
    found: dict[int, float] = {}
    for turns in parties.values():
        if rule.than == "previous":
            found |= {index: levels[index] - levels[before] for before, index in pairwise(turns)}
        elif len(turns) >= ENOUGH:
            usual = median(levels[index] for index in turns)
            found |= {index: levels[index] - usual for index in turns}
    return {index: round(found[index], 1) for index in sorted(found)}


def _span(rule: Loudness, context: Context, levels: Mapping[int, float]) -> Result:
    """One number for the window: how far its loudest turn lies above its quietest."""
    searched = context.window.searched
    who = words_for(searched.role)
    there = [index for index in context.window.turns if index in levels]
    if len(there) < ENOUGH:
        return Result(state="na", searched=searched, reason=f"{who}可比的话不足 {ENOUGH} 句，不计响度")
    low, high = min(there, key=lambda index: levels[index]), max(there, key=lambda index: levels[index])
    span = round(levels[high] - levels[low], 1)
    reason = f"{who}最响与最轻的一句相差 {span:.1f} dB"
    if not rule.holds(span):
        return Result(state="fails", searched=searched, reason=f"{reason}，要求{rule.words()} dB")
    hits = tuple(_hit(context, index, f"响度 {levels[index]:.1f} dBFS") for index in sorted({low, high}))
    return Result(state="holds", hits=hits, searched=searched, reason=reason)


def _hit(context: Context, index: int, phrase: str) -> Hit:
    return quoted(context.heard, index, 0, len(context.heard.turns[index].text), phrase=phrase)


def _said(rule: Loudness, value: float) -> str:
    if rule.than == "full_scale":
        return f"响度 {value:.1f} dBFS"
    return f"比{_THAN[rule.than]}{'响' if value >= 0 else '轻'} {abs(value):.1f} dB"
