"""Calls as tables, one row a turn: CSV, TSV and XLSX with columns such as 通话编号, 时间, 角色, 内容.

Rows with the same 通话编号 are one call; without that column the file is one. Metadata may stand in further columns
(工号, 班组 …), alike on every row of a call. Columns of other names are not read, except those of ``intake.extra_columns``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from qa.config import Settings
from qa.intake.chats import clock
from qa.intake.fields import FIELDS, parse_time, resolve_columns
from qa.intake.tables import Row, read_table
from qa.intake.utterances import LONGEST, Script, Telling

# Headings of the parts of a turn, compared without spaces, brackets, underscores and case; the first that is there counts.
_TURN_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "text": (
        *("text", "content", "内容", "文本", "文字", "对话内容", "通话内容", "说话内容", "会话内容", "消息内容", "转写内容", "转写文本"),
        *("识别结果", "识别文本", "话术", "语句", "句子", "transcript", "sentence", "utterance", "message", "words"),
    ),
    "who": (
        *("role", "speaker", "角色", "说话人", "说话角色", "讲话人", "发言人", "身份", "发送方", "发送人", "发送者", "说话方"),
        *("speakerid", "speakerlabel", "participant", "participantrole", "sender", "from"),
    ),
    "channel": ("channel", "channelid", "channeltag", "声道", "音轨", "声道号"),
    "start": (
        *("start", "begin", "starttime", "begintime", "startms", "beginms", "startsec", "开始", "开始时间", "起始时间", "起始", "句首时间"),
        *("time", "timestamp", "时间", "时间点", "时间戳", "发送时间", "消息时间", "bg"),
    ),
    "end": ("end", "endtime", "endms", "endsec", "stop", "结束", "结束时间", "终止时间", "句尾时间", "ed"),
    "confidence": ("confidence", "置信度", "可信度", "score"),
}
_UNITS = {"ms": 0.001, "毫秒": 0.001, "millis": 0.001, "milliseconds": 0.001, "s": 1.0, "秒": 1.0, "sec": 1.0, "seconds": 1.0}
SLOWEST = 0.05  # characters a second: what is slower than this in seconds was written in milliseconds


def is_turnsheet(columns: Sequence[str]) -> bool:
    """Whether the headings are those of turns: a text, and a speaker or a time.

    >>> is_turnsheet(["时间", "角色", "内容"]), is_turnsheet(["file", "agent_id"])
    (True, False)
    """
    found = _turn_columns(columns)
    return "text" in found and bool({"who", "channel", "start"} & set(found))


def read_turnsheet(path: Path, settings: Settings) -> Iterator[Script]:
    """The calls of a table in order of appearance.

    Raises:
        ManifestError: it cannot be read as a table, or has no column of texts.
    """
    table = read_table(path)
    turns = _turn_columns(table.columns)
    if "text" not in turns:
        yield Script(content=path.read_bytes(), problems=(f"没有说话内容这一列；有的列：{'、'.join(table.columns)}",))
        return
    others = [column for column in table.columns if column not in turns.values()]
    fields, _ = resolve_columns(others, FIELDS, settings.intake.columns, settings.intake.extra_columns)
    id_column = next((column for column, field in fields.items() if field == "call_id"), None)
    calls: dict[str, list[Row]] = {}
    for row in table.rows:
        calls.setdefault(row.values.get(id_column, "") if id_column else "", []).append(row)
    for call_id, rows in calls.items():
        script = _script(rows, turns, fields, settings)
        missing = (f"第 {rows[0].number} 行没有通话编号",) if id_column and not call_id else ()
        yield replace(
            script,
            content=repr([sorted(row.values.items()) for row in rows]).encode(),
            place=f"第 {rows[0].number} 行起" if id_column else "",
            number=rows[0].number if id_column else 0,
            call_id=call_id or None,
            problems=(*missing, *script.problems),
        )


def _script(rows: Sequence[Row], turns: Mapping[str, str], fields: Mapping[str, str], settings: Settings) -> Script:
    values, problems = _metadata(rows, fields)
    telling = Telling()
    unit = _unit(rows, turns)
    stamps = [_stamp(row.values.get(turns.get("start", ""), ""), settings) for row in rows]
    first = next((stamp for stamp in stamps if isinstance(stamp, datetime)), None)
    for row in rows:
        cell = {part: row.values.get(column, "") for part, column in turns.items()}
        if not cell["text"]:
            continue
        start, end = (_since(_stamp(cell.get(name, ""), settings), first, unit) for name in ("start", "end"))
        channel = int(cell["channel"]) if re.fullmatch(r"\d{1,2}", cell.get("channel", "")) else None
        who = cell.get("who") or (cell.get("channel") if channel is None else None) or None
        telling.add(cell["text"], start, end, who=who, channel=channel, confidence=cell.get("confidence") or None)
    if first is not None:
        values.setdefault("started_at", first.isoformat())
    # the place of a fault is its row, which the user's editor shows
    numbers = [row.number for row in rows if row.values.get(turns["text"])]
    placed = [re.sub(r"^第 (\d+) 句", lambda m: f"第 {numbers[int(m[1]) - 1]} 行", problem) for problem in telling.problems]
    return Script(said=tuple(telling.said), values=values, problems=(*problems, *placed))


def _turn_columns(columns: Sequence[str]) -> dict[str, str]:
    plain = {_heading(column): column for column in reversed(columns)}
    found = {}
    for part, names in _TURN_COLUMNS.items():
        if column := next((plain[name] for name in names if name in plain), None):
            found[part] = column
    return found


def _heading(column: str) -> str:
    """A heading without its unit and everything that is not a letter: 开始时间(ms) is 开始时间."""
    plain = unicodedata.normalize("NFKC", column).lower()
    plain = re.sub(r"[(\[].*?[)\]]", "", plain)
    return re.sub(r"[\s_\-./]+", "", plain)


def _unit(rows: Sequence[Row], turns: Mapping[str, str]) -> float:
    """How many seconds 1 is: as the heading says, else told from how slowly people would speak."""
    for part in ("start", "end"):
        inside = re.search(r"[(\[（]\s*(\w+)\s*[)\]）]|_(ms|s|sec)$|(ms|毫秒|秒)$", turns.get(part, "").lower())
        if inside and (unit := _UNITS.get(next(group for group in inside.groups() if group))):
            return unit
    numbers = [row.values.get(turns.get(part, ""), "") for row in rows for part in ("start", "end")]
    whole = [int(number) for number in numbers if re.fullmatch(r"\d{1,12}", number)]
    spoken = sum(len(row.values.get(turns["text"], "")) for row in rows)
    return 0.001 if whole and len(whole) == len([n for n in numbers if n]) and max(whole) > 1000 and spoken / max(whole) < SLOWEST else 1.0


def _stamp(cell: str, settings: Settings) -> datetime | float | str | None:
    """A moment, a clock reading in seconds, a bare number as text, None where there is nothing."""
    if not cell:
        return None
    if re.match(r"\d{4}[-/.年]", cell):
        try:
            return parse_time(cell, settings.zone)
        except ValueError:
            return cell
    try:
        return clock(cell) if ":" in cell else cell
    except ValueError:
        return cell


def _since(stamp: datetime | float | str | None, first: datetime | None, unit: float) -> float | str | None:
    """Seconds since the start; what is no time stays as it is and is refused with its own words."""
    if isinstance(stamp, datetime):
        return (stamp - first).total_seconds() if first else None
    if isinstance(stamp, str):
        try:
            number = float(stamp)
        except ValueError:
            return stamp
        return round(number * unit, 3) if abs(number) <= LONGEST * 1000 else stamp
    return stamp


def _metadata(rows: Sequence[Row], fields: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    values: dict[str, str] = {}
    problems = []
    for column, name in fields.items():
        found = list(dict.fromkeys(row.values[column] for row in rows if column in row.values))
        if name in ("call_id", "file") or not found:
            continue
        if len(found) > 1:
            problems.append(f"列 {column} 在同一通电话里有不同的值：{'、'.join(found[:3])}")
        values[name] = found[0]
    return values, problems
