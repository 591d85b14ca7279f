"""When somebody speaks, per channel, and what else sounds: the base of turns and of every metric of time.

Voice activity is Silero's, as it comes with faster-whisper; around it stand the judgements that telephone
recordings need, each made on the audio and never on the words::

    channel 0   |--agent--|            |~~music~~~~~~~|   |--agent--|
    channel 1    ..leak...   |-customer-|                  ..leak...

* *leakage*: the other party's voice, faint and the same waveform (or the same rise and fall), is not a voice;
* *music and tones*: steady harmonic sound that Silero does not take for speech becomes an event;
* *twins*: a file whose two channels carry the same sound is one channel.

The thresholds were measured against the bounds of 313 scripted turns on two-channel telephone calls: nine in
ten turn bounds lie within 0.2 s, 97 % of the speech is covered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from qa.calls import Event, Seconds
from qa.intake.audio import SAMPLE_RATE as RATE
from qa.timeline import Timeline

if TYPE_CHECKING:
    from qa.intake.audio import Audio

FRAME = 512  # samples Silero judges at once
FRAME_SECONDS = FRAME / RATE
BLOCK = 600.0  # seconds held in memory at once
COMPARED = 60.0  # the same where both channels are needed
WARM_UP = 2.0  # seconds Silero hears again before each block, to be in the state it would have been in

BEGIN, CONTINUE = 0.25, 0.15  # probability at which a voice begins, and under which it ends
SHORTEST_PAUSE, SHORTEST_VOICE = 0.1, 0.1  # seconds
SURE, FLAT = 0.6, 0.25  # below this probability a stretch must not be as flat as noise (harmonic share; speech has over 0.4)
LEAD, TAIL = 0.05, -0.06  # Silero is late at the beginning and late at the end

LEAK_PIECE = 0.5  # seconds compared at a time
LEAK_QUIETER = 10.0  # dB under the other channel
LEAK_LAG = 0.2  # seconds an echo may be late
LEAK_SAME_WAVE = 0.25  # highest normalised cross-correlation of two independent voices is about 0.1
LEAK_SAME_SHAPE = 0.8  # correlation of levels, for echoes whose waveform a codec has changed
LEAK_MUCH_QUIETER = 15.0

SOUND_BLOCK = 0.5  # seconds
SOUND_LEVEL = -55.0  # dBFS; what is fainter is not heard on a telephone
SPECTRUM = 4096  # samples of a spectrum
HARMONIC = 0.75  # share of the energy in the strongest 5 % of the bins: noise 0.13, hold music 0.80 to 0.99
PURE = 0.95  # share of the energy in the strongest 8 bins of one or two sine tones
MUSIC_SHORTEST, TONE_SHORTEST, SOUND_COLLAR = 5.0, 1.0, 1.5  # seconds
TWIN_CORRELATION = 0.97
NOTHING = 2e-4  # highest sample of a stretch in which nothing at all was recorded (a few steps of 16 bits)
DEAD_LEVEL = -75.0  # dBFS of a channel on which nothing was recorded


@dataclass(frozen=True, slots=True)
class Listening:
    """When each channel carries its own party's voice, and the sounds that are no voice.

    ``voices`` has one timeline for each channel named in ``channels``: both of a two-channel file, or the one
    that stands for the file when it is mono, when both channels are alike, or when one of them is dead.
    """

    channels: tuple[int, ...]
    voices: tuple[Timeline, ...]
    sounds: tuple[Event, ...] = ()
    dead: bool = False  # of two channels one carries nothing


def listen(audio: Audio) -> Listening:
    """Find voices, music and tones of a recording; memory does not grow with its length beyond a few bytes a frame."""
    channels, dead = own_channels(audio)
    probabilities = [speech_probability(audio, channel) for channel in channels]
    voices = [Timeline(spans(probability)).crop(0.0, audio.duration) for probability in probabilities]
    sounds: list[Event] = []
    for position, channel in enumerate(channels):
        heard = non_speech(audio, channel, probabilities[position])
        voices[position] = without_noise(audio, channel, voices[position], probabilities[position])
        voices[position] = without_sounds(audio, channel, voices[position], heard, probabilities[position])
        sounds += heard
    if len(channels) == 2:
        voices = [without_leakage(audio, own, channels[position], channels[1 - position]) for position, own in enumerate(voices)]
    return Listening(channels, tuple(voices), tuple(union(sounds)), dead)


# ---- channels


def own_channels(audio: Audio) -> tuple[tuple[int, ...], bool]:
    """The channels that carry something of their own, and whether another one is dead.

    Two channels that are alike (correlation of the waveforms at least 0.97) are one; so are two of which one is
    dead. Both are then treated as a mono recording, in which two parties may share the channel.
    """
    if audio.channels < 2:
        return (0,), False
    products = np.zeros((2, 2))
    for start in np.arange(0.0, audio.duration, COMPARED):
        both = np.stack([audio.window(channel, start, start + COMPARED) for channel in (0, 1)]).astype(np.float64)
        products += both @ both.T
    samples = max(1.0, audio.duration * RATE)
    alive = [channel for channel in (0, 1) if decibels(products[channel, channel] / samples) > DEAD_LEVEL]
    if len(alive) < 2:
        return (alive[0] if alive else 0,), True
    correlation = products[0, 1] / np.sqrt(products[0, 0] * products[1, 1])
    return (0,) if correlation >= TWIN_CORRELATION else (0, 1), False


def decibels(power: float) -> float:
    """A mean square of samples in -1..1 as dBFS.

    >>> decibels(0.01)
    -20.0
    """
    return round(10.0 * float(np.log10(power + 1e-12)), 6)


# ---- voice activity


def speech_probability(audio: Audio, channel: int) -> np.ndarray:
    """Silero's probability of speech for each 32 ms of a channel."""
    from faster_whisper.vad import get_vad_model

    model = get_vad_model()
    found: list[np.ndarray] = []
    start = 0.0
    while start < audio.duration:
        warm_up = min(start, WARM_UP)
        samples = audio.window(channel, start - warm_up, min(start + BLOCK, audio.duration))
        if not len(samples):
            break
        padded = np.pad(samples, (0, -len(samples) % FRAME))
        frames = len(padded) // FRAME
        loud = float(np.abs(samples).max()) > NOTHING  # a line left open for hours need not be listened to
        probability = model(padded).reshape(-1) if loud else np.zeros(frames, dtype=np.float32)
        found.append(probability[round(warm_up / FRAME_SECONDS) :])
        start += BLOCK
    return np.concatenate(found) if found else np.zeros(0, dtype=np.float32)


