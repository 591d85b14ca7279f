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
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

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
    parser.add_argument("--plain", nargs="+", help=argparse.SUPPRESS)
    parser.add_argument("--stereo", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.plain:
        return plain(options.plain, options.stereo, options.model, options.threads)

    kinds: dict[str, list[Path]] = {"stereo": [], "mono": []}
    lengths: dict[Path, float] = {}
    for recording in plan([options.folder], options.manifest, Settings()).recordings:
        path = Path(str(recording.path))
        with decode(path) as audio:
            kinds["mono" if audio.channels == 1 else "stereo"].append(path)
            lengths[path] = audio.duration
    print(f"{'calls':8s} {'number':>6s} {'seconds':>8s} {'qa run':>8s} {'plain':>8s} {'ratio':>6s} {'call-s/s':>9s}")
    whole = [0.0, 0.0, 0.0]
    for kind, paths in kinds.items():
        paths = sorted(paths)[: options.limit or None]
        if not paths:
            continue
        ours, theirs = measure(paths, options, stereo=kind == "stereo")
        seconds = sum(lengths[path] for path in paths)
        print(row(kind, len(paths), seconds, ours, theirs), flush=True)
        whole = [total + one for total, one in zip(whole, (seconds, ours, theirs), strict=True)]
    print(row("all", sum(len(paths[: options.limit or None]) for paths in kinds.values()), *whole))
    return None


def row(name: str, number: int, seconds: float, ours: float, theirs: float) -> str:
    return f"{name:8s} {number:6d} {seconds:8.0f} {ours:8.1f} {theirs:8.1f} {ours / theirs:6.2f} {seconds / ours:9.1f}"


def measure(paths: list[Path], options: argparse.Namespace, *, stereo: bool) -> tuple[float, float]:
    """Seconds of the fastest round of ``qa run`` and of plain use."""
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
            command = [sys.executable, __file__, str(options.folder), "--manifest", str(manifest), "--model", options.model]
            subprocess.run([*command, "--threads", str(options.threads), *(["--stereo"] if stereo else []), "--plain", *files], check=True)

        best = {inspect: float("inf"), transcribe: float("inf")}
        for number in range(options.rounds):
            for way in (inspect, transcribe) if number % 2 == 0 else (transcribe, inspect):
                best[way] = min(best[way], timed(way))
    return best[inspect], best[transcribe]


def timed(work: Callable[[], None]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def plain(files: list[str], stereo: bool, name: str, threads: int) -> None:
    """The same model as the project's documentation of faster-whisper shows it, on each channel."""
    from faster_whisper import BatchedInferencePipeline, WhisperModel, decode_audio

    from qa.asr.models import resolve
    from qa.asr.whisper import cores

    pipeline = BatchedInferencePipeline(WhisperModel(str(resolve(name).path), compute_type="int8", cpu_threads=threads or cores()))
    for file in files:
        channels = decode_audio(file, split_stereo=True) if stereo else (decode_audio(file),)
        for channel in channels:
            segments, _ = pipeline.transcribe(channel, language="zh", batch_size=8)
            for _ in segments:  # nothing is decoded before it is asked for
                pass


if __name__ == "__main__":
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    main()
