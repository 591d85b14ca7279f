"""How well and how fast we hear, beside plain faster-whisper with the same model.

``python benchmarks/hearing.py --speech FOLDER --noise FOLDER --calls FOLDER --truth FOLDER``; every part can be left out.

* ``--speech``: clips with a ``transcripts.tsv`` (columns ``file`` and ``text``): character error rate as they are and
  through a telephone line, ours and both plain ways;
* ``--noise``: recordings without speech (hold music), besides ten generated minutes: characters invented in each;
* ``--calls``: two-channel calls, ``--truth`` their JSON (``turns`` with ``role`` and ``text``, ``agent_channel``):
  error rate, call-seconds per second by the clock and by processor time, memory; the ways take turns, in
  alternate order, and of several rounds the fastest of each counts;
* the reliability of the confidence of words, over all that was heard on a telephone line. With ``--calibrate`` the
  map of confidence is made anew from the same recordings, and plain use is left out.

Characters are compared as our own normaliser leaves them. Each way runs in a process of its own with the same
threads; plain use is faster-whisper's documented one, batched and sequential, channel by channel.
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import plain
from line import sounds_without_speech, telephone
from rapidfuzz.distance import Levenshtein

from qa.asr import confidence
from qa.asr.hearing import hear
from qa.asr.models import resolve
from qa.asr.whisper import cores, load
from qa.calls import Recording, Word
from qa.config import HearingSettings
from qa.intake.audio import Audio, decode
from qa.text.normalize import normalize

SOUND_SECONDS = 75.0  # of each of the generated sounds: ten minutes together
AUDIO = {".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".amr"}
BINS = 10


@dataclass
class Job:
    """A recording with what is said on each channel (None: on any), where that is known."""

    name: str
    samples: np.ndarray  # int16 (channels, n)
    said: dict[int | None, str] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        return self.samples.shape[1] / 16_000


@dataclass
class Result:
    """What one way made of the jobs."""

    errors: int = 0
    characters: int = 0  # that should have been heard
    each: list[int] = field(default_factory=list)  # characters heard in each job
    wall: float = 0.0
    cpu: float = 0.0
    peak: float = 0.0  # MB
    certain: list[tuple[str, float, float]] = field(default_factory=list)  # recording, confidence, share right

    @property
    def rate(self) -> float:
        return self.errors / max(1, self.characters)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("speech", "noise", "calls", "truth"):
        parser.add_argument(f"--{name}", type=Path)
    parser.add_argument("--model", default="base")
    parser.add_argument("--threads", type=int, default=0, help="0: all cores")
    parser.add_argument("--snr", type=float, default=20.0, help="dB, of the telephone line")
    parser.add_argument("--limit", type=int, default=0, help="only so many clips and calls")
    parser.add_argument("--rounds", type=int, default=2, help="of the calls, for their time")
    parser.add_argument(
        "--calibrate", type=Path, nargs="?", const=confidence.TABLE, help="make the map of confidence anew from what is heard, and write it"
    )
    options = parser.parse_args()
    settings = HearingSettings(model=options.model, threads=options.threads)
    certain: list[tuple[str, float, float]] = []

    if options.speech:
        clips = list(spoken(options.speech, options.limit))
        lined = [
            Job(clip.name, int16(telephone(clip.samples[0] / 32768.0, options.snr, seed)), clip.said) for seed, clip in enumerate(clips)
        ]
        print(f"{len(clips)} clips, {sum(clip.seconds for clip in clips):.0f} s: character error rate")
        for name, jobs in (("as they are", clips), (f"telephone, {options.snr:g} dB", lined)):
            if options.calibrate and jobs is clips:
                continue
            heard = ours(jobs, settings, raw=bool(options.calibrate))
            print(f"  {name:20s} ours {heard.rate:.3f}", end="", flush=True)
            for way, sequential in (("batched", False), ("sequential", True)) if not options.calibrate else ():
                print(f"   plain {way} {plainly(jobs, settings, sequential=sequential).rate:.3f}", end="", flush=True)
            print(flush=True)
        certain += heard.certain
    if options.noise or not (options.speech or options.calls):
        jobs = [Job(name, int16(sound)) for name, sound in sounds_without_speech(SOUND_SECONDS).items()]
        jobs += [Job(path.name, samples(path)[:1]) for path in recordings(options.noise, 0)] if options.noise else []
        jobs.append(Job("all in one recording", np.concatenate([job.samples for job in jobs], axis=1)))
        print(f"  {'without speech':22s} {'seconds':>8s} {'ours':>6s} {'plain batched':>14s}   characters invented")
        for job, mine, theirs in zip(jobs, ours(jobs, settings).each, plainly(jobs, settings).each, strict=True):
            print(f"  {job.name:22s} {job.seconds:8.0f} {mine:6d} {theirs:14d}", flush=True)
    if options.calls:
        jobs = list(called(options.calls, options.truth, options.limit))
        seconds = sum(job.seconds for job in jobs)
        print(f"{len(jobs)} two-channel calls, {seconds:.0f} s")
        print(
            f"  {'way':18s} {'CER':>6s} {'wall s':>7s} {'CPU s':>7s} {'call-s/s':>9s} {'peak MB':>8s} {'ours faster':>15s} {'by CPU':>7s}"
        )
        found = best(jobs, settings, options)
        heard = found["ours"]
        for name, one in found.items():
            ratios = f"{one.wall / heard.wall:14.2f}x {one.cpu / heard.cpu:6.2f}x"
            print(
                f"  {name:18s} {one.rate:6.3f} {one.wall:7.1f} {one.cpu:7.1f} {seconds / one.wall:9.1f} {one.peak:8.0f} {ratios}",
                flush=True,
            )
        certain += heard.certain
    if certain and options.calibrate:
        calibrate(certain, options)
    elif certain:
        reliability([(value, right) for _, value, right in certain])


# ---- what is measured


def int16(sound: np.ndarray) -> np.ndarray:
    return (np.clip(sound, -1.0, 1.0) * 32767).astype(np.int16)[None]


def samples(path: Path) -> np.ndarray:
    with decode(path) as audio:
        return np.stack([(audio.window(channel) * 32768).astype(np.int16) for channel in range(audio.channels)])


def recordings(folder: Path, limit: int) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in AUDIO)[: limit or None]


def spoken(folder: Path, limit: int) -> Iterable[Job]:
    with (folder / "transcripts.tsv").open(encoding="utf-8-sig", newline="") as source:
        for row in list(csv.DictReader(source, delimiter="\t"))[: limit or None]:
            yield Job(row["file"], samples(folder / row["file"])[:1], {None: row["text"]})


def called(folder: Path, truth: Path | None, limit: int) -> Iterable[Job]:
    found = 0
    for path in recordings(folder, 0):
        sound = samples(path)
        if len(sound) != 2 or (limit and found == limit):
            continue
        found += 1
        said: dict[int | None, str] = {}
        if truth and (known := truth / f"{path.stem}.json").exists():
            told = json.loads(known.read_text(encoding="utf-8"))
            for channel in (0, 1):
                role = "agent" if channel == told["agent_channel"] else "customer"
                said[channel] = "".join(turn["text"] for turn in told["turns"] if turn["role"] == role)
        yield Job(path.stem, sound, said)


# ---- the ways


def best(jobs: Sequence[Job], settings: HearingSettings, options: argparse.Namespace) -> dict[str, Result]:
    """Ours and both plain ways, in turns; each with the least that a round of it took."""
    ways: dict[str, Callable[[], Result]] = {"ours": lambda: ours(jobs, settings, raw=bool(options.calibrate))}
    if not options.calibrate:
        ways["plain batched"] = lambda: plainly(jobs, settings)
        ways["plain sequential"] = lambda: plainly(jobs, settings, sequential=True)
    found: dict[str, Result] = {}
    for number in range(1 if options.calibrate else options.rounds):
        for name in list(ways) if number % 2 == 0 else reversed(list(ways)):
            once = ways[name]()
            before = found.setdefault(name, once)
            before.wall, before.cpu = min(before.wall, once.wall), min(before.cpu, once.cpu)
    return found


def ours(jobs: Sequence[Job], settings: HearingSettings, *, raw: bool = False) -> Result:
    """Our hearing, whole, in a process of its own so that its memory is its own; ``raw``: confidence as the recogniser gave it."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(hear_all, jobs, settings, raw).result()


