"""Rules read aloud: a check of a rubric as a Chinese sentence, for people who look at a verdict and not at YAML.

One function an operator, as in :mod:`qa.scoring.rules`; an operator without one is read by its keys and values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel

from qa.analysis.metrics import METRICS
from qa.scoring.checks import Check, Count, EventCheck, Every, Gap, Scope, Sequence, Side, Unless
from qa.scoring.lexicon import Lexicon, Phrase
from qa.scoring.operators import (
    ComplaintCheck,
    Entity,
    Llm,
    Loudness,
    Meaning,
    Metadata,
    Metric,
    Pattern,
    Rate,
    Repetition,
    Say,
    SentimentCheck,
    Speaker,
    Turns,
)
from qa.scoring.rubric import Criterion
from qa.scoring.rules.entity import NAMES as ENTITIES
from qa.scoring.rules.events import NAMES as EVENTS
from qa.scoring.rules.feeling import OF, TRENDS
from qa.scoring.rules.windows import words_for

Lexicons = Mapping[str, Lexicon]
#: So many phrases are read out, the others counted.
READ_OUT = 4
_HEADS = {"all": "以下都成立", "any": "以下至少一项成立", "not_": "以下不成立", "sequence": "以下依次成立"}
_JOINED = ("all", "any", "count", "sequence")
_SIDES: Mapping[Side, str] = {"after": "之后", "before": "之前", "around": "前后"}
#: Operators that look at the whole call, or say themselves where they look: a scope adds nothing to them.
_WHOLE = ("metric", "metadata", "complaint")


def criterion_aloud(criterion: Criterion, lexicons: Lexicons) -> str:
    """The whole rule of a criterion.

    >>> from qa.config import shipped
    >>> from qa.scoring.rubric import load_rubric
    >>> rubric = load_rubric(shipped("rubrics", "general_inbound.yaml"))
    >>> named = {criterion.id: criterion for _, criterion in rubric.criteria()}
    >>> criterion_aloud(named["first_response"], rubric.lexicons)
    '要求：坐席首句不大于 5 秒'
    """
    parts = []
    if criterion.when:
        parts.append(f"只在这时适用：{aloud(criterion.when, lexicons)}")
    if criterion.na_when:
        parts.append(f"这时不适用：{aloud(criterion.na_when, lexicons)}")
    for word, check in (("要求", criterion.require), ("不许", criterion.forbid)):
        if check:
            parts.append(f"{word}：{_placed(criterion.scope, check, lexicons)}")
    return "；".join(parts) or "由人评分，没有规则"


def aloud(check: Check, lexicons: Lexicons) -> str:
    """A check with all that is inside it, as one sentence without a full stop.

    >>> said = Check.model_validate({"all": [{"say": "您好"}, {"not": {"say": ["不知道", "不清楚"], "scope": {"first_turns": 3}}}]})
    >>> aloud(said, {})
    '说到「您好」，并且没有：在前 3 句里说到「不知道」或「不清楚」'
    """
    return _placed(check.scope, check, lexicons)


def heading(check: Check, lexicons: Lexicons) -> str:
    """A check alone, for a list in which what is inside it follows.

    >>> heading(Check.model_validate({"any": [{"say": "您好"}, {"say": "早上好"}], "scope": {"role": "agent", "last_seconds": 20}}), {})
    '坐席在最后 20 秒里：以下至少一项成立'
    """
    counted = f"以下至少 {check.count.at_least} 项成立" if check.count else None
    own = counted or _HEADS.get(check.operator) or _own(check, lexicons)
    return _located(check.scope, check, own, lexicons)


def scope_aloud(scope: Scope, lexicons: Lexicons) -> str:
    """Where a check looks; nothing for the whole call of either party.

    >>> scope_aloud(Scope(role="agent", first_seconds=15, first_turns=3), {})
    '坐席在前 15 秒或前 3 句里'
    """
    who = words_for(scope.role) if scope.role in ("agent", "customer") else ""
    edges = [
        f"{side} {value:g}{unit}"
        for side, value, unit in (
            ("前", scope.first_seconds, " 秒"),
            ("前", scope.first_percent, "%"),
            ("前", scope.first_turns, " 句"),
            ("最后", scope.last_seconds, " 秒"),
            ("最后", scope.last_percent, "%"),
            ("最后", scope.last_turns, " 句"),
        )
        if value is not None
    ]
    places = ["或".join(edges) + "里"] if edges else []
    near = _within(scope.within_turns, scope.within_seconds)
    for anchor, side in scope.anchors:
        places.append(_joined((anchor,), lexicons, "") + ("" if scope.within_turns == 0 else _SIDES[side]) + near)
    return who + ("在" + "、".join(places) if places else "")


def _within(turns: int | None, seconds: float | None) -> str:
    if turns == 0:
        return "的同一句里"
    limits = [f"{value:g} {unit}" for value, unit in ((turns, "句"), (seconds, "秒")) if value is not None]
    return f"的 {'且 '.join(limits)}内" if limits else ""


def _placed(scope: Scope | None, check: Check, lexicons: Lexicons) -> str:
    return _located(scope, check, _own(check, lexicons), lexicons)


def _located(scope: Scope | None, check: Check, own: str, lexicons: Lexicons) -> str:
    """What a check says, after where it looks."""
    where = scope_aloud(scope, lexicons) if scope and check.operator not in _WHOLE else ""
    plain = not where or check.operator in (
        "say",
        "pattern",
        "rate",
        "loudness",
        "sentiment",
        "entity",
        "meaning",
        "repetition",
        "turns",
        "every",
    )
    return f"{where}{own}" if plain else f"{where}：{own}"


def _own(check: Check, lexicons: Lexicons) -> str:
    rule = getattr(check, check.operator)
    read = _READERS.get(check.operator)
    return read(rule, lexicons) if read else _by_keys(check.operator, rule)


def _joined(checks: tuple[Check, ...], lexicons: Lexicons, word: str) -> str:
    """Several checks in one sentence; those that are themselves joined stand in brackets."""
    read = [aloud(check, lexicons) for check in checks]
    return word.join(f"（{said}）" if check.operator in _JOINED else said for check, said in zip(checks, read, strict=True))


def _every(parts: tuple[Check, ...], lexicons: Lexicons) -> str:
    return _joined(parts, lexicons, "，并且")


def _some(parts: tuple[Check, ...], lexicons: Lexicons) -> str:
    return _joined(parts, lexicons, "，或者")


def _negation(part: Check, lexicons: Lexicons) -> str:
    return f"没有：{_joined((part,), lexicons, '')}"


def _count(rule: Count, lexicons: Lexicons) -> str:
    return f"至少做到 {rule.at_least} 项：{_joined(rule.of, lexicons, '、')}"


def _sequence(rule: Sequence, lexicons: Lexicons) -> str:
    near = _within(rule.within_turns, rule.within_seconds)
    return f"依次：{_joined(rule.of, lexicons, f'，随后{near}' if near else '，随后')}"


def _each_turn(rule: Every, lexicons: Lexicons) -> str:
    long = f"（{rule.characters} 个字以上的）" if rule.characters > 1 else ""
    return f"每句话{long}都{_joined((rule.of,), lexicons, '')}"


def _say(rule: Say, lexicons: Lexicons) -> str:
    named = [f"「{lexicons[name].name if name in lexicons else name}」" for name in rule.lexicon]
    if rule.categories:
        named = [f"{name}中的{'、'.join(rule.categories)}" for name in named]
    named += [f"「{rule.name}」"] if rule.name and rule.phrases else [_phrase(phrase) for phrase in rule.phrases]
    word = "和" if rule.match == "all" else "或"
    listed = word.join(named[:READ_OUT]) + (f"等 {len(named)} 种" if len(named) > READ_OUT else "")
    how = f"{listed}中至少 {rule.match} 种说法" if isinstance(rule.match, int) else listed
    often = f"至少 {rule.times} 次" if rule.times > 1 else ""
    exactness = "（一字不差）" if rule.exact else f"（相近 {rule.closeness:.0%} 以上）" if rule.closeness else ""
    benign = f"（{'、'.join(_phrase(phrase) for phrase in rule.excluding[:READ_OUT])}不算）" if rule.excluding else ""
    return f"说到{how}{often}{exactness}{benign}"


def _phrase(phrase: Phrase) -> str:
    """A phrase with its choices as a person writes them."""
    return "「" + phrase.text.replace("<", "").replace(">", "").replace("|", "/") + "」"


def _pattern(rule: Pattern, _: Lexicons) -> str:
    benign = f"（{' 或 '.join(rule.excluding)} 不算）" if rule.excluding else ""
    often = f"至少 {rule.times} 次" if rule.times > 1 else ""
    return f"说出「{rule.name}」{often}" if rule.name else f"说出符合正则 {' 或 '.join(rule.regex)} 的话{often}{benign}"


def _metric(rule: Metric, _: Lexicons) -> str:
    name, unit = METRICS[rule.name]
    return f"{name}{rule.words()} {unit}".strip()


def _rate(rule: Rate, _: Lexicons) -> str:
    often = f"至少 {rule.times} 句" if rule.times > 1 else "有一句"
    return f"{often}（{rule.characters} 个字以上）的语速{rule.words()} 字/分"


def _loudness(rule: Loudness, _: Lexicons) -> str:
    long = f"（{rule.characters} 个字以上的话）"
    if rule.than == "span":
        return f"最响与最轻的一句相差{rule.words()} dB{long}"
    than = {"own": "比自己平时的响度高出", "previous": "比自己上一句的响度高出", "full_scale": "响度"}[rule.than]
    often = f"至少 {rule.times} 句" if rule.times > 1 else "有一句"
    return f"{often}{than}{rule.words()} {'dBFS' if rule.than == 'full_scale' else 'dB'}{long}"


def _sentiment(rule: SentimentCheck, _: Lexicons) -> str:
    if rule.calmed is not None:
        return f"客户最不满之后{'缓和了' if rule.calmed else '没有缓和'}"
    limits = rule.limits
    if limits is None:
        return f"客户情绪{'或'.join(TRENDS[trend] for trend in rule.trend)}"
    if rule.of == "turns":
        often = f"至少 {rule.times} 句话" if rule.times > 1 else "有一句话"
        return f"{often}的客户情绪{limits.words()}"
    return f"{OF[rule.of]}{limits.words()}"


def _metadata(rule: Metadata, _: Lexicons) -> str:
    wanted = [f"是{'或'.join(rule.equals)}"] if rule.equals else []
    wanted += [f"含有{'或'.join(rule.contains)}"] if rule.contains else []
    wanted += [] if rule.present is None else ["有值" if rule.present else "没有值"]
    return f"元数据 {rule.field} {'，且'.join(wanted)}"


def _complaint(rule: ComplaintCheck, _: Lexicons) -> str:
    kinds = f"（{'、'.join(rule.category)}）" if rule.category else ""
    further = "" if rule.threat is None else "并表示要升级" if rule.threat else "但没有表示要升级"
    return f"客户投诉{kinds}{further}"


def _event(rule: EventCheck, lexicons: Lexicons) -> str:
    who = words_for(rule.by) if rule.by else ""
    length = f" {rule.at_least:g} 秒以上的" if rule.at_least else ""
    often = f"至少 {rule.times} 次" if rule.times > 1 else ""
    inside = "（不算第一句之前和最后一句之后）" if rule.inside else ""
    long = f"（插进来的话至少 {rule.characters} 个字）" if rule.characters else ""
    kinds = "或".join(EVENTS[kind] for kind in rule.type)
    return f"{who}有{length}{kinds}{often}{long}{inside}{_excuse(rule.unless, lexicons)}"


def _gap(rule: Gap, lexicons: Lexicons) -> str:
    often = f"至少 {rule.times} 次" if rule.times > 1 else ""
    return f"{words_for(rule.by)}在对方说完后{rule.words()} 秒才应答{often}{_excuse(rule.unless, lexicons)}"


def _excuse(excuses: tuple[Unless, ...], lexicons: Lexicons) -> str:
    told = []
    for unless in excuses:
        when = f"从开始前 {unless.before:g} 秒到开始后 {unless.after:g} 秒之间"
        when = when if unless.after_end is None else f"结束后 {unless.after_end:g} 秒之内"
        told.append(f"{when}{aloud(unless, lexicons)}")
    return "，除非" + "，或者".join(told) if told else ""


def _repetition(rule: Repetition, _: Lexicons) -> str:
    often = f"至少 {rule.times} 次" if rule.times > 1 else ""
    alike = f"（{rule.characters} 个字以上，相似 {rule.similarity:.0%} 以上）"
    return f"重复对方的话{often}{alike}" if rule.of == "other" else f"把同一句话说了至少 {rule.times} 遍{alike}"


def _entity(rule: Entity, _: Lexicons) -> str:
    often = f"至少 {rule.times} 次" if rule.times > 1 else ""
    return f"说出{'或'.join(ENTITIES[kind] for kind in rule.type)}{often}"


def _meaning(rule: Meaning, _: Lexicons) -> str:
    often = f"至少 {rule.times} 次" if rule.times > 1 else ""
    unlike = f"，而不是{_quoted(rule.unlike)}" if rule.unlike else ""
    return f"说出与{_quoted(rule.like)}意思相近的话{often}{unlike}"


def _quoted(sentences: tuple[str, ...]) -> str:
    listed = "或".join(f"「{sentence}」" for sentence in sentences[:READ_OUT])
    return listed + (f"等 {len(sentences)} 句" if len(sentences) > READ_OUT else "")


def _turns(rule: Turns, _: Lexicons) -> str:
    return f"说的话{rule.words()} 句"


def _speaker(rule: Speaker, _: Lexicons) -> str:
    return f"{words_for(rule.first)}先开口" if rule.first else f"{words_for(rule.last)}最后说话"


def _llm(rule: Llm, _: Lexicons) -> str:
    return f"语言模型对「{rule.question}」答是"


def _by_keys(operator: str, rule: object) -> str:
    """An operator that nobody has taught to read: its name and what is written, which is better than nothing."""
    written = rule.model_dump(mode="json", by_alias=True, exclude_defaults=True) if isinstance(rule, BaseModel) else rule
    keys = "，".join(f"{key}: {value}" for key, value in written.items()) if isinstance(written, dict) else str(written)
    return f"{operator.rstrip('_')}（{keys}）" if keys else operator.rstrip("_")


_READERS: Mapping[str, Callable[[Any, Lexicons], str]] = {
    "say": _say,
    "pattern": _pattern,
    "metric": _metric,
    "event": _event,
    "rate": _rate,
    "loudness": _loudness,
    "sentiment": _sentiment,
    "metadata": _metadata,
    "complaint": _complaint,
    "all": _every,
    "any": _some,
    "not_": _negation,
    "count": _count,
    "every": _each_turn,
    "sequence": _sequence,
    "gap": _gap,
    "repetition": _repetition,
    "entity": _entity,
    "meaning": _meaning,
    "turns": _turns,
    "speaker": _speaker,
    "llm": _llm,
}
