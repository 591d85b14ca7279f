"""The sentences of turns: what repetition and meaning compare, because a whole turn says too many things at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from qa.calls import Heard, Hit
from qa.scoring.dialogue import Dialogue
from qa.text.normalize import normalize

#: A sentence longer than this many characters is taken apart at its commas too: recognisers rarely write full stops.
LONG = 24

_ENDS = re.compile(r"[。！？!?；;…\n]+")
_COMMAS = re.compile(r"[，,：:]+")


@dataclass(frozen=True, slots=True)
class Sentence:
    """Characters ``begin .. end`` of a turn's text, and the same normalised."""

    turn: int
    begin: int
    end: int
    text: str

    def hit(self, dialogue: Dialogue, *, phrase: str | None, closeness: float, category: str | None = None) -> Hit:
        """The sentence as evidence: its words as they were said, by whom and when."""
        return quoted(dialogue.heard, self.turn, self.begin, self.end, phrase=phrase, closeness=closeness, category=category)


def quoted(
    heard: Heard, turn: int, begin: int, end: int, *, phrase: str | None, closeness: float = 1.0, category: str | None = None
) -> Hit:
    """Characters ``begin .. end`` of a turn's own text as evidence: the words, by whom and when."""
    said = heard.turns[turn]
    start, stop = said.moment(begin, end)
    return Hit(
        role=said.role, text=said.text[begin:end], start=start, end=stop, phrase=phrase, closeness=closeness,
        turn=turn, span=(begin, end), category=category,
    )  # fmt: skip


def sentences(dialogue: Dialogue, turns: Iterable[int], characters: int = 1) -> list[Sentence]:
    """The sentences of these turns that have at least so many characters, punctuation and fillers not counted; in order.

    >>> from qa.calls import Heard, Roles, Turn
    >>> turns = (Turn(role="agent", text="嗯，好的。我帮您查一下，请稍等！"),)
    >>> dialogue = Dialogue.of(Heard(duration=None, channels=0, turns=turns, roles=Roles(method="manual", confidence=1.0)))
    >>> [(one.begin, one.end, one.text) for one in sentences(dialogue, [0])]
    [(0, 4, '好的'), (5, 15, '我帮您查一下请稍等')]
    """
    return [one for turn in turns for one in _of_turn(dialogue, turn) if len(one.text) >= characters]


def _of_turn(dialogue: Dialogue, turn: int) -> tuple[Sentence, ...]:
    key = ("sentences", turn)
    known = dialogue.memory.get(key)
    if not isinstance(known, tuple):
        text = dialogue.heard.turns[turn].text
        parts = [part for whole in split(text, 0, len(text), _ENDS) for part in _shortened(text, *whole)]
        known = tuple(Sentence(turn, begin, end, plain) for begin, end in parts if (plain := normalize(text[begin:end]).text))
        dialogue.memory[key] = known
    return known


def _shortened(text: str, begin: int, end: int) -> Iterator[tuple[int, int]]:
    yield from split(text, begin, end, _COMMAS) if end - begin > LONG else [(begin, end)]


def split(text: str, begin: int, end: int, marks: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """The stretches of ``text[begin:end]`` between the marks, empty ones left out."""
    reach = begin
    for mark in marks.finditer(text, begin, end):
        if mark.start() > reach:
            yield reach, mark.start()
        reach = mark.end()
    if end > reach:
        yield reach, end
