"""Which of several rubrics a call is judged by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from qa.calls import Recording
from qa.errors import RecordingError
from qa.scoring.rubric import Rubric, load_rubric
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


@dataclass(frozen=True, slots=True)
class Rubrics:
    """The rubrics of a run.

    >>> from qa.config import shipped
    >>> Rubrics.load([shipped("rubrics", "general_inbound.yaml")]).of(Recording(call_id="c1", content_hash="00")).id
    'general-inbound'
    """

    sheets: tuple[Rubric, ...]

    @classmethod
    def load(cls, paths: Iterable[Path]) -> Rubrics:
        """The rubrics of these files.

        Raises:
            RubricError: one of them is wrong.
        """
        return cls(tuple(load_rubric(path) for path in paths))

    def of(self, recording: Recording) -> Rubric:
        """The rubric for a call.

        Raises:
            RecordingError: none of them is meant for it.
        """
        found = choose(self.sheets, recording)
        if found is None:
            raise RecordingError(
                "没有一张评分表适用于这通电话",
                where=recording.path or recording.call_id,
                why=f"{'、'.join(sheet.name for sheet in self.sheets)}的 applies_to 都与它的元数据不符",
                next_step="补上元数据，或再用 --rubric 给一张不写 applies_to 的评分表",
            )
        return found
