"""Words that are said, or are not: phrases and lexicons, by characters and by sound."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

from qa.calls import Hit
from qa.scoring import phrases as matching
from qa.scoring.lexicon import Lexicon, Phrase
from qa.scoring.operators import Say
from qa.scoring.rules.base import Context, Result
from qa.scoring.rules.certainty import GREY_BAND, doubtful, hardly_understood
from qa.scoring.rules.windows import words_for
from qa.scoring.vocabulary import Kept, at_least
from qa.text.normalize import normalize
from qa.text.sound import LONGEST, read


def say(rule: Say, context: Context) -> Result:
    """Holds when enough of the phrases are said in the window; the places are the hits.

    Fails with the window that was searched and the nearest thing to a phrase. ``unsure`` as described in
    :mod:`qa.scoring.rules.certainty`; ``na`` when the party never speaks.
    """
    silent = context.silent()
    if silent:
        return silent
    wanted = groups(rule, context.lexicons)
    found = [matching.search(context.dialogue, context.window.turns, phrases, excluding) for _, phrases, excluding in wanted]
    if not context.accusing:
        hits = _apart(found)
        if _enough(rule, found, hits):
            return Result(state="holds", hits=hits, searched=context.window.searched)
        return _absent(rule, context, wanted, hits)
    sure = [[hit for hit in hits if not doubtful(hit, context.heard)] for hits in found]
    hits = _apart(sure)
    if _enough(rule, sure, hits):
        return Result(state="holds", hits=hits, searched=context.window.searched)
    hits = _apart(found)
    if _enough(rule, found, hits):
        return Result(state="unsure", hits=hits, searched=context.window.searched, reason="只是读音相近，且识别把握低，请复听")
    return Result(state="fails", searched=context.window.searched)


Group = tuple[str, tuple[Phrase, ...], tuple[Phrase, ...]]  # name, phrases, benign contexts


_GROUPS = Kept[tuple[Group, ...]](most=4096)


def groups(rule: Say, lexicons: Mapping[str, Lexicon]) -> tuple[Group, ...]:
    """The phrases of the rule (each for itself where all are required) and of each lexicon, with their benign contexts.

    The same rule and lexicons give the very same tuples, by which what was found of them is known.
    """
    return _GROUPS.of((rule, lexicons), lambda: tuple(_groups(rule, lexicons)))


def _groups(rule: Say, lexicons: Mapping[str, Lexicon]) -> Iterator[Group]:
    for part in [(phrase,) for phrase in rule.phrases] if rule.match == "all" else [rule.phrases]:
        if part:
            yield rule.name or _names(part), _adjusted(part, rule.closeness, rule.exact), rule.excluding
    for name in rule.lexicon:
        lexicon = lexicons[name]
        phrases = lexicon.of_category(*rule.categories) if rule.categories else lexicon.phrases
        yield lexicon.name, _adjusted(phrases, rule.closeness, rule.exact), lexicon.excluding + rule.excluding


def _names(phrases: Sequence[Phrase], most: int = 3) -> str:
    """A few of the phrases as people write them; the others are counted."""
    return "、".join(phrase.readable for phrase in phrases[:most]) + (f"等 {len(phrases)} 种说法" if len(phrases) > most else "")


@lru_cache(maxsize=256)
def _adjusted(phrases: tuple[Phrase, ...], closeness: float | None, exact: bool) -> tuple[Phrase, ...]:
    """The phrases with what the rule says about all of them."""
    said = ({"closeness": closeness} if closeness is not None else {}) | ({"exact": True} if exact else {})
    return tuple(phrase.model_copy(update=said) for phrase in phrases) if said else phrases


def _apart(groups: Sequence[Sequence[Hit]]) -> tuple[Hit, ...]:
    """The hits that do not lie over one another, the longer before the closer before the earlier: one utterance is one hit."""

    def preference(hit: Hit) -> tuple[int, float, int, int]:
        begin, end = hit.span or (0, 0)
        return begin - end, -hit.closeness, hit.turn or 0, begin

    if len(groups) <= 1 and not any(_meet(one, other) for group in groups for one, other in pairwise(group)):
        return tuple(hit for group in groups for hit in group)
    kept: list[Hit] = []
    for hit in sorted((hit for group in groups for hit in group), key=preference):
        begin, end = hit.span or (0, 0)
        if all(other.turn != hit.turn or other.span is None or end <= other.span[0] or begin >= other.span[1] for other in kept):
            kept.append(hit)
    return tuple(sorted(kept, key=lambda hit: (hit.turn or 0, hit.span or (0, 0))))


def _meet(hit: Hit, following: Hit) -> bool:
    """Whether a hit lies over that before it; numbers of several digits may, in the original text."""
    return hit.turn == following.turn and (hit.span is None or following.span is None or following.span[0] < hit.span[1])


def _enough(rule: Say, groups: Sequence[Sequence[Hit]], hits: Sequence[Hit]) -> bool:
    """Whether the hits, those of the groups that lie apart, are as many, and of as many phrases, as the rule asks."""
    if len(hits) < rule.times:
        return False
    if rule.match == "all":
        return all(groups)
    return bool(hits) if rule.match == "any" else len({hit.phrase for hit in hits}) >= rule.match


_ASKED = Kept[tuple[Phrase, ...]](most=4096)


def _absent(rule: Say, context: Context, groups: Sequence[Group], hits: Sequence[Hit]) -> Result:
    """Too little was said: the window, the nearest miss, and whether that can be held against the agent."""
    phrases = _ASKED.of((groups,), lambda: tuple(dict.fromkeys(phrase for _, group, _ in groups for phrase in group)))
    near = matching.nearest(context.dialogue, context.window.turns, phrases) if not hits else None
    searched = context.window.searched
    who = words_for(searched.role)
    place = f"{who}的{context.window.note or '全部'}话语"
    names = "、".join(f"「{name}」" for name, _, _ in groups[:4]) + (" 等" if len(groups) > 4 else "")
    reason = f"{place}里没有{names}" if not hits else f"{place}里{names}只有 {len(hits)} 处，不够 {_wanted(rule)}"
    if not hits and near is not None and _just_short(near, phrases) and doubtful(near, context.heard):
        return Result(state="unsure", searched=searched, nearest=near, reason=f"{reason}，但有一处差一点：「{near.text}」")
    if hardly_understood(context.window.turns, context.heard):
        return Result(state="unsure", searched=searched, nearest=near, reason=f"{reason}，但其中大半识别把握很低，请复听")
    return Result(state="fails", hits=tuple(hits), searched=searched, nearest=near, reason=reason)


def _wanted(rule: Say) -> str:
    if rule.match == "any":
        return f"{rule.times} 处"
    return "全部" if rule.match == "all" else f"{rule.match} 种"


def _just_short(near: Hit, phrases: Sequence[Phrase]) -> bool:
    """Whether the nearest miss lies in the grey band below what its phrase asks for; never for one matched by characters."""
    missed = [phrase for phrase in phrases if phrase.text == near.phrase]
    if all(near.closeness < at_least(phrase, LONGEST) - GREY_BAND for phrase in missed):  # shorter ones are asked for more
        return False
    length = len(read(normalize(near.text).text))
    limit = min((at_least(phrase, length) for phrase in missed), default=1.0)
    return limit < 1.0 and limit - GREY_BAND <= near.closeness < limit
