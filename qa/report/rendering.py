"""The pages of the calls, by far the most of a report's pages: written one by one, and for many calls by several processes.

A page depends on its call alone, so who writes it changes nothing: the bytes are the same.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from qa.calls import Call
from qa.config import Settings
from qa.report.callpage import call_view
from qa.report.figures import Gathered
from qa.report.language import language
from qa.report.media import Playable
from qa.report.names import page_name
from qa.report.pages import environment
from qa.report.shown import Shown
from qa.store.store import Store

#: From so many calls on, more processes gain more than the two seconds that starting them takes.
WORTH_SHARING = 400
_PORTION = 50  # calls handed out at a time


class CallPages:
    """Writes the page of a call, and its sound beside it, into the folder of a report."""

    def __init__(self, store: Shown, out: Path, settings: Settings, workbook: str | None = None) -> None:
        self._store, self._out, self._settings = store, out, settings
        self._say = language(settings.report.language)
        self._templates = environment(settings)
        self._templates.globals["workbook"] = workbook
        (out / "calls").mkdir(parents=True, exist_ok=True)

    def write(self, call: Call) -> list[str]:
        """Write the page; the names of what now belongs to the report, relative to its folder."""
        sound = self._sound(call)
        name = f"calls/{page_name(call.recording.call_id)}"
        page = self._templates.get_template("call.html").render(root="../", **call_view(call, sound, self._say))
        (self._out / name).write_bytes(page.encode("utf-8", "replace"))
        if sound.path is None:
            return [name]
        return [name, f"audio/{sound.path.name}", f"audio/{sound.path.with_suffix('.json').name}"]

    def _sound(self, call: Call) -> Playable:
        if not self._settings.report.audio:
            return Playable(None, problem="本报告未附录音（report.audio = false）")
        return self._store.sound(call, self._out / "audio")


@contextmanager
def shared(
    store: Shown, out: Path, settings: Settings, workbook: str | None, call_ids: Sequence[str]
) -> Iterator[Iterator[tuple[Gathered, list[str]]]]:
    """Write the pages of these calls in as many processes as there are cores.

    Yields an iterator over portions of the calls, in their order: what figures are made of, and the names of what was
    written. It raises OSError where a page could not be written or a process died.
    """
    context = multiprocessing.get_context("spawn")  # a forked child would share the database connection
    first = (store.location, store.masked, out, settings, workbook)
    processes = os.cpu_count() or 1
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_start, initargs=first) as pool:
        try:
            yield _portions(pool, call_ids, 3 * processes)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _portions(pool: ProcessPoolExecutor, call_ids: Sequence[str], ahead: int) -> Iterator[tuple[Gathered, list[str]]]:
    """What the pool makes of the calls, in their order; so many portions are handed out before the first is back."""
    portions = (call_ids[at : at + _PORTION] for at in range(0, len(call_ids), _PORTION))
    under_way = deque(pool.submit(_portion, portion) for portion in islice(portions, ahead))
    while under_way:
        try:
            done = under_way.popleft().result()
        except BrokenProcessPool as error:
            raise OSError("写通话页的进程中途被终止，多半是内存不够") from error
        under_way.extend(pool.submit(_portion, portion) for portion in islice(portions, 1))
        yield done


_store: Shown  # of a process that helps
_settings: Settings
_pages: CallPages


def _start(location: str, masked: bool, out: Path, settings: Settings, workbook: str | None) -> None:
    global _store, _settings, _pages
    _store, _settings = Shown(Store.open(location, must_exist=True), settings.privacy, masked=masked), settings
    _pages = CallPages(_store, out, settings, workbook)
    gc.freeze()
    gc.set_threshold(500_000)  # a call is a tree, gone with its last reference; looking for circles all the while takes a sixth of the time


def _portion(call_ids: Sequence[str]) -> tuple[Gathered, list[str]]:
    gathered, names = Gathered(_settings), []
    for call in _store.some(call_ids):
        names += _pages.write(call)
        gathered.add(call)
    return gathered, names
