"""One spelling for what is said in many: the form in which transcripts and rubric phrases are compared.

Each step is a pure function that names replacements in the text it is given; :func:`normalize` applies them one
after the other and keeps, for every character of the result, where in the original it came from::

    "嗯，您好！我是幺二三號客服"  --normalize-->  "您好我是123号客服"
                                              original(4, 7) -> (7, 10)

Steps, in order: simplified script, half width and lower case, marks inside numbers (3.5, 8:30, 20%), fillers with
punctuation and spaces, numerals. The same steps run over both sides, so a step may be coarse but must never
depend on more than the neighbouring characters: a phrase alone and the same phrase inside a turn have to come
out alike.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import opencc

Replacement = tuple[int, int, str]  # begin, end, what stands there instead
_BREAK = "\ue000"  # between texts that are gone through together: like the edge of a text it is part of nothing
Step = Callable[[str], str | Iterable[Replacement]]  # a text: each character has become another one


@dataclass(frozen=True, slots=True)
class Normalized:
    """A normalised text; ``begins`` and ``ends`` give each character's place in the original.

    >>> normal = normalize("共六十块。")
    >>> normal.text, normal.original(1, 3)
    ('共60块', (1, 3))
    """

    text: str
    begins: tuple[int, ...]
    ends: tuple[int, ...]

    def original(self, begin: int, end: int) -> tuple[int, int]:
        """The span of the original text that ``text[begin:end]`` came from; an empty span gives an empty span.

        Raises:
            IndexError: the span does not lie inside ``text``.
        """
        if not 0 <= begin <= end <= len(self.text):
            message = f"span {begin}..{end} does not lie in a text of {len(self.text)} characters"
            raise IndexError(message)
        if begin == end:
            place = self.begins[begin] if begin < len(self.begins) else max(self.ends, default=0)
            return place, place
        return self.begins[begin], self.ends[end - 1]


def normalize(text: str) -> Normalized:
    """The text in the one spelling that is compared: simplified, half width, lower case, numerals as digits.

    Punctuation, spaces and fillers are gone; a text of nothing else gives the empty text.

    >>> [normalize(text).text for text in ("一二三一五", "幺二三幺五", "１２３１５", "二十四小時", "20%")]
    ['12315', '12315', '12315', '24小时', '百分之20']
    >>> [normalize(text).text for text in ("等一下", "十分抱歉", "万一", "嗯，好啊", "……")]
    ['等一下', '十分抱歉', '万一', '好啊', '']
    """
    return normalize_all([text])[0]


def normalize_all(texts: Sequence[str]) -> list[Normalized]:
    """Each of the texts as :func:`normalize` gives it. All are gone through together: most of a turn's cost would be beginning.

    >>> [normal.text for normal in normalize_all(["您好！", "", "我是幺二三號客服"])]
    ['您好', '', '我是123号客服']
    """
    text = _BREAK.join([one.replace(_BREAK, "\ue001") for one in texts])
    begins, ends = list[int](), list[int]()
    for one in texts:
        begins += range(len(one) + 1)
        ends += range(1, len(one) + 2)
    for step in STEPS:
        changes = step(text)
        if isinstance(changes, str):
            text = changes
        elif changes := list(changes):
            text, begins, ends = _apply(changes, text, begins, ends)
    found, start = [], 0
    for one in text.split(_BREAK) if texts else ():
        stop = start + len(one)
        found.append(Normalized(one, tuple(begins[start:stop]), tuple(ends[start:stop])))
        start = stop + 1
    return found


def _apply(changes: list[Replacement], text: str, begins: list[int], ends: list[int]) -> tuple[str, list[int], list[int]]:
    pieces: list[str] = []
    new_begins: list[int] = []
    new_ends: list[int] = []
    position = 0
    for begin, end, instead in changes:
        size = len(instead)
        if size == end - begin:
            pieces += text[position:begin], instead
            new_begins += begins[position:end]
            new_ends += ends[position:end]
        else:
            pieces.append(text[position:begin])
            new_begins += begins[position:begin]
            new_ends += ends[position:begin]
            if size:  # 二十四 -> 24: each digit stands for the whole
                pieces.append(instead)
                new_begins += [begins[begin]] * size
                new_ends += [ends[end - 1]] * size
        position = end
    pieces.append(text[position:])
    new_begins += begins[position:]
    new_ends += ends[position:]
    return "".join(pieces), new_begins, new_ends


def simplify(text: str) -> str:
    """The text in simplified characters, each in its old place (the length never changes).

    >>> simplify("您好，請稍等")
    '您好，请稍等'
    """
    if text.isascii():
        return text
    whole: str = _converter().convert(text)
    if len(whole) != len(text):  # a phrase rule of OpenCC changed the length: convert each character alone
        if _BREAK in text:
            return _BREAK.join(map(simplify, text.split(_BREAK)))
        whole = "".join(_simple_character(character) for character in text)
    return _PARTICLE_ZHE.sub("着", whole)


# 跟著, 等著: OpenCC leaves 著 alone because of 著名; as a particle it is 着
_PARTICLE_ZHE = re.compile(r"(?<![显名原专论译编土巨])著(?![名作称述者])")


@cache
def _converter() -> opencc.OpenCC:
    import opencc

    return opencc.OpenCC("t2s")


@cache
def _simple_character(character: str) -> str:
    simple: str = _converter().convert(character)
    return simple if len(simple) == 1 else character


# ---- the steps


def to_half_width(text: str) -> str | Iterable[Replacement]:
    """Full-width and compatibility characters (NFKC, character by character), capitals."""
    others = {ord(character): plain for character in set(text) if (plain := _plain(character)) != character}
    if all(len(plain) == 1 for plain in others.values()):
        return text.translate(others) if others else text
    return [(i, i + 1, others[code]) for i, code in enumerate(map(ord, text)) if code in others]


@lru_cache(maxsize=20_000)
def _plain(character: str) -> str:
    """A character that is no Hanzi at half width, and small."""
    return character if "一" <= character <= "鿿" else unicodedata.normalize("NFKC", character).lower()


_NUMBER_MARK = re.compile(r"(?P<percent>(?<!\d)(\d+(?:\.\d+)?)\s?%)|(?<=\d)(?P<point>[.:])(?=\d)")


def speak_number_marks(text: str) -> Iterable[Replacement]:
    """Marks that are spoken: 20% as 百分之20, 3.5 and 8:30 with 点."""
    if not any(mark in text for mark in "%.:"):
        return
    for found in _NUMBER_MARK.finditer(text):
        if found["percent"]:
            yield found.start(), found.end(), "百分之" + found[2].replace(".", "点")
        else:
            yield found.start("point"), found.end("point"), "点"


# 嗯 呃 唔 哦 and their like are part of no word in call speech, wherever they stand. 啊 哎 唉 额 are: a particle
# (好啊, 是啊) or half a word (金额, 哎呀), so they are hesitation only when nothing adjoins them, or, for the
# first three, when the turn begins with them. 那个, 就是, 然后 are hesitation just as often, but they are words.
_NOT_SAID = re.compile(
    rf"(?:[^\w{_BREAK}]|_)+"
    r"|[嗯呃唔哦噢喔诶欸]+"
    r"|(?<![^\W_])[啊哎唉额]+(?![^\W_])"
    rf"|(?:^|(?<={_BREAK}))[啊哎唉]+(?![呀哟声叹气])"
)


def drop_unsaid(text: str) -> Iterable[Replacement]:
    """Hesitation sounds, whatever is neither letter nor digit, and spaces."""
    return [(*found.span(), "") for found in _NOT_SAID.finditer(text)]


#: What each character of a number said digit by digit stands for.
DIGIT = {character: str(value) for value, character in enumerate("零一二三四五六七八九")} | {"〇": "0", "两": "2", "幺": "1"}
_UNIT = {"十": 10, "百": 100, "千": 1000}

#: What is counted: a numeral before one of these is a number. 分 alone is not among them (十分抱歉).
MEASURE = (
    r"(?:个|天|块|元|号|日|月|年|点|分钟|秒|小时|钟头|次|遍|位|条|件|张|笔|单|份|周|星期|礼拜|倍|折|级|楼|岁|套|台|部|项|步|种|家|人|毛|角)"
)
_MEASURED = re.compile(MEASURE)
_D = "[一二两三四五六七八九]"
_TENS = rf"零?{_D}?十{_D}?|零{_D}"
_BELOW_10000 = rf"(?:{_D}千(?:零?{_D}百)?(?:{_TENS})?|{_D}百(?:{_TENS})?|{_D}?十{_D}?)"
_MYRIADS = rf"(?:{_BELOW_10000}|{_D}|(?<!\d)\d{{1,4}})[万亿]零?(?:{_BELOW_10000}|(?<=零){_D})?"
# 一 that belongs to the word after it (12315一直打不通) or before it (万一) is not a digit of the number beside it
_ONE = "(?<![万唯统逐之])一(?![直下个定样些点起切般会次天边共旦方时致律半份条种旁并再块遍])"
_SURELY = "个?小时|个?工作日|个月|块钱|元|分钟|号|折|周"  # what makes even 一 a number
_NUMERAL = re.compile(
    rf"(?P<percent>百分之百|百分百)"
    rf"|(?P<value>{_MYRIADS}|{_BELOW_10000})"
    rf"|(?P<digits>(?:[零〇二三四五六七八九幺\d]|{_ONE}){{2,}})"
    rf"|(?P<counted>(?<!第)(?:[二两三四五六七八九](?={MEASURE})|一(?={_SURELY})))"
    rf"|(?P<article>(?<!\d)1(?!{_SURELY})(?=[个下直定样些点起切般会次天边]))"
)


_BEGINS_NUMERAL = re.compile(r"[零〇一二两三四五六七八九幺十百\d]")


def numerals_to_digits(text: str) -> Iterable[Replacement]:
    """Chinese numerals where they are clearly numbers; the others (一下, 十分, 万一, 三心二意) stay."""
    reach = 0
    for start in _BEGINS_NUMERAL.finditer(text):  # to try the whole expression at every character takes four times as long
        found = _NUMERAL.match(text, start.start()) if start.start() >= reach else None
        if found is None:
            continue
        reach = found.end()
        run, kind = found[0], found.lastgroup
        instead: str | None = None
        if kind == "percent":
            instead = "百分之100"
        elif kind == "value":
            alone = run == "十" and not _MEASURED.match(text, found.end())
            instead = None if alone else str(numeral_value(run))
        elif kind == "digits":
            if len(run) >= 3 or not set(run) <= set("一二三四五六七八九"):
                instead = "".join(DIGIT.get(character, character) for character in run)
        elif kind == "counted":
            instead = DIGIT[run]
        else:
            instead = "一"
        if instead is not None and instead != run:
            yield found.start(), found.end(), instead


def numeral_value(numeral: str) -> int:
    """The number that a well-formed numeral with place values names.

    >>> [numeral_value(numeral) for numeral in ("十", "二十四", "一百零五", "三千二百", "两万五千", "3万")]
    [10, 24, 105, 3200, 25000, 30000]
    """
    total = section = digit = 0
    for character in numeral:
        if character in _UNIT:
            section += (digit or 1) * _UNIT[character]
            digit = 0
        elif character in "万亿":
            total += (section + digit) * (10_000 if character == "万" else 100_000_000)
            section = digit = 0
        else:
            digit = digit * 10 + int(DIGIT.get(character, character))
    return total + section + digit


STEPS: tuple[Step, ...] = (simplify, to_half_width, speak_number_marks, drop_unsaid, numerals_to_digits)
