"""The batch before it runs: every recording with its metadata, checked as a whole.

A wrong staff number or a forgotten row found after a night of computing costs the night; so all that can be wrong
with the metadata is found before the first recording is heard, and said at once.
"""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from qa.calls import Quarantined, Recording
from qa.config import Settings
from qa.errors import ManifestError, RecordingError
from qa.intake.fields import AGENT_FIELDS, CALL_FIELDS, FIELDS, label, resolve_columns
from qa.intake.filenames import FilenamePattern
from qa.intake.files import encodable
from qa.intake.metadata import REQUIRED, Metadata, Roster, complete, load_roster
from qa.intake.remote import below
from qa.intake.settling import Naming, Reading, Waiting, stamp, unsettled
from qa.intake.sources import Sources, find, really
from qa.intake.tables import Table, read_table


@dataclass(frozen=True, slots=True)
class Batch:
    """What is to be inspected, in order of path.

    ``quarantined`` could not even be read; ``waiting`` may still be being written. ``stamps`` says by path how each file was
    when its hash was taken. ``notes`` are the problems that ``allow_missing_metadata`` forgave, in
    Chinese; ``left_out`` counts the manifest's rows whose file exists and was not asked for.
    """

    recordings: tuple[Recording, ...]
    quarantined: tuple[Quarantined, ...] = ()
    notes: tuple[str, ...] = ()
    left_out: int = 0
    waiting: tuple[Waiting, ...] = ()
    stamps: Mapping[str, str | None] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class _Entry:
    """A recording, or a row whose file is not there (``path`` None), with its values as text.

    ``row`` is None for a file that no manifest speaks of; ``excused`` when what it lacks has been said already.
    """

    row: int | None
    path: Path | None
    values: Mapping[str, str]
    excused: bool = False

    @property
    def place(self) -> str:
        return f"文件 {self.path}" if self.row is None else f"第 {self.row} 行"


@dataclass(slots=True)
class _Faults:
    """Problems: those of the headings, then row by row, then those of files without a row.

    The forgivable ones concern what is missing, not what contradicts itself.
    """

    forgiving: bool
    _found: list[tuple[float, bool, str]] = field(default_factory=list)

    def add(self, problem: str, row: float | None = math.inf, *, forgivable: bool = False) -> None:
        self._found.append((math.inf if row is None else row, forgivable and self.forgiving, problem))

    def told(self, *, forgiven: bool) -> tuple[str, ...]:
        ordered = sorted(self._found, key=lambda fault: fault[0])
        return tuple(problem for _, is_forgiven, problem in ordered if is_forgiven == forgiven)


