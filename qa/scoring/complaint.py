"""Whether the customer complains, about what, and whether it threatens to go further.

A complaint is about the company or the agent the customer is speaking to. Praise, trouble reported calmly,
questions about how to complain, what others said and complaints about a third party are not. Two witnesses are heard:

* **Word lists**, the lexicons ``complaint`` and ``threat``, matched by sound: each phrase has a weight, how sure it makes
  one by itself. They stand alone where no model has read the call.
* **The sentiment model**, where one has (:mod:`qa.sentiment`): a probability for each turn, read with the words before it.

Witnesses add up as independent ones would::

    probability = 1 - (1 - w1) * (1 - w2) * ...        w = weight * closeness * certainty of the role

so one plain 我要投诉你们 (0.9) is enough, and two half-hearted signs (0.45, 0.45: 0.70) are too; a phrase said twice counts
once. With a model, a phrase in a turn that the model finds harmless counts for :data:`HARMLESS` of its weight only
(帮我转达, 我要投诉的是那家店), and every turn that the model finds to complain is a witness of its own. Its doubts are
not: over a long call, many small ones would add up to a certainty. Its probabilities come from text in which nearly every other
turn complains. Of calls about one in ten does, in a turn or two, however long it is (:class:`Prior`), and most begin with
trouble told calmly, which is easily taken for a complaint. So the more turns there are, the surer the model must be to
make a complaint alone: 0.97 in a call of six turns, 0.98 in one of twelve. A single turn that is no call is taken as it is read.

A complaint is detected from 0.5 up; a threat likewise, from the threats alone. Who threatens also complains, so those
count for both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from qa.calls import Complaint, Hit, Role, SentimentTrack, TurnSentiment
from qa.scoring.dialogue import Dialogue
from qa.scoring.lexicon import Lexicon
from qa.scoring.phrases import Place, locate
from qa.scoring.severity import intensity
from qa.text.segment import words

DETECTED = 0.5
CERTAINTY: Mapping[Role, float] = {"customer": 1.0, "unknown": 0.6}  # an unknown speaker may be the agent
MOST = 0.99  # nobody is ever quite sure
HARMLESS = 0.2  # of its weight a phrase keeps in a turn that the model finds harmless
NOTICED = 0.5  # the model's probability from which a phrase keeps all of it

#: Where a threat leads, by the categories of the word list.
THREATS: Mapping[str, str] = {
    "监管投诉": "监管",
    "媒体曝光": "媒体",
    "法律途径": "法律",
    "报警": "法律",
    "向上级投诉": "监管",
    "流失": "流失",
}


@dataclass(frozen=True, slots=True)
class Prior:
    """How often something is said: the share of turns in the text that the model's probabilities were calibrated on, and the turns
    of a call, calls included in which nobody says it.
    """

    calibrated: float
    in_a_call: float

    def sobered(self, probability: float, turns: int) -> float:
        """What a probability of the model's is worth in a call of so many turns of the customer's.

        >>> [round(COMPLAINING.sobered(0.98, turns), 2) for turns in (1, 2, 6, 12, 40)]
        [0.98, 0.83, 0.62, 0.44, 0.19]
        """
        share = self.calibrated if turns <= 1 else self.in_a_call / turns
        rarer = share / (1.0 - share) / (self.calibrated / (1.0 - self.calibrated))
        return probability * rarer / (1.0 - probability * (1.0 - rarer))


COMPLAINING, THREATENING = Prior(0.44, 0.15), Prior(0.13, 0.05)
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


def detect(dialogue: Dialogue, lexicons: Mapping[str, Lexicon], track: SentimentTrack | None = None) -> Complaint:
    """What the customer's words say; turns of an unknown speaker count for less, the agent's never.

    ``track`` is the sentiment model's reading of the same turns. Without it, and without the lexicons ``complaint`` and
    ``threat`` or any words, nothing is detected.

    >>> from qa.calls import Heard, Roles, Turn, TurnSentiment
    >>> from qa.scoring.lexicon import Phrase
    >>> lexicon = Lexicon("complaint", "投诉", (Phrase.of("投诉你们", weight=0.9, category="其他"),))
    >>> turns = (Turn(role="customer", text="我不是要投诉你们。"), Turn(role="customer", text="再这样我投诉你们！"))
    >>> dialogue = Dialogue.of(Heard(duration=None, channels=0, turns=turns, roles=Roles(method="manual", confidence=1.0)))
    >>> found = detect(dialogue, {"complaint": lexicon})
    >>> found.detected, found.probability, found.categories, [hit.turn for hit in found.hits]
    (True, 0.9, ('其他',), [1])
    >>> reading = TurnSentiment(turn=1, sentiment=-0.8, complaint=0.96, kind="处理时效", evidence=((0, 3, 1.4),))
    >>> found = detect(dialogue, {}, SentimentTrack(key="", model="m", turns=(reading,)))
    >>> found.detected, found.probability, found.categories, [hit.text for hit in found.hits]
    (True, 0.96, ('处理时效',), ['再这样'])
    """
    turns = [i for i, turn in enumerate(dialogue.heard.turns) if turn.role in CERTAINTY]
    read = {one.turn: one for one in track.turns if one.turn < len(dialogue.heard.turns)} if track else {}
    complaints = _said(dialogue, _meant(dialogue, turns, lexicons.get("complaint")), read)
    threats = _said(dialogue, _meant(dialogue, turns, lexicons.get("threat")), read)
    complaints += _read(dialogue, read, COMPLAINING, lambda one: one.complaint, lambda one: one.kind)
    threats += _read(dialogue, read, THREATENING, lambda one: one.threat, lambda one: one.threat_kind)
    probability, threat = together([*complaints, *threats]), together(threats)
    detected = probability >= DETECTED
    said = _without_repetition([*complaints, *threats])
    return Complaint(
        detected=detected,
        probability=probability,
        threat=threat >= DETECTED,
        categories=(_kinds(complaints) or (_OTHER_KIND,)) if detected else (),
        hits=tuple(hit for witness in said for hit in witness.hits),
        threats=tuple(dict.fromkeys(THREATS.get(kind, kind) for kind in _kinds(threats))) if threat >= DETECTED else (),
        intensity=intensity(dialogue.heard, probability, threat, {w.turn for w in complaints}, track) if detected else 0.0,
    )


@dataclass(frozen=True, slots=True)
class Witness:
    """One reason to believe in a complaint: how sure it makes one, what of, and where it was said.

    ``says`` names it: the same thing said twice is one reason.
    """

    says: str
    weight: float
    kind: str
    turn: int
    hits: tuple[Hit, ...]
    model: bool = False


Probability = Callable[[TurnSentiment], float]


def _said(dialogue: Dialogue, places: Iterable[Place], read: Mapping[int, TurnSentiment]) -> list[Witness]:
    """What the word lists found, each as sure as its phrase, its place and the model's view of its turn make it."""
    found = []
    for place in places:
        weight = place.phrase.weight * place.closeness * CERTAINTY[dialogue.heard.turns[place.turn].role]
        if place.turn in read:
            doubt = 1.0 - min(1.0, max(read[place.turn].complaint, read[place.turn].threat) / NOTICED)
            weight *= 1.0 - (1.0 - HARMLESS) * doubt
        found.append(Witness(place.phrase.text, weight, place.phrase.category or _OTHER_KIND, place.turn, (place.hit(dialogue),)))
    return found


