"""Whether the customer complains, about what, and whether it threatens to go further.

A complaint is about the company or the agent the customer is speaking to. Praise, trouble reported calmly,
questions about how to complain, what others said and complaints about a third party are not. The first version
reads two lexicons, ``complaint`` and ``threat``: each phrase has a weight, how sure it makes one by itself. Hits add
up as independent witnesses would::

    probability = 1 - (1 - w1) * (1 - w2) * ...        w = weight * closeness * certainty of the role

so one plain 我要投诉你们 (0.9) is enough, and two half-hearted signs (0.45, 0.45: 0.70) are too. A phrase said twice
counts once. A complaint is detected from 0.5 up; a threat likewise, from the hits of its own lexicon alone. Who
threatens also complains, so those hits count for both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from qa.calls import Complaint, Role
from qa.scoring.dialogue import Dialogue
from qa.scoring.lexicon import Lexicon
from qa.scoring.phrases import Place, locate
from qa.text.segment import words

DETECTED = 0.5
CERTAINTY: Mapping[Role, float] = {"customer": 1.0, "unknown": 0.6}  # an unknown speaker may be the agent
MOST = 0.99  # a word list is never quite sure

_OTHER_KIND = "其他"
_WINDOW = 12  # characters before a hit in which its subject is looked for

# 不想投诉, 没有要投诉, 不是来投诉的: a negation, then only words that pass it on. jieba joins or splits them
# as it likes (不想 | 投诉, 没 | 有 | 要), so a word may be both
_NEGATING = "不没别未"
_PASSES_ON = frozenset(
    "被,要,想,是,去,来,说,再,真,真的,我,我要,打算,准备,为了,有,什么,必要,故意,会,用,想过,至于".split(",")  # noqa: SIM905 - one line to read
)
_NEGATION = frozenset([*_NEGATING, "并非", *(no + rest for no in _NEGATING for rest in _PASSES_ON)])

_OTHERS = "商家|店家|卖家|老板|店主|骑手|司机|房东|邻居|对方|别人|人家|朋友|同事|家人|老公|老婆|他们|她们|他|她"
_THIRD_PARTY = re.compile(rf"(?:{_OTHERS})(?!.*(?:你|客服|平台|公司|银行))")
_QUOTED = re.compile(
    rf"(?:{_OTHERS}|你们?让我|你们?叫我)(?:们|就|还|又|都|也|跟我|给我|一直|当时|居然|竟然)*(?:说|讲|问|表示|威胁|喊|让我|叫我)[^你]{{0,8}}$"
)


def detect(dialogue: Dialogue, lexicons: Mapping[str, Lexicon]) -> Complaint:
    """What the customer's words say; turns of an unknown speaker count for less, the agent's never.

    Without the lexicons ``complaint`` and ``threat``, or without any words, nothing is detected.

    >>> from qa.calls import Heard, Roles, Turn
    >>> from qa.scoring.lexicon import Phrase
    >>> lexicon = Lexicon("complaint", "投诉", (Phrase.of("投诉你们", weight=0.9, category="其他"),))
    >>> turns = (Turn(role="customer", text="我不是要投诉你们。"), Turn(role="customer", text="再这样我投诉你们！"))
    >>> dialogue = Dialogue.of(Heard(duration=None, channels=0, turns=turns, roles=Roles(method="manual", confidence=1.0)))
    >>> found = detect(dialogue, {"complaint": lexicon})
    >>> found.detected, found.probability, found.categories, [hit.turn for hit in found.hits]
    (True, 0.9, ('其他',), [1])
    """
    turns = [i for i, turn in enumerate(dialogue.heard.turns) if turn.role in CERTAINTY]
    complaints = _meant(dialogue, turns, lexicons.get("complaint"))
    threats = _meant(dialogue, turns, lexicons.get("threat"))
    probability = _together(dialogue, [*complaints, *threats])
    detected = probability >= DETECTED
    kinds: dict[str, list[Place]] = {}
    for place in complaints:
        kinds.setdefault(place.phrase.category or _OTHER_KIND, []).append(place)
    ordered = sorted(kinds, key=lambda kind: (kind == _OTHER_KIND, -_together(dialogue, kinds[kind]), kind))
    said = sorted([*complaints, *threats], key=lambda place: (place.turn, place.begin, place.end))
    return Complaint(
        detected=detected,
        probability=probability,
        threat=_together(dialogue, threats) >= DETECTED,
        categories=(tuple(ordered) or (_OTHER_KIND,)) if detected else (),
        hits=tuple(place.hit(dialogue) for place in said),
    )


def _meant(dialogue: Dialogue, turns: Sequence[int], lexicon: Lexicon | None) -> list[Place]:
    """The hits of a lexicon that the customer means: not denied, not quoted, not about a third party."""
    if lexicon is None:
        return []
    places = locate(dialogue, turns, lexicon.phrases, lexicon.excluding)
    return [place for place in places if not _taken_back(dialogue.normals[place.turn].text, place)]


def _taken_back(text: str, place: Place) -> bool:
    before = text[max(0, place.begin - _WINDOW) : place.begin]
    to_them = "你" in text[place.begin : place.end]  # 他说…你们就是骗人: still said to us
    return _negated(text, place.begin) or _QUOTED.search(before) is not None or (not to_them and _THIRD_PARTY.search(before) is not None)


# what stands between a negation and what it denies consists of nothing but these
_MAY_NEGATE = re.compile(rf"[{_NEGATING}非][{''.join(sorted(set(''.join(_PASSES_ON | _NEGATION))))}]*$")


def _negated(text: str, begin: int) -> bool:
    if not _MAY_NEGATE.search(text, 0, begin):  # to cut a text into words takes a hundred times as long
        return False
    # 都没来，我要投诉: what is denied before 我 is another matter; 不是我要投诉, 没说我要投诉 are not
    new_clause = text.startswith("我", begin)
    reported = False
    for word, _, _ in reversed([word for word in words(text[:begin]) if word[2] <= begin]):
        if word in _NEGATION:
            return not new_clause or reported or word.endswith(("是", "说")) or word == "并非"
        if word not in _PASSES_ON or (new_clause and word != "说"):
            return False
        reported = reported or word == "说"
        new_clause = new_clause or word.startswith("我")
    return False


def _together(dialogue: Dialogue, places: Iterable[Place]) -> float:
    """The probability of several hits, a phrase that is said more than once counted at its clearest."""
    clearest: dict[str, float] = {}
    for place in places:
        certainty = CERTAINTY[dialogue.heard.turns[place.turn].role]
        clearest[place.phrase.text] = max(clearest.get(place.phrase.text, 0.0), place.phrase.weight * place.closeness * certainty)
    doubt = 1.0
    for phrase in sorted(clearest):
        doubt *= 1.0 - clearest[phrase]
    return round(min(MOST, 1.0 - doubt), 4)
