"""Workers for tests of executors that run in other processes: a module that those can import, with no model behind it."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import replace
from pathlib import Path

from judging import sheet
from support import a_call

from qa.batch.executors import Job, Kit, Outcome, Work
from qa.batch.plan import Task, set_aside
from qa.calls import Recording
from qa.config import Settings
from qa.errors import ModelError
from qa.pipeline import judge_call
from qa.scoring.choice import Rubrics
from qa.store.store import Keys


def job(call_id: str, path: str | None = None) -> Job:
    return Job(Task(Recording(call_id=call_id, content_hash="00", path=path or f"{call_id}.wav"), Keys("h", "j"), "hear"))


GREETING = "points: 5, require: {say: 您好}"


def a_kit(folder: Path, settings: Settings) -> Kit:
    """Workers that judge by a small rubric and hear nothing."""
    return Kit(settings, Rubrics((sheet(folder, GREETING),)), making=canned)


def canned(kit: Kit) -> Work:
    """Judges one and the same short conversation for every recording; by its id, a call can go wrong in a number of ways."""
    rubric = kit.rubrics.sheets[0]
    heard = a_call().heard
    judge_call(a_call().recording, heard, rubric, kit.settings)  # what is loaded on first use is not on the clock of a call

    def work(job: Job) -> Outcome:
        recording = job.task.recording
        match recording.call_id.split("-")[0]:
            case "deadly":
                os.kill(os.getpid(), signal.SIGKILL)
            case "once":  # kills the first worker that it meets
                if not (mark := Path(recording.path or "")).exists():
                    mark.touch()
                    os._exit(9)
            case "endless":
                time.sleep(600)
            case "slow":
                time.sleep(0.3)
            case "busy":  # for so many seconds, as hearing is
                end = time.thread_time() + float(recording.call_id.split("-")[1])
                while time.thread_time() < end:
                    pass
            case "hopeless":
                raise ModelError("没有模型", next_step="装上它")
            case "bad":
                return set_aside(recording, "读不了")
        said = replace(heard.turns[0], text=f"您好，这里是{recording.call_id}")
        return judge_call(recording, replace(heard, turns=(said,)), rubric, kit.settings)

    return work


def hopeless(kit: Kit) -> Work:
    raise ModelError("识别模型不完整", next_step="重新安装")


def dying(kit: Kit) -> Work:
    os._exit(3)
