"""Regular expressions, for what has a shape rather than a wording: a staff number, an amount."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

from qa.calls import Hit
from qa.scoring.dialogue import Dialogue
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
    hits = tuple(_found(rule, context))
    if len(hits) >= rule.times:
        return Result(state="holds", hits=hits, searched=searched)
    sought = f"「{rule.name}」" if rule.name else f"符合正则 {' 或 '.join(rule.regex)} 的话"
    reason = f"{words_for(searched.role)}的{context.window.note or '全部'}话语里没有{sought}"
    if hits:
        reason = f"{sought}只有 {len(hits)} 处，不够 {rule.times} 处"
    if not context.accusing and hardly_understood(context.window.turns, context.heard):
        return Result(state="unsure", searched=searched, reason=f"{reason}，但其中大半识别把握很低，请复听")
    return Result(state="fails", hits=hits, searched=searched, reason=reason)


Span = tuple[int, int]

#: What looks beyond the characters that match: the edges of the text, or of a word.
_EDGES = re.compile(r"\\[bBAzQ]|\$|(?<!\[)\^|\(\?(?!:)")
#: Words, one or another: they mean the same to Python's own engine, which is linear in them and ten times as quick to ask.
_WORDS = re.compile(r"[\w.]+(?:\|[\w.]+)*")


def _found(rule: Pattern, context: Context) -> Iterator[Hit]:
    """The matches in order, not over one another."""
    places: dict[int, list[tuple[int, int, str]]] = {}
    for regex in rule.regex:
        for turn, (begin, end) in _places(regex, context.window.turns, context.dialogue):
            places.setdefault(turn, []).append((begin, end, regex))
    benign: dict[int, list[Span]] = {}
    for regex in rule.excluding if places else ():
        for turn, span in _places(regex, sorted(places), context.dialogue):
            benign.setdefault(turn, []).append(span)
    for turn in sorted(places):
        reach = 0
        for begin, end, found in sorted(places[turn]):
            if begin >= reach and not any(begin < stop and end > start for start, stop in benign.get(turn, ())):
                reach = end
                yield context.dialogue.hit(turn, begin, end, phrase=rule.name or found, closeness=1.0)


def _places(regex: str, turns: Sequence[int], dialogue: Dialogue) -> list[tuple[int, Span]]:
    """Where the expression matches in these turns, with the turn. All are searched as one text, where that is the same."""
    texts = [dialogue.normals[turn].text for turn in turns]
    if not _EDGES.search(regex):
        starts = [0, *accumulate(len(text) + 1 for text in texts)]
        places = []
        for begin, end in _spans(regex, "\n".join(texts)):
            number = bisect_right(starts, begin) - 1
            if end >= starts[number + 1]:  # from one turn into the next: not the same
                break
            places.append((turns[number], (begin - starts[number], end - starts[number])))
        else:
            return places
    return [(turn, span) for turn, text in zip(turns, texts, strict=True) for span in _spans(regex, text)]


def _spans(regex: str, text: str) -> list[Span]:
    """Where the expression matches; a match of nothing is none."""
    matches = re.finditer(regex, text) if _WORDS.fullmatch(regex) else compiled(regex).finditer(text)
    return [span for match in matches if (span := match.span())[1] > span[0]]
