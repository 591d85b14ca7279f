"""The data model: what the parts of the program hand to one another.

A call grows in steps, each an immutable value built from the ones before::

    Recording ──hear──> Heard ──feel──> SentimentTrack ──measure──> Analysis ──judge──> Verdict          Call = all together

Times are seconds from the start of the recording, rounded to 10 ms where they are made, so that the same call
gives the same bytes. A transcript that was imported without times has ``None`` for them; whatever needs a time
is then "not applicable", never guessed. This module imports nothing of ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Seconds = float
Role = Literal["agent", "customer", "unknown"]
Outcome = Literal["met", "missed", "unsure", "na"]
Side = Literal["procedure", "personal"]
EventType = Literal["silence", "overtalk", "interruption", "hold", "music", "tone"]
DropReason = Literal["watermark", "loop", "prompt_echo", "no_speech"]
RoleMethod = Literal["channel", "script", "voice", "manual"]
Trend = Literal["improving", "steady", "worsening"]

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One call as it came in: where its sound lies and what is known about it.

    ``path`` is None for an imported transcript. ``content_hash`` is the SHA-256 of the file's bytes (or of the
    transcript line): with the settings it decides whether the call must be heard again. ``agent_channel`` is
    counted from 0. ``extra`` holds every further metadata column by name, for rubrics to ask about.

    >>> Recording(call_id="c1", content_hash="00").agent_id
    'unknown'
    """

    call_id: str
    content_hash: str
    path: str | None = None
    agent_id: str = UNKNOWN
    agent_name: str | None = None
    team: str | None = None
    team_leader: str | None = None
    hired_on: str | None = None  # ISO date
    started_at: datetime | None = None  # always with a UTC offset
    direction: str | None = None  # inbound | outbound
    customer_id: str | None = None
    agent_channel: int | None = None
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Word:
    """A word as heard; its text keeps the punctuation that follows it. ``confidence`` is 0..1."""

    text: str
    start: Seconds
    end: Seconds
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One party's uninterrupted utterance, its bounds taken from voice activity.

    The words' texts joined give ``text``; imported turns have no words.

    >>> words = (Word("您好，", 1.0, 1.6, 0.9), Word("请讲", 1.6, 2.0, 0.7))
    >>> turn = Turn(role="agent", start=1.0, end=2.0, text="您好，请讲", words=words)
    >>> turn.moment(3, 5), turn.certainty(3, 5)
    ((1.6, 2.0), 0.7)
    """

    role: Role
    text: str
    start: Seconds | None = None
    end: Seconds | None = None
    confidence: float | None = None
    words: tuple[Word, ...] = ()
    channel: int | None = None
    loudness: float | None = None  # dB below full scale (RMS of the turn's own speech); None for imported turns

    def words_in(self, begin: int, end: int) -> tuple[Word, ...]:
        """The words that share at least one character with ``text[begin:end]``."""
        found, position = [], 0
        for word in self.words:
            if position >= end:
                break
            position += len(word.text)
            if position > begin:
                found.append(word)
        return tuple(found)

    def moment(self, begin: int, end: int) -> tuple[Seconds | None, Seconds | None]:
        """When ``text[begin:end]`` was said: from the words, else by the share of the turn's characters."""
        if words := self.words_in(begin, end):
            return words[0].start, words[-1].end
        if self.start is None or self.end is None or not self.text:
            return self.start, self.end
        per_character = (self.end - self.start) / len(self.text)
        return round(self.start + begin * per_character, 2), round(self.start + end * per_character, 2)

    def certainty(self, begin: int, end: int) -> float | None:
        """The lowest confidence among the words of ``text[begin:end]``; the turn's own when it has no words."""
        words = self.words_in(begin, end)
        return min((word.confidence for word in words), default=self.confidence)


