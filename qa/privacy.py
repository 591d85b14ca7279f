"""A call as it may be shown: what points to a person is hidden in every text of it, in one place for all ways to show it.

Rules and models see the original; masking comes after judging. Texts keep their length, so that spans and times stay
right: a hit on characters 4 to 9 of a turn is the same hit in the masked turn.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache

import qa
from qa.calls import Call, Finding, Heard, Hit, Quarantined, Recording, Turn, Verdict
from qa.config import PrivacySettings
from qa.errors import ConfigError
from qa.text.dictation import SOUNDS_LIKE
from qa.text.identifiers import KINDS, Identifier, Kind
from qa.text.mask import STAR, identifiers, mask, masked
from qa.timeline import Seconds, Timeline

_MASKING = "masking"
#: What is around the stars of a number and belongs to it: digits in any writing and misheard, and pauses between them.
_DIGIT = "0-9０-９零〇一二三四五六七八九幺两xX" + "".join(sorted(SOUNDS_LIKE))
_AROUND_STARS = re.compile(
    rf"[{_DIGIT}十百千ａ-ｚA-Za-z点艾特@]*[，,、 \-]?(?:{re.escape(STAR)}+[，,、。\s\-嗯呃啊]*(?:然后)?)+[{_DIGIT}叉]*"
)


def hidden_kinds(settings: PrivacySettings) -> frozenset[Kind]:
    """The kinds of identifiers that the settings want hidden.

    >>> "phone" in hidden_kinds(PrivacySettings()), "order_number" in hidden_kinds(PrivacySettings())
    (True, False)

    Raises:
        ConfigError: ``privacy.leave`` names a kind that does not exist.
    """
    return _hidden_kinds(settings.leave, settings.order_numbers)


@cache
def _hidden_kinds(leave: tuple[str, ...], order_numbers: bool) -> frozenset[Kind]:
    if unknown := sorted(set(leave) - set(KINDS)):
        raise ConfigError("privacy.leave 里有不认识的种类", why="、".join(unknown), next_step=f"可写：{'、'.join(KINDS)}")
    left = set(leave) | (set() if order_numbers else {"order_number"})
    return frozenset(kind for kind in KINDS if kind not in left)


def masked_text(text: str, settings: PrivacySettings) -> str:
    """A text by itself as it may be shown: an id, a file's name, a message.

    >>> masked_text("/录音/8001_13800001000_20260102.wav", PrivacySettings())
    '/录音/8001_138****1000_20260102.wav'
    """
    return masked(text, hidden_kinds(settings)) if text else text


def found_in(heard: Heard, settings: PrivacySettings) -> list[Identifier]:
    """What points to a person in the turns of a call."""
    return identifiers([turn.text for turn in heard.turns], [(turn.channel, turn.role) for turn in heard.turns], hidden_kinds(settings))


def masked_call(call: Call, settings: PrivacySettings, *, call_id: str | None = None, metadata: bool = True) -> Call:
    """The call as it may be shown: turns, words, text that was not believed, evidence, reasons and metadata masked.

    ``call_id`` is the id to show it under. Without ``metadata`` the recording stays as it is, for a store that keeps
    masked texts under ids that can still be asked for. ``recording.path`` stays: the sound is found by it, and it is
    never shown.
    """
    kinds = hidden_kinds(settings)
    found = found_in(call.heard, settings)
    texts = Hidden(call.heard.turns, found, kinds)
    if found or _free_text(call):
        call = replace(
            call,
            heard=replace(
                call.heard,
                turns=tuple(texts.turn(index) for index in range(len(call.heard.turns))),
                dropped=tuple(replace(dropped, text=masked(dropped.text, kinds)) for dropped in call.heard.dropped),
                roles=replace(call.heard.roles, evidence=texts.hits(call.heard.roles.evidence)),
            ),
            verdict=_verdict(call.verdict, texts),
        )
    if metadata:
        call = replace(call, recording=_recording(call.recording, kinds, call_id))
    return call


def kept_call(call: Call, settings: PrivacySettings) -> Call:
    """The call as the store is to keep it (``privacy.store``).

    What was heard says how it was masked (``models["masking"]``), so that judging it again need not look through it again.
    """
    if settings.store != "masked":
        return call
    kinds = hidden_kinds(settings)
    mark = f"{qa.__version__}@{hashlib.sha256(' '.join(sorted(kinds)).encode()).hexdigest()[:8]}"
    if call.heard.models.get(_MASKING) == mark:
        return replace(call, verdict=_verdict(call.verdict, Hidden(call.heard.turns, (), kinds))) if _free_text(call) else call
    call = masked_call(call, settings, metadata=False)
    return replace(call, heard=replace(call.heard, models={**call.heard.models, _MASKING: mark}))


def masked_quarantine(held: Quarantined, settings: PrivacySettings, call_id: str | None = None) -> Quarantined:
    """The refusal of a recording as it may be shown: numbers in its file's name and message masked."""
    return replace(
        held,
        call_id=call_id or masked_text(held.call_id, settings),
        path=masked_text(held.path, settings),
        message=masked_text(held.message, settings),
    )


