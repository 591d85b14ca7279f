"""Who does the work: this process, or several.

Both take tasks and yield each task with its outcome as it is done. A task that fails becomes a
:class:`~qa.calls.Quarantined`; only what concerns the whole run (a missing model) is raised.
"""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from qa.batch.plan import Task, set_aside
from qa.calls import Call, Heard, Quarantined, Recording, SentimentTrack
from qa.config import Settings
from qa.errors import QaError, RecordingError

if TYPE_CHECKING:
    from qa.asr.recognizer import Recognizer

Outcome = Call | Quarantined
Work = Callable[["Job"], Outcome]
Making = Callable[[Settings, tuple[Path, ...]], Work]


@dataclass(frozen=True, slots=True)
class Job:
    """A task with what a worker needs for it: ``heard`` and ``track`` from the store when only judging is due."""

    task: Task
    heard: Heard | None = None
    track: SentimentTrack | None = None


class Inspector:
    """Does jobs one after another with a recogniser and a rubric that are loaded once, when first needed."""

    def __init__(self, settings: Settings, rubrics: tuple[Path, ...]) -> None:
        from qa.scoring.choice import Rubrics

        self._settings = settings
        self._rubrics = Rubrics.load(rubrics)
        self._recognizer: Recognizer | None = None

    def __call__(self, job: Job) -> Outcome:
        """The call, or the reason why there is none."""
        from qa.pipeline import inspect_call, judge_call

        recording = job.task.recording
        try:
            rubric = self._rubrics.of(recording)
            if job.heard is not None:
                return judge_call(recording, job.heard, rubric, self._settings, job.track)
            return inspect_call(recording, self._loaded(), rubric, self._settings)
        except RecordingError as error:
            return set_aside(recording, str(error))
        except QaError:
            raise
        except Exception as error:  # one recording that trips an unforeseen fault must not cost the night
            return set_aside(recording, _unforeseen(recording, error))

    def _loaded(self) -> Recognizer:
        if self._recognizer is None:
            from qa.asr.whisper import load

            self._recognizer = load(self._settings.hearing)
        return self._recognizer


def in_process(jobs: Iterable[Job], settings: Settings, rubrics: tuple[Path, ...]) -> Iterator[tuple[Job, Outcome]]:
    """One call after another in this process: the best way with one GPU, and with few cores."""
    inspector = Inspector(settings, rubrics)
    for job in jobs:
        yield job, inspector(job)


def in_processes(
    jobs: Iterable[Job], settings: Settings, rubrics: tuple[Path, ...], workers: int, inspector: Making = Inspector
) -> Iterator[tuple[Job, Outcome]]:
    """Several processes, each with its own model and its share of the cores.

    A worker that dies (out of memory, a crash in a native library) takes the pool with it: the calls that were
    under way are then tried again one by one, so that only the one that kills its worker is quarantined.
    """
    threads = settings.hearing.threads or max(1, (os.cpu_count() or 1) // workers)
    settings = settings.model_copy(update={"hearing": settings.hearing.model_copy(update={"threads": threads})})
    waiting = iter(jobs)
    suspects: deque[Job] = deque()
    finished = False
    while not finished or suspects:
        source: Iterator[Job] = _drain(suspects) if suspects else waiting
        width = 1 if suspects else workers
        finished = finished or source is waiting
        running: dict[Future[Outcome], Job] = {}
        with _pool(width, inspector, settings, rubrics) as pool:
            try:
                yield from _keep_busy(pool, source, running, suspects, ahead=width if width == 1 else 2 * width)
            except BrokenProcessPool:
                if width == 1 and len(running) == 1:
                    (job,) = running.values()
                    yield job, set_aside(job.task.recording, _died(job.task.recording))
                else:
                    suspects.extend(running.values())
                    finished = False


def _keep_busy(
    pool: ProcessPoolExecutor, source: Iterator[Job], running: dict[Future[Outcome], Job], suspects: deque[Job], ahead: int
) -> Iterator[tuple[Job, Outcome]]:
    """Hand out jobs, never more than ``ahead`` at a time, so that memory stays flat however many there are."""
    while True:
        while len(running) < ahead and (job := next(source, None)) is not None:
            try:
                running[pool.submit(_work, job)] = job
            except BrokenProcessPool:
                suspects.append(job)  # it never started, but it has left its source
                raise
        if not running:
            return
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            outcome = future.result()
            yield running.pop(future), outcome


def _drain(queue: deque[Job]) -> Iterator[Job]:
    while queue:
        yield queue.popleft()


_inspector: Work  # of a worker process


def _pool(workers: int, inspector: Making, settings: Settings, rubrics: tuple[Path, ...]) -> ProcessPoolExecutor:
    # Spawned, not forked: a forked child inherits the locks of native thread pools in whatever state they are.
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_start, initargs=(inspector, settings, rubrics))


def _start(inspector: Making, settings: Settings, rubrics: tuple[Path, ...]) -> None:
    global _inspector
    _inspector = inspector(settings, rubrics)


def _work(job: Job) -> Outcome:
    return _inspector(job)


def _unforeseen(recording: Recording, error: Exception) -> str:
    place = error.__traceback__
    while place and place.tb_next:
        place = place.tb_next
    where = f"{Path(place.tb_frame.f_code.co_filename).name}:{place.tb_lineno}" if place else "?"
    message = RecordingError(
        "处理这个录音时程序出错",
        where=recording.path,
        why=f"{type(error).__name__}: {error}（{where}）",
        next_step="其余录音不受影响；请把这条信息和录音的格式报告给维护者",
    )
    return str(message)


def _died(recording: Recording) -> str:
    message = RecordingError(
        "处理这个录音的进程意外退出",
        where=recording.path,
        why="多半是内存不足，或解码库在损坏的数据上崩溃",
        next_step="用 --workers 1 单独重试；仍失败请检查录音文件",
    )
    return str(message)
