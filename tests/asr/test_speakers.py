"""Pieces of voice are shared out between the speakers; voices are linked between parts of a long recording."""

from __future__ import annotations

import numpy as np
import pytest
from asr.sounds import RATE, recording
from hypothesis import given
from hypothesis import strategies as st

from qa.asr import speakers
from qa.asr.speakers import cluster, link, pieces, separate, unit
from qa.timeline import Timeline

HIGH, LOW = np.array([1.0, 0.1, 0.0]), np.array([0.1, 1.0, 0.0])


def said_by(*voices: np.ndarray, spread: float = 0.1) -> np.ndarray:
    """Voiceprints of pieces that these voices spoke in turn."""
    return unit(np.stack(voices) + spread * np.random.default_rng(3).standard_normal((len(voices), 3)))


@given(st.lists(st.tuples(st.floats(0.1, 3.0), st.floats(0.1, 40.0)), max_size=12))
def test_pieces_cover_the_voice_and_none_is_long(steps: list[tuple[float, float]]) -> None:
    pairs, moment = [], 0.0
    for gap, length in steps:
        pairs.append((round(moment + gap, 2), round(moment + gap + length, 2)))
        moment += gap + length
    voice = Timeline(pairs)
    cut = pieces(voice)
    assert Timeline(cut) == voice
    assert cut == sorted(cut)
    assert max((end - start for start, end in cut), default=0.0) <= 1.25 * speakers.PIECE + 1e-3


def test_two_voices_are_told_apart_whoever_speaks_when() -> None:
    order = [HIGH, LOW, LOW, HIGH, HIGH, LOW, HIGH, LOW, LOW, LOW, HIGH, HIGH, LOW, HIGH]
    labels = cluster(said_by(*order), np.ones(len(order)))
    assert len(set(labels.tolist())) == 2
    assert [label == labels[0] for label in labels] == [voice is HIGH for voice in order]


def test_one_voice_stays_one_and_too_few_pieces_are_not_parted() -> None:
    assert set(cluster(said_by(*[HIGH] * 20), np.ones(20)).tolist()) == {0}
    assert cluster(said_by(HIGH, LOW, HIGH), np.ones(3)).tolist() == [0, 0, 0]


def test_voices_are_numbered_alike_in_every_part() -> None:
    known: list[np.ndarray] = []
    assert link(known, {0: HIGH, 1: LOW}) == {0: 0, 1: 1}
    assert link(known, {0: LOW, 1: HIGH}) == {0: 1, 1: 0}
    assert link(known, {0: LOW}) == {0: 1}
    assert len(known) == 2


def test_a_voice_that_comes_later_is_learnt() -> None:
    known: list[np.ndarray] = []
    assert link(known, {0: HIGH}) == {0: 0}
    assert link(known, {0: LOW, 1: HIGH}) == {0: 1, 1: 0}


def test_a_long_recording_is_parted_in_parts_with_the_same_voices(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sound of a piece is its voice: its first sample says whose."""
    monkeypatch.setattr(speakers, "PART", 60.0)
    monkeypatch.setattr(speakers, "REST", 10.0)
    monkeypatch.setattr(speakers, "embed", lambda sounds, threads: said_by(*[HIGH if sound[0] > 0 else LOW for sound in sounds]))
    turns = [(2.0 * i, 2.0 * i + 1.2) for i in range(70)]
    first = [turn for i, turn in enumerate(turns) if i % 3]
    second = [turn for i, turn in enumerate(turns) if i % 3 == 0]
    samples = np.full(140 * RATE, -0.5)
    for start, end in first:
        samples[int(start * RATE) : int(end * RATE)] = 0.5
    assert separate(recording(samples), 0, Timeline(turns), 1) == [Timeline(second), Timeline(first)]


def test_no_voice_no_parties() -> None:
    assert separate(recording(np.zeros(RATE)), 0, Timeline(), 1) == []
