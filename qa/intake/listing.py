"""What a manifest says of transcripts: its rows found by call id, or by the name of a file or of the recording it came from.

The manifest of the recordings serves as it is: ``a.wav`` in it means the transcript ``a.json``, ``a.srt`` or ``a.wav.json``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from qa.config import Settings
from qa.errors import ManifestError
from qa.intake.fields import FIELDS, resolve_columns
from qa.intake.formats import SUFFIXES
from qa.intake.metadata import Roster, complete
from qa.intake.sources import EXTENSIONS
from qa.intake.tables import read_table


@dataclass(frozen=True, slots=True)
class Listing:
    """The rows of a manifest, as text by field name.

    >>> listing = Listing({"c1": {"call_id": "c1", "agent_id": "8001"}}, {})
    >>> listing.row(Path("x.json"), "c1"), listing.row(Path("x.json"), None)
    ({'call_id': 'c1', 'agent_id': '8001'}, {})
    """

    by_call: Mapping[str, Mapping[str, str]]
    by_name: Mapping[str, tuple[Mapping[str, str], ...]]

    def row(self, path: Path, call_id: str | None, *, alone: bool = True) -> Mapping[str, str]:
        """The row of a call, empty where there is none; by the file's name only where the file is one call (``alone``).

        Raises:
            ValueError: two rows mean this file; says which.
        """
        if call_id is not None and call_id in self.by_call:
            return self.by_call[call_id]
        if not alone:
            return {}
        rows = self.by_name.get(stem(path.name), ())
        if len(rows) > 1:  # of the same name in several folders: the one whose folders are those of the file
            here = path.absolute().parent.parts
            rows = tuple(row for row in rows if _ends_with(here, PurePosixPath(row["file"].replace("\\", "/")).parent.parts))
        if len(rows) > 1:
            message = f"清单里有 {len(rows)} 行可能是这个文件：{'、'.join(row['file'] for row in rows)}"
            raise ValueError(message)
        return rows[0] if rows else {}


def load_listing(path: Path, roster: Roster | None, settings: Settings) -> Listing:
    """A manifest, checked as a whole before the first transcript is read.

    Raises:
        ManifestError: it cannot be read, or names all that is wrong with it: headings, values, calls listed twice.
    """
    table = read_table(path)
    columns, faults = resolve_columns(table.columns, FIELDS, settings.intake.columns, settings.intake.extra_columns)
    problems = [f"表头：{fault}" for fault in faults]
    if not {"file", "call_id"} & set(columns.values()):
        problems.append("表头：既没有 file（录音文件）也没有 call_id（通话编号），不知道哪一行是哪一通")
    by_call: dict[str, Mapping[str, str]] = {}
    by_name: dict[str, list[Mapping[str, str]]] = {}
    for row in table.rows:
        values = {columns[column]: value for column, value in row.values.items() if column in columns}
        problems += [f"第 {row.number} 行：{fault}" for fault in complete(values, roster, settings).wrong]
        if call_id := values.get("call_id"):
            if call_id in by_call:
                problems.append(f"第 {row.number} 行：call_id {call_id} 重复")
            by_call[call_id] = values
        if name := values.get("file"):
            same = by_name.setdefault(stem(PurePosixPath(name.replace("\\", "/")).name), [])
            if any(other["file"] == name for other in same):
                problems.append(f"第 {row.number} 行：文件 {name} 重复")
            same.append(values)
    if problems:
        raise ManifestError(
            f"清单有 {len(problems)} 处问题，没有开始导入",
            where=str(path),
            why="".join(f"\n    {problem}" for problem in problems),
            next_step="改正后重试；要保留的其他列写进设置 intake.extra_columns",
        )
    return Listing(by_call, {name: tuple(rows) for name, rows in by_name.items()})


def stem(name: str) -> str:
    """A file's name without the endings of recordings and transcripts.

    >>> stem("a.wav.json"), stem("a.wav"), stem("2026.11.20.txt")
    ('a', 'a', '2026.11.20')
    """
    while (suffix := PurePosixPath(name).suffix).lower() in SUFFIXES | EXTENSIONS:
        name = name.removesuffix(suffix)
    return name


def _ends_with(parts: tuple[str, ...], tail: tuple[str, ...]) -> bool:
    return not tail or parts[-len(tail) :] == tail
