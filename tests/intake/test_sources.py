from __future__ import annotations

from pathlib import Path

import pytest

from qa.errors import QaError
from qa.intake.sources import find


def make(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")


def names(root: Path, *sources: str | Path) -> list[str]:
    return [path.relative_to(root).as_posix() for path in find(sources).files]


def test_directories_are_searched_below(tmp_path: Path) -> None:
    make(tmp_path, "b.WAV", "a/2.mp3", "a/1.ogg", "a/读我.txt", ".hidden.wav", "._b.wav", "~b.wav", ".git/x.wav", "c.wav.part", "v.mp4")
    assert names(tmp_path, tmp_path) == ["a/1.ogg", "a/2.mp3", "b.WAV", "v.mp4"]


def test_files_and_patterns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "11/a.wav", "11/b.mp3", "12/a.wav", "odd.v3", "[1].wav")
    monkeypatch.chdir(tmp_path)
    assert names(tmp_path, "odd.v3") == ["odd.v3"]
    assert names(tmp_path, "1?") == ["11/a.wav", "11/b.mp3", "12/a.wav"]
    assert names(tmp_path, "**/*.wav") == ["11/a.wav", "12/a.wav", "[1].wav"]
    assert names(tmp_path, "[1].wav") == ["[1].wav"]
    assert names(tmp_path, "11", "11/a.wav", "11/../11/a.wav") == ["11/a.wav", "11/b.mp3"]


def test_links_are_followed_once(tmp_path: Path) -> None:
    make(tmp_path, "real/a.wav")
    (tmp_path / "real/loop").symlink_to(tmp_path / "real", target_is_directory=True)
    (tmp_path / "again").symlink_to(tmp_path / "real", target_is_directory=True)
    (tmp_path / "real/same.wav").symlink_to(tmp_path / "real/a.wav")
    (tmp_path / "real/broken.wav").symlink_to(tmp_path / "nowhere.wav")
    assert names(tmp_path, tmp_path) == ["again/a.wav", "again/broken.wav"]


def test_everything_that_is_not_there_is_said_at_once(tmp_path: Path) -> None:
    make(tmp_path, "empty/a.txt")
    with pytest.raises(QaError) as caught:
        find([tmp_path / "none", tmp_path / "empty", str(tmp_path / "*.wav")])
    first, why, next_step = str(caught.value).splitlines()
    assert (first, why) == (
        "找不到录音",
        f"  原因：{tmp_path}/none：没有这个文件或目录；{tmp_path}/empty：目录里没有录音；{tmp_path}/*.wav：没有与之相符的文件",
    )
    assert next_step.startswith("  处理：检查路径；目录中按扩展名查找（含子目录，隐藏文件除外）：.3g2 .3gp .aac .aif ")
    with pytest.raises(QaError, match="没有给出录音来源"):
        find([])
