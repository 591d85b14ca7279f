"""Voices, music and tones are told apart on the audio alone."""

from __future__ import annotations

import numpy as np
import pytest
from asr.sounds import RATE, melody, noise, recording, ring_back, seconds, tone

from qa.asr.voice import Listening, is_leakage, listen, spans
from qa.calls import Event
from qa.timeline import Timeline


def heard(*channels: np.ndarray) -> Listening:
    return listen(recording(*channels))


@pytest.mark.parametrize(
    "sound",
    [np.zeros(5 * RATE), noise(12.0), noise(12.0, 0.2), np.zeros(int(0.2 * RATE)), np.zeros(1)],
    ids=["silence", "noise", "loud noise", "0.2 s", "one sample"],
)
def test_silence_and_noise_are_nothing(sound: np.ndarray) -> None:
    assert heard(sound) == Listening((0,), (Timeline(),))


def test_hold_music_is_an_event_and_no_voice() -> None:
    listening = heard(np.concatenate([noise(3.0, 0.002), melody(20.0), noise(3.0, 0.002)]))
    assert listening.voices == (Timeline(),)
    (event,) = listening.sounds
    assert (event.type, abs(event.start - 3.0) <= 0.5, abs(event.end - 23.0) <= 1.0) == ("music", True, True)


def test_ring_back_is_tones() -> None:
    assert heard(ring_back(3)) == Listening((0,), (Timeline(),), tuple(Event("tone", 5.0 * i, 5.0 * i + 1.0) for i in range(3)))


def test_keys_are_no_voice() -> None:
    keys = np.concatenate([np.concatenate([tone(0.1, 697, 1209), np.zeros(RATE // 10)]) for _ in range(10)])
    assert heard(keys).voices == (Timeline(),)


def test_music_of_both_channels_is_one_event() -> None:
    music = melody(12.0)
    listening = heard(music + noise(12.0, 0.001), np.concatenate([np.zeros(RATE), 0.5 * music]))
    assert [event.type for event in listening.sounds] == ["music"]


def test_two_channels_alike_are_one() -> None:
    sound = noise(4.0, 0.1)
    assert heard(sound, sound).channels == (0,)
    assert heard(sound, 0.3 * sound + noise(4.0, 0.001)[::-1]).channels == (0,)
    assert heard(sound, sound[::-1]).channels == (0, 1)


def test_a_dead_channel_is_left_out() -> None:
    assert heard(noise(2.0), np.zeros(2 * RATE)) == Listening((0,), (Timeline(),), dead=True)
    assert heard(np.zeros(2 * RATE), noise(2.0)) == Listening((1,), (Timeline(),), dead=True)
    assert heard(np.zeros(2 * RATE), np.zeros(2 * RATE)) == Listening((0,), (Timeline(),), dead=True)


def voice(seed: int, length: float = 1.0) -> np.ndarray:
    """Noise whose level rises and falls like syllables."""
    generator = np.random.default_rng(seed)
    return generator.standard_normal(int(length * RATE)) * np.interp(
        seconds(length), np.arange(0, length + 0.1, 0.1), generator.random(len(np.arange(0, length + 0.1, 0.1))) ** 2
    )


def test_a_faint_late_copy_is_leakage() -> None:
    other = 0.2 * voice(1)
    late = np.concatenate([np.zeros(RATE // 20), other[: -RATE // 20]])
    assert is_leakage(0.1 * late + noise(1.0, 0.0005), other)


def test_a_copy_changed_by_a_codec_is_known_by_its_shape() -> None:
    other = 0.2 * voice(1)
    envelope = np.abs(other).reshape(-1, 320).mean(axis=1).repeat(320)
    assert is_leakage(0.05 * envelope * np.random.default_rng(3).standard_normal(RATE), other)


def test_two_voices_at_once_are_no_leakage() -> None:
    assert not is_leakage(0.02 * voice(2), 0.2 * voice(1))  # a soft voice while the other one speaks
    assert not is_leakage(0.2 * voice(1), 0.02 * voice(1))  # the source of an echo
    assert not is_leakage(0.2 * voice(1), 0.2 * voice(1))


def test_short_pauses_do_not_part_and_clicks_do_not_count() -> None:
    probability = np.array([0.0] * 5 + [0.9] * 10 + [0.0] * 2 + [0.9] * 10 + [0.0] * 20 + [0.9] * 2 + [0.0] * 20)
    assert spans(probability) == [(0.11, 0.804)]


def test_speech_up_to_the_end_is_kept() -> None:
    assert spans(np.array([0.9] * 10)) == [(0.0, 0.26)]
