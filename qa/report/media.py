"""A playable copy of a recording, and its waveform, from one pass over the sound.

Browsers play few of the codecs that telephone systems write (GSM, A-law, AMR, G.729 are all silent in Chromium),
so the report carries a small MP3 of its own: 16 kHz, channels kept, constant bit rate, so that a jump lands where
it should. Memory stays bounded whatever the length. A copy is named by the content of its recording and by what is
covered in it, and made once; the recording itself is only read.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qa.calls import Recording
from qa.errors import RecordingError
from qa.intake.remote import local, located
from qa.report.bleep import Covering, covered

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Block = npt.NDArray[np.int16]

BIT_RATES = {1: 32_000, 2: 48_000}
#: The waveform: at most so many points a channel, each the loudest sample of its stretch, 0 to 100.
POINTS = 3000
_STEP = 320  # samples at 16 kHz looked at together while reading: 20 ms


@dataclass(frozen=True, slots=True)
class Playable:
    """What the player of a call page needs; ``path`` is None when there is no sound, and ``problem`` says why, with ``detail``."""

    path: Path | None
    peaks: tuple[tuple[int, ...], ...] = ()
    duration: float = 0.0
    problem: str | None = None
    detail: str = ""


def playable(recording: Recording, folder: Path, hidden: Sequence[tuple[float, float]] = (), covering: Covering = "beep") -> Playable:
    """The copy of a recording in ``folder``, made when it is not there yet; a recording that is gone is no error.

    ``hidden`` are stretches in seconds that are covered by a tone or by silence.
    """
    if recording.path is None:
        return Playable(None, problem="这通电话由文字导入，没有录音")
    name = (recording.content_hash[:32] or "none") + _covers(hidden, covering)
    copy, waveform = folder / f"{name}.mp3", folder / f"{name}.json"
    if not (copy.is_file() and waveform.is_file()):
        source = located(recording.path)
        if problem := _unusable(recording, source):
            return Playable(None, problem=problem, detail=source.name)
        try:
            with local(source) as here:
                _make(here, copy, waveform, hidden, covering)
        except RecordingError as error:
            return Playable(None, problem="录音无法解码", detail=error.why or error.what)
    kept = json.loads(waveform.read_text(encoding="utf-8"))
    return Playable(copy, tuple(tuple(channel) for channel in kept["peaks"]), kept["duration"])


def _unusable(recording: Recording, path: Path) -> str | None:
    """Why the file cannot stand for the call: gone, or no longer the one that was inspected."""
    from qa.intake.files import content_hash

    if not path.is_file():
        return "录音已不在原处"
    try:
        same = content_hash(path) == recording.content_hash
    except (OSError, RecordingError):
        return "录音读不了"
    return None if same else "录音在质检之后被改动过"


def _covers(hidden: Sequence[tuple[float, float]], covering: Covering) -> str:
    """What of a copy's name says what is covered in it: another decision makes another copy."""
    return f"-{hashlib.sha256(f'{covering} {hidden}'.encode()).hexdigest()[:12]}" if hidden else ""


def _make(source: Path, copy: Path, waveform: Path, hidden: Sequence[tuple[float, float]], covering: Covering) -> None:
    from qa.intake.audio import SAMPLE_RATE, blocks
    from qa.intake.sources import NOT_RECORDINGS

    copy.parent.mkdir(parents=True, exist_ok=True)
    (copy.parent / NOT_RECORDINGS).touch()  # a run over the folder above must not take the copies for recordings
    # Two calls of the same recording may be written at once by two processes.
    unfinished = copy.with_suffix(f".{os.getpid()}.tmp")
    peaks = _Peaks()
    try:
        _encode(peaks.watch(covered(blocks(source), hidden, SAMPLE_RATE, covering)), unfinished, SAMPLE_RATE)
        shown = {"duration": round(peaks.samples / SAMPLE_RATE, 2), "peaks": peaks.channels()}
        partial = waveform.with_suffix(f".json.{os.getpid()}.tmp")
        partial.write_text(json.dumps(shown, separators=(",", ":")), encoding="utf-8")
        partial.replace(waveform)
        unfinished.replace(copy)
    finally:
        unfinished.unlink(missing_ok=True)


def _encode(sound: Iterator[Block], target: Path, rate: int) -> None:
    import av

    with av.open(str(target), "w", format="mp3") as container:
        stream: Any = None
        for block in sound:
            if stream is None:
                stream = container.add_stream("libmp3lame", rate=rate, layout="stereo" if len(block) > 1 else "mono")
                stream.bit_rate = BIT_RATES[min(2, len(block))]
            frame = av.AudioFrame.from_ndarray(block, format="s16p", layout=stream.layout.name)
            frame.sample_rate = rate
            container.mux(stream.encode(frame))
        if stream is None:
            raise RecordingError("录音里没有声音", where=target.name, why="解码后没有一个采样")
        container.mux(stream.encode(None))


class _Peaks:
    """The loudest sample of every 20 ms while the sound streams by, brought down to :data:`POINTS` at the end."""

    def __init__(self) -> None:
        self.samples = 0
        self._loudest: list[npt.NDArray[np.int32]] = []
        self._rest: npt.NDArray[np.int16] | None = None

    def watch(self, sound: Iterator[Block]) -> Iterator[Block]:
        import numpy as np

        for block in sound:
            self.samples += block.shape[1]
            joined = block if self._rest is None else np.concatenate([self._rest, block], axis=1)
            whole = joined.shape[1] - joined.shape[1] % _STEP
            if whole:
                self._loudest.append(_loudest(joined[:, :whole], _STEP))
            self._rest = joined[:, whole:]
            yield np.ascontiguousarray(block)

    def channels(self) -> list[list[int]]:
        """Per channel, the waveform relative to the loudest moment of the whole recording."""
        import numpy as np

        if self._rest is not None and self._rest.shape[1]:
            self._loudest.append(_loudest(self._rest, self._rest.shape[1]))
        if not self._loudest:
            return []
        everything = np.concatenate(self._loudest, axis=1)
        step = -(-everything.shape[1] // POINTS)
        padded = np.pad(everything, ((0, 0), (0, -everything.shape[1] % step)))
        fewer = padded.reshape(len(padded), -1, step).max(axis=2)
        return [[int(value) for value in channel] for channel in np.rint(100 * fewer / max(1, int(fewer.max())))]


def _loudest(samples: Block, step: int) -> npt.NDArray[np.int32]:
    import numpy as np

    spread = np.abs(samples.astype(np.int32)).reshape(len(samples), -1, step)
    loudest: npt.NDArray[np.int32] = spread.max(axis=2)
    return loudest
