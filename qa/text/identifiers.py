"""What points to a person, found in what was said: kinds, places, and what a shown text has to hide of them.

Everything here works on the turns of a call joined by line breaks (:func:`joined`), because numbers are dictated over
several turns and a name is the answer to a question in the turn before.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal, get_args

Kind = Literal["phone", "id_card", "card", "passport", "plate", "email", "wechat", "qq", "address", "name", "secret", "order_number"]
KINDS: tuple[Kind, ...] = get_args(Kind)

#: How many places of a number stay readable, at its beginning and at its end, so that people can tell numbers apart.
READABLE: dict[Kind, tuple[int, int]] = {
    "phone": (3, 4),
    "id_card": (3, 4),
    "card": (4, 4),
    "passport": (1, 3),
    "plate": (2, 2),
    "wechat": (2, 2),
    "qq": (2, 2),
    "order_number": (4, 4),
}
_LEAST_HIDDEN = 3

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Identifier:
    """A place in one turn that points to a person.

    ``begin`` and ``end`` are characters of the turn's text as it stands; ``hidden`` are the spans within them that a
    shown text must not have. When it is said is told by the turn: ``heard.turns[one.turn].moment(one.begin, one.end)``, in seconds.
    A number dictated over several turns is several identifiers. ``confidence`` is 0..1: a
    right check digit 0.99, a shape alone 0.95, a number of the wrong length after a word that announces it 0.6.
    """

    kind: Kind
    turn: int
    begin: int
    end: int
    confidence: float
    hidden: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """The same in characters of the joined text, over turns where it is so said; ``places`` are the single characters' spans."""

    kind: Kind
    places: tuple[Span, ...]
    hidden: tuple[Span, ...]
    confidence: float
    digits: str = ""

    @property
    def begin(self) -> int:
        return self.places[0][0]

    @property
    def end(self) -> int:
        return self.places[-1][1]


class Joined:
    r"""The turns of a call as one text, and the way back.

    >>> whole = Joined(["您好", "我是张三"])
    >>> whole.text, whole.turn(3), whole.turn(1)
    ('您好\n我是张三', 1, 0)
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts
        # A line break inside a turn would part it in two.
        self.text = "\n".join(text.replace("\n", " ") if "\n" in text else text for text in texts)
        self.starts = [0, *accumulate(len(text) + 1 for text in texts[:-1])] if texts else []

    def turn(self, place: int) -> int:
        """The turn that a character of the joined text belongs to."""
        return bisect_right(self.starts, place) - 1

    def identifiers(self, found: Iterable[Found]) -> Iterator[Identifier]:
        """What was found, by turn, in the turns' own characters."""
        for one in found:
            by_turn: dict[int, list[Span]] = {}
            for place in one.places:
                by_turn.setdefault(self.turn(place[0]), []).append(place)
            for turn, places in by_turn.items():
                start = self.starts[turn]
                begin, end = places[0][0] - start, max(last for _, last in places) - start
                hidden = sorted({(a - start, b - start) for a, b in one.hidden if begin <= a - start < end})
                yield Identifier(one.kind, turn, begin, end, one.confidence, tuple(_merged(hidden)))


def hide(kind: Kind, places: Sequence[Span], *, known: int = 0, before: int = 0) -> tuple[Span, ...]:
    """The places of a number that must not be shown; ``known`` places in all, of which ``before`` come before these.

    >>> hide("phone", [(i, i + 1) for i in range(11)])
    ((3, 4), (4, 5), (5, 6), (6, 7))
    """
    total = known or len(places)
    head, tail = READABLE.get(kind, (0, 0))
    if kind == "phone" and total > 11:
        head += total - 11  # the country's code
    if total - head - tail < _LEAST_HIDDEN:
        head = tail = 0
    covered = [place for number, place in enumerate(places, start=before) if head <= number < total - tail]
    shown = {place for number, place in enumerate(places, start=before) if not head <= number < total - tail}
    # A character that stands for several digits (四个零) is hidden when one of them is.
    return tuple(dict.fromkeys(place for place in covered if place not in shown or place[1] - place[0] > 1))


def _merged(spans: Iterable[Span]) -> Iterator[Span]:
    last: Span | None = None
    for begin, end in spans:
        if last is not None and begin <= last[1]:
            last = last[0], max(end, last[1])
        else:
            if last is not None:
                yield last
            last = begin, end
    if last is not None:
        yield last
