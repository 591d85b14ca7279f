"""Regular expressions, for what has a shape rather than a wording: a staff number, an amount."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from qa.calls import Hit
from qa.scoring.operators import Pattern, compiled
from qa.scoring.rules.base import Context, Result
from qa.scoring.rules.certainty import hardly_understood
from qa.scoring.rules.windows import words_for


def pattern(rule: Pattern, context: Context) -> Result:
    """Holds when the expressions are found ``times`` times in the window, none of it inside ``excluding``.

    They are matched within single turns, on the normalised text; the hits point at the original words.
    """
    silent = context.silent()
    if silent:
        return silent
    searched = context.window.searched
    hits = tuple(hit for turn in context.window.turns for hit in _found(rule, turn, context))
    if len(hits) >= rule.times:
        return Result(state="holds", hits=hits, searched=searched)
    reason = f"{words_for(searched.role)}的{context.window.note or '全部'}话语里没有符合正则 {' 或 '.join(rule.regex)} 的话"
    if hits:
        reason = f"符合正则的只有 {len(hits)} 处，不够 {rule.times} 处"
    if not context.accusing and hardly_understood(context.window.turns, context.heard):
        return Result(state="unsure", searched=searched, reason=f"{reason}，但其中大半识别把握很低，请复听")
    return Result(state="fails", hits=hits, searched=searched, reason=reason)


def _found(rule: Pattern, turn: int, context: Context) -> Iterator[Hit]:
    """The matches in one turn, in order, not over one another."""
    text = context.dialogue.normals[turn].text
    benign = [span for regex in rule.excluding for span in _spans(compiled(regex), text)]
    reach = 0
    places = sorted((*span, regex) for regex in rule.regex for span in _spans(compiled(regex), text))
    for begin, end, found in places:
        if begin >= reach and not any(begin < stop and end > start for start, stop in benign):
            reach = end
            yield context.dialogue.hit(turn, begin, end, phrase=found, closeness=1.0)


def _spans(regex: Any, text: str) -> list[tuple[int, int]]:
    """Where the expression matches; a match of nothing is none."""
    return [match.span() for match in regex.finditer(text) if match.end() > match.start()]
