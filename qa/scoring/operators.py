"""The operators of a rubric: what can be asked of a call in one question, without a question inside it.

Here is only what may be written; what it means stands in :mod:`qa.scoring.rules`, one function an operator. Every
model is frozen and refuses unknown keys. Operators made of other checks (all, any, event with an excuse) and the
scopes stand in :mod:`qa.scoring.checks`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from functools import lru_cache
from typing import Annotated, Any, Literal

import re2
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from qa.analysis.metrics import METRICS
from qa.calls import Trend
from qa.scoring.lexicon import Phrase

MAX_REGEX = 2_000  # characters; a longer one is a mistake or an attack


def listed(value: object) -> object:
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
Texts = Annotated[tuple[Text, ...], BeforeValidator(listed)]
Phrases = Annotated[tuple[Phrase, ...], BeforeValidator(listed)]
Regexes = Annotated[tuple[str, ...], BeforeValidator(listed)]


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
    ``excluding`` does not count. ``name`` stands for the phrases where people read of them.
    """

    phrases: Phrases = Field((), description="说法；(可省) <任选|其一> …代表几个字")
    lexicon: Texts = Field((), description="词库的 id")
    categories: Texts = Field((), description="词库里只用这些类别")
    match: Literal["any", "all"] | Annotated[int, Field(ge=1)] = Field("any", description="any 一种即可，all 全要，数字为至少几种")
    times: int = Field(1, ge=1, description="至少几次")
    excluding: Phrases = Field((), description="落在这些话里的不算")
    closeness: float | None = Field(None, gt=0.5, le=1.0, description="读音要多接近；不写则按说法的长短")
    exact: bool = Field(False, description="只按字匹配，不按读音")
    name: Text | None = Field(None, description="这些说法的总称，报告里代替一长串说法显示")

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
    """A regular expression on the normalised text of a turn: simplified, lower case, numerals in digits, no punctuation.

    ``name`` says what it looks for: a person reads that, and not the expression.
    """

    regex: Annotated[Regexes, NotEmpty] = Field(description="正则（RE2），对着规整后的文字：简体、数字、无标点")
    excluding: Regexes = Field((), description="落在这些里面的不算")
    times: int = Field(1, ge=1, description="至少几处")
    name: Text | None = Field(None, description="这是在找什么，报告里代替正则显示")

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

    characters: int = Field(12, ge=1, description="少于这么多字的话不计")
    times: int = Field(1, ge=1, description="至少几句")


class Loudness(Range):
    """Turns are that much louder (or, below 0, quieter), in decibels, than ``than`` says.

    ``own``: than the median turn of the same party; ``previous``: than the same party's turn before; ``full_scale``: than
    the loudest that a recording can hold, so that all values are negative. ``span`` is one number for the window: from its
    quietest to its loudest turn. Turns of fewer than ``characters`` characters are passed over: 嗯 and 喂 have no steady level.
    """

    than: Literal["own", "previous", "full_scale", "span"] = Field(
        "own", description="own 与自己平时比，previous 与自己上一句比，full_scale 绝对响度，span 最响与最轻之差"
    )
    characters: int = Field(4, ge=1, description="少于这么多字的话不计")
    times: int = Field(1, ge=1, description="至少几句")

    @model_validator(mode="after")
    def _one_span(self) -> Loudness:
        if self.than == "span" and self.times > 1:
            message = "than: span 是一个数，不写 times"
            raise ValueError(message)
        return self


class SentimentCheck(Part):
    """How the customer feels, from -1 (angry, hurt) to 1 (pleased), as the sentiment model reads it.

    Limits ask about ``of``: turns (each read turn of the window; ``times`` of them must lie within), call (the customer over
    the whole call), ending (the last quarter of the call in which the customer spoke), change (that quarter less the
    first). ``trend`` and ``calmed`` ask about the call. Only one of the three questions may stand in a check.
    """

    above: float | None = Field(None, ge=-2, le=2, description="大于")
    below: float | None = Field(None, ge=-2, le=2, description="小于")
    at_least: float | None = Field(None, ge=-2, le=2, description="不小于")
    at_most: float | None = Field(None, ge=-2, le=2, description="不大于")
    of: Literal["turns", "call", "ending", "change"] = Field(
        "turns", description="turns 范围里的每句话，call 整通电话，ending 客户最后一段，change 最后一段比开头一段"
    )
    times: int = Field(1, ge=1, description="至少几句；与 of: turns 一起用")
    trend: Annotated[tuple[Trend, ...], BeforeValidator(listed)] = Field((), description="improving 好转，steady 平稳，worsening 变差")
    calmed: bool | None = Field(None, description="最不满的那句之后，经坐席回应客户是否缓和")

    @model_validator(mode="after")
    def _one_question(self) -> SentimentCheck:
        limited = any(limit is not None for limit in (self.above, self.below, self.at_least, self.at_most))
        if limited + bool(self.trend) + (self.calmed is not None) != 1:
            message = "要写且只写一种：界限（above、below、at_least、at_most）、trend 或 calmed"
            raise ValueError(message)
        if self.times > 1 and (not limited or self.of != "turns"):
            message = "times（几句）只与 of: turns 的界限一起用"
            raise ValueError(message)
        return self

    @property
    def limits(self) -> Range | None:
        """The limits of the number asked about; None where the question is another."""
        if self.trend or self.calmed is not None:
            return None
        return Range(above=self.above, below=self.below, at_least=self.at_least, at_most=self.at_most)


