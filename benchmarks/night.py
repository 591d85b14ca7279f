"""What a night of calls costs beside the hearing, and what a second worker brings: ``python benchmarks/night.py``.

* ``simulated``: so many calls (20,000) in which hearing is a recording of the real one and everything else is real:
  finding and naming files, planning, judging by the shipped rubric, keeping each call in a transaction of its own.
  Seconds of the processor for each thousand, and resident memory: both must stay flat.
* ``again``: ``qa run`` as a user starts it over 5,000 of these files, in the store that holds all of them.
* ``workers``: the recordings given with ``--recordings`` through the real model, by one worker and by two, each on one
  thread, the longest recording first. Efficiency is the throughput of two over twice that of one, by the clock (on a
  machine with two idle cores) and by the processor (on a busy one: what two spend for the same calls). Everything from
  starting the command to its end counts, also finding the files and loading the model in each worker (some seconds of
  processor for each), which eight recordings of a minute would not outweigh: each is heard ``--times`` over.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from recorded import AT_ONCE, a_kit

from qa.batch.executors import Outcome
from qa.batch.night import Order, carry_out
from qa.batch.plan import Plan
from qa.batch.run import Summary
from qa.batch.watch import Silent
from qa.batch.workers import resident
from qa.config import shipped

PART = 1000
AGAIN = 5000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=20_000)
    parser.add_argument("--rubric", type=Path, default=shipped("rubrics", "general_inbound.yaml"))
    parser.add_argument("--recordings", type=Path, help="folder of recordings for the comparison of one and two workers")
    parser.add_argument("--manifest", type=Path, help="for these recordings, with --times 1")
    parser.add_argument("--times", type=int, default=3, help="hear each of these recordings so often, under other names")
    parser.add_argument("--keep", type=Path, help="folder to work in; a temporary one by default")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="qa-night-") as folder:
        home = options.keep or Path(folder)
        if options.calls:
            simulated(home, options.calls, options.rubric)
            again(home, min(AGAIN, options.calls), options.rubric)
        if options.recordings:
            if options.times > 1:
                options.recordings, options.manifest = repeated(home, options.recordings, options.times), None
            workers(home, options.recordings, options.manifest)


class Parts(Silent):
    """Prints a line for every thousand calls."""

    def __init__(self) -> None:
        self.done = 0
        self.rows: list[tuple[int, float, float]] = []  # calls, ms a call, MB
        self._began = self._cpu = 0.0
        self.planned = 0.0

    def started(self, plan: Plan) -> None:
        self.planned = time.process_time()
        self._cpu, self._began = time.process_time(), time.perf_counter()

    def finished(self, outcome: Outcome, summary: Summary) -> None:
        self.done += 1
        if self.done % PART == 0:
            cpu, clock = time.process_time(), time.perf_counter()
            each, memory = 1000 * (cpu - self._cpu) / PART, resident(os.getpid()) / 1e6
            self.rows.append((self.done, each, memory))
            print(f"  {self.done:>6,d} calls  {each:5.1f} ms of processor each, {clock - self._began:6.1f} s, {memory:5.0f} MB", flush=True)
            self._cpu, self._began = cpu, clock


def simulated(home: Path, calls: int, rubric: Path) -> None:
    """So many calls in one run."""
    for number in range(calls):
        path = home / "files" / f"{number // AGAIN:02d}" / f"call{number:06d}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(number.to_bytes(8, "little") * 4)
    time.sleep(2.5)  # a hash is only kept of a file that has rested
    parts = Parts()
    order = Order(
        sources=(str(home / "files"),), store=str(home / "store"), settings=AT_ONCE, rubrics=(rubric,), kit=partial(a_kit, decoding=False)
    )
    print(f"simulated: {calls:,d} calls")
    began = time.process_time()
    carry_out(order, parts)
    whole = time.process_time() - began
    (_, first, memory), (_, last, grown) = parts.rows[0], parts.rows[-1]
    print(f"  planning {1000 * (parts.planned - began) / calls:.2f} ms a call, all of it {1000 * whole / calls:.1f} ms a call")
    print(f"  cost of the last thousand over the first: {last / first:.2f}; memory grown since the first thousand: {grown - memory:.0f} MB")


def again(home: Path, calls: int, rubric: Path) -> None:
    """A run that finds everything done."""
    settings = home / "qa.toml"
    settings.write_text("[intake]\nallow_missing_metadata = true\n", encoding="utf-8")
    command = [sys.executable, "-m", "qa.cli", "run", str(home / "files" / "00"), "--store", str(home / "store")]
    command += ["--config", str(settings), "--rubric", str(rubric)]
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    clock = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    said = done.stdout.strip().splitlines()[-1]
    print(f"again: {calls:,d} files, {clock:.1f} s, {used.ru_utime + used.ru_stime:.1f} s of processor: {said}")


def repeated(home: Path, recordings: Path, times: int) -> Path:
    """A folder with so many copies of each recording, which one run hears one by one: only what is in the store is not heard again."""
    from qa.intake.sources import find

    folder = home / "repeated"
    folder.mkdir()
    for source in find([recordings]).files:
        for number in range(times):
            shutil.copy(str(source), folder / f"{number}-{Path(str(source)).name}")
    return folder


def workers(home: Path, recordings: Path, manifest: Path | None) -> None:
    """One worker and two, by the clock and by the processor."""
    settings = home / "threads.toml"
    settings.write_text("[hearing]\nthreads = 1\n[intake]\nallow_missing_metadata = true\n", encoding="utf-8")

    def ran(count: int, what: Path) -> Callable[[], None]:
        def run() -> None:
            with tempfile.TemporaryDirectory() as store:
                command = [sys.executable, "-m", "qa.cli", "run", str(what), "--store", store, "--config", str(settings), "--quiet"]
                command += ["--workers", str(count), *(("--manifest", str(manifest)) if manifest else ())]
                subprocess.run(command, check=True)

        return run

    one, two = timed(ran(1, recordings)), timed(ran(2, recordings))
    print("workers, each with one thread for recognition, voices and libraries; from the command's start to its end")
    print(f"  one {one[0]:.1f} s ({one[1]:.1f} s of processor), two {two[0]:.1f} s ({two[1]:.1f} s of processor)")
    print(f"  efficiency of two: {one[0] / two[0] / 2:.2f} by the clock, {one[1] / two[1]:.2f} by the processor")


def timed(work: Callable[[], None]) -> tuple[float, float]:
    """Seconds by the clock and of the processors."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    work()
    clock, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return clock, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
