"""Judging without hearing: stored calls under other rubrics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from qa.batch.plan import judging_key
from qa.calls import Call, Verdict
from qa.config import Settings
from qa.pipeline import judge_call
from qa.privacy import masked_call, shown_ids
from qa.scoring.choice import Rubrics, choose
from qa.scoring.comparison import Comparison, compare, same_result
from qa.scoring.rubric import Rubric
from qa.sentiment.tracks import Tracks
from qa.store.again import Judged, Words, groups, keep_verdicts, words_of
from qa.store.store import REMOVED, Store


@dataclass(frozen=True, slots=True)
class Rejudged:
    """How many calls were judged, how many of them have another score or outcome than before, and for how many no rubric is meant,
    or whose words were removed.
    """

    judged: int = 0
    changed: int = 0
    left: int = 0


def rejudge(store: Store, settings: Settings, rubrics: Sequence[Path]) -> Rejudged:
    """Judge every stored call by the rubric that is meant for it and keep the new verdicts; nothing is heard again.

    A call that none of them is meant for keeps the verdict it has. The sentiment model reads only calls that it has
    not read before.

    Raises:
        ModelError, RubricError, StoreError: what would fail for every call alike.
    """
    sheets, tracks = Rubrics.load(rubrics, settings.zone), Tracks.of(settings.sentiment)
    judged = changed = left = 0
    # Only ids are held while the store is written: a long read beside many writes would keep the WAL growing.
    for group in groups(sorted(store.kept())):
        kept = []
        for words in words_of(store, group):
            sheet = choose(sheets.sheets, words.recording, sheets.zone)
            if words.hearing_key == REMOVED or sheet is None:  # no word is left to judge, or nothing to judge it by
                left += 1
                continue
            kept.append(judge_again(words, sheet, settings, tracks))
            changed += not same_result(words.earlier, kept[-1].call.verdict)
        keep_verdicts(store, kept)
        judged += len(kept)
    return Rejudged(judged, changed, left)


def judge_again(words: Words, sheet: Rubric, settings: Settings, tracks: Tracks) -> Judged:
    """One stored call under another rubric."""
    call = judge_call(words.recording, words.heard, sheet, settings, tracks.track(words.heard, words.track))
    return Judged(words, call, judging_key(call.recording, words.hearing_key, settings, sheet.hash, tracks.fingerprint))


def compare_rubrics(store: Store, settings: Settings, rubrics: Sequence[Path]) -> Comparison:
    """What :func:`rejudge` would change, with words masked as reports show them; nothing is heard, nothing is kept, one call at a
    time is in memory.
    """
    sheets, tracks = Rubrics.load(rubrics, settings.zone), Tracks.of(settings.sentiment)
    wordless = {call_id for call_id, kept in store.kept().items() if kept.keys.hearing == REMOVED}
    shown = shown_ids(sorted(store.kept()), settings.privacy)
    return compare(
        (
            replace(call.recording, call_id=shown.get(call.recording.call_id, call.recording.call_id)),
            *_shown(call, judge_call(call.recording, call.heard, sheet, settings, tracks.track(call.heard, call.track)).verdict, settings),
        )
        for call in store.calls()
        if call.recording.call_id not in wordless and (sheet := choose(sheets.sheets, call.recording, sheets.zone)) is not None
    )


def _shown(call: Call, after: Verdict, settings: Settings) -> tuple[Verdict, Verdict]:
    """Both verdicts on a call; where they differ their words are masked, for those may be quoted."""
    if same_result(call.verdict, after):
        return call.verdict, after
    before, after = (masked_call(replace(call, verdict=one), settings.privacy).verdict for one in (call.verdict, after))
    return before, after
