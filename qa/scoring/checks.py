"""What a rubric can ask of a call: the operators, and the scopes in which they look.

A check is a table with exactly one operator in it, and a ``scope`` where it looks elsewhere than its criterion::

    say: {lexicon: greeting}                                  # or say: [您好, 早上好]
    all: [{say: …}, {any: [{say: …}, {pattern: …}]}]
    event: {type: silence, at_least: 10, unless: {say: {lexicon: hold_request}, before: 20}}

Here is only what may be written; what it means stands in :mod:`qa.scoring.rules`, one function an operator. Every
model is frozen and refuses unknown keys.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated, Any, Literal

import re2
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from qa.analysis.metrics import METRICS
from qa.calls import EventType
from qa.scoring.lexicon import Phrase

MAX_REGEX = 2_000  # characters; a longer one is a mistake or an attack


def _listed(value: object) -> object:
    """One value stands for a list of it, so that ``lexicon: greeting`` reads as it is meant."""
    return value if isinstance(value, list | tuple) else (value,)


def _filled(value: object) -> object:
    """Refuses an empty list; pydantic's own minimum counts only the good entries and so hides what is wrong with the bad."""
    if isinstance(value, list | tuple) and not value:
        message = "至少要有 1 项"
        raise ValueError(message)
    return value


NotEmpty = BeforeValidator(_filled)

Text = Annotated[str, Field(min_length=1, max_length=200)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(_listed)]
Phrases = Annotated[tuple[Phrase, ...], BeforeValidator(_listed)]
Regexes = Annotated[tuple[str, ...], BeforeValidator(_listed)]


@lru_cache(maxsize=4096)
def compiled(regex: str) -> Any:
    """A pattern that runs in time linear in the text, whatever it says (RE2).

    Raises:
        ValueError: RE2 has no such construct (look-around, back-references), or the pattern is too large.

    >>> compiled("工号[0-9]{2,}").search("我的工号8001").span()
    (2, 8)
    """
    if len(regex) > MAX_REGEX:
        message = f"正则有 {len(regex)} 个字符，上限 {MAX_REGEX}"
        raise ValueError(message)
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(regex, options)
    except re2.error as error:
        cause = error.args[0].decode("utf-8", "replace") if isinstance(error.args[0], bytes) else str(error.args[0])
        message = f"正则写法不被接受（{cause}）；用的是线性时间的 RE2，没有环视 (?=…) 和反向引用 \\1"
        raise ValueError(message) from error


