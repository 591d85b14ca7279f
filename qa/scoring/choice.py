"""Which of several rubrics a call is judged by."""

from __future__ import annotations

from collections.abc import Iterable

from qa.calls import Recording
from qa.scoring.rubric import Rubric
from qa.scoring.rules.metadata import value_of


def applies(rubric: Rubric, recording: Recording) -> bool:
    """Whether a rubric is meant for such a call: every field of its ``applies_to`` has one of the values written there.

    A rubric without ``applies_to`` is meant for all.
    """
    return all(value_of(recording, name) in values for name, values in rubric.sheet.applies_to.items())


def choose(rubrics: Iterable[Rubric], recording: Recording) -> Rubric | None:
    """The rubric for a call: of those that apply the one that asks for the most fields, the first given of equals.

    None when none applies: such a call is not judged by a sheet that was written for others.

    >>> from qa.config import shipped
    >>> from qa.scoring.rubric import load_rubric
    >>> general = load_rubric(shipped("rubrics", "general_inbound.yaml"))
    >>> choose([general], Recording(call_id="c1", content_hash="00", direction="inbound")) is general
    True
    """
    fitting = [rubric for rubric in rubrics if applies(rubric, recording)]
    return max(fitting, key=lambda rubric: len(rubric.sheet.applies_to), default=None)
