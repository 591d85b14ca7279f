"""Identifiers in speech: a labelled set with its recall and precision, numbers dictated at random, and the masks."""

from __future__ import annotations

import itertools
import random
import re
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from language import cases

from qa.text.identifiers import KINDS, Identifier
from qa.text.mask import identifiers, mask, masked
from qa.text.shapes import checks_as_card, checks_as_id_card

_MARK = re.compile(r"\{(\w+)\|([^}]*)\}")
Label = tuple[str, int, int, int]  # kind, turn, begin, end


def labelled(text: str) -> tuple[list[str], list[str], list[Label]]:
    """A case read: turns' texts, speakers, and what is marked as ``{kind|words}``. Turns are parted by " / " and begin with who speaks."""
    texts: list[str] = []
    speakers: list[str] = []
    labels: list[Label] = []
    for turn, line in enumerate(text.split(" / ")):
        speaker, said = line.split(":", 1)
        plain, position = "", 0
        for mark in _MARK.finditer(said):
            plain += said[position : mark.start()]
            labels.append((mark[1], turn, len(plain), len(plain) + len(mark[2])))
            plain, position = plain + mark[2], mark.end()
        texts.append(plain + said[position:])
        speakers.append(speaker)
    return texts, speakers, labels


def differences(text: str) -> tuple[list[Label], list[Label], list[Identifier]]:
    """What is labelled, what of it is not found (less than four fifths of it), and what is found that is not labelled."""
    texts, speakers, labels = labelled(text)
    found = identifiers(texts, speakers)

    def shared(one: Identifier, label: Label) -> int:
        return min(one.end, label[3]) - max(one.begin, label[2]) if (one.kind, one.turn) == label[:2] else 0

    missed = [label for label in labels if not any(shared(one, label) >= 0.8 * (label[3] - label[2]) for one in found)]
    extra = [one for one in found if not any(shared(one, label) >= 0.8 * (one.end - one.begin) for label in labels)]
    return labels, missed, extra


@pytest.mark.parametrize("case", cases("identifiers"))
def test_cases(case: dict[str, Any]) -> None:
    _, missed, extra = differences(case["text"])
    assert (missed, extra) == ([], [])


def test_recall_and_precision_over_the_whole_set() -> None:
    """The known failures count here as what they are."""
    everything, missed, extra = Counter[str](), Counter[str](), Counter[str]()
    for parameter in cases("identifiers"):
        labels, not_found, wrong = differences(parameter.values[0]["text"])
        everything.update(kind for kind, *_ in labels)
        missed.update(kind for kind, *_ in not_found)
        extra.update(one.kind for one in wrong)
    assert sum(everything.values()) >= 300
    for kind in ("phone", "id_card", "card"):
        assert 1 - missed[kind] / everything[kind] >= 0.97, kind
    right = sum(everything.values()) - sum(missed.values())
    assert right / (right + sum(extra.values())) >= 0.95


_SAYINGS = ("零一二三四五六七八九叉", "零幺二三四五六七八九X", "0123456789x")
_PAUSES = ("", "，", " ", "、", "，嗯，", "呃", " 然后", "，然后是", "-")
_LISTENING = ("嗯", "好", "嗯嗯您说", "好的", "对", "然后呢", "您继续")
_BEFORE = {"phone": ("手机号是", "我电话", "", "打这个"), "id_card": ("身份证号是", "证件号", ""), "card": ("卡号是", "银行卡", "")}


def _invented(kind: str, chance: random.Random) -> str:
    def some(count: int) -> str:
        return "".join(chance.choice("0123456789") for _ in range(count))

    if kind == "phone":
        return "1" + chance.choice("3456789") + some(9)
    if kind == "card":
        begin = "62" + some(chance.choice((13, 16)))
        return next(begin + last for last in "0123456789" if checks_as_card(begin + last))
    begin = (
        f"{chance.choice(('110199', '310199', '440199'))}{chance.randint(1950, 2005)}{chance.randint(1, 12):02}{chance.randint(1, 28):02}"
    )
    begin += some(3)
    return next(begin + last for last in "0123456789x" if checks_as_id_card(begin + last))


