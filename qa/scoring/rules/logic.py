"""all, any, not, count and sequence: operators on operators, with four states.

Parts that cannot be asked of a call (``na``) are left out; when that leaves none, the whole is ``na``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from qa.calls import Hit, Searched
from qa.scoring.checks import Check, Count
from qa.scoring.checks import Sequence as InOrder
from qa.scoring.rules.base import Context, Result, State


def every(parts: Sequence[Check], context: Context) -> Result:
    """Holds when every part does; one that fails decides, whatever the others are."""
    results = [context.evaluate(part) for part in parts]
    asked = [result for result in results if result.state != "na"]
    if not asked:
        return results[0]
    failed = [result for result in asked if result.state == "fails"]
    if failed:
        found = [hit.text for result in asked if result.state == "holds" for hit in result.hits[:1]]
        reasons = [f"只说了「{'」「'.join(found)}」"] if found else []
        reasons += [result.reason for result in failed if result.reason]
        hits = in_time(hit for result in failed for hit in result.hits)
        return Result(state="fails", hits=hits, searched=_searched(failed), nearest=_nearest(failed), reason="；".join(reasons) or None)
    doubtful = [result for result in asked if result.state == "unsure"]
    if doubtful:
        return _joined("unsure", doubtful)
    return _joined("holds", asked)


def some(parts: Sequence[Check], context: Context) -> Result:
    """Holds when any part does."""
    return _count([context.evaluate(part) for part in parts], 1)


def negation(part: Check, context: Context) -> Result:
    """Holds when the part fails; its hits are then the evidence against."""
    result = context.against().evaluate(part)
    if result.state == "holds":
        return Result(state="fails", hits=result.hits, searched=result.searched, reason=result.reason)
    if result.state == "fails":
        return Result(state="holds", searched=result.searched, nearest=result.nearest, reason=result.reason)
    return result


def count(rule: Count, context: Context) -> Result:
    """Holds when at least so many parts do."""
    return _count([context.evaluate(part) for part in rule.of], rule.at_least)


def _count(results: Sequence[Result], needed: int) -> Result:
    asked = [result for result in results if result.state != "na"]
    if not asked:
        return results[0]
    holding = [result for result in asked if result.state == "holds"]
    doubtful = [result for result in asked if result.state == "unsure"]
    if len(holding) >= needed:
        return _joined("holds", holding)
    if len(holding) + len(doubtful) >= needed:
        return _joined("unsure", doubtful)
    failed = [result for result in asked if result.state == "fails"]
    hits = in_time(hit for result in failed for hit in result.hits)
    return Result(state="fails", hits=hits, searched=_searched(failed), nearest=_nearest(failed), reason=_reasons(failed))


def sequence(rule: InOrder, context: Context) -> Result:
    """Holds when every part happens, each after the one before and as near to it as the rule demands; the hits are one such
    chain, the earliest. ``na`` when a part is: what cannot be found has no place in an order.
    """
    results = [context.evaluate(part) for part in rule.of]
    barred = next((result for result in results if result.state == "na"), None)
    if barred:
        return barred
    failed = [result for result in results if result.state == "fails"]
    if failed:
        return Result(state="fails", searched=_searched(failed), nearest=_nearest(failed), reason=_reasons(failed))
    chain: list[tuple[Hit, ...]] = [()]
    for number, result in enumerate(results, 1):
        following = [(*before, hit) for hit in in_time(result.hits) for before in chain if not before or _next(rule, before[-1], hit)]
        # Of all ways to the same place one is enough, or a long call would have too many.
        reached = {way[-1]: way for way in reversed(following)}
        chain = [reached[hit] for hit in in_time(reached)]
        if not chain:
            return Result(state="fails", searched=_searched(results), reason=f"都出现了，但第 {number} 步没有按顺序跟在上一步之后")
    state: State = "unsure" if any(result.state == "unsure" for result in results) else "holds"
    return Result(state=state, hits=chain[0], searched=_searched(results), reason=_reasons(results))


def _next(rule: InOrder, first: Hit, then: Hit) -> bool:
    """Whether ``then`` comes after ``first``, as near as the rule demands: by words when both are words, else by time."""
    if first.turn is not None and then.turn is not None:
        after = (then.turn, (then.span or (0, 0))[0]) >= (first.turn, (first.span or (0, 0))[1])
        near = rule.within_turns is None or then.turn - first.turn <= rule.within_turns
    else:
        after = first.end is not None and then.start is not None and then.start >= first.end
        near = rule.within_turns is None
    if rule.within_seconds is None or not (after and near):
        return after and near
    return first.end is not None and then.start is not None and then.start - first.end <= rule.within_seconds


def in_time(hits: Iterable[Hit]) -> tuple[Hit, ...]:
    """Each hit once, in the order in which they happened."""
    return tuple(sorted(dict.fromkeys(hits), key=lambda hit: (hit.start or 0.0, hit.turn or 0, hit.span or (0, 0), hit.phrase or "")))


def _joined(state: str, results: Sequence[Result]) -> Result:
    return Result(
        state="holds" if state == "holds" else "unsure",
        hits=in_time(hit for result in results for hit in result.hits),
        searched=_searched(results),
        nearest=_nearest(results),
        reason=_reasons(results),
    )


def _reasons(results: Sequence[Result]) -> str | None:
    return "；".join(dict.fromkeys(result.reason for result in results if result.reason)) or None


def _nearest(results: Iterable[Result]) -> Hit | None:
    """The closest of the near misses; the first of equals."""
    return max((result.nearest for result in results if result.nearest), key=lambda hit: hit.closeness, default=None)


def _searched(results: Iterable[Result]) -> Searched | None:
    """The first window; parts mostly share one."""
    return next((result.searched for result in results if result.searched), None)
