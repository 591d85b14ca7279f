"""Judging without hearing: stored calls under another rubric."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from qa.batch.plan import judging_key
from qa.config import Settings
from qa.pipeline import judge_call
from qa.scoring.comparison import Comparison, compare, same_result
from qa.scoring.rubric import load_rubric
from qa.store.store import Keys, Store


@dataclass(frozen=True, slots=True)
class Rejudged:
    """How many calls were judged, and how many of them have another score or outcome than before."""

    judged: int = 0
    changed: int = 0


def rejudge(store: Store, settings: Settings, rubric: Path) -> Rejudged:
    """Judge every stored call by ``rubric`` and keep the new verdicts; nothing is heard again."""
    sheet = load_rubric(rubric)
    judged = changed = 0
    # Only ids are held while the store is written: a long read beside many writes would keep the WAL growing.
    for call_id, kept in sorted(store.kept().items()):
        stored = store.call(call_id)
        if stored is None:
            continue
        call = judge_call(stored.recording, stored.heard, sheet, settings)
        key = judging_key(call.recording, kept.keys.hearing, settings, sheet.hash)
        store.save(call, Keys(kept.keys.hearing, key))
        judged += 1
        changed += not same_result(stored.verdict, call.verdict)
    return Rejudged(judged, changed)


def compare_rubric(store: Store, settings: Settings, rubric: Path) -> Comparison:
    """What :func:`rejudge` by ``rubric`` would change; nothing is heard, nothing is kept, one call at a time is in memory."""
    sheet = load_rubric(rubric)
    return compare(
        (call.recording, call.verdict, judge_call(call.recording, call.heard, sheet, settings).verdict) for call in store.calls()
    )
