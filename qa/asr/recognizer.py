"""The small interface behind which a speech recogniser stands, and what it gives.

A recogniser gets *windows*: up to 30 s of one party's speech each, several turns in order with the pauses left
out, as float samples at 16 kHz. It gives a :class:`Transcript` for each, in the order of the windows, and the
answer to a window does not depend on which others it was asked about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from qa.calls import Seconds

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Spoken:
    """A word (in Chinese about one character) with the punctuation after it; times from the start of the window."""

    text: str
    start: Seconds
    end: Seconds
    probability: float


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was recognised in one window, and the recogniser's own doubts about it.

    ``avg_logprob`` is the mean log probability of the tokens, ``no_speech_prob`` the probability that nothing was
    said, ``compression_ratio`` that of the text under gzip (repetition compresses well).

    >>> Transcript((Spoken("您", 0.0, 0.2, 0.9), Spoken("好，", 0.2, 0.5, 0.8))).text
    '您好，'
    """

    words: tuple[Spoken, ...]
    avg_logprob: float = 0.0
    no_speech_prob: float = 0.0
    compression_ratio: float = 1.0

    @property
    def text(self) -> str:
        return "".join(word.text for word in self.words)


class Recognizer(Protocol):
    """Turns windows of speech into text with word times."""

    @property
    def name(self) -> str: ...

    @property
    def fingerprint(self) -> str:
        """What identifies the model to the byte."""
        ...

    def transcribe(self, windows: Sequence[np.ndarray]) -> list[Transcript]:
        """One transcript for each window of mono float32 samples at 16 kHz, at most 30 s long."""
        ...

    def again(self, windows: Sequence[np.ndarray]) -> list[Transcript]:
        """The same with all care, for windows whose first transcript is not believed; slow, and as reproducible."""
        ...
