"""Calls as subtitles: SubRip (.srt) and WebVTT (.vtt), read by webvtt-py; one file is one call.

The speaker stands in a voice tag (``<v 坐席>您好</v>``) or in front of the text (``坐席：您好``, ``[SPEAKER_00]: 您好`` as
whisperX writes it). Formats: https://www.w3.org/TR/webvtt1/, https://docs.fileformat.com/video/srt/.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from qa.intake.speakers import marks, prefix
from qa.intake.utterances import Script, Telling

_VOICE_TAG = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]*)>")
_TAG = re.compile(r"</?[a-zA-Z0-9][^>]*>")
_TIMING = re.compile(r"\s*(?:\d+:)?\d{1,2}:\d{1,2}[.,]\d{1,3}\s*-->\s*(?:\d+:)?\d{1,2}:\d{1,2}[.,]\d{1,3}")


def read_subtitles(text: str, content: bytes, kind: str) -> Script:
    r"""The call of a subtitle file; ``kind`` is ``srt`` or ``vtt``. Cues that cannot be read are problems with their line.

    >>> script = read_subtitles("1\n00:00:01,000 --> 00:00:02,500\n坐席：您好\n", b"", "srt")
    >>> [(line.who, line.text, line.start, line.end) for line in script.said]
    [('坐席', '您好', 1.0, 2.5)]
    """
    import webvtt
    from webvtt.errors import MalformedCaptionError, MalformedFileError

    telling = Telling()
    lines = text.splitlines()
    try:
        captions = webvtt.from_buffer(lines, format=kind).captions
    except (MalformedFileError, MalformedCaptionError) as error:
        return Script(content=content, problems=(f"不是 {kind.upper()} 字幕：{error}",))
    timings = [(number, line) for number, line in enumerate(lines, 1) if "-->" in line]
    problems = [f"第 {number} 行的时间写错了：{line.strip()[:60]}" for number, line in timings if not _TIMING.match(line)]
    if not problems and (lost := len(timings) - len(captions)) > 0:
        problems.append(f"有 {lost} 条字幕读不出来，检查各条之间的空行与时间")
    spoken = [(caption, *part) for caption in captions for part in _parts(caption.raw_text)]
    known = marks([said for _, who, said in spoken if who is None])
    for caption, who, said in spoken:
        if who is None and (before := prefix(said)) and before[0] in known:
            who, said = before
        telling.add(said, _milliseconds(caption.start), _milliseconds(caption.end), unit=0.001, who=who)
    return Script(content=content, said=tuple(telling.said), problems=(*problems, *telling.problems))


def _parts(raw: str) -> Iterator[tuple[str | None, str]]:
    """The voices of one cue, each with its text."""
    pieces = _VOICE_TAG.split(raw)
    if said := _plain(pieces[0]):
        yield None, said
    for who, said in zip(pieces[1::2], pieces[2::2], strict=True):
        yield html.unescape(who).strip() or None, _plain(said)


def _plain(raw: str) -> str:
    return " ".join(html.unescape(_TAG.sub("", raw)).split())


def _milliseconds(timing: str) -> int:
    hours, minutes, rest = timing.split(":")
    whole, fraction = rest.split(".")
    return (int(hours) * 3600 + int(minutes) * 60 + int(whole)) * 1000 + int(fraction)
