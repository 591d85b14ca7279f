"""Calls as the JSON of services that give words and leave the turns to the reader: Amazon Transcribe and Google Speech-to-Text.

A turn ends where the speaker changes, and where nobody on that channel speaks for a second. Sources:
https://docs.aws.amazon.com/transcribe/latest/dg/diarization-output-batch.html,
https://docs.aws.amazon.com/transcribe/latest/dg/channel-id-output-batch.html,
https://cloud.google.com/speech-to-text/docs/reference/rest/v1/speech/recognize (v2: startOffset, speakerLabel).
Keys arrive in small letters without underscores (see :func:`qa.intake.clouds.folded`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from qa.intake.utterances import RawWord, Script, Telling, seconds, share

PAUSE = 1.0  # seconds


@dataclass(frozen=True, slots=True)
class _Spoken:
    """A word with its speaker; punctuation has been added to the word before it."""

    text: str
    start: float | None
    end: float | None
    confidence: float | None
    who: str | None
    channel: int | None


def is_aws(entry: Any) -> bool:
    """Whether this is the result of an Amazon Transcribe job."""
    results = entry.get("results") if isinstance(entry, dict) else None
    return isinstance(results, dict) and ("transcripts" in results or "items" in results)


def is_google(entry: Any) -> bool:
    """Whether this is the answer of Google Speech-to-Text, bare or inside an operation."""
    results = _google_results(entry)
    return bool(results) and all(isinstance(one, dict) and "alternatives" in one for one in results or ())


def read_aws(entry: Mapping[str, Any]) -> Script:
    """The call of a Transcribe job: one stream of words, or one for each channel."""
    results = entry["results"]
    telling = Telling()
    channels = _dig(results, "channellabels", "channels")
    if isinstance(channels, list):
        streams = [list(_aws_words(_list(one, "items"), {}, _number(one.get("channellabel")))) for one in channels if isinstance(one, dict)]
    else:
        streams = [list(_aws_words(_list(results, "items"), _aws_speakers(results), None))]
    _tell(telling, streams)
    job = entry.get("jobname")
    problems = list(telling.problems)
    if not telling.said and any(one.get("transcript") for one in _list(results, "transcripts") if isinstance(one, dict)):
        problems.append("只有全文，没有逐词结果（results.items），分不出话轮")
    return Script(said=tuple(telling.said), call_id=job if isinstance(job, str) else None, problems=tuple(problems))


def read_google(entry: Mapping[str, Any]) -> Script:
    """The call of a recognition: the last result's words where speakers were told apart, since it repeats all of them."""
    results = _google_results(entry) or []
    best = [(one, _list(one, "alternatives")[0]) for one in results if _list(one, "alternatives")]
    best = [(one, alternative) for one, alternative in best if isinstance(alternative, dict)]
    telling = Telling()
    tagged = [(one, alternative) for one, alternative in best if any(_google_speaker(word) for word in _list(alternative, "words"))]
    if tagged:
        _tell(telling, [list(_google_words(*tagged[-1]))])
    else:
        for one, alternative in best:
            words = list(_google_words(one, alternative))
            telling.add(
                alternative.get("transcript"),
                words[0].start if words else None,
                words[-1].end if words else None,
                channel=_google_channel(one),
                confidence=alternative.get("confidence") or None,
                words=_raw(words),
            )
    return Script(said=tuple(telling.said), problems=tuple(telling.problems))


def _tell(telling: Telling, streams: Sequence[Sequence[_Spoken]]) -> None:
    turns = [turn for stream in streams for turn in _turns(stream)]
    for turn in sorted(turns, key=lambda words: words[0].start if words[0].start is not None else -1.0):
        telling.add(
            joined(word.text for word in turn),
            turn[0].start,
            turn[-1].end,
            who=turn[0].who,
            channel=turn[0].channel,
            words=_raw(turn),
        )


