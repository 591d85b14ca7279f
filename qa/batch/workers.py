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
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from multiprocessing import connection
from pathlib import Path
from typing import Any

from qa.batch.executors import Job, Kit, Outcome
from qa.batch.plan import set_aside
from qa.config import BatchSettings
from qa.errors import QaError, RecordingError

#: Deaths in a row, without a call done in between, after which the machine and not the recordings is to blame.
HOPELESS = 8
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
        guard = _Guard(self.settings.timeout, memory_limit(self.settings.memory, self.count), self.settings.retries)
        crew = _Crew(self.count, kit.among(self.count) if self.count > 1 else kit, guard)
        try:
            yield from crew.work(iter(jobs))
        finally:
            crew.dismiss()


@dataclass(frozen=True, slots=True)
class _Guard:
    timeout: float  # seconds, 0 for none
    memory: int  # bytes, 0 for none
    retries: int


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
    workers: list[_Worker] = field(default_factory=list)
    again: deque[Job] = field(default_factory=deque)  # jobs whose worker died
    failures: dict[str, int] = field(default_factory=dict)  # by call id: how many workers it has cost
    held: list[tuple[Job, Outcome]] = field(default_factory=list)  # set aside, and no call has been done since
    deaths: int = 0  # in a row

    def work(self, jobs: Iterator[Job]) -> Iterator[tuple[Job, Outcome]]:
        while True:
            self._hand_out(jobs)
            if not any(worker.job for worker in self.workers):
                yield from self._release()
                return
            yield from self._collect(jobs)

    def _hand_out(self, jobs: Iterator[Job]) -> None:
        """Give every free worker a job; workers are started as there are jobs for them."""
        for worker in self.workers:
            if worker.job is None and (job := self._next(jobs)):
                self._give(worker, job)
        while len(self.workers) < self.count and (job := self._next(jobs)):
            worker = _started(self.kit)
            self.workers.append(worker)
            self._give(worker, job)

    def _next(self, jobs: Iterator[Job]) -> Job | None:
        return self.again.popleft() if self.again else next(jobs, None)

    def _give(self, worker: _Worker, job: Job) -> None:
        worker.job, worker.since = job, time.monotonic()
        with contextlib.suppress(OSError):  # it has just died, which the next look finds
            worker.pipe.send(job)

    def _collect(self, jobs: Iterator[Job]) -> Iterator[tuple[Job, Outcome]]:
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
                if following := self._next(jobs):  # at once, so that it does not wait while the result is kept
                    self._give(worker, following)
                self.deaths = 0
                yield from self._release()
                yield done, answer
        for worker in [worker for worker in self.workers if worker.pipe not in there]:
            if worker.job is not None and (why := self._overdue(worker) or self._grown(worker)):
                self._lost(worker, why)

    def _release(self) -> Iterator[tuple[Job, Outcome]]:
        held, self.held = self.held, []
        yield from held

    def _lost(self, worker: _Worker, why: str) -> None:
        """End a worker; its job is tried again or set aside."""
        self.workers.remove(worker)
        _end(worker)
        self.deaths += 1
        if self.deaths >= HOPELESS:
            raise QaError(
                f"工作进程接连 {self.deaths} 次意外结束，没有一通做完",
                why=why,
                next_step="多半不是录音的问题：检查内存、磁盘与模型（qa doctor），用 --workers 1 重试；做完的都已保存",
            )
        if (job := worker.job) is None:
            return
        recording = job.task.recording
        failures = self.failures[recording.call_id] = self.failures.get(recording.call_id, 0) + 1
        if failures <= self.guard.retries:
            self.again.append(job)
            return
        message = RecordingError(
            "处理这个录音的进程没能做完",
            where=recording.path,
            why=f"{why}；共试 {failures} 次",
            next_step="检查录音能否播放；很长的录音可调大设置 batch.timeout、batch.memory；然后 qa run --retry-quarantined 再试",
        )
        # Kept back until some call has been done: when none can be, the run stops and nothing is held against these.
        self.held.append((job, set_aside(recording, str(message))))

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
    # Spawned, not forked: a forked child inherits the locks of native thread pools in whatever state they are.
    context = multiprocessing.get_context("spawn")
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
