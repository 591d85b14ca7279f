"""What several test files share: where things are, a call made by hand, and running the command as a user would."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from qa import QUIET_ENVIRONMENT
from qa.calls import (
    Analysis,
    Call,
    Complaint,
    Dropped,
    Event,
    Finding,
    Heard,
    Hit,
    Recording,
    Roles,
    RubricRef,
    Score,
    Searched,
    Speech,
    Turn,
    Verdict,
    Word,
)

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "samples"
QA = (sys.executable, "-m", "qa.cli")


@dataclass(frozen=True)
class SampleRun:
    """A finished ``qa run`` and ``qa report`` over samples/, and what strace saw of both (empty without strace)."""

    command: tuple[str, ...]
    store: Path
    report: Path
    output: str
    trace: str


def straced(trace: Path) -> tuple[str, ...]:
    """What to put before a command so that its connections and look-ups are written down; nothing where there is no strace."""
    watch = ("strace", "-f", "-qq", "--seccomp-bpf", "--trace=connect,sendto,sendmsg,sendmmsg,openat", "-s", "200", "-o", str(trace))
    return watch if shutil.which("strace") else ()


def watched(command: Sequence[str], trace: Path) -> str:
    """Run a command that must succeed, under strace where there is one; what it printed."""
    # What a user's shell has set must not hide a missing switch of ours.
    environment = {name: value for name, value in os.environ.items() if name not in QUIET_ENVIRONMENT}
    environment.setdefault("LOGNAME", "tester")  # so that nobody looks up the user's name, which a log cannot tell from a host's
    done = subprocess.run([*straced(trace), *command], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def a_call(call_id: str = "c1", started: str | None = "2026-11-20T09:00:00") -> Call:
    """A small call in which every field of the data model holds something."""
    hit = Hit(role="agent", text="您好", start=1.0, end=1.5, phrase="您好", closeness=0.93, turn=0, span=(0, 2), category="问候")
    finding = Finding(
        criterion="greeting",
        name="问候语",
        section="开场",
        outcome="met",
        points=5.0,
        max_points=5.0,
        hits=(hit,),
        searched=Searched(role="agent", start=0.0, end=15.0, turns=1),
        nearest=hit,
        reason="依据",
    )
    return Call(
        recording=Recording(
            call_id=call_id,
            content_hash="ab",
            path=f"/录音/{call_id}.wav",
            agent_id="8001",
            started_at=datetime.fromisoformat(started).replace(tzinfo=ZoneInfo("Asia/Shanghai")) if started else None,
            extra={"队列": "一线"},
        ),
        heard=Heard(
            duration=3.0,
            channels=2,
            turns=(Turn(role="agent", text="您好", start=1.0, end=1.5, confidence=0.9, words=(Word("您好", 1.0, 1.5, 0.9),), channel=0),),
            roles=Roles(method="channel", confidence=1.0, agent_channel=0, evidence=(hit,)),
            speech=(Speech("agent", ((1.0, 1.5),), 0),),
            sounds=(Event("music", 2.0, 2.5),),
            dropped=(Dropped(2.0, 2.5, "请不吝点赞", "watermark"),),
            parted=True,
            codec="pcm_alaw",
            sample_rate=8000,
            models={"asr": "base"},
        ),
        analysis=Analysis(events=(Event("silence", 1.5, 3.0, None),), metrics={"silence": 1.5, "overtalk": None}),
        verdict=Verdict(
            findings=(finding,),
            score=Score(total=5.0, possible=5.0, scaled=100.0, band="优秀", passed=True),
            complaint=Complaint(detected=False, probability=0.1),
            rubric=RubricRef("general-inbound", "1", "ff"),
            flags=("review",),
        ),
    )
