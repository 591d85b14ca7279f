"""Lexicons: named lists of what people say, kept in YAML beside the rubrics.

A file holds several lexicons::

    lexicons:
      - id: hold_request
        name: 请客户等待
        why: 查询前先征得客户同意，客户才不会以为断线
        phrases:
          - 请您稍等
          - (麻烦|请)您稍等(一下)          # optional parts
          - <帮|为|给>您<查|核实>一下        # one of several
          - 我…核实一下                   # up to 8 characters between
          - {text: 等一下, exact: true}   # by characters only
        excluding: [我等一下再打]          # benign: a hit that overlaps one of these does not count

Phrases that share a category, severity or weight may stand together under ``groups``. ``strict`` is for lexicons
that accuse somebody (forbidden words, complaints): see :mod:`qa.text.sound`. ``includes`` takes over
the phrases and the exclusions of other lexicons, of this file or of any other that is loaded with it.
"""

from __future__ import annotations

import difflib
import itertools
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from qa.errors import RubricError
from qa.scoring.yamlfile import Lines, describe_faults, load_yaml
from qa.text.normalize import normalize
from qa.text.sound import LONGEST, default_closeness

Severity = Literal["重度", "中度", "轻度"]
MAX_VARIANTS = 120
_GAP = re.compile(r"…+|\.{3,}")


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)


class Phrase(_Entry):
    """Something that may be said; in YAML a string, or a table when more than the words must be told.

    ``(x)`` may be left out, ``(x|y)`` is one of them or neither, ``<x|y>`` is one of them, ``…`` stands for up to
    ``gap`` characters.

    >>> Phrase.of("(请)您稍等").slots
    (('您稍等', '请您稍等'),)
    >>> Phrase.of("我<保证|承诺>…退").slots
    (('我保证', '我承诺'), ('退',))
    """

    text: str = Field(min_length=1, description="说法")
    exact: bool = Field(False, description="只按字匹配，不按读音")
    strict: bool = Field(False, description="按读音时一个音节也不能少：用于指责人的说法")
    polite: bool = Field(False, description="写“你”的说法，换成“您”也算；按读音匹配的本来就算")
    closeness: float | None = Field(None, gt=0.3, le=1.0, description="读音要多接近；不写则按说法的长短")
    gap: int = Field(8, ge=0, le=60, description="… 最多代表几个字")
    category: str | None = Field(None, description="类别，显示在报告里")
    severity: Severity | None = None
    weight: float = Field(1.0, gt=0.0, le=1.0, description="命中一处有多大分量（命中累计为概率时）")

    @classmethod
    def of(cls, text: str, **more: Any) -> Phrase:
        """A phrase from its text; ``more`` are the other fields.

        Raises:
            ValidationError: the text is empty, has an unclosed bracket, or stands for too many variants.
        """
        return cls(text=text, **more)

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return {"text": value} if isinstance(value, str | int | float) and not isinstance(value, bool) else value

    @field_validator("text")
    @classmethod
    def _readable(cls, text: str) -> str:
        _expand(text)
        return text

    @property
    def readable(self) -> str:
        """The phrase as a person writes it: its first choices, without what may be left out.

        >>> Phrase.of("(请)您<稍等|等>…<一下|片刻>").readable
        '您稍等…一下'
        """
        plain = self.text.translate(str.maketrans("（）｜", "()|"))
        return _CHOICE.sub(lambda found: "" if found[1] is not None else found[2].split("|")[0], plain)

    @cached_property
    def slots(self) -> tuple[tuple[str, ...], ...]:
        """What is said between its gaps: for each slot every way to say it, normalised.

        >>> Phrase.of("你到底", exact=True, polite=True).slots
        (('你到底', '您到底'),)
        """
        slots = _expand(self.text)
        return tuple(tuple(dict.fromkeys(way for said in slot for way in self._persons(said))) for slot in slots)

    def _persons(self, said: str) -> tuple[str, ...]:
        """A way to say it with 您 for 你 too, where that is asked for and only its characters are looked for."""
        return (said, said.replace("你", "您")) if self.polite and (self.exact or default_closeness(len(said)) >= 1.0) else (said,)

    def nearest_to(self, said: str) -> str:
        """Of the ways to say the phrase the one that is most like some words, by their letters.

        >>> Phrase.of("你们<这是|就是>在<抢钱|推卸>").nearest_to("你们就是在推荐"), Phrase.of("我<保证|承诺>…退").nearest_to("我成诺给您退")
        ('你们就是在推卸', '我承诺…退')
        """
        from rapidfuzz import fuzz, process

        text = normalize(said).text
        return "…".join(process.extract(text, slot, scorer=fuzz.ratio, limit=1)[0][0] for slot in self.slots)

    def __hash__(self) -> int:
        return hash((self.text, self.exact, self.strict, self.closeness, self.category))


