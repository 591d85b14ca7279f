"""Postal addresses down to the house: a road or an estate with numbers behind it, as written and as spoken."""

from __future__ import annotations

import re
from collections.abc import Iterator

from qa.text.identifiers import Found, Span

_SEPARATOR = r"[\s，,、。]{0,2}(?:嗯|呃|啊|那个|的|然后|是){0,2}[\s，,、]{0,1}"
_REGION_WORDS = ("省", "自治区", "自治州", "地区", "市", "新区", "区", "县", "旗", "盟")
_ROAD_WORDS = (
    "大街", "大道", "街道", "路", "街", "胡同", "巷", "弄", "村", "屯", "庄",
    "小区", "花园", "花苑", "家园", "嘉园", "雅苑", "新村", "新城", "社区", "公寓", "大厦", "广场", "公馆", "名邸", "国际", "中心",
    "苑", "园", "府", "湾", "庭", "轩", "阁", "居", "镇", "乡", "坊", "城",
    "宿舍", "学院", "大学", "学校", "医院", "工业区", "科技园", "产业园",
)  # fmt: skip
_REGION = f"(?:{'|'.join(_REGION_WORDS)})"
_ROAD = f"(?:{'|'.join(_ROAD_WORDS)}|(?<![哪这那家手心店城夜公内])里)(?:[东南西北中0-9]段)?"
_FIRSTS = "".join(sorted({word[0] for word in (*_REGION_WORDS, *_ROAD_WORDS, "里")}))
_NUMBER = "[0-9a-z甲乙丙丁东南西北十百千]{1,6}"
_STRONG = "(?:号楼|号院|弄|栋|幢|座|单元|室|号房)"
_WEAK = "(?:号(?![线口店机位键窗码前之左以到下上晚早中那我您你令楼院])|楼|层|户|房|门|组|队|排|期|区)"
# What a road or region begins with is told at a glance before all of them are tried, for speed.
_PLACE = rf"(?:[一-鿿][一-鿿0-9]{{0,7}}(?=[{_FIRSTS}])(?:{_REGION}|{_ROAD})(?![口上边面里过人]))"
_DETAIL = rf"(?:第?{_NUMBER}[\s，,]?(?:{_STRONG}|{_WEAK})|(?<=[室楼元栋幢号座层])[\s，,]{{0,2}}[0-9]{{3,5}}(?![0-9块元]))"
#: 3栋 and 2单元 as recognisers hear them; only amid an address.
_MISHEARD = "[0-9]{1,2}(?:[路洞动冻懂](?=[0-9])|元(?=[0-9]{3}))"
_ADDRESS = re.compile(
    rf"{_PLACE}(?:{_SEPARATOR}(?:{_PLACE}|{_ROAD}|{_DETAIL}|{_MISHEARD})){{1,14}}"
    rf"|{_DETAIL}(?:{_SEPARATOR}{_DETAIL}){{1,6}}"
)
_CUE = re.compile(r"地址|住址|住在|家住|寄到|寄给|送到|送货到|邮寄|位于|搬到|搬家到|收货|上门|安装到|门牌|住的|哪个小区|户籍|户口")
_LEAD = re.compile(r"(?:.*(?:现在住|[在是住到放装址寄送往于搬呢叫我您你们他她个这那]|给我|麻烦|帮忙|地方|那边))?")
_ROADS = re.compile(_ROAD)
_REGIONS = re.compile(rf"(?:[一-鿿]{{1,8}}?{_REGION}{_SEPARATOR})*")
_NAMELESS = re.compile(rf"(?:{_ROAD}|{_REGION})[\s，,、。]+")
_SPOT = re.compile(rf"[0-9a-d甲乙丙丁十百千][\s，,]?(?:号|栋|幢|座|单元|室|弄|楼|层|组|门|户)|{_CUE.pattern}")
_BEFORE, _BEHIND = 60, 60
_UNITS = re.compile(rf"{_NUMBER}[\s，,]?({_STRONG}|{_WEAK})|(?<=[元栋幢楼号])[\s，,]{{0,2}}[0-9]{{3,4}}()")
_STRONGS, _DETAILS, _PLACES = re.compile(f"{_NUMBER}[\\s，,]?{_STRONG}"), re.compile(_DETAIL), re.compile(_PLACE)


def addresses(text: str) -> Iterator[Found]:
    """The addresses in a plain text (digits as 0 to 9); provinces, cities and districts of them stay readable.

    >>> from qa.text.dictation import plain
    >>> text = plain("寄到浙江省杭州市西湖区文三路九十号三栋二单元五零一室")
    >>> [(text[one.begin : one.end], text[one.hidden[0][0] : one.hidden[-1][1]]) for one in addresses(text)]
    [('浙江省杭州市西湖区文3路9十号3栋2单元501室', '文3路9十号3栋2单元501室')]
    """
    for found in (found for first, last in _windows(text) for found in _ADDRESS.finditer(text, first, last)):
        begin, end = found.span()
        first = _PLACES.match(text, begin)
        if first is not None and (lead := _LEAD.match(text, begin, first.end() - 2)):
            begin = lead.end()
            if nameless := _NAMELESS.match(text, begin, end):  # 哪个小区: the question, not the place
                begin = nameless.end()
        said = text[begin:end]
        if not _is_address(said, _announced(text, begin)):
            continue
        region = _REGIONS.match(text, begin, end)
        hidden_from = region.end() if region else begin
        hidden: tuple[Span, ...] = tuple((place, place + 1) for place in range(hidden_from, end) if text[place] not in " \n，,、。")
        if hidden:
            lines = re.finditer(r"[^\n]+", text[begin:end])
            places = tuple((begin + line.start(), begin + line.end()) for line in lines)
            yield Found("address", places, hidden, 0.9 if _announced(text, begin) else 0.75)


def _windows(text: str) -> Iterator[Span]:
    """Where it is worth looking: around a number with a unit, and after a word that announces an address."""
    last: Span | None = None
    for found in _SPOT.finditer(text):
        begin, end = max(0, found.start() - _BEFORE), found.end() + _BEHIND
        if last is not None and begin <= last[1]:
            last = last[0], max(last[1], end)
            continue
        if last is not None:
            yield last
        last = begin, end
    if last is not None:
        yield last


def _is_address(said: str, announced: bool) -> bool:
    strong, details = len(_STRONGS.findall(said)), len(_DETAILS.findall(said))
    units = len({found[1] for found in _UNITS.finditer(said)})  # 一号楼二号楼 are two places, 一号楼二单元 is one
    roads = len(_ROADS.findall(said))
    if announced:
        return (roads >= 1 and details >= 1) or strong >= 1 or roads >= 2 or (roads >= 1 and re.search(_REGION, said) is not None)
    return (roads >= 1 and details >= 1 and _close(said)) or (strong >= 1 and units >= 2)


def _close(said: str) -> bool:
    """Whether a number follows a road or an estate at once."""
    return re.search(rf"[一-鿿]{_ROAD}[\s，,]?{_DETAIL}", said) is not None


def _announced(text: str, begin: int) -> bool:
    return _CUE.search(text, max(0, begin - 20), begin) is not None
