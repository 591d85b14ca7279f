"""What another rubric would change: two verdicts on each call, side by side, added up.

Verdicts come one pair at a time and are let go; what stays are counts, and the rows of the calls that change most.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from qa.calls import Finding, Outcome, Recording, RubricRef, Score, Verdict

Pair = tuple[Recording, Verdict, Verdict]  # before, after
#: From an outcome to an outcome; None where the sheet has no such criterion.
Step = tuple[Outcome | None, Outcome | None]

#: So many places are quoted for a changed item.
QUOTED = 2

#: So many changed calls are kept as rows; of more, those that change most.
KEPT = 500


class Ruled(Protocol):
    """The outcome of one criterion, as in a finding."""

    @property
    def criterion(self) -> str: ...
    @property
    def outcome(self) -> Outcome: ...


class Ruling(Protocol):
    """What a verdict comes to."""

    @property
    def score(self) -> Score: ...
    @property
    def findings(self) -> Sequence[Ruled]: ...


def same_result(before: Ruling, after: Ruling) -> bool:
    """Whether two verdicts come to the same: the score and every outcome; their reasons may differ in words."""
    return before.score == after.score and _outcomes(before) == _outcomes(after)


def _outcomes(verdict: Ruling) -> dict[str, Outcome]:
    """The outcomes that say something; a criterion that does not apply might as well not be on the sheet."""
    return {finding.criterion: finding.outcome for finding in verdict.findings if finding.outcome != "na"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Scores added up: of the calls that have one, their mean, and the share that passed. None without such calls."""

    calls: int = 0
    scored: int = 0
    total: float = 0.0
    passed: int = 0

    def plus(self, score: Score) -> Tally:
        """The same with one call more."""
        scored = score.scaled is not None
        return Tally(
            calls=self.calls + 1,
            scored=self.scored + scored,
            total=self.total + (score.scaled or 0.0),
            passed=self.passed + bool(score.passed),
        )

    @property
    def mean(self) -> float | None:
        return round(self.total / self.scored, 2) if self.scored else None

    @property
    def pass_rate(self) -> float | None:
        return round(self.passed / self.scored, 4) if self.scored else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemChange:
    """One criterion of one call whose outcome is another one, and ``why``: the words that the miss rests on (the new one, else
    the old one that is gone), or what was found to be missing; None where neither verdict says.
    """

    criterion: str
    name: str
    before: Outcome | None
    after: Outcome | None
    why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallChange:
    """A call whose score, band, pass or outcomes change."""

    call_id: str
    agent_id: str
    agent_name: str
    started_at: datetime | None
    before: Score
    after: Score
    items: tuple[ItemChange, ...]

    @property
    def difference(self) -> float:
        """Points of 100 won or lost; 0 where either score is missing."""
        return round(self.after.scaled - self.before.scaled, 2) if self.before.scaled is not None and self.after.scaled is not None else 0.0

    @property
    def turned(self) -> bool:
        """Whether somebody's result is another one: the band, or passed or not."""
        return (self.before.band, self.before.passed) != (self.after.band, self.after.passed)

    @property
    def rank(self) -> tuple[bool, bool, float, str]:
        """Passing and failing first, then bands, then by how far the score moves; the id parts equals."""
        return self.before.passed == self.after.passed, not self.turned, -abs(self.difference), self.call_id


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionChange:
    """How often each outcome of a criterion became which, and the points it took from all calls together."""

    criterion: str
    name: str
    steps: Mapping[Step, int]
    lost_before: float
    lost_after: float

    @property
    def moved(self) -> dict[Step, int]:
        """The outcomes that change, the most frequent first; not applying and not being on the sheet are the same."""
        moved = [(step, count) for step, count in self.steps.items() if _told(step)]
        return dict(sorted(moved, key=lambda one: (-one[1], str(one[0]))))

    @property
    def changed(self) -> int:
        """On how many calls its outcome changes."""
        return sum(self.moved.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentChange:
    """An agent's scores before and after."""

    agent_id: str
    agent_name: str
    before: Tally
    after: Tally

    @property
    def changed(self) -> bool:
        return (self.before.mean, self.before.pass_rate) != (self.after.mean, self.after.pass_rate)

    @property
    def difference(self) -> float:
        """By how much the mean score moves; 0 where either is missing."""
        before, after = self.before.mean, self.after.mean
        return round(after - before, 2) if before is not None and after is not None else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What changes when the stored calls are judged by ``after``; ``before`` are the rubrics that judged them, oldest call first.

    ``changed`` calls have another score or outcome, ``turned`` another band or pass. ``criteria`` and ``agents`` hold
    only those that change, the greatest change first; ``calls`` likewise, at most :data:`KEPT`.
    """

    before: tuple[RubricRef, ...]
    after: RubricRef | None
    total_before: Tally
    total_after: Tally
    changed: int
    turned: int
    newly_failed: int
    newly_passed: int
    criteria: tuple[CriterionChange, ...]
    agents: tuple[AgentChange, ...]
    calls: tuple[CallChange, ...]


def compare(pairs: Iterable[Pair], *, kept: int = KEPT) -> Comparison:
    """Add up what changes from the first to the second verdict of each pair. No pairs: nothing changes.

    >>> compare([]).changed
    0
    """
    sums = _Sums()
    calls: list[CallChange] = []
    for recording, before, after in pairs:
        change = sums.add(recording, before, after)
        if change:
            calls.append(change)
            if len(calls) >= 2 * kept:
                calls = sorted(calls, key=lambda call: call.rank)[:kept]
    agents = [agent for agent in sums.agents.values() if agent.changed]
    return Comparison(
        before=tuple(sums.before),
        after=sums.after,
        total_before=sums.total_before,
        total_after=sums.total_after,
        changed=sums.changed,
        turned=sums.turned,
        newly_failed=sums.newly_failed,
        newly_passed=sums.newly_passed,
        criteria=tuple(sums.criteria()),
        agents=tuple(sorted(agents, key=lambda one: (-abs(one.difference), one.agent_id))),
        calls=tuple(sorted(calls, key=lambda call: call.rank)[:kept]),
    )


@dataclass(slots=True)
class _Item:
    """A criterion, added up so far."""

    name: str
    steps: Counter[Step] = field(default_factory=Counter)
    lost_before: float = 0.0
    lost_after: float = 0.0


@dataclass(slots=True)
class _Sums:
    """What has been added up so far."""

    before: dict[RubricRef, None] = field(default_factory=dict)  # in order of first use
    after: RubricRef | None = None
    total_before: Tally = Tally()
    total_after: Tally = Tally()
    changed: int = 0
    turned: int = 0
    newly_failed: int = 0
    newly_passed: int = 0
    items: dict[str, _Item] = field(default_factory=dict)
    agents: dict[str, AgentChange] = field(default_factory=dict)

    def add(self, recording: Recording, before: Verdict, after: Verdict) -> CallChange | None:
        """Count a call; what changes of it, if anything does."""
        self.before.setdefault(before.rubric)
        self.after = after.rubric
        self.total_before, self.total_after = self.total_before.plus(before.score), self.total_after.plus(after.score)
        self._agent(recording, before.score, after.score)
        items = self._items(before, after)
        if same_result(before, after):
            return None
        change = CallChange(
            call_id=recording.call_id,
            agent_id=recording.agent_id,
            agent_name=recording.agent_name or "",
            started_at=recording.started_at,
            before=before.score,
            after=after.score,
            items=items,
        )
        self.changed += 1
        self.turned += change.turned
        self.newly_failed += after.score.passed is False and before.score.passed is not False
        self.newly_passed += after.score.passed is True and before.score.passed is not True
        return change

    def _agent(self, recording: Recording, before: Score, after: Score) -> None:
        known = self.agents.get(recording.agent_id)
        self.agents[recording.agent_id] = AgentChange(
            agent_id=recording.agent_id,
            agent_name=recording.agent_name or (known.agent_name if known else ""),
            before=(known.before if known else Tally()).plus(before),
            after=(known.after if known else Tally()).plus(after),
        )

    def _items(self, before: Verdict, after: Verdict) -> tuple[ItemChange, ...]:
        """Count every criterion of either sheet, in the order of the new one; those whose outcome changes."""
        earlier = {finding.criterion: finding for finding in before.findings}
        later = {finding.criterion: finding for finding in after.findings}
        changed = []
        for criterion, named in (later | {key: found for key, found in earlier.items() if key not in later}).items():
            old, new = earlier.get(criterion), later.get(criterion)
            outcomes: Step = (old.outcome if old else None, new.outcome if new else None)
            item = self.items.setdefault(criterion, _Item(named.name))
            item.steps[outcomes] += 1
            item.lost_before += _lost(old)
            item.lost_after += _lost(new)
            if _told(outcomes):
                change = ItemChange(criterion=criterion, name=named.name, before=outcomes[0], after=outcomes[1], why=_why(old, new))
                changed.append(change)
        return tuple(changed)

    def criteria(self) -> list[CriterionChange]:
        """The criteria that change, the greatest change first."""
        made = [
            CriterionChange(
                criterion=criterion,
                name=item.name,
                steps=dict(item.steps),
                lost_before=round(item.lost_before, 2),
                lost_after=round(item.lost_after, 2),
            )
            for criterion, item in self.items.items()
        ]
        changed = [one for one in made if one.changed or one.lost_before != one.lost_after]
        return sorted(changed, key=lambda one: (-one.changed, -abs(one.lost_after - one.lost_before), one.criterion))


def _lost(finding: Finding | None) -> float:
    return finding.lost if finding else 0.0


def _told(step: Step) -> bool:
    """Whether going from one outcome to the other is a change to tell of."""
    before, after = step
    return (before or "na") != (after or "na")


def _why(before: Finding | None, after: Finding | None) -> str | None:
    """What the change is about, in the words of the verdict that misses or doubts; else of the one that gained something."""
    if after and after.outcome == "na" and after.reason:
        return after.reason
    blaming = [found for found in (after, before) if found and found.outcome in ("missed", "unsure")]
    told = blaming or [found for found in (after, before) if found and found.outcome != "na"]
    for finding in [*told, *([after] if after else [])]:
        if finding.hits:
            quoted = "」「".join(hit.text for hit in finding.hits[:QUOTED])
            return f"「{quoted}」" + (f" 等 {len(finding.hits)} 处" if len(finding.hits) > QUOTED else "")
        if finding.reason:
            return finding.reason
    return None
