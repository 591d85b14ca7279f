"""Transcripts made elsewhere, as calls without audio: files of many programs, and our own schema ``transcript/1``.

One line of ``transcript/1`` (JSON Lines, or a JSON list) is one call::

    {"call_id": "r1", "agent_id": "8001", "started_at": "2026-11-20T09:00:00+08:00",
     "turns": [{"role": "agent", "text": "您好请讲", "start": 0.5, "end": 1.6}, …]}

``call_id`` and ``turns`` must be there; ``agent_id`` and ``started_at`` too unless missing metadata is allowed; the
other fields of a manifest, ``duration`` (seconds) and ``schema`` may be. Any further plain value lands in
``Recording.extra``. A turn may have a ``speaker`` (any mark of a voice) in place of a ``role``, a ``confidence``, and
``words`` ({"text", "start", "end", "confidence"}). ``events`` of type hold, music or tone ({"type", "start", "end"})
tell a wait with music from a silence, which text alone cannot; other events are measured from the turns. Roles may be
written as other programs write them (客服, 用户 …).

The other formats are read by :mod:`qa.intake.clouds`, :mod:`qa.intake.subtitles`, :mod:`qa.intake.turnsheets` and
:mod:`qa.intake.chats`; what their lines mean is decided in :mod:`qa.intake.utterances`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from qa.calls import Event, EventType, Heard, Quarantined, Recording
from qa.config import Settings
from qa.errors import ConfigError, ManifestError, QaError, RecordingError
from qa.intake.chats import read_chats
from qa.intake.clouds import calls_in, read_cloud, recognise, services
from qa.intake.fields import label, suggestion
from qa.intake.filenames import FilenamePattern
from qa.intake.formats import FORMATS, SUFFIXES, kind_of, refuse_large, whole_text
from qa.intake.listing import Listing, load_listing, stem
from qa.intake.metadata import Roster, complete, load_roster
from qa.intake.speakers import exact_role
from qa.intake.subtitles import read_subtitles
from qa.intake.tables import decode_text, plain
from qa.intake.turnsheets import read_turnsheet
from qa.intake.utterances import RawWord, Script, Telling, heard, seconds, share

SCHEMA = "transcript/1"
LONGEST_LINE = 16 * 2**20  # bytes; four hours of words are a tenth of it

Item = tuple[Recording, Heard] | Quarantined


class TranscriptReader:
    """Reads files of transcripts with one roster, manifest and file-name pattern; knows the call ids it has given.

    ``format`` (one of :data:`qa.intake.formats.FORMATS`) is taken for granted where it is given.

    Raises:
        ManifestError: the manifest or the roster is wrong.
        ConfigError: ``intake.filename_pattern`` is wrong, or there is no such format.
    """

    def __init__(self, settings: Settings, manifest: Path | None = None, format: str | None = None) -> None:
        if format is not None and format not in FORMATS:
            raise ConfigError(f"没有格式 {format}{suggestion(format, FORMATS)}", where="--format", next_step=f"可写：{'、'.join(FORMATS)}")
        self._settings = settings
        self._format = format
        self._roster = _roster(settings)
        self._listing = load_listing(manifest, self._roster, settings) if manifest else Listing({}, {})
        intake = settings.intake
        self._pattern = FilenamePattern.compile(intake.filename_pattern, intake.extra_columns) if intake.filename_pattern else None
        self._seen: dict[str, tuple[Path, str]] = {}

    def read(self, path: Path) -> Iterator[Item]:
        """The calls of a file in order; one that cannot be used comes as a Quarantined that says where and why."""
        try:
            for script in _scripts(path, self._settings, self._format):
                yield self._item(path, script)
        except QaError as error:
            yield Quarantined(call_id=stem(path.name), path=str(path.absolute()), content_hash=None, message=str(error))

    def _item(self, path: Path, script: Script) -> Item:
        digest = hashlib.sha256(script.content).hexdigest()
        problems = list(script.problems)
        alone = script.number == 0
        row: Mapping[str, str] = {}
        try:
            row = self._listing.row(path, script.call_id, alone=alone)
        except ValueError as error:
            problems.append(str(error))
        named = (self._pattern.read(path) if self._pattern and alone else None) or {}
        values = {**named, **{name: value for name, value in script.values.items() if value}, **row}
        name = stem(path.name) if alone else f"{stem(path.name)}:{script.number}"
        call_id = row.get("call_id") or script.call_id or named.get("call_id") or name
        if call_id in self._seen:
            where, place = self._seen[call_id]
            problems.append(f"call_id {call_id} 与{place if where == path else f' {where} {place}'.rstrip() + ' '}重复")
            call_id = f"{call_id}:{script.number or path.name}"  # the first keeps its place in the store
        self._seen.setdefault(call_id, (path, script.place))
        metadata = complete(
            {name: value for name, value in values.items() if name not in ("call_id", "file")}, self._roster, self._settings
        )
        unread = bool(script.problems) and not (script.said or script.values or script.call_id)  # then nothing can be known
        excused = unread or self._settings.intake.allow_missing_metadata
        missing, wrong = ((), ()) if excused else (metadata.missing, metadata.wrong)
        problems += [*(f"缺少 {label(field)}" for field in missing), *wrong]
        if problems:
            message = str(_refused(f"{path} {script.place}".rstrip(), problems, lacking=bool(missing) and not script.problems))
            return Quarantined(call_id=call_id, path=str(path.absolute()), content_hash=digest, message=message)
        recording = Recording(call_id=call_id, content_hash=digest, extra=metadata.extra, **metadata.known)
        return recording, heard(script)


def read_transcripts(path: Path, settings: Settings) -> Iterator[Item]:
    """The calls of one file; see :class:`TranscriptReader` for several, with a manifest.

    Raises:
        ManifestError: the roster is wrong.
    """
    yield from TranscriptReader(settings).read(path)


def transcript_files(sources: Sequence[Path]) -> tuple[Path, ...]:
    """The files of the sources, each once: those named, and of directories all whose ending is one of transcripts.

    Raises:
        QaError: a source is not there, or a directory has none; all of them at once.
    """
    files: dict[Path, None] = {}
    problems = []
    for source in sources:
        if source.is_dir():
            inside = [path for path in sorted(source.rglob("*")) if path.suffix.lower() in SUFFIXES and _plain_file(path, source)]
            files.update(dict.fromkeys(inside))
            problems += [] if inside else [f"{source}：目录里没有文字记录"]
        elif source.is_file():
            files[source] = None
        else:
            problems.append(f"{source}：没有这个文件或目录")
    if problems:
        next_step = f"检查路径；目录中按扩展名查找：{' '.join(sorted(SUFFIXES))}"
        raise QaError("读不了文字记录", why="；".join(problems), next_step=next_step)
    return tuple(files)


def _plain_file(path: Path, below: Path) -> bool:
    return path.is_file() and not any(part.startswith((".", "~", "$")) for part in path.relative_to(below).parts)


def _scripts(path: Path, settings: Settings, forced: str | None) -> Iterator[Script]:
    kind = kind_of(path, forced)
    if kind == "jsonl":
        for number, line in _lines(path):
            yield from _line_scripts(number, line, forced)
        return
    if kind == "table":
        refuse_large(path)
        yield from read_turnsheet(path, settings)
        return
    content, text = whole_text(path)
    if kind in ("srt", "vtt"):
        yield read_subtitles(text, content, kind)
    elif kind == "chat":
        yield from read_chats(text, content, settings.zone)
    else:
        yield from _json_scripts(text, content, forced)


def _lines(path: Path) -> Iterator[tuple[int, bytes | None]]:
    """The lines that are not empty, stripped, one after the other, since a year of calls does not fit in memory.

    None stands for a line that no call can be as long as; it is skipped without being held.
    """
    with path.open("rb") as file:
        number = 0
        while raw := file.readline(LONGEST_LINE + 1):
            number += 1
            if len(raw) > LONGEST_LINE:
                while raw and not raw.endswith(b"\n"):
                    raw = file.readline(LONGEST_LINE)
                yield number, None
            elif line := raw.removeprefix(b"\xef\xbb\xbf").strip():
                yield number, line


def _line_scripts(number: int, line: bytes | None, forced: str | None) -> Iterator[Script]:
    place = f"第 {number} 行"
    if line is None:
        yield Script(place=place, number=number, problems=(f"这一行超过 {LONGEST_LINE // 2**20} MB，不像一通电话",))
        return
    try:
        value = _loaded(decode_text(line))
    except UnicodeDecodeError:
        yield Script(content=line, place=place, number=number, problems=("既不是 UTF-8 也不是 GBK/GB18030",))
        return
    except ValueError as error:
        yield Script(content=line, place=place, number=number, problems=(str(error),))
        return
    if forced in services() or (forced is None and not _is_transcript(value) and recognise(value)):
        for entry in calls_in(value):
            content = line if entry is value else json.dumps(entry, sort_keys=True).encode()
            yield read_cloud(entry, content, place=place, number=number, service=forced)
    else:
        yield _transcript(value, line, place, number)


def _json_scripts(text: str, content: bytes, forced: str | None) -> Iterator[Script]:
    try:
        value = _loaded(text)
    except ValueError as error:
        yield Script(content=content, problems=(str(error),))
        return
    ours = forced == "transcript" or (forced is None and _is_transcript(value))
    entries = (value if isinstance(value, list) else [value]) if ours else list(calls_in(value))
    for number, entry in enumerate(entries, start=1):
        one = content if len(entries) == 1 else json.dumps(entry, sort_keys=True).encode()
        number, place = (number, f"第 {number} 通") if len(entries) > 1 else (0, "")
        yield _transcript(entry, one, place, number) if ours else read_cloud(entry, one, place=place, number=number, service=forced)


def _is_transcript(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and all(_is_transcript(one) for one in value)
    return isinstance(value, dict) and ("turns" in value or value.get("schema") == SCHEMA)


def _loaded(text: str) -> Any:
    """The value of a JSON text; a ValueError in words for everything that is none."""
    try:
        value = json.loads(text.lstrip("\ufeff"))
        json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair is JSON, but no text that can be stored
    except UnicodeEncodeError as error:
        message = "含有残缺的 Unicode 字符（单个代理码位）"
        raise ValueError(message) from error
    except (ValueError, RecursionError) as error:
        message = f"不是 JSON：{error}"
        raise ValueError(message) from error
    return value


def _transcript(entry: Any, content: bytes, place: str, number: int) -> Script:
    """A call of schema transcript/1."""
    if not isinstance(entry, dict):
        return Script(content=content, place=place, number=number, problems=("不是 JSON 对象",))
    problems = [] if plain(entry.get("call_id")) else ["缺少 call_id"]
    if (schema := entry.get("schema", SCHEMA)) != SCHEMA:
        problems.append(f"schema 是 {schema}，只认识 {SCHEMA}")
    if entry.get("duration") is not None and _seconds(entry["duration"]) is None:
        problems.append(f"duration 是 {entry['duration']}，应是秒数")
    telling = Telling()
    turns = entry.get("turns")
    if isinstance(turns, list):
        for turn in turns:
            _add(telling, turn)
    else:
        problems.append("缺少 turns（句子的列表）")
    sounds, unclear = _sounds(entry.get("events"))
    values = {
        str(name): plain(value)
        for name, value in entry.items()
        if name not in ("call_id", "turns", "schema", "duration", "file") and not isinstance(value, dict | list)
    }
    return Script(
        content=content,
        place=place,
        number=number,
        said=tuple(telling.said),
        call_id=plain(entry.get("call_id")) or None,
        duration=_seconds(entry.get("duration")),
        sounds=sounds,
        values=values,
        problems=(*problems, *unclear, *telling.problems),
    )


#: What a file may say was heard beside the voices, and what that is as a sound.
_SOUNDS: Mapping[str, EventType] = {"hold": "music", "music": "music", "tone": "tone"}


def _sounds(events: object) -> tuple[tuple[Event, ...], list[str]]:
    """The sounds of a call in order of time, and what is wrong with the rest."""
    found, problems = [], []
    for number, event in enumerate(events if isinstance(events, list) else (), 1):
        kind = _SOUNDS.get(str(event.get("type"))) if isinstance(event, dict) else None
        if kind is None:
            continue
        start, end = _seconds(event.get("start")), _seconds(event.get("end"))
        if start is None or end is None or end <= start:
            problems.append(f"第 {number} 个 event 的起止时间是 {event.get('start')}、{event.get('end')}，应是先后两个秒数")
        else:
            found.append(Event(kind, round(start, 2), round(end, 2)))
    return tuple(sorted(found, key=lambda sound: (sound.start, sound.end))), problems


def _add(telling: Telling, turn: object) -> None:
    if not isinstance(turn, dict):
        telling.fault("不是 JSON 对象")
        return
    role, speaker = str(turn.get("role") or ""), plain(turn.get("speaker"))
    if exact_role(role) is None:
        telling.about_next(f"的 role 是 {turn.get('role')}，应是 agent（客服）、customer（客户）或 unknown")
    words = [word for word in turn.get("words") or [] if isinstance(word, dict)] if isinstance(turn.get("words"), list) else []
    raw: list[RawWord] = [
        (str(word.get("text") or ""), seconds(word.get("start")), seconds(word.get("end")), share(word.get("confidence"))) for word in words
    ]
    telling.add(
        turn.get("text"),
        turn.get("start"),
        turn.get("end"),
        who=speaker if speaker and exact_role(role) == "unknown" else role or None,
        confidence=turn.get("confidence"),
        words=raw,
    )


def _seconds(value: object) -> float | None:
    """A number of seconds; a text is none here, since the schema is ours."""
    return None if isinstance(value, str) else seconds(value)


def _refused(place: str, problems: list[str], *, lacking: bool) -> RecordingError:
    what, one, rest = ("文字记录的一行有误", "这一行", "各行") if place.endswith(" 行") else ("文字记录有误", "它", "各通")
    shown = [*problems[:20], f"……共 {len(problems)} 处"] if len(problems) > 20 else problems
    next_step = f"改正{one}后重新导入；其余{rest}不受影响"
    if lacking:
        next_step = "在文件里写上，或用 --manifest 给出清单，或在设置里写 intake.filename_pattern；不需要时加 --allow-missing-metadata"
    return RecordingError(what, where=place, why="；".join(shown), next_step=next_step)


def _roster(settings: Settings) -> Roster | None:
    if settings.intake.roster is None:
        return None
    roster, problems = load_roster(settings.intake.roster, settings)
    if problems:
        why = "".join(f"\n    {problem}" for problem in problems)
        raise ManifestError(f"名册有 {len(problems)} 处问题", where=str(settings.intake.roster), why=why, next_step="改正后重试")
    return roster
