"""Files that are still being written: a recording that grows while it is read would be heard by halves.

A file is let be while its last change is younger than ``intake.settle_seconds``. Clocks of a share or after a jump
cannot be trusted, so a file from the future is let be too; either is taken up when it has stayed the same for that
long by this process's own clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from qa.intake.files import content_hash
from qa.intake.metadata import Metadata


class Naming(Protocol):
    """Gives the content hash of files; it may know some of them already."""

    def expect(self, paths: Sequence[Path]) -> None:
        """Those files will be asked for next."""
        ...

    def __call__(self, path: Path) -> str:
        """SHA-256 of the file's bytes, in hex; RecordingError when it cannot be read."""
        ...


class Reading:
    """Reads every file whole."""

    def expect(self, paths: Sequence[Path]) -> None:
        """Nothing to prepare."""

    def __call__(self, path: Path) -> str:
        """See :class:`Naming`."""
        return content_hash(path)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A file that may still be being written, with what is known of its call, and how it was when last looked at."""

    call_id: str
    path: Path
    metadata: Metadata
    stamp: str | None


def stamp(path: Path) -> str | None:
    """How a file is: its size, and when its bytes and its entry were last changed; None where it cannot be looked at.

    As long as this stays the same the bytes do. The time of the entry is there because copying tools set the other back.
    """
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return f"{status.st_size}-{status.st_mtime_ns}-{status.st_ctime_ns}"


def age(stamp: str, now: float) -> float:
    """Seconds since the last change at the time ``now``; negative for a file from the future.

    >>> age("44-1000000000-2500000000", 10.0)
    7.5
    """
    _, changed, entered = stamp.split("-")
    return now - max(int(changed), int(entered)) / 1e9


def unsettled(stamp: str | None, now: float, settle: float) -> bool:
    """Whether the file may still be being written.

    >>> unsettled("44-1000000000-0", 2.0, settle=5.0), unsettled("44-1000000000-0", 20.0, 5.0), unsettled("44-1000000000-0", 0.0, 5.0)
    (True, False, True)
    """
    return stamp is not None and age(stamp, now) < settle
