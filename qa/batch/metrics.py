"""Figures of the run for Prometheus' textfile collector: one small file, written whole or not at all.

Unlike everything else that a run writes, all accounts may read it: the collector has one of its own, and no figure is of a person.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

from qa.batch.executors import Outcome
from qa.batch.plan import Plan
from qa.batch.run import Summary

#: Readable by the collector's account.
READABLE = 0o644

#: Seconds between two writings while the run goes on.
EVERY = 15.0

_HELP = {
    "calls": "Calls of the run by what became of them.",
    "queue": "Calls still to be done.",
    "audio_seconds": "Seconds of sound that were heard.",
    "wall_seconds": "Seconds that the run has taken.",
    "speed": "Seconds of sound heard in a second.",
    "seconds_per_call": "Seconds of the run for each call that was heard or judged.",
    "started_timestamp_seconds": "When the run began.",
    "written_timestamp_seconds": "When these figures were written.",
    "outcome": "1 for how the run ended, or running.",
    "review": "1 when results should be looked at before they are published.",
}


def exposition(summary: Summary, *, started: float, now: float, outcome: str = "running", review: bool = False) -> str:
    """The figures in Prometheus' text format; times are seconds since 1970.

    >>> print(exposition(Summary(heard=2, left=5), started=0.0, now=9.0).splitlines()[2])
    tingjian_run_calls{result="heard"} 2
    """
    results = ("heard", "judged", "up_to_date", "quarantined", "waiting", "flagged")
    done = summary.heard + summary.judged
    values: dict[str, list[tuple[str, float]]] = {
        "calls": [(f'{{result="{name}"}}', getattr(summary, name)) for name in results],
        "queue": [("", summary.left)],
        "audio_seconds": [("", round(summary.audio_seconds, 2))],
        "wall_seconds": [("", round(summary.wall_seconds, 2))],
        "speed": [("", round(summary.audio_seconds / summary.wall_seconds, 3) if summary.wall_seconds else 0)],
        "seconds_per_call": [("", round(summary.wall_seconds / done, 4) if done else 0)],
        "started_timestamp_seconds": [("", round(started, 3))],
        "written_timestamp_seconds": [("", round(now, 3))],
        "outcome": [(f'{{outcome="{outcome}"}}', 1)],
        "review": [("", int(review))],
    }
    lines: list[str] = []
    for name, samples in values.items():
        lines += [f"# HELP tingjian_run_{name} {_HELP[name]}", f"# TYPE tingjian_run_{name} gauge"]
        lines += [f"tingjian_run_{name}{labels} {value}" for labels, value in samples]
    return "\n".join(lines) + "\n"


class Metrics:
    """A watcher that writes the figures now and then; one that cannot be written is left out, for a run is worth more."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._started, self._written = time.time(), 0.0

    def started(self, plan: Plan) -> None:
        """Say that a run is under way."""
        self._write(Summary(left=len(plan.tasks)))

    def finished(self, outcome: Outcome, summary: Summary) -> None:
        """Write when the last writing is some time ago."""
        if time.monotonic() - self._written >= EVERY:
            self._write(summary)

    def note(self, message: str) -> None:
        """Not counted."""

    def ended(self, summary: Summary) -> None:
        """The last word comes with the outcome."""

    def close(self, summary: Summary, outcome: str, *, review: bool) -> None:
        """Write how the run ended."""
        self._write(summary, outcome, review=review)

    def _write(self, summary: Summary, outcome: str = "running", *, review: bool = False) -> None:
        self._written = time.monotonic()
        text = exposition(summary, started=self._started, now=time.time(), outcome=outcome, review=review)
        with contextlib.suppress(OSError):
            write_whole(self._path, text)


def write_whole(path: Path, text: str) -> None:
    """Put a text into a file so that nobody ever reads half of it.

    Raises:
        OSError: it cannot be written; the file is as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _beside(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8")
        unfinished.chmod(READABLE)
        unfinished.replace(path)


@contextlib.contextmanager
def _beside(path: Path) -> Iterator[Path]:
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        yield unfinished
    finally:
        unfinished.unlink(missing_ok=True)
