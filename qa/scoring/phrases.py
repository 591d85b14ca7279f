"""Where in a call phrases are said, and where one came nearest to being said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from qa.calls import Hit
from qa.scoring.dialogue import Dialogue
from qa.scoring.lexicon import Phrase
from qa.scoring.vocabulary import Kept, Phrases, alone, whole
from qa.text.passage import Passage
from qa.text.phrasebook import Phrasebook
from qa.text.sound import closest


def search(dialogue: Dialogue, turns: Iterable[int], phrases: Sequence[Phrase], excluding: Sequence[Phrase] = ()) -> list[Hit]:
    """The places in these turns where one of the phrases is said, in order of time.

    Of hits that share words the one that explains the most characters remains, so nothing counts twice. A hit
    that a place of ``excluding`` holds, or overlaps and explains as well, is benign and left out: a faint resemblance
    to a benign sentence must not hide a plain hit. No phrases, no
    turns: no hits.

    >>> from qa.calls import Heard, Roles, Turn
    >>> turns = (Turn(role="agent", text="不知道我这样解释您清楚吗"), Turn(role="agent", text="我不知道，你问别人吧"))
    >>> dialogue = Dialogue.of(Heard(duration=None, channels=0, turns=turns, roles=Roles(method="manual", confidence=1.0)))
    >>> hits = search(dialogue, [0, 1], [Phrase.of("不知道")], [Phrase.of("不知道我这样<解释|说>")])
    >>> [(hit.turn, hit.span, hit.text) for hit in hits]
    [(1, (1, 4), '不知道')]
    """
    return [place.hit(dialogue) for place in locate(dialogue, turns, phrases, excluding)]


class Place(NamedTuple):
    """Where a phrase was said: characters ``begin .. end`` of a turn's normalised text."""

    phrase: Phrase
    turn: int
    begin: int
    end: int
    closeness: float

    def hit(self, dialogue: Dialogue) -> Hit:
        """The same as evidence; made once for each place of a call."""
        phrase, turn, begin, end, closeness = self
        key = turn, begin, end, closeness, phrase.text, phrase.category
        hit = dialogue.memory.get(key)
        if not isinstance(hit, Hit):
            hit = dialogue.memory[key] = dialogue.hit(turn, begin, end, phrase=phrase.text, closeness=closeness, category=phrase.category)
        return hit


def locate(dialogue: Dialogue, turns: Iterable[int], phrases: Sequence[Phrase], excluding: Sequence[Phrase] = ()) -> list[Place]:
    """As :func:`search`, for who needs the phrase itself (its weight, its severity) or looks at the words around."""
    wanted, benign = tuple(phrases), tuple(excluding)
    if not wanted or not len(dialogue):
        return []
    from qa.scoring.choosing import chosen

    vocabulary = dialogue.vocabulary
    ranks, voids = (vocabulary.ranks(wanted), vocabulary.ranks(benign)) if vocabulary else (None, None)
    if vocabulary is None or ranks is None or voids is None:
        vocabulary = alone(wanted, benign)
        ranks, voids = vocabulary.ranks(wanted), vocabulary.ranks(benign)
        assert ranks is not None and voids is not None  # noqa: PT018 - they are all in a vocabulary of their own
    said = dialogue.said(vocabulary)
    found = chosen(said.phrases, said.turns, said.begins, said.ends, said.explained, ranks, voids, dialogue.mask(turns))
    places, known = said.rows, vocabulary.phrases
    return [
        Place(known[phrase], turn, begin, end, closeness / 1000)
        for phrase, turn, begin, end, closeness in [places[which] for which in found.tolist()]
    ]


_WHOLE = Kept[tuple[Phrases, Phrasebook]](most=1024)


def nearest(dialogue: Dialogue, turns: Iterable[int], phrases: Sequence[Phrase]) -> Hit | None:
    """The place in these turns that comes closest to any of the phrases, however far it is; the first of equals.

    It may be closer than some phrase asks and still not be a hit: where characters are asked for, or a benign
    context voids it. None when no turn has any words, or there are no phrases.
    """
    wanted, asked = tuple(sorted(set(turns))), tuple(phrases)
    passage = dialogue.memory.get(wanted)
    if not isinstance(passage, Passage):
        passage = dialogue.memory[wanted] = dialogue.passage.part(wanted)
    owners, book = _WHOLE.of((asked,), lambda: whole(asked))
    found = closest(book, passage)
    if found is None:
        return None
    which, text, match = found
    phrase = owners[which]
    return dialogue.hit(wanted[text], match.begin, match.end, phrase=phrase.text, closeness=match.closeness, category=phrase.category)
