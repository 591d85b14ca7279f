"""Rubrics: a sheet of criteria with points, read from YAML and checked to the last key.

``load_rubric`` gives a :class:`Rubric` or one :class:`~qa.errors.RubricError` that names every fault of the file
with its line. A rubric's ``hash`` covers all that can change a verdict: the sheet as understood and the phrases of
the lexicons that it uses, but no comment, spacing or order of keys.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, ValidationError, field_validator, model_validator

from qa.calls import RubricRef, Side
from qa.errors import RubricError
from qa.scoring.checks import Check, Scope
from qa.scoring.inherit import Source, read_source, there
from qa.scoring.lexicon import Lexicon, Phrase, Severity, load_lexicons
from qa.scoring.lifespan import Lifespan
from qa.scoring.operators import NotEmpty, Part, Text, Texts, nearest_name
from qa.scoring.yamlfile import Lines, Place, describe_faults, shortened
from qa.text import embedding

Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$", max_length=64)]

#: Lexicons that judging reads whatever the sheet asks for: the complaint of the customer is always looked for.
ALWAYS_USED = ("complaint", "threat")


class Band(Part):
    """A name for scores from ``from`` up."""

    name: Text = Field(description="等级名，例如 优秀")
    from_: float = Field(alias="from", ge=0, le=100, description="从多少分起")


class Examples(Part):
    """What the agent says (or, as a list of ``角色：话``, both say) when the criterion is met, and when it is missed.

    They explain the criterion to people, and the tests judge them.
    """

    good: tuple[Texts, ...] = Field((), description="这样说算做到")
    bad: tuple[Texts, ...] = Field((), description="这样说算没做到")


class PerHit(Part):
    """Points for every hit, up to a limit; without ``at_most`` the points of the criterion are the limit."""

    each: float = Field(gt=0, description="每处多少分")
    at_most: float | None = Field(None, gt=0, description="最多多少分；不写则为本项的分数")


class Criterion(Lifespan):
    """One item of the sheet; with ``valid_from`` or ``valid_until`` it applies to calls of those days only.

    ``require``: met when the check holds. ``forbid``: missed when it holds. ``when`` and ``na_when`` decide first
    whether the item applies; where it does not, it leaves the denominator with ``na_reason``. ``kind``: auto 自,
    assist 辅 (a miss is marked for a person to confirm), human 人 (no check; never part of the automatic score).
    ``fatal`` (一票否决) makes the whole score 0 when missed (``form``, or true), or that of its section (``section``).
    ``critical`` items are added up for themselves too. ``bonus`` points come on top of the 100 when the item is met and
    cost nothing when not. ``severity``: a miss of 重度 is marked for a person to confirm. ``side`` and ``handling`` change
    no score: they say what the report takes the item for.
    """

    id: Id = Field(description="英文代号，整张表内不重复")
    name: Text = Field(description="项目名，显示在报告里")
    points: float = Field(0.0, ge=0, le=100, description="分值")
    why: str = Field(min_length=1, description="为什么有这一项，讲给坐席听")
    examples: Examples = Field(Examples(), description="正反例；qa rubric test 会逐条判断")
    kind: Literal["auto", "assist", "human"] = Field("auto", description="auto 自动，assist 辅助（未达标要人确认），human 人工")
    fatal: Literal["form", "section"] | None = Field(None, description="true 与 form 是整张表，section 是本组")
    critical: bool = Field(False, description="关键项，另计一个关键分")
    bonus: bool = Field(False, description="加分项：做到加分，没做到不扣")
    severity: Severity | None = Field(None, description="严重程度；重度的未达标要人确认")
    side: Side | None = Field(None, description="服务类型里算程序面 procedure 还是个人面 personal；不写随本组，都不写算程序面")
    handling: bool = Field(False, description="投诉页里用它说明坐席怎样处理了投诉")
    scope: Scope = Field(Scope(), description="在哪里找：谁说的、开头还是结尾、在什么之后")
    require: Check | None = Field(None, description="要做到什么；成立即达标")
    forbid: Check | None = Field(None, description="不许出现什么；成立即未达标")
    deduct: PerHit | None = Field(None, description="按次扣分，与 forbid 一起用")
    award: PerHit | None = Field(None, description="按次得分，与 require 一起用")
    when: Check | None = Field(None, description="只在成立时适用")
    na_when: Check | None = Field(None, description="成立时不适用")
    na_reason: Text | None = Field(None, description="不适用时报告里写的理由")

    @field_validator("fatal", mode="before")
    @classmethod
    def _whole_form(cls, value: object) -> object:
        return {True: "form", False: None}.get(value, value) if isinstance(value, bool) else value

    @model_validator(mode="after")
    def _consistent(self) -> Criterion:
        faults = list(self._faults())
        if faults:
            raise ValueError("；".join(faults))
        return self

    def _faults(self) -> Iterator[str]:
        checks = (self.require is not None) + (self.forbid is not None)
        if self.kind == "human" and checks:
            yield "人工项（kind: human）不写 require 或 forbid"
        if self.kind != "human" and checks != 1:
            yield "要写且只写 require（做到才得分）与 forbid（出现就扣分）之一"
        if self.points == 0 and not self.fatal:
            yield "points 为 0 的项目没有作用；只有一票否决项（fatal: true）可以不写 points"
        if self.bonus and (self.fatal or self.critical or not self.require or self.points == 0):
            yield "加分项（bonus: true）要有 points 和 require，不能同时是 fatal 或 critical"
        if self.deduct and not self.forbid:
            yield "deduct（按次扣分）只与 forbid 一起用"
        if self.award and not self.require:
            yield "award（按次得分）只与 require 一起用"
        for name, rule in (("deduct", self.deduct), ("award", self.award)):
            if rule and max(rule.each, rule.at_most or 0.0) > self.points:
                yield f"{name} 的分数超过本项的 {self.points:g} 分"

    @property
    def confirmed(self) -> bool:
        """Whether a miss must be confirmed by a person before it counts for good."""
        return self.kind == "assist" or self.fatal is not None or self.severity == "重度"

    def checks(self) -> Iterator[Check]:
        """Every check of the criterion, those inside others too."""
        pending = [check for check in (self.require, self.forbid, self.when, self.na_when) if check]
        pending += [anchor for anchor, _ in self.scope.anchors]
        while pending:
            check = pending.pop()
            yield check
            pending += check.parts()


class SectionOfSheet(Part):
    """A group of criteria; ``points``, where written, must be their sum, ``side`` counts for those that write none."""

    id: Id
    name: Text
    points: float | None = None
    side: Side | None = Field(None, description="本组的项目在服务类型里算程序面 procedure 还是个人面 personal")
    criteria: Annotated[tuple[Criterion, ...], NotEmpty]

    @property
    def added(self) -> float:
        """The points of its criteria; what comes on top is not counted."""
        return round(sum(criterion.points for criterion in self.criteria if not criterion.bonus), 2)


class Sheet(Lifespan):
    """A rubric file, as written; with ``valid_from`` or ``valid_until`` it is meant for calls of those days only."""

    id: Id
    version: Text
    name: Text
    description: str | None = Field(None, description="适用于什么电话，写给人看")
    pass_mark: float = Field(80.0, ge=0, le=100, description="合格线（百分制）")
    bands: tuple[Band, ...] = Field((), description="等级与各自的起点")
    total: float | None = Field(None, gt=0, description="满分；写了就必须等于各项之和，加分项不算")
    bonus_limit: float = Field(5.0, ge=0, le=20, description="加分项合计最多加多少分")
    applies_to: dict[Text, Annotated[Texts, NotEmpty]] = Field({}, description="适用于哪些电话：元数据的字段 = 其中一个值")
    lexicons: Annotated[tuple[Text, ...], BeforeValidator(lambda value: [value] if isinstance(value, str) else value)] = Field(
        (), description="词库的文件或目录，相对于本文件"
    )
    sections: Annotated[tuple[SectionOfSheet, ...], NotEmpty] = Field(description="分组")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rubric:
    """A sheet with its lexicons, ready to judge with.

    >>> from qa.config import shipped
    >>> rubric = load_rubric(shipped("rubrics", "general_inbound.yaml"))
    >>> rubric.id, rubric.total, rubric.band(91.5)
    ('general-inbound', 100.0, '良好')
    """

    sheet: Sheet
    lexicons: Mapping[str, Lexicon]
    hash: str
    path: Path = field(compare=False)

    @property
    def id(self) -> str:
        return self.sheet.id

    @property
    def version(self) -> str:
        return self.sheet.version

    @property
    def name(self) -> str:
        return self.sheet.name

    @property
    def pass_mark(self) -> float:
        return self.sheet.pass_mark

    @property
    def ref(self) -> RubricRef:
        """What a score says about the rubric that made it."""
        return RubricRef(self.id, self.version, self.hash)

    @property
    def total(self) -> float:
        """The points of the whole sheet, items for people included, those on top not."""
        return round(sum(section.added for section in self.sheet.sections), 2)

    def criteria(self) -> Iterator[tuple[SectionOfSheet, Criterion]]:
        """Every criterion with its section, in the order of the sheet."""
        return ((section, criterion) for section in self.sheet.sections for criterion in section.criteria)

    def band(self, scaled: float) -> str | None:
        """The name of the highest band that ``scaled`` reaches; None when the sheet has none that low."""
        reached = [band for band in self.sheet.bands if scaled >= band.from_]
        return max(reached, key=lambda band: band.from_).name if reached else None


def load_rubric(path: Path) -> Rubric:
    """The rubric of a YAML file with what it extends and the lexicons that it names; paths in it are relative to the file.

    Raises:
        RubricError: every fault of the file at once (unknown keys with the nearest known one, missing and wrong
            values, unknown lexicons and metrics, duplicate ids, sums that do not add up), each with file, line and path.
    """
    source = read_source(path)
    data, lines = source.data, source.lines
    faults = list(source.faults)
    sheet = None
    try:
        sheet = Sheet.model_validate(data)
    except ValidationError as error:
        faults += describe_faults(Sheet, error, lines)
    lexicons, lexicon_faults = _lexicons(source)
    faults += lexicon_faults
    if not lexicon_faults:
        faults += _unknown_lexicons(data, lexicons, lines)
    faults += _without_model(data, lines)
    faults += _duplicates(data, lines)
    if sheet is not None:
        faults += _sums(sheet, lines)
    if faults or sheet is None:
        why = "\n        ".join(sorted(set(faults), key=_by_line))
        raise RubricError(f"评分规则有 {len(set(faults))} 处错误", where=str(path), why=why, next_step="逐处改正后再试")
    return Rubric(sheet=sheet, lexicons=lexicons, hash=_hash(sheet, lexicons), path=path)


def _by_line(fault: str) -> tuple[str, int, str]:
    place = fault.split(" ", 1)[0]
    name, _, line = place.rpartition(":")
    return (name, int(line), fault) if line.isdigit() else (place, 0, fault)


def _lexicons(source: Source) -> tuple[dict[str, Lexicon], list[str]]:
    """The lexicons of the files and folders that the sheet, or what it extends, names; each file once."""
    faults = [f"{at}：没有这个词库文件或目录：{shortened(place.name)}" for place, at in source.lexicons if not there(place)]
    files = {place.resolve(): place for place, _ in reversed(source.lexicons) if there(place)}
    try:
        return load_lexicons(reversed(files.values())), faults
    except RubricError as error:
        return {}, [*faults, *(line.strip() for line in (error.why or str(error)).splitlines())]


def _written(operator: str, value: object, place: Place = ()) -> Iterator[tuple[Place, object]]:
    """Everything written under an operator's name anywhere in the file, with where it stands."""
    if isinstance(value, dict):
        for key, below in value.items():
            if key == operator:
                yield (*place, key), below
            yield from _written(operator, below, (*place, str(key)))
    elif isinstance(value, list):
        for number, below in enumerate(value):
            yield from _written(operator, below, (*place, number))


