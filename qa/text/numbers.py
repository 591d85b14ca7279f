"""Numbers that point to a person, in a dictated text: telephone, identity card, bank card, QQ, passwords, and their echoes.

What a number is, is told in this order: by its own shape and check digit (:mod:`qa.text.shapes`); by the same with
characters that sound like digits read as digits; by the word that announces it (卡号, 身份证), which lets it be of a wrong
length, because recognisers lose and double digits. Then whatever repeats a part of a number that was found.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from qa.text.dictation import COUNTED, SOUNDS_LIKE, Dictation, Segment, dictations, runs, with_similar_sounds
from qa.text.identifiers import Found, Kind, Span, hide
from qa.text.shapes import PROVINCES, checks_as_id_card, is_mobile, is_public, strictly

_LONGEST = 21

_CUE = re.compile(
    r"(?=[密订工运快物流受保合案报预取商设序发交参会客记单编代坐座员支登服查初银卡的验校动安c身证正中护通车储信利借社这那张凯航账帐"
    r"q扣抠企微威vw手电联做固区去号来拨打主机本金余价一总积欠费里版型批条邮楼房])(?:"  # told at a glance, for speed
    r"(?P<order>(?:订单|工单|运单|快递|物流|流水|受理|保单|合同|案件|报案|预约|取件|取餐|商户|设备|序列|发票|交易|参考|会员|客户|记录)"
    r"(?:号码|编号|单号|号)|单号|编号|编码|订单|工单|运单|代码)"
    r"|(?P<staff>工号|坐席号|员工号|座席号)"
    r"|(?P<secret>(?:支付|登录|登陆|交易|取款|服务|查询|初始|银行卡|卡的)?密码|验证码|校验码|动态码|安全码|cvv2?)"
    r"|(?P<id_card>(?:身[份分](?:[证正政整郑]|划)?|[证正]件|中建(?=号))(?:[号好后]码?)?)"
    r"|(?P<passport>(?:护照|通行证)(?:号码|号)?)|车牌(?:号码|号)?"
    r"|(?P<card>(?:(?:银[行痕航]|储蓄|[信利]用|借记|工资|社保|[这那张的])[卡凯]|卡|[凯航](?=[号好])|[账帐][号户])(?:[号好]码?)?)"
    r"|(?P<qq>(?:qq|扣扣|抠抠|企鹅)(?:号码|号)?)"
    r"|(?P<wechat>(?:微信|威信|v信|vx|weixin)(?:号码|号)?)"
    r"|(?P<phone>手[机基]|电话|联系方式|[座坐做]机|固话|[区去]号|号码|来电|拨打|打到|打给|主叫|机主|联系人|本机)"
    r"|(?P<amount>金额|余额|价格|一共|总共|积分|欠费|费用|里程|流量|版本|型号|批号|条码|邮编|楼|房间))"
)
_NEAR, _FAR = 14, 40
#: How many characters may stand between such a word and the number, where it is not _NEAR: cards are gone for and looked up.
_REACH = {"secret": 6, "id_card": 24, "card": 24}
#: The fewest and most digits that a number has after the word that announces it, misheard ones included.
_ANNOUNCED: dict[str, tuple[int, int]] = {
    "phone": (7, 13),
    "id_card": (13, 20),
    "card": (12, 21),
    "qq": (5, 12),
    "wechat": (5, 12),
    "secret": (3, 8),
    "passport": (7, 10),
}
#: Digits that announce a mobile number by themselves, its 1 heard as 要; 我要 and 只要 are verbs.
_MOBILE_LIKE = re.compile("(?<![我你您他她们想需只不就还都又家人])[要腰妖药邀](?=[3-9][0-9]{4})")
#: Characters that are hardly anything but a digit where they stand right before or behind digits.
_SURELY_DIGITS = frozenset("要腰妖药邀摇夭灵铃领玲凌雷武舞吴酒拐山器骑柳")
_OF_A_DATE = re.compile("[年月日号]")
#: Characters between two dictations of one number, after a word that announces it: a letter heard for a digit, a misheard 然后.
_LOOSE = 4
_DATE = re.compile("(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")


@dataclass(frozen=True, slots=True)
class _Cue:
    """The last word before a number that says what it is; ``distance`` in characters."""

    kind: str
    distance: int


def numbers(text: str, speaker: Callable[[int], object], *, orders: bool = False) -> list[Found]:
    """The numbers of a plain text (:func:`qa.text.dictation.plain`) that point to a person, in no order.

    ``speaker`` tells who says the character at a place. With ``orders``, order numbers count as well.

    >>> from qa.text.dictation import plain
    >>> [(one.kind, one.digits) for one in numbers(plain("手机幺三八，嗯，四个零，幺零零零，尾号1000对吧"), lambda place: 0)]
    [('phone', '13800001000')]
    """
    spoken = [dictation for dictation in _announced_ones_joined(text, dictations(text)) if len(dictation.digits) >= 3]
    found: list[Found] = []
    left: list[Segment] = []
    for dictation in spoken:
        here, rest = _in_dictation(text, dictation, speaker, orders)
        found += here
        left += rest
    return found + list(_echoes(text, left, found))


def _announced_ones_joined(text: str, spoken: Sequence[Dictation]) -> list[Dictation]:
    """Neighbours as one dictation where a number is announced that neither of them is, and next to nothing parts them."""
    joined: list[Dictation] = []
    for one in spoken:
        if joined and _one_number(text, joined[-1], one):
            one = Dictation((*joined.pop().segments, *one.segments))
        joined.append(one)
    return joined


def _one_number(text: str, first: Dictation, second: Dictation) -> bool:
    between = text[first.end : second.begin]
    if len(between) > _LOOSE or re.search("[\n号]", between):
        return False
    cue = _cue(text, first.begin)
    if cue is None or cue.kind not in ("phone", "id_card", "card") or cue.distance > _REACH.get(cue.kind, _NEAR):
        return False
    if any(_counted(text, end, cue.kind, len(first.digits + second.digits)) for end in (first.end, second.end)):
        return False
    if _DATE.fullmatch(first.digits) or len(first.digits) + len(second.digits) > _ANNOUNCED[cue.kind][1]:
        return False
    told = [shape[0] for one in (first, second) if (shape := strictly(one.digits)) is not None]
    if cue.kind == "phone":
        return not told and not any(is_public(one.digits) for one in (first, second))
    return set(told) <= {"phone"}  # half of a card's number may look like a telephone's


def _in_dictation(text: str, dictation: Dictation, speaker: Callable[[int], object], orders: bool) -> tuple[list[Found], list[Segment]]:
    """What a dictation holds, and the segments that belong to nothing."""
    if len(dictation.digits) < 5:  # too short for anything but a password
        cue = _cue(text, dictation.begin)
        secret = _announced(text, [dictation.segments], cue) if cue and cue.kind == "secret" else []
        return secret, [] if secret else list(dictation.segments)
    streams = _streams(dictation, speaker)
    found: list[Found] = []
    rest = list(dictation.segments)
    for stream in streams:
        for segments, kind, sure in _by_shape(text, [segment for segment in stream if segment in rest]):
            found.append(_number(kind, segments, sure))
            rest = [segment for segment in rest if segment not in segments]
    cue = _cue(text, dictation.begin) if rest else None
    if found and rest and cue and cue.kind in ("id_card", "card") and {one.kind for one in found} == {"phone"}:
        # Half of a card's number that looks like a telephone's is half of the card's.
        whole = _announced(text, [dictation.segments], cue)
        found, rest = (whole, []) if whole else (found, rest)
    if found:
        return found, rest
    found = _by_similar_sounds(text, dictation, cue) or _inside(dictation, cue) or _announced(text, streams, cue)
    if not found and (cue is None or cue.kind not in ("order", "staff", "amount")):
        found = _misheard(text, streams)
    if not found and orders and cue is not None and cue.kind == "order" and len(dictation.digits) >= 6:
        found = [_number("order_number", dictation.segments, 0.9)]
    return found, [] if found else rest


def _streams(dictation: Dictation, speaker: Callable[[int], object]) -> list[Sequence[Segment]]:
    """The segments of each speaker alone, then all together: one may finish what the other began."""
    by_speaker: dict[object, list[Segment]] = {}
    for segment in dictation.segments:
        by_speaker.setdefault(speaker(segment.begin), []).append(segment)
    streams = [*by_speaker.values(), dictation.segments] if len(by_speaker) > 1 else [dictation.segments]
    return [*filter(None, map(_without_repeats, streams)), *streams]


def _without_repeats(segments: Sequence[Segment]) -> Sequence[Segment] | None:
    """The segments without those that say the one before again, where that makes a number of what was none."""
    once = [segment for place, segment in enumerate(segments) if place == 0 or segment.digits != segments[place - 1].digits]
    if len(once) == len(segments) or strictly("".join(segment.digits for segment in segments)):
        return None
    return once if strictly("".join(segment.digits for segment in once)) else None


def _by_shape(text: str, segments: Sequence[Segment]) -> Iterator[tuple[tuple[Segment, ...], Kind, float]]:
    """Runs of neighbouring segments that are a number by themselves, from left to right, the surest first where several begin."""
    behind = 0
    best: tuple[float, int, int, int, Kind] | None = None
    for first, last, digits in [*runs(segments, _LONGEST), (len(segments), 0, "")]:
        if best is not None and first > best[2]:
            yield tuple(segments[best[2] : best[3]]), best[4], best[0]
            behind, best = best[3], None
        if first < behind or len(digits) < 11:
            continue
        told = strictly(digits)
        if told is None or not _allowed(text, told, segments[first:last]):
            continue
        candidate = (told[1], len(digits), first, last, cast("Kind", told[0]))
        if best is None or candidate[:2] > best[:2]:
            best = candidate


def _allowed(text: str, told: tuple[str, float], segments: Sequence[Segment]) -> bool:
    """Whether nothing speaks against it: an order number is announced, a unit follows."""
    kind, sure = told
    if kind == "id_card" and len(segments) > 1 and sum(len(segment.digits) for segment in segments) == 15:
        cue = _cue(text, segments[0].begin)  # the old cards are rare, and fifteen digits alone say little
        return cue is not None and cue.kind == "id_card"
    if COUNTED.match(text, segments[-1].end) and not (kind == "phone" and text[segments[-1].end : segments[-1].end + 1] in "号"):
        return sure >= 0.99
    if (kind == "phone" and len(segments) == 1) or (sure >= 0.99 and kind == "id_card"):
        return True
    cue = _cue(text, segments[0].begin)
    return cue is None or cue.kind not in ("order", "staff", "amount") or cue.distance > _NEAR


def _by_similar_sounds(text: str, dictation: Dictation, cue: _Cue | None) -> list[Found]:
    if cue is not None and cue.kind in ("order", "staff", "amount"):
        return []
    for run in with_similar_sounds(text, dictation, (11, 18, 16, 19)):
        told = strictly(run.digits)
        if told and (told[1] >= 0.9 or (cue is not None and cue.kind == told[0])):
            return [_number(cast("Kind", told[0]), [run], min(told[1], 0.75))]
    return []


def _inside(dictation: Dictation, cue: _Cue | None) -> list[Found]:
    """Numbers that were written together without a pause: two telephone numbers, an identity card and a telephone number."""
    found: list[Found] = []
    for segment in dictation.segments:
        position = 0 if len(segment.digits) >= 20 and (cue is None or cue.kind != "order") else len(segment.digits)
        while position < len(segment.digits):
            for kind, length, is_one in (("id_card", 18, checks_as_id_card), ("phone", 11, is_mobile)):
                part = segment.digits[position : position + length]
                if len(part) == length and is_one(part):
                    places = segment.places[position : position + length]
                    found.append(_number(cast("Kind", kind), [Segment(places[0][0], places[-1][1], part, places)], 0.7))
                    position += length
                    break
            else:
                position += 1
    return found


def _announced(text: str, streams: Sequence[Sequence[Segment]], cue: _Cue | None) -> list[Found]:
    """A number of nearly the right length after the word that announces it; the whole of it where it was said more than once."""
    segments = streams[-1]
    mobile = _like_a_mobile(text, segments)
    if cue is None or cue.kind not in _ANNOUNCED or cue.distance > (_FAR if mobile else _REACH.get(cue.kind, _NEAR)):
        return []
    fewest, most = _ANNOUNCED[cue.kind]
    kind = cast("Kind", cue.kind)
    if _counted(text, segments[-1].end, kind, sum(len(segment.digits) for segment in segments)):
        return []
    if kind == "secret":
        segments = _secret(text, segments)
        if not segments:
            return []
    if kind == "phone" and mobile:
        fewest = 5
    for stream in (segments,) if kind == "secret" else streams:
        digits = "".join(segment.digits for segment in stream)
        if fewest <= len(digits) <= most and (mobile or not _no_telephone(kind, digits, cue)):
            return [_number(kind, _with_neighbours(text, stream), 0.6)]
    digits = "".join(segment.digits for segment in segments)
    if len(digits) > most and kind in ("phone", "id_card", "card") and not is_public(segments[0].digits):
        if kind == "phone" and any(14 <= len(segment.digits) <= 20 for segment in segments):  # 号码 announces cards as well
            kind = "phone" if re.match("1[3-9]", digits) else "id_card" if digits[:2] in PROVINCES else "card"
        return [_number(kind, [segment], 0.5) for segment in segments if len(segment.digits) >= 3]
    return []


def _counted(text: str, end: int, kind: str, digits: int) -> bool:
    """Whether a unit follows that makes the digits a count.

    A date may be part of an identity card's number, and behind so many digits of a card a unit is misheard.
    """
    if COUNTED.match(text, end) is None or (kind == "id_card" and _OF_A_DATE.match(text, end)):
        return False
    return kind not in ("id_card", "card") or digits < _ANNOUNCED[kind][0]


def _secret(text: str, segments: Sequence[Segment]) -> list[Segment]:
    """The first segments that are written as one password; 6位 says how long it is."""
    told: list[Segment] = []
    for segment in segments:
        if text.startswith("位", segment.end):
            continue
        if told and (text[told[-1].end : segment.begin] not in ("-", " ") or len(segment.digits) > 4):
            break
        told.append(segment)
    return told


def _like_a_mobile(text: str, segments: Sequence[Segment]) -> bool:
    """Whether the digits begin as a mobile number does, its 1 read as 要."""
    begin = segments[0].begin
    return begin > 0 and _MOBILE_LIKE.match(text, begin - 1) is not None


def _with_neighbours(text: str, segments: Sequence[Segment]) -> list[Segment]:
    """The segments with the characters right around them that are misheard digits."""
    begin, end = segments[0].begin, segments[-1].end
    while begin > 0 and text[begin - 1] in _SURELY_DIGITS and segments[0].begin - begin < 4:
        begin -= 1
    while end < len(text) and text[end] in _SURELY_DIGITS and end - segments[-1].end < 2:
        end += 1
    before, behind = range(begin, segments[0].begin), range(segments[-1].end, end)
    return [*(_misheard_digit(text, place) for place in before), *segments, *(_misheard_digit(text, place) for place in behind)]


def _misheard_digit(text: str, place: int) -> Segment:
    return Segment(place, place + 1, SOUNDS_LIKE.get(text[place], "0"), ((place, place + 1),))


def _no_telephone(kind: Kind, digits: str, cue: _Cue) -> bool:
    """Whether digits after 电话 and the like can be no person's number: a public one, a date, too short and begun wrongly."""
    if kind != "phone":
        return False
    if is_public(digits) or any(digits.startswith(line) and is_public(digits[:10]) for line in ("400", "800")):
        return True
    if len(digits) <= 8:
        return re.match("[2-8]|1[3-9]", digits) is None or _DATE.match(digits) is not None or cue.distance > 8
    return _DATE.match(digits) is not None


