"""Who speaks when: how long one lets the other wait, who begins and who ends, how many turns there are."""

from __future__ import annotations

from itertools import pairwise

from qa.calls import Hit
from qa.scoring.checks import Gap
from qa.scoring.operators import Speaker, Turns
from qa.scoring.rules.base import Context, Result
from qa.scoring.rules.windows import words_for


def gap(rule: Gap, context: Context) -> Result:
    """Holds when ``times`` answers came after such a wait that nothing excuses; the waits are the hits.

    An answer is a turn that follows a turn of the other party. It is looked for in the window; an answer that
    begins before the other has ended was waited for 0 seconds.
    """
    if not context.heard.timed:
        return Result(state="na", reason="转写没有时间，无法计算应答间隔")
    waits = _waits(rule, context)
    who = words_for(rule.by or context.window.searched.role)
    if not waits:
        return Result(state="na", searched=context.window.searched, reason=f"{who}没有应答对方的话")
    long = [wait for wait in waits if rule.holds(_length(wait))]
    judged = [(wait, context.excused(rule.unless, wait.start or 0.0, wait.end or 0.0)) for wait in long]
    sure = tuple(wait for wait, excuse in judged if excuse is None)
    doubtful = tuple(wait for wait, excuse in judged if excuse is not None and excuse.state == "unsure")
    if len(sure) >= rule.times:
        reason = f"{who}有 {len(sure)} 次应答间隔{rule.words()} 秒，最长 {max(map(_length, sure)):.1f} 秒"
        return Result(state="holds", hits=sure, searched=context.window.searched, reason=reason)
    if len(sure) + len(doubtful) >= rule.times:
        return Result(state="unsure", hits=doubtful, searched=context.window.searched, reason="不能确定应答前是否有说明")
    return Result(state="fails", searched=context.window.searched, reason=f"{who}最长 {max(map(_length, waits)):.1f} 秒后应答")


def _waits(rule: Gap, context: Context) -> list[Hit]:
    """Every wait that ends in the window, as a place in time."""
    wanted = set(context.window.turns)
    spoken = [(i, turn) for i, turn in enumerate(context.heard.turns) if context.dialogue.normals[i].text]
    waits = []
    for (_, before), (index, after) in pairwise(spoken):
        answers = index in wanted and before.role != after.role and rule.by in (None, after.role)
        if answers and before.end is not None and after.start is not None:
            end = max(before.end, after.start)
            waits.append(Hit(role=after.role, text=f"{end - before.end:.1f} 秒后才应答", start=before.end, end=end))
    return waits


def _length(wait: Hit) -> float:
    return round((wait.end or 0.0) - (wait.start or 0.0), 2)


def turns(rule: Turns, context: Context) -> Result:
    """Holds when the number of turns with words in the window lies within the limits."""
    searched = context.window.searched
    found = sum(bool(context.dialogue.normals[index].text) for index in context.window.turns)
    reason = f"{words_for(searched.role)}{context.window.note}有 {found} 句话"
    if rule.holds(found):
        return Result(state="holds", searched=searched, reason=reason)
    return Result(state="fails", searched=searched, reason=f"{reason}，不在要求之内：{rule.words()}")


def speaker(rule: Speaker, context: Context) -> Result:
    """Holds when that party speaks first (last) of all in the window; the turn is the hit. ``na`` when nobody speaks."""
    spoken = [index for index in context.window.turns if context.dialogue.normals[index].text]
    if not spoken:
        return Result(state="na", searched=context.window.searched, reason="没有人说话")
    index, what = (spoken[0], "先开口") if rule.first else (spoken[-1], "最后说话")
    turn = context.heard.turns[index]
    hit = context.dialogue.hit(index, 0, len(context.dialogue.normals[index].text), phrase=None, closeness=1.0)
    right = turn.role == (rule.first or rule.last)
    reason = f"{what}的是{words_for(turn.role)}"
    return Result(state="holds" if right else "fails", hits=(hit,), searched=context.window.searched, reason=reason)