def spans(probability: np.ndarray) -> list[tuple[Seconds, Seconds]]:
    """Intervals of voice from the probability of each frame, by two thresholds.

    >>> spans(np.array([0.0] * 10 + [0.9] * 10 + [0.2] * 2 + [0.0] * 10))
    [(0.27, 0.644)]
    """
    found: list[tuple[int, int]] = []
    begin: int | None = None
    quiet_since: int | None = None
    for frame, value in enumerate(probability.tolist()):
        if begin is None:
            begin = frame if value >= BEGIN else None
        elif value >= BEGIN:
            quiet_since = None
        elif value < CONTINUE:
            quiet_since = frame if quiet_since is None else quiet_since
            if (frame - quiet_since + 1) * FRAME_SECONDS >= SHORTEST_PAUSE:
                found.append((begin, quiet_since))
                begin = quiet_since = None
    if begin is not None:
        found.append((begin, len(probability) if quiet_since is None else quiet_since))
    return [
        (round(max(0.0, first * FRAME_SECONDS - LEAD), 4), round(last * FRAME_SECONDS + TAIL, 4))
        for first, last in found
        if (last - first) * FRAME_SECONDS >= SHORTEST_VOICE
    ]


def without_noise(audio: Audio, channel: int, voice: Timeline, probability: np.ndarray) -> Timeline:
    """The voice without stretches of which Silero is not sure and whose spectrum is as flat as noise."""
    kept = []
    for interval in voice:
        if frames_in(probability, interval.start, interval.end).max(initial=0.0) < SURE:
            middle, half = (interval.start + interval.end) / 2, max(interval.duration / 2, SOUND_BLOCK / 2)
            samples = audio.window(channel, max(0.0, middle - half), middle + half)
            if len(samples) >= SPECTRUM and harmonicity(samples)[0] < FLAT:
                continue
        kept.append((interval.start, interval.end))
    return Timeline(kept)


