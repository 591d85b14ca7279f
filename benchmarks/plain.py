"""faster-whisper as its documentation shows it, in a process of its own: what the benchmarks compare with.

Nothing of this project is imported, so that its environment switches do not reach the comparison.
``python benchmarks/plain.py --model DIR FILE…`` prints one JSON object: ``texts`` (for each file one text a channel),
``wall`` and ``cpu`` seconds without loading, ``peak`` MB. A file is a recording or a ``.npy`` of int16 (channels, n)
at 16 kHz.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--model", required=True, help="a CTranslate2 directory")
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--sequential", action="store_true", help="one window after another instead of batches of 8")
    options = parser.parse_args()
    from faster_whisper import BatchedInferencePipeline, WhisperModel

    model = WhisperModel(options.model, compute_type="int8", cpu_threads=options.threads)
    pipeline = model if options.sequential else BatchedInferencePipeline(model)
    more = {} if options.sequential else {"batch_size": 8}
    texts: list[list[str]] = []
    begin, cpu = time.perf_counter(), time.process_time()
    for file in options.files:
        texts.append([])
        for channel in channels(file):
            segments, _ = pipeline.transcribe(channel, language="zh", **more)
            texts[-1].append("".join(segment.text for segment in segments))
    wall, cpu = time.perf_counter() - begin, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    json.dump({"texts": texts, "wall": wall, "cpu": cpu, "peak": peak}, sys.stdout, ensure_ascii=False)


def channels(file: Path) -> Sequence[np.ndarray]:
    """The sound of each channel: float32 at 16 kHz."""
    if file.suffix == ".npy":
        return [channel / np.float32(32768) for channel in np.load(file)]
    import av
    from faster_whisper import decode_audio

    with av.open(str(file)) as container:
        stereo = container.streams.audio[0].codec_context.channels > 1
    return decode_audio(str(file), split_stereo=True) if stereo else [decode_audio(str(file))]


def run(files: Sequence[Path], model: Path, threads: int, *, sequential: bool = False) -> dict[str, Any]:
    """This script over these files, in an environment in which nobody has tuned the threads."""
    environment = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    command = [sys.executable, __file__, "--model", str(model), "--threads", str(threads), *(["--sequential"] if sequential else [])]
    done = subprocess.run([*command, *map(str, files)], env=environment, check=True, stdout=subprocess.PIPE)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    main()
