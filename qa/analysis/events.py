"""Events in time: silence, overtalk, interruption and hold.

Each is defined on the parties' voices::

    agent      |-------------|            |------|
    customer              |-----|
    music                            |--|
    overtalk              |--|                         both at once
    silence                      |--|    |             nobody, and no music either

Music is a hold and not a silence: the customer knows that the line lives.
"""

from __future__ import annotations

from collections.abc import Iterator

from qa.calls import Event, Heard, Role, Seconds
from qa.config import AnalysisSettings
from qa.timeline import Interval, Timeline

#: The speaker who is cut off has been talking for at least this long; a start at the very same moment is a
#: collision, which is nobody's fault.
HEAD_START: Seconds = 0.4


def voice_of(heard: Heard, role: Role | None = None) -> Timeline:
    """When ``role`` spoke; everybody's voice with None.

    >>> from qa.calls import Roles, Speech
    >>> heard = Heard(duration=9.0, channels=2, turns=(), roles=Roles(method="manual", confidence=1.0),
    ...               speech=(Speech("agent", ((1.0, 2.0),)), Speech("customer", ((4.0, 5.0),))))
    >>> voice_of(heard, "agent"), voice_of(heard)
    (Timeline([(1.0, 2.0)]), Timeline([(1.0, 2.0), (4.0, 5.0)]))
    """
    return Timeline(pair for speech in heard.speech if role in (None, speech.role) for pair in speech.intervals)


def characters(text: str) -> int:
    """How many characters are spoken: Hanzi, letters and digits, no punctuation.

    >>> characters("您好，12315！")
    7
    """
    return sum(map(str.isalnum, text))


def events(heard: Heard, settings: AnalysisSettings) -> tuple[Event, ...]:
    """Every event of the call in order of time; none for a transcript without times.

    Overtalk and interruptions exist only where the parties were recorded apart (``heard.parted``).
    """
    if heard.duration is None or not heard.timed:
        return ()
    found = [*heard.sounds, *_holds(heard, settings), *_silences(heard, settings)]
    if heard.parted:
        found += [*_overtalk(heard, settings), *_interruptions(heard, settings)]
    return tuple(sorted(found, key=lambda event: (event.start, event.end, event.type)))


def _sounds(heard: Heard, *types: str) -> Timeline:
    return Timeline((event.start, event.end) for event in heard.sounds if event.type in types)


def _holds(heard: Heard, settings: AnalysisSettings) -> Iterator[Event]:
    # Hold music fades in and out and the VAD takes a bar of it for a voice: close what is less than 2 s apart.
    for stretch in _sounds(heard, "music").merge(2.0).longer_than(settings.hold):
        yield Event("hold", stretch.start, stretch.end, by="agent")


def _silences(heard: Heard, settings: AnalysisSettings) -> Iterator[Event]:
    assert heard.duration is not None
    audible = voice_of(heard) | _sounds(heard, "music", "tone").merge(2.0)
    for gap in audible.gaps(0.0, heard.duration).longer_than(settings.silence):
        yield Event("silence", gap.start, gap.end)


def _overtalk(heard: Heard, settings: AnalysisSettings) -> Iterator[Event]:
    both = voice_of(heard, "agent") & voice_of(heard, "customer")
    for stretch in both.longer_than(settings.overtalk):
        yield Event("overtalk", round(stretch.start, 2), round(stretch.end, 2))


def _interruptions(heard: Heard, settings: AnalysisSettings) -> Iterator[Event]:
    """Somebody starts to say something of substance while the other is in the middle of a turn."""
    others: dict[Role, Role] = {"agent": "customer", "customer": "agent"}
    voices = {role: voice_of(heard, role).merge(0.5) for role in others}
    for turn in heard.turns:
        if turn.role not in others or turn.start is None or turn.end is None:
            continue
        cut = _cut_off(turn.start, voices[others[turn.role]])
        shared = cut.overlap(turn.start, turn.end) if cut else 0.0
        if shared >= settings.interruption and characters(turn.text) >= settings.interruption_characters:
            yield Event("interruption", turn.start, round(turn.start + shared, 2), by=turn.role)


def _cut_off(start: Seconds, other: Timeline) -> Interval | None:
    """The other party's stretch of speech that somebody begins to talk into at ``start``."""
    return next((held for held in other if held.start + HEAD_START <= start < held.end), None)
