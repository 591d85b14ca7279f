"""Runs as processes that cost no start: one process has loaded everything, and is split for each run.

It reads an order as a JSON line and answers with the number of the process that carries it out, or, asked to wait for
one, with its exit status (negative for a signal). Each run is the leader of a process group of its own.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

from recorded import AT_ONCE, a_kit

import qa.batch.workers
import qa.store.database
from qa.batch import lock, night, watch
from qa.batch.night import Order, carry_out, summary_of
from qa.batch.watch import Silent
from qa.errors import QaError


def main() -> None:
    """Answer orders until the input ends."""
    warm_up()
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            answer = os.waitstatus_to_exitcode(os.waitpid(order["wait"], 0)[1])
        else:
            assert len(list(Path("/proc/self/task").iterdir())) == 1, "only a process of one thread may be split"
            answer = os.fork() or run(order)
        print(answer, flush=True)


def warm_up() -> None:
    """Load what a run loads."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        from recorded import write_wav

        write_wav(Path(folder) / "a.wav", 0)
        order(json.loads(os.environ["NURSERY"]) | {"sources": [folder], "store": f"{folder}/store"})


def run(told: dict[str, Any]) -> int:
    """The life of a run; it never comes back."""
    os.setsid()
    status = 70
    try:
        log = os.open(told["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(log, 1)
        os.dup2(log, 2)
        status = order(told)
    except QaError as error:
        print(error, flush=True)
        status = 2
    except KeyboardInterrupt as stop:
        print(stop, flush=True)
        status = getattr(stop, "status", 130)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)
    raise AssertionError


def order(told: dict[str, Any]) -> int:
    """What ``qa run`` does, with the recorded hearing."""
    # Split like the run itself: to start them from nothing would take longer than the whole run.
    qa.batch.workers.START = "fork"
    qa.store.database.PATIENCE = told.get("patience", 60.0)
    qa.store.database._BUSY_MILLISECONDS = told.get("busy", 30_000)
    if jumps := told.get("jumps"):
        jumping_clock(jumps)
    wanted = Order(
        sources=tuple(told["sources"]),
        store=told["store"],
        settings=AT_ONCE,
        rubrics=tuple(Path(path) for path in told["rubrics"]),
        workers=told.get("workers", 1),
        retry_quarantined=told.get("retry", False),
        kit=a_kit,
    )
    return summary_of(carry_out(wanted, Silent())).exit_status


def jumping_clock(jumps: list[float]) -> None:
    """The time of day leaps by so many seconds each time it is asked, one after the other, over and over."""
    real, asked, off = time.time, 0, 0.0

    def leap() -> float:
        nonlocal asked, off
        off += jumps[asked % len(jumps)]
        asked += 1
        return off

    time.time = lambda: real() + leap()  # type: ignore[assignment]

    class Jumping(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Jumping:  # type: ignore[override]
            moment = datetime.now(tz) + timedelta(seconds=leap())
            return cls(*moment.timetuple()[:6], moment.microsecond, tz)

    for module in (lock, night, watch):
        module.datetime = Jumping  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
