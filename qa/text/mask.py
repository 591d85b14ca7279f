"""Hiding what points to a person in texts that are shown, character for character, so that every span stays where it was."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from qa.text.accounts import accounts
from qa.text.addresses import addresses
from qa.text.dictation import plain
from qa.text.identifiers import KINDS, Found, Identifier, Joined, Kind
from qa.text.names import names
from qa.text.numbers import numbers

#: What stands for a hidden character.
STAR = "*"

# A call without any of these has nothing to hide, which is told in a fraction of the time that looking takes.
_DIGITS = re.compile(r"(?:[0-9０-９零〇一二三四五六七八九幺][^\n]{0,3}?){3}")
_LETTERS = re.compile("[A-Za-zＡ-Ｚａ-ｚ艾爱][^\n]{0,3}?[A-Za-z0-9Ａ-Ｚａ-ｚ０-９点特@零一二三四五六七八九幺]|车牌|护照|通行证")
_PLACES = re.compile(
    "[0-9０-９零〇一二三四五六七八九十百甲乙丙丁A-Da-d][\\s，,]?(?:号|栋|幢|单元|室|弄|座|楼|层|组|门|户)|址|住在|家住|寄|送到|上门|收货|哪个小区"
)
_PEOPLE = re.compile(
    "姓|叫|名|贵信|贵性|[机及户副车业房]主|[卡户保益货获件系法办入事请]人|先生|女士|小姐|太太|同志|[我您你]是|请问是|本人|称呼|哪位"
)


def identifiers(texts: Sequence[str], speakers: Sequence[object] = (), kinds: Collection[Kind] | None = None) -> list[Identifier]:
    """What points to a person in the turns of a call, in order of turn and place.

    ``speakers`` says who speaks each turn (anything that can be told apart), which tells a number that is repeated from
    one that is continued; without, all turns are one speaker's. ``kinds`` are those that are wanted: all but order
    numbers when not given.

    >>> for one in identifiers(["我姓王", "手机号幺三八零零零零", "嗯", "幺零零零"], ["c", "c", "a", "c"]):
    ...     print(one.kind, one.turn, one.begin, one.end, one.hidden)
    name 0 2 3 ((2, 3),)
    phone 1 3 10 ((6, 10),)
    phone 3 0 4 ()
    """
    wanted = frozenset(kinds) if kinds is not None else frozenset(KINDS) - {"order_number"}
    joined = Joined(texts)
    text = joined.text
    found: list[Found] = []
    signs, places = _DIGITS.search(text) or _LETTERS.search(text), _PLACES.search(text)
    flat = plain(text) if signs or places else ""
    if signs:
        found += accounts(flat)
        found += numbers(flat, lambda place: speakers[joined.turn(place)] if speakers else None, orders="order_number" in wanted)
    if places:
        found += addresses(flat)
    if _PEOPLE.search(text):
        found += names(text)
    return sorted(
        joined.identifiers(_told_apart(one for one in found if one.kind in wanted)), key=lambda one: (one.turn, one.begin, one.kind)
    )


def mask(text: str, found: Iterable[Identifier]) -> str:
    """The text of one turn with what is hidden of these identifiers as stars; as long as before.

    >>> mask("我是13800001000", identifiers(["我是13800001000"]))
    '我是138****1000'
    """
    characters = list(text)
    for one in found:
        for begin, end in one.hidden:
            for place in range(begin, min(end, len(characters))):
                if not characters[place].isspace():
                    characters[place] = STAR
    return "".join(characters)


def masked(text: str, kinds: Collection[Kind] | None = None) -> str:
    """A text by itself, masked: a message, a cell, a file's name.

    >>> masked("8001_13800001000_20260102.wav"), masked("机主是张三丰，拨打10086")
    ('8001_138****1000_20260102.wav', '机主是***，拨打10086')
    """
    if not (_DIGITS.search(text) or _PEOPLE.search(text) or _LETTERS.search(text) or _PLACES.search(text)):
        return text
    found = identifiers([text], kinds=kinds)
    return mask(text, found) if found else text


def _told_apart(found: Iterable[Found]) -> list[Found]:
    """Of those that share characters the surer one, then the longer one."""
    kept: list[Found] = []
    taken: set[int] = set()
    for one in sorted(found, key=lambda one: (-one.confidence, one.begin - one.end, one.begin)):
        places = {place for begin, end in one.places for place in range(begin, end)}
        if not places & taken:
            kept.append(one)
            taken |= places
    return kept
