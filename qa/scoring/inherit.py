"""Rubric files that build on others: ``extends`` with what is changed, removed and added, so that nothing is copied.

::

    extends: general_inbound.yaml        # beside this file, or one that comes with the program
    id: second-line
    version: "1"
    name: 二线评分表
    pass_mark: 85
    remove: [hang_up, tone]              # ids of criteria or of sections
    change:
      greeting: {points: 3, fatal: true} # keys replace those of the criterion; null takes one away
    add:
      ending:                            # into this section
        - {id: survey, name: 邀请评价, points: 2, why: …, require: {say: 评价}}
    sections: []                         # further sections, as in any rubric

The result is checked as if it had been written in one file, and every fault names the file and line it comes from.
Points change with the items, so the ``total`` and the sections' ``points`` of the base are not taken over.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, ValidationError

from qa.config import shipped
from qa.errors import RubricError
from qa.scoring.operators import Part, Text, Texts, listed, nearest_name
from qa.scoring.yamlfile import Lines, Place, describe_faults, load_yaml, shortened

MAX_CHAIN = 5

Table = dict[str, Any]


class Overlay(Part):
    """A rubric file with ``extends``; besides these keys it may have all those of a rubric."""

    model_config = ConfigDict(extra="allow")

    extends: Text
    change: dict[Text, Table] = Field({})
    remove: Texts = ()
    add: dict[Text, Annotated[tuple[Table, ...], BeforeValidator(listed)]] = Field({})


OWN_KEYS = tuple(Overlay.model_fields)


@dataclass(frozen=True)
class Source:
    """A rubric's content as one table, where each value stands, the lexicons it names, and what is wrong so far."""

    data: Table
    lines: Lines
    lexicons: tuple[tuple[Path, str], ...]  # the file or folder, and where it is named
    faults: tuple[str, ...] = field(default=())


def read_source(path: Path, chain: tuple[Path, ...] = ()) -> Source:
    """The content of a rubric file with what it extends taken in.

    Raises:
        RubricError: a file cannot be read or is no table; ``extends`` names no file, or in the end itself.
    """
    data, lines = load_yaml(path)
    if not isinstance(data, dict):
        raise RubricError(
            "评分规则是空的", where=str(path), why="文件里没有 id、version、sections 等键", next_step="参照 rubrics/general_inbound.yaml"
        )
    named = tuple((path.parent / entry, at) for entry, at in _lexicons(data, lines))
    if "extends" not in data:
        return Source(data, lines, named)
    try:
        overlay = Overlay.model_validate(data)
    except ValidationError as error:
        why = "\n        ".join(describe_faults(Overlay, error, lines))
        raise RubricError("评分规则有误", where=str(path), why=why, next_step="改正 extends、change、remove、add 后再试") from error
    base = read_source(_base(overlay.extends, path, lines, chain), (*chain, path.resolve()))
    merged = _Merge(base, data, lines, overlay)
    return Source(merged.data, merged.lines, base.lexicons + named, base.faults + tuple(merged.faults))


def _lexicons(data: Mapping[str, Any], lines: Lines) -> Iterator[tuple[str, str]]:
    named = data.get("lexicons", ())
    for number, entry in enumerate(named if isinstance(named, list) else [named] if isinstance(named, str) else ()):
        yield str(entry), f"{lines.at(['lexicons', number])} lexicons.{number}"


def there(path: Path) -> bool:
    """Whether there is such a file or folder; a name that no file can have (too long, with a NUL in it) is simply not there.

    >>> there(Path("长" * 500))
    False
    """
    return os.path.exists(path)  # noqa: PTH110 - Path.exists raises for such names


def _base(name: str, path: Path, lines: Lines, chain: tuple[Path, ...]) -> Path:
    """The file that ``extends`` means: beside the rubric, or else one that comes with the program."""
    at = lines.at(["extends"])
    found = next((file for file in (path.parent / name, shipped("rubrics", Path(name).name)) if there(file) and file.is_file()), None)
    if found is None:
        known = sorted(file.name for file in shipped("rubrics").glob("*.yaml"))
        why = f"没有这个文件：{shortened(name)}{nearest_name(name, known)}"
        raise RubricError("找不到要继承的评分规则", where=at, why=why, next_step="extends 写同目录的文件名，或自带规则的文件名")
    if found.resolve() in (*chain, path.resolve()):
        raise RubricError("评分规则的继承成了循环", where=at, why=f"{shortened(name)} 又继承到自己", next_step="去掉其中一个 extends")
    if len(chain) >= MAX_CHAIN:
        raise RubricError("评分规则的继承太深", where=at, why=f"超过 {MAX_CHAIN} 层", next_step="少继承几层")
    return found