@pytest.mark.parametrize("kind", ["phone", "id_card", "card"])
def test_a_number_is_found_however_it_is_dictated(kind: str) -> None:
    """In groups of any size, in any writing, with pauses or a listener between them, repeated by the listener or not."""
    chance = random.Random(8)
    for _ in range(400):
        digits, saying = _invented(kind, chance), chance.choice(_SAYINGS)
        groups: list[str] = []
        while digits:
            size = chance.choice((2, 3, 3, 4, 4, 4, 6, 11, 18))
            groups.append("".join(saying["0123456789x".index(digit)] for digit in digits[:size]))
            digits = digits[size:]
        before = chance.choice(_BEFORE[kind])
        if chance.random() < 0.5:
            turns, speakers = [before + groups[0] + "".join(chance.choice(_PAUSES) + group for group in groups[1:])], ["客户"]
        else:
            repeats = chance.random() < 0.3
            turns = [f"您的{before}", *(turn for group in groups for turn in (group, group if repeats else chance.choice(_LISTENING)))]
            speakers = ["坐席", *(["客户", "坐席"] * len(groups))]
        assert kind in {one.kind for one in identifiers(turns, speakers)}, turns


@given(st.lists(st.text(alphabet="我是138零幺一二三四五六七八九，。 嗯x张王姓叫路号栋单元先生a@点\n", max_size=40), max_size=6))
def test_a_mask_keeps_every_character_in_its_place(texts: list[str]) -> None:
    found = identifiers(texts, [turn % 2 for turn in range(len(texts))])
    assert found == sorted(found, key=lambda one: (one.turn, one.begin, one.kind))
    for turn, text in enumerate(texts):
        own = [one for one in found if one.turn == turn]
        assert all(0 <= one.begin < one.end <= len(text) and 0 < one.confidence <= 1 for one in own)
        assert all(one.begin <= begin < end <= one.end for one in own for begin, end in one.hidden)
        assert all(a.end <= b.begin for a, b in itertools.pairwise(own) if a.kind == b.kind)
        hidden = mask(text, own)
        assert len(hidden) == len(text)
        assert all(new in (old, "*") for old, new in zip(text, hidden, strict=True))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("好的", "好的"),
        ("手机13800001000", "手机138****1000"),
        ("幺三八零零零零五六七八", "幺三八****五六七八"),
        ("一三八，四个零，五六七八", "一三八，***，五六七八"),
        ("+86 13800001000", "+86 138****1000"),
        ("座机010-62340000", "座机010-****0000"),
        ("身份证11019919900307013X", "身份证110***********013X"),
        ("卡号6200 0000 0000 0013", "卡号6200 **** **** 0013"),
        ("车牌京A12345", "车牌京A***45"),
        ("护照E12345678", "护照E*****678"),
        ("邮箱zhangsan@example.com", "邮箱z*******@example.com"),
        ("地址是杭州市西湖区文三路90号3栋501室", "地址是杭州市西湖区************"),
        ("机主是欧阳小明", "机主是****"),
        ("密码是123456", "密码是******"),
        ("订单号20261120123456", "订单号20261120123456"),
    ],
)
def test_each_kind_has_its_mask(text: str, shown: str) -> None:
    assert masked(text) == shown


def test_order_numbers_are_hidden_where_that_is_asked_for() -> None:
    assert masked("订单号20261120123456", KINDS) == "订单号2026******3456"


def test_kinds_that_are_not_wanted_stay() -> None:
    assert masked("我姓王，手机13800001000", {"phone"}) == "我姓王，手机138****1000"


def test_a_number_over_two_turns_is_masked_as_one() -> None:
    texts = ["手机幺三八零零", "嗯", "零零五六七八"]
    found = identifiers(texts, ["c", "a", "c"])
    assert [mask(text, [one for one in found if one.turn == turn]) for turn, text in enumerate(texts)] == [
        "手机幺三八**",
        "嗯",
        "**五六七八",
    ]


def test_no_turns_have_nothing_to_hide() -> None:
    assert identifiers([]) == identifiers(["", ""]) == []
