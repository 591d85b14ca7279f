"""How values read: labels, times, numbers. One place, so that page, workbook and terminal say the same.

Where a function says words, ``say`` is the language it says them in.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, tzinfo

from qa.report.language import CHINESE, Language

NOTHING = "–"

OUTCOMES: Mapping[str, str] = {"met": "达标", "missed": "未达标", "unsure": "存疑", "na": "不适用"}
MARKS: Mapping[str, str] = {"met": "✓", "missed": "✗", "unsure": "?", "na": "–"}
ROLES: Mapping[str, str] = {"agent": "坐席", "customer": "客户", "unknown": "未知"}
ROLE_METHODS: Mapping[str, str] = {"channel": "录音声道", "script": "话术内容", "voice": "声音分离", "manual": "人工指定"}
EVENTS: Mapping[str, str] = {
    "silence": "静音",
    "overtalk": "同时说话",
    "interruption": "抢话",
    "hold": "等待",
    "music": "音乐",
    "tone": "提示音",
}
DROPPED: Mapping[str, str] = {"watermark": "字幕水印", "loop": "重复循环", "prompt_echo": "提示词回声", "no_speech": "无人说话"}
FLAGS: Mapping[str, str] = {
    "fatal": "一票否决",
    "threat": "升级风险",
    "complaint": "投诉",
    "low_score": "低分",
    "review": "待复核",
    "roles": "角色存疑",
}
SERVICE_TYPES: Mapping[str, str] = {
    "excellent": "优质服务型",
    "friendly": "热情友好型",
    "by_the_book": "按部就班型",
    "indifferent": "漠不关心型",
}
STAGES: Mapping[str, str] = {"probation": "试用", "new": "新人", "seasoned": "熟手"}
PERIODS: Mapping[str, str] = {"day": "日", "week": "周", "month": "月"}
CHANGES: Mapping[str, str] = {
    "score": "平均得分",
    "pass_rate": "合格率",
    "fatal_rate": "一票否决率",
    "complaint_rate": "投诉率",
    "threat_rate": "升级风险率",
}
DIRECTIONS: Mapping[str, str] = {"inbound": "呼入", "outbound": "呼出"}
TRENDS: Mapping[str, str] = {"improving": "好转", "steady": "平稳", "worsening": "变差"}
RUNS: Mapping[str, str] = {"done": "完成", "stopped": "中途停止", "failed": "失败", "running": "进行中", "lost": "意外中断"}
UNGROUPED = "未分组"
UNKNOWN_AGENT = "未知坐席"

_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def known(value: object) -> bool:
    """Whether there is a value: neither None nor NaN (nor pandas' NaT, which is unequal to itself).

    >>> known(0), known(None), known(float("nan"))
    (True, False, False)
    """
    return value is not None and value == value


def gravest_first(flags: Iterable[str]) -> list[str]:
    """Flags in the order of :data:`FLAGS`, those it does not know last.

    >>> gravest_first(["complaint", "neu", "fatal"])
    ['fatal', 'complaint', 'neu']
    """
    order = {flag: place for place, flag in enumerate(FLAGS)}
    return sorted(flags, key=lambda flag: (order.get(flag, len(order)), flag))


def number(value: float | None, digits: int = 1) -> str:
    """A number with its digits, a dash for none.

    >>> number(87.25), number(3, 0), number(None), number(-0.01)
    ('87.2', '3', '–', '0.0')
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    text = f"{value:.{digits}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def points(value: float | None) -> str:
    """Points without needless zeros.

    >>> points(5.0), points(2.5), points(-2.0)
    ('5', '2.5', '-2')
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    return f"{round(value, 2):g}"


def percent(value: float | None, digits: int = 1) -> str:
    """A share of 1 in percent.

    >>> percent(0.954), percent(None), percent(0.5, 0)
    ('95.4%', '–', '50%')
    """
    return NOTHING if value is None or not math.isfinite(value) else f"{100 * value:.{digits}f}%"


def clock(seconds: float | None) -> str:
    """A place in a recording.

    >>> clock(7.52), clock(63.3), clock(3723.0), clock(None)
    ('0:07', '1:03', '1:02:03', '–')
    """
    if seconds is None or not math.isfinite(seconds):
        return NOTHING
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"


def when(moment: datetime | None, zone: tzinfo) -> str:
    """A date and time in the report's time zone.

    >>> from datetime import timezone, timedelta
    >>> when(datetime(2026, 11, 17, 5, 28, tzinfo=timezone.utc), timezone(timedelta(hours=8)))
    '2026-11-17 13:28'
    """
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M") if moment is not None and known(moment) else NOTHING


def measure(value: float | None, unit: str, say: Language = CHINESE) -> str:
    """A metric with its unit.

    >>> measure(20.42, "秒"), measure(306.4, "字/分"), measure(2.0, "次"), measure(0.62, "")
    ('20.4 秒', '306 字/分', '2 次', '62%')
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    if unit == "":
        return percent(value, 0)
    return f"{number(value, 1) if unit == '秒' else number(value, 0) if unit == '字/分' else points(round(value, 1))} {say(unit)}"


def hours(value: float, say: Language = CHINESE) -> str:
    """Hours, as minutes while they are few.

    >>> hours(0.105), hours(12.34)
    ('6.3 分钟', '12.3 小时')
    """
    return f"{number(60 * value)} {say('分钟')}" if value < 1 else f"{number(value)} {say('小时')}"


def plain(text: str | None, at_most: int = 80) -> str:
    r"""Text from outside, fit for one line: no marks that turn the line around, no control characters, not endless.

    >>> plain("A\u202eB\nC"), plain("长" * 100, 5)
    ('AB C', '长长长长…')
    """
    if not text:
        return ""
    clean = text if text.isprintable() and not _BIDI.search(text) else _printable(text)
    clean = clean.strip()
    return clean if len(clean) <= at_most else clean[: at_most - 1] + "…"


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in _BIDI.sub("", text))


