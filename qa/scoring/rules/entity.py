"""Information with a shape: telephone numbers, amounts, dates, limits of time, identity cards, order numbers.

All is looked for in the normalised text, in which numerals are digits (幺三八 is 138, 三十五块 is 35块), and in time
linear in the text. It is told by shape alone: whether a number exists, or a check digit is right, is not asked,
because one misheard digit would hide what was plainly said. Hiding such information is another matter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from qa.scoring.operators import Entity, EntityType, compiled
from qa.scoring.rules.base import Context, Result
from qa.scoring.rules.certainty import hardly_understood
from qa.scoring.rules.sentences import quoted, split
from qa.scoring.rules.windows import words_for
from qa.text.normalize import normalize
from qa.text.shapes import ID_CARD, LANDLINE, MOBILE, SERVICE_LINE

NAMES: Mapping[EntityType, str] = {
    "phone": "电话号码",
    "amount": "金额",
    "date": "日期",
    "time": "时刻",
    "period": "时限",
    "id_card": "身份证号",
    "order_number": "单号",
}

#: Numbers that are said digit by digit.
DICTATED: frozenset[EntityType] = frozenset({"phone", "id_card", "order_number"})

Span = tuple[int, int]

_MARKS = re.compile(r"[，。！？；、!?;\n]+|(?<![0-9])[,.]+|[,.]+(?![0-9])")

_RUN = "[0-9a-z]*[0-9][0-9a-z]*"
_PHONE = f"(?:86)?{MOBILE}|{LANDLINE}|{SERVICE_LINE}"
_FEW = "[0-9一二两三四五六七八九十半几]"
_UNIT = "(?:万元|元钱|元|块钱|块(?:[0-9一二三四五六七八九]|半)?|毛钱|毛|角|分钱)"
_AMOUNT = f"[0-9]+(?:点[0-9]+)?(?:百|千|万|亿)?[多来几]?{_UNIT}(?:[0-9]+(?:毛|角|分))*"
_TOGETHER = "(?:^|[^0-9])1块(?:儿|去|来|办|说|做|走|给|帮|处理|核实|查)"  # 一块去：together, not a price
_MONTH, _DAY = "(?:1[0-2]|0?[1-9])", "(?:[12][0-9]|3[01]|0?[1-9])"
_DATE = (
    f"(?:(?:[0-9]{{4}}|今|明|去|后|前)年)?{_MONTH}月(?:份|{_DAY}[日号]?|初|底|中旬|上旬|下旬)|[0-9]{{4}}年|{_DAY}[日号]"
    "|大前天|大后天|今天|明天|后天|昨天|前天|(?:下下|上上|下|上|这|本)?个?(?:周|星期|礼拜)[1-7一二三四五六日天末]|(?:下|上|这|本)个?(?:周|星期|礼拜|月)|月底|年底"
)
_PART = "(?:凌晨|早上|上午|中午|下午|傍晚|晚上)"
_HOUR = "(?:1[0-9]|2[0-4]|0?[0-9])点"
_TIME = f"{_PART}?{_HOUR}(?:钟|半|整|[0-5][0-9]分?|[0-9]分|[一三]刻)|{_PART}{_HOUR}"
_PERIOD = (
    f"(?:{_FEW}+(?:到|至))?{_FEW}+个?(?:多)?(?:工作日|自然日|小时|钟头|分钟|天|日|周|星期|礼拜|月|季度)(?:之内|以内|内|左右|之后|以后|后)"
    f"|(?:{_FEW}+(?:到|至))?{_FEW}+个(?:工作日|自然日|小时|钟头|星期|月)|{_FEW}+(?:到|至){_FEW}+(?:工作日|小时|分钟|天|周)"
    "|[0-9]+(?:小时|分钟|天)|半个?(?:小时|钟头|天|月|年)"
)
_NUMBERED = "(?:订单|单号|工单|运单|快递|物流|流水|受理|保单|合同|编号)"


def entity(rule: Entity, context: Context) -> Result:
    """Holds when such information is said ``times`` times in the window; the places are the hits, the kind their category."""
    silent = context.silent()
    if silent:
        return silent
    searched = context.window.searched
    hits = []
    for turn in context.window.turns:
        reach = 0
        for begin, end, kind in sorted(_in_turn(rule, turn, context)):
            if begin >= reach:
                reach = end
                hits.append(quoted(context.heard, turn, begin, end, phrase=None, category=NAMES[kind]))
    if len(hits) >= rule.times:
        return Result(state="holds", hits=tuple(hits), searched=searched)
    kinds = "或".join(NAMES[asked] for asked in rule.type)
    reason = f"{words_for(searched.role)}的{context.window.note or '全部'}话语里没有{kinds}"
    if hits:
        reason = f"{kinds}只有 {len(hits)} 处，不够 {rule.times} 处"
    if not context.accusing and hardly_understood(context.window.turns, context.heard):
        return Result(state="unsure", searched=searched, reason=f"{reason}，但其中大半识别把握很低，请复听")
    return Result(state="fails", hits=tuple(hits), searched=searched, reason=reason)


def _in_turn(rule: Entity, turn: int, context: Context) -> Iterator[tuple[int, int, EntityType]]:
    """What is found in a turn, in characters of its text.

    Long numbers are looked for in the turn as a whole, because they are dictated with pauses; all else between two
    marks of punctuation, so that 三十五块，二十四小时 is an amount and a limit of time.
    """
    whole, text = context.dialogue.normals[turn], context.heard.turns[turn].text
    for kind in rule.type:
        if kind in DICTATED:
            yield from ((*whole.original(begin, end), kind) for begin, end in FINDERS[kind](whole.text))
            continue
        for begin, end in split(text, 0, len(text), _MARKS):
            part = normalize(text[begin:end])
            for first, last in FINDERS[kind](part.text):
                start, stop = part.original(first, last)
                yield begin + start, begin + stop, kind


def _found(regex: str, text: str) -> list[Span]:
    return [match.span() for match in compiled(regex).finditer(text)]


def _whole_numbers(regex: str, text: str) -> list[Span]:
    """The matches that neither begin nor end within a number: 二十五点五 is no time of day, 八十二号 no date."""
    return [
        (begin, end)
        for begin, end in _found(regex, text)
        if not (text[begin - 1 : begin].isdigit() and text[begin].isdigit())
        and not (text[end - 1].isdigit() and text[end : end + 1].isdigit())
    ]


def _whole_runs(regex: str, text: str) -> list[Span]:
    """The runs of digits and letters that are of this shape from end to end, so that no part of a longer number counts."""
    return [(begin, end) for begin, end in _found(_RUN, text) if compiled(f"^(?:{regex})$").search(text[begin:end])]


def _amounts(text: str) -> list[Span]:
    void = _found(_TOGETHER, text)
    return [span for span in _found(_AMOUNT, text) if not any(span[0] < end and span[1] > begin for begin, end in void)]


def _order_numbers(text: str) -> list[Span]:
    """Runs of 10 to 24 that are nothing else, and of 4 or more within six characters after a word like 单号.

    >>> [text[begin:end] for text in ("订单号是ab2026", "2026112099", "13800138000") for begin, end in _order_numbers(text)]
    ['ab2026', '2026112099']
    """
    found = []
    for begin, end in _found(_RUN, text):
        run = text[begin:end]
        other = compiled(f"^(?:{_PHONE}|{ID_CARD})$").search(run)
        named = compiled(f"{_NUMBERED}[^0-9a-z]{{0,6}}$").search(text[:begin])
        if (named and len(run) >= 4) or (10 <= len(run) <= 24 and sum(map(str.isdigit, run)) >= 6 and not other):
            found.append((begin, end))
    return found


FINDERS: Mapping[EntityType, Callable[[str], list[Span]]] = {
    "phone": lambda text: _whole_runs(_PHONE, text),
    "amount": _amounts,
    "date": lambda text: _whole_numbers(_DATE, text),
    "time": lambda text: _whole_numbers(_TIME, text),
    "period": lambda text: _found(_PERIOD, text),
    "id_card": lambda text: _whole_runs(ID_CARD, text),
    "order_number": _order_numbers,
}
