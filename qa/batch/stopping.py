"""A run told to stop: by Ctrl-C, by the service manager. It stops at once, but never in the midst of keeping a result."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class Stopped(KeyboardInterrupt):
    """The run was told to stop; ``str()`` of it is what to tell the user, ``status`` the exit status of a program ended so.

    >>> Stopped(signal.SIGTERM, left=3).status, str(Stopped(signal.SIGINT, left=3))
    (143, '已停止，还剩 3 通；处理完的都已保存，再次运行同一命令即可接着做')
    """

    def __init__(self, number: int, left: int = 0) -> None:
        self.number, self.left = number, left
        self.status = 128 + number
        remaining = f"，还剩 {left} 通" if left else ""
        super().__init__(f"已停止{remaining}；处理完的都已保存，再次运行同一命令即可接着做")


class Stopping:
    """While it is entered, the signals that end a program raise :class:`Stopped` in the main thread.

    >>> with Stopping() as stopping:
    ...     with stopping.kept_off():
    ...         kept = "whole"
    """

    def __init__(self) -> None:
        self._asked: int | None = None
        self._busy = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Stopping:
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                if signal.getsignal(number) is not signal.SIG_IGN:  # nohup means to go on
                    self._before[number] = signal.signal(number, self._told)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @contextmanager
    def kept_off(self) -> Iterator[None]:
        """What is done inside is done whole; a signal takes effect after it."""
        self._busy = True
        try:
            yield
        finally:
            self._busy = False
        if self._asked is not None:
            raise Stopped(self._asked)

    def _told(self, number: int, _frame: FrameType | None) -> None:
        again, self._asked = self._asked is not None, number
        if not self._busy or again:
            raise Stopped(number)
