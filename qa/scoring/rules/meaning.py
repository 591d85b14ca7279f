"""Sentences that mean the same in other words, told by an embedding model.

Cosines of sentence vectors say nothing by themselves: some sentences are close to everything. So each cosine is set
against how close the two sentences are to the sentences of calls in general (cross-domain similarity local scaling,
Conneau et al., *Word translation without parallel data*, 2018)::

    likeness(a, b) = cos(a, b) - (mean of a's 10 highest cosines with the background + the same of b) / 2

On 13 paraphrases of 4 intents and 224 sentences of other intents the default margin of 0.024 finds 85 % with 0.4 %
false, 0.018 the same with 2 %, 0.011 all with 5 %; so a doubt of 0.005 on either side asks for a person's ear.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from qa.calls import Hit
from qa.scoring.operators import Meaning
from qa.scoring.rules.background import BACKGROUND
from qa.scoring.rules.base import Context, Result
from qa.scoring.rules.certainty import doubtful, hardly_understood
from qa.scoring.rules.sentences import sentences
from qa.scoring.rules.windows import words_for
from qa.text.embedding import vector
from qa.text.normalize import normalize

#: How many sentences of the background say how close a sentence is to anything.
NEIGHBOURS = 10
#: Likeness this near to the margin says neither yes nor no.
DOUBT = 0.005


def meaning(rule: Meaning, context: Context) -> Result:
    """Holds when ``times`` sentences of the window mean what ``like`` does; they are the hits, their closeness the cosine.

    ``unsure`` where the likeness falls within 0.005 under the margin (over it, where the check accuses), or the words
    of the hits were hardly understood. Fails with the sentence that came nearest.
    """
    silent = context.silent()
    if silent:
        return silent
    searched = context.window.searched
    rated = _rated(rule, context)
    limit, doubt = (rule.margin + DOUBT, rule.margin) if context.accusing else (rule.margin, rule.margin - DOUBT)
    possible = [hit for hit, likeness in rated if likeness >= doubt]
    sure = [hit for hit, likeness in rated if likeness >= limit and not (context.accusing and doubtful(hit, context.heard))]
    if len(sure) >= rule.times:
        return Result(state="holds", hits=tuple(sure), searched=searched)
    nearest, near = max(rated, key=lambda one: one[1], default=(None, 0.0))
    told = f"，最接近的一句高出背景 {near:.3f}，要求 {rule.margin:g}" if nearest else ""
    if len(possible) >= rule.times:
        return Result(state="unsure", hits=tuple(possible), searched=searched, reason=f"意思只是有些接近{told}，请复听")
    reason = f"{words_for(searched.role)}的{context.window.note or '全部'}话语里没有意思是「{rule.like[0]}」的话{told}"
    if not context.accusing and hardly_understood(context.window.turns, context.heard):
        return Result(state="unsure", searched=searched, nearest=nearest, reason=f"{reason}；其中大半识别把握很低，请复听")
    return Result(state="fails", searched=searched, nearest=nearest, reason=reason)


def _rated(rule: Meaning, context: Context) -> list[tuple[Hit, float]]:
    """Every sentence of the window with how alike it is to the likest of ``like``; none that is rather like ``unlike``."""
    rated = []
    for one in sentences(context.dialogue, context.window.turns, rule.characters):
        best, likeness = _likest(one.text, rule.like)
        if rule.unlike and _likest(one.text, rule.unlike)[1] > likeness:
            continue
        rated.append((one.hit(context.dialogue, phrase=best, closeness=cosine(one.text, normalize(best).text)), likeness))
    return rated


def _likest(text: str, others: Sequence[str]) -> tuple[str, float]:
    return max(((other, likeness(text, normalize(other).text)) for other in others), key=lambda one: one[1])


@lru_cache(maxsize=100_000)
def likeness(one: str, other: str) -> float:
    """How much more alike two normalised sentences are than sentences of calls in general, to 0.001."""
    return round(cosine(one, other) - (_crowd(one) + _crowd(other)) / 2, 3)


def cosine(one: str, other: str) -> float:
    """The cosine of two sentences, to 0.001, 0 to 1."""
    return round(min(1.0, max(0.0, float(vector(one) @ vector(other)))), 3)


@lru_cache(maxsize=20_000)
def _crowd(text: str) -> float:
    closest = sorted((float(vector(text) @ vector(other)) for other in BACKGROUND), reverse=True)[:NEIGHBOURS]
    return sum(closest) / len(closest)
