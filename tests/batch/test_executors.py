"""Several processes: every job is done once, and a worker that dies costs one call."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from qa.batch.executors import Job, Outcome, Work, in_processes
from qa.batch.plan import Task, set_aside
from qa.calls import Recording
from qa.config import Settings
from qa.errors import ModelError
from qa.store.store import Keys


def job(call_id: str) -> Job:
    return Job(Task(Recording(call_id=call_id, content_hash="00", path=f"{call_id}.wav"), Keys("h", "j"), "hear"))


def fragile(settings: Settings, rubrics: tuple[Path, ...]) -> Work:
    """Does jobs by setting them aside with its thread count; dies of one, and refuses one for all."""

    def work(job: Job) -> Outcome:
        if job.task.recording.call_id == "deadly":
            os._exit(9)
        if job.task.recording.call_id == "hopeless":
            raise ModelError("没有模型")
        return set_aside(job.task.recording, f"{settings.hearing.threads} {rubrics[0]}")

    return work


def done(jobs: Iterator[Job] | list[Job], workers: int = 2) -> dict[str, str]:
    outcomes = list(in_processes(jobs, Settings(), (Path("r.yaml"),), workers, fragile))
    assert all(job.task.recording.call_id == outcome.call_id for job, outcome in outcomes)  # type: ignore[union-attr]
    assert len(outcomes) == len({outcome.call_id for _, outcome in outcomes})  # type: ignore[union-attr]
    return {outcome.call_id: outcome.message for _, outcome in outcomes}  # type: ignore[union-attr]


def test_every_job_is_done_once_and_the_cores_are_shared() -> None:
    threads = max(1, (os.cpu_count() or 1) // 2)
    assert done(iter([job(str(n)) for n in range(9)])) == {str(n): f"{threads} r.yaml" for n in range(9)}


def test_no_jobs() -> None:
    assert done([]) == {}


def test_a_worker_that_dies_takes_one_call_with_it() -> None:
    names = ["a", "deadly", "b", "c", "d", "e"]
    outcomes = done([job(name) for name in names])
    assert sorted(outcomes) == sorted(names)
    assert "意外退出" in outcomes.pop("deadly")
    assert all("r.yaml" in message for message in outcomes.values())


def test_what_concerns_every_call_stops_the_run() -> None:
    with pytest.raises(ModelError, match="没有模型"):
        done([job("a"), job("hopeless"), job("b")])


def test_jobs_are_taken_only_as_they_are_needed() -> None:
    taken = []

    def endless() -> Iterator[Job]:
        for number in range(100):
            taken.append(number)
            yield job(str(number))

    stream = in_processes(endless(), Settings(), (Path("r.yaml"),), 2, fragile)
    next(stream)
    assert len(taken) <= 6
    stream.close()  # type: ignore[attr-defined]
