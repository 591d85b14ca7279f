"""The longest call is begun first, by what its file seems to hold."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import SAMPLES

from qa.batch.ordering import longest_first, seeming
from qa.batch.plan import Task
from qa.calls import Recording
from qa.store.store import Keys


@pytest.mark.parametrize(
    ("name", "seconds"),
    [
        ("8001_13800001000_20261117090000.wav", 46.8),  # A-law, two channels
        ("8006_13800001029_20261118112300.wav", 71.7),  # GSM
        ("8002_13800001001_20261118100700.mp3", 61.2),
        ("8001_13800001006_20261119154200.m4a", 80.3),
    ],
)
def test_the_length_is_guessed_closely_enough_to_sort_by(name: str, seconds: float) -> None:
    assert seeming(str(SAMPLES / name)) == pytest.approx(seconds, rel=0.1)


def test_what_has_no_header_is_no_trouble(tmp_path: Path) -> None:
    for number, data in enumerate((b"", b"RIFF", b"RIFF\xff\xff\xff\xffWAVEfmt " + bytes(16), bytes(4000))):
        path = tmp_path / f"{number}.wav"
        path.write_bytes(data)
        assert 0 <= seeming(str(path)) <= 1
    assert seeming(str(tmp_path)) == seeming(str(tmp_path / "a\0b")) == 0


def test_the_longest_is_first_and_what_is_only_judged_last(tmp_path: Path) -> None:
    tasks = []
    for number, (size, step) in enumerate([(100, "hear"), (300, "hear"), (900, "judge"), (300, "hear"), (200, "hear")]):
        path = tmp_path / f"{number}.mp3"
        path.write_bytes(bytes(size))
        tasks.append(Task(Recording(call_id=str(number), content_hash="aa", path=str(path)), Keys("h", "j"), step))  # type: ignore[arg-type]
    tasks.append(Task(Recording(call_id="5", content_hash="aa"), Keys("h", "j"), "hear"))
    assert [task.recording.call_id for task in longest_first(tasks)] == ["1", "3", "4", "0", "2", "5"]
    assert longest_first([]) == ()