@dataclass(frozen=True, slots=True)
class Dropped:
    """Text that the recogniser gave and that was not believed, with the reason."""

    start: Seconds
    end: Seconds
    text: str
    reason: DropReason
    role: Role = "unknown"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in time; ``by`` names who did it where that can be said."""

    type: EventType
    start: Seconds
    end: Seconds
    by: Role | None = None

    @property
    def duration(self) -> Seconds:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Speech:
    """When one party's voice was heard: intervals in order, not overlapping one another."""

    role: Role
    intervals: tuple[tuple[Seconds, Seconds], ...]
    channel: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A place in the call that a verdict rests on.

    ``turn`` is the index into ``Heard.turns`` and ``span`` the characters of that turn's text; both are None for
    evidence in time alone (a silence). ``closeness`` is 1.0 for the very characters of ``phrase``, less for a
    match by sound. ``category`` groups hits where a rule has kinds (a complaint about 费用争议).
    """

    role: Role
    text: str
    start: Seconds | None = None
    end: Seconds | None = None
    phrase: str | None = None
    closeness: float = 1.0
    turn: int | None = None
    span: tuple[int, int] | None = None
    category: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """How it was decided who is the agent, how sure that is (0..1), and the lines that say so."""

    method: RoleMethod
    confidence: float
    agent_channel: int | None = None
    evidence: tuple[Hit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What hearing gives: the turns in order of start, and everything time is measured from.

    ``channels`` is the number of channels of the file (0 for a transcript). ``parted`` says that the parties were
    recorded on channels of their own, so that speaking at once can be measured; mono and dual-mono files are not.
    ``sounds`` are non-speech events found in the audio (music, tones).
    """

    duration: Seconds | None
    channels: int
    turns: tuple[Turn, ...]
    roles: Roles
    speech: tuple[Speech, ...] = ()
    sounds: tuple[Event, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    parted: bool = False
    codec: str | None = None
    sample_rate: int | None = None
    models: Mapping[str, str] = field(default_factory=dict)

    @property
    def timed(self) -> bool:
        """Whether every turn has its time; without, rules about time are not applicable."""
        return self.duration is not None and None not in [turn.start for turn in self.turns]


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnSentiment:
    """What the sentiment model reads in one turn, with the turns around it in mind.

    ``sentiment`` is -1 (angry, hurt) to 1 (pleased); ``complaint`` and ``threat`` are probabilities 0..1. ``kind`` is
    what the complaint is about (服务态度, 处理时效, 产品质量, 费用争议, 欺骗误导, 推诿扯皮, 其他) and ``threat_kind`` where
    the customer threatens to go (监管, 媒体, 法律, 流失); both are None where there is none. ``evidence`` holds the words that
    moved the probability most, as (begin, end, weight) in characters of the turn's text; a negative weight moved it down.
    """

    turn: int
    sentiment: float
    complaint: float = 0.0
    kind: str | None = None
    threat: float = 0.0
    threat_kind: str | None = None
    evidence: tuple[tuple[int, int, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SentimentTrack:
    """The model's reading of every turn that may be the customer's, in order.

    ``key`` names what was read and by which model: equal keys mean that reading again would give the same.
    """

    key: str
    model: str
    turns: tuple[TurnSentiment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentiment:
    """How the customer felt over the call, each value -1..1.

    ``by_quarter`` has four values by time (by turns where there are no times), None where the customer said nothing.
    ``worst`` is the index of the turn with the lowest sentiment, ``calmed`` whether the customer was better after the agent's
    words that followed it; None where nothing was bad, or nothing followed.
    """

    customer: float
    by_quarter: tuple[float | None, ...]
    trend: Trend
    worst: int | None = None
    calmed: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """Events and metrics of time, measured from voice activity; a metric that cannot be measured is None.

    ``sentiment`` is None where no model has read the call, or the customer said nothing.
    """

    events: tuple[Event, ...] = ()
    metrics: Mapping[str, float | None] = field(default_factory=dict)
    sentiment: Sentiment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """The window in which something was looked for: what an absence is pinned to."""

    role: Role | None = None  # None: either party
    start: Seconds | None = None
    end: Seconds | None = None
    turns: int = 0  # how many turns lay in it


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The verdict on one criterion, with its reasons as data; reports render it and never recompute it.

    ``points`` were earned of ``max_points``; both are 0 where nothing counts (``na``, ``unsure``, fatal items
    without points), and a bonus has points of none. ``severity`` is the rubric's: 轻度, 中度, 重度. ``reason`` says
    in Chinese what the hits cannot (why it is ``na``, how far the limit was passed); ``nearest`` is the closest
    thing to a hit when there was none. ``side`` is the side of service that the rubric counts the item to, ``handling``
    whether the item tells how a complaint was handled.
    """

    criterion: str
    name: str
    section: str
    outcome: Outcome
    points: float
    max_points: float
    fatal: bool = False
    hits: tuple[Hit, ...] = ()
    searched: Searched | None = None
    nearest: Hit | None = None
    reason: str | None = None
    severity: str | None = None
    side: Side | None = None
    handling: bool = False

    @property
    def lost(self) -> float:
        """Points that could have been earned and were not."""
        return round(max(0.0, self.max_points - self.points), 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Points earned of the points that could be earned, and the same scaled to 100.

    ``fatal`` names the fatal items that fired; with any, ``scaled`` is 0 and the call has not passed.
    ``scaled`` is None when nothing could be measured. ``critical`` is the score of the items marked critical alone,
    of 100; None when there are none.
    """

    total: float
    possible: float
    scaled: float | None
    band: str | None
    passed: bool | None
    fatal: tuple[str, ...] = ()
    critical: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """Whether the customer complains, about what, and whether it threatens to go further, and where (监管, 媒体, 法律, 流失).

    ``intensity`` is how badly, 0..100, by which complaints are ordered; see :mod:`qa.scoring.severity`.
    """

    detected: bool
    probability: float
    threat: bool = False
    categories: tuple[str, ...] = ()
    hits: tuple[Hit, ...] = ()
    threats: tuple[str, ...] = ()
    intensity: float = 0.0


@dataclass(frozen=True, slots=True)
class RubricRef:
    """Which rubric, to the byte, made a score."""

    id: str
    version: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Everything judging gives."""

    findings: tuple[Finding, ...]
    score: Score
    complaint: Complaint
    rubric: RubricRef
    flags: tuple[str, ...] = ()  # complaint, threat, fatal, review, low_score, roles
    call_type: str | None = None  # 投诉, 故障申告, 业务办理, 咨询, 营销, 回访; None where it cannot be told


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One inspected call, whole."""

    recording: Recording
    heard: Heard
    analysis: Analysis
    verdict: Verdict
    track: SentimentTrack | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """A recording that could not be inspected, and why; the message is for a person, in Chinese."""

    call_id: str
    path: str
    content_hash: str | None
    message: str
