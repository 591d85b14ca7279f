"""every: a check that must hold for each turn of the window by itself."""

from __future__ import annotations

from dataclasses import replace

from qa.calls import Hit
from qa.scoring.checks import Every
from qa.scoring.rules.base import Context, Result
from qa.scoring.rules.logic import in_time
from qa.scoring.rules.windows import Window, words_for


def each_turn(rule: Every, context: Context) -> Result:
    """Holds when the check holds in every turn of the window that is long enough; turns in which it fails are the hits.

    Turns of which it cannot be asked (``na``) are left out. ``na`` when that leaves none; ``unsure`` when it fails in
    none and cannot be told of some. When it holds, the hits of all turns are its hits.
    """
    searched = context.window.searched
    long = [index for index in context.window.turns if len(context.dialogue.normals[index].text) >= rule.characters]
    results = [(index, replace(context, window=_alone(index, context)).evaluate(rule.of)) for index in long]
    asked = [(index, result) for index, result in results if result.state != "na"]
    who = f"{words_for(searched.role)}{context.window.note}"
    if not asked:
        reason = next((result.reason for _, result in results if result.reason), None)
        return Result(state="na", searched=searched, reason=reason or f"没有{_words(who, rule)}")
    failed = [index for index, result in asked if result.state == "fails"]
    if failed:
        hits = tuple(_whole(index, context) for index in failed)
        return Result(
            state="fails", hits=hits, searched=searched, reason=f"{_words(who, rule)} {len(asked)} 句，其中 {len(failed)} 句不符合"
        )
    doubtful = [result for _, result in asked if result.state == "unsure"]
    if doubtful:
        hits = in_time(hit for result in doubtful for hit in result.hits)
        reason = next((result.reason for result in doubtful if result.reason), None)
        return Result(state="unsure", hits=hits, searched=searched, reason=reason)
    hits = in_time(hit for _, result in asked for hit in result.hits)
    return Result(state="holds", hits=hits, searched=searched, reason=f"{_words(who, rule)} {len(asked)} 句，都符合")


def _words(who: str, rule: Every) -> str:
    return f"{who} {rule.characters} 个字以上的话" if rule.characters > 1 else f"{who}的话"


def _alone(index: int, context: Context) -> Window:
    """The window that is one turn."""
    turn = context.heard.turns[index]
    searched = replace(context.window.searched, start=turn.start, end=turn.end, turns=1)
    return Window((index,), searched, note="这一句")


def _whole(index: int, context: Context) -> Hit:
    return context.dialogue.hit(index, 0, len(context.dialogue.normals[index].text), phrase=None, closeness=1.0)
