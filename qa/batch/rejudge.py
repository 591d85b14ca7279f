"""Judging without hearing: stored calls under other rubrics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from qa.batch.plan import judging_key
from qa.config import Settings
from qa.pipeline import judge_call
from qa.privacy import shown_ids
from qa.scoring.choice import Rubrics, choose
from qa.scoring.comparison import Comparison, compare, same_result
from qa.sentiment.tracks import Tracks
from qa.store.store import REMOVED, Keys, Store


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
    sheets, tracks = Rubrics.load(rubrics), Tracks.of(settings.sentiment)
    judged = changed = left = 0
    # Only ids are held while the store is written: a long read beside many writes would keep the WAL growing.
    for call_id, kept in sorted(store.kept().items()):
        stored = store.call(call_id)
        if stored is None:
            continue
        if kept.keys.hearing == REMOVED:  # no word is left to judge
            left += 1
            continue
        sheet = choose(sheets.sheets, stored.recording)
        if sheet is None:
            left += 1
            continue
        call = judge_call(stored.recording, stored.heard, sheet, settings, tracks.track(stored.heard, stored.track))
        key = judging_key(call.recording, kept.keys.hearing, settings, sheet.hash, tracks.fingerprint)
        store.save(call, Keys(kept.keys.hearing, key))
        judged += 1
        changed += not same_result(stored.verdict, call.verdict)
    return Rejudged(judged, changed, left)


def compare_rubrics(store: Store, settings: Settings, rubrics: Sequence[Path]) -> Comparison:
    """What :func:`rejudge` would change; nothing is heard, nothing is kept, one call at a time is in memory."""
    sheets, tracks = Rubrics.load(rubrics).sheets, Tracks.of(settings.sentiment)
    wordless = {call_id for call_id, kept in store.kept().items() if kept.keys.hearing == REMOVED}
    shown = shown_ids(sorted(store.kept()), settings.privacy)
    return compare(
        (
            replace(call.recording, call_id=shown.get(call.recording.call_id, call.recording.call_id)),
            call.verdict,
            judge_call(call.recording, call.heard, sheet, settings, tracks.track(call.heard, call.track)).verdict,
        )
        for call in store.calls()
        if call.recording.call_id not in wordless and (sheet := choose(sheets, call.recording)) is not None
    )
