"""Judging again reads the words and the earlier result, and writes the verdict alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select
from support import a_call

from qa.calls import Call, Heard, Quarantined
from qa.store.again import Judged, groups, keep_verdicts, words_of
from qa.store.store import Keys, Store, columns, dump, load
from qa.store.tables import CallRow

KEYS = Keys("h", "j")


def stored(store: Store, call_id: str) -> tuple[dict[str, object], str]:
    row = store.database.read(lambda session: session.execute(select(CallRow).where(CallRow.call_id == call_id)).scalar_one())
    return {name: getattr(row, name) for name in columns(a_call())}, row.judging_key


def another(call: Call) -> Call:
    """The same words with another result."""
    verdict = replace(call.verdict, score=replace(call.verdict.score, total=1.0, scaled=12.5, passed=False), flags=("review",))
    return replace(call, verdict=verdict, analysis=replace(call.analysis, metrics={"duration": 1.0}))


def test_words_come_in_the_order_asked_for_with_what_the_earlier_verdict_came_to(location: str) -> None:
    calls = {name: a_call(name) for name in ("c1", "c2", "c3")}
    with Store.open(location) as store:
        for call in calls.values():
            store.save(call, KEYS)
        found = words_of(store, ["c3", "none", "c1"])
    assert [(words.recording, words.heard, words.track, words.hearing_key) for words in found] == [
        (call.recording, call.heard, call.track, "h") for call in (calls["c3"], calls["c1"])
    ]
    verdict = calls["c1"].verdict
    assert found[1].earlier.score == verdict.score
    assert [(ruled.criterion, ruled.outcome) for ruled in found[1].earlier.findings] == [(f.criterion, f.outcome) for f in verdict.findings]


def test_a_row_is_the_same_as_if_the_call_had_been_saved_whole(location: str) -> None:
    with Store.open(location) as store:
        for name in ("c1", "c2"):
            store.save(a_call(name), KEYS)
        store.quarantine(Quarantined(call_id="c1", path="/录音/c1.wav", content_hash=None, message="空的"), "h")
        words = words_of(store, ["c1"])[0]
        judged = replace(another(a_call("c1")), recording=words.recording, heard=words.heard)
        keep_verdicts(store, [Judged(words, judged, "new")])
        assert stored(store, "c1") == (columns(judged), "new")
        assert stored(store, "c2") == (columns(a_call("c2")), "j")
        assert [held.call_id for held in store.quarantined()] == ["c1"]  # the recording is no better for it


def test_other_words_are_written_too(location: str) -> None:
    with Store.open(location) as store:
        store.save(a_call("c1"), KEYS)
        words = words_of(store, ["c1"])[0]
        masked = replace(words.heard, turns=tuple(replace(turn, text="＊" * len(turn.text), words=()) for turn in words.heard.turns))
        judged = replace(another(a_call("c1")), heard=masked)
        keep_verdicts(store, [Judged(words, judged, "new")])
        assert stored(store, "c1") == (columns(judged), "new")


def test_a_call_that_has_gone_meanwhile_stays_away_and_nothing_is_nothing(location: str) -> None:
    with Store.open(location) as store:
        assert words_of(store, []) == []
        keep_verdicts(store, [])
        store.save(a_call("c1"), KEYS)
        words = words_of(store, ["c1"])[0]
        store.save(a_call("c2"), KEYS, renamed_from="c1")
        keep_verdicts(store, [Judged(words, replace(another(a_call("c1")), recording=words.recording, heard=words.heard), "new")])
        assert list(store.kept()) == ["c2"]


def test_groups_leave_nobody_out() -> None:
    ids = [f"c{number}" for number in range(33)]
    assert [call_id for group in groups(ids) for call_id in group] == ids
    assert list(groups([])) == []


def test_what_is_kept_reads_back_to_the_same_bytes() -> None:
    call = a_call()
    for part in (call.recording, call.heard, call.analysis, call.verdict):
        assert load(type(part), dump(part)) == part
        assert dump(load(type(part), dump(part))) == dump(part)
    with pytest.raises(ValueError, match="channels"):
        load(Heard, '{"duration": 1.0}')
