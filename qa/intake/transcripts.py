"""Transcripts made elsewhere, as calls without audio: JSON Lines of schema ``transcript/1``.

One line is one call::

    {"call_id": "r1", "agent_id": "8001", "started_at": "2026-11-20T09:00:00+08:00",
     "turns": [{"role": "agent", "text": "您好请讲", "start": 0.5, "end": 1.6}, …]}

``call_id`` and ``turns`` must be there; ``agent_id`` and ``started_at`` too unless missing metadata is allowed; the
other fields of a manifest, ``duration`` (seconds) and ``schema`` may be. Any further plain value lands in
``Recording.extra``. Roles may be written as other programs write them (客服, 坐席, 用户, 客户, user …).

Times are all or nothing: where one turn lacks its ``start`` or ``end``, those of the whole call are left out, since a
silence between two turns would be measured across the turn without a time. Turns that are timed are put in order.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from qa.calls import Heard, Quarantined, Recording, Role, Roles, Seconds, Speech, Turn
from qa.config import Settings
from qa.errors import ManifestError, QaError, RecordingError
from qa.intake.fields import label
from qa.intake.metadata import Roster, complete, load_roster
from qa.intake.tables import decode_text, plain
from qa.timeline import Timeline

SCHEMA = "transcript/1"
LONGEST = 7 * 24 * 3600.0  # seconds; more is a time of day or milliseconds

_ROLE_NAMES: Mapping[Role, tuple[str, ...]] = {
    "agent": ("agent", "客服", "坐席", "座席", "客服代表", "话务员", "接线员", "员工", "staff", "operator", "representative"),
    "customer": ("customer", "客户", "用户", "顾客", "来电人", "user", "client", "caller"),
    "unknown": ("unknown", "未知", "其他", "speaker", ""),
}
_ROLES: Mapping[str, Role] = {name: role for role, names in _ROLE_NAMES.items() for name in names}


def read_transcripts(path: Path, settings: Settings) -> Iterator[tuple[Recording, Heard] | Quarantined]:
    """The calls of a file, line by line; a line that cannot be used comes as a Quarantined that says why.

    The turns carry no words; roles are taken as given (``manual``, confidence 1.0). With times, voice activity is
    that of the turns and overlap can be measured, else everything about time is None.

    Raises:
        QaError: the file cannot be read or is not JSON Lines at all.
        ManifestError: the roster is wrong.
    """
    roster = _roster(settings)
    seen: dict[str, int] = {}
    for number, line in _lines(path):
        place = f"{path} 第 {number} 行"
        call_id = f"{path.stem}:{number}"
        try:
            entry = _object(line)
            call_id = plain(entry.get("call_id")) or call_id
            problems = _problems(entry)
            if call_id in seen:
                problems.append(f"call_id {call_id} 与第 {seen[call_id]} 行重复")
                call_id = f"{call_id}:{number}"  # the first keeps its place in the store
            seen.setdefault(call_id, number)
            recording, faults = _recording(entry, call_id, line, roster, settings)
            problems += [] if settings.intake.allow_missing_metadata else faults
            if problems:
                raise _refused(place, problems)
            yield recording, _heard(entry)
        except RecordingError as error:
            digest = hashlib.sha256(line).hexdigest()
            yield Quarantined(call_id=call_id, path=str(path), content_hash=digest, message=str(error))
        except ValueError as error:
            refused = _refused(place, [str(error)])
            yield Quarantined(call_id=call_id, path=str(path), content_hash=hashlib.sha256(line).hexdigest(), message=str(refused))


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines that are not empty, stripped; one after the other, since a year of calls does not fit in memory."""
    first = True
    try:
        with path.open("rb") as file:
            for number, raw in enumerate(file, start=1):
                line = raw.removeprefix(b"\xef\xbb\xbf").strip()
                if not line:
                    continue
                if first and line in (b"[", b"{", b"[{"):
                    raise QaError(
                        "这不是 JSONL", where=str(path), why="一个 JSON 值写成了多行", next_step="每行写一通电话，一行一个 JSON 对象"
                    )
                first = False
                yield number, line
    except OSError as error:
        raise QaError("读不了文字记录", where=str(path), why=error.strerror, next_step="检查路径和读权限") from error


def _object(line: bytes) -> dict[str, Any]:
    try:
        entry = json.loads(decode_text(line))
        json.dumps(entry, ensure_ascii=False).encode()  # half a surrogate pair is JSON, but no text that can be stored
    except UnicodeEncodeError as error:
        message = "含有残缺的 Unicode 字符（单个代理码位）"
        raise ValueError(message) from error
    except UnicodeDecodeError as error:
        message = "既不是 UTF-8 也不是 GBK/GB18030"
        raise ValueError(message) from error
    except (ValueError, RecursionError) as error:
        message = f"不是 JSON：{error}"
        raise ValueError(message) from error
    if not isinstance(entry, dict):
        message = "不是 JSON 对象"
        raise ValueError(message)
    return entry


