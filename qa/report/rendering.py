"""The pages of the calls, by far the most of a report's pages: written one by one, and for many calls by several processes.

A page depends on its call alone, so who writes it changes nothing: the bytes are the same.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from qa.calls import Call
from qa.config import Settings
from qa.report.callpage import call_view
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


class Shared:
    """Pages being written by other processes; :meth:`names` waits for them."""

    def __init__(self, portions: Sequence[Future[list[str]]]) -> None:
        self._portions = portions

    def names(self) -> Iterator[str]:
        """The names of everything written.

        Raises:
            OSError: a page could not be written.
        """
        for portion in self._portions:
            yield from portion.result()


@contextmanager
def shared(store: Shown, out: Path, settings: Settings, workbook: str | None, call_ids: Sequence[str]) -> Iterator[Shared]:
    """Write the pages of these calls in as many processes as there are cores, while the caller goes on."""
    context = multiprocessing.get_context("spawn")  # a forked child would share the database connection
    first = (store.location, store.masked, out, settings, workbook)
    with ProcessPoolExecutor(os.cpu_count() or 1, mp_context=context, initializer=_start, initargs=first) as pool:
        try:
            yield Shared([pool.submit(_portion, call_ids[at : at + _PORTION]) for at in range(0, len(call_ids), _PORTION)])
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


_store: Shown  # of a process that helps
_pages: CallPages


def _start(location: str, masked: bool, out: Path, settings: Settings, workbook: str | None) -> None:
    global _store, _pages
    _store = Shown(Store.open(location, must_exist=True), settings.privacy, masked=masked)
    _pages = CallPages(_store, out, settings, workbook)


def _portion(call_ids: Iterable[str]) -> list[str]:
    found = (_store.call(call_id) for call_id in call_ids)
    return [name for call in found if call is not None for name in _pages.write(call)]
