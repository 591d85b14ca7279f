"""Numbers as they are dictated: digits with pauses between them, over turns, by one party or by both.

All turns of a call are looked at as one text, turns parted by line breaks, in which every character keeps its place::

    agent     您的手机号是多少                       segments      138  0000  1000
    customer  幺三八                                 joined by     嗯，好的，然后呢
    agent     嗯                            -->      one dictation of three segments,
    customer  零零零零，然后幺零零零                  each with its place in the text

A **segment** is a run of digits (幺三八, 138, 三个零, 一百三十八); a **dictation** is a sequence of segments with nothing but
pauses, fillers and words of listening between them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

from qa.text.normalize import DIGIT, numeral_value

#: Characters that are often heard for a digit, because they sound like it. A number may hold a few of them.
SOUNDS_LIKE = {
    character: digit
    for digit, characters in (
        ("0", "灵林铃令领玲凌龄洞雷"),
        ("1", "要腰妖药邀摇夭咬以已亿医衣依雅"),
        ("2", "而儿耳尔饿"),
        ("3", "山散伞删"),
        ("4", "思斯司死丝私寺"),
        ("5", "无吴武午舞物误屋"),
        ("6", "流留刘柳溜"),
        ("7", "期其起气妻漆骑齐拐器"),
        ("8", "吧把爸巴拔霸罢发"),
        ("9", "就酒久旧救勾"),
    )
    for character in characters
}
_PLAIN: dict[str, str] = (
    {chr(code): chr(code - 0xFEE0).lower() for code in range(0xFF01, 0xFF5F)}
    | {"　": " ", "○": "0", "壹": "1", "贰": "2", "叁": "3", "肆": "4", "伍": "5", "陆": "6", "柒": "7", "捌": "8", "玖": "9"}
    | {character: digit for character, digit in DIGIT.items() if character != "两"}
    | {letter: letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
)
# A class of characters is looked for much faster than every character of a text in a table.
_NOT_PLAIN = re.compile(f"[{re.escape(''.join(_PLAIN))}]")
# 一 that belongs to a word is no digit; the same length is put in its place, ~ for what is said while waiting.
_WORDS = re.compile(
    "(?=[等看听问查说试缓停一第万唯统星周])(?:"  # told at a glance, for speed
    "等一下|[看听问查说试缓停]一下|一下子?|一个|一点|第一|万一|唯一|统一|一起|一直|一定|一样|一些|一般|一共|一会|一切"
    "|(?:星期|周)[一二三四五六])"
)

# 3个0, 两个八 | 一百三十八 | digits, but not the 3 of 3个0
_SEGMENT = re.compile(
    "(?=[0-9两十x叉艾爱埃])(?:"  # told at a glance, for speed
    "(?P<times>[2-9两]个[0-9灵铃玲])|(?P<value>[1-9](?:[千百十]0?[1-9]?)+|十[1-9]?)(?![0-9]*[块元万岁])|(?P<digits>(?:[0-9](?!个[0-9]|[千百十]))+)"
    "|(?P<x>(?<![a-z0-9])x(?![a-z])|叉|[艾爱埃][克可]斯))"
)
_X = re.compile(r"[\s，,、]{0,2}(?:是|最后|然后|再|加|个|字母|大写|的|一个){0,3}(x|叉|[艾爱埃][克可]斯)(?![a-z])")
#: What may stand between two segments of one dictation: pauses, fillers, and a listener's words.
_BETWEEN = re.compile(
    r"(?:收到|慢点|快点|[\s，,、。.·\-—–…!！?？;；\"“”'()（）~"
    r"嗯呃啊哦噢额唔哎诶欸喂哈嘛呀哟是的呢吧吗了对好行您你请说讲继续没错明白记下在听尾数中间开头杠先别急再然后接着还有最那个这就面边慢稍等可以重复位什么多少"
    + "".join(sorted(SOUNDS_LIKE))
    + "])*"
)
_MISHEARD = re.compile(r"(?<=\n)[^\n0-9]{1,4}(?=\n)")  # a turn so short says nothing else: 再见, heard for 再讲
_FARTHEST = 30  # characters between two segments of one dictation
#: What makes a number an amount, a date or a count when it follows.
COUNTED = re.compile(
    r"[\s，,]{0,1}(?:多|来|几)?(?:[块元万亿角毛岁年月号点分秒天周%％度米斤兆名人次条件张笔台套折倍单份期]"
    r"|个(?!0)|小时|公里|工作日|积分|流量)"
)


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of digits: its place in the joined text, what it says, and for each digit the characters that say it."""

    begin: int
    end: int
    digits: str
    places: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Dictation:
    """Segments that belong together, in order."""

    segments: tuple[Segment, ...]

    @property
    def begin(self) -> int:
        return self.segments[0].begin

    @property
    def end(self) -> int:
        return self.segments[-1].end

    @property
    def digits(self) -> str:
        return "".join(segment.digits for segment in self.segments)