def _problems(entry: Mapping[str, Any]) -> list[str]:
    """What is wrong with the call as such, all of it."""
    problems = []
    if not plain(entry.get("call_id")):
        problems.append("缺少 call_id")
    if (schema := entry.get("schema", SCHEMA)) != SCHEMA:
        problems.append(f"schema 是 {schema}，只认识 {SCHEMA}")
    if entry.get("duration") is not None and _seconds(entry["duration"]) is None:
        problems.append(f"duration 是 {entry['duration']}，应是秒数")
    turns = entry.get("turns")
    if not isinstance(turns, list):
        return [*problems, "缺少 turns（句子的列表）"]
    for index, turn in enumerate(turns, start=1):
        problems += [f"第 {index} 句{problem}" for problem in _turn_problems(turn)]
    return problems


def _turn_problems(turn: object) -> Iterator[str]:
    if not isinstance(turn, dict):
        yield "不是 JSON 对象"
        return
    if not isinstance(turn.get("text"), str):
        yield "缺少 text"
    if _role(turn) is None:
        yield f"的 role 是 {turn.get('role')}，应是 agent（客服）、customer（客户）或 unknown"
    times = [turn[name] for name in ("start", "end") if turn.get(name) is not None]
    if any(_seconds(value) is None for value in times):
        yield f"的时间是 {'、'.join(str(value) for value in times)}，应是 0 到 7 天之间的秒数"
    elif len(times) == 2 and times[0] > times[1]:
        yield f"结束（{times[1]}）早于开始（{times[0]}）"


def _recording(
    entry: Mapping[str, Any], call_id: str, line: bytes, roster: Roster | None, settings: Settings
) -> tuple[Recording, list[str]]:
    values = {
        str(name): plain(value)
        for name, value in entry.items()
        if name not in ("call_id", "turns", "schema", "duration", "file") and not isinstance(value, dict | list)
    }
    metadata = complete(values, roster, settings)
    faults = [f"缺少 {label(name)}" for name in metadata.missing] + list(metadata.wrong)
    digest = hashlib.sha256(line).hexdigest()
    return Recording(call_id=call_id, content_hash=digest, extra=metadata.extra, **metadata.known), faults


def _heard(entry: Mapping[str, Any]) -> Heard:
    given = [turn for turn in entry["turns"] if turn["text"].strip()]
    timed = bool(given) and all(turn.get("start") is not None and turn.get("end") is not None for turn in given)
    turns = [
        Turn(
            role=_role(turn) or "unknown",
            text=turn["text"].strip(),
            start=round(float(turn["start"]), 2) if timed else None,
            end=round(float(turn["end"]), 2) if timed else None,
        )
        for turn in given
    ]
    duration = _seconds(entry.get("duration"))
    speech: list[Speech] = []
    if timed:
        turns.sort(key=lambda turn: (turn.start, turn.end))
        duration = max(duration or 0.0, max(turn.end or 0.0 for turn in turns))
        for role in _ROLE_NAMES:
            voice = Timeline((turn.start or 0.0, turn.end or 0.0) for turn in turns if turn.role == role)
            if voice:
                speech.append(Speech(role, tuple(voice.pairs())))
    return Heard(
        duration=None if duration is None else round(duration, 2),
        channels=0,
        turns=tuple(turns),
        roles=Roles(method="manual", confidence=1.0),
        speech=tuple(speech),
        parted=timed,
    )


def _role(turn: Mapping[str, Any]) -> Role | None:
    return _ROLES.get(str(turn.get("role") or "").strip().lower())


def _seconds(value: object) -> Seconds | None:
    """A number of seconds, None for everything that is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LONGEST:
        return None
    return float(value)


def _refused(place: str, problems: list[str]) -> RecordingError:
    return RecordingError("文字记录的一行有误", where=place, why="；".join(problems), next_step="改正这一行后重新导入；其余各行不受影响")


def _roster(settings: Settings) -> Roster | None:
    if settings.intake.roster is None:
        return None
    roster, problems = load_roster(settings.intake.roster, settings)
    if problems:
        why = "".join(f"\n    {problem}" for problem in problems)
        raise ManifestError(f"名册有 {len(problems)} 处问题", where=str(settings.intake.roster), why=why, next_step="改正后重试")
    return roster
