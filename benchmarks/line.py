"""A telephone line for benchmarks: what it does to speech, and what sounds on it besides speech."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

RATE, LINE_RATE = 16_000, 8_000
PASS = (300.0, 3400.0)  # Hz


def telephone(sound: np.ndarray, snr: float, seed: int) -> np.ndarray:
    """Speech at 16 kHz as it comes out of a G.711 line: 300 to 3400 Hz, noise ``snr`` dB below it, A-law, 8 kHz and back.

    >>> telephone(np.sin(np.arange(16_000) / 8.0).astype(np.float32), 20.0, 1).shape
    (16000,)
    """
    spectrum = np.fft.rfft(sound)
    frequency = np.fft.rfftfreq(len(sound), 1 / RATE)
    spectrum[(frequency < PASS[0]) | (frequency > PASS[1])] = 0.0
    narrow = np.fft.irfft(spectrum, len(sound))
    level = float(np.sqrt(np.mean(np.square(narrow)))) + 1e-9
    noisy = narrow + level * 10 ** (-snr / 20) * np.random.default_rng(seed).standard_normal(len(narrow))
    noisy *= 0.1 / level  # -20 dBFS, as telephone speech is levelled
    coded = a_law(resampled(noisy, LINE_RATE, RATE))
    return resampled(coded, RATE, LINE_RATE, len(sound)).astype(np.float32)


def resampled(sound: np.ndarray, to: int, rate: int, length: int | None = None) -> np.ndarray:
    """Band-limited resampling in the frequency domain."""
    count = length or int(len(sound) * Fraction(to, rate))
    spectrum = np.fft.rfft(sound)
    wanted = np.zeros(count // 2 + 1, dtype=complex)
    shared = min(len(spectrum), len(wanted))
    wanted[:shared] = spectrum[:shared]
    return np.fft.irfft(wanted, count) * (count / len(sound))


def a_law(sound: np.ndarray) -> np.ndarray:
    """What eight bits of A-law keep of a sound (ITU-T G.711, A = 87.6)."""
    a = 87.6
    size = np.minimum(1.0, np.abs(sound))
    squeezed = np.where(size < 1 / a, a * size, 1 + np.log(np.maximum(a * size, 1.0))) / (1 + np.log(a))
    steps = np.round(squeezed * 127) / 127
    opened = np.where(steps < 1 / (1 + np.log(a)), steps * (1 + np.log(a)) / a, np.exp(steps * (1 + np.log(a)) - 1) / a)
    return np.sign(sound) * opened


def sounds_without_speech(seconds: float) -> dict[str, np.ndarray]:
    """What a recorder hears while nobody speaks, each so many seconds long: float32 at 16 kHz."""
    time = np.arange(int(seconds * RATE)) / RATE
    random = np.random.default_rng(11)
    white = random.standard_normal(len(time))
    return {
        "silence": np.zeros(len(time), dtype=np.float32),
        "faint hiss": (0.001 * white).astype(np.float32),
        "loud hiss": (0.05 * white).astype(np.float32),
        "mains hum": (0.05 * np.sin(2 * np.pi * 50 * time) + 0.02 * np.sin(2 * np.pi * 150 * time)).astype(np.float32),
        "ring-back": np.where(time % 5.0 < 1.0, 0.2 * np.sin(2 * np.pi * 450 * time), 0.0).astype(np.float32),
        "busy": np.where(time % 0.7 < 0.35, 0.2 * np.sin(2 * np.pi * 450 * time), 0.0).astype(np.float32),
        "DTMF": _keys(time, random),
        "crackle": np.where(random.random(len(time)) < 0.0005, 0.8 * np.sign(white), 0.0).astype(np.float32),
    }


def _keys(time: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Random keys, 0.1 s each, two a second."""
    number = (time / 0.5).astype(int)
    low = np.array([697, 770, 852, 941])[random.integers(0, 4, number[-1] + 1)][number]
    high = np.array([1209, 1336, 1477])[random.integers(0, 3, number[-1] + 1)][number]
    tones = 0.15 * (np.sin(2 * np.pi * low * time) + np.sin(2 * np.pi * high * time))
    return np.where(time % 0.5 < 0.1, tones, 0.0).astype(np.float32)
