"""Where in a call phrases are said, and where one came nearest to being said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from qa.calls import Hit
from qa.scoring.dialogue import Dialogue
from qa.scoring.lexicon import Phrase
from qa.text.sound import Match, Passage, Phrasebook, Reading, closest, default_closeness, read, spot

Places = dict[int, list[tuple[Phrase, Match]]]  # turn -> what was found in it


def search(dialogue: Dialogue, turns: Iterable[int], phrases: Sequence[Phrase], excluding: Sequence[Phrase] = ()) -> list[Hit]:
    """The places in these turns where one of the phrases is said, in order of time.

    Of hits that share words the one that explains the most characters remains, so nothing counts twice. A hit
    that overlaps one of ``excluding`` is benign and left out. No phrases, no turns: no hits.

    >>> from qa.calls import Heard, Roles, Turn
    >>> turns = (Turn(role="agent", text="不知道我这样解释您清楚吗"), Turn(role="agent", text="我不知道，你问别人吧"))
    >>> dialogue = Dialogue.of(Heard(duration=None, channels=0, turns=turns, roles=Roles(method="manual", confidence=1.0)))
    >>> hits = search(dialogue, [0, 1], [Phrase.of("不知道")], [Phrase.of("不知道我这样<解释|说>")])
    >>> [(hit.turn, hit.span, hit.text) for hit in hits]
    [(1, (1, 4), '不知道')]
    """
    return [found for _, found in locate(dialogue, turns, phrases, excluding)]


def locate(
    dialogue: Dialogue, turns: Iterable[int], phrases: Sequence[Phrase], excluding: Sequence[Phrase] = ()
) -> list[tuple[Phrase, Hit]]:
    """As :func:`search`, each hit with the phrase it is of: for who needs its severity or weight."""
    wanted, benign = _places(dialogue, tuple(phrases)), _places(dialogue, tuple(excluding))
    found: list[tuple[Phrase, Hit]] = []
    for turn in sorted(set(turns)):
        void = [match for _, match in benign.get(turn, ())]
        best = sorted(wanted.get(turn, ()), key=lambda one: (-one[1].closeness * (one[1].end - one[1].begin), one[1].begin))
        taken: list[Match] = []
        for phrase, match in best:
            if not any(_overlap(match, other) for other in (*void, *taken)):
                taken.append(match)
                hit = dialogue.hit(turn, match.begin, match.end, phrase=phrase.text, closeness=match.closeness, category=phrase.category)
                found.append((phrase, hit))
    return sorted(found, key=lambda one: (one[1].turn or 0, one[1].span or (0, 0)))


def nearest(dialogue: Dialogue, turns: Iterable[int], phrases: Sequence[Phrase]) -> Hit | None:
    """The place in these turns that comes closest to any of the phrases, however far it is; the first of equals.

    It may be closer than some phrase asks and still not be a hit: where characters are asked for, or a benign
    context voids it. None when no turn has any words, or there are no phrases.
    """
    wanted = sorted(set(turns))
    compiled = _compiled(tuple(phrases))
    whole = [_reading("".join(pieces)) for _, pieces in compiled.variants]
    key = ("passage", tuple(wanted))
    passage = dialogue.memory.get(key)
    if not isinstance(passage, Passage):
        passage = dialogue.memory[key] = Passage([dialogue.readings[turn] for turn in wanted])
    found = closest(whole, passage)
    if found is None:
        return None
    variant, text, match = found
    phrase = compiled.variants[variant][0]
    return dialogue.hit(wanted[text], match.begin, match.end, phrase=phrase.text, closeness=match.closeness, category=phrase.category)


def _overlap(a: Match, b: Match) -> bool:
    return a.begin < b.end and b.begin < a.end


def _places(dialogue: Dialogue, phrases: tuple[Phrase, ...]) -> Places:
    """Every place of every phrase in the whole call, searched once and remembered."""
    if not phrases:
        return {}
    key = ("places", phrases)
    places = dialogue.memory.get(key)
    if not isinstance(places, dict):
        places = dialogue.memory[key] = _searched(dialogue, _compiled(phrases))
    return places


@dataclass(frozen=True, slots=True, eq=False)
class _Compiled:
    """Phrases ready to be searched for: the book of all their pieces, and each variant as a chain of pieces."""

    book: Phrasebook
    variants: tuple[tuple[Phrase, tuple[str, ...]], ...]
    chains: tuple[tuple[int, ...], ...]


@lru_cache(maxsize=1024)
def _compiled(phrases: tuple[Phrase, ...]) -> _Compiled:
    variants = tuple((phrase, pieces) for phrase in phrases for pieces in phrase.variants)
    book: dict[tuple[str, float], int] = {}
    chains = []
    for phrase, pieces in variants:
        wanted = [(piece, _at_least(phrase, _reading(piece))) for piece in pieces]
        chains.append(tuple(book.setdefault(one, len(book)) for one in wanted))
    return _Compiled(Phrasebook([_reading(piece) for piece, _ in book], [at_least for _, at_least in book]), variants, tuple(chains))


@lru_cache(maxsize=20_000)
def _reading(text: str) -> Reading:
    return read(text)


def _at_least(phrase: Phrase, reading: Reading) -> float:
    by_length = default_closeness(len(reading))
    return by_length if by_length >= 1.0 else 1.0 if phrase.exact else phrase.closeness or by_length


def _searched(dialogue: Dialogue, compiled: _Compiled) -> Places:
    matches: dict[int, dict[int, list[Match]]] = {}
    for piece, turn, match in spot(compiled.book, dialogue.passage):
        matches.setdefault(piece, {}).setdefault(turn, []).append(match)
    places: Places = {}
    for (phrase, _), chain in zip(compiled.variants, compiled.chains, strict=True):
        for turn, first in matches.get(chain[0], {}).items():
            for match in first:
                whole = _followed(match, [matches.get(piece, {}).get(turn, []) for piece in chain[1:]], phrase.gap)
                if whole:
                    places.setdefault(turn, []).append((phrase, whole))
    return places


def _followed(match: Match, pieces: Sequence[Sequence[Match]], gap: int) -> Match | None:
    """``match`` with the nearest place of each further piece behind it, at most ``gap`` characters apart."""
    for candidates in pieces:
        after = [other for other in candidates if match.end <= other.begin <= match.end + gap]
        if not after:
            return None
        nearest_one = min(after, key=lambda other: other.begin)
        match = Match(match.begin, nearest_one.end, min(match.closeness, nearest_one.closeness))
    return match
