"""Where in a call phrases are said, and where one came nearest to being said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from qa.calls import Hit
from qa.scoring.dialogue import Dialogue
from qa.scoring.lexicon import Phrase
from qa.scoring.vocabulary import alone, whole
from qa.text.sound import Match, Passage, closest

Places = dict[int, list[tuple[Phrase, Match]]]  # turn -> what was found in it


def search(dialogue: Dialogue, turns: Iterable[int], phrases: Sequence[Phrase], excluding: Sequence[Phrase] = ()) -> list[Hit]:
    """The places in these turns where one of the phrases is said, in order of time.

    Of hits that share words the one that explains the most characters remains, so nothing counts twice. A hit
    that a place of ``excluding`` holds, or overlaps and explains as well, is benign and left out. No phrases, no
    turns: no hits.

    >>> from qa.calls import Heard, Roles, Turn
    >>> turns = (Turn(role="agent", text="不知道我这样解释您清楚吗"), Turn(role="agent", text="我不知道，你问别人吧"))
    >>> dialogue = Dialogue.of(Heard(duration=None, channels=0, turns=turns, roles=Roles(method="manual", confidence=1.0)))
    >>> hits = search(dialogue, [0, 1], [Phrase.of("不知道")], [Phrase.of("不知道我这样<解释|说>")])
    >>> [(hit.turn, hit.span, hit.text) for hit in hits]
    [(1, (1, 4), '不知道')]
    """
    return [place.hit(dialogue) for place in locate(dialogue, turns, phrases, excluding)]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a phrase was said: characters ``begin .. end`` of a turn's normalised text."""

    phrase: Phrase
    turn: int
    begin: int
    end: int
    closeness: float

    def hit(self, dialogue: Dialogue) -> Hit:
        """The same as evidence."""
        return dialogue.hit(
            self.turn, self.begin, self.end, phrase=self.phrase.text, closeness=self.closeness, category=self.phrase.category
        )


def locate(dialogue: Dialogue, turns: Iterable[int], phrases: Sequence[Phrase], excluding: Sequence[Phrase] = ()) -> list[Place]:
    """As :func:`search`, for who needs the phrase itself (its weight, its severity) or looks at the words around."""
    wanted, benign = _places(dialogue, tuple(phrases)), _places(dialogue, tuple(excluding))
    found: list[Place] = []
    for turn in sorted(set(turns)):
        void = [match for _, match in benign.get(turn, ())]
        best = sorted(wanted.get(turn, ()), key=lambda one: (-_explained(one[1]), one[1].begin))
        taken: list[Match] = []
        for phrase, match in best:
            if not any(_voids(other, match) for other in void) and not any(_overlap(match, other) for other in taken):
                taken.append(match)
                found.append(Place(phrase, turn, match.begin, match.end, match.closeness))
    return sorted(found, key=lambda place: (place.turn, place.begin))


def nearest(dialogue: Dialogue, turns: Iterable[int], phrases: Sequence[Phrase]) -> Hit | None:
    """The place in these turns that comes closest to any of the phrases, however far it is; the first of equals.

    It may be closer than some phrase asks and still not be a hit: where characters are asked for, or a benign
    context voids it. None when no turn has any words, or there are no phrases.
    """
    wanted = tuple(sorted(set(turns)))
    passage = dialogue.memory.get(wanted)
    if not isinstance(passage, Passage):
        passage = dialogue.memory[wanted] = Passage([dialogue.readings[turn] for turn in wanted])
    owners, book = whole(tuple(phrases))
    found = closest(book, passage)
    if found is None:
        return None
    which, text, match = found
    phrase = owners[which]
    return dialogue.hit(wanted[text], match.begin, match.end, phrase=phrase.text, closeness=match.closeness, category=phrase.category)


def _explained(match: Match) -> float:
    """How many characters a match accounts for."""
    return match.closeness * (match.end - match.begin)


def _voids(benign: Match, match: Match) -> bool:
    """Whether a benign context is the better reading of the words of a hit: it overlaps it, and either holds all of
    it or accounts for as much. A faint resemblance to a benign sentence must not hide a plain hit.
    """
    holds = benign.begin <= match.begin and match.end <= benign.end
    return _overlap(benign, match) and (holds or _explained(benign) >= _explained(match))


def _overlap(a: Match, b: Match) -> bool:
    return a.begin < b.end and b.begin < a.end


def _places(dialogue: Dialogue, phrases: tuple[Phrase, ...]) -> Places:
    """Every place of every phrase in the whole call, searched once and remembered."""
    if not phrases:
        return {}
    key = ("places", id(phrases))
    kept = dialogue.memory.get(key)
    if not isinstance(kept, _Kept):
        kept = dialogue.memory[key] = _Kept(phrases, _searched(dialogue, phrases))
    return kept.places


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    """What was found of phrases; it holds them, so that the identity by which they are known stays theirs."""

    phrases: tuple[Phrase, ...]
    places: Places


def _searched(dialogue: Dialogue, phrases: tuple[Phrase, ...]) -> Places:
    vocabulary = dialogue.vocabulary
    chains = vocabulary.chains(phrases) if vocabulary else None
    if vocabulary is None or chains is None:
        vocabulary = alone(phrases)
        chains = vocabulary.chains(phrases)
        assert chains is not None  # they are all in a vocabulary of their own
        found = vocabulary.search(dialogue.passage)
    else:
        found = dialogue.found
    places: Places = {}
    for phrase, slots in chains.said(found):
        for turn, first in slots[0].items():
            after = [slot.get(turn, ()) for slot in slots[1:]]
            for match in first:
                whole_match = _followed(match, after, phrase.gap) if after else match
                if whole_match:
                    places.setdefault(turn, []).append((phrase, whole_match))
    return places


def _followed(match: Match, slots: Sequence[Sequence[Match]], gap: int) -> Match | None:
    """``match`` with the first place of each further slot behind it, at most ``gap`` characters apart."""
    for candidates in slots:
        after = [other for other in candidates if match.end <= other.begin <= match.end + gap]
        if not after:
            return None
        following = min(after, key=lambda other: (other.begin, -other.closeness, -other.end))
        match = Match(match.begin, following.end, min(match.closeness, following.closeness))
    return match
