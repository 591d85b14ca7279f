"""Moments worth hearing again: for each agent and item the one that cost most, and the one that went best."""

from __future__ import annotations

from typing import NamedTuple

from qa.calls import Call, Finding, Hit


class Moment(NamedTuple):
    """A place in a call that is worth hearing again, good or bad, and what it cost or brought.

    A tuple, because one is made for most findings of every call and sent from process to process.
    """

    call_id: str
    agent_id: str
    criterion: str
    name: str
    outcome: str
    points: float
    max_points: float
    fatal: bool
    role: str | None  # who said ``text``; None where nobody did
    text: str | None
    start: float | None
    reason: str | None

    @property
    def lost(self) -> float:
        return self.max_points - self.points


class Moments:
    """The best and the worst moment of each agent and item: bounded by agents × items, whatever the number of calls."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str, str], tuple[tuple[float, float], Moment]] = {}

    def add(self, call: Call) -> None:
        for finding in call.verdict.findings:
            if finding.outcome not in ("met", "missed"):
                continue
            hit = next((hit for hit in finding.hits if hit.start is not None), None)
            if finding.outcome == "met" and (hit is None or hit.role != "agent"):
                continue  # nothing to listen to: a good record without a moment of its own
            moment = _moment(call, finding, hit)
            key = (moment.agent_id, moment.criterion, moment.outcome)
            worth = (moment.lost if moment.outcome == "missed" else moment.points, hit.closeness if hit else 0.0)
            self._keep(key, worth, moment)

    def extend(self, later: Moments) -> None:
        """Take in the moments of calls that come after these."""
        for key, (worth, moment) in later._kept.items():
            self._keep(key, worth, moment)

    def _keep(self, key: tuple[str, str, str], worth: tuple[float, float], moment: Moment) -> None:
        if key not in self._kept or worth > self._kept[key][0]:
            self._kept[key] = (worth, moment)

    def kept(self) -> tuple[Moment, ...]:
        return tuple(moment for _, moment in (self._kept[key] for key in sorted(self._kept)))


def _moment(call: Call, finding: Finding, hit: Hit | None) -> Moment:
    start = hit.start if hit else finding.searched.start if finding.searched else None
    return Moment(
        call_id=call.recording.call_id,
        agent_id=call.recording.agent_id,
        criterion=finding.criterion,
        name=finding.name,
        outcome=finding.outcome,
        points=finding.points,
        max_points=finding.max_points,
        fatal=finding.fatal,
        role=hit.role if hit and hit.turn is not None else None,
        text=hit.text if hit else None,
        start=start,
        reason=finding.reason,
    )
