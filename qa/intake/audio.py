"""The sound of a recording: any file that libav decodes, as 16-bit samples at 16 kHz, channel by channel.

One rate serves everything downstream, so a recording is resampled once, here, by libav's swresample. Channels are
never mixed: on a stereo call each party has its own.

What is refused, and what is not:

* A recording of which more than :func:`tolerance` seconds are missing against the length that its own header
  declares is refused: a call cut in half would be blamed for the closing that nobody can hear.
* A broken frame here and there is bridged with silence, so that later times stay right; when more than
  ``DAMAGED_SHARE`` of the bytes cannot be decoded the recording is refused.
* A length that is a guess from the bit rate (an MP3 without its Xing header, raw AAC, AMR) is never held against a
  recording.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from qa.calls import Seconds
from qa.errors import RecordingError
from qa.intake import headers
from qa.intake.files import opened

if TYPE_CHECKING:
    import av

SAMPLE_RATE = 16_000
BLOCK_SECONDS = 10
IN_MEMORY_SECONDS = 20 * 60  # stereo: 77 MB; longer recordings lie in a temporary file
RATES = (4_000, 192_000)  # Hz; telephony is 8 to 48 kHz, what lies outside these is a damaged header
GAP_SECONDS = 0.1  # a jump of the timestamps above this is filled with silence
GAP_LIMIT_SECONDS = 3600  # a jump beyond this is a broken clock, not a gap
DAMAGED_SHARE = 0.05

Samples = npt.NDArray[np.int16]

log = logging.getLogger(__name__)


class Audio:
    """A decoded recording: int16 samples (channels, n) at 16 kHz, in memory or, when long, in a temporary file.

    ``codec`` and ``sample_rate`` are the file's own. ``missing`` is how many seconds fewer than its header
    declares could be decoded (0.0 for a whole file). Use it as a context manager; ``close()`` frees the samples.

    >>> with Audio(np.full((2, 24_000), 8192, dtype=np.int16), codec="pcm_alaw", sample_rate=8000) as audio:
    ...     audio.channels, audio.duration, audio.window(1, 1.0).shape, float(audio.window(0, 0.0, 0.5).max())
    (2, 1.5, (8000,), 0.25)
    """

    def __init__(self, samples: Samples, *, codec: str, sample_rate: int, missing: Seconds = 0.0, file: IO[bytes] | None = None) -> None:
        self._samples: Samples | None = samples
        self._file = file
        self.channels = len(samples)
        self.duration: Seconds = round(samples.shape[1] / SAMPLE_RATE, 2)
        self.codec = codec
        self.sample_rate = sample_rate
        self.missing = missing

    def window(self, channel: int, start: Seconds = 0.0, end: Seconds | None = None) -> npt.NDArray[np.float32]:
        """One channel between two times as float32 in -1..1; a copy, cut at the ends of the recording."""
        if self._samples is None:
            message = "the audio is closed"
            raise ValueError(message)
        first = max(0, round(start * SAMPLE_RATE))
        last = None if end is None else max(first, round(end * SAMPLE_RATE))
        return self._samples[channel, first:last].astype(np.float32) / np.float32(32768.0)

    def close(self) -> None:
        """Free the samples; twice does no harm."""
        self._samples = None
        if self._file is not None:
            self._file.close()
            self._file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def decode(path: Path) -> Audio:
    """The whole recording.

    Raises:
        RecordingError: there is no such file, it is empty, it is no recording, its codec cannot be decoded, it has
            more than two channels or several tracks, or too much of it is missing or damaged.
    """
    stream = _Stream(path)
    kept: list[Samples] = []
    length = 0
    file: IO[bytes] | None = None
    try:
        for block in stream:
            kept.append(block)
            length += block.shape[1]
            if length > IN_MEMORY_SECONDS * SAMPLE_RATE:
                # Without a name from the start on Linux, so that nothing stays behind even when the process is killed.
                file = file or tempfile.TemporaryFile(prefix="qa-")  # noqa: SIM115 - the Audio closes it
                _spill(kept, file, path)
        if file is None:
            samples = np.concatenate(kept, axis=1)
        else:
            file.flush()
            samples = np.memmap(file, dtype=np.int16, mode="r", shape=(length, stream.channels)).T
    except BaseException:
        if file is not None:
            file.close()
        raise
    return Audio(samples, codec=stream.codec, sample_rate=stream.sample_rate, missing=stream.missing, file=file)


def blocks(path: Path) -> Iterator[Samples]:
    """The recording in pieces of 10 s (the last one shorter), int16 (channels, n) at 16 kHz, in bounded memory.

    Raises:
        RecordingError: as :func:`decode`; that something is missing is only known at the end.
    """
    return iter(_Stream(path))


def tolerance(declared: Seconds) -> Seconds:
    """How many seconds of a recording may be missing: 2 s, or 1 % where that is more.

    A recorder that was stopped in the middle of a frame, and encoders that count their own delay, stay well below.

    >>> tolerance(60.0), tolerance(3600.0)
    (2.0, 36.0)
    """
    return max(2.0, 0.01 * declared)


class _Stream:
    """One pass over a file's only sound track; what is known of the file is complete when the pass is over."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.codec = ""
        self.sample_rate = 0
        self.channels = 0
        self.missing: Seconds = 0.0
        self._resampler: av.AudioResampler | None = None
        self._source: tuple[int, str] = (0, "")

    def __iter__(self) -> Iterator[Samples]:
        try:
            yield from _regrouped(self._decoded())
        except RecordingError:
            raise
        except Exception as error:  # libav, PyAV and the disk fail in many ways on a damaged file; all of them end here
            raise RecordingError(
                "录音解码失败",
                where=str(self.path),
                why=f"{type(error).__name__}：{error}",
                next_step="用播放器确认文件能否播放；不能则请从录音系统重新导出",
            ) from error

    def _decoded(self) -> Iterator[Samples]:
        import av

        av.logging.set_level(None)  # libav would write to stderr, past the progress bar
        with opened(self.path) as file:
            try:
                # Handed over as a file object and without protocols, a playlist or a file called "http:x" opens nothing else.
                # GBK tags are common in MP3 files of Chinese recorders, hence "replace".
                container = av.open(file, "r", options={"protocol_whitelist": "none"}, metadata_errors="replace")
            except (av.FFmpegError, ValueError) as error:
                raise _not_audio(self.path, error) from error
            with container:
                track = self._track(container)
                packets, seconds = _Packets(container, track), 0.0
                for samples in self._resampled(packets):
                    seconds += samples.shape[1] / SAMPLE_RATE
                    yield samples
                self._settle(packets, seconds, headers.declared_duration(self.path, container, track))

    def _track(self, container: av.container.InputContainer) -> av.AudioStream:
        """The one track to hear; refuses what cannot be heard as a call."""
        if not container.streams.audio:
            raise RecordingError(
                "文件里没有声音", where=str(self.path), why="容器能打开，但没有音轨", next_step="确认导出的是通话录音而不是画面或附件"
            )
        if (count := len(container.streams.audio)) > 1:
            raise RecordingError(
                f"录音有 {count} 条音轨，不知道该听哪一条",
                where=str(self.path),
                next_step="请导出为单个音轨：双方分别放在左右声道，或混成单声道",
            )
        track = container.streams.audio[0]
        if track.codec_context is None:
            tag = headers.wav_tag(self.path)
            name = headers.UNDECODABLE_TAGS.get(tag or 0)
            raise RecordingError(
                "录音的编码无法解码",
                where=str(self.path),
                why=f"WAV 编码标签 0x{tag:04X}" + (f"（{name}）不被 FFmpeg 支持" if name else " 不被 FFmpeg 认识")
                if tag
                else "FFmpeg 不认识它的编码",
                next_step="在录音系统里转存为 PCM、A-law 或标签为 0x0083 的 G.729 后重试；本机能解的编码见 qa doctor",
            )
        self.codec = _FAMILY.get(track.codec_context.name, track.codec_context.name)
        return track

    def _accept(self, frame: av.AudioFrame) -> None:
        """Check a frame's channels and rate; a header may declare other ones than the decoder gives."""
        channels, rate = len(frame.layout.channels), frame.sample_rate
        if channels not in (1, 2):
            raise RecordingError(
                f"录音有 {channels} 个声道，只支持单声道和双声道",
                where=str(self.path),
                next_step="请导出为双声道（坐席、客户各一个声道）或单声道",
            )
        if not RATES[0] <= rate <= RATES[1]:
            raise RecordingError(
                f"采样率 {rate} Hz 不合理",
                where=str(self.path),
                why="通话录音应在 8000 到 48000 Hz 之间，文件头可能已损坏",
                next_step="请从录音系统重新导出",
            )
        if self.channels and channels != self.channels:
            raise RecordingError(
                f"录音中途从 {self.channels} 个声道变成 {channels} 个",
                where=str(self.path),
                why="多半由几段不同的录音拼接而成",
                next_step="请分段导出，或统一声道数后再拼接",
            )
        self.channels, self.sample_rate = channels, self.sample_rate or rate

    def _resampled(self, packets: _Packets) -> Iterator[Samples]:
        """Frames at 16 kHz with the gaps of their timestamps filled, so that times agree with a player's."""
        origin: Seconds | None = None
        heard: Seconds = 0.0
        for frame in packets.frames():
            self._accept(frame)
            if frame.time is not None:
                gap = 0.0 if origin is None else frame.time - origin - heard
                if origin is None or not -GAP_LIMIT_SECONDS < gap < GAP_LIMIT_SECONDS:
                    origin = frame.time - heard
                elif gap > GAP_SECONDS:
                    yield from self._flush()
                    yield from _silence(self.channels, gap)
                    heard += gap
            heard += frame.samples / frame.sample_rate
            yield from self._convert(frame)
        yield from self._flush()

    def _convert(self, frame: av.AudioFrame) -> Iterator[Samples]:
        import av

        source = (frame.sample_rate, frame.format.name)
        if source != self._source:  # the first frame, or a file that changes its rate on the way
            yield from self._flush()
            self._source = source
        if self._resampler is None:
            # No layout: the channels come out as they went in, never mixed.
            self._resampler = av.AudioResampler(format="s16p", rate=SAMPLE_RATE)
        for converted in self._resampler.resample(frame):
            yield _int16(converted)

    def _flush(self) -> Iterator[Samples]:
        if self._resampler is not None:
            for converted in self._resampler.resample(None):
                # A resampler that had nothing to do hands the None back.
                if converted is not None:
                    yield _int16(converted)
            self._resampler = None

    def _settle(self, packets: _Packets, seconds: Seconds, declared: Seconds | None) -> None:
        """Refuse what is empty, cut or damaged beyond use."""
        if not seconds:
            raise RecordingError(
                "录音里没有声音数据",
                where=str(self.path),
                why="每一帧都无法解码" if packets.damaged else "文件头完整，但声音长度为零",
                next_step="这通电话可能没有接通或录音失败；请从录音系统重新导出，或从批次中移除",
            )
        self.missing = 0.0 if declared is None else round(max(0.0, declared - seconds), 2)
        if declared is not None and self.missing > tolerance(declared):
            raise RecordingError(
                "录音不完整",
                where=str(self.path),
                why=f"文件头写明 {declared:.1f} 秒，实际只能解出 {seconds:.1f} 秒",
                next_step="多半是传输或导出中断；请从录音系统重新导出",
            )
        if headers.ogg_cut(self.path):
            raise RecordingError(
                "录音不完整",
                where=str(self.path),
                why=f"解出 {seconds:.1f} 秒后，最后一个 Ogg 页面被截断",
                next_step="多半是传输或导出中断；请从录音系统重新导出",
            )
        if packets.damaged > DAMAGED_SHARE * packets.size:
            raise RecordingError(
                "录音损坏",
                where=str(self.path),
                why=f"{packets.damaged / packets.size:.0%} 的数据无法解码",
                next_step="请从录音系统重新导出",
            )
        if packets.damaged or self.missing > GAP_SECONDS:
            log.info("%s: %d of %d bytes not decodable, %.2f s missing", self.path, packets.damaged, packets.size, self.missing)


