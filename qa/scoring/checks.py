"""Checks: one question to a call, or several joined, and where in the call to look.

A check is a table with exactly one operator in it, and a ``scope`` where it looks elsewhere than its criterion::

    say: {lexicon: greeting}                                  # or say: [您好, 早上好]
    all: [{say: …}, {any: [{say: …}, {pattern: …}]}]
    event: {type: silence, at_least: 10, unless: {say: {lexicon: hold_request}, before: 20}}

What may be asked in one question stands in :mod:`qa.scoring.operators`, what it means in :mod:`qa.scoring.rules`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, lru_cache
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from qa.calls import EventType
from qa.scoring.operators import (
    ComplaintCheck,
    Entity,
    Llm,
    Loudness,
    Meaning,
    Metadata,
    Metric,
    NotEmpty,
    Part,
    Pattern,
    Range,
    Rate,
    Repetition,
    Say,
    SentimentCheck,
    Speaker,
    Turns,
    listed,
)

Side = Literal["after", "before", "around"]


class Scope(Part):
    """Where to look. First and last seconds, percents and turns widen one another: a turn counts when it lies in any of them.

    Turns are counted among those of ``role``; percents are of the call's length, of its turns where it has no times.
    ``after``, ``before`` and ``around`` tie the window to whatever fulfils another check: its turns after (before,
    on either side of and at) any such place, at most ``within_turns`` of them or ``within_seconds`` away.
    """

    role: Literal["agent", "customer", "any"] | None = Field(None, description="谁说的：agent 坐席，customer 客户，any 双方")
    first_seconds: float | None = Field(None, gt=0, description="开头多少秒；几个开头、结尾的界限写在一起时，落在任一之内都算")
    last_seconds: float | None = Field(None, gt=0, description="结尾多少秒")
    first_percent: float | None = Field(None, gt=0, le=100, description="开头百分之几")
    last_percent: float | None = Field(None, gt=0, le=100, description="结尾百分之几")
    first_turns: int | None = Field(None, ge=1, description="开头几句，只数 role 的话")
    last_turns: int | None = Field(None, ge=1, description="结尾几句，只数 role 的话")
    after: Check | None = Field(None, description="在它出现之后")
    before: Check | None = Field(None, description="在它出现之前")
    around: Check | None = Field(None, description="在它前后，要写 within_turns 或 within_seconds")
    within_turns: int | None = Field(None, ge=0, description="离 after、before、around 几句之内")
    within_seconds: float | None = Field(None, gt=0, description="离 after、before、around 多少秒之内")

    @model_validator(mode="after")
    def _anchored(self) -> Scope:
        limited = self.within_turns is not None or self.within_seconds is not None
        if limited and not self.anchors:
            message = "within_turns 与 within_seconds 要和 after、before 或 around 一起用"
            raise ValueError(message)
        if self.around and not limited:
            message = "around 要写 within_turns（前后几句，0 是同一句）或 within_seconds"
            raise ValueError(message)
        if self.within_turns == 0 and not self.around:
            message = "within_turns 为 0（同一句）只与 around 一起用"
            raise ValueError(message)
        return self

    @property
    def edges(self) -> bool:
        """Whether it is bound to the beginning or the end of the call."""
        return any(
            limit is not None
            for limit in (
                self.first_seconds, self.last_seconds, self.first_percent, self.last_percent, self.first_turns, self.last_turns,
            )
        )  # fmt: skip

    @property
    def anchors(self) -> tuple[tuple[Check, Side], ...]:
        """The checks that it is tied to, and on which side of them to look."""
        sides: tuple[tuple[Check | None, Side], ...] = ((self.after, "after"), (self.before, "before"), (self.around, "around"))
        return tuple((check, side) for check, side in sides if check is not None)


class Check(Part):
    """One question to the call: exactly one operator, and where to look if elsewhere than the criterion does."""

    say: Say | None = Field(None, description="说到某些话，按读音匹配")
    pattern: Pattern | None = Field(None, description="正则")
    metric: Metric | None = Field(None, description="整通电话的指标")
    event: EventCheck | None = Field(None, description="静音、等待、抢话、同时说话")
    rate: Rate | None = Field(None, description="单句语速")
    loudness: Loudness | None = Field(None, description="比平时响或轻多少分贝")
    sentiment: SentimentCheck | None = Field(None, description="客户情绪")
    metadata: Metadata | None = Field(None, description="清单里的字段")
    complaint: ComplaintCheck | None = Field(None, description="客户投诉")
    repetition: Repetition | None = Field(None, description="同样的话说了几遍")
    entity: Entity | None = Field(None, description="说出电话、金额、日期等信息")
    meaning: Meaning | None = Field(None, description="意思相近的话")
    gap: Gap | None = Field(None, description="应答间隔")
    turns: Turns | None = Field(None, description="说了几句话")
    speaker: Speaker | None = Field(None, description="谁先开口、谁最后说话")
    llm: Llm | None = Field(None, description="问语言模型，默认关闭")
    all: Annotated[tuple[Check, ...] | None, NotEmpty] = Field(None, description="都要成立")
    any: Annotated[tuple[Check, ...] | None, NotEmpty] = Field(None, description="成立一项即可")
    not_: Check | None = Field(None, alias="not", description="不成立")
    count: Count | None = Field(None, description="至少成立几项")
    every: Every | None = Field(None, description="范围里每句话都成立")
    sequence: Sequence | None = Field(None, description="依次发生")
    scope: Scope | None = Field(None, description="在哪里找；不写则与本项相同")

    @model_validator(mode="after")
    def _one_operator(self) -> Check:
        written = [name for name in operators() if getattr(self, name) is not None]
        if len(written) != 1:
            found = f"写了 {len(written)} 种（{'、'.join(name.rstrip('_') for name in written)}）" if written else "一种也没有写"
            message = f"每个检查要写且只写一种算子，{found}；算子有 {'、'.join(name.rstrip('_') for name in operators())}"
            raise ValueError(message)
        return self

    @cached_property
    def operator(self) -> str:
        """The name of its operator, ``not_`` for not."""
        return next(name for name in operators() if getattr(self, name) is not None)

    def parts(self) -> Iterator[Check]:
        """The checks inside this one, one level down."""
        yield from self.all or ()
        yield from self.any or ()
        yield from self.count.of if self.count else ()
        yield from self.sequence.of if self.sequence else ()
        if self.every:
            yield self.every.of
        if self.not_:
            yield self.not_
        yield from (excuse for timed in (self.event, self.gap) if timed for excuse in timed.unless)
        if self.scope:
            yield from (anchor for anchor, _ in self.scope.anchors)


class Count(Part):
    """At least so many of several checks hold."""

    of: Annotated[tuple[Check, ...], NotEmpty]
    at_least: int = Field(ge=1)

    @model_validator(mode="after")
    def _reachable(self) -> Count:
        if self.at_least > len(self.of):
            message = f"at_least 是 {self.at_least}，但 of 里只有 {len(self.of)} 项"
            raise ValueError(message)
        return self


#: Operators that can be asked of one turn by itself.
OF_A_TURN = frozenset(("say", "pattern", "rate", "loudness", "sentiment", "entity", "meaning", "all", "any", "not_", "count"))


class Every(Part):
    """A check holds for each turn of the window by itself; turns of fewer than ``characters`` characters (嗯, 好的) are passed over.

    In YAML the check alone may stand here: ``every: {say: 您好}``.
    """

    of: Check = Field(description="每句话要成立的检查")
    characters: int = Field(1, ge=1, description="少于这么多字的话不看")

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: object) -> object:
        return {"of": value} if isinstance(value, dict) and "of" not in value else value

    @model_validator(mode="after")
    def _looks_at_the_turn(self) -> Every:
        pending = [self.of]
        while pending:
            check = pending.pop()
            name = check.operator.rstrip("_")
            if check.operator not in OF_A_TURN or (check.loudness and check.loudness.than == "span"):
                message = f"{name} 问的不是一句话，不能写在 every 里；可以写 {'、'.join(sorted(one.rstrip('_') for one in OF_A_TURN))}"
                raise ValueError(message)
            if check.scope is not None:
                message = "every 里的检查只看那一句话，不写 scope；范围写在 every 外面"
                raise ValueError(message)
            pending += check.parts()
        return self


#: Operators that say something of the call as a whole, so that nothing comes before or after them.
NOWHERE = ("metric", "metadata", "turns", "not_")


class Sequence(Part):
    """Several things happen in this order, each ``within_turns`` turns or ``within_seconds`` seconds after the one before."""

    of: Annotated[tuple[Check, ...], NotEmpty]
    within_turns: int | None = Field(None, ge=0, description="双方的话轮都数；0 是同一句")
    within_seconds: float | None = Field(None, gt=0)

    @model_validator(mode="after")
    def _has_places(self) -> Sequence:
        if len(self.of) < 2:
            message = "of 里至少要有两项，才有先后"
            raise ValueError(message)
        nowhere = [check.operator.rstrip("_") for check in self.of if check.operator in NOWHERE]
        if nowhere:
            message = f"{'、'.join(nowhere)} 说的是整通电话，没有位置，排不出先后"
            raise ValueError(message)
        return self


class Unless(Check):
    """A check that excuses an event: it must hold between ``before`` seconds before the event's start and ``after`` seconds after it.

    ``after_end`` looks elsewhere: from the event's end for so many seconds, for what is said on return (感谢您的等待).
    """

    before: float = Field(20.0, ge=0, description="从开始前多少秒看起")
    after: float = Field(3.0, ge=0, description="看到开始后多少秒为止")
    after_end: float | None = Field(None, gt=0, description="改为只看结束之后的多少秒")


Excuses = Annotated[tuple[Unless, ...], BeforeValidator(listed)]


class EventCheck(Part):
    """Something happens in time, ``at_least`` so many seconds long and ``times`` so often, and nothing excuses it.

    ``inside`` leaves out what lies before the first or after the last word of the call (ringing, a line left open).
    ``characters``: whoever cuts in, or talks at the same time, says at least so many characters, so that 嗯 and 好的
    do not count.
    """

    type: Annotated[tuple[EventType, ...], BeforeValidator(listed), NotEmpty] = Field(
        description="silence 静音，hold 等待，interruption 抢话，overtalk 同时说话，music 音乐，tone 提示音"
    )
    by: Literal["agent", "customer"] | None = Field(None, description="谁造成的")
    at_least: float = Field(0.0, ge=0, description="至少多少秒")
    times: int = Field(1, ge=1, description="至少几次")
    inside: bool = Field(False, description="不算第一句之前和最后一句之后")
    characters: int | None = Field(None, ge=1, description="插进来的话至少几个字")
    unless: Excuses = Field((), description="事先说明就不算；几种说明写成列表，有一种就不算")

    @model_validator(mode="after")
    def _said_by_somebody(self) -> EventCheck:
        if self.characters is not None and not set(self.type) <= {"interruption", "overtalk"}:
            message = "characters 只与 interruption（抢话）和 overtalk（同时说话）一起用"
            raise ValueError(message)
        return self


class Gap(Range):
    """Somebody lets the other wait for an answer: seconds from the end of the other's turn to the start of the next one.

    ``by`` is who answers; without it either. ``times``: how often in all.
    """

    by: Literal["agent", "customer"] | None = None
    times: int = Field(1, ge=1)
    unless: Excuses = ()


@lru_cache(maxsize=1)
def operators() -> tuple[str, ...]:
    """The names of the operators, as fields of a check."""
    return tuple(name for name in Check.model_fields if name != "scope")


for _model in (Scope, Check, Count, Every, Sequence, Unless, EventCheck, Gap):
    _model.model_rebuild()
