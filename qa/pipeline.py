"""The whole way of one call, start to end.

::

    recording ──decode──> audio ──hear──> heard ──feel──> track ──analyse──> analysis ──judge──> verdict

Read this first: every other module is one of these words.
"""

from __future__ import annotations

from dataclasses import replace

from qa.analysis.metrics import analyse
from qa.asr.hearing import hear
from qa.asr.recognizer import Recognizer
from qa.calls import Call, Heard, Recording, SentimentTrack
from qa.config import Settings
from qa.errors import RecordingError
from qa.intake.audio import decode
from qa.intake.remote import local, located
from qa.privacy import kept_call
from qa.scoring.engine import judge
from qa.scoring.rubric import Rubric
from qa.sentiment.summary import summarise
from qa.sentiment.tracks import Tracks


def inspect_call(recording: Recording, recognizer: Recognizer, rubric: Rubric, settings: Settings, tracks: Tracks | None = None) -> Call:
    """Decode, hear, read, measure and judge one recording; without ``tracks`` no sentiment model reads it.

    Raises:
        RecordingError: the recording cannot be read; the message says what to do about it.
    """
    if recording.path is None:
        raise RecordingError("这条通话只有文字，没有录音", where=recording.call_id, next_step="导入的文字记录请用 qa score 重新评分")
    with local(located(recording.path)) as path, decode(path) as audio:
        heard = hear(audio, recording, recognizer, settings.hearing)
    return judge_call(recording, heard, rubric, settings, tracks.track(heard) if tracks else None)


def judge_call(recording: Recording, heard: Heard, rubric: Rubric, settings: Settings, track: SentimentTrack | None = None) -> Call:
    """Measure and judge what was heard before; the second half of :func:`inspect_call`, and all that a transcript needs.

    ``track`` is what the sentiment model has read in the same turns; without it whatever needs it is not applicable.
    Where the settings want the store to keep masked texts, the call comes back masked; it was judged as it was heard.
    """
    analysis = replace(analyse(heard, settings.analysis), sentiment=summarise(heard, track))
    verdict = judge(recording, heard, analysis, rubric, llm=settings.llm, track=track, zone=settings.zone)
    return kept_call(Call(recording=recording, heard=heard, analysis=analysis, verdict=verdict, track=track), settings.privacy)