def shown_ids(call_ids: Sequence[str], settings: PrivacySettings) -> dict[str, str]:
    """For each id that holds a number or a name, the masked one to show; two that would look alike are numbered.

    >>> shown_ids(["8001_13800001000_1", "8001_13899991000_1", "c1"], PrivacySettings())
    {'8001_13800001000_1': '8001_138****1000_1', '8001_13899991000_1': '8001_138****1000_1~2'}
    """
    shown: dict[str, str] = {}
    taken = set(call_ids)
    for call_id in sorted(call_ids):
        if (hidden := masked_text(call_id, settings)) == call_id:
            continue
        name, number = hidden, 1
        while name in taken:
            number += 1
            name = f"{hidden}~{number}"
        taken.add(name)
        shown[call_id] = name
    return shown


def hidden_times(heard: Heard, settings: PrivacySettings) -> Timeline:
    """When something is said that the masked texts of ``heard`` hide: the stars with the rest of their number, padded.

    A turn without times of its words is hidden whole.
    """
    spans: list[tuple[Seconds, Seconds]] = [(one.start, one.end) for one in heard.dropped if STAR in one.text]
    for turn in heard.turns:
        if STAR not in turn.text or turn.start is None or turn.end is None:
            continue
        for found in _AROUND_STARS.finditer(turn.text):
            start, end = turn.moment(*found.span()) if turn.words else (turn.start, turn.end)
            spans.append((turn.start if start is None else start, turn.end if end is None else end))
    return Timeline((max(0.0, round(start - settings.padding, 2)), round(end + settings.padding, 2)) for start, end in spans)


class Hidden:
    """The turns of a call with what is hidden in them, and how other texts of the call that quote them are to be shown."""

    @classmethod
    def of(cls, heard: Heard, settings: PrivacySettings) -> Hidden:
        """What the settings hide of a call."""
        return cls(heard.turns, found_in(heard, settings), hidden_kinds(settings))

    def __init__(self, turns: Sequence[Turn], found: Sequence[Identifier], kinds: frozenset[Kind]) -> None:
        self._turns, self._kinds = turns, kinds
        by_turn: dict[int, list[Identifier]] = {}
        for one in found:
            by_turn.setdefault(one.turn, []).append(one)
        self._masked = {turn: mask(turns[turn].text, own) for turn, own in by_turn.items()}
        quoted = {
            turns[one.turn].text[one.begin : one.end]: self._masked[one.turn][one.begin : one.end]
            for one in found
            if one.end - one.begin > 1
        }
        self._quoted = sorted(quoted.items(), key=lambda pair: (-len(pair[0]), pair[0]))

    def turn(self, index: int) -> Turn:
        turn = self._turns[index]
        text = self._masked.get(index, turn.text)
        if text == turn.text:
            return turn
        words, position = [], 0
        for word in turn.words:
            words.append(replace(word, text=text[position : position + len(word.text)]))
            position += len(word.text)
        return replace(turn, text=text, words=tuple(words))

    def hits(self, hits: Sequence[Hit]) -> tuple[Hit, ...]:
        return tuple(map(self.hit, hits))

    def hit(self, hit: Hit) -> Hit:
        """The hit with its words as they are shown: cut from the masked turn where it is the turn's own words."""
        if hit.turn is not None and hit.span is not None:
            begin, end = hit.span
            if self._turns[hit.turn].text[begin:end] == hit.text:
                if (shown := self._masked.get(hit.turn)) is None:
                    return hit
                return hit if shown[begin:end] == hit.text else replace(hit, text=shown[begin:end])
        text = self.free(hit.text) or ""
        return hit if text == hit.text else replace(hit, text=text)

    def free(self, text: str | None) -> str | None:
        """A text that may quote the call: what the call hides is hidden in it too."""
        if not text:
            return text
        for original, hidden in self._quoted:
            text = text.replace(original, hidden)
        return masked(text, self._kinds)


def _free_text(call: Call) -> bool:
    """Whether the call has text beside its turns that could hold something by itself."""
    hits = [hit for finding in call.verdict.findings for hit in (*finding.hits, *filter(None, [finding.nearest]))]
    return (
        bool(call.heard.dropped)
        or any(finding.reason for finding in call.verdict.findings)
        or any(hit.span is None for hit in (*hits, *call.verdict.complaint.hits, *call.heard.roles.evidence))
    )


def _verdict(verdict: Verdict, texts: Hidden) -> Verdict:
    return replace(
        verdict,
        findings=tuple(_finding(finding, texts) for finding in verdict.findings),
        complaint=replace(verdict.complaint, hits=texts.hits(verdict.complaint.hits)),
    )


def _finding(finding: Finding, texts: Hidden) -> Finding:
    shown = (texts.hits(finding.hits), texts.hit(finding.nearest) if finding.nearest else None, texts.free(finding.reason))
    if shown == (finding.hits, finding.nearest, finding.reason):
        return finding
    return replace(finding, hits=shown[0], nearest=shown[1], reason=shown[2])


def _recording(recording: Recording, kinds: frozenset[Kind], call_id: str | None) -> Recording:
    extra: Mapping[str, str] = {name: masked(value, kinds) for name, value in recording.extra.items()}
    return replace(
        recording,
        call_id=call_id or masked(recording.call_id, kinds),
        customer_id=masked(recording.customer_id, kinds) if recording.customer_id else recording.customer_id,
        extra=extra,
    )
