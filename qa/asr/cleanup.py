"""What of a transcript is not believed: watermarks, loops, echoes of the prompt, words where nobody spoke.

Every judgement is about the words themselves plus a second sign, because Whisper is as sure of what it invents as
of what it hears. What is dropped is kept with its reason; true speech (谢谢, 再见, 好的好的好的, 嗯嗯嗯) is not.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from qa.asr.recognizer import Transcript
from qa.calls import DropReason
from qa.text.normalize import simplify

#: (characters of the repeated unit, at most) -> how many times in a row are a loop. People do say 好的 four times.
LOOPS = ((1, 9), (2, 6), (4, 5), (8, 4), (30, 3))
NO_SPEECH, UNLIKELY = 0.6, -1.0  # Whisper's own thresholds; only both together count
ECHO_UNLIKELY = -0.5
FASTEST, FASTEST_UNLIKELY = 12.0, -0.7  # characters a second that nobody says over a whole window, and the second sign
REPETITIVE = 2.4  # Whisper's own limit of the compression ratio; only a reason to decode again
LONG, SLOWEST = 5.0, 1.5  # seconds of a window from which, and characters a second under which, most of it was passed over
SURE = -0.3  # a mean log probability at which it was speech after all, whatever Whisper held for likely before it heard


def suspect(transcript: Transcript, seconds: float, hotwords: str | None = None) -> bool:
    """Whether a window of so many seconds should be decoded again, with more care; one sign is enough for that.

    >>> from qa.asr.recognizer import Spoken
    >>> suspect(Transcript((Spoken("谢谢", 0.0, 0.4, 0.9),), avg_logprob=-0.2), 0.6)
    False
    """
    return (
        transcript.avg_logprob < UNLIKELY
        or transcript.compression_ratio > REPETITIVE
        or len(plain(transcript)[0]) > FASTEST * seconds
        or passed_over(transcript, seconds)
        or any(doubt(transcript, seconds, hotwords))
    )


def passed_over(transcript: Transcript, seconds: float) -> bool:
    """Whether most of what must have been said in a window of so many seconds is missing.

    >>> from qa.asr.recognizer import Spoken
    >>> passed_over(Transcript((Spoken("谢谢您的来电", 0.0, 1.4, 0.9),)), 14.0)
    True
    """
    return seconds >= LONG and len(plain(transcript)[0]) < SLOWEST * seconds


def believable(transcript: Transcript, seconds: float) -> bool:
    """Whether a transcript may fill a place where at first nothing was heard: it must not look invented in any one way.

    >>> believable(Transcript((), avg_logprob=-0.3), 2.0), believable(Transcript((), avg_logprob=-0.9), 2.0)
    (True, False)
    """
    speech = transcript.no_speech_prob <= NO_SPEECH or transcript.avg_logprob >= SURE
    return speech and transcript.avg_logprob >= FASTEST_UNLIKELY and not suspect(transcript, seconds)


def doubt(transcript: Transcript, seconds: float, hotwords: str | None = None) -> list[DropReason | None]:
    """For each word of the transcript of a window of so many seconds, why it is not believed, or None.

    >>> from qa.asr.recognizer import Spoken
    >>> words = tuple(Spoken(text, 0.0, 0.1, 0.9) for text in "您好字幕由Amara.org社区提供")
    >>> doubts = doubt(Transcript(words, avg_logprob=-0.3), 2.0)
    >>> doubts[:2], set(doubts[2:])
    ([None, None], {'watermark'})
    """
    doubts: list[DropReason | None] = [None] * len(transcript.words)
    if transcript.no_speech_prob > NO_SPEECH and transcript.avg_logprob < UNLIKELY:
        return ["no_speech"] * len(doubts)
    text, owner = plain(transcript)
    if len(text) > FASTEST * seconds and transcript.avg_logprob < FASTEST_UNLIKELY:
        return ["no_speech"] * len(doubts)
    if hotwords and text and transcript.avg_logprob < ECHO_UNLIKELY and text in comparable(hotwords):
        return ["prompt_echo"] * len(doubts)
    for begin, end in loops(text):
        _mark(doubts, owner, begin, end, "loop")
    for begin, end in watermarked(text):
        _mark(doubts, owner, begin, end, "watermark")
    # punctuation on its own goes with the word before it
    for index, word in enumerate(transcript.words):
        if index and not comparable(word.text):
            doubts[index] = doubts[index - 1]
    return doubts


def _mark(doubts: list[DropReason | None], owner: Sequence[int], begin: int, end: int, reason: DropReason) -> None:
    for index in {owner[position] for position in range(begin, end)}:
        doubts[index] = reason


def plain(transcript: Transcript) -> tuple[str, list[int]]:
    """The comparable characters of a transcript, and for each the index of its word."""
    characters: list[str] = []
    owner: list[int] = []
    for index, word in enumerate(transcript.words):
        for character in comparable(word.text):
            characters.append(character)
            owner.append(index)
    return "".join(characters), owner


def comparable(text: str) -> str:
    """Letters, digits, dots and characters alone: simplified, half width, lower case.

    >>> comparable("優優獨播劇場——YoYo Television")
    '优优独播剧场yoyotelevision'
    """
    folded = simplify(unicodedata.normalize("NFKC", text)).lower()
    return "".join(character for character in folded if character.isalnum())


def loops(text: str) -> list[tuple[int, int]]:
    """Spans of a text that only repeat what stands before them; its first saying is kept.

    Gzip ratio, which Whisper itself goes by, sees a repetition in a short Chinese text too late: a 28-character
    sentence said twice has 1.7, under Whisper's 2.4.

    >>> loops("我要查话费" + "你只能选择两个" * 4), loops("好的好的好的"), loops("嗯嗯嗯"), loops("13800000000")
    ([(12, 33)], [], [], [])
    """
    found: list[tuple[int, int]] = []
    position = 0
    while position < len(text):
        for unit in range(1, min(LOOPS[-1][0], (len(text) - position) // 3) + 1):
            times = 1
            while text.startswith(text[position : position + unit], position + times * unit):
                times += 1
            if times >= next(least for longest, least in LOOPS if unit <= longest):
                end = position + times * unit
                while end < len(text) and text[end] == text[end - unit]:  # the last saying may be cut short
                    end += 1
                found.append((position + unit, end))
                position = end - 1
                break
        position += 1
    return found


def watermarked(text: str) -> list[tuple[int, int]]:
    """Spans of a comparable text that are a known watermark, longest first, none overlapping.

    >>> watermarked("谢谢再见"), watermarked("好的明镜与点点栏目")
    ([], [(2, 9)])
    """
    found: list[tuple[int, int]] = []
    for mark in watermarks():
        position = text.find(mark)
        while position >= 0:
            if all(position + len(mark) <= begin or position >= end for begin, end in found):
                found.append((position, position + len(mark)))
            position = text.find(mark, position + len(mark))
    return sorted(found)


@cache
def watermarks() -> tuple[str, ...]:
    """The entries of watermarks.txt in comparable form, longest first."""
    lines = (Path(__file__).parent / "watermarks.txt").read_text(encoding="utf-8").splitlines()
    return tuple(sorted({comparable(line) for line in lines if line and not line.startswith("#")}, key=lambda mark: (-len(mark), mark)))
