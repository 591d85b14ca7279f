"""What a Ray cluster costs beside the process pool on the same two cores: ``python benchmarks/cluster.py``.

The same calls go through two workers of each, in turns. Hearing is replaced by so many seconds of computing (``--seconds``),
so that what is compared is handing out, sending back and keeping workers busy; judging is real. Two times count: from the first result
to the last, which is what a night consists of, and until the first result, which is paid once a run.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from clustered import a_kit, job

from qa.batch.cluster import on_cluster
from qa.batch.executors import Executor, Outcome
from qa.batch.workers import Workers
from qa.config import ClusterSettings, Settings

SETTINGS = Settings(cluster=ClusterSettings(cpus=1))


def main() -> None:
    os.environ["PYTHONPATH"] = sys.path[0]  # for the workers
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=1.0, help="computing for each call; hearing a call of 30 s takes about 3")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    engines: dict[str, Callable[[], Executor]] = {
        "pool": lambda: Workers(2, SETTINGS.batch),
        "ray": lambda: on_cluster(SETTINGS, workers=2, address="local"),
    }
    calls = [f"busy-{options.seconds}-{number}" for number in range(options.calls)]
    print(f"{'':6s} {'first result':>13s} {'the others':>11s}")
    taken: dict[str, list[float]] = {name: [] for name in engines}
    results: list[dict[str, Outcome]] = []
    for number in range(options.rounds):
        for name in sorted(engines, reverse=bool(number % 2)):
            first, rest, outcomes = measured(engines[name](), calls)
            taken[name].append(rest)
            results.append(outcomes)
            print(f"{name:6s} {first:11.1f} s {rest:9.2f} s", flush=True)
    assert all(outcomes == results[0] for outcomes in results), "the results differ"
    pool, ray = median(taken["pool"]), median(taken["ray"])
    print(f"{options.calls} calls, the same results from both; Ray over the pool: {ray / pool - 1:+.1%}")


def measured(run: Executor, calls: list[str]) -> tuple[float, float, dict[str, Outcome]]:
    began, first, outcomes = time.perf_counter(), 0.0, {}
    with tempfile.TemporaryDirectory() as folder:
        kit = a_kit(Path(folder), SETTINGS)
        for done, outcome in run(map(job, calls), kit):
            first = first or time.perf_counter() - began
            outcomes[done.task.recording.call_id] = outcome
    return first, time.perf_counter() - began - first, outcomes


if __name__ == "__main__":
    main()