def plan(
    sources: Sequence[str | Path],
    manifest: Path | None,
    settings: Settings,
    *,
    naming: Naming | None = None,
    now: float | None = None,
) -> Batch:
    """The recordings of the sources with what the manifest, their names and the roster say about them.

    Files of the manifest are relative to its own folder or to a source directory; a bare name also finds the one
    recording of that name in the folders below. A call without an id gets its file's name, and its path below the
    source where two files share a name.

    ``naming`` may know the hashes of files that have not changed. With ``now``, the time of day in seconds, files that
    may still be being written are left waiting; :func:`look_again` takes them up.

    Raises:
        ManifestError: the metadata does not hold together; names every problem, with row numbers.
        QaError: a source does not exist or holds no recording.
        ConfigError: ``intake.filename_pattern`` is wrong.
    """
    intake = settings.intake
    found = find(sources)
    pattern = FilenamePattern.compile(intake.filename_pattern, intake.extra_columns) if intake.filename_pattern else None
    faults = _Faults(intake.allow_missing_metadata)
    roster: Roster | None = None
    if intake.roster is not None:
        roster, problems = load_roster(intake.roster, settings)
        for problem in problems:
            faults.add(problem, -1)
    left_out = 0
    silent: frozenset[str] = frozenset()  # required fields whose absence has been said once for the whole table
    if manifest is not None:
        table = read_table(manifest)
        columns, silent = _columns(table, pattern, settings, faults)
        entries, left_out = _rows(table, columns, found, faults)
    elif pattern is None and not intake.allow_missing_metadata:
        raise ManifestError(
            "不知道这些录音是谁、什么时候打的",
            where=f"{len(found.files)} 个录音文件",
            why="没有给出清单，设置里也没有文件名规则",
            next_step="用 --manifest 给出清单，或在 qa.toml 写 intake.filename_pattern；不需要坐席和时间时加 --allow-missing-metadata",
        )
    else:
        entries = [_Entry(None, file, {}, excused=pattern is None) for file in found.files]
    entries = [_with_name(entry, pattern, manifest is not None, faults) for entry in entries]
    batch = _assemble(entries, found, roster, silent, settings, faults)
    if grave := faults.told(forgiven=False):
        raise ManifestError(
            f"录音的元数据有 {len(grave)} 处问题，没有开始质检",
            where=str(manifest or intake.filename_pattern or intake.roster),
            why="".join(f"\n    {problem}" for problem in grave),
            next_step="改正后重试；要保留的其他列写进设置 intake.extra_columns；"
            "缺少的信息确实没有时加 --allow-missing-metadata（重复、越界和不认识的列仍须改正）",
        )
    naming = naming or Reading()
    naming.expect([path for _, path, _ in batch if isinstance(path, Path) and encodable(str(path))])
    hashed = _hashed(batch, naming, (lambda seen: unsettled(seen, now, intake.settle_seconds)) if now is not None else lambda _: False)
    return replace(hashed, notes=faults.told(forgiven=True), left_out=left_out)


def look_again(waiting: Sequence[Waiting], naming: Naming) -> Batch:
    """Files that waited: those that have stayed as they were are part of the batch now, the others go on waiting."""
    before = {one.path: one.stamp for one in waiting}
    batch = [(one.call_id, one.path, one.metadata) for one in waiting]
    moved = {path for path, seen in before.items() if stamp(path) != seen}
    settled = _hashed([one for one in batch if one[1] not in moved], naming, lambda _: False)
    still = tuple(replace(one, stamp=stamp(one.path)) for one in waiting if one.path in moved)
    return replace(settled, waiting=(*settled.waiting, *still))


def _columns(table: Table, pattern: FilenamePattern | None, settings: Settings, faults: _Faults) -> tuple[dict[str, str], frozenset[str]]:
    columns, problems = resolve_columns(table.columns, FIELDS, settings.intake.columns, settings.intake.extra_columns)
    for problem in problems:
        faults.add(f"表头：{problem}", 0)
    there = set(columns.values())
    for name, column in settings.intake.columns.items():
        if name in CALL_FIELDS and column not in table.columns and name not in there and name not in AGENT_FIELDS[1:]:
            faults.add(f"表头：没有 {column} 这一列，而设置 intake.columns 说它是 {name}", 0)
    if "file" not in there:
        raise ManifestError(
            "清单里没有录音文件这一列",
            where=str(table.path),
            why=f"现有的列：{'、'.join(table.columns[:40])}{f'……共 {len(table.columns)} 列' if len(table.columns) > 40 else ''}",
            next_step='加上 file（录音文件）列，或在 qa.toml 的 intake.columns 里写 file = "你的列名"',
        )
    silent = frozenset(name for name in REQUIRED if name not in there and pattern is None)
    for name in REQUIRED:
        if name in silent:
            faults.add(f"表头：没有 {label(name)} 这一列", 0, forgivable=True)
    return columns, silent


