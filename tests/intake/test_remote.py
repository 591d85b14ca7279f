"""Recordings elsewhere are found, named, hashed and heard as those on disk are."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import fsspec
import pytest
from support import SAMPLES

from qa.config import IntakeSettings, Settings
from qa.errors import QaError, RecordingError
from qa.intake.audio import decode
from qa.intake.files import content_hash
from qa.intake.manifest import plan
from qa.intake.remote import RemotePath, below, is_address, local, located, search, there
from qa.intake.settling import stamp
from qa.intake.sources import find

NOW = Settings(intake=IntakeSettings(settle_seconds=0))


@pytest.fixture
def bucket() -> Iterator[fsspec.AbstractFileSystem]:
    memory = fsspec.filesystem("memory")
    memory.store.clear()
    memory.pseudo_dirs[:] = [""]
    for file in sorted(SAMPLES.iterdir()):
        memory.put_file(str(file), f"/calls/2026/{file.name}")
    yield memory
    memory.store.clear()


def recordings() -> list[Path]:
    return list(find([SAMPLES]).files)


def test_a_path_elsewhere_is_a_path() -> None:
    path = RemotePath("s3://calls/2026/坐席.wav")
    assert (path.name, path.stem, path.suffix, path.parts) == (
        "坐席.wav",
        "坐席",
        ".wav",
        ("s3:", "calls", "2026", "坐席.wav"),
    )
    assert (str(path.parent), str(path.with_name("b.wav"))) == ("s3://calls/2026", "s3://calls/2026/b.wav")
    assert path.is_relative_to(RemotePath("s3://calls"))
    assert path.relative_to(RemotePath("s3://calls")).parts == ("2026", "坐席.wav")
    assert pickle.loads(pickle.dumps(path)) == path == path.resolve() == path.absolute()
    assert {path: 1}[RemotePath("s3://calls//2026/坐席.wav")] == 1


def test_what_is_an_address() -> None:
    assert [is_address(text) for text in ("s3://b/k", "memory://k")] == [True, True]
    assert [is_address(text) for text in ("/a/b", "a://", "rel/a.wav", "录音://x")] == [False] * 4
    assert (located("/a.wav"), located("file:///a.wav")) == (Path("/a.wav"), Path("/a.wav"))
    assert below(Path("/calls"), "../x/a.wav") == Path("/x/a.wav")


def test_sources_elsewhere(bucket: fsspec.AbstractFileSystem) -> None:
    bucket.pipe("/calls/2026/.hidden/x.wav", b"x")
    bucket.pipe("/calls/2026/report/.nomedia", b"")
    bucket.pipe("/calls/2026/report/audio/copy.mp3", b"x")
    names = [path.name for path in recordings()]
    found = find(["memory://calls"])
    assert [path.name for path in found.files] == names
    assert all(isinstance(path, RemotePath) for path in found.files)
    assert found.whole == (RemotePath("memory://calls"),)
    assert [path.name for path in find(["memory://calls/2026/*.mp3"]).files] == [name for name in names if name.endswith(".mp3")]
    assert [path.name for path in find([f"memory://calls/2026/{names[0]}"]).files] == names[:1]
    with pytest.raises(QaError, match="没有这个文件或目录(?s:.*)没有与之相符的文件"):  # noqa: RUF043
        find(["memory://nowhere", "memory://calls/*.ogg"])
    with pytest.raises(QaError, match="看不了录音来源"):
        find(["nosuchservice://calls"])
    assert [path.name for path in find([f"file://{SAMPLES}"]).files] == names


def test_a_batch_elsewhere_is_the_batch_on_disk(bucket: fsspec.AbstractFileSystem) -> None:
    here = plan([SAMPLES], SAMPLES / "manifest.csv", NOW)
    elsewhere = plan(["memory://calls/2026"], SAMPLES / "manifest.csv", NOW)
    known = [replace(recording, path=Path(recording.path or "").name) for recording in elsewhere.recordings]
    assert known == [replace(recording, path=Path(recording.path or "").name) for recording in here.recordings]
    assert all((recording.path or "").startswith("memory://calls/2026/") for recording in elsewhere.recordings)
    assert not elsewhere.quarantined


def test_a_copy_is_there_for_the_time_it_is_needed(bucket: fsspec.AbstractFileSystem) -> None:
    name = recordings()[0].name
    path = located(f"memory://calls/2026/{name}")
    assert content_hash(path) == content_hash(SAMPLES / name)
    with local(path) as copy, decode(copy) as audio, decode(SAMPLES / name) as original:
        assert (audio.duration, audio.codec) == (original.duration, original.codec)
    assert not copy.exists()
    with local(SAMPLES / name) as same:
        assert same == SAMPLES / name


def test_what_is_wrong_is_said_of_the_address(bucket: fsspec.AbstractFileSystem) -> None:
    with pytest.raises(RecordingError) as gone, local(located("memory://calls/gone.wav")):
        pass
    assert (gone.value.what, gone.value.where) == ("取不到录音", "memory://calls/gone.wav")
    bucket.pipe("/calls/broken.wav", b"RIFF not really")
    with pytest.raises(RecordingError) as broken, local(located("memory://calls/broken.wav")) as copy, decode(copy):
        pass
    assert "memory://calls/broken.wav" in str(broken.value)
    assert "tingjian-" not in str(broken.value)
    assert (there("memory://calls/broken.wav"), there("memory://calls/gone.wav")) == (True, False)


def test_a_stamp_tells_a_change(bucket: fsspec.AbstractFileSystem) -> None:
    path = located("memory://calls/a.wav")
    assert stamp(path) is None
    bucket.pipe("/calls/a.wav", b"one")
    first = stamp(path)
    bucket.pipe("/calls/a.wav", b"two!")
    assert first is not None
    assert stamp(path) not in (None, first)
    assert [str(found) for found, _ in search("memory://calls/a.wav")] == ["memory://calls/a.wav"]


def test_the_report_has_a_playable_copy_of_it(bucket: fsspec.AbstractFileSystem, tmp_path: Path) -> None:
    from qa.report.media import playable

    (recording, *_) = plan(["memory://calls/2026"], SAMPLES / "manifest.csv", NOW).recordings
    made = playable(recording, tmp_path)
    assert made.path is not None
    assert made.path.is_file()
