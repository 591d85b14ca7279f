"""In which order the calls of a run are done: the longest first, so that several workers end at about the same time.

Whoever takes the longest call last leaves all others idle for as long as it lasts; taken first it costs nothing
(Graham, Bounds on multiprocessing timing anomalies, 1969: at most a third above the best, in practice a few percent).
Results do not depend on the order.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from qa.batch.plan import Task
from qa.intake.remote import RemotePath, located
from qa.timeline import Seconds

#: Bytes a second of recordings whose rate does not stand in the first bytes of the file: MP3, AAC and Opus for speech.
_USUAL_RATE = 4_000


def longest_first(tasks: Sequence[Task]) -> tuple[Task, ...]:
    """The tasks by the length that their files seem to have; those of no known length, and those only judged, last and as they were."""
    lengths = {id(task): 0.0 if task.step == "judge" or task.recording.path is None else seeming(task.recording.path) for task in tasks}
    return tuple(sorted(tasks, key=lambda task: -lengths[id(task)]))


def seeming(path: str) -> Seconds:
    """About how long a recording is, by its size and, of a WAV file, its declared bytes a second; 0 where that cannot be told.

    Only the first bytes are read and nothing is decoded: here a damaged file must harm nobody. One elsewhere is not asked for.

    >>> seeming("nowhere.wav"), seeming("s3://calls/a.wav")
    (0.0, 0.0)
    """
    place = located(path)
    if isinstance(place, RemotePath):
        return 0.0
    try:
        with place.open("rb") as file:
            head = file.read(32)
            return file.seek(0, 2) / _rate(head)
    except (OSError, ValueError):
        return 0.0


def _rate(head: bytes) -> int:
    """The bytes a second of a file that begins so; WAV with its format first, as all recorders write it."""
    if len(head) == 32 and head[:4] == b"RIFF" and head[8:16] == b"WAVEfmt ":
        declared: int = struct.unpack_from("<I", head, 28)[0]
        if declared:
            return declared
    return _USUAL_RATE
