"""What a person should look at: complaints with how they were handled, and for every flagged call where to begin.

Kept while the calls stream by: a few hundred bytes for each call that is flagged, nothing for the others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from qa.calls import Call, Finding, Hit, Outcome, Role, Seconds, Sentiment
from qa.config import ComplaintSettings

_QUOTES = 3
_LONGEST = 120


@dataclass(frozen=True, slots=True)
class Place:
    """Where to begin listening, and what for.

    ``role`` is None where nobody said ``text``; ``marks`` are the telling characters of it, ``turn`` the number of its turn.
    """

    start: Seconds | None
    role: Role | None
    text: str
    name: str
    marks: tuple[tuple[int, int], ...] = ()
    turn: int | None = None

    def pieces(self) -> list[tuple[str, bool]]:
        """The text cut at its marks: (piece, whether it is marked).

        >>> Place(1.0, "customer", "我要投诉你们", "", ((2, 4),)).pieces()
        [('我要', False), ('投诉', True), ('你们', False)]
        """
        cuts = sorted({0, len(self.text), *(cut for mark in self.marks for cut in mark)})
        return [(self.text[begin:end], any(a <= begin and end <= b for a, b in self.marks)) for begin, end in pairwise(cuts)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """One thing that an agent owes a customer who complains, and whether it was done."""

    criterion: str
    name: str
    outcome: Outcome
    place: Place | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A complaint as a queue needs it: how grave, by when, the customer's sentences, what the agent did about it.

    ``respond_by`` and ``close_by`` are None where it is not known when the call was. ``earlier`` are calls of the same
    customer shortly before it, the latest first, and ``complained_before`` how many of them were complaints, too.
    """

    call_id: str
    agent_id: str
    agent_name: str
    team: str
    started_at: datetime | None
    score: float | None
    passed: bool | None
    probability: float
    threat: bool
    threats: tuple[str, ...]
    intensity: float
    categories: tuple[str, ...]
    customer_id: str | None
    sentiment: Sentiment | None
    respond_by: datetime | None
    close_by: datetime | None
    earlier: tuple[str, ...]
    complained_before: int
    quotes: tuple[Place, ...]
    handling: tuple[Handling, ...]

    @property
    def neglected(self) -> int:
        """How many of the things owed were not done."""
        return sum(handled.outcome == "missed" for handled in self.handling)


class Attention:
    """Gathers cases and places call by call.

    ``handling`` names the criteria that tell how a complaint was handled; empty: those that the rubric marks.
    ``due`` says by when it must be.
    """

    def __init__(self, handling: Collection[str] = (), due: ComplaintSettings | None = None) -> None:
        self._handling = tuple(handling)
        self._due = due or ComplaintSettings()
        self._customers: dict[str, list[tuple[datetime, str, bool]]] = defaultdict(list)
        self._cases: list[Case] = []
        self.places: dict[str, Place] = {}

    def add(self, call: Call) -> None:
        if call.verdict.flags and (place := begin_at(call)):
            self.places[call.recording.call_id] = place
        recording, complained = call.recording, call.verdict.complaint.detected
        if recording.customer_id and recording.started_at:
            self._customers[recording.customer_id].append((recording.started_at, recording.call_id, complained))
        if complained:
            self._cases.append(_case(call, self._handling, self._due))

    def extend(self, later: Attention) -> None:
        """Take in what was gathered of calls that come after these."""
        self.places.update(later.places)
        self._cases += later._cases
        for customer, calls in later._customers.items():
            self._customers[customer] += calls

    def cases(self) -> tuple[Case, ...]:
        """The gravest first, then what was left undone most."""
        return tuple(sorted(map(self._with_history, self._cases), key=_gravity))

    def _with_history(self, case: Case) -> Case:
        if case.customer_id is None or case.started_at is None:
            return case
        since = case.started_at - timedelta(days=self._due.repeat_days)
        calls = sorted(self._customers[case.customer_id], reverse=True)
        before = [(call_id, complained) for when, call_id, complained in calls if since <= when < case.started_at]
        return replace(case, earlier=tuple(call_id for call_id, _ in before), complained_before=sum(told for _, told in before))


