"""The real model on real recordings: what a user would notice first."""

from __future__ import annotations

import csv
import json
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from asr.sounds import RATE, melody, noise, recording, ring_back, tone
from rapidfuzz.distance import Levenshtein
from support import ROOT, SAMPLES

from qa.asr.hearing import hear
from qa.asr.whisper import WhisperRecognizer, load, padded_length, shown_length
from qa.calls import Heard, Recording
from qa.config import HearingSettings
from qa.errors import ConfigError, ModelError
from qa.intake.audio import decode
from qa.text.normalize import normalize

pytestmark = pytest.mark.slow
SETTINGS = HearingSettings()


@pytest.fixture(scope="module")
def recognizer() -> WhisperRecognizer:
    return load(SETTINGS)


@cache
def sample(call_id: str) -> tuple[str, dict]:
    with (SAMPLES / "manifest.csv").open(encoding="utf-8-sig", newline="") as source:
        (file,) = [row["file"] for row in csv.DictReader(source) if row["call_id"] == call_id]
    return file, json.loads((ROOT / "tests" / "data" / "truth" / f"{call_id}.json").read_text(encoding="utf-8"))


@cache
def heard(call_id: str, recognizer: WhisperRecognizer) -> Heard:
    with decode(SAMPLES / sample(call_id)[0]) as audio:
        return hear(audio, Recording(call_id=call_id, content_hash="00"), recognizer, SETTINGS)


def beginning(call_id: str, recognizer: WhisperRecognizer) -> str:
    """All that is heard in the first seconds of a call, as one comparable text."""
    with decode(SAMPLES / sample(call_id)[0]) as audio:
        start = np.stack([audio.window(channel, 0.0, 12.0) for channel in range(audio.channels)])
    return repr(hear(recording(*start), Recording(call_id=call_id, content_hash="00"), recognizer, SETTINGS))


def errors(found: Heard, truth: dict, role: str | None = None) -> float:
    said, meant = (
        normalize("".join(text for who, text in lines if role in (None, who))).text
        for lines in ([(t.role, t.text) for t in found.turns], [(t["role"], t["text"]) for t in truth["turns"]])
    )
    return Levenshtein.distance(said, meant) / len(meant)


@pytest.mark.parametrize("call_id", ["s01", "s02"])
def test_each_channel_is_heard_and_the_agent_found_from_what_is_said(call_id: str, recognizer: WhisperRecognizer) -> None:
    found, truth = heard(call_id, recognizer), sample(call_id)[1]
    assert (found.roles.method, found.roles.agent_channel) == ("script", truth["agent_channel"])
    assert found.roles.confidence > 0.9
    assert max(errors(found, truth, "agent"), errors(found, truth, "customer")) < 0.6  # the agent of s02 is hard to understand
    assert found.dropped == ()


def test_two_voices_on_one_channel_are_told_apart(recognizer: WhisperRecognizer) -> None:
    found, truth = heard("s03", recognizer), sample("s03")[1]
    assert (found.roles.method, found.parted, found.channels) == ("voice", False, 1)
    assert max(errors(found, truth, "agent"), errors(found, truth, "customer")) < 0.5
    assert [event.type for event in found.sounds] == ["music"]
    assert set(found.models) == {"asr", "voices"}


def test_a_window_is_recognised_alike_in_any_company(recognizer: WhisperRecognizer) -> None:
    with decode(SAMPLES / sample("s01")[0]) as audio:
        windows = [audio.window(0, start, start + length) for start, length in ((1.0, 9.0), (14.0, 8.5), (20.0, 3.0), (23.0, 12.0))]
    alone = [recognizer.transcribe([window])[0] for window in windows]
    together = recognizer.transcribe(windows)
    assert [transcript.text for transcript in together] == [transcript.text for transcript in alone]
    assert recognizer.transcribe(windows[::-1]) == together[::-1]
    for transcript, window in zip(together, windows, strict=True):
        times = [moment for word in transcript.words for moment in (word.start, word.end)]
        assert all(one <= other for one, other in pairwise(times))
        assert 0.0 <= times[0] <= times[-1] <= len(window) / RATE


def test_a_call_is_heard_alike_whatever_is_heard_before_it_and_by_however_many_threads(recognizer: WhisperRecognizer) -> None:
    """Other calls before it, other batches, other threads: settings of speed, with which a stored call is not heard again."""
    calls = ("s01", "s03")
    once = {call_id: beginning(call_id, recognizer) for call_id in calls}
    assert all("Word(" in text for text in once.values())
    others = load(HearingSettings(threads=1, batch_size=1))
    assert {call_id: beginning(call_id, others) for call_id in reversed(calls)} == once


def test_there_is_no_text_where_nobody_speaks(recognizer: WhisperRecognizer) -> None:
    keys = np.concatenate([np.concatenate([tone(0.1, 770, 1336), np.zeros(RATE // 10)]) for _ in range(20)])
    sound = np.concatenate([ring_back(3), keys, melody(40.0), noise(30.0), np.zeros(20 * RATE), noise(10.0, 0.1)])
    found = hear(recording(sound, 0.05 * sound[::-1]), Recording(call_id="x", content_hash="00"), recognizer, SETTINGS)
    assert (found.turns, found.dropped) == ((), ())
    assert {event.type for event in found.sounds} == {"tone", "music"}


def test_an_empty_window_has_an_empty_transcript_or_a_doubted_one(recognizer: WhisperRecognizer) -> None:
    (transcript,) = recognizer.transcribe([np.zeros(RATE, dtype=np.float32)])
    assert len(transcript.text) < 20


def test_a_device_that_is_not_there_is_said_plainly() -> None:
    with pytest.raises(ModelError, match="识别模型装不上"):
        load(HearingSettings(compute_type="int7"))


def test_a_language_the_model_does_not_know_is_said_plainly() -> None:
    with pytest.raises(ConfigError, match="模型不会这种语言"):
        load(HearingSettings(language="zh-CN"))


def test_lengths_depend_on_the_window_alone_and_no_more_is_shown_than_was_encoded() -> None:
    durations = [0.2, 2.0, 4.1, 14.1, 22.0, 24.0, 28.0, 30.0]
    assert [padded_length(duration) for duration in durations] == [6.5, 8.0, 10.5, 20.5, 28.0, 30.0, 30.0, 30.0]
    assert [shown_length(duration) for duration in durations] == [5.0, 5.0, 10.0, 20.0, 25.0, 25.0, 30.0, 30.0]
    assert all(d <= shown_length(d) <= padded_length(d) for d in np.arange(0.0, 30.0, 0.01))
