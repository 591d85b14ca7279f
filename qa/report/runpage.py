"""The summary of one run, as a page that can be mailed and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from pydantic import TypeAdapter

from qa.calls import Quarantined
from qa.config import Settings
from qa.privacy import masked_quarantine
from qa.report.pages import environment
from qa.store.runs import RunRecord

#: Quarantined recordings that the page names; a mail is not the place for thousands.
MOST = 50


def run_json(record: RunRecord) -> str:
    """The record of a run as a JSON object of schema ``run/1``.

    >>> from datetime import UTC, datetime
    >>> json.loads(run_json(RunRecord(number=3, started_at=datetime(2026, 11, 20, tzinfo=UTC))))["schema"]
    'run/1'
    """
    plain = TypeAdapter(RunRecord).dump_python(record, mode="json")
    return json.dumps({"schema": "run/1", **plain}, ensure_ascii=False, indent=1)


def write_run_page(record: RunRecord, quarantined: Sequence[Quarantined], folder: Path, settings: Settings) -> Path:
    """Write ``run-<number>.html`` and ``.json`` into the folder, and the same as ``latest.*``; the path of the page.

    The page stands alone and runs no script, as mail programs want it. A run that never got a number is ``run-failed``.

    Raises:
        OSError: it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name = f"run-{record.number}" if record.number else "run-failed"
    shown = [masked_quarantine(held, settings.privacy) for held in quarantined[:MOST]]
    page = environment(settings).get_template("run.html").render(run=record, quarantined=shown, more=len(quarantined[MOST:]))
    for suffix, text in (("html", page), ("json", run_json(record))):
        for stem in (name, "latest"):
            path = folder / f"{stem}.{suffix}"
            unfinished = path.with_name(f".{path.name}.unfinished")
            unfinished.write_bytes(text.encode("utf-8", "replace"))
            unfinished.replace(path)
    return folder / f"{name}.html"