def _unknown_lexicons(data: object, lexicons: Mapping[str, Lexicon], lines: Lines) -> Iterator[str]:
    """Names that no lexicon has; where the sheet has none at all, that is one fault and not one for every use."""
    uses = [(place, said) for place, said in _written("say", data) if isinstance(said, dict) and "lexicon" in said]
    if uses and not lexicons:
        yield f"{lines.at((*uses[0][0], 'lexicon'))}：用到了词库（共 {len(uses)} 处），但这张表没有写 lexicons（词库的文件或目录）"
        return
    for place, said in uses:
        named = said["lexicon"]
        for name in map(str, named if isinstance(named, list | tuple) else [named]):
            if name not in lexicons:
                where = ".".join(str(part) for part in (*place, "lexicon"))
                yield f"{lines.at((*place, 'lexicon'))} {where}：没有名为 {shortened(name)} 的词库{nearest_name(name, lexicons)}"


def _without_model(data: object, lines: Lines) -> Iterator[str]:
    """Questions of meaning where there is no model that could answer them."""
    if not embedding.installed():
        for place, _ in _written("meaning", data):
            where = ".".join(str(part) for part in place)
            yield f"{lines.at(place)} {where}：meaning 要用句意模型，还没有安装；请运行 pip install 'tingjian[meaning]'"


