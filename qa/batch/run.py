"""A run over many recordings: plan, do, keep, and tell how it went."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any, Protocol, cast

from qa.batch.executors import Executor, Job, Kit, Outcome
from qa.batch.lock import Lock
from qa.batch.ordering import longest_first
from qa.batch.plan import Plan, Task, plan_run
from qa.batch.stopping import Stopped, Stopping
from qa.calls import Call, Quarantined
from qa.intake.manifest import Batch, look_again
from qa.intake.remote import located
from qa.intake.settling import Naming, Reading, stamp
from qa.store.store import Store


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run did. ``audio_seconds`` counts what was heard in this run, not what was up to date.

    ``waiting`` files were still being written and are left to the next run; ``left`` calls were not reached.
    """

    heard: int = 0
    judged: int = 0
    up_to_date: int = 0
    quarantined: int = 0
    audio_seconds: float = 0.0
    wall_seconds: float = 0.0
    flagged: int = 0
    waiting: int = 0
    left: int = 0

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

    def note(self, message: str) -> None: ...

    def ended(self, summary: Summary) -> None: ...


def run(
    batch: Batch,
    store: Store,
    kit: Kit,
    *,
    watcher: Watcher,
    executor: Executor,
    naming: Naming | None = None,
    retry: bool = False,
    lock: Lock | None = None,
    stopping: Stopping | None = None,
) -> Summary:
    """Inspect what is new or changed of ``batch`` and keep each result as soon as it is there.

    Interrupting it loses the calls under way and nothing else; running it again goes on from there. Files that wait
    because they were being written are taken up at the end, when they have come to rest. ``retry`` tries quarantined
    recordings again; ``lock`` is seen to now and then; ``stopping`` keeps signals off while a result is kept.

    Raises:
        ModelError, RubricError, StoreError: what would fail for every call alike.
        Stopped: a signal said so.
    """
    under_way = _Run(store, kit, watcher, executor, retry, lock, stopping or Stopping())
    return under_way.whole(batch, naming or Reading())


class _Run:
    """One run while it lasts."""

    def __init__(
        self, store: Store, kit: Kit, watcher: Watcher, executor: Executor, retry: bool, lock: Lock | None, stopping: Stopping
    ) -> None:
        from qa.asr.models import resolve

        self._store, self._kit, self._watcher, self._executor = store, kit, watcher, executor
        self._retry, self._lock, self._stopping = retry, lock, stopping
        self._began = time.monotonic()
        self._model = resolve(kit.settings.hearing.model).fingerprint
        self._tracks = kit.tracks(kit.settings.sentiment)
        self._summary = Summary()

    def whole(self, batch: Batch, naming: Naming) -> Summary:
        changed = self._round(batch)
        waiting = batch.waiting
        if waiting:
            settle = self._kit.settings.intake.settle_seconds
            time.sleep(max(0.0, settle - (time.monotonic() - self._began)))
            rested = look_again(waiting, naming)
            changed += self._round(rested) if rested.recordings or rested.quarantined else []
            changed += [str(one.path) for one in rested.waiting]
        for path in changed:
            self._watcher.note(f"还在写入，留到下次处理：{path}")
        self._summary = replace(self._summary, waiting=len(changed), wall_seconds=time.monotonic() - self._began)
        self._watcher.ended(self._summary)
        return self._summary

    def _round(self, batch: Batch) -> list[str]:
        """Plan and do one batch; gives the paths of files that changed while they were heard."""
        settings, sheets, store = self._kit.settings, self._kit.rubrics, self._store
        plan = plan_run(
            batch.recordings,
            store,
            settings,
            model=self._model,
            rubrics=sheets,
            feeling=self._tracks.fingerprint,
            retry=self._retry,
        )
        plan = replace(plan, tasks=longest_first(plan.tasks), refused=(*batch.quarantined, *plan.refused))
        before = self._summary
        self._summary = replace(
            before,
            up_to_date=before.up_to_date + plan.up_to_date,
            quarantined=before.quarantined + plan.still_quarantined,
            left=len(plan.tasks),
        )
        self._watcher.started(plan)
        for call_id in plan.released:
            store.release(call_id)
        for held in plan.refused:
            store.quarantine(held)
            self._summary = replace(self._summary, quarantined=self._summary.quarantined + 1)
            self._watcher.finished(held, self._summary)
        changed: list[str] = []
        if plan.tasks:
            # Closed also when a signal or an error ends the loop, so that no worker outlives it.
            with closing(cast("Any", self._executor(_jobs(plan.tasks, store), self._kit))) as done:
                try:
                    for job, outcome in done:
                        if not self._keep(job, outcome, batch):
                            changed.append(job.task.recording.path or "")
                except Stopped as stop:
                    raise Stopped(stop.number, self._summary.left) from None
        return changed

    def _keep(self, job: Job, outcome: Outcome, batch: Batch) -> bool:
        """Keep a result; False for one of a file that is no longer what its hash says."""
        if self._lock is not None:
            self._lock.keep()
        task = job.task
        path = task.recording.path
        if job.heard is None and path is not None and path in batch.stamps and stamp(located(path)) != batch.stamps[path]:
            self._summary = replace(self._summary, left=self._summary.left - 1)
            return False
        with self._stopping.kept_off():
            if isinstance(outcome, Call):
                outcome = self._as_named(outcome)
                self._store.save(outcome, task.keys, renamed_from=task.heard_as if task.renamed else None)
            else:
                self._store.quarantine(outcome, task.keys.hearing)
            self._summary = replace(_counted(self._summary, job, outcome), wall_seconds=time.monotonic() - self._began)
            self._watcher.finished(outcome, self._summary)
        return True

    def _as_named(self, call: Call) -> Call:
        """The call, judged again where a person has named its agent."""
        if self._store.named_agent(call.recording.call_id, call.recording.content_hash) is None:
            return call
        # Imported here because they bring all of hearing and judging, which this process does not need otherwise.
        from qa.batch.roles import by_hand
        from qa.pipeline import judge_call

        heard = by_hand(call.heard, call.recording, self._store)
        if heard == call.heard:
            return call
        sheet = self._kit.rubrics.of(call.recording)
        return judge_call(call.recording, heard, sheet, self._kit.settings, self._tracks.track(heard, call.track))


def _jobs(tasks: tuple[Task, ...], store: Store) -> Iterator[Job]:
    for task in tasks:
        stored = store.call(task.heard_as or task.recording.call_id) if task.step == "judge" else None
        if stored is None:
            yield Job(task)
        elif task.heard_as and not task.renamed and stored.heard.roles.method == "manual":
            from qa.asr.parties import decided

            # A person's word is one on that call; a copy of the recording is another.
            yield Job(task, decided(stored.heard, task.recording.agent_channel), stored.track)
        else:
            yield Job(task, stored.heard, stored.track)


def _counted(summary: Summary, job: Job, outcome: Outcome) -> Summary:
    summary = replace(summary, left=summary.left - 1)
    if isinstance(outcome, Quarantined):
        return replace(summary, quarantined=summary.quarantined + 1)
    flagged = summary.flagged + bool(outcome.verdict.flags)
    if job.heard is not None:
        return replace(summary, judged=summary.judged + 1, flagged=flagged)
    audio = summary.audio_seconds + (outcome.heard.duration or 0.0)
    return replace(summary, heard=summary.heard + 1, audio_seconds=audio, flagged=flagged)