def frames_in(probability: np.ndarray, start: Seconds, end: Seconds) -> np.ndarray:
    """The frames of a stretch of time."""
    return probability[int(start / FRAME_SECONDS) : int(end / FRAME_SECONDS) + 1]


# ---- leakage of the other party


def without_leakage(audio: Audio, voice: Timeline, channel: int, other: int) -> Timeline:
    """The voice of a channel without what leaked into it from the other one."""
    leaked = []
    for interval in voice:
        if is_leakage(audio.window(channel, interval.start, interval.end), audio.window(other, interval.start, interval.end)):
            leaked.append((interval.start, interval.end))
            continue
        pieces = max(1, round(interval.duration / LEAK_PIECE))
        edges = np.linspace(interval.start, interval.end, pieces + 1)
        for start, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
            if is_leakage(audio.window(channel, start, end), audio.window(other, start, end)):
                leaked.append((start, end))
    kept = voice - Timeline(leaked)
    # what is left of a leaked interval at its edges is no utterance
    fragments = Timeline(leaked).merge(0.0)
    return Timeline(
        (i.start, i.end)
        for i in kept
        if i.duration >= 0.3 or not any(i.start <= f.end + 0.01 and f.start - 0.01 <= i.end for f in fragments)
    )


def is_leakage(own: np.ndarray, other: np.ndarray) -> bool:
    """Whether one channel carries at this moment only a faint copy of the other.

    It must be at least 10 dB quieter and be the same wave, late by up to 0.2 s; or at least 15 dB quieter and rise
    and fall with the other. Two people speaking at once do neither.
    """
    if min(len(own), len(other)) < RATE // 20:
        return False
    quieter = decibels(float(np.mean(np.square(other)))) - decibels(float(np.mean(np.square(own))))
    if quieter < LEAK_QUIETER:
        return False
    if same_wave(own, other) >= LEAK_SAME_WAVE:
        return True
    return quieter >= LEAK_MUCH_QUIETER and same_shape(own, other) >= LEAK_SAME_SHAPE


def same_wave(one: np.ndarray, other: np.ndarray) -> float:
    """Highest normalised cross-correlation within the lag of an echo."""
    a, b = one - one.mean(), other - other.mean()
    size = 1 << (len(a) + len(b) - 1).bit_length()
    product = np.fft.irfft(np.fft.rfft(a, size) * np.conj(np.fft.rfft(b, size)), size)
    lag = int(LEAK_LAG * RATE)
    strength = max(float(np.abs(product[: lag + 1]).max()), float(np.abs(product[-lag:]).max()))
    return strength / float(np.sqrt(np.square(a).sum() * np.square(b).sum()) + 1e-9)