class _Packets:
    """The frames of a track, counting what cannot be decoded instead of stopping at it."""

    def __init__(self, container: av.container.InputContainer, track: av.AudioStream) -> None:
        self.container, self.track = container, track
        self.size = 0
        self.damaged = 0

    def frames(self) -> Iterator[av.AudioFrame]:
        import av

        packets = self.container.demux(self.track)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except av.FFmpegError:  # the container itself breaks off: what it declared tells how much is missing
                return
            self.size += packet.size
            try:
                yield from packet.decode()
            except av.FFmpegError:
                self.damaged += packet.size


# Decoders named after their number format rather than after the codec.
_FAMILY = {"mp3float": "mp3", "amrnb": "amr_nb", "amrwb": "amr_wb", "libopencore_amrnb": "amr_nb", "libopus": "opus"}


def _int16(frame: av.AudioFrame) -> Samples:
    return frame.to_ndarray().astype(np.int16, copy=False)


def _silence(channels: int, seconds: Seconds) -> Iterator[Samples]:
    left = round(seconds * SAMPLE_RATE)
    while left > 0:
        yield np.zeros((channels, min(left, BLOCK_SECONDS * SAMPLE_RATE)), dtype=np.int16)
        left -= BLOCK_SECONDS * SAMPLE_RATE


