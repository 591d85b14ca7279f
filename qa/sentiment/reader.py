"""Reading a call: every turn that may be the customer's, with what was said before it, as :class:`qa.calls.TurnSentiment`.

Each turn's numbers depend on that turn and its context alone: calls are never mixed in a batch, what sharing one
changes lies far below the digits that are kept, and the network runs on one thread. The same call gives the same bytes.
Words are weighed only where a complaint or a threat was found: each is left out in turn, and its weight is what the
log-odds lose.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from qa.calls import Turn, TurnSentiment
from qa.sentiment.model import Model, resolve
from qa.sentiment.network import Device, Network, load_network
from qa.sentiment.window import Stretch, stretches
from qa.text.normalize import Normalized, normalize
from qa.text.segment import words

DETECTED = 0.5  # the probability from which a complaint or threat has a kind, and its words are weighed
VERSION = 3  # of this module's arithmetic: part of what a reading depends on
_MOST_PARTS = 8  # a long turn's words are weighed in groups, so that no turn costs more than so many readings
_MOST_EVIDENCE = 5
_LEAST_WEIGHT = 0.3  # of log-odds: less is noise
Scores = npt.NDArray[np.float64]
Evidence = tuple[tuple[int, int, float], ...]  # begin, end, weight: see TurnSentiment


class Reader(Protocol):
    """What reads calls; ``fingerprint`` names everything its answers depend on, ``name`` is for people."""

    @property
    def name(self) -> str: ...

    @property
    def fingerprint(self) -> str: ...

    def read(self, turns: Sequence[Turn]) -> tuple[TurnSentiment, ...]:
        """One reading for every turn of the customer or of an unknown speaker in which anything is said, in order."""


def load(name: str = "builtin", device: Device = "auto", *, evidence: bool = True) -> ModelReader:
    """The reader with the model of that name, ready to read; by default on the GPU where there is one.

    >>> reader = load("builtin")
    >>> turns = (Turn(role="agent", text="您好，请讲。"), Turn(role="customer", text="你们就是这样对待顾客的吗？"))
    >>> [(reading.turn, reading.complaint > 0.5) for reading in reader.read(turns)]
    [(1, True)]

    Raises:
        ModelError: see :func:`qa.sentiment.model.resolve`; or :func:`qa.sentiment.network.load_network`.
    """
    model = resolve(name)
    return ModelReader(model, load_network(model, device), evidence=evidence)


class ModelReader:
    """Reads with a network; see :func:`load`."""

    def __init__(self, model: Model, network: Network, *, evidence: bool = True) -> None:
        self.model, self.evidence = model, evidence
        self._network = network

    @property
    def name(self) -> str:
        return self.model.name

    @property
    def fingerprint(self) -> str:
        return f"{self.model.fingerprint}-{VERSION}{'' if self.evidence else '-bare'}"

    def read(self, turns: Sequence[Turn]) -> tuple[TurnSentiment, ...]:
        """See :class:`Reader`; turns without words, and the agent's, have no reading."""
        normal = [normalize(turn.text) for turn in turns]
        parts = {i: stretches(turns, i, normal=normal) for i, turn in enumerate(turns) if turn.role != "agent"}
        scores = self._scores([stretch for own in parts.values() for stretch in own])
        found: list[_Found] = []
        at = 0
        for i, own in parts.items():
            if own:
                found.append(self._found(i, own, scores[at : at + len(own)]))
                at += len(own)
        evidence = self._evidence(found, normal)
        return tuple(self._reading(one, evidence.get(one.turn, ())) for one in found)

    def _scores(self, asked: Sequence[Stretch]) -> Scores:
        """Probabilities, a row a stretch and a column a label."""
        context = self.model.reads_context
        return self._network.scores([(stretch.text, stretch.context if context else "") for stretch in asked])

    def _found(self, index: int, own: Sequence[Stretch], scores: Scores) -> _Found:
        labels = self.model.labels
        threats = [_column(scores, place) for place in labels.threats.values()]
        threat = np.max(threats, axis=0) if threats else np.zeros(len(own))
        return _Found(index, own, scores, _column(scores, labels.complaint), threat)

    def _reading(self, found: _Found, evidence: Evidence) -> TurnSentiment:
        labels, scores = self.model.labels, found.scores
        lengths = np.array([len(stretch.text) for stretch in found.own], dtype=np.float64)
        feeling = _column(scores, labels.positive) - _column(scores, labels.negative)
        complaint, threat = float(found.complaint.max()), float(found.threat.max())
        return TurnSentiment(
            turn=found.turn,
            sentiment=round(float(feeling @ lengths / lengths.sum()), 2) + 0.0,
            complaint=round(complaint, 3),
            kind=_best(labels.kinds, scores[int(found.complaint.argmax())]) if complaint >= DETECTED else None,
            threat=round(threat, 3),
            threat_kind=_best(labels.threats, scores[int(found.threat.argmax())]) if threat >= DETECTED else None,
            evidence=evidence,
        )

    def _evidence(self, found: Sequence[_Found], normal: Sequence[Normalized]) -> dict[int, Evidence]:
        """By turn: what each group of words adds to the log-odds of what was found, the strongest of them in order of place."""
        asked = [one for one in found if self.evidence and max(one.complaint.max(), one.threat.max()) >= DETECTED]
        spans = {one.turn: _groups(words(one.worst.text)) for one in asked}
        without = self._scores([one.worst.without(begin, end) for one in asked for begin, end in spans[one.turn]])
        labels, result, at = self.model.labels, {}, 0
        columns = [place for place in (labels.complaint, *labels.threats.values()) if place is not None]
        for one in asked:
            own = spans[one.turn]
            scores = one.scores[one.most]
            seen = [place for place in columns if scores[place] >= DETECTED]
            weights = np.mean([_odds(scores[place]) - _odds(without[at : at + len(own), place]) for place in seen], axis=0)
            at += len(own)
            order = sorted(range(len(own)), key=lambda k: (-abs(weights[k]), k))[:_MOST_EVIDENCE]
            result[one.turn] = tuple(
                (*normal[one.turn].original(one.worst.begin + own[k][0], one.worst.begin + own[k][1]), round(float(weights[k]), 1))
                for k in sorted(order)
                if abs(weights[k]) >= _LEAST_WEIGHT
            )
        return result


@dataclass(frozen=True, slots=True)
class _Found:
    """A turn's stretches with their probabilities, a row a stretch."""

    turn: int
    own: Sequence[Stretch]
    scores: Scores
    complaint: Scores
    threat: Scores

    @property
    def most(self) -> int:
        """Which stretch complains or threatens most."""
        return int(np.argmax(np.maximum(self.complaint, self.threat)))

    @property
    def worst(self) -> Stretch:
        return self.own[self.most]


def _column(scores: Scores, place: int | None) -> Scores:
    return scores[:, place] if place is not None else np.zeros(len(scores))


def _best(places: Mapping[str, int], row: Scores) -> str | None:
    return max(places, key=lambda name: float(row[places[name]])) if places else None


def _odds(probability: Scores | np.float64) -> Scores:
    clipped = np.clip(probability, 1e-4, 1 - 1e-4)
    return np.asarray(np.log(clipped / (1 - clipped)), dtype=np.float64)


def _groups(found: Sequence[tuple[str, int, int]]) -> list[tuple[int, int]]:
    """Neighbouring words together, so that there are at most so many groups."""
    size = max(1, math.ceil(len(found) / _MOST_PARTS))
    return [(found[i][1], found[min(i + size, len(found)) - 1][2]) for i in range(0, len(found), size)]