class Part(BaseModel):
    """A table of a rubric: immutable, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=True, validate_by_alias=True)


class Range(Part):
    """Limits of a number; at least one of them must be given."""

    above: float | None = Field(None, description="大于")
    below: float | None = Field(None, description="小于")
    at_least: float | None = Field(None, description="不小于")
    at_most: float | None = Field(None, description="不大于")

    @model_validator(mode="after")
    def _says_something(self) -> Range:
        if self.above is None and self.below is None and self.at_least is None and self.at_most is None:
            message = "要写至少一个界限：above、below、at_least 或 at_most"
            raise ValueError(message)
        return self

    def holds(self, value: float) -> bool:
        """Whether ``value`` lies inside.

        >>> Range(above=420).holds(420.0), Range(at_least=1, below=3).holds(2.0)
        (False, True)
        """
        return (
            (self.above is None or value > self.above)
            and (self.below is None or value < self.below)
            and (self.at_least is None or value >= self.at_least)
            and (self.at_most is None or value <= self.at_most)
        )

    def words(self) -> str:
        """The limits as a person says them.

        >>> Range(at_least=1, below=3).words()
        '不小于 1、小于 3'
        """
        named = (("大于", self.above), ("不小于", self.at_least), ("小于", self.below), ("不大于", self.at_most))
        return "、".join(f"{word} {limit:g}" for word, limit in named if limit is not None)


class Say(Part):
    """Words are said: phrases written here, or those of lexicons; by sound unless ``exact``.

    Phrases are written as in a lexicon, with ``(optional)`` and ``<one|another>`` parts and ``…`` for a gap.

    ``match``: any (one phrase is enough), all (every phrase here and of every lexicon some), or how many different
    phrases.
    ``times``: how often in all. ``closeness`` overrides the phrases' own. A hit that lies in a phrase of
    ``excluding`` does not count.
    """

    phrases: Phrases = ()
    lexicon: Texts = ()
    categories: Texts = Field((), description="词库里只用这些类别")
    match: Literal["any", "all"] | Annotated[int, Field(ge=1)] = "any"
    times: int = Field(1, ge=1)
    excluding: Phrases = ()
    closeness: float | None = Field(None, gt=0.5, le=1.0)
    exact: bool = False

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: object) -> object:
        return {"phrases": value} if isinstance(value, str | list) else value

    @model_validator(mode="after")
    def _says_something(self) -> Say:
        if not self.phrases and not self.lexicon:
            message = "要写 phrases（说法）或 lexicon（词库）"
            raise ValueError(message)
        if self.categories and not self.lexicon:
            message = "categories 只与 lexicon 一起用"
            raise ValueError(message)
        return self


class Pattern(Part):
    """A regular expression on the normalised text of a turn: simplified, lower case, numerals in digits, no punctuation."""

    regex: Annotated[Regexes, NotEmpty]
    excluding: Regexes = ()
    times: int = Field(1, ge=1)

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: object) -> object:
        return {"regex": value} if isinstance(value, str | list) else value

    @field_validator("regex", "excluding")
    @classmethod
    def _compiles(cls, regexes: tuple[str, ...]) -> tuple[str, ...]:
        for regex in regexes:
            compiled(regex)
        return regexes


class Metric(Range):
    """A number of the call lies within limits."""

    name: str

    @field_validator("name")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in METRICS:
            message = f"没有名为 {name} 的指标" + nearest_name(name, METRICS)
            raise ValueError(message)
        return name


class Rate(Range):
    """A single turn is spoken that fast, in characters per minute; turns shorter than ``characters`` are passed over."""

    characters: int = Field(12, ge=1)
    times: int = Field(1, ge=1)


class Metadata(Part):
    """What is known about the recording: a field of the manifest, by name."""

    field: Text
    equals: Texts = Field((), description="等于其中之一")
    contains: Texts = ()
    present: bool | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Metadata:
        if not self.equals and not self.contains and self.present is None:
            message = "要写 equals、contains 或 present 之一"
            raise ValueError(message)
        return self


class ComplaintCheck(Part):
    """The customer complains; with ``threat`` it threatens to go further, with ``category`` about one of these."""

    threat: bool | None = None
    category: Texts = ()


class Scope(Part):
    """Where to look. First and last seconds and turns widen one another: a turn counts when it lies in any of them.

    Turns are counted among those of ``role``. ``after`` and ``before`` tie the window to whatever fulfils another
    check: its turns after (before) any such place, at most ``within_turns`` of them or ``within_seconds`` away.
    """

    role: Literal["agent", "customer", "any"] | None = None
    first_seconds: float | None = Field(None, gt=0)
    last_seconds: float | None = Field(None, gt=0)
    first_turns: int | None = Field(None, ge=1)
    last_turns: int | None = Field(None, ge=1)
    after: Check | None = None
    before: Check | None = None
    within_turns: int | None = Field(None, ge=1)
    within_seconds: float | None = Field(None, gt=0)

    @model_validator(mode="after")
    def _anchored(self) -> Scope:
        if (self.within_turns or self.within_seconds) and not (self.after or self.before):
            message = "within_turns 与 within_seconds 要和 after 或 before 一起用"
            raise ValueError(message)
        return self

    @property
    def edges(self) -> bool:
        """Whether it is bound to the beginning or the end of the call."""
        return any(limit is not None for limit in (self.first_seconds, self.last_seconds, self.first_turns, self.last_turns))


class Check(Part):
    """One question to the call: exactly one operator, and where to look if elsewhere than the criterion does."""

    say: Say | None = None
    pattern: Pattern | None = None
    metric: Metric | None = None
    event: EventCheck | None = None
    rate: Rate | None = None
    metadata: Metadata | None = None
    complaint: ComplaintCheck | None = None
    all: Annotated[tuple[Check, ...] | None, NotEmpty] = None
    any: Annotated[tuple[Check, ...] | None, NotEmpty] = None
    not_: Check | None = Field(None, alias="not")
    count: Count | None = None
    scope: Scope | None = None

    @model_validator(mode="after")
    def _one_operator(self) -> Check:
        written = [name for name in operators() if getattr(self, name) is not None]
        if len(written) != 1:
            found = f"写了 {len(written)} 种（{'、'.join(name.rstrip('_') for name in written)}）" if written else "一种也没有写"
            message = f"每个检查要写且只写一种算子，{found}；算子有 {'、'.join(name.rstrip('_') for name in operators())}"
            raise ValueError(message)
        return self

    @property
    def operator(self) -> str:
        """The name of its operator, ``not_`` for not."""
        return next(name for name in operators() if getattr(self, name) is not None)

    def parts(self) -> Iterator[Check]:
        """The checks inside this one, one level down."""
        yield from self.all or ()
        yield from self.any or ()
        yield from self.count.of if self.count else ()
        if self.not_:
            yield self.not_
        if self.event and self.event.unless:
            yield self.event.unless
        if self.scope:
            yield from (anchor for anchor in (self.scope.after, self.scope.before) if anchor)


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


class Unless(Check):
    """A check that excuses an event: it must hold between ``before`` seconds before the event's start and ``after`` seconds after it."""

    before: float = Field(20.0, ge=0)
    after: float = Field(3.0, ge=0)


class EventCheck(Part):
    """Something happens in time, ``at_least`` so many seconds long and ``times`` so often, and nothing excuses it.

    ``inside`` leaves out what lies before the first or after the last word of the call (ringing, a line left open).
    """

    type: Annotated[tuple[EventType, ...], BeforeValidator(_listed), NotEmpty]
    by: Literal["agent", "customer"] | None = None
    at_least: float = Field(0.0, ge=0)
    times: int = Field(1, ge=1)
    inside: bool = False
    unless: Unless | None = None


@lru_cache(maxsize=1)
def operators() -> tuple[str, ...]:
    """The names of the operators, as fields of a check."""
    return tuple(name for name in Check.model_fields if name != "scope")


def nearest_name(name: str, known: Iterator[str] | Any) -> str:
    """What to add to a complaint about an unknown name: the nearest known one, or all of a few.

    >>> nearest_name("agent_raet", ["agent_rate", "silence"])
    '，是否想写 agent_rate？'
    >>> nearest_name("xyz", ["b", "a"])
    '；有：a、b'
    """
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"，是否想写 {near[0]}？" if near else f"；有：{'、'.join(sorted(known)) or '（一个也没有）'}"


for _model in (Scope, Check, Count, Unless, EventCheck):
    _model.model_rebuild()