def _turns(stream: Sequence[_Spoken]) -> Iterator[list[_Spoken]]:
    turn: list[_Spoken] = []
    for word in stream:
        if turn and (word.who != turn[-1].who or (word.start or 0.0) - (turn[-1].end or 0.0) > PAUSE):
            yield turn
            turn = []
        turn.append(word)
    if turn:
        yield turn


def _raw(words: Iterable[_Spoken]) -> list[RawWord]:
    return [(word.text, word.start, word.end, word.confidence) for word in words]


def joined(words: Iterable[str]) -> str:
    """Words as text: a space only between words of letters.

    >>> joined(["您好", "，", "VIP", "card", "在", "吗"])
    '您好，VIP card在吗'
    """
    text = ""
    for word in words:
        space = " " if re.search(r"[A-Za-z0-9,.?!']$", text) and re.match(r"[A-Za-z0-9]", word) else ""
        text += space + word.strip()
    return text


def _aws_words(items: Iterable[Any], speakers: Mapping[str, str], channel: int | None) -> Iterator[_Spoken]:
    held: _Spoken | None = None
    for item in items:
        best = _list(item, "alternatives")[:1] if isinstance(item, dict) else []
        if not best or not isinstance(best[0], dict) or not isinstance(text := best[0].get("content"), str):
            continue
        if item.get("type") == "punctuation":
            held = replace(held, text=held.text + text) if held else None
            continue
        if held:
            yield held
        who = item.get("speakerlabel") or speakers.get(str(item.get("starttime")))
        held = _Spoken(text, seconds(item.get("starttime")), seconds(item.get("endtime")), share(best[0].get("confidence")), who, channel)
    if held:
        yield held


def _aws_speakers(results: Mapping[str, Any]) -> dict[str, str]:
    """Speaker by start time of a word: older results have it only in the segments."""
    return {
        str(item.get("starttime")): str(item.get("speakerlabel"))
        for segment in _list(results.get("speakerlabels"), "segments")
        for item in _list(segment, "items")
        if isinstance(item, dict) and item.get("speakerlabel")
    }


def _google_results(entry: Any) -> list[Any] | None:
    for path in (("results",), ("response", "results"), ("result", "results")):
        if isinstance(found := _dig(entry, *path), list):
            return found
    return None


def _google_words(result: Mapping[str, Any], alternative: Mapping[str, Any]) -> Iterator[_Spoken]:
    channel = _google_channel(result)
    for word in _list(alternative, "words"):
        if isinstance(word, dict) and isinstance(text := word.get("word"), str):
            start, end = (_google_time(word.get(f"{name}time", word.get(f"{name}offset"))) for name in ("start", "end"))
            # the first word of all may lack its start, since 0 is left out
            text = text.split("|")[0]
            yield _Spoken(text, 0.0 if start is None else start, end, share(word.get("confidence") or None), _google_speaker(word), channel)


def _google_speaker(word: Any) -> str | None:
    label = (word.get("speakerlabel") or word.get("speakertag")) if isinstance(word, dict) else None
    return f"speaker {label}" if label and str(label).isdecimal() else str(label) if label else None


def _google_channel(result: Mapping[str, Any]) -> int | None:
    tag = _number(result.get("channeltag"))
    return None if tag is None else max(0, tag - 1)  # counted from 1 there


def _google_time(value: Any) -> float | None:
    """``"1.300s"``, or an object of seconds and nanos."""
    if isinstance(value, dict):
        whole, nanos = seconds(value.get("seconds", 0)), seconds(value.get("nanos", 0), 1e-9)
        return None if whole is None or nanos is None else round(whole + nanos, 3)
    return seconds(value.removesuffix("s") if isinstance(value, str) else value)


def _number(value: object) -> int | None:
    """The number at the end of a label such as ch_0."""
    found = re.search(r"\d{1,2}$", str(value)) if value is not None else None
    return int(found[0]) if found else None


def _list(value: Any, name: str) -> list[Any]:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []


def _dig(value: Any, *path: str) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value
