"""Why a criterion has its outcome on a call: every check that was asked, what it found, and how near it came.

Nothing is judged in another way than :func:`~qa.scoring.engine.judge` does: the engine is watched at work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import tzinfo

from qa.calls import Call, Finding, Hit, RubricRef
from qa.config import LlmSettings
from qa.errors import QaError
from qa.scoring.checks import Check
from qa.scoring.engine import judge
from qa.scoring.lexicon import Phrase
from qa.scoring.operators import nearest_name
from qa.scoring.rubric import Criterion, Rubric
from qa.scoring.rules.base import Context, Result
from qa.scoring.rules.say import groups
from qa.scoring.vocabulary import at_least, reading, whole
from qa.text.normalize import normalize
from qa.text.sound import Passage, closest

#: How a check belongs to what holds it, in words; "" is a plain part of all, any, not, count or sequence.
PARTS: Mapping[str, str] = {
    "when": "何时适用",
    "na_when": "何时不适用",
    "require": "要求",
    "forbid": "不许",
    "after": "先要有",
    "before": "后要有",
    "around": "旁边要有",
    "unless": "例外",
    "": "",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One check that was asked, and its answer.

    ``part`` is a key of :data:`PARTS`. ``nearest`` is the closest thing to a hit of a check that failed, and ``asked``
    how close it would have had to come (1.0: only the very characters). ``steps`` were asked on the way to the answer.
    """

    check: Check
    part: str
    result: Result
    nearest: Hit | None = None
    asked: float | None = None
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A criterion on a call: the finding and the checks it came from, in the order in which they were asked.

    ``stored`` is the finding that was kept with the call and ``stored_by`` the rubric that made it: another one may
    have found otherwise, or not know the criterion (None).
    """

    criterion: Criterion
    rubric: Rubric
    finding: Finding
    steps: tuple[Step, ...]
    stored: Finding | None
    stored_by: RubricRef


def explain(call: Call, criterion: str, rubric: Rubric, llm: LlmSettings | None = None, zone: tzinfo | None = None) -> Explanation:
    """Judge ``call`` once more by ``rubric`` and keep what was asked for ``criterion``; ``llm`` and ``zone`` as for :func:`judge`.

    >>> from qa.config import shipped
    >>> from qa.calls import Analysis, Recording
    >>> from qa.scoring.examples import heard_of, turns_of
    >>> from qa.scoring.rubric import load_rubric
    >>> rubric = load_rubric(shipped("rubrics", "general_inbound.yaml"))
    >>> recording, heard = Recording(call_id="c1", content_hash="00"), heard_of(turns_of(["坐席：您好，请讲"]))
    >>> verdict = judge(recording, heard, Analysis(), rubric)
    >>> why = explain(Call(recording=recording, heard=heard, analysis=Analysis(), verdict=verdict), "greeting", rubric)
    >>> why.finding.outcome, why.steps[0].part, [step.result.state for step in why.steps[0].steps]
    ('missed', 'require', ['holds', 'fails'])

    Raises:
        QaError: the rubric has no such criterion; the message names the nearest.
    """
    known = {found.id: found for _, found in rubric.criteria()}
    if criterion not in known:
        raise QaError(f"评分表里没有名为 {criterion} 的项目{nearest_name(criterion, known)}", where=str(rubric.path))
    recorder = _Recorder()
    verdict = judge(call.recording, call.heard, call.analysis, rubric, watch=recorder, llm=llm, track=call.track, zone=zone)
    chosen = known[criterion]
    parts = {id(check): part for part, check in _parts_of(chosen)}
    steps = tuple(replace(step, part=parts[id(step.check)]) for step in recorder.steps if id(step.check) in parts)
    return Explanation(
        criterion=chosen,
        rubric=rubric,
        finding=next(finding for finding in verdict.findings if finding.criterion == criterion),
        steps=steps,
        stored=next((finding for finding in call.verdict.findings if finding.criterion == criterion), None),
        stored_by=call.verdict.rubric,
    )


def _parts_of(criterion: Criterion) -> Iterator[tuple[str, Check]]:
    yield from ((side, anchor) for anchor, side in criterion.scope.anchors)
    for part, check in (
        ("when", criterion.when),
        ("na_when", criterion.na_when),
        ("require", criterion.require),
        ("forbid", criterion.forbid),
    ):
        if check is not None:
            yield part, check


class _Recorder:
    """A :data:`~qa.scoring.rules.base.Watch` that keeps what it sees as a tree."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._above: list[Check] = []

    def __call__(self, check: Check, context: Context, ask: Callable[[Check], Result]) -> Result:
        part = _part(check, self._above[-1]) if self._above else ""
        siblings, self.steps = self.steps, []
        self._above.append(check)
        result = ask(check)
        self._above.pop()
        nearest, closeness = _near(check, result, context)
        siblings.append(Step(check=check, part=part, result=result, nearest=nearest, asked=closeness, steps=tuple(self.steps)))
        self.steps = siblings
        return result


def _part(check: Check, above: Check) -> str:
    """How a check belongs to the one above it."""
    anchors = above.scope.anchors if above.scope else ()
    excuses = [excuse for timed in (above.event, above.gap) if timed for excuse in timed.unless]
    if any(check is excuse for excuse in excuses):
        return "unless"
    return next((side for anchor, side in anchors if check is anchor), "")


def _near(check: Check, result: Result, context: Context) -> tuple[Hit | None, float | None]:
    """The nearest miss of words that were not said, and how close it would have had to come."""
    if check.say is None or result.state in ("holds", "na") or result.hits:
        return None, None
    # An accusation that fails does not look for its nearest miss; asked as a requirement, the same words do.
    plain = replace(context, accusing=False, watch=None).evaluate(check)
    if plain.nearest is None:
        return None, None
    phrases = [phrase for _, group, _ in groups(check.say, context.lexicons) for phrase in group]
    return plain.nearest, _asked(plain.nearest, phrases)


def _asked(near: Hit, phrases: Iterable[Phrase]) -> float:
    """How close the words of a near miss would have had to come: by the way to say its phrase that they are nearest to."""
    said = Passage([reading(normalize(near.text).text)])
    limits = [1.0]
    for phrase in phrases:
        if phrase.text == near.phrase:
            _, book = whole((phrase,))
            found = closest(book, said)
            limits += [at_least(phrase, int(book.lengths[found[0]]))] if found else []
    return min(limits)