def _regrouped(pieces: Iterator[Samples]) -> Iterator[Samples]:
    """The same samples in blocks of 10 s."""
    size = BLOCK_SECONDS * SAMPLE_RATE
    held: list[Samples] = []
    length = 0
    for piece in pieces:
        held.append(piece)
        length += piece.shape[1]
        while length >= size:
            joined = np.concatenate(held, axis=1)
            yield joined[:, :size].copy()
            held, length = [joined[:, size:]], length - size
    if length:
        yield np.concatenate(held, axis=1)


def _spill(kept: list[Samples], file: IO[bytes], path: Path) -> None:
    """Move the blocks to the file, a frame of all channels after the other, so that the length need not be known."""
    try:
        for block in kept:
            file.write(np.ascontiguousarray(block.T).tobytes())
    except OSError as error:
        raise RecordingError(
            "长录音需要的临时空间不够",
            where=str(path),
            why=f"{tempfile.gettempdir()}：{error.strerror}",
            next_step="清理磁盘，或用环境变量 TMPDIR 指向空间更大的目录",
        ) from error
    kept.clear()


def _not_audio(path: Path, error: Exception) -> RecordingError:
    found = headers.describe(path)
    reason: Any = getattr(error, "strerror", None) or error
    return RecordingError(
        "文件不是能识别的录音",
        where=str(path),
        why=found or f"FFmpeg 打不开：{reason}",
        next_step="用播放器确认文件能否播放；不能则请从录音系统重新导出，或从批次中移除",
    )