def _rows(table: Table, columns: Mapping[str, str], found: Sources, faults: _Faults) -> tuple[list[_Entry], int]:
    """An entry for every row that is asked for and every file, whether they fit or not."""
    finder = _Finder(table.path, found)
    entries: list[_Entry] = []
    rows: dict[Path, int] = {}  # where a file really is -> the row that names it
    left_out = 0
    for row in table.rows:
        place = f"第 {row.number} 行"
        values = {columns[column]: value for column, value in row.values.items() if column in columns}
        if unreadable := [label(name) for name, value in values.items() if not encodable(value)]:
            faults.add(f"{place}：{'、'.join(unreadable)}里有不成字的编码", row.number)
            continue
        name = values.get("file")
        if name is None:
            faults.add(f"{place}：缺少 {label('file')}", row.number)
            continue
        try:
            path = finder.find(name)
        except ValueError as error:
            faults.add(f"{place}：{error}", row.number)
            continue
        if path is None:
            faults.add(f"{place}：找不到文件 {name}", row.number, forgivable=True)
        else:
            real = really(path)
            if real in rows:
                faults.add(f"{place}：文件 {name} 与第 {rows[real]} 行重复", row.number)
                continue
            rows[real] = row.number
            if not finder.wanted(real):
                left_out += 1
                continue
        entries.append(_Entry(row.number, path, values))
    for file in found.files:
        if really(file) not in rows:
            faults.add(f"文件 {file}：清单里没有它的行", forgivable=True)
            entries.append(_Entry(None, file, {}, excused=True))
    return entries, left_out


class _Finder:
    """Which file a manifest's row means."""

    def __init__(self, manifest: Path, found: Sources) -> None:
        home = manifest.absolute().parent
        self.bases = tuple(dict.fromkeys((home, *found.folders)))
        self.whole = [really(folder) for folder in found.whole]
        self.files = {really(file): file for file in found.files}
        self.found = frozenset(found.files)
        self.by_name: dict[str, list[Path]] = {}
        for file in found.files:
            self.by_name.setdefault(file.name, []).append(file)

    def find(self, name: str) -> Path | None:
        """The file, None where there is none; a ValueError in words where the row must not or cannot mean one."""
        relative = name.replace("\\", "/")
        candidates = [below(base, relative) for base in self.bases]
        inside = [path for path in candidates if any(path.is_relative_to(base) for base in self.bases)]
        if not inside:
            message = f"文件 {name} 在清单和来源目录之外"
            raise ValueError(message)
        there = [path for path in inside if path in self.found or _is_file(path)]
        for path in there:
            if (real := really(path)) in self.files:
                return self.files[real]
        if there:
            return there[0]
        namesakes = self.by_name.get(relative, [])
        if len(namesakes) > 1:
            message = f"文件 {name} 有 {len(namesakes)} 个同名文件，请写出所在目录：{'、'.join(str(path) for path in namesakes)}"
            raise ValueError(message)
        if namesakes:
            return namesakes[0]
        # A file that was found but cannot be looked at (a broken link) is for quarantine, not for this check.
        return next((path for path in inside if path in self.found), None)

    def wanted(self, real: Path) -> bool:
        """Whether a file belongs to the batch: found, or named by the manifest below a directory asked for as a whole."""
        return real in self.files or any(real.is_relative_to(folder) for folder in self.whole)


def _is_file(path: Path) -> bool:
    """Whether there is such a file; a name that no file system takes is the name of none."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _with_name(entry: _Entry, pattern: FilenamePattern | None, listed: bool, faults: _Faults) -> _Entry:
    """The entry with what its file's name says; a row of the manifest goes before the name."""
    if pattern is None or entry.path is None:
        return entry
    values = pattern.read(entry.path)
    if values is None:
        if not listed:
            faults.add(f"{entry.place}：与文件名规则 {pattern.text} 不符", forgivable=True)
        return entry if listed else replace(entry, excused=True)
    return replace(entry, values={**values, **entry.values})


