"""Recordings as they should not be: an outcome for each that a user would accept."""

from __future__ import annotations

import tracemalloc
import wave
from pathlib import Path

import numpy as np
import pytest
from asr.sounds import RATE, Reciter, noise, recording

from qa.asr import speakers
from qa.asr.hearing import hear
from qa.calls import Heard, Recording
from qa.config import HearingSettings
from qa.errors import RecordingError
from qa.intake.audio import Audio, decode
from qa.timeline import Timeline

SAMPLES = Path(__file__).parent.parent.parent / "samples"
TEXT = "一二三四五六七八九十" * 6


@pytest.fixture(scope="module")
def channels() -> np.ndarray:
    with decode(SAMPLES / "8001_13800001000_20261117090000.wav") as audio:
        return np.stack([audio.window(0), audio.window(1)])


def heard(*sound: np.ndarray, agent_channel: int | None = 0) -> Heard:
    return hear(recording(*sound), Recording(call_id="c", content_hash="", agent_channel=agent_channel), Reciter(TEXT), HearingSettings())


def voices(one: Heard) -> list[Timeline]:
    return [Timeline(speech.intervals) for speech in one.speech]


def agreement(one: Heard, other: Heard) -> float:
    """The share of the time in which the voices of both agree, of the time in which either has a voice."""
    pairs = list(zip(voices(one), voices(other), strict=True))
    return sum((a & b).duration for a, b in pairs) / sum((a | b).duration for a, b in pairs)


def test_clipped(channels: np.ndarray) -> None:
    clean, clipped = heard(*channels), heard(*np.clip(channels * 20.0, -1.0, 1.0))
    assert {turn.role for turn in clipped.turns} == {"agent", "customer"}
    assert agreement(clean, clipped) > 0.85


def test_packet_loss_of_five_in_a_hundred(channels: np.ndarray) -> None:
    """Lost packets of 20 ms are silence; they neither cut turns to pieces nor make silences."""
    packets = channels.shape[1] // 320
    kept = np.random.default_rng(5).random(packets) >= 0.05
    lossy = channels[:, : packets * 320] * np.repeat(kept, 320)
    clean, lost = heard(*channels), heard(*lossy)
    assert agreement(clean, lost) > 0.9
    assert abs(len(lost.turns) - len(clean.turns)) <= 1


def test_one_silent_channel(channels: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    """Faint noise is on it: the file has two channels, on one of which nobody speaks."""
    one = heard(channels[0], noise(channels.shape[1] / RATE, 0.0005))
    assert {turn.role for turn in one.turns} == {"agent"}
    assert (one.parted, one.channels) == (True, 2)
    monkeypatch.setattr(speakers, "separate", lambda audio, channel, voice, threads: [voice])
    dead = heard(channels[0], np.zeros(channels.shape[1]))
    assert {turn.role for turn in dead.turns} == {"agent"}
    assert (dead.parted, dead.channels) == (False, 2)


@pytest.mark.parametrize("length", [0.01, 0.05, 0.2, 0.5])
def test_hardly_any_sound(channels: np.ndarray, length: float) -> None:
    begin = int(2.0 * RATE)
    one = heard(*channels[:, begin : begin + int(length * RATE)])
    assert len(one.turns) <= 1
    assert one.duration == pytest.approx(length, abs=0.01)


@pytest.mark.slow
def test_four_hours(channels: np.ndarray) -> None:
    """A line left open over night: quickly done, and in bounded memory (the samples themselves lie in a file)."""
    samples = np.zeros((2, 4 * 3600 * RATE), dtype=np.int16)
    talk = (channels * 32767).astype(np.int16)
    samples[:, : talk.shape[1]] = talk
    samples[:, -talk.shape[1] :] = talk
    audio = Audio(samples, codec="pcm_alaw", sample_rate=8000)
    tracemalloc.start()
    try:
        one = hear(audio, Recording(call_id="c", content_hash="", agent_channel=0), Reciter(TEXT), HearingSettings())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert one.duration == 14_400.0
    assert one.turns[0].start is not None
    assert one.turns[0].start < 60.0
    assert one.turns[-1].end is not None
    assert one.turns[-1].end > 14_300.0
    assert peak < 600e6


def test_the_same_recording_in_any_company_gives_the_same_bytes(channels: np.ndarray) -> None:
    first = repr(heard(*channels))
    heard(*channels[::-1])
    assert repr(heard(*channels)) == first


def test_three_channels_are_refused_with_the_next_step(channels: np.ndarray, tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "three.wav"), "wb") as file:
        file.setparams((3, 2, RATE, 0, "NONE", ""))
        file.writeframes((channels[[0, 1, 0], :RATE].T * 32767).astype("<i2").tobytes())
    with pytest.raises(RecordingError, match="3 个声道，只支持单声道和双声道"):
        decode(tmp_path / "three.wav")