def _read(
    dialogue: Dialogue, read: Mapping[int, TurnSentiment], prior: Prior, of: Probability, about: Callable[[TurnSentiment], str | None]
) -> list[Witness]:
    """What the model found, each with the turn's text from the first to the last word that moved it."""
    found = []
    for turn, one in sorted(read.items()):
        weight = prior.sobered(of(one), len(read)) * CERTAINTY.get(dialogue.heard.turns[turn].role, 0.0)
        if weight < DETECTED:
            continue
        kind = about(one) or _OTHER_KIND
        text = dialogue.heard.turns[turn].text
        moving = [(begin, end) for begin, end, moved in one.evidence if moved > 0] or [(0, len(text))]
        hit = _evidence(dialogue, turn, min(begin for begin, _ in moving), max(end for _, end in moving), kind)
        found.append(Witness(f"turn {turn}", weight, kind, turn, (hit,), model=True))
    return found


def _evidence(dialogue: Dialogue, turn: int, begin: int, end: int, kind: str) -> Hit:
    said = dialogue.heard.turns[turn]
    start, stop = said.moment(begin, end)
    return Hit(role=said.role, text=said.text[begin:end], start=start, end=stop, turn=turn, span=(begin, end), category=kind)


def together(witnesses: Iterable[Witness]) -> float:
    """The probability that several witnesses make, one that is heard more than once counted at its clearest.

    >>> together([Witness("凭什么", 0.5, "其他", 0, ()), Witness("凭什么", 0.4, "其他", 2, ()), Witness("投诉", 0.5, "其他", 2, ())])
    0.75
    """
    clearest: dict[str, float] = {}
    for witness in witnesses:
        clearest[witness.says] = max(clearest.get(witness.says, 0.0), witness.weight)
    doubt = 1.0
    for says in sorted(clearest):
        doubt *= 1.0 - clearest[says]
    return round(min(MOST, 1.0 - doubt), 4)


def _kinds(witnesses: Iterable[Witness]) -> tuple[str, ...]:
    """What they are about, the surest first; 其他 only behind the others."""
    kinds: dict[str, list[Witness]] = {}
    for witness in witnesses:
        kinds.setdefault(witness.kind, []).append(witness)
    return tuple(sorted(kinds, key=lambda kind: (kind == _OTHER_KIND, -together(kinds[kind]), kind)))


def _without_repetition(witnesses: Iterable[Witness]) -> list[Witness]:
    """In order of what was said; the model's words only in turns where no phrase was found, which says the same more plainly."""
    listed = list(witnesses)
    phrased = {witness.turn for witness in listed if not witness.model}
    kept: dict[tuple[str, int, tuple[Hit, ...]], Witness] = {}
    for witness in listed:
        if not witness.model or witness.turn not in phrased:
            kept.setdefault((witness.says, witness.turn, () if witness.model else witness.hits), witness)
    return sorted(kept.values(), key=lambda witness: (witness.turn, [hit.span or (0, 0) for hit in witness.hits]))


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
