"""A run over many recordings: plan, do, keep, and tell how it went."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from qa.batch.executors import Executor, Job, Kit, Outcome
from qa.batch.plan import Plan, plan_run
from qa.calls import Call, Quarantined
from qa.config import Settings
from qa.intake.manifest import Batch
from qa.store.store import Store

if TYPE_CHECKING:
    from qa.scoring.choice import Rubrics
    from qa.sentiment.tracks import Tracks


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run did. ``audio_seconds`` counts what was heard in this run, not what was up to date."""

    heard: int = 0
    judged: int = 0
    up_to_date: int = 0
    quarantined: int = 0
    audio_seconds: float = 0.0
    wall_seconds: float = 0.0
    flagged: int = 0

    @property
    def exit_status(self) -> int:
        """0 all done, 1 some recordings quarantined, 2 nothing could be run."""
        if not self.quarantined:
            return 0
        return 1 if self.heard + self.judged + self.up_to_date else 2


class Watcher(Protocol):
    """Is told how a run goes: a progress bar, a log, nothing."""

    def started(self, plan: Plan) -> None: ...

    def finished(self, outcome: Outcome, summary: Summary) -> None: ...

    def ended(self, summary: Summary) -> None: ...


def run(batch: Batch, store: Store, kit: Kit, *, watcher: Watcher, executor: Executor) -> Summary:
    """Inspect what is new or changed of ``batch`` and keep each result as soon as it is there.

    Interrupting it loses the calls under way and nothing else; running it again goes on from there.

    Raises:
        ModelError, RubricError, StoreError: what would fail for every call alike.
    """
    from qa.asr.models import resolve

    began = time.monotonic()
    settings, sheets = kit.settings, kit.rubrics
    model = resolve(settings.hearing.model)
    tracks = kit.tracks(settings.sentiment)
    plan = plan_run(batch.recordings, store, settings, model=model.fingerprint, rubrics=sheets, feeling=tracks.fingerprint)
    plan = replace(plan, refused=(*batch.quarantined, *plan.refused))
    watcher.started(plan)
    for call_id in plan.released:
        store.release(call_id)
    summary = Summary(up_to_date=plan.up_to_date, quarantined=plan.still_quarantined)
    for held in plan.refused:
        store.quarantine(held)
        summary = replace(summary, quarantined=summary.quarantined + 1)
        watcher.finished(held, summary)
    for job, outcome in executor(_jobs(plan, store), kit) if plan.tasks else ():
        if isinstance(outcome, Call):
            outcome = _as_named(outcome, store, sheets, settings, tracks)
            store.save(outcome, job.task.keys)
        else:
            store.quarantine(outcome, job.task.keys.hearing)
        summary = replace(_counted(summary, job, outcome), wall_seconds=time.monotonic() - began)
        watcher.finished(outcome, summary)
    summary = replace(summary, wall_seconds=time.monotonic() - began)
    watcher.ended(summary)
    return summary


def _as_named(call: Call, store: Store, sheets: Rubrics, settings: Settings, tracks: Tracks) -> Call:
    """The call, judged again where a person has named its agent."""
    # Imported here because they bring all of hearing and judging, which a run with nothing to do does not need.
    from qa.batch.roles import by_hand
    from qa.pipeline import judge_call

    heard = by_hand(call.heard, call.recording, store)
    if heard == call.heard:
        return call
    return judge_call(call.recording, heard, sheets.of(call.recording), settings, tracks.track(heard, call.track))


def _jobs(plan: Plan, store: Store) -> Iterator[Job]:
    for task in plan.tasks:
        if task.step == "judge" and (stored := store.call(task.recording.call_id)):
            yield Job(task, stored.heard, stored.track)
        else:
            yield Job(task)


def _counted(summary: Summary, job: Job, outcome: Outcome) -> Summary:
    if isinstance(outcome, Quarantined):
        return replace(summary, quarantined=summary.quarantined + 1)
    flagged = summary.flagged + bool(outcome.verdict.flags)
    if job.heard is not None:
        return replace(summary, judged=summary.judged + 1, flagged=flagged)
    audio = summary.audio_seconds + (outcome.heard.duration or 0.0)
    return replace(summary, heard=summary.heard + 1, audio_seconds=audio, flagged=flagged)