def plain(text: str) -> str:
    """The text with digits as 0 to 9, in half width and lower case, every character in its place.

    >>> plain("我是幺三八，Ａ号一下")
    '我是138,a号~~'
    """
    if "一" in text or "周" in text or "期" in text:
        text = _WORDS.sub(lambda found: ("~" if found[0].endswith(("下", "下子")) else "#") * len(found[0]), text)
    return _NOT_PLAIN.sub(lambda found: _PLAIN[found[0]], text)


def dictations(text: str) -> list[Dictation]:
    r"""The dictations of a plain text, in order.

    >>> [dictation.digits for dictation in dictations(plain("幺三八，嗯，三个零，\n然后呢\n八千。一共35块"))]
    ['1380008000', '35']
    """
    found: list[list[Segment]] = []
    for segment in segments(text):
        last = found[-1][-1] if found else None
        joined = last is not None and segment.begin - last.end <= _FARTHEST and _joined(text, last.end, segment.begin)
        if joined:
            found[-1].append(segment)
        elif segment.digits != "x":  # else a letter by itself
            found.append([segment])
    return [Dictation(tuple(group)) for group in found]


def segments(text: str) -> Iterator[Segment]:
    """The runs of digits of a plain text, in order; an x that ends an identity card belongs to its run."""
    for match in _SEGMENT.finditer(text):
        begin, end, said = match.start(), match.end(), match[0]
        whole = ((begin, end),)
        if match["times"]:
            count = 2 if said[0] == "两" else int(said[0])
            yield Segment(begin, end, SOUNDS_LIKE.get(said[-1], said[-1]) * count, whole * count)
        elif match["x"]:
            yield Segment(begin, end, "x", whole)
        elif match["value"]:
            value = str(numeral_value(said))
            yield Segment(begin, end, value, whole * len(value))
        else:
            digits, places = said, [(place, place + 1) for place in range(begin, end)]
            if x := _X.match(text, end):
                digits, end = digits + "x", x.end()
                places.append((x.start(1), end))
            yield Segment(begin, end, digits, tuple(places))


def with_similar_sounds(text: str, dictation: Dictation, wanted: Sequence[int]) -> Iterator[Segment]:
    """The dictation as one run of so many digits as one of ``wanted``, with characters that sound like digits read as such.

    At most every third digit may be such a character, and each stands beside a digit or another of them.

    >>> text = plain("要三吧零零零零一零零零")
    >>> [run.digits for run in with_similar_sounds(text, dictations(text)[0], [11])]
    ['13800001000']
    """
    begin = dictation.begin
    while begin > 0 and text[begin - 1] in SOUNDS_LIKE and dictation.begin - begin < 3:
        begin -= 1
    end = dictation.end
    while end < len(text) and text[end] in SOUNDS_LIKE and end - dictation.end < 2:
        end += 1
    sure = [(place, digit) for segment in dictation.segments for place, digit in zip(segment.places, segment.digits, strict=True)]
    taken = [(segment.begin, segment.end) for segment in dictation.segments]
    similar = [
        place for place in range(begin, end) if text[place] in SOUNDS_LIKE and not any(first <= place < last for first, last in taken)
    ]
    for total in wanted:
        needed = total - len(sure)
        if not 0 < needed <= min(len(similar), total // 3) or len(similar) > 8:
            continue
        for chosen in combinations(similar, needed):
            everything = sorted([*sure, *(((place, place + 1), SOUNDS_LIKE[text[place]]) for place in chosen)])
            digits = "".join(digit for _, digit in everything)
            yield Segment(everything[0][0][0], everything[-1][0][1], digits, tuple(place for place, _ in everything))


def runs(segments: Sequence[Segment], longest: int) -> Iterator[tuple[int, int, str]]:
    """Every sequence of neighbouring segments of at most ``longest`` digits: first, behind the last, the digits."""
    for first in range(len(segments)):
        digits = ""
        for last in range(first, len(segments)):
            digits += segments[last].digits
            if len(digits) > longest:
                break
            yield first, last + 1, digits


def _joined(text: str, begin: int, end: int) -> bool:
    between = text[begin:end]
    if between in (":", "：", "/", "_"):
        return False
    return _BETWEEN.fullmatch(between) is not None or ("\n" in between and _BETWEEN.fullmatch(_MISHEARD.sub("", between, 1)) is not None)


def alternating(dictation: Dictation, text: str) -> bool:
    """Whether the dictation goes over more than one turn."""
    return any("\n" in text[a.end : b.begin] for a, b in pairwise(dictation.segments))