class Metadata(Part):
    """What is known about the recording: a field of the manifest, by name."""

    field: Text = Field(description="清单的列名")
    equals: Texts = Field((), description="等于其中之一")
    contains: Texts = Field((), description="含有其中之一")
    present: bool | None = Field(None, description="有值没值")

    @model_validator(mode="after")
    def _says_something(self) -> Metadata:
        if not self.equals and not self.contains and self.present is None:
            message = "要写 equals、contains 或 present 之一"
            raise ValueError(message)
        return self


class ComplaintCheck(Part):
    """The customer complains; with ``threat`` it threatens to go further, with ``category`` about one of these."""

    threat: bool | None = Field(None, description="是否表示要升级（12315、曝光、起诉等）")
    category: Texts = Field((), description="投诉类别，其中之一")


class Repetition(Part):
    """The same thing is said again and again, not always in the same words: ``times`` times or more in all.

    Sentences of at least ``characters`` characters are compared, without regard to punctuation and fillers;
    ``similarity`` is how much of two sentences must agree (0.5..1). ``of: other`` asks instead whether a sentence
    repeats what the other party said before: a confirmation, or a parroting. What contains a phrase of ``excluding``
    is passed over.
    """

    times: int = Field(2, ge=1, le=50)
    similarity: float = Field(0.7, ge=0.5, le=1.0)
    characters: int = Field(6, ge=2)
    of: Literal["self", "other"] = "self"
    excluding: Phrases = ()

    @model_validator(mode="after")
    def _said_again(self) -> Repetition:
        if self.of == "self" and self.times < 2:
            message = "times 是一共说了几遍，至少是 2"
            raise ValueError(message)
        return self


EntityType = Literal["phone", "amount", "date", "time", "period", "id_card", "order_number"]


class Entity(Part):
    """A piece of information of some kind is said: a telephone number, an amount, a date, a time limit."""

    type: Annotated[tuple[EntityType, ...], BeforeValidator(listed), NotEmpty]
    times: int = Field(1, ge=1)

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: object) -> object:
        return {"type": value} if isinstance(value, str | list) else value


class Meaning(Part):
    """A sentence means about the same as one of ``like``, in whatever words, and not rather what ``unlike`` means.

    ``margin`` is how much more alike than sentences of calls are by chance (see :mod:`qa.scoring.rules.meaning`).
    Sentences of fewer than ``characters`` characters say too little to be judged by their meaning.
    """

    like: Annotated[Texts, NotEmpty]
    unlike: Texts = ()
    margin: float = Field(0.024, ge=-0.2, le=0.2)
    characters: int = Field(4, ge=1)
    times: int = Field(1, ge=1)

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: object) -> object:
        return {"like": value} if isinstance(value, str | list) else value


class Turns(Range):
    """So many turns with words lie in the window: nobody spoke, or one party only."""


class Speaker(Part):
    """Who speaks first, or last, of the window."""

    first: Literal["agent", "customer"] | None = None
    last: Literal["agent", "customer"] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Speaker:
        if (self.first is None) == (self.last is None):
            message = "要写且只写 first（谁先开口）与 last（谁最后说话）之一"
            raise ValueError(message)
        return self


class Llm(Part):
    """A question that a language model answers with yes or no, and with quotations that must stand in the transcript.

    Never asked unless ``[llm]`` of qa.toml names an endpoint.
    """

    question: Text

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: object) -> object:
        return {"question": value} if isinstance(value, str) else value


def nearest_name(name: str, known: Iterable[str]) -> str:
    """What to add to a complaint about an unknown name: the nearest known one, or all of a few.

    >>> nearest_name("agent_raet", ["agent_rate", "silence"])
    '，是否想写 agent_rate？'
    >>> nearest_name("xyz", ["b", "a"])
    '；有：a、b'
    """
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"，是否想写 {near[0]}？" if near else f"；有：{'、'.join(sorted(known)) or '（一个也没有）'}"
