"""What can be known about a call, under which headings users keep it, and what its values may look like.

Everything arrives as text; the parsers here turn it into the values of :class:`qa.calls.Recording` or raise a
ValueError whose message, in Chinese, is shown to the user.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

CALL_FIELDS = ("file", "call_id", "agent_id", "agent_name", "team", "started_at", "direction", "customer_id", "agent_channel")
AGENT_FIELDS = ("agent_id", "agent_name", "team", "team_leader", "hired_on")
FIELDS = tuple(dict.fromkeys((*CALL_FIELDS, *AGENT_FIELDS)))

# Headings seen in exports of Chinese call-centre systems; compared without spaces, underscores and case.
ALIASES: Mapping[str, tuple[str, ...]] = {
    "file": ("录音文件", "录音文件名", "录音", "文件", "文件名", "录音路径", "文件路径", "filename", "path", "audio", "recording"),
    "call_id": (
        "通话编号",
        "通话ID",
        "录音编号",
        "录音ID",
        "流水号",
        "通话流水号",
        "会话ID",
        "呼叫ID",
        "工单号",
        "id",
        "uuid",
        "session_id",
    ),
    "agent_id": (
        "坐席工号",
        "座席工号",
        "工号",
        "坐席编号",
        "座席编号",
        "坐席ID",
        "座席ID",
        "员工号",
        "员工工号",
        "客服工号",
        "agent",
        "agent_no",
    ),
    "agent_name": ("坐席姓名", "座席姓名", "坐席", "座席", "姓名", "客服姓名", "客服", "员工姓名"),
    "team": ("班组", "小组", "组别", "团队", "坐席组", "座席组", "所属班组", "group"),
    "started_at": (
        "通话时间",
        "开始时间",
        "通话开始时间",
        "呼叫时间",
        "录音时间",
        "录音开始时间",
        "来电时间",
        "起始时间",
        "start_time",
        "time",
    ),
    "direction": ("呼叫方向", "方向", "呼叫类型", "通话类型", "call_type"),
    "customer_id": (
        "客户号码",
        "客户电话",
        "客户手机",
        "客户手机号",
        "主叫号码",
        "来电号码",
        "对方号码",
        "客户编号",
        "客户ID",
        "customer",
        "phone",
        "caller",
    ),
    "agent_channel": ("坐席声道", "座席声道", "客服声道"),
    "team_leader": ("班组长", "组长", "班长", "班组负责人", "leader"),
    "hired_on": ("入职日期", "入职时间", "入司日期", "hire_date"),
}

_DIRECTIONS = {
    **dict.fromkeys(("inbound", "in", "呼入", "来电", "进线"), "inbound"),
    **dict.fromkeys(("outbound", "out", "呼出", "外呼", "去电"), "outbound"),
}
_TIME_FORMATS = ("%Y/%m/%d %H:%M:%S.%f", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d")
_DIGITS_ONLY = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}


def resolve_columns(
    columns: Sequence[str], fields: Sequence[str], mapping: Mapping[str, str], extra: Sequence[str]
) -> tuple[dict[str, str], list[str]]:
    """Which column holds which field, and what is wrong with the headings.

    ``mapping`` (our field -> their column) goes before the aliases where its column is there; columns of ``extra``
    keep their own name.

    >>> resolve_columns(["坐席工号", "通话 时间"], CALL_FIELDS, {}, [])
    ({'坐席工号': 'agent_id', '通话 时间': 'started_at'}, [])
    >>> resolve_columns(["agnt_id"], CALL_FIELDS, {}, [])
    ({}, ['不认识的列 agnt_id，是否想写 agent_id？'])
    """
    renamed = {column: field for field, column in mapping.items() if column in columns and field in fields}
    known = {_heading(name): field for field in fields for name in (field, *ALIASES[field])}
    found: dict[str, str] = {}
    problems = [f"设置 intake.columns：没有字段 {field}{suggestion(field, FIELDS)}" for field in mapping if field not in FIELDS]
    for column in columns:
        field = column if column in extra else renamed.get(column) or known.get(_heading(column))
        if field is None:
            problems.append(f"不认识的列 {column}{suggestion(column, [name for field in fields for name in (field, *ALIASES[field])])}")
        elif column not in renamed and field in renamed.values():
            problems.append(f"列 {column} 也表示 {field}，而设置 intake.columns 已指定了另一列")
        elif field in found.values():
            problems.append(f"列 {next(name for name, taken in found.items() if taken == field)} 和 {column} 都表示 {field}")
        else:
            found[column] = field
    return found, problems


def label(field: str) -> str:
    """A field's name with its Chinese heading.

    >>> label("agent_id")
    'agent_id（坐席工号）'
    """
    return f"{field}（{ALIASES[field][0]}）"


def suggestion(word: str, known: Iterable[str]) -> str:
    """``，是否想写 x？`` for the nearest known word, nothing when none is near.

    >>> suggestion("8oo1", ["8001", "8002"])
    '，是否想写 8001？'
    """
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"，是否想写 {near[0]}？" if near else ""


def parse_time(text: str, zone: ZoneInfo) -> datetime:
    """A time with its UTC offset; one that does not say its own is of ``zone``.

    >>> parse_time("2026/11/17 9:05", ZoneInfo("Asia/Shanghai")).isoformat()
    '2026-11-17T09:05:00+08:00'
    >>> parse_time("2026年11月17日 9时5分30秒", ZoneInfo("Asia/Shanghai")).isoformat()
    '2026-11-17T09:05:30+08:00'
    """
    moment = _moment(unicodedata.normalize("NFKC", text).strip())
    if moment is None or not 1990 <= moment.year <= 2100:
        message = f"时间 {text} 认不出来，可写成 2026-11-17 09:00:00"
        raise ValueError(message)
    return moment if moment.utcoffset() is not None else moment.replace(tzinfo=zone)


def parse_date(text: str) -> str:
    """A day in ISO form.

    >>> parse_date("2024/3/1")
    '2024-03-01'
    """
    moment = _moment(unicodedata.normalize("NFKC", text).strip())
    if moment is None:
        message = f"日期 {text} 认不出来，可写成 2024-03-01"
        raise ValueError(message)
    return date(moment.year, moment.month, moment.day).isoformat()


def parse_direction(text: str) -> str:
    """Inbound or outbound.

    >>> parse_direction("呼入")
    'inbound'
    """
    try:
        return _DIRECTIONS[text.strip().lower()]
    except KeyError:
        message = f"呼叫方向 {text} 认不出来，可写 inbound（呼入）或 outbound（呼出）"
        raise ValueError(message) from None


def parse_channel(text: str) -> int:
    """The agent's channel, counted from 0."""
    if text not in ("0", "1"):
        message = f"agent_channel 是 {text}，只能是 0（左声道）、1（右声道）或留空"
        raise ValueError(message)
    return int(text)


def _heading(name: str) -> str:
    return re.sub(r"[\s_\-]+", "", unicodedata.normalize("NFKC", name)).lower()


def _moment(text: str) -> datetime | None:
    """The many ways to write a moment."""
    if text.isdecimal():  # not to fromisoformat, which takes the ninth of twelve digits for a separator
        return _strptime(text, _DIGITS_ONLY.get(len(text)))
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    # Everything else is brought to the form 2026/11/17 9:05:00 first.
    if re.match(r"\d{4}\s*[-/.年]", text):
        text = re.sub(r"(?<=\d)\s*[-/.年月]\s*(?=\d)", "/", text, count=2)
    text = re.sub(r"[\s日号T]+", " ", text)
    text = re.sub(r"\s*[时点分]\s*", ":", text).replace("秒", "").strip(" :")
    if re.search(r" \d{1,2}$", text):  # 9点 and no more
        text += ":00"
    return next((moment for pattern in _TIME_FORMATS if (moment := _strptime(text, pattern))), None)


def _strptime(text: str, pattern: str | None) -> datetime | None:
    try:
        return datetime.strptime(text, pattern) if pattern else None
    except ValueError:
        return None
