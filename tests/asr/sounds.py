"""Sounds made for the tests: what is on a telephone line besides speech, and a recogniser without a model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qa.asr.recognizer import Spoken, Transcript
from qa.intake.audio import Audio

RATE = 16_000


def seconds(length: float) -> np.ndarray:
    return np.arange(int(length * RATE)) / RATE


def noise(length: float, level: float = 0.01) -> np.ndarray:
    return level * np.random.default_rng(7).standard_normal(int(length * RATE))


def tone(length: float, *frequencies: float) -> np.ndarray:
    return sum((0.2 * np.sin(2 * np.pi * f * seconds(length)) for f in frequencies), np.zeros(int(length * RATE)))


def ring_back(times: int) -> np.ndarray:
    """Chinese ring-back: 450 Hz, one second on, four off."""
    return np.concatenate([np.concatenate([tone(1.0, 450), np.zeros(4 * RATE)]) for _ in range(times)])


def melody(length: float) -> np.ndarray:
    """Hold music: chords that change twice a second, each with harmonics and a decay."""
    chords = [(262, 330, 392), (220, 262, 330), (175, 220, 262), (196, 247, 294)]
    notes = []
    for beat in range(int(length * 2)):
        decay = np.exp(-2.0 * seconds(0.5))
        notes.append(decay * sum(tone(0.5, f, 2 * f, 3 * f) for f in chords[beat // 2 % 4]) / 4)
    return np.concatenate(notes)


def recording(*channels: np.ndarray) -> Audio:
    longest = max(len(channel) for channel in channels)
    padded = [np.pad(channel, (0, longest - len(channel))) for channel in channels]
    return Audio((np.clip(np.stack(padded), -1, 1) * 32767).astype(np.int16), codec="pcm_s16le", sample_rate=8000)


class Reciter:
    """A recogniser that says the same characters in every window, evenly spread over it."""

    name, fingerprint = "reciter", "0123456789abcdef0123"

    def __init__(self, text: str) -> None:
        self.text = text
        self.asked: list[float] = []

    def transcribe(self, windows: Sequence[np.ndarray]) -> list[Transcript]:
        self.asked += [round(len(window) / RATE, 2) for window in windows]
        return [self.recite(len(window) / RATE) for window in windows]

    def again(self, windows: Sequence[np.ndarray]) -> list[Transcript]:
        return self.transcribe(windows)

    def recite(self, length: float) -> Transcript:
        step = length / len(self.text)
        return Transcript(
            tuple(Spoken(c, round(i * step, 3), round((i + 1) * step, 3), 0.8) for i, c in enumerate(self.text)), -0.2, 0.0, 1.0
        )