def _gravity(case: Case) -> tuple[float, int, float, str]:
    return -case.intensity, -case.neglected, case.score or 0.0, case.call_id


def begin_at(call: Call) -> Place | None:
    """The place of a call that its flags rest on most: a fatal item, a complaint, the fault that cost most, a doubt."""
    findings = call.verdict.findings
    missed = sorted((f for f in findings if f.outcome == "missed"), key=lambda f: (not f.fatal, -f.lost))
    fatal = [finding for finding in missed if finding.criterion in call.verdict.score.fatal]
    complaint = call.verdict.complaint
    for found in fatal:
        return _of_finding(found)
    if complaint.detected and complaint.hits:
        return next(iter(sentences(call)))
    for finding in (*missed, *(f for f in findings if f.outcome == "unsure")):
        return _of_finding(finding)
    return None


def _case(call: Call, handling: Collection[str], due: ComplaintSettings) -> Case:
    recording, complaint, score = call.recording, call.verdict.complaint, call.verdict.score
    findings = {finding.criterion: finding for finding in call.verdict.findings}
    if handling:
        owed = {key: findings[key] for key in handling if key in findings}
    else:
        owed = {key: finding for key, finding in findings.items() if finding.handling}
    return Case(
        call_id=recording.call_id,
        agent_id=recording.agent_id,
        agent_name=recording.agent_name or "",
        team=recording.team or "",
        started_at=recording.started_at,
        score=score.scaled,
        passed=score.passed,
        probability=complaint.probability,
        threat=complaint.threat,
        threats=complaint.threats,
        intensity=complaint.intensity,
        customer_id=recording.customer_id,
        sentiment=call.analysis.sentiment,
        respond_by=recording.started_at + timedelta(hours=due.respond) if recording.started_at else None,
        close_by=recording.started_at + timedelta(hours=due.close) if recording.started_at else None,
        earlier=(),
        complained_before=0,
        categories=complaint.categories,
        quotes=tuple(sentences(call)[:_QUOTES]),
        handling=tuple(
            Handling(
                criterion=key,
                name=finding.name,
                outcome=finding.outcome,
                place=_of_hit(finding.hits[0], "") if finding.hits else None,
            )
            for key, finding in owed.items()
        ),
    )


def sentences(call: Call) -> list[Place]:
    """The turns that a complaint rests on, in order of time, each once, with what told it marked."""
    by_turn: dict[int | None, list[Hit]] = {}
    for hit in call.verdict.complaint.hits:
        by_turn.setdefault(hit.turn, []).append(hit)
    places = [_of_hit(hit, hit.category or "") for hit in by_turn.pop(None, [])]
    for turn, hits in by_turn.items():
        text = call.heard.turns[turn].text if turn is not None else ""
        spans = sorted(hit.span for hit in hits if hit.span)
        begin = max(0, (spans[0][0] if spans else 0) - _LONGEST // 3)
        shown = text[begin : begin + _LONGEST]
        marks = tuple((a - begin, min(b - begin, len(shown))) for a, b in spans if a - begin < len(shown))
        categories = dict.fromkeys(hit.category for hit in hits if hit.category)
        places.append(Place(hits[0].start, hits[0].role, shown, "、".join(categories), marks, turn))
    return sorted(places, key=lambda place: place.start if place.start is not None else -1.0)


def _of_finding(finding: Finding) -> Place:
    if finding.hits:
        return _of_hit(finding.hits[0], finding.name)
    start = finding.searched.start if finding.searched else None
    return Place(start, None, (finding.reason or "")[:_LONGEST], finding.name)


def _of_hit(hit: Hit, name: str) -> Place:
    return Place(hit.start, hit.role if hit.turn is not None else None, hit.text[:_LONGEST], name)