_CHOICE = re.compile(r"\(([^()<>]*)\)|<([^()<>]*)>")


def _expand(text: str) -> tuple[tuple[str, ...], ...]:
    """The slots of a phrase as written. Raises ValueError, in Chinese, when it cannot be read."""
    plain = text.translate(str.maketrans("（）｜", "()|"))
    slots = tuple(_expand_slot(part, text) for part in _GAP.split(plain))
    if len(slots) == 1 and (single := [said for said in slots[0] if len(said) == 1]):
        message = f"有一种说法只剩一个字“{single[0]}”，会到处命中；必选的部分要写在 < > 里"
        raise ValueError(message)
    return slots


def _expand_slot(plain: str, whole: str) -> tuple[str, ...]:
    parts: list[list[str]] = []
    position = 0
    for found in _CHOICE.finditer(plain):
        parts.append([plain[position : found.start()]])
        choices = (found[1] if found[1] is not None else found[2]).split("|")
        parts.append(["", *choices] if found[1] is not None else choices)
        position = found.end()
    parts.append([plain[position:]])
    if re.search(r"[()<>|]", "".join(part[0] for part in parts[::2])):
        message = "括号没有成对，或套了括号"
        raise ValueError(message)
    count = math.prod(map(len, parts))
    if count > MAX_VARIANTS:
        message = f"展开后有 {count} 种说法，上限 {MAX_VARIANTS}"
        raise ValueError(message)
    variants = [normalize("".join(chosen)).text for chosen in itertools.product(*parts)]
    if not all(variants):
        message = "去掉标点和语气词后有一段是空的"
        raise ValueError(message)
    if max(map(len, variants)) > LONGEST:
        message = f"超过 {LONGEST} 个字，请拆成几句：{whole[:20]}…"
        raise ValueError(message)
    return tuple(dict.fromkeys(variants))


@dataclass(frozen=True, slots=True)
class Lexicon:
    """A loaded lexicon, what it includes taken in. ``excluding``: benign contexts that void an overlapping hit."""

    id: str
    name: str
    phrases: tuple[Phrase, ...]
    excluding: tuple[Phrase, ...] = ()
    why: str = ""

    def of_category(self, *categories: str) -> tuple[Phrase, ...]:
        """Its phrases of these categories."""
        return tuple(phrase for phrase in self.phrases if phrase.category in categories)


class _Group(_Entry):
    """Phrases that share what is said of them here, unless a phrase says otherwise."""

    category: str | None = None
    severity: Severity | None = None
    weight: float | None = Field(None, gt=0.0, le=1.0)
    exact: bool | None = None
    strict: bool | None = None
    polite: bool | None = None
    closeness: float | None = Field(None, gt=0.3, le=1.0)
    phrases: tuple[Phrase, ...] = Field(min_length=1)

    def members(self, **of_lexicon: bool) -> tuple[Phrase, ...]:
        shared = of_lexicon | self.model_dump(exclude={"phrases"}, exclude_none=True)
        return tuple(
            phrase.model_copy(update={key: value for key, value in shared.items() if key not in phrase.model_fields_set})
            for phrase in self.phrases
        )


