"""Who does the work: this process, worker processes on this machine, or a cluster. The results are the same bytes.

An :class:`Executor` takes jobs and a :class:`Kit` to make workers from, and gives each job back with its outcome as it
is done. A job that fails becomes a :class:`~qa.calls.Quarantined`; only what concerns the whole run (a missing model)
is raised. The recogniser is part of the kit, so that a test or a benchmark can put a recorded one in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from qa.batch.plan import Task, set_aside
from qa.calls import Call, Heard, Quarantined, Recording, SentimentTrack
from qa.config import Engine, HearingSettings, SentimentSettings, Settings
from qa.errors import QaError, RecordingError

if TYPE_CHECKING:
    from qa.asr.recognizer import Recognizer
    from qa.scoring.choice import Rubrics
    from qa.sentiment.tracks import Tracks

Outcome = Call | Quarantined


@dataclass(frozen=True, slots=True)
class Job:
    """A task with what a worker needs for it: ``heard`` and ``track`` from the store when only judging is due."""

    task: Task
    heard: Heard | None = None
    track: SentimentTrack | None = None


Work = Callable[[Job], Outcome]


def _whisper(settings: HearingSettings) -> Recognizer:
    from qa.asr.whisper import load

    return load(settings)


def _tracks(settings: SentimentSettings) -> Tracks:
    from qa.sentiment.tracks import Tracks

    return Tracks.of(settings)


@dataclass(frozen=True, slots=True)
class Kit:
    """All that a worker is made from. It is pickled on its way to another process or machine, so ``making``,
    ``recognizer`` and ``tracks`` are functions of a module. The rubrics are loaded once, by whoever makes the kit.
    """

    settings: Settings
    rubrics: Rubrics
    recognizer: Callable[[HearingSettings], Recognizer] = _whisper
    tracks: Callable[[SentimentSettings], Tracks] = _tracks
    making: Callable[[Kit], Work] | None = None

    def worker(self) -> Work:
        """A worker, which keeps its model from job to job."""
        return self.making(self) if self.making else Inspector(self)

    def among(self, workers: int) -> Kit:
        """The kit for one of so many workers on this machine: each has its share of the cores."""
        from qa.asr.whisper import cores

        hearing = self.settings.hearing
        threads = hearing.threads or max(1, cores() // workers)
        hearing = hearing.model_copy(update={"threads": threads})
        return replace(self, settings=self.settings.model_copy(update={"hearing": hearing}))


class Executor(Protocol):
    """Does jobs."""

    def __call__(self, jobs: Iterable[Job], kit: Kit) -> Iterator[tuple[Job, Outcome]]:
        """Every job once with its outcome, in any order, each as soon as it is there.

        Jobs are drawn only as workers become free, so that memory stays flat however many there are. A worker that
        dies costs at most its own call, which is tried again before it is set aside. Closing the iterator ends the
        workers at once; what was under way is lost and nothing else.

        Raises:
            QaError: what a worker met that would fail for every call alike.
        """
        ...


class Inspector:
    """Does jobs one after another with models that are loaded once, when first needed."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self._recognizer: Recognizer | None = None
        self._tracks: Tracks | None = None

    def __call__(self, job: Job) -> Outcome:
        """The call, or the reason why there is none."""
        from qa.pipeline import inspect_call, judge_call

        recording, settings = job.task.recording, self._kit.settings
        try:
            rubric = self._kit.rubrics.of(recording)
            if job.heard is not None:
                return judge_call(recording, job.heard, rubric, settings, self._feeling().track(job.heard, job.track))
            return inspect_call(recording, self._loaded(), rubric, settings, self._feeling())
        except RecordingError as error:
            return set_aside(recording, str(error))
        except QaError:
            raise
        except Exception as error:  # one recording that trips an unforeseen fault must not cost the night
            return set_aside(recording, _unforeseen(recording, error))

    def _loaded(self) -> Recognizer:
        if self._recognizer is None:
            self._recognizer = self._kit.recognizer(self._kit.settings.hearing)
        return self._recognizer

    def _feeling(self) -> Tracks:
        if self._tracks is None:
            self._tracks = self._kit.tracks(self._kit.settings.sentiment)
        return self._tracks


def in_process(jobs: Iterable[Job], kit: Kit) -> Iterator[tuple[Job, Outcome]]:
    """One call after another in this process, which no guard watches over."""
    work = kit.worker()
    for job in jobs:
        yield job, work(job)


def executor(settings: Settings, engine: Engine = "local", workers: int = 1, address: str | None = None) -> Executor:
    """What does the work of a run.

    On this machine that is worker processes, also for a single one: a call that hangs, grows or crashes its worker can
    then be given up without the run. With neither ``batch.timeout`` nor ``batch.memory``, a single worker is this process.
    """
    if engine == "ray":
        from qa.batch.cluster import on_cluster

        return on_cluster(settings, workers=workers, address=address)
    if workers <= 1 and not settings.batch.guarded:
        return in_process
    from qa.batch.workers import Workers

    return Workers(max(1, workers), settings.batch)


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
