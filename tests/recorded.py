"""A worker whose hearing is a recording of the real one: which of the samples' transcripts a file gets is told by its hash.

``Kit(settings, rubrics, making=recorded)`` makes such workers. Decoding, measuring, judging and keeping are real, so a run
takes a second and can be repeated, killed and compared.
"""

from __future__ import annotations

import json
import struct
from functools import cache, partial
from pathlib import Path

from pydantic import TypeAdapter

from qa.batch.executors import Job, Kit, Outcome, Work
from qa.batch.plan import set_aside
from qa.calls import Heard
from qa.config import BatchSettings, IntakeSettings, Settings
from qa.errors import RecordingError
from qa.intake.audio import decode
from qa.pipeline import judge_call
from qa.scoring.choice import Rubrics

HEARD = Path(__file__).parent / "data" / "heard.jsonl"

#: Files made a moment ago are taken as they are; one worker is this process.
AT_ONCE = Settings(intake=IntakeSettings(allow_missing_metadata=True, settle_seconds=0), batch=BatchSettings(timeout=0, memory=0))


@cache
def transcripts() -> tuple[Heard, ...]:
    """What the real recogniser heard in the samples, in order of their ids."""
    lines = HEARD.read_text(encoding="utf-8").splitlines()
    return tuple(TypeAdapter(Heard).validate_python(json.loads(line)["heard"]) for line in lines)


def transcript(content_hash: str) -> Heard:
    """The one for a file of these bytes."""
    return transcripts()[int(content_hash[:8], 16) % len(transcripts())]


def recorded(kit: Kit, *, decoding: bool = True) -> Work:
    """Such a worker; without ``decoding`` the files need hold no sound."""
    transcripts()

    def work(job: Job) -> Outcome:
        recording = job.task.recording
        try:
            heard = job.heard
            if heard is None:
                assert recording.path is not None
                if decoding:
                    decode(Path(recording.path)).close()
                heard = transcript(recording.content_hash)
            return judge_call(recording, heard, kit.rubrics.of(recording), kit.settings)
        except RecordingError as error:
            return set_aside(recording, str(error))

    return work


def a_kit(settings: Settings, rubrics: Rubrics, *, decoding: bool = True) -> Kit:
    """The kit of such workers, as an ``Order`` wants it."""
    return Kit(settings, rubrics, making=partial(recorded, decoding=decoding))


def write_wav(path: Path, number: int, seconds: float = 0.5) -> None:
    """A small recording on two channels that no other number has."""
    rate, frames = 8000, int(8000 * seconds)
    data = b"".join(struct.pack("<hh", (number * 37 + n * 11) % 2000 - 1000, (n * 7) % 500) for n in range(frames))
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16, 1, 2, rate, rate * 4, 4, 16, b"data", len(data))
    path.write_bytes(head + data)
