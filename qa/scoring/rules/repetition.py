"""The same said again: an agent who repeats a formula, a customer who has to ask three times."""

from __future__ import annotations

from collections.abc import Sequence

from qa.calls import Hit
from qa.scoring import phrases as matching
from qa.scoring.operators import Repetition
from qa.scoring.rules.base import Context, Result
from qa.scoring.rules.certainty import hardly_understood
from qa.scoring.rules.sentences import Sentence, sentences
from qa.scoring.rules.windows import words_for

Alike = tuple[Sentence, Sentence, float]  # a sentence, one said later, how much of them agrees


def repetition(rule: Repetition, context: Context) -> Result:
    """Holds when a sentence of the window is said ``times`` times in all; every time is a hit, with the first as its phrase.

    How much two sentences agree is their normalised indel similarity: twice the length of their longest common
    subsequence over the sum of their lengths (rapidfuzz). Compared are sentences of one party with one another, or
    with what the other party said before (``of: other``). Fails with the two sentences that came nearest.
    """
    silent = context.silent()
    if silent:
        return silent
    searched = context.window.searched
    pairs = _pairs(rule, context)
    hits = _again(rule, context, [pair for pair in pairs if pair[2] >= rule.similarity])
    who = words_for(searched.role)
    if len(hits) >= rule.times:
        what = f"同样的话说了 {len(hits)} 遍" if rule.of == "self" else f"重复对方的话 {len(hits)} 处"
        return Result(state="holds", hits=hits, searched=searched, reason=f"{who}{what}")
    near = max(pairs, key=lambda pair: pair[2], default=None)
    nearest = near[1].hit(context.dialogue, phrase=_words(near[0], context), closeness=near[2]) if near else None
    reason = f"{who}没有把同一句话说 {rule.times} 遍" if rule.of == "self" else f"{who}没有重复对方的话"
    if not context.accusing and hardly_understood(context.window.turns, context.heard):
        return Result(state="unsure", searched=searched, nearest=nearest, reason=f"{reason}，但其中大半识别把握很低，请复听")
    return Result(state="fails", searched=searched, nearest=nearest, reason=reason)


def _pairs(rule: Repetition, context: Context) -> list[Alike]:
    """Every two sentences that may be the same, with how much they agree, the earlier first; those far apart left out."""
    from rapidfuzz import fuzz, process

    own = _compared(rule, context, context.window.turns)
    earlier = own
    if rule.of == "other":
        parties = {context.heard.turns[one.turn].role for one in own}
        earlier = _compared(
            rule, context, [i for i, turn in enumerate(context.heard.turns) if len(parties) > 1 or turn.role not in parties]
        )
    if not own or not earlier:
        return []
    scores = process.cdist([one.text for one in earlier], [one.text for one in own], scorer=fuzz.ratio, score_cutoff=40)
    return [
        (earlier[i], own[j], round(float(scores[i, j]) / 100, 3))
        for i, j in zip(*scores.nonzero(), strict=True)
        if _follows(rule, context, earlier[i], own[j])
    ]


def _follows(rule: Repetition, context: Context, first: Sentence, then: Sentence) -> bool:
    """Whether ``then`` was said after ``first``, by the same party, or by the other where that is asked."""
    same = context.heard.turns[first.turn].role == context.heard.turns[then.turn].role
    return (first.turn, first.begin) < (then.turn, then.begin) and same == (rule.of == "self")


def _compared(rule: Repetition, context: Context, turns: Sequence[int]) -> list[Sentence]:
    void = matching.search(context.dialogue, turns, rule.excluding) if rule.excluding else []
    spans = [(hit.turn, *hit.span) for hit in void if hit.span]
    return [
        one
        for one in sentences(context.dialogue, turns, rule.characters)
        if not any(turn == one.turn and begin < one.end and end > one.begin for turn, begin, end in spans)
    ]


def _again(rule: Repetition, context: Context, alike: Sequence[Alike]) -> tuple[Hit, ...]:
    """The largest group of sentences like its first, the earliest of equals; for ``other`` every sentence that repeats one."""
    if rule.of == "other":
        best: dict[Sentence, Alike] = {}
        for pair in alike:
            if pair[1] not in best or pair[2] > best[pair[1]][2]:
                best[pair[1]] = pair
        chosen = sorted(best.values(), key=lambda pair: (pair[1].turn, pair[1].begin))
        return tuple(then.hit(context.dialogue, phrase=_words(first, context), closeness=score) for first, then, score in chosen)
    groups: dict[Sentence, list[Alike]] = {}
    for pair in alike:
        groups.setdefault(pair[0], []).append(pair)
    if not groups:
        return ()
    first = min(groups, key=lambda one: (-len(groups[one]), one.turn, one.begin))
    said = _words(first, context)
    later = sorted(groups[first], key=lambda pair: (pair[1].turn, pair[1].begin))
    return (
        first.hit(context.dialogue, phrase=said, closeness=1.0),
        *(then.hit(context.dialogue, phrase=said, closeness=score) for _, then, score in later),
    )


def _words(one: Sentence, context: Context) -> str:
    return context.heard.turns[one.turn].text[one.begin : one.end]