def hear_all(jobs: Sequence[Job], settings: HearingSettings, raw: bool) -> Result:
    if raw:
        confidence.knots = lambda: ((0.0, 0.0), (1.0, 1.0))
    recognizer = load(settings)
    result = Result()
    begin, cpu = time.perf_counter(), time.process_time()
    heard = [
        hear(Audio(job.samples, codec="", sample_rate=8000), Recording(call_id=job.name, content_hash=""), recognizer, settings)
        for job in jobs
    ]
    result.wall, result.cpu = time.perf_counter() - begin, time.process_time() - cpu
    result.peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    for job, one in zip(jobs, heard, strict=True):
        for channel in job.said or [None]:
            words = [word for turn in one.turns if channel in (None, turn.channel) for word in turn.words]
            compare(result, job, channel, words)
        result.each.append(sum(len(turn.text) for turn in one.turns))
    return result


def plainly(jobs: Sequence[Job], settings: HearingSettings, *, sequential: bool = False) -> Result:
    """Plain faster-whisper over the same jobs, channel by channel."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"{number:05d}.npy" for number in range(len(jobs))]
        for file, job in zip(files, jobs, strict=True):
            np.save(file, job.samples)
        found = plain.run(files, resolve(settings.model).path, settings.threads or cores(), sequential=sequential)
    result = Result(wall=found["wall"], cpu=found["cpu"], peak=found["peak"])
    for job, texts in zip(jobs, found["texts"], strict=True):
        for channel in job.said or [None]:
            text = "".join(texts) if channel is None else texts[channel]
            compare(result, job, channel, [Word(text, 0.0, 0.0, 0.0)])
        result.each.append(sum(map(len, texts)))
    return result


def compare(result: Result, job: Job, channel: int | None, words: Sequence[Word]) -> None:
    """Count the errors, and for each word the share of its characters that is right."""
    text = "".join(word.text for word in words)
    normal, reference = normalize(text), normalize(job.said.get(channel, "")).text
    result.characters += len(reference)
    result.errors += Levenshtein.distance(reference, normal.text)
    if not reference:
        return
    owner = [index for index, word in enumerate(words) for _ in word.text]
    right: dict[int, list[bool]] = {}
    for step in Levenshtein.opcodes(normal.text, reference):
        for position in range(step.src_start, step.src_end):
            right.setdefault(owner[normal.original(position, position + 1)[0]], []).append(step.tag == "equal")
    result.certain += [(job.name, words[index].confidence, sum(found) / len(found)) for index, found in sorted(right.items())]


# ---- confidence


def reliability(pairs: Sequence[tuple[float, float]], title: str = "words by their confidence") -> float:
    """Print how many of the words given p were right; give the expected calibration error (Naeini et al. 2015)."""
    values, right = (np.array(column) for column in zip(*pairs, strict=True))
    bins = np.minimum((values * BINS).astype(int), BINS - 1)
    error = 0.0
    print(f"{len(pairs)} {title}")
    print(f"  {'confidence':12s} {'words':>6s} {'mean':>6s} {'right':>6s}")
    for number in range(BINS):
        inside = bins == number
        if inside.any():
            error += float(inside.mean()) * abs(float(values[inside].mean() - right[inside].mean()))
            row = f"{inside.sum():6d} {values[inside].mean():6.3f} {right[inside].mean():6.3f}"
            print(f"  {number / BINS:.1f} .. {(number + 1) / BINS:.1f}  {row}")
    print(f"  expected calibration error {error:.3f}", flush=True)
    return error


def calibrate(certain: Sequence[tuple[str, float, float]], options: argparse.Namespace) -> None:
    """Fit the monotone map on all recordings and write it; its error is measured on recordings it was not fitted on."""
    names = sorted({name for name, *_ in certain})
    fold = {name: number % 5 for number, name in enumerate(names)}
    held = []
    for number in range(5):
        table = isotonic([(value, right) for name, value, right in certain if fold[name] != number])
        held += [(float(np.interp(value, *zip(*table, strict=True))), right) for name, value, right in certain if fold[name] == number]
    before = reliability([(value, right) for _, value, right in certain], "words by the recogniser's own probability")
    after = reliability(held, "words by confidence, five-fold by recording")
    model = resolve(options.model)
    record = {
        "what": "monotone map from the recogniser's probability of a word to the share of such words that is right",
        "model": f"{model.name}@{model.fingerprint[:16]}",
        "made_by": " ".join(["python benchmarks/hearing.py", *sys.argv[1:]]),
        "method": "isotonic regression over telephone speech whose text is known",
        "recordings": len(names),
        "words": len(certain),
        "calibration_error": {"before": round(before, 3), "five_fold": round(after, 3)},
        "knots": isotonic([(value, right) for _, value, right in certain]),
    }
    options.calibrate.write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def isotonic(pairs: Sequence[tuple[float, float]], bins: int = 20, fewest: int = 100) -> list[tuple[float, float]]:
    """Mean value and mean right of each bin, bins pooled until each has enough words and the map rises."""
    pools: list[list[float]] = []  # sum of values, sum of right, words
    for value, right in sorted(pairs):
        if not pools or (int(value * bins) > int(pools[-1][0] / pools[-1][2] * bins) and pools[-1][2] >= fewest):
            pools.append([0.0, 0.0, 0.0])
        pools[-1] = [pools[-1][0] + value, pools[-1][1] + right, pools[-1][2] + 1.0]
    rising: list[list[float]] = []
    for pool in pools:
        rising.append(pool)
        while len(rising) > 1 and rising[-2][1] / rising[-2][2] >= rising[-1][1] / rising[-1][2]:
            last = rising.pop()
            rising[-1] = [one + other for one, other in zip(rising[-1], last, strict=True)]
    return [(round(x / count, 4), round(y / count, 4)) for x, y, count in rising]


if __name__ == "__main__":
    main()