def same_shape(one: np.ndarray, other: np.ndarray) -> float:
    """Correlation of the levels of 20 ms frames."""
    step = RATE // 50
    levels = [np.log10(np.square(x[: len(x) // step * step].reshape(-1, step)).mean(axis=1) + 1e-9) for x in (one, other)]
    if len(levels[0]) < 15 or min(float(level.std()) for level in levels) < 1e-3:
        return 0.0
    return float(np.corrcoef(levels[0], levels[1])[0, 1])


# ---- music and tones


def non_speech(audio: Audio, channel: int, probability: np.ndarray) -> list[Event]:
    """Music (5 s and longer) and tones (ring-back, busy, keys) of a channel, bounds to half a second."""
    size = int(SOUND_BLOCK * RATE)
    harmonic: list[tuple[float, float]] = []  # start of a block, and the frequency of its tone (0.0: not one pure tone)
    for index in range(int(audio.duration / SOUND_BLOCK)):
        start = index * SOUND_BLOCK
        frames = probability[int(start / FRAME_SECONDS) : int((start + SOUND_BLOCK) / FRAME_SECONDS)]
        if len(frames) and float(np.sort(frames)[-3:].mean()) >= 0.5:
            continue
        block = audio.window(channel, start, start + SOUND_BLOCK)
        if len(block) < size or decibels(float(np.mean(np.square(block)))) < SOUND_LEVEL:
            continue
        share, tone = harmonicity(block)
        if share >= HARMONIC:
            harmonic.append((start, tone))
    found: list[Event] = []
    for run in Timeline((start, start + SOUND_BLOCK) for start, _ in harmonic).merge(SOUND_COLLAR):
        inside = [tone for start, tone in harmonic if run.start <= start < run.end]
        one_tone = min(inside) > 0.0 and max(inside) - min(inside) <= 10.0
        filled = len(inside) * SOUND_BLOCK / run.duration
        kind: Literal["music", "tone"] | None = None
        if one_tone and run.duration >= TONE_SHORTEST:
            kind = "tone"
        elif run.duration >= MUSIC_SHORTEST and filled >= 0.6:
            kind = "music"
        if kind:
            found.append(Event(kind, round(run.start, 2), round(run.end, 2)))
    return found


def harmonicity(block: np.ndarray) -> tuple[float, float]:
    """How much of the energy (150 to 3600 Hz) lies in the strongest 5 % of the bins; and the frequency of a pure tone.

    The frequency is 0.0 unless one or two sine tones make up the block.

    >>> seconds = np.arange(8000) / 16000
    >>> share, tone = harmonicity(np.sin(2 * np.pi * 450 * seconds))
    >>> share > 0.99, round(tone)
    (True, 449)
    """
    length = SPECTRUM
    starts = range(0, len(block) - length + 1, 1952)
    spectra = [np.square(np.abs(np.fft.rfft(block[start : start + length] * np.hanning(length)))) for start in starts]
    spectrum: np.ndarray[Any, np.dtype[np.float64]] = np.mean(spectra, axis=0)
    low, high = 150 * length // RATE, 3600 * length // RATE
    band = spectrum[low:high]
    ordered = np.sort(band)[::-1]
    total = float(ordered.sum()) + 1e-12
    pure = float(ordered[:8].sum()) / total >= PURE
    return float(ordered[: len(ordered) // 20].sum()) / total, (low + int(band.argmax())) * RATE / length if pure else 0.0


def without_sounds(audio: Audio, channel: int, voice: Timeline, sounds: list[Event], probability: np.ndarray) -> Timeline:
    """The voice without what Silero took for speech inside music or where music sets in; clear speech over music stays."""
    kept = []
    for interval in voice:
        frames = frames_in(probability, interval.start, interval.end)
        clear = interval.duration >= 0.6 and float((frames >= 0.7).mean()) >= 0.6
        inside = sum(interval.overlap(sound.start, sound.end) for sound in sounds) / interval.duration
        beside = any(interval.overlap(sound.start - 0.6, sound.end + 0.6) > 0 for sound in sounds)
        if not clear and (inside >= 0.5 or (beside and _harmonic(audio.window(channel, interval.start, interval.end)))):
            continue
        kept.append((interval.start, interval.end))
    return Timeline(kept)


def _harmonic(samples: np.ndarray) -> bool:
    return len(samples) >= SPECTRUM and harmonicity(samples)[0] >= HARMONIC


def union(sounds: list[Event]) -> list[Event]:
    """The sounds of both channels as one list: hold music is played to one party and often heard on both."""
    found = []
    for kind in ("music", "tone"):
        for interval in Timeline((sound.start, sound.end) for sound in sounds if sound.type == kind):
            found.append(Event("music" if kind == "music" else "tone", interval.start, interval.end))
    return sorted(found, key=lambda event: (event.start, event.end, event.type))