class _Merge:
    """The table that comes of a base and what an overlay says, built key by key together with its lines."""

    def __init__(self, base: Source, data: Table, lines: Lines, overlay: Overlay) -> None:
        self.data: Table = {}
        self.lines = Lines({}, Path())
        self.faults: list[str] = []
        self._base, self._own, self._own_lines, self._overlay = base, data, lines, overlay
        self.lines.graft((), lines, ())
        self.lines.graft(("sections",), base.lines, ("sections",))
        for key, value in base.data.items():
            if key not in ("sections", "total") and key not in data:
                self._put((), self.data, key, value, base.lines, (key,))
        for key, value in data.items():
            if key not in (*OWN_KEYS, "sections"):
                self._put((), self.data, key, value, lines, (key,))
        self._ids: set[str] = set()
        self._criteria: set[str] = set()
        sections: list[Any] = []
        self.data["sections"] = sections
        for number, section in enumerate(_tables(base.data.get("sections"))):
            self._section(sections, number, section)
        own = data.get("sections", [])
        for number, value in enumerate(own if isinstance(own, list) else [own]):
            self._append(("sections",), sections, value, lines, ("sections", number) if isinstance(own, list) else ("sections",))
        self._unknown()

    def _put(self, place: Place, table: Table, key: str, value: object, lines: Lines, source: Place) -> None:
        table[key] = value
        self.lines.graft((*place, key), lines, source)

    def _append(self, place: Place, items: list[Any], value: object, lines: Lines, source: Place) -> None:
        self.lines.graft((*place, len(items)), lines, source)
        items.append(value)

    def _section(self, sections: list[Any], number: int, section: Table) -> None:
        """One section of the base: what is left of it, and what comes to it."""
        name = str(section.get("id"))
        self._ids.add(name)
        removed = name in self._overlay.remove
        source, place = ("sections", number), ("sections", len(sections))
        made: Table = {}
        criteria: list[Any] = []
        self.lines.graft(place, self._base.lines, source)
        for key, value in section.items():
            if key not in ("criteria", "points"):
                self._put(place, made, key, value, self._base.lines, (*source, key))
        self._changed(place, made, name)
        for index, criterion in enumerate(_tables(section.get("criteria"))):
            self._criteria.add(str(criterion.get("id")))
            if not removed and criterion.get("id") not in self._overlay.remove:
                own = (*place, "criteria", len(criteria))
                self._append((*place, "criteria"), criteria, dict(criterion), self._base.lines, (*source, "criteria", index))
                self._changed(own, criteria[-1], str(criterion.get("id")))
        for index, added in enumerate(self._overlay.add.get(name, ())):
            self._append((*place, "criteria"), criteria, added, self._own_lines, ("add", name, index))
        if criteria and not removed:
            sections.append(made | {"criteria": criteria})

    def _changed(self, place: Place, table: Table, name: str) -> None:
        for key, value in self._overlay.change.get(name, {}).items():
            other = {"require": "forbid", "forbid": "require"}.get(key)
            if other and value is not None:
                table.pop(other, None)  # an item has one of them
            if value is None:
                table.pop(key, None)
            else:
                self._put(place, table, key, value, self._own_lines, ("change", name, key))

    def _unknown(self) -> None:
        """Ids that the base does not have."""
        sections = {str(section.get("id")) for section in _tables(self._base.data.get("sections"))}
        self._ids |= self._criteria
        asked: list[tuple[Place, str, set[str]]] = [(("remove", i), name, self._ids) for i, name in enumerate(self._overlay.remove)]
        asked += [(("change", name), name, self._ids) for name in self._overlay.change]
        asked += [(("add", name), name, sections) for name in self._overlay.add]
        for name in self._overlay.change:
            if name in sections and name in self._criteria:
                both = f"{shortened(name)} 既是分组又是项目，分不清要改哪一个；请在被继承的规则里给其中一个换个编号"
                self.faults.append(f"{self._own_lines.at(('change', name))} change.{shortened(name)}：{both}")
        for place, name, known in asked:
            if name not in known:
                where = ".".join(shortened(str(part)) for part in place)
                kind = "分组" if known is sections else "项目或分组"
                missing = f"被继承的规则里没有名为 {shortened(name)} 的{kind}{nearest_name(name, known)}"
                self.faults.append(f"{self._own_lines.at(place)} {where}：{missing}")


def _tables(value: object) -> list[Table]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
