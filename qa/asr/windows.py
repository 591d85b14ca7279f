"""Windows: what is decoded together, and the way back from a window's times to the recording's.

Whisper hears better with context: several turns of one party, in order and without the pauses, make a window;
measured on telephone calls, one turn a window has half as many errors again. A window keeps where each of its
pieces came from, so that a word's time in the window is a time in the recording::

    recording   |-turn 1-|          |--turn 2--|      |-turn 3-|
    window      |-turn 1-|--turn 2--|-turn 3-|
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from qa.asr.confidence import calibrated
from qa.asr.recognizer import Spoken
from qa.calls import Seconds, Word
from qa.timeline import Interval

if TYPE_CHECKING:
    from qa.intake.audio import Audio

MARGIN = 0.2  # seconds of the recording kept on both sides of a turn, so that no consonant is cut off
SHARED_MARGIN = 0.5  # the same where two voices follow one another: the pause between them helps to tell them apart
NEAR_END = 0.06  # seconds before the end of a word at which it is surely still being said
LONGEST = 28.0  # seconds of a window; Whisper takes 30
TOLERANCE = 1e-6  # seconds lost or won in adding


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the recording inside a window; ``turn`` indexes the turns that were packed."""

    turn: int
    start: Seconds
    end: Seconds


@dataclass(frozen=True, slots=True)
class Window:
    """Pieces of one channel, in order, heard without the pauses between them."""

    channel: int
    pieces: tuple[Piece, ...]

    @property
    def duration(self) -> Seconds:
        return sum(piece.end - piece.start for piece in self.pieces)

    def samples(self, audio: Audio) -> np.ndarray:
        """The sound of the window: float32 at 16 kHz."""
        return np.concatenate([audio.window(self.channel, piece.start, piece.end) for piece in self.pieces])

    def locate(self, moment: Seconds) -> tuple[Piece, Seconds]:
        """The piece in which a moment of the window lies, and the moment in the recording.

        >>> Window(0, (Piece(0, 1.0, 3.0), Piece(1, 8.0, 9.0))).locate(2.5)
        (Piece(turn=1, start=8.0, end=9.0), 8.5)
        """
        passed = 0.0
        for piece in self.pieces:
            length = piece.end - piece.start
            if moment < passed + length or piece is self.pieces[-1]:
                return piece, round(min(piece.start + moment - passed, piece.end), 4)
            passed += length
        raise ValueError("a window without pieces")


def pack(
    turns: Sequence[tuple[int, Interval]],
    channel: int,
    duration: Seconds,
    longest: Seconds = LONGEST,
    *,
    margin: Seconds = MARGIN,
    only: Collection[int] | None = None,
) -> list[Window]:
    """The fewest windows of at most ``longest`` seconds for the (numbered) turns of one channel in order, as equal in length as can be.

    With ``only`` the windows hold none but these turns, and their margins still do not reach into the others.

    Equal lengths rather than full windows and a short rest: a rest has little context and is heard badly, and the
    recogniser's work grows faster than a window's length. A turn longer than a window is cut.

    >>> turns = [(0, Interval(0.5, 12.5)), (1, Interval(14.0, 24.0)), (2, Interval(30.0, 40.0))]
    >>> [round(window.duration, 1) for window in pack(turns, 0, 60.0)]
    [12.4, 20.8]
    """
    wanted = [piece for piece in _with_margins(turns, duration, margin) if only is None or piece.turn in only]
    pieces = [part for piece in wanted for part in _parts(piece, longest)]
    best: list[tuple[int, float, int]] = [(0, 0.0, 0)]  # for the first so many pieces: windows, sum of squared lengths, begin of the last
    for end in range(1, len(pieces) + 1):
        length = 0.0
        choices = []
        for begin in range(end - 1, -1, -1):
            length += pieces[begin].end - pieces[begin].start
            if length > longest + TOLERANCE:
                break
            count, squares, _ = best[begin]
            choices.append((count + 1, round(squares + length**2, 6), begin))
        best.append(min(choices))
    windows: list[Window] = []
    end = len(pieces)
    while end:
        begin = best[end][2]
        windows.append(Window(channel, tuple(pieces[begin:end])))
        end = begin
    return windows[::-1]


def _with_margins(turns: Sequence[tuple[int, Interval]], duration: Seconds, margin: Seconds) -> list[Piece]:
    """Each turn with its margins; between near neighbours the pause is shared."""
    pieces = []
    for position, (number, turn) in enumerate(turns):
        earliest = (turns[position - 1][1].end + turn.start) / 2 if position else 0.0
        latest = (turn.end + turns[position + 1][1].start) / 2 if position + 1 < len(turns) else duration
        pieces.append(Piece(number, round(max(turn.start - margin, earliest), 4), round(min(turn.end + margin, latest), 4)))
    return pieces


def _parts(piece: Piece, longest: Seconds) -> list[Piece]:
    count = int(np.ceil((piece.end - piece.start) / longest - 1e-9))
    edges = np.linspace(piece.start, piece.end, max(1, count) + 1).round(4).tolist()
    return [Piece(piece.turn, start, end) for start, end in itertools.pairwise(edges)]


def placed(window: Window, spoken: Sequence[Spoken], turns: Sequence[Interval]) -> list[tuple[int, Word]]:
    """For each word of a window the turn it was said in, and the word with its times in the recording.

    A word belongs to the turn in which its end lies, never to one before its predecessor's; its times are kept
    within the turn's. Its confidence is :func:`qa.asr.confidence.calibrated`.
    """
    found: list[tuple[int, Word]] = []
    reached = window.pieces[0].turn
    for word in spoken:
        # the end says it: a word after a pause begins, for Whisper's attention, where the word before it ended
        reached = max(reached, window.locate(max(word.start, word.end - NEAR_END))[0].turn)
        turn = turns[reached]
        start = min(max(window.locate(word.start)[1], turn.start), turn.end)
        end = min(max(window.locate(word.end)[1], start), turn.end)
        found.append((reached, Word(word.text, round(start, 2), round(end, 2), calibrated(word.probability))))
    return found
