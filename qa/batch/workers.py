"""Worker processes on this machine, each with its own model, and a guard over each.

A worker that dies, hangs or grows is ended and replaced; the call it was at is tried again, and set aside when it
does so again. Each worker has a pipe of its own and no lock in common with others, so that killing one at any
moment harms nobody; and each ends by itself when this process is gone, however it went.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from multiprocessing import connection
from pathlib import Path
from typing import Any

from qa.batch.attempts import Attempts
from qa.batch.executors import Job, Kit, Outcome
from qa.config import BatchSettings
from qa.errors import QaError

#: Spawned, not forked: a forked child inherits the locks of native thread pools in whatever state they are.
START = "spawn"
#: Seconds between looks at the workers.
LOOK = 0.5
#: Seconds that a worker may take to start, where calls have less.
STARTING = 600.0
#: Share of the machine's memory that all workers may use together when nothing else is said.
SHARE = 0.9


@dataclass(frozen=True, slots=True)
class Workers:
    """So many worker processes: an :class:`~qa.batch.executors.Executor`."""

    count: int
    settings: BatchSettings

    def __call__(self, jobs: Iterable[Job], kit: Kit) -> Iterator[tuple[Job, Outcome]]:
        """See :class:`~qa.batch.executors.Executor`."""
        guard = _Guard(self.settings.timeout, memory_limit(self.settings.memory, self.count))
        attempts = Attempts(iter(jobs), self.settings.retries)
        crew = _Crew(self.count, kit.among(self.count) if self.count > 1 else kit, guard, attempts)
        try:
            yield from crew.work()
        finally:
            crew.dismiss()


@dataclass(frozen=True, slots=True)
class _Guard:
    timeout: float  # seconds, 0 for none
    memory: int  # bytes, 0 for none


@dataclass(slots=True)
class _Worker:
    process: Any
    pipe: connection.Connection
    since: float
    ready: bool = False
    job: Job | None = None


@dataclass(slots=True)
class _Crew:
    """The workers of one run, and what they are at."""

    count: int
    kit: Kit
    guard: _Guard
    attempts: Attempts
    workers: list[_Worker] = field(default_factory=list)

    def work(self) -> Iterator[tuple[Job, Outcome]]:
        while True:
            self._hand_out()
            if not any(worker.job for worker in self.workers):
                yield from self.attempts.release()
                return
            yield from self._collect()

    def _hand_out(self) -> None:
        """Give every free worker a job; workers are started as there are jobs for them."""
        for worker in self.workers:
            if worker.job is None and (job := self.attempts.next()):
                self._give(worker, job)
        while len(self.workers) < self.count and (job := self.attempts.next()):
            worker = _started(self.kit)
            self.workers.append(worker)
            self._give(worker, job)

    def _give(self, worker: _Worker, job: Job) -> None:
        worker.job, worker.since = job, time.monotonic()
        with contextlib.suppress(OSError):  # it has just died, which the next look finds
            worker.pipe.send(job)

    def _collect(self) -> Iterator[tuple[Job, Outcome]]:
        """What has been done since the last look, and what became of workers that are no more."""
        there = connection.wait([worker.pipe for worker in self.workers], timeout=LOOK)
        for worker in [worker for worker in self.workers if worker.pipe in there]:
            try:
                answer = worker.pipe.recv()
            except (EOFError, OSError):
                self._lost(worker, _died(worker))
                continue
            if isinstance(answer, QaError):
                raise answer
            if answer is None:
                worker.ready, worker.since = True, time.monotonic()
                continue
            done, worker.job = worker.job, None
            if done is not None:
                if following := self.attempts.next():  # at once, so that it does not wait while the result is kept
                    self._give(worker, following)
                yield from self.attempts.release()
                yield done, answer
        for worker in [worker for worker in self.workers if worker.pipe not in there]:
            if worker.job is not None and (why := self._overdue(worker) or self._grown(worker)):
                self._lost(worker, why)

    def _lost(self, worker: _Worker, why: str) -> None:
        """End a worker; its job is tried again or set aside."""
        self.workers.remove(worker)
        _end(worker)
        self.attempts.lost(worker.job, why)

    def _overdue(self, worker: _Worker) -> str | None:
        limit = self.guard.timeout if worker.ready else max(self.guard.timeout, STARTING)
        if not self.guard.timeout or time.monotonic() - worker.since <= limit:
            return None
        return f"超过 {self.guard.timeout:g} 秒没有做完（设置 batch.timeout）" if worker.ready else f"工作进程 {limit:g} 秒没有就绪"

    def _grown(self, worker: _Worker) -> str | None:
        if not self.guard.memory or (used := resident(worker.process.pid)) <= self.guard.memory:
            return None
        return f"用了 {used / 2**30:.1f} GB 内存，上限 {self.guard.memory / 2**30:.1f} GB（设置 batch.memory）"

    def dismiss(self) -> None:
        """End all workers, whatever they are at."""
        for worker in self.workers:
            _end(worker)
        self.workers.clear()


def _started(kit: Kit) -> _Worker:
    context: Any = multiprocessing.get_context(START)  # a type of its own for each way of starting
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, kit), daemon=True, name="qa-worker")
    process.start()
    theirs.close()
    return _Worker(process, ours, time.monotonic())


def _end(worker: _Worker) -> None:
    worker.process.kill()
    worker.process.join()
    worker.process.close()
    worker.pipe.close()


def _died(worker: _Worker) -> str:
    worker.process.join(timeout=5)
    status = worker.process.exitcode
    if status is not None and status < 0:
        guess = "内存不足" if -status == signal.SIGKILL else "解码库在损坏的数据上崩溃"
        return f"进程被信号 {signal_name(-status)} 结束，多半是{guess}"
    return f"进程意外退出（状态 {status}）"


def signal_name(number: int) -> str:
    """What a signal is called.

    >>> signal_name(11), signal_name(40)
    ('SIGSEGV', '40')
    """
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)


def _serve(pipe: connection.Connection, kit: Kit) -> None:
    """The life of a worker: say that it is ready, then answer every job with its outcome."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the run, which ends its workers itself
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):  # the run is gone
        try:
            work = kit.worker()
            pipe.send(None)
            while True:
                pipe.send(work(pipe.recv()))
        except QaError as error:
            pipe.send(error)
            pipe.recv()  # until the run has read it and ends this worker


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def memory_limit(setting: float | None, workers: int) -> int:
    """The bytes that one of so many workers may use; 0 for no limit.

    >>> memory_limit(2.0, 4), memory_limit(0, 1)
    (2147483648, 0)
    """
    if setting is not None:
        return int(setting * 2**30)
    return int(SHARE * machine_memory() / workers)


def machine_memory() -> int:
    """The bytes of memory that this machine has, or that its container may use; 0 where that cannot be told."""
    try:
        whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 0
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with contextlib.suppress(OSError, ValueError):
            whole = min(whole, int(Path(limit).read_text()))
    return whole


def resident(process: int) -> int:
    """The bytes of memory that a process holds; 0 where that cannot be told.

    >>> resident(os.getpid()) > 2**20
    True
    """
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        pass
    with contextlib.suppress(OSError, ValueError, subprocess.SubprocessError):
        return 1024 * int(subprocess.run(["ps", "-o", "rss=", "-p", str(process)], capture_output=True, text=True, check=True).stdout)
    return 0
