"""The whole report: pages and workbook from the same figures."""

from __future__ import annotations

from pathlib import Path

from qa.config import Settings
from qa.report.shown import Shown
from qa.report.site import Site
from qa.report.workbook import write_workbook
from qa.store.store import Store

WORKBOOK = "scorecards.xlsx"


def write_report(store: Store | Shown, out: Path, settings: Settings) -> tuple[Path, Path]:
    """Write pages and workbook into ``out``; the paths of ``index.html`` and of the workbook.

    Raises:
        ConfigError: ``out`` holds pages that are not ours, or cannot be written.
    """
    store = Shown.of(store, settings)
    site = Site(store, out, settings, workbook=WORKBOOK)
    site.write()
    return out / "index.html", write_workbook(store, out / WORKBOOK, settings, site.figures)
