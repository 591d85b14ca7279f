"""Calls as plain text, a turn a line: ``[00:01:02] 坐席 张三：您好``, with or without times; messengers' logs too.

::

    通话编号：c1                      lines of metadata stand before the turns; a new 通话编号 begins a new call
    工号：8001
    [2026-11-20 09:00:01] 坐席 张三：您好，请讲
    [2026-11-20 09:00:05] 客户：我想查一下话费
                                      a line without a speaker goes on with the turn before
    张三  2026-11-20 09:00:09         the way of messengers: name and time, then the text
    好的，请稍等
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from qa.intake.fields import FIELDS, parse_time, resolve_columns
from qa.intake.speakers import LONGEST_LABEL, exact_role, is_voice, prefix, role_of
from qa.intake.utterances import Script, Telling

_CLOCK = r"(?:\d{1,2}:)?\d{1,2}:\d{2}(?:[.,]\d{1,3})?"
_DATE = r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?"
_STAMP = rf"(?:{_DATE}[\sT]*)?{_CLOCK}"
_RANGE = rf"({_STAMP})(?:\s*(?:-->|--|-|~|—|至|到)\s*({_STAMP}))?"
_TIMED = re.compile(rf"\s*[\[【(（<]?\s*{_RANGE}\s*[\]】)）>]?\s*(.*)", re.DOTALL)
_NAMED = re.compile(rf"\s*([^\s:：\[\]【】][^:：\[\]【】]{{0,{LONGEST_LABEL - 1}}}?)\s*[(（\[]?\s*{_RANGE}\s*[)）\]]?\s*[:：]?\s*(.*)")


@dataclass(slots=True)
class _Line:
    """A turn under way: its marks as text and the lines that go on with it."""

    who: str
    start: str | None
    end: str | None
    text: list[str] = field(default_factory=list)


def looks_like_chat(text: str) -> bool:
    r"""Whether a text has lines that name a speaker in front.

    >>> looks_like_chat("坐席：您好\n客户：喂"), looks_like_chat("今天天气很好")
    (True, False)
    """
    lines = [line for line in text.splitlines() if line.strip()][:200]
    return any(_turn(line, _marks(lines), timed=_is_timed(lines)) for line in lines)


def read_chats(text: str, content: bytes, zone: ZoneInfo) -> Iterator[Script]:
    """The calls of a log, in order; the first absolute time of a call is its start where no line of metadata says it."""
    numbered = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    lines = [line for _, line in numbered]
    known, timed = _marks(lines), _is_timed(lines)
    first, values, turns = 1, dict[str, str](), list[_Line]()
    calls: list[tuple[int, dict[str, str], list[_Line]]] = []
    for number, line in numbered:
        if meta := _metadata(line, known):
            if turns and (meta[0] == "call_id" or "call_id" not in values):
                calls.append((first, values, turns))
                first, values, turns = number, {}, []
            values[meta[0]] = meta[1]
        elif turn := _turn(line, known, timed=timed):
            turns.append(turn)
        elif turns:
            turns[-1].text.append(line.strip())
    if turns or values:
        calls.append((first, values, turns))
    for first, values, turns in calls:
        body = content if len(calls) == 1 else repr((values, turns)).encode()
        script = _script(values, turns, zone)
        yield replace(script, content=body, place=f"第 {first} 行起", number=first) if len(calls) > 1 else replace(script, content=body)


def _marks(lines: list[str]) -> frozenset[str]:
    """The prefixes that are speakers: roles, voices, words that come back; any word where there are no more than two of them."""
    untimed = [found[3] if (found := _TIMED.fullmatch(line)) else line for line in lines if _header(line) is None]
    names = [before[0] for line in untimed if (before := prefix(line)) and not _field(before[0])]
    sure = frozenset(name for name in names if role_of(name) is not None or is_voice(name) or names.count(name) > 1)
    return frozenset(names) if sure and len(set(names)) <= 2 else sure


def _is_timed(lines: list[str]) -> bool:
    """Whether the turns carry times, so that a line without one goes on with the turn before."""
    return any(_header(line) or ((found := _TIMED.fullmatch(line)) and prefix(found[3])) for line in lines)


def _header(line: str) -> _Line | None:
    """A messenger's line of name and time; without a date only a role is a name (我想约 10:30 is speech)."""
    named = _NAMED.fullmatch(line)
    if named is None or _TIMED.fullmatch(line):
        return None
    who = named[1].strip()
    if not re.match(_DATE, named[2]) and role_of(who) is None and not is_voice(who):
        return None
    return _Line(who, named[2], named[3], [named[4]] if named[4] else [])


def _turn(line: str, known: frozenset[str], *, timed: bool) -> _Line | None:
    if header := _header(line):
        return header
    found = _TIMED.fullmatch(line)
    before = prefix(found[3] if found else line)
    if before and (found or (before[0] in known and not timed)):
        return _Line(before[0], found[1] if found else None, found[2] if found else None, [before[1]])
    return None


def _metadata(line: str, known: frozenset[str]) -> tuple[str, str] | None:
    """Field and value of a line such as 工号：8001."""
    if (before := prefix(line)) is None or before[0] in known or not before[1]:
        return None
    name = _field(before[0])
    return (name, before[1]) if name else None


def _field(name: str) -> str | None:
    if exact_role(name) is not None:
        return None
    columns, _ = resolve_columns([name], FIELDS, {}, ())
    return columns.get(name)


def _script(values: dict[str, str], turns: list[_Line], zone: ZoneInfo) -> Script:
    telling = Telling()
    problems: list[str] = []
    first = next((moment for turn in turns if (moment := _moment(turn.start, zone))), None)
    for turn in turns:
        try:
            start, end = _since(turn.start, first, zone), _since(turn.end, first, zone)
        except ValueError as error:
            telling.about_next(f"的{error}")
            start = end = None
        telling.add(" ".join(part for part in turn.text if part), start, end, who=turn.who)
    if not turns:
        problems.append("没有一行写明说话人，例如“坐席：您好”")
    own = {name: value for name, value in values.items() if name not in ("call_id", "file")}
    if first is not None:
        own.setdefault("started_at", first.isoformat())
    return Script(
        said=tuple(telling.said),
        call_id=values.get("call_id"),
        values=own,
        problems=(*problems, *telling.problems),
    )


def _moment(stamp: str | None, zone: ZoneInfo) -> datetime | None:
    """The absolute time of a stamp that has a date."""
    if stamp is None or not re.match(_DATE, stamp):
        return None
    try:
        return parse_time(stamp.replace(",", "."), zone)
    except ValueError:
        return None


def _since(stamp: str | None, first: datetime | None, zone: ZoneInfo) -> float | None:
    """Seconds since the start of the call."""
    if stamp is None:
        return None
    if re.match(_DATE, stamp):
        moment = parse_time(stamp.replace(",", "."), zone)
        return (moment - first).total_seconds() if first else None
    return clock(stamp)


def clock(stamp: str) -> float:
    """Seconds of a clock reading: hours may be left out.

    >>> clock("01:02:03.5"), clock("01:02")
    (3723.5, 62.0)

    Raises:
        ValueError: the minutes or seconds are none.
    """
    parts = [float(part) for part in stamp.replace(",", ".").split(":")]
    if not 2 <= len(parts) <= 3 or any(part >= 60 for part in parts[1:]) or min(parts) < 0:
        message = f"时间 {stamp} 认不出来，可写成 00:01:02.5"
        raise ValueError(message)
    return sum(part * scale for part, scale in zip(reversed(parts), (1, 60, 3600), strict=False))
