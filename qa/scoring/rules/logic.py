"""all, any, not and count: operators on operators, with four states.

Parts that cannot be asked of a call (``na``) are left out; when that leaves none, the whole is ``na``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from qa.calls import Hit, Searched
from qa.scoring.checks import Check, Count
from qa.scoring.rules.base import Context, Result


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
