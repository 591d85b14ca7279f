"""From findings to numbers: the points of a criterion, and the score of the sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from qa.calls import Finding, Outcome, Score
from qa.scoring.rubric import Criterion, Rubric


def points(criterion: Criterion, outcome: Outcome, hits: int) -> tuple[float, float]:
    """Points earned and points that could be earned; a bonus can be earned, but nothing is lost without it.

    >>> from qa.scoring.checks import Check
    >>> polite = Criterion(id="polite", name="礼貌", why="尊重", points=5, require=Check(say="谢谢"), award={"each": 2})
    >>> points(polite, "met", 2), points(polite, "missed", 2), points(polite, "na", 0)
    ((5.0, 5.0), (4.0, 5.0), (0.0, 0.0))
    """
    if outcome in ("na", "unsure"):
        return 0.0, 0.0
    if criterion.bonus:
        return criterion.points if outcome == "met" else 0.0, 0.0
    if outcome == "met":
        return criterion.points, criterion.points
    if criterion.deduct:
        lost = min(criterion.deduct.each * max(1, hits), criterion.deduct.at_most or criterion.points)
        return round(criterion.points - lost, 2), criterion.points
    if criterion.award:
        return round(min(criterion.award.each * hits, criterion.award.at_most or criterion.points), 2), criterion.points
    return 0.0, criterion.points


def forfeited(findings: Sequence[Finding], rubric: Rubric) -> tuple[Finding, ...]:
    """The same, in order, with no points for the sections in which an item that is fatal for its section was missed."""
    kinds = list(rubric.criteria())
    lost = {
        section.id: criterion.name
        for (section, criterion), finding in zip(kinds, findings, strict=True)
        if criterion.fatal == "section" and finding.outcome == "missed"
    }
    return tuple(
        _without_points(finding, lost[section.id]) if section.id in lost and finding.points else finding
        for (section, _), finding in zip(kinds, findings, strict=True)
    )


def _without_points(finding: Finding, cause: str) -> Finding:
    told = f"本组一票否决（{cause}），不得分"
    return replace(finding, points=0.0, reason=f"{finding.reason}；{told}" if finding.reason else told)


def score(findings: Sequence[Finding], rubric: Rubric) -> Score:
    """The sum over what could be measured, scaled to 100, and what comes on top (at most the sheet's ``bonus_limit``).

    A fatal miss makes ``scaled`` 0; ``total`` still says what was earned otherwise.
    """
    extra = {criterion.id for _, criterion in rubric.criteria() if criterion.bonus}
    earned = sum(finding.points for finding in findings if finding.criterion not in extra)
    bonus = min(rubric.sheet.bonus_limit, sum(finding.points for finding in findings if finding.criterion in extra))
    total = round(earned + bonus, 2)
    possible = round(sum(finding.max_points for finding in findings), 2)
    fatal = tuple(finding.criterion for finding in findings if finding.fatal and finding.outcome == "missed")
    scaled = 0.0 if fatal else round(100.0 * earned / possible + bonus, 2) if possible else None
    if scaled is None:
        return Score(total=total, possible=possible, scaled=None, band=None, passed=None)
    passed = not fatal and scaled >= rubric.pass_mark
    critical = critical_score(findings, rubric)
    return Score(total=total, possible=possible, scaled=scaled, band=rubric.band(scaled), passed=passed, fatal=fatal, critical=critical)


def critical_score(findings: Sequence[Finding], rubric: Rubric) -> float | None:
    """The points of the ``critical`` items alone, of 100; None when there are none, or none could be measured."""
    wanted = {criterion.id for _, criterion in rubric.criteria() if criterion.critical}
    asked = [finding for finding in findings if finding.criterion in wanted]
    possible = sum(finding.max_points for finding in asked)
    return round(100.0 * sum(finding.points for finding in asked) / possible, 2) if possible else None
