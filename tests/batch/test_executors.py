"""Which executor a run gets, and what a worker is made from."""

from __future__ import annotations

from qa.asr.whisper import cores
from qa.batch.executors import Kit, executor, in_process
from qa.batch.workers import Workers
from qa.config import BatchSettings, Settings
from qa.scoring.choice import Rubrics

FREE = Settings(batch=BatchSettings(timeout=0, memory=0))


def test_a_single_worker_that_nothing_guards_is_this_process() -> None:
    assert executor(FREE) is in_process
    assert executor(FREE, workers=2) == Workers(2, FREE.batch)
    assert executor(Settings()) == Workers(1, BatchSettings())


def test_workers_share_the_cores_unless_threads_are_set() -> None:
    kit = Kit(Settings(), Rubrics(()))
    assert kit.among(2).settings.hearing.threads == max(1, cores() // 2)
    assert kit.among(1000).settings.hearing.threads == 1
    five = Kit(Settings().model_copy(update={"hearing": Settings().hearing.model_copy(update={"threads": 5})}), Rubrics(()))
    assert five.among(2).settings.hearing.threads == 5
