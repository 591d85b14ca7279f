"""Calls whose worker did not finish them: tried again, set aside, or a sign that not the recordings are at fault."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from qa.batch.executors import Job, Outcome
from qa.batch.plan import set_aside
from qa.errors import QaError, RecordingError

#: Workers lost in a row, without a call done in between, after which the machine and not the recordings is to blame.
HOPELESS = 8


@dataclass(slots=True)
class Attempts:
    """The jobs of a run as they are handed out, those first whose worker was lost; each is tried ``retries`` times more."""

    jobs: Iterator[Job]
    retries: int
    _again: deque[Job] = field(default_factory=deque)
    _failures: dict[str, int] = field(default_factory=dict)  # by call id: how many workers it has cost
    _held: list[tuple[Job, Outcome]] = field(default_factory=list)  # set aside, and no call has been done since
    _losses: int = 0  # in a row

    def next(self) -> Job | None:
        """The next job to hand out; None when there is none left."""
        return self._again.popleft() if self._again else next(self.jobs, None)

    def suspect(self, job: Job) -> bool:
        """Whether a job has cost a worker already, so that it had better be done with none waiting behind it."""
        return job.task.recording.call_id in self._failures

    def put_back(self, job: Job) -> None:
        """A job that was handed out and not begun."""
        self._again.append(job)

    def lost(self, job: Job | None, why: str) -> None:
        """A worker was lost at that job, or at none; ``why`` says in Chinese how.

        Raises:
            QaError: so many were lost in a row that going on makes no sense.
        """
        self._losses += 1
        if self._losses >= HOPELESS:
            raise QaError(
                f"工作进程接连 {self._losses} 次意外结束，没有一通做完",
                why=why,
                next_step="多半不是录音的问题：检查内存、磁盘与模型（qa doctor），用 --workers 1 重试；做完的都已保存",
            )
        if job is None:
            return
        recording = job.task.recording
        failures = self._failures[recording.call_id] = self._failures.get(recording.call_id, 0) + 1
        if failures <= self.retries:
            self._again.append(job)
            return
        message = RecordingError(
            "处理这个录音的进程没能做完",
            where=recording.path,
            why=f"{why}；共试 {failures} 次",
            next_step="检查录音能否播放；很长的录音可调大设置 batch.timeout、batch.memory；然后 qa run --retry-quarantined 再试",
        )
        # Kept back until some call has been done: when none can be, the run stops and nothing is held against these.
        self._held.append((job, set_aside(recording, str(message))))

    def release(self) -> Iterator[tuple[Job, Outcome]]:
        """What was set aside since the last call was done; to be taken when one is done, and at the end."""
        self._losses = 0
        held, self._held = self._held, []
        yield from held
