"""Judging a call by a rubric: the one place where outcomes are decided; points are added up in :mod:`qa.scoring.totals`.

=============  ==========================  ==========================  =====================================
outcome        ``require``                 ``forbid``                  points
=============  ==========================  ==========================  =====================================
met            the check holds             the check fails             all of them
missed         the check fails             the check holds             none, or less ``deduct`` for each hit
unsure         it cannot be told           it cannot be told           leaves the denominator; flag review
na             not applicable, or cannot be measured; with the reason  leaves the denominator
=============  ==========================  ==========================  =====================================

Degenerate calls: without a word from anybody (no turns, or empty ones) every criterion is ``na``, there is no
score and the call is flagged for review: what was not heard must not punish the agent. Where only one party is
heard, whatever asks for the other's words is ``na``; where that is the customer alone there is no score either: that
nobody was interrupted is no merit of an agent who is never heard. When nothing applies, ``scaled``, ``band`` and
``passed`` are None.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo

from qa.calls import Analysis, Complaint, Finding, Heard, Outcome, Recording, Score, SentimentTrack, Verdict
from qa.config import LlmSettings
from qa.scoring import totals
from qa.scoring.calltype import call_type
from qa.scoring.checks import Check
from qa.scoring.complaint import detect
from qa.scoring.dialogue import Dialogue
from qa.scoring.lifespan import day_of
from qa.scoring.rubric import Criterion, Rubric, SectionOfSheet
from qa.scoring.rules import RULES
from qa.scoring.rules.base import Context, Result, Watch
from qa.scoring.rules.say import groups
from qa.scoring.rules.windows import Window
from qa.scoring.vocabulary import Kept, Vocabulary

#: Below this it is not safe to say who is the agent, and so not what the agent failed to do.
SURE_ROLES = 0.6


def judge(
    recording: Recording,
    heard: Heard,
    analysis: Analysis,
    rubric: Rubric,
    *,
    watch: Watch | None = None,
    llm: LlmSettings | None = None,
    track: SentimentTrack | None = None,
    zone: tzinfo | None = None,
) -> Verdict:
    """The verdict on a call: a finding for every criterion in the order of the sheet, the score, the complaint, the flags.

    The same call and rubric give an equal verdict, always, except for what a rubric asks of a language model at the
    endpoint ``llm``. Raises nothing on any call. ``track`` is what the sentiment model read in the same turns; without it
    what asks for a turn's sentiment is not applicable. ``watch`` sees every check that is evaluated (see
    :mod:`qa.scoring.explain`). ``zone`` says which day the call lies on, where a criterion holds for certain days only.

    >>> from qa.analysis.metrics import analyse
    >>> from qa.calls import Roles, Turn
    >>> from qa.config import AnalysisSettings, shipped
    >>> from qa.scoring.rubric import load_rubric
    >>> heard = Heard(duration=None, channels=0, turns=(Turn(role="agent", text="您好，这里是优选商城，工号8001，请问有什么可以帮您？"),),
    ...               roles=Roles(method="manual", confidence=1.0))
    >>> rubric = load_rubric(shipped("rubrics", "general_inbound.yaml"))
    >>> verdict = judge(Recording(call_id="c1", content_hash="00"), heard, analyse(heard, AnalysisSettings()), rubric)
    >>> finding = verdict.findings[0]
    >>> finding.criterion, finding.outcome, finding.points, finding.hits[0].turn
    ('greeting', 'met', 5.0, 0)
    """
    dialogue = Dialogue.of(heard, _VOCABULARIES.of((rubric,), lambda: _vocabulary(rubric)))
    complaint = detect(dialogue, rubric.lexicons, track)
    context = Context(
        recording=recording,
        heard=heard,
        analysis=analysis,
        dialogue=dialogue,
        lexicons=rubric.lexicons,
        complaint=complaint,
        window=Window.whole(heard),
        rules=RULES,
        watch=watch,
        llm=llm,
        track=track,
    )
    day = day_of(recording.started_at, zone)
    judged = [_finding(section, criterion, context, criterion.outside(day)) for section, criterion in rubric.criteria()]
    findings = totals.forfeited(judged, rubric)
    score = totals.score(findings, rubric)
    unheard = not any(turn.role == "agent" and normal.text for turn, normal in zip(heard.turns, dialogue.normals, strict=True))
    if unheard and not score.fatal:
        score = replace(score, scaled=None, band=None, passed=None, critical=None)  # nobody to give it to
    flags = tuple(sorted(_flags(findings, score, complaint, heard, rubric)))
    kind = call_type(recording, dialogue, complained=complaint.detected)
    return Verdict(findings=findings, score=score, complaint=complaint, rubric=rubric.ref, flags=flags, call_type=kind)


_VOCABULARIES = Kept[Vocabulary](most=16)


def _vocabulary(rubric: Rubric) -> Vocabulary:
    """All phrases that any check of the rubric, or the search for complaints, may ask for."""
    says = [check.say for _, criterion in rubric.criteria() for check in criterion.checks() if check.say]
    asked = [phrases for rule in says for _, wanted, benign in groups(rule, rubric.lexicons) for phrases in (wanted, benign)]
    complaints = [rubric.lexicons[name] for name in ("complaint", "threat") if name in rubric.lexicons]
    return Vocabulary([*asked, *(phrases for lexicon in complaints for phrases in (lexicon.phrases, lexicon.excluding))])


@dataclass(frozen=True, slots=True)
class _Ruling:
    """An outcome before points: why, and on what it rests."""

    outcome: Outcome
    result: Result


def _finding(section: SectionOfSheet, criterion: Criterion, context: Context, lapsed: str | None) -> Finding:
    ruling = _Ruling("na", Result(state="na", reason=f"本项{lapsed}")) if lapsed else _rule(criterion, context)
    result = ruling.result
    points, possible = totals.points(criterion, ruling.outcome, len(result.hits))
    # What was said right elsewhere is no evidence of an absence, and a clean call has nothing to show.
    shown = result.hits if ruling.outcome in ("missed", "unsure") or criterion.require else ()
    if ruling.outcome == "missed" and criterion.require and not criterion.award:
        shown = tuple(hit for hit in shown if _accuses(criterion.require))
    return Finding(
        criterion=criterion.id,
        name=criterion.name,
        section=section.name,
        outcome=ruling.outcome,
        points=points,
        max_points=possible,
        fatal=criterion.fatal == "form",
        hits=shown,
        searched=result.searched,
        nearest=result.nearest,
        reason=result.reason,
        severity=criterion.severity,
        side=criterion.side or section.side,
        handling=criterion.handling,
    )


def _accuses(check: Check) -> bool:
    """Whether the hits of a failed requirement are what it fails by: those of a ``not``, and the turns that an ``every`` found wanting."""
    return check.not_ is not None or check.every is not None or any(_accuses(part) for part in check.parts())


def _rule(criterion: Criterion, context: Context) -> _Ruling:
    """The outcome of one criterion."""
    if criterion.kind == "human":
        return _Ruling("na", Result(state="na", reason="人工评分项，不计入自动得分"))
    if not any(normal.text for normal in context.dialogue.normals):
        return _Ruling("na", Result(state="na", reason="没有可评的话语"))
    unclear = _roles_unclear(criterion, context.heard)
    if unclear:
        return _Ruling("unsure", Result(state="unsure", reason=unclear))
    barred = _barred(criterion, context)
    if barred:
        return barred
    check = criterion.require or criterion.forbid
    assert check is not None  # the rubric's schema sees to it
    result = _asked(criterion, check, context, accusing=criterion.forbid is not None)
    if result.state in ("na", "unsure"):
        return _Ruling("na" if result.state == "na" else "unsure", result)
    good = (result.state == "holds") == (criterion.require is not None)
    if criterion.bonus and not good:  # nobody falls short by what was not asked for
        return _Ruling("na", replace(result, state="na", hits=(), reason="加分项，没有加分"))
    return _Ruling("met" if good else "missed", result)


def _asked(criterion: Criterion, check: Check, context: Context, *, accusing: bool) -> Result:
    against = context.against() if accusing else context
    return against.inside(criterion.scope, lambda inside: inside.evaluate(check))


def _barred(criterion: Criterion, context: Context) -> _Ruling | None:
    """``na`` or ``unsure`` when the conditions of the criterion say so; None when it applies."""
    for condition, wanted in ((criterion.when, "holds"), (criterion.na_when, "fails")):
        if condition is None:
            continue
        result = context.against().evaluate(condition)
        if result.state == "unsure":
            return _Ruling("unsure", Result(state="unsure", hits=result.hits, reason=result.reason or "不能确定本项是否适用"))
        if result.state != wanted:
            reason = result.reason if result.state == "na" else criterion.na_reason or result.reason
            return _Ruling("na", Result(state="na", reason=reason or "本通电话不适用"))
    return None


def _flags(findings: Sequence[Finding], score: Score, complaint: Complaint, heard: Heard, rubric: Rubric) -> Iterator[str]:
    """Why somebody should look at the call."""
    if complaint.detected:
        yield "complaint"
    if complaint.threat:
        yield "threat"
    if score.fatal:
        yield "fatal"
    if score.passed is False:
        yield "low_score"
    if heard.roles.confidence < SURE_ROLES:
        yield "roles"
    confirm = {criterion.id for _, criterion in rubric.criteria() if criterion.confirmed}
    doubt = any(finding.outcome == "unsure" or (finding.outcome == "missed" and finding.criterion in confirm) for finding in findings)
    if doubt or not any(turn.role == "agent" and turn.text.strip() for turn in heard.turns):
        yield "review"


def _roles_unclear(criterion: Criterion, heard: Heard) -> str | None:
    """Why the criterion cannot be judged when it is not clear who is the agent; None when it is, or does not matter."""
    if heard.roles.confidence >= SURE_ROLES:
        return None
    if criterion.scope.role in (None, "any") and not any(_needs_roles(check) for check in criterion.checks()):
        return None
    return f"分不清谁是坐席（把握 {heard.roles.confidence:.2f}，要求 {SURE_ROLES:.2f}）"


def _needs_roles(check: Check) -> bool:
    """Whether the answer depends on who is the agent."""
    if check.complaint or check.sentiment or check.speaker or check.llm or (check.repetition and check.repetition.of == "other"):
        return True
    if (check.gap and check.gap.by) or (check.scope is not None and check.scope.role not in (None, "any")):
        return True
    if check.event is not None and check.event.by is not None:
        return True
    return check.metric is not None and (
        check.metric.name.startswith(("agent_", "customer_", "interruptions_")) or check.metric.name == "first_response"
    )