def _assemble(
    entries: Sequence[_Entry],
    found: Sources,
    roster: Roster | None,
    silent: frozenset[str],
    settings: Settings,
    faults: _Faults,
) -> list[tuple[str, Path | str, Metadata]]:
    """Ids and parsed values."""
    names = _call_ids(entries, found)
    places: dict[str, str] = {}
    batch: list[tuple[str, Path | str, Metadata]] = []
    for entry, call_id in zip(entries, names, strict=True):
        metadata = complete(entry.values, roster, settings)
        missing = () if entry.excused else (f"缺少 {label(name)}" for name in metadata.missing if name not in silent)
        for problem in (*missing, *metadata.wrong):
            faults.add(f"{entry.place}：{problem}", entry.row, forgivable=True)
        if call_id in places:
            faults.add(f"{entry.place}：call_id {call_id} 与{places[call_id]}重复", entry.row)
        places.setdefault(call_id, entry.place)
        batch.append((call_id, entry.path or entry.values["file"], metadata))
    return batch


def _call_ids(entries: Sequence[_Entry], found: Sources) -> list[str]:
    """The given ids; else the first of a file's names, from short to long, that no other call has."""
    given = {entry.values["call_id"] for entry in entries if entry.values.get("call_id")}
    nameless = [entry for entry in entries if not entry.values.get("call_id")]
    ladders = {id(entry): _names(entry.path or Path(entry.values["file"].replace("\\", "/")), found.folders) for entry in nameless}
    taken = [Counter(ladder[step] for ladder in ladders.values()) for step in range(4)]

    def choose(ladder: tuple[str, ...]) -> str:
        free = (name for step, name in enumerate(ladder) if taken[step][name] == 1 and name not in given)
        return next(free, ladder[-1])

    return [entry.values.get("call_id") or choose(ladders[id(entry)]) for entry in entries]


def _names(path: Path, folders: Sequence[Path]) -> tuple[str, str, str, str]:
    """What a call may be called after its file: the name, the path below the source, with the source's name, all of it."""
    around = min((folder for folder in folders if path.is_relative_to(folder)), key=lambda folder: len(folder.parts), default=None)
    below = path if around is None else path.relative_to(around)
    named = below if around is None else around.name / below
    return path.stem, below.as_posix(), named.as_posix(), path.as_posix()


def _unnamable(path: Path) -> Quarantined:
    """A file whose name no text can hold, with the name as its bytes."""
    shown = str(path).encode("utf-8", "backslashreplace").decode()
    try:
        meant = f"，按 GBK 读是 {os.fsencode(path.name).decode('gb18030')}"
    except UnicodeDecodeError:
        meant = ""
    error = RecordingError(
        "文件名不是有效的 UTF-8",
        where=shown,
        why=f"多半来自用别的编码命名文件的系统{meant}",
        next_step="改名后再运行（如 convmv -f gbk -t utf8）",
    )
    return Quarantined(call_id=Path(shown).stem, path=shown, content_hash=None, message=str(error))


def _hashed(batch: Sequence[tuple[str, Path | str, Metadata]], naming: Naming, moving: Callable[[str | None], bool]) -> Batch:
    recordings, quarantined, waiting = [], [], []
    stamps: dict[str, str | None] = {}
    for call_id, path, metadata in sorted(batch, key=lambda one: (str(one[1]), one[0])):
        if isinstance(path, str):
            error = RecordingError(
                "找不到录音文件", where=path, why="清单里有这一行，磁盘上没有这个文件", next_step="补上录音，或删去清单中的这一行"
            )
            quarantined.append(Quarantined(call_id=call_id, path=path, content_hash=None, message=str(error)))
            continue
        if not encodable(str(path)):
            quarantined.append(_unnamable(path))
            continue
        before = stamp(path)
        if moving(before):
            waiting.append(Waiting(call_id, path, metadata, before))
            continue
        try:
            digest = naming(path)
        except RecordingError as unreadable:
            quarantined.append(Quarantined(call_id=call_id, path=str(path), content_hash=None, message=str(unreadable)))
            continue
        if (after := stamp(path)) != before:
            waiting.append(Waiting(call_id, path, metadata, after))
            continue
        stamps[str(path)] = before
        recordings.append(Recording(call_id=call_id, content_hash=digest, path=str(path), extra=metadata.extra, **metadata.known))
    return Batch(tuple(recordings), tuple(quarantined), waiting=tuple(waiting), stamps=stamps)
