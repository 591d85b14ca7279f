"""The playable copy and its waveform."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av
import numpy as np
from showing import make_call, tone

from qa.calls import Recording
from qa.intake.files import content_hash
from qa.report import media
from qa.report.media import POINTS, Playable, playable


def recorded(path: Path) -> Recording:
    return make_call("c1", path=path).recording


def test_a_copy_plays_as_long_and_in_as_many_channels(tmp_path: Path, recording: Path) -> None:
    made = playable(recorded(recording), tmp_path / "audio")
    assert made.path is not None
    assert made.problem is None
    assert made.duration == 10.0
    assert [len(channel) for channel in made.peaks] == [500, 500]
    with av.open(str(made.path)) as copy:
        stream = copy.streams.audio[0]
        assert (stream.codec.name.removesuffix("float"), stream.channels, stream.sample_rate) == ("mp3", 2, 16000)
        length = sum(frame.samples for frame in copy.decode(stream)) / 16000
    assert abs(length - 10.0) < 0.2
    assert sorted(path.suffix for path in (tmp_path / "audio").glob("[!.]*")) == [".json", ".mp3"]


def test_a_copy_is_made_once(tmp_path: Path, recording: Path) -> None:
    first = playable(recorded(recording), tmp_path)
    assert first.path is not None
    first.path.write_bytes(b"kept")
    assert playable(recorded(recording), tmp_path) == first
    assert first.path.read_bytes() == b"kept"


def test_long_recordings_keep_a_waveform_of_bounded_size(tmp_path: Path) -> None:
    made = playable(recorded(tone(tmp_path / "long.wav", seconds=150.0)), tmp_path / "audio")
    assert [len(channel) <= POINTS for channel in made.peaks] == [True, True]
    assert max(map(max, made.peaks)) == 100


def test_peaks_do_not_depend_on_how_the_sound_is_cut() -> None:
    sound = np.random.default_rng(1).integers(-9000, 9000, size=(2, 16_123), dtype=np.int16)

    def peaks(size: int) -> list[list[int]]:
        watched = media._Peaks()
        for _ in watched.watch(iter([sound[:, i : i + size] for i in range(0, sound.shape[1], size)])):
            pass
        return watched.channels()

    assert peaks(16_123) == peaks(100) == peaks(321)


def test_no_sound_says_why(tmp_path: Path) -> None:
    gone = replace(recorded(tone(tmp_path / "a.wav", 0.5)), path=str(tmp_path / "gone.wav"))
    assert playable(gone, tmp_path) == Playable(None, problem="录音已不在原处", detail="gone.wav")
    assert playable(replace(gone, path=None), tmp_path) == Playable(None, problem="这通电话由文字导入，没有录音")

    changed = recorded(tmp_path / "a.wav")
    tone(tmp_path / "a.wav", 0.7)
    assert playable(changed, tmp_path) == Playable(None, problem="录音在质检之后被改动过", detail="a.wav")

    (tmp_path / "text.wav").write_text("不是录音")
    broken = replace(gone, path=str(tmp_path / "text.wav"), content_hash=content_hash(tmp_path / "text.wav"))
    undecodable = playable(broken, tmp_path)
    assert undecodable.problem == "录音无法解码"
    assert undecodable.detail
    assert sorted(path.name for path in tmp_path.glob("[!.]*")) == ["a.wav", "text.wav"]
