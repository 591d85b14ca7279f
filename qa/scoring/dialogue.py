"""A call prepared once for all the rules that look into its words."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import accumulate

import numpy as np

from qa.calls import Heard, Hit, Role, Seconds
from qa.scoring.vocabulary import Said, Vocabulary
from qa.text.normalize import Normalized, normalize_all
from qa.text.passage import Bools
from qa.text.sound import Passage, Reading, read


class Dialogue:
    """The turns of a call, each in its normalised form and as syllables.

    Rules find spans of normalised text; :meth:`hit` turns such a span into evidence: the original words, who said
    them and when. What one rule has searched for is remembered for the next (:attr:`memory`).

    >>> from qa.calls import Roles, Turn
    >>> turns = (Turn(role="agent", text="您好，请讲。", start=1.0, end=2.2),)
    >>> dialogue = Dialogue.of(Heard(duration=9.0, channels=1, turns=turns, roles=Roles(method="manual", confidence=1.0)))
    >>> dialogue.normals[0].text
    '您好请讲'
    >>> dialogue.hit(0, 2, 4, phrase="请讲", closeness=1.0)
    Hit(role='agent', text='请讲', start=1.6, end=2.0, phrase='请讲', closeness=1.0, turn=0, span=(3, 5), category=None)
    """

    def __init__(
        self, heard: Heard, normals: Sequence[Normalized], readings: Sequence[Reading], vocabulary: Vocabulary | None = None
    ) -> None:
        self.heard = heard
        self.normals = tuple(normals)
        self.readings = tuple(readings)
        self.vocabulary = vocabulary
        self.memory: dict[object, object] = {}
        self._word_ends: dict[int, list[int]] = {}
        self._said: dict[int, tuple[Vocabulary, Said]] = {}  # by identity, which is theirs as long as they are held here

    @classmethod
    def of(cls, heard: Heard, vocabulary: Vocabulary | None = None) -> Dialogue:
        """Normalise and read every turn of the call; a call without turns gives an empty dialogue.

        Phrases of the ``vocabulary`` are searched for all at once, others set by set; what is found is the same.
        """
        normals = normalize_all([turn.text for turn in heard.turns])
        return cls(heard, normals, [read(normal.text) for normal in normals], vocabulary)

    def __len__(self) -> int:
        return len(self.normals)

    @cached_property
    def passage(self) -> Passage:
        """All turns to be searched in one go; text ``i`` is turn ``i``."""
        return Passage(self.readings)

    def said(self, vocabulary: Vocabulary) -> Said:
        """Where the phrases of a vocabulary are said in the call, searched once and remembered."""
        kept = self._said.get(id(vocabulary))
        if kept is None:
            kept = self._said[id(vocabulary)] = vocabulary, vocabulary.search(self.passage)
        return kept[1]

    def mask(self, turns: Iterable[int]) -> Bools:
        """Which turns these are, as flags."""
        key = "mask", tuple(turns)
        mask = self.memory.get(key)
        if not isinstance(mask, np.ndarray):
            mask = self.memory[key] = np.zeros(len(self), dtype=np.bool_)
            mask[list(key[1])] = True
        return mask

    def turns_of(self, *roles: Role) -> tuple[int, ...]:
        """The indices of the turns of these roles, in order."""
        return tuple(i for i, turn in enumerate(self.heard.turns) if turn.role in roles)

    def hit(self, turn: int, begin: int, end: int, *, phrase: str | None, closeness: float, category: str | None = None) -> Hit:
        """Evidence for ``normals[turn].text[begin:end]``: original words and span, role and times."""
        said = self.heard.turns[turn]
        first, last = self.normals[turn].original(begin, end)
        start, stop = self._moment(turn, first, last)
        return Hit(
            role=said.role, text=said.text[first:last], start=start, end=stop, phrase=phrase, closeness=closeness,
            turn=turn, span=(first, last), category=category,
        )  # fmt: skip

    def _moment(self, turn: int, begin: int, end: int) -> tuple[Seconds | None, Seconds | None]:
        """As :meth:`qa.calls.Turn.moment`, without going through the words of the turn for every hit."""
        said = self.heard.turns[turn]
        ends = self._word_ends.get(turn)
        if ends is None:
            ends = self._word_ends[turn] = list(accumulate([len(word.text) for word in said.words]))
        first, last = bisect_right(ends, begin), bisect_left(ends, end)
        if first < len(ends) and begin < end:
            return said.words[first].start, said.words[min(last, len(ends) - 1)].end
        return said.moment(begin, end)
