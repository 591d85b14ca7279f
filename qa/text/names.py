"""Names of people: found by the words around them, since any two characters may be a name.

A name is looked for after a word that announces it (我叫, 机主是, 收件人), after a question for it in the turn before, and before
先生 or 女士. A surname with its title alone (王先生) is the customary way to speak of somebody without naming him and stays, unless
the call tells that surname apart as well (我姓王).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from qa.text.identifiers import Found, Span

#: Three lists, each under a line that says what it holds.
_LISTS = Path(__file__).with_name("names.txt")

#: Characters that hardly any given name has: what follows a name begins with one of them.
_AFTER = frozenset(
    "的了吗吧呢啊呀哦嗯哈嘛么是我你您他她它们这那哪在有没不要想就也都和跟与对请帮办查电手身号给打去来说问"
    "把被让还再多少先几个什但因所以此刚已能可会该"
)
#: Characters that even a name of unusual characters does not have.
_NOBODYS = frozenset("的了吗吧呢么是我你您他她这那哪没不要都")
_CJK = re.compile("[一-鿿]")
_HESITATION = r"[\s，,、。：:“”\"嗯呃啊哦噢额喂哎]*"

_OWNER = (
    "(?:[机及]主|[户副]主|车主|业主|房主|持卡人|开户人|投保人|被保人|被保险人|受益人|收件人|收[货获]人|寄件人|联系人|法人|经办人"
    "|乘客|乘机人|入住人|当事人|申请人|账户名|户名)"
)
#: After these a name comes, whatever follows it.
_ANNOUNCED = re.compile(
    r"(?=[机及户副车业房持开投被受收寄联法经乘入当申账姓名全真我本])"  # told at a glance, for speed
    rf"(?:{_OWNER}(?:的)?(?:姓名|名字|名)?(?:呢)?(?:就是|是|叫|为|[写填铁]的是|写的?|登记的是)|{_OWNER}(?=[，,：:\s])"
    rf"|(?:姓名|名字|全名|真名)(?:呢)?(?:就是|是|叫|为|写的是|填的是)|(?:姓名|名字)(?=[，,：:])"
    r"|我(?:的名字)?叫(?:做)?|我就叫|本人叫|名叫)" + _HESITATION
)
#: After these only where nothing follows it but a pause: 我是张伟, but 我是安全员 not.
_INTRODUCED = re.compile(
    r"(?=[机及户副车业房持开投被受收寄联法经乘入当申账我您你请这他她叫])"
    rf"(?:{_OWNER}|我是|我本人是|您是|你是|请问是|这里是|他叫|她叫|叫){_HESITATION}"
)
_SURNAME_TOLD = re.compile(rf"(?:[免年棉][贵规归][姓信性]|(?<![贵百同老])姓){_HESITATION}")
_ASKED = re.compile(
    r"(?:贵[姓信性]|怎么称呼|如何称呼|称呼您|叫什么|什么名字|姓名|名字|全名|(?:机主|户主|收件人|收货人|联系人|持卡人|投保人|车主)(?:是谁|是|叫)?|是哪位)[^\n]{0,10}\n"
    rf"{_HESITATION}(?:对|好的?)?{_HESITATION}(?:是|叫|我是|我叫|就是)?{_HESITATION}"
)
_TITLE = re.compile("先生|女士|小姐|太太|同志|本人")
#: At the beginning of a turn whatever stands before 先生您好 is a name, also one that was misheard.
_GREETED = re.compile("(?:^|\n)(?:好的?[，,]?|嗯[，,]?)?([一-鿿]{2,3})(?=(?:先生|女士)[，,]?[您你]好)")
_LEADS = frozenset("是叫找给为让跟对问喂好系的呃嗯啊到下")
_PAUSE = re.compile(r"$|[\s，,。？！、；!?;~“”\"]|[的啊是呢吧吗哦呀](?:$|[\s，,。？！；!?;])|本人|先生|女士|小姐")
_EXPLAINED = re.compile("(?<=[一-鿿]{2})的[一-鿿]")
_SPELLING = re.compile("[一-鿿]{2,4}的[一-鿿]")
_SPELT = re.compile(
    "弓长张|木子李|立早章|耳东陈|双木林|草头黄|口天吴|言午许|古月胡|双口吕|人可何|三横王|三横一竖王|走肖赵|美女姜|女口如|日月明"
)
_PROBABLY = frozenset("向和于任时连成应单查解项严从万都那关祝谢曾常安温")


def names(text: str) -> list[Found]:
    r"""The names in joined turns, in order, and every repetition of them.

    >>> text = "机主姓名是\\n欧阳小明\\n好的欧阳小明先生"
    >>> [text[one.begin : one.end] for one in names(text)]
    ['欧阳小明', '欧阳小明']
    """
    told: dict[Span, float] = {}
    for span, sure in _told(text):
        told.setdefault(span, sure)
    spans = _apart(told)
    words = {text[begin:end] for begin, end in spans if end - begin > 1}
    surnames = {text[begin:end] for begin, end in spans if end - begin == 1}
    for word in words:
        for found in re.finditer(re.escape(word), text):
            told.setdefault(found.span(), 0.9)
    surnames |= {_surname(word, 0) or "" for word in words} - {""}
    for found in _TITLE.finditer(text) if surnames else ():
        for surname in surnames:
            if found[0] != "本人" and text.endswith(surname, 0, found.start()):
                told.setdefault((found.start() - len(surname), found.start()), 0.8)
    characters = {character for word in words | surnames for character in word}
    for begin, end in _explained(text, characters, spans):
        told.setdefault((begin, end), 0.8)
    return [Found("name", ((begin, end),), ((begin, end),), told.get((begin, end), 0.8)) for begin, end in _apart(told)]


def _told(text: str) -> Iterator[tuple[Span, float]]:
    for cue in _ANNOUNCED.finditer(text):
        if span := _full_name(text, cue.end()):
            yield span, 0.9
        elif ("叫" not in cue[0] or "名" in cue[0]) and (span := _any_name(text, cue.end())):
            yield span, 0.6
    for cue in _ASKED.finditer(text):
        if (span := _full_name(text, cue.end())) and (shorter := _ending_well(text, span)):
            yield shorter, 0.9
    for cue in _INTRODUCED.finditer(text):
        if (span := _full_name(text, cue.end())) and _PAUSE.match(text, span[1]):
            yield span, 0.8
    for cue in _SURNAME_TOLD.finditer(text):
        if (surname := _surname(text, cue.end())) and text[cue.end() : cue.end() + 2] not in _no_names():
            full = _full_name(text, cue.end())
            yield (full if full and _PAUSE.match(text, full[1]) else (cue.end(), cue.end() + len(surname))), 0.8
            again = re.compile(rf"[\s，,]{{1,2}}(?:[^\s，,]{{2,4}}[\s，,]?)??(?={surname})").match(text, cue.end() + len(surname))
            if again and (full := _full_name(text, again.end())) and _PAUSE.match(text, full[1]):  # 我姓胡，胡建军
                yield full, 0.8
    for found in _GREETED.finditer(text):
        if not _NOBODYS & set(found[1]) and not re.search("[位好]|先生|女士|小姐", found[1]):
            yield found.span(1), 0.6
    for title in _TITLE.finditer(text):
        if span := _before_title(text, title.start()):
            yield span, 0.8


def _full_name(text: str, begin: int) -> Span | None:
    """The surname and the one or two characters after it, where both are likely."""
    surname = _surname(text, begin)
    if surname is None or text[begin : begin + 2] in _no_names():
        return None
    end = begin + len(surname)
    while end < len(text) and end - begin - len(surname) < 2 and _CJK.match(text[end]) and text[end] not in _AFTER:
        if _TITLE.match(text, end):
            break
        end += 1
    return (begin, end) if end > begin + len(surname) else None


def _ending_well(text: str, span: Span) -> Span | None:
    """The name as far as a pause or the explanation of its characters follows it (孙辉光辉的辉)."""
    begin, end = span
    for last in (end, end - 1):
        if last - begin >= 2 and (_PAUSE.match(text, last) or _SPELLING.match(text, last)):
            return begin, last
    return None


def _any_name(text: str, begin: int) -> Span | None:
    """Two to four characters that fill the place of a name, whatever they are."""
    found = re.compile("[一-鿿·]{2,4}").match(text, begin)
    if (
        found is None
        or not _PAUSE.match(text, found.end())
        or found[0][:2] in _no_names()
        or _NOBODYS & set(found[0])
        or found[0][0] in _AFTER
    ):
        return None
    return found.span()


def _before_title(text: str, end: int) -> Span | None:
    """A full name that stands right before a title."""
    for length in (4, 3, 2):
        begin = end - length
        if begin < 0 or "\n" in text[begin:end]:
            continue
        surname = _surname(text, begin)
        given = text[begin + len(surname) : end] if surname else ""
        if not 1 <= len(given) <= 2 or not all(_CJK.match(one) and one not in _AFTER for one in given):
            continue
        if (
            text[begin : begin + 2] in _no_names()
            or text[end - 2 : end] in _no_names()
            or (text[begin] in _PROBABLY and _surname(given, 0))
        ):
            continue
        if begin == 0 or not _CJK.match(text[begin - 1]) or text[begin - 1] in _LEADS:
            return begin, end
    return None


def _explained(text: str, characters: set[str], spans: list[Span]) -> Iterator[Span]:
    """Words that say how a name is written (建设的建, 弓长张), near a place where the name is said."""
    if not characters:
        return
    for pattern in (_EXPLAINED, _SPELT):
        for found in pattern.finditer(text):
            one, end = found[0][-1], found.end()
            if one not in characters or not any(abs(found.start() - last) < 60 for _, last in spans):
                continue
            if pattern is _SPELT:
                yield found.span()
            elif one in (word := text[max(0, end - 6) : end - 2]):
                yield end - 2 - (len(word) - max(0, min(len(word) - 2, word.rfind(one)))), end


def _apart(told: dict[Span, float]) -> list[Span]:
    """The spans in order; of those that overlap, all that they cover together."""
    kept: list[Span] = []
    for begin, end in sorted(told):
        if kept and begin < kept[-1][1]:
            kept[-1] = kept[-1][0], max(end, kept[-1][1])
        else:
            kept.append((begin, end))
    return kept


def _surname(text: str, begin: int) -> str | None:
    single, double = _surnames()
    if text[begin : begin + 2] in double:
        return text[begin : begin + 2]
    return text[begin] if text[begin : begin + 1] in single and begin < len(text) else None


def _surnames() -> tuple[frozenset[str], frozenset[str]]:
    """The surnames of one character and of two; the commonest 300 name more than 95 % of the people."""
    single, double, _ = _lists()
    return single, double


def _no_names() -> frozenset[str]:
    return _lists()[2]


@cache
def _lists() -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    lines = [line for line in _LISTS.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return frozenset(lines[0]), frozenset(lines[1].split()), frozenset(lines[2].split())