def agent_title(agent_id: str, agent_name: str, say: Language = CHINESE) -> str:
    """How an agent is called in headings.

    >>> agent_title("8005", "刘芳"), agent_title("8005", ""), agent_title("unknown", "")
    ('刘芳（8005）', '8005', '未知坐席')
    """
    if agent_id == "unknown":
        return say(UNKNOWN_AGENT)
    return say("{name}（{id}）", name=plain(agent_name, 40), id=plain(agent_id, 24)) if agent_name else plain(agent_id)


def team_title(team: str | None, say: Language = CHINESE) -> str:
    """How a team is called.

    >>> team_title("一组"), team_title("")
    ('一组', '未分组')
    """
    return plain(team, 40) or say(UNGROUPED)


def span(days: tuple[date, date]) -> str:
    """First and last day of a period.

    >>> span((date(2026, 11, 16), date(2026, 11, 22))), span((date(2026, 11, 20), date(2026, 11, 20)))
    ('2026-11-16–11-22', '2026-11-20')
    """
    first, last = days
    return f"{first}" if first == last else f"{first}–{last:%m-%d}"


def verdict(real: bool | None, better: bool) -> str:
    """What a change amounts to.

    >>> verdict(True, False), verdict(False, True), verdict(None, True)
    ('变差', '无实质差别', '样本太少')
    """
    if real is None:
        return "样本太少"
    return "无实质差别" if not real else "变好" if better else "变差"


def with_sign(value: float, text: str) -> str:
    """A difference with its sign, written as :func:`number` or :func:`percent` wrote its size.

    >>> with_sign(2.5, number(2.5)), with_sign(-0.05, percent(0.05)), with_sign(0.0, number(0.0))
    ('+2.5', '−5.0%', '0.0')
    """
    return text if not text.strip("0.%") else f"{'+' if value > 0 else '−'}{text}"