class _LexiconEntry(_Entry):
    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    name: str = Field(min_length=1)
    why: str = ""
    strict: bool = Field(False, description="没有另写的说法都照此")
    polite: bool = Field(False, description="没有另写的说法都照此")
    phrases: tuple[Phrase, ...] = ()
    groups: tuple[_Group, ...] = ()
    excluding: tuple[Phrase, ...] = ()
    includes: tuple[str, ...] = ()


class LexiconFile(_Entry):
    """One YAML file of lexicons."""

    lexicons: tuple[_LexiconEntry, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class _Source:
    """A lexicon as written, and where."""

    entry: _LexiconEntry
    number: int
    path: Path
    lines: Lines

    def fault(self, key: str, message: str) -> str:
        place = ("lexicons", self.number, key)
        return f"{self.path}:{self.lines.line(place)} lexicons.{self.number}.{key}：{message}"


def load_lexicons(paths: Iterable[Path]) -> dict[str, Lexicon]:
    """The lexicons of these files by id; directories stand for the ``*.yaml`` in them.

    Raises:
        RubricError: anything is wrong with any of them; names every fault with its file, line and path.
    """
    sources: dict[str, _Source] = {}
    faults: list[str] = []
    for path in _files(paths):
        try:
            content, lines = load_yaml(path)
        except RubricError as error:
            faults.append(f"{error.where or path} {error.what}：{error.why}")
            continue
        try:
            file = LexiconFile.model_validate(content)
        except ValidationError as error:
            faults += describe_faults(LexiconFile, error, lines)
            continue
        for number, entry in enumerate(file.lexicons):
            source = _Source(entry, number, path, lines)
            if entry.id in sources:
                faults.append(source.fault("id", f"{entry.id} 在 {sources[entry.id].path} 里已经有了"))
            sources.setdefault(entry.id, source)
    faults += [fault for source in sources.values() for fault in _include_faults(source, sources)]
    faults += [
        source.fault("phrases", "没有任何短语：phrases、groups、includes 至少要有一样")
        for source in sources.values()
        if not (source.entry.phrases or source.entry.groups or source.entry.includes)
    ]
    if faults:
        where = f"{len(faults)} 处"
        raise RubricError("词库有误", where=where, why="\n        ".join(faults), next_step="逐条改正后重试；写法见 docs/rubric.md")
    return {id_: _resolved(source, sources) for id_, source in sorted(sources.items())}


def _files(paths: Iterable[Path]) -> list[Path]:
    return [file for path in paths for file in (sorted(path.glob("*.yaml")) if path.is_dir() else [path])]


def _include_faults(source: _Source, sources: dict[str, _Source]) -> list[str]:
    faults = []
    for name in source.entry.includes:
        if name not in sources:
            near = difflib.get_close_matches(name, sources, n=1, cutoff=0.5)
            faults.append(source.fault("includes", f"没有名为 {name} 的词库" + (f"，是否想写 {near[0]}？" if near else "")))
        elif source.entry.id in _reach(name, sources):
            faults.append(source.fault("includes", f"{name} 又引用了 {source.entry.id}，成了循环"))
    return faults


def _reach(name: str, sources: dict[str, _Source]) -> set[str]:
    """Every lexicon that ``name`` takes in, itself included."""
    reached: set[str] = set()
    waiting = [name]
    while waiting:
        current = waiting.pop()
        if current not in reached and current in sources:
            reached.add(current)
            waiting += sources[current].entry.includes
    return reached


def _resolved(source: _Source, sources: dict[str, _Source]) -> Lexicon:
    phrases: dict[Phrase, None] = {}
    excluding: dict[Phrase, None] = {}
    for name in [source.entry.id, *sorted(_reach(source.entry.id, sources) - {source.entry.id})]:
        entry = sources[name].entry
        groups = [*([_Group(phrases=entry.phrases)] if entry.phrases else []), *entry.groups]
        phrases |= dict.fromkeys(phrase for group in groups for phrase in group.members(strict=entry.strict, polite=entry.polite))
        excluding |= dict.fromkeys(entry.excluding)
    return Lexicon(source.entry.id, source.entry.name, tuple(phrases), tuple(excluding), source.entry.why)
