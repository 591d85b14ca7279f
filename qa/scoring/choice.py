"""Which of several rubrics a call is judged by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path

from qa.calls import Recording
from qa.errors import RecordingError
from qa.scoring.lifespan import day_of
from qa.scoring.rubric import Rubric, load_rubric
from qa.scoring.rules.metadata import value_of


def applies(rubric: Rubric, recording: Recording, zone: tzinfo | None = None) -> bool:
    """Whether a rubric is meant for such a call: every field of its ``applies_to`` has one of the values written there, and
    the call lies between its ``valid_from`` and ``valid_until``, days of ``zone``.

    A rubric without these is meant for all.
    """
    meant = all(value_of(recording, name) in values for name, values in rubric.sheet.applies_to.items())
    return meant and rubric.sheet.outside(day_of(recording.started_at, zone)) is None


def choose(rubrics: Iterable[Rubric], recording: Recording, zone: tzinfo | None = None) -> Rubric | None:
    """The rubric for a call: of those that apply the one that asks for the most fields, one with dates before one without,
    the first given of equals.

    None when none applies: such a call is not judged by a sheet that was written for others.

    >>> from qa.config import shipped
    >>> from qa.scoring.rubric import load_rubric
    >>> general = load_rubric(shipped("rubrics", "general_inbound.yaml"))
    >>> choose([general], Recording(call_id="c1", content_hash="00", direction="inbound")) is general
    True
    """
    fitting = [rubric for rubric in rubrics if applies(rubric, recording, zone)]
    return max(fitting, key=lambda rubric: (len(rubric.sheet.applies_to), rubric.sheet.limited), default=None)


@dataclass(frozen=True, slots=True)
class Rubrics:
    """The rubrics of a run, and the time zone in which a call has its day.

    >>> from qa.config import shipped
    >>> Rubrics.load([shipped("rubrics", "general_inbound.yaml")]).of(Recording(call_id="c1", content_hash="00")).id
    'general-inbound'
    """

    sheets: tuple[Rubric, ...]
    zone: tzinfo | None = None

    @classmethod
    def load(cls, paths: Iterable[Path], zone: tzinfo | None = None) -> Rubrics:
        """The rubrics of these files.

        Raises:
            RubricError: one of them is wrong.
        """
        return cls(tuple(load_rubric(path) for path in paths), zone)

    def of(self, recording: Recording) -> Rubric:
        """The rubric for a call.

        Raises:
            RecordingError: none of them is meant for it.
        """
        found = choose(self.sheets, recording, self.zone)
        if found is None:
            raise RecordingError(
                "没有一张评分表适用于这通电话",
                where=recording.path or recording.call_id,
                why=f"{'、'.join(sheet.name for sheet in self.sheets)}的 applies_to 或生效日期都与它的元数据不符",
                next_step="补上元数据，或再用 --rubric 给一张不写 applies_to 和日期的评分表",
            )
        return found