def _duplicates(data: Mapping[str, object], lines: Lines) -> Iterator[str]:
    """Ids that stand twice; looked for in the raw file, so that they are told together with every other fault."""
    places: dict[tuple[str, str], list[Place]] = {}
    for number, section in enumerate(_tables(data.get("sections"))):
        places.setdefault(("分组", str(section.get("id"))), []).append(("sections", number, "id"))
        for index, criterion in enumerate(_tables(section.get("criteria"))):
            places.setdefault(("项目", str(criterion.get("id"))), []).append(("sections", number, "criteria", index, "id"))
    for (kind, name), found in places.items():
        for place in found[1:]:
            where = ".".join(str(part) for part in place)
            yield f"{lines.at(place)} {where}：{kind} {shortened(name)} 重复，首次在第 {lines.line(found[0])} 行"


def _tables(value: object) -> list[Mapping[str, object]]:
    return [entry if isinstance(entry, dict) else {} for entry in value] if isinstance(value, list) else []


def _sums(sheet: Sheet, lines: Lines) -> Iterator[str]:
    """Points that do not add up to what the file says they do, bands that overlap."""
    for number, section in enumerate(sheet.sections):
        if section.points is not None and section.added != section.points:
            place = ("sections", number, "points")
            yield f"{lines.at(place)} sections.{number}.points：写的是 {section.points:g} 分，各项之和是 {section.added:g} 分"
    total = round(sum(section.added for section in sheet.sections), 2)
    if sheet.total is not None and total != sheet.total:
        yield f"{lines.at(['total'])} total：写的是 {sheet.total:g} 分，各项之和是 {total:g} 分"
    for limit, times in Counter(band.from_ for band in sheet.bands).items():
        if times > 1:
            yield f"{lines.at(['bands'])} bands：有 {times} 个等级都从 {limit:g} 分起"


def _hash(sheet: Sheet, lexicons: Mapping[str, Lexicon]) -> str:
    """SHA-256 of the sheet as understood, of the lexicons it uses, and of the model where it asks for meaning."""
    checks = [check for section in sheet.sections for criterion in section.criteria for check in criterion.checks()]
    used = {name for check in checks if check.say for name in check.say.lexicon}
    content: dict[str, object] = {
        "sheet": sheet.model_dump(
            mode="json", by_alias=True, exclude_defaults=True, exclude={"lexicons", "applies_to", "valid_from", "valid_until"}
        ),
        "lexicons": {name: _words(lexicons[name]) for name in sorted(used.union(ALWAYS_USED) & lexicons.keys())},
    }
    if any(check.meaning for check in checks):
        content["meaning"] = embedding.identity()
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()


def _words(lexicon: Lexicon) -> dict[str, object]:
    def dumped(phrases: Iterable[Phrase]) -> list[dict[str, object]]:
        return [phrase.model_dump(mode="json", exclude_defaults=True) for phrase in phrases]

    return {"name": lexicon.name, "phrases": dumped(lexicon.phrases), "excluding": dumped(lexicon.excluding)}
