"""A call as a file of another program tells it: lines with a speaker and times, checked, and made into what hearing would give.

Every reader of a format hands its lines to a :class:`Telling`, which is the one place where times, texts and words
are checked; a finished :class:`Script` becomes a Heard.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from qa.calls import Event, Heard, Role, Roles, Seconds, Speech, Turn, Word
from qa.intake.speakers import ROLE_NAMES, role_of
from qa.timeline import Timeline

LONGEST = 7 * 24 * 3600.0  # seconds; more is a time of day or milliseconds

RawWord = tuple[str, float | None, float | None, float | None]  # text, start, end in seconds, confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One line: ``who`` is the file's own mark of the speaker (坐席, spk_0), ``channel`` the recording's channel if told."""

    text: str
    who: str | None = None
    channel: int | None = None
    start: Seconds | None = None
    end: Seconds | None = None
    confidence: float | None = None
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A whole call of a file.

    ``place`` says where it stands (第 3 行) and ``number`` is its line, row or rank there; empty and 0 when the file is
    one call. ``sounds`` are the music and tones that the file knows of. ``values`` is the metadata that the file itself
    has, by our field names. ``content`` is what the call is recognised by when it is imported again.
    """

    content: bytes = b""
    place: str = ""
    number: int = 0
    said: tuple[Said, ...] = ()
    call_id: str | None = None
    duration: Seconds | None = None
    sounds: tuple[Event, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


class Telling:
    """Collects the lines of one call and everything that is wrong with them.

    >>> telling = Telling()
    >>> telling.add("您好", 500, 1600, who="坐席", unit=0.001)
    >>> telling.add("喂", 3.0, 2.0)
    >>> telling.said[0].start, telling.problems
    (0.5, ['第 2 句结束（2.0）早于开始（3.0）'])
    """

    def __init__(self) -> None:
        self.said: list[Said] = []
        self.problems: list[str] = []
        self._count = 0

    def add(
        self,
        text: object,
        start: object = None,
        end: object = None,
        *,
        unit: float = 1.0,
        who: str | None = None,
        channel: int | None = None,
        confidence: object = None,
        words: Sequence[RawWord] = (),
    ) -> None:
        """One more line; ``unit`` is how many seconds 1 is. A line without text (a laugh, a noise) is counted and left out."""
        self._count += 1
        place = f"第 {self._count} 句"
        if not isinstance(text, str):
            self.problems.append(f"{place}缺少 text")
        given = [value for value in (start, end) if value is not None and value != ""]
        times = [seconds(value, unit) for value in given]
        if any(value is None for value in times):
            allowed = "秒数" if unit == 1.0 else "毫秒数"
            self.problems.append(f"{place}的时间是 {'、'.join(str(value) for value in given)}，应是 0 到 7 天之间的{allowed}")
        elif len(times) == 2 and times[0] > times[1]:  # type: ignore[operator]
            self.problems.append(f"{place}结束（{end}）早于开始（{start}）")
        if not isinstance(text, str) or not (text := text.strip()):
            return
        self.said.append(
            Said(
                text=text,
                who=who,
                channel=channel,
                start=seconds(start, unit),
                end=seconds(end, unit),
                confidence=share(confidence),
                words=fit_words(text, words, share(confidence)),
            )
        )

    def fault(self, problem: str) -> None:
        """A line that cannot even be looked at."""
        self._count += 1
        self.problems.append(f"第 {self._count} 句{problem}")

    def about_next(self, problem: str) -> None:
        """Something else that is wrong with the line that is added next."""
        self.problems.append(f"第 {self._count + 1} 句{problem}")


def seconds(value: object, unit: float = 1.0) -> Seconds | None:
    """A time in seconds, None for everything that is none: text, NaN, before the start, longer than a week.

    >>> seconds("1500", 0.001), seconds(float("nan")), seconds(-1), seconds(True)
    (1.5, None, None, None)
    """
    number = _number(value)
    if number is None or not 0 <= number * unit <= LONGEST:
        return None
    return round(number * unit, 3)


def share(value: object) -> float | None:
    """A confidence between 0 and 1; percentages are brought to it.

    >>> share("0.87"), share(93), share(-1)
    (0.87, 0.93, None)
    """
    number = _number(value)
    if number is None or not 0 <= number <= 100:
        return None
    return round(number if number <= 1 else number / 100, 3)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def fit_words(text: str, words: Iterable[RawWord], confidence: float | None = None) -> tuple[Word, ...]:
    """The words laid over the text, so that joined they give it: punctuation goes with the word before it.

    A word without times takes those of its neighbours; one without a confidence takes the line's, 1.0 where that has
    none either. Nothing is kept where the words are not those of the text or their times run backwards.

    >>> [word.text for word in fit_words("您好，请讲。", [("您好", 0.0, 0.5, 0.9), ("请讲", 0.6, 1.0, None)])]
    ['您好，', '请讲。']
    >>> fit_words("您好", [("再见", 0.0, 0.5, 0.9)])
    ()
    """
    kept: list[tuple[int, RawWord]] = []
    position = 0
    for word in words:
        plain = word[0].strip()
        if not any(character.isalnum() for character in plain):
            continue  # punctuation is in the text
        if (begin := text.find(plain, position)) < 0 or any(character.isalnum() for character in text[position:begin]):
            return ()
        kept.append((begin, word))
        position = begin + len(plain)
    if not kept or any(character.isalnum() for character in text[position:]):
        return ()
    found: list[Word] = []
    reach = next((start for _, (_, start, _, _) in kept if start is not None), None)
    for index, (begin, (_, start, end, sure)) in enumerate(kept):
        begin = 0 if index == 0 else begin
        stop = kept[index + 1][0] if index + 1 < len(kept) else len(text)
        start = reach if start is None else start
        end = start if end is None else end
        if start is None or end is None or reach is None or end < start or start < reach - 0.5:
            return ()
        reach = end
        sure = sure if sure is not None else confidence if confidence is not None else 1.0
        found.append(Word(text[begin:stop], round(start, 2), round(end, 2), sure))
    return tuple(found)


def heard(script: Script, models: Mapping[str, str] | None = None) -> Heard:
    """What hearing would give for the call.

    Where the file names a side, its word is taken (``manual``, 1.0), and the only other voice is the other side.
    Where it names voices only, their turns are of role unknown and carry the voice's number in ``channel``: the
    recording's channel, else counted from 0 in order of first speech; the confidence is 0 until somebody decides.
    Times are all or nothing: a silence next to a line without a time would be measured wrongly.
    """
    said = list(script.said)
    timed = bool(said) and all(line.start is not None and line.end is not None for line in said)
    if timed:
        said.sort(key=lambda line: (line.start, line.end))
    sides, given = _sides(said)
    numbers = {} if given else _numbers(said)
    voices = {(line.channel, line.who) for line in said}
    by_channel = given or (None not in {channel for channel, _ in voices} and len({channel for channel, _ in voices}) == len(voices))
    turns = [
        Turn(
            role=sides[line.who],
            text=line.text,
            start=round(line.start, 2) if timed and line.start is not None else None,
            end=round(line.end, 2) if timed and line.end is not None else None,
            confidence=line.confidence,
            words=line.words if timed else (),
            channel=line.channel if given else numbers.get((line.channel, line.who)),
        )
        for line in said
    ]
    duration = script.duration
    if timed:
        duration = max(duration or 0.0, max(turn.end or 0.0 for turn in turns))
    return Heard(
        duration=None if duration is None else round(duration, 2),
        channels=0,
        turns=tuple(turns),
        roles=Roles(method="manual", confidence=1.0) if given or not turns else Roles(method="script", confidence=0.0),
        speech=_speech(turns) if timed else (),
        sounds=script.sounds if timed else (),
        parted=timed and by_channel,
        models=dict(models or {}),
    )


def _sides(said: Sequence[Said]) -> tuple[dict[str | None, Role], bool]:
    """The role of every mark, and whether the file names a side at all."""
    named = {line.who: role_of(line.who or "") for line in said}
    given = {role for role in named.values() if role in ("agent", "customer")}
    labels = [who for who, role in named.items() if role is None]
    sides: dict[str | None, Role] = {who: role or "unknown" for who, role in named.items()}
    if len(given) == 1 and len(labels) == 1:
        sides[labels[0]] = "customer" if "agent" in given else "agent"
    return sides, bool(given)


def _numbers(said: Sequence[Said]) -> dict[tuple[int | None, str | None], int]:
    """The number of every voice; none for announcements and lines without a mark."""
    numbers: dict[tuple[int | None, str | None], int] = {}
    channels = [line.channel for line in said if line.channel is not None]
    for line in said:
        key = (line.channel, line.who)
        if key in numbers or (line.channel is None and role_of(line.who or "") is not None):
            continue
        if line.channel is not None and line.channel not in numbers.values():
            numbers[key] = line.channel
        else:
            numbers[key] = max([-1, *numbers.values(), *channels]) + 1
    return numbers


def _speech(turns: Sequence[Turn]) -> tuple[Speech, ...]:
    order = list(ROLE_NAMES)
    parties = sorted({(order.index(turn.role), turn.channel if turn.channel is not None else -1) for turn in turns})
    found = []
    for role, channel in parties:
        voice = Timeline(
            (turn.start or 0.0, turn.end or 0.0)
            for turn in turns
            if turn.role == order[role] and (turn.channel if turn.channel is not None else -1) == channel
        )
        if voice:
            found.append(Speech(order[role], tuple(voice.pairs()), channel if channel >= 0 else None))
    return tuple(found)
