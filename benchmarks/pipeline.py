"""What a whole inspection costs against the same model used plainly: ``python benchmarks/pipeline.py FOLDER --manifest FILE``.

Plain use is faster-whisper's batched pipeline with its defaults, channel by channel, with the same model, device and
threads. Both rows are whole processes, start and loading included: ``qa run`` into an empty store does everything it
does for a user (voice activity, leakage, music, roles, cleanup, word times, judging, storing), plain use only makes
text. They take turns, in alternate order; of several rounds the fastest of each counts. What a busy machine takes
from one it takes from the other: the ratio is what holds.

One-channel calls are a row of their own, because there the voices have to be separated as well.
"""

from __future__ import annotations

import argparse
import csv
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import plain

from qa.asr.models import resolve
from qa.asr.whisper import cores
from qa.config import Settings
from qa.intake.audio import decode
from qa.intake.manifest import plan


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="recordings")
    parser.add_argument("--manifest", type=Path, required=True, help="CSV with a column `file`")
    parser.add_argument("--model", default="base")
    parser.add_argument("--threads", type=int, default=0, help="0: all cores")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--limit", type=int, default=0, help="only so many calls of each kind")
    options = parser.parse_args()
    kinds: dict[str, list[Path]] = {"stereo": [], "mono": []}
    lengths: dict[Path, float] = {}
    for recording in plan([options.folder], options.manifest, Settings()).recordings:
        path = Path(str(recording.path))
        with decode(path) as audio:
            kinds["mono" if audio.channels == 1 else "stereo"].append(path)
            lengths[path] = audio.duration
    print(f"{'calls':8s} {'number':>6s} {'seconds':>8s} {'qa run':>8s} {'plain':>8s} {'ratio':>6s} {'by CPU':>7s} {'call-s/s':>9s}")
    whole, all_ours, all_plain = 0.0, Cost(0.0, 0.0), Cost(0.0, 0.0)
    for kind, paths in kinds.items():
        paths = sorted(paths)[: options.limit or None]
        if not paths:
            continue
        ours, theirs = measure(paths, options)
        seconds = sum(lengths[path] for path in paths)
        print(row(kind, len(paths), seconds, ours, theirs), flush=True)
        whole, all_ours, all_plain = whole + seconds, all_ours.plus(ours), all_plain.plus(theirs)
    print(row("all", sum(len(paths[: options.limit or None]) for paths in kinds.values()), whole, all_ours, all_plain))


class Cost(NamedTuple):
    """Seconds by the clock and of the processors."""

    wall: float
    cpu: float

    def plus(self, other: Cost) -> Cost:
        return Cost(self.wall + other.wall, self.cpu + other.cpu)


def row(name: str, number: int, seconds: float, ours: Cost, theirs: Cost) -> str:
    costs = f"{ours.wall:8.1f} {theirs.wall:8.1f} {ours.wall / theirs.wall:6.2f} {ours.cpu / theirs.cpu:7.2f}"
    return f"{name:8s} {number:6d} {seconds:8.0f} {costs} {seconds / ours.wall:9.1f}"


def measure(paths: list[Path], options: argparse.Namespace) -> tuple[Cost, Cost]:
    """The least that a round of ``qa run`` and of plain use cost."""
    with tempfile.TemporaryDirectory() as folder:
        manifest, settings = Path(folder) / "manifest.csv", Path(folder) / "qa.toml"
        settings.write_text(f'[hearing]\nmodel = "{options.model}"\nthreads = {options.threads}\n', encoding="utf-8")
        names = {path.name for path in paths}
        with options.manifest.open(encoding="utf-8-sig", newline="") as source, manifest.open("w", encoding="utf-8", newline="") as target:
            rows = list(csv.DictReader(source))
            writer = csv.DictWriter(target, rows[0].keys())
            writer.writeheader()
            writer.writerows({**entry} for entry in rows if Path(entry["file"]).name in names)
        files = [str(path) for path in paths]

        def inspect() -> None:
            with tempfile.TemporaryDirectory() as store:
                command = [sys.executable, "-m", "qa.cli", "run", *files, "--manifest", str(manifest)]
                subprocess.run([*command, "--config", str(settings), "--store", store, "--quiet"], check=True)

        def transcribe() -> None:
            plain.run(paths, resolve(options.model).path, options.threads or cores())

        best = {inspect: Cost(float("inf"), float("inf")), transcribe: Cost(float("inf"), float("inf"))}
        for number in range(options.rounds):
            for way in (inspect, transcribe) if number % 2 == 0 else (transcribe, inspect):
                once = timed(way)
                best[way] = Cost(min(best[way].wall, once.wall), min(best[way].cpu, once.cpu))
    return best[inspect], best[transcribe]


def timed(work: Callable[[], None]) -> Cost:
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    work()
    wall, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


if __name__ == "__main__":
    main()
