"""Things that happen in time: silence, holds, interruptions; and what excuses them."""

from __future__ import annotations

from qa.calls import Event, Hit
from qa.scoring.checks import EventCheck
from qa.scoring.rules.base import Context, Result, State
from qa.scoring.rules.windows import words_for

NAMES = {"silence": "静音", "overtalk": "同时说话", "interruption": "抢话", "hold": "等待", "music": "音乐", "tone": "提示音"}


def event(rule: EventCheck, context: Context) -> Result:
    """Holds when such events happen often enough without an excuse; they are the hits.

    Where the window is bound to a part of the call, only events that begin in it count; whose words it is about
    does not matter: ``by`` says who.
    Overtalk and interruptions are ``na`` unless the parties were recorded apart; everything is on a transcript
    without times. An event whose excuse is unsure is doubtful: it alone makes the result ``unsure``.
    """
    names = "或".join(NAMES[kind] for kind in rule.type)
    if not context.heard.timed:
        return Result(state="na", reason=f"转写没有时间，无法判断{names}")
    if not context.heard.parted and all(kind in ("interruption", "overtalk") for kind in rule.type):
        return Result(state="na", reason=f"双方没有分声道录音，无法判断{names}")
    concerned = [found for found in context.analysis.events if _concerns(rule, found, context)]
    states: list[tuple[Event, State, str | None]] = []
    for found in concerned:
        excused = context.excused(rule.unless, found.start, found.end)
        states.append((found, "holds" if excused is None else excused.state, excused.reason if excused else None))
    sure = [found for found, state, _ in states if state == "holds"]
    doubtful = [found for found, state, _ in states if state == "unsure"]
    if len(sure) >= rule.times:
        return Result(state="holds", hits=_evidence(sure), reason=_told(rule, sure))
    if len(sure) + len(doubtful) >= rule.times:
        why = next((reason for _, state, reason in states if state == "unsure" and reason), None)
        return Result(state="unsure", hits=_evidence(doubtful), reason=why)
    excused_count = len(concerned) - len(sure)
    length = f" {rule.at_least:g} 秒以上的" if rule.at_least else ""
    reason = f"{excused_count} 次{names}都有说明" if excused_count and not sure else f"没有{length}{names}"
    return Result(state="fails", reason=reason)


def _concerns(rule: EventCheck, found: Event, context: Context) -> bool:
    heard, window = context.heard, context.window
    if found.type not in rule.type or round(found.duration, 2) < rule.at_least or rule.by not in (None, found.by):
        return False
    if not window.has(found.start):
        return False
    if rule.characters is not None and not _substantial(rule.characters, found, context):
        return False
    if not rule.inside:
        return True
    starts = [turn.start for turn in heard.turns if turn.start is not None]
    ends = [turn.end for turn in heard.turns if turn.end is not None]
    # A silence is measured from the voices, and their edges differ a little from those of the turns.
    return bool(starts and ends) and found.start > min(starts) - 0.5 and found.end < max(ends) + 0.5


def _substantial(characters: int, found: Event, context: Context) -> bool:
    """Whether who cuts in, or each of the two who talk at once, says so many characters; fillers are not counted."""
    said: dict[str, int] = {}
    for turn, normal in zip(context.heard.turns, context.dialogue.normals, strict=True):
        if turn.start is not None and turn.end is not None and turn.start < found.end and turn.end > found.start:
            said[turn.role] = max(said.get(turn.role, 0), len(normal.text))
    parties = [found.by] if found.by else ["agent", "customer"]
    return all(said.get(party, 0) >= characters for party in parties)


def _evidence(events: list[Event]) -> tuple[Hit, ...]:
    """Events as places in the call: who, when, what and how long."""
    return tuple(
        Hit(role=found.by or "unknown", text=f"{NAMES[found.type]} {found.duration:.1f} 秒", start=found.start, end=found.end)
        for found in events
    )


def _told(rule: EventCheck, events: list[Event]) -> str:
    kinds = dict.fromkeys(NAMES[found.type] for found in events)
    who = words_for(rule.by) if rule.by else ""
    excuse = "，事先没有说明" if rule.unless else ""
    return f"{who}{'、'.join(kinds)} {len(events)} 次，最长 {max(found.duration for found in events):.1f} 秒{excuse}"
