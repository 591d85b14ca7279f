"""Texts laid one after the other as arrays, so that all are searched in one go."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from itertools import chain

import numpy as np
import numpy.typing as npt

from qa.text import syllables
from qa.text.readings import Reading, Sound

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

END: Sound = syllables.SEPARATOR


class _Numbers(dict[Sound, int]):
    """Sounds numbered in the order in which they are first met, so that what is known of them can stand in arrays."""

    def __init__(self) -> None:
        self._numbering = threading.Lock()
        self.sounds: list[Sound] = []

    def __missing__(self, sound: Sound) -> int:
        with self._numbering:
            if sound not in self:
                self.sounds.append(sound)
                self[sound] = len(self.sounds) - 1
        return self[sound]


_NUMBERS = _Numbers()


def sound_of(number: int) -> Sound:
    """The sound that has this number in :attr:`Passage.sounds`."""
    return _NUMBERS.sounds[number]


class Passage:
    """Several readings (the turns of a call) laid one after the other, with an end behind each.

    By syllable: ``sounds`` (a number for each, see :func:`sound_of`), ``text_of`` (which text it is of), ``begins`` and
    ``ends`` (characters of that text). By character of all texts, a line break behind each: ``characters`` (code points)
    and ``digits`` (whether it is one). ``text_starts``: where each text starts in those, and where they end.

    >>> from qa.text.readings import read
    >>> passage = Passage([read("您好"), read(""), read("24号")])
    >>> passage.text_of.tolist(), passage.begins[4:7].tolist(), passage.digits.nonzero()[0].tolist()
    ([0, 0, 0, 1, 2, 2, 2, 2, 2], [0, 1, 1], [4, 5])
    >>> part = passage.part([2])
    >>> part.text_of.tolist(), part.begins[:3].tolist(), part.digits.nonzero()[0].tolist(), len(part)
    ([0, 0, 0, 0, 0], [0, 1, 1], [0, 1], 5)
    """

    def __init__(self, readings: Sequence[Reading]) -> None:
        sounds = list(chain.from_iterable((*reading.sounds, END) for reading in readings))
        self.sounds: Ints = np.array(list(map(_NUMBERS.__getitem__, sounds)), dtype=np.int64)
        self._sizes: Ints = np.array([len(reading.sounds) + 1 for reading in readings], dtype=np.int64)
        self._lengths: Ints = np.array([len(reading.text) + 1 for reading in readings], dtype=np.int64)
        self._number()
        starts = np.cumsum(self._sizes) - self._sizes
        self.begins: Ints = np.arange(len(sounds)) - np.repeat(starts, self._sizes)
        self.ends: Ints = self.begins + 1
        for reading, start in zip(readings, starts.tolist(), strict=True):
            if not isinstance(reading.begins, range):  # numbers are not read a syllable a character
                self.begins[start : start + len(reading)] = reading.begins
                self.ends[start : start + len(reading)] = reading.ends
        joined = "".join([f"{reading.text}\n" for reading in readings])
        self.characters: Ints = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.int64)
        self.digits: Bools = np.isin(self.characters, [ord(character) for character in set(joined) if character.isdigit()])

    def __len__(self) -> int:
        return len(self.sounds)

    def part(self, texts: Sequence[int]) -> Passage:
        """These of the texts, given in their order."""
        chosen = np.zeros(len(self._sizes), dtype=np.bool_)
        chosen[np.array(texts, dtype=np.int64)] = True
        by_syllable, by_character = chosen[self.text_of], np.repeat(chosen, self._lengths)
        part = object.__new__(Passage)
        part._sizes, part._lengths = self._sizes[chosen], self._lengths[chosen]
        part._number()
        part.sounds, part.begins, part.ends = self.sounds[by_syllable], self.begins[by_syllable], self.ends[by_syllable]
        part.characters, part.digits = self.characters[by_character], self.digits[by_character]
        return part

    def _number(self) -> None:
        self.text_of: Ints = np.repeat(np.arange(len(self._sizes)), self._sizes)
        self.text_starts: Ints = np.append(0, np.cumsum(self._lengths))
