"""Runs that can be killed, and results to compare: what the tests of faults share."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qa.report.export import export_calls
from qa.store.store import Store

CALLS = 12


@dataclass
class Nursery:
    """Starts runs as processes; see ``nursery.py``."""

    process: subprocess.Popen[str]
    rubric: Path
    log: Path
    defaults: dict[str, Any] = field(default_factory=dict)

    def _ask(self, order: dict[str, Any]) -> int:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def start(self, store: Path | str, *sources: Path, **more: Any) -> int:
        """Start a run; the number of its process, which leads a group of its own."""
        order = {"sources": [str(source) for source in sources], "store": str(store), "rubrics": [str(self.rubric)], "log": str(self.log)}
        self.log.write_text("", encoding="utf-8")
        return self._ask(order | self.defaults | more)

    def wait(self, process: int) -> int:
        """Its exit status when it has ended; negative for the signal that ended it."""
        return self._ask({"wait": process})

    def run(self, store: Path | str, *sources: Path, **more: Any) -> int:
        """A run to its end."""
        return self.wait(self.start(store, *sources, **more))

    @property
    def said(self) -> str:
        """What the last run has said."""
        return self.log.read_text(encoding="utf-8", errors="replace")


@dataclass(frozen=True)
class Results:
    """All that must be the same whatever happened on the way: the export's bytes, and what is quarantined for what reason."""

    export: bytes
    quarantined: tuple[tuple[str, str], ...]
    keys: tuple[tuple[str, str, str], ...]

    @classmethod
    def of(cls, store: Path | str, out: Path) -> Results:
        with Store.open(store, must_exist=True) as opened:
            export_calls(opened, "jsonl", out)
            held = tuple((one.call_id, one.message) for one in opened.quarantined())
            keys = tuple((call_id, kept.keys.hearing, kept.keys.judging) for call_id, kept in sorted(opened.kept().items()))
        return cls(out.read_bytes(), held, keys)


@dataclass(frozen=True)
class Undisturbed:
    """A run that nothing befell: its results, and how long it took."""

    results: Results
    seconds: float