def _misheard(text: str, streams: Sequence[Sequence[Segment]]) -> list[Found]:
    """Nearly a mobile number that was said digit by digit, nearly an identity card: one digit too many or too few."""
    for stream in streams:
        digits = "".join(segment.digits for segment in stream)
        if COUNTED.match(text, stream[-1].end):
            continue
        if len(digits) >= 7 and _like_a_mobile(text, stream):
            return [_number("phone", _with_neighbours(text, stream), 0.5)]
        if len(digits) in (10, 12) and re.match("1[3-9]", digits) and len(stream) > 1 and all(len(s.digits) > 1 for s in stream):
            return [_number("phone", stream, 0.5)]
        date = _DATE.search(digits, 5)
        if 14 <= len(digits) <= 19 and digits[:2] in PROVINCES and date and date.start() <= 7:
            return [_number("id_card", stream, 0.6)]
    return []


def _echoes(text: str, left: Sequence[Segment], found: Sequence[Found]) -> Iterator[Found]:
    """Segments elsewhere that repeat a hidden part of a number that was found, or nearly the whole of it."""
    if not found:
        return
    from rapidfuzz.distance import Levenshtein

    used: set[Segment] = set()
    for first, last, digits in sorted(runs(left, _LONGEST), key=lambda run: -len(run[2])):
        part = left[first:last]
        if (
            len(digits) < 3
            or used & set(part)
            or (last - first > 1 and part[-1].end - part[0].begin > 40)
            or COUNTED.match(text, part[-1].end)
        ):
            continue
        for number in found:
            at = number.digits.find(digits)
            places = [place for segment in part for place in segment.places]
            hidden: tuple[Span, ...] = ()
            if at >= 0 and (len(digits) >= 4 or abs(part[0].begin - number.begin) < 60):
                hidden = hide(number.kind, places, known=len(number.digits), before=at)
            elif len(digits) >= 6 and digits[:3] == number.digits[:3] and abs(len(digits) - len(number.digits)) <= 5:
                prefix = Levenshtein.distance(digits, number.digits[: len(digits)])
                hidden = hide(number.kind, places, known=len(number.digits)) if prefix <= 2 else ()
            elif len(digits) >= 7 and Levenshtein.distance(digits, number.digits, score_cutoff=2) <= 2:
                hidden = tuple(places)
            if hidden:
                yield Found(number.kind, tuple(places), hidden, 0.6, digits)
                used.update(part)
                break


def _number(kind: Kind, segments: Sequence[Segment], sure: float) -> Found:
    places = tuple(place for segment in segments for place in segment.places)
    return Found(kind, places, hide(kind, places), sure, "".join(segment.digits for segment in segments))


def _cue(text: str, begin: int) -> _Cue | None:
    """The last word in the few before a number that says what it is; of the two turns before at most."""
    start = max(0, begin - _FAR)
    cut = text.rfind("\n", 0, max(0, text.rfind("\n", 0, max(0, text.rfind("\n", start, begin)))))
    *_, last = None, *_CUE.finditer(text, max(start, cut + 1), begin)
    if last is None:
        return None
    between = text[last.end() : begin]
    return _Cue(str(last.lastgroup), len(between.replace("\n", "")))
