"""Worker processes: every job is done once, and a worker that dies, hangs or grows costs one call."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable, Iterator

import pytest

from qa.asr.whisper import cores
from qa.batch.executors import Job, Kit, Outcome, Work
from qa.batch.plan import Task, set_aside
from qa.batch.workers import Workers
from qa.calls import Quarantined, Recording
from qa.config import BatchSettings, Settings
from qa.errors import ModelError, QaError
from qa.scoring.choice import Rubrics
from qa.store.store import Keys

pytestmark = pytest.mark.slow  # every worker is a process that starts from nothing


def job(call_id: str) -> Job:
    return Job(Task(Recording(call_id=call_id, content_hash="00", path=f"{call_id}.wav"), Keys("h", "j"), "hear"))


def fragile(kit: Kit) -> Work:
    """Does jobs by setting them aside with its thread count; what a call is named it does to its worker."""
    if kit.settings.hearing.language == "refused":
        raise ModelError("没有模型")
    done = 0

    def work(job: Job) -> Outcome:
        nonlocal done
        name = job.task.recording.call_id.split("-")[0]
        if name == "deadly":
            os._exit(9)
        if name == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if name == "tells":
            print(os.getpid(), flush=True)
        if name in ("hangs", "tells"):
            time.sleep(60)
        if name == "grows":
            hoard = bytearray(2**30)
            time.sleep(60)
            del hoard
        if name == "once" and done:  # only a fresh worker survives it
            os._exit(9)
        if name == "hopeless":
            raise ModelError("没有模型")
        done += 1
        return set_aside(job.task.recording, f"{kit.settings.hearing.threads}")

    return work


def outcomes(jobs: Iterable[Job], workers: int = 2, settings: BatchSettings | None = None) -> dict[str, str]:
    settings = settings or BatchSettings()
    kit = Kit(Settings(batch=settings), Rubrics(()), making=fragile)
    done = list(Workers(workers, settings)(jobs, kit))
    messages = {outcome.call_id: outcome.message for _, outcome in done if isinstance(outcome, Quarantined)}
    assert [job.task.recording.call_id for job, _ in done] == list(messages)
    return messages


def endless_calls() -> None:
    """Two workers at calls that never end, each having said its number: what a test kills the run of."""
    kit = Kit(Settings(), Rubrics(()), making=fragile)
    list(Workers(2, BatchSettings())([job("tells-1"), job("tells-2")], kit))


def test_every_job_is_done_once_and_the_cores_are_shared() -> None:
    threads = str(max(1, cores() // 2))
    assert outcomes(iter([job(str(n)) for n in range(9)])) == {str(n): threads for n in range(9)}


def test_no_jobs_start_no_worker() -> None:
    began = time.monotonic()
    assert outcomes([]) == {}
    assert time.monotonic() - began < 0.5


def test_a_worker_that_dies_takes_one_call_with_it_after_one_more_try() -> None:
    names = ["a", "deadly", "b", "killed", "c", "d"]
    messages = outcomes([job(name) for name in names])
    assert sorted(messages) == sorted(names)
    assert "进程意外退出（状态 9）；共试 2 次" in messages.pop("deadly")
    assert "进程被信号 SIGKILL 结束，多半是内存不足；共试 2 次" in messages.pop("killed")
    assert set(map(len, messages.values())) == {1}


def test_a_call_that_only_a_fresh_worker_survives_is_done() -> None:
    assert outcomes([job("a"), job("once"), job("b")], workers=1) == dict.fromkeys(("a", "once", "b"), "0")


def test_a_call_that_hangs_or_grows_is_given_up_and_the_others_are_done() -> None:
    guarded = BatchSettings(timeout=2.0, memory=0.5, retries=0)
    messages = outcomes([job(name) for name in ("hangs", "a", "grows", "b")], settings=guarded)
    assert "超过 2 秒没有做完（设置 batch.timeout）；共试 1 次" in messages.pop("hangs")
    assert "上限 0.5 GB（设置 batch.memory）" in messages.pop("grows")
    assert sorted(messages) == ["a", "b"]


def test_what_concerns_every_call_stops_the_run() -> None:
    with pytest.raises(ModelError, match="没有模型"):
        outcomes([job("a"), job("hopeless"), job("b")])
    kit = Kit(
        Settings().model_copy(update={"hearing": Settings().hearing.model_copy(update={"language": "refused"})}),
        Rubrics(()),
        making=fragile,
    )
    with pytest.raises(ModelError, match="没有模型"):
        list(Workers(1, BatchSettings())([job("a")], kit))


def test_when_every_worker_dies_the_recordings_are_not_to_blame() -> None:
    stream = Workers(2, BatchSettings())([job(f"deadly-{n}") for n in range(20)], Kit(Settings(), Rubrics(()), making=fragile))
    with pytest.raises(QaError, match="工作进程接连 8 次意外结束，没有一通做完"):
        next(stream)  # not one of them has been set aside


def test_jobs_are_taken_only_as_they_are_needed_and_closing_ends_the_workers() -> None:
    taken = []

    def endless() -> Iterator[Job]:
        for number in range(100):
            taken.append(number)
            yield job(str(number))

    stream = Workers(2, BatchSettings())(endless(), Kit(Settings(), Rubrics(()), making=fragile))
    next(stream)
    assert len(taken) <= 6
    stream.close()  # type: ignore[attr-defined]
