"""What is taken out is gone to the last byte, on record, and not made again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from support import a_call

from qa.calls import Quarantined, Sentiment
from qa.store.removals import Removal, compact, note_audio, removals, remove_call, remove_transcript, removed_contents, without_words
from qa.store.store import FILENAME, REMOVED, Keys, Store

KEYS = Keys("h", "j")
NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


def test_a_call_is_taken_out_whole_and_on_record(location: str) -> None:
    with Store.open(location) as store:
        for name in ("c1", "c2"):
            store.save(a_call(name), KEYS)
            store.remember_agent(name, "ab", 1)
            store.remember_import(name, f"/文字/{name}.json")
        store.quarantine(Quarantined(call_id="bad", path="/录音/bad.wav", content_hash=None, message="空的"), "h")
        assert remove_call(store, "c1", action="erase", reason="客户要求", known_as="通话#1", now=NOW)
        assert remove_call(store, "bad", action="purge", reason="超过 180 天", now=NOW)
        assert not remove_call(store, "c1", action="erase", reason="再来一次")
        assert [call.recording.call_id for call in store.calls()] == ["c2"]
        assert (store.quarantined(), store.named_agent("c1", "ab"), store.import_sources()) == ([], None, {"c2": "/文字/c2.json"})
        everything = ("audio", "transcript", "result")
        assert removals(store) == [
            Removal(removed_at=NOW, action="erase", call_id="通话#1", content_hash="ab", parts=everything, reason="客户要求"),
            Removal(removed_at=NOW, action="purge", call_id="bad", content_hash=None, parts=everything, reason="超过 180 天"),
        ]
        assert removed_contents(store) == {"ab"}


def test_the_words_of_a_call_go_and_its_results_stay(location: str) -> None:
    with Store.open(location) as store:
        store.save(a_call(), KEYS)
        assert remove_transcript(store, "c1", action="purge", reason="超过 90 天", now=NOW)
        assert not remove_transcript(store, "c1", action="purge", reason="再来一次")
        assert not remove_transcript(store, "c2", action="purge", reason="没有这通")
        left = store.expect("c1")
        assert left == without_words(a_call())
        assert (left.heard.turns, left.heard.dropped, left.verdict.findings[0].hits[0].text) == ((), (), "")
        assert (left.verdict.score, left.analysis, left.heard.speech) == (a_call().verdict.score, a_call().analysis, a_call().heard.speech)
        assert store.kept()["c1"].keys == Keys(REMOVED, "j")
        assert (removed_contents(store), removed_contents(store, "transcript")) == (frozenset(), {"ab"})


def test_a_reason_that_quotes_goes_and_one_that_measures_stays() -> None:
    call = a_call()
    finding = call.verdict.findings[0]
    turn = replace(call.heard.turns[0], text="我的手机号是一三八")
    told = tuple(replace(finding, reason=reason) for reason in ("客户报了“手机号是一三八”", "静音 1 次，最长 12 秒", "手机"))
    sentiment = Sentiment(customer=-0.5, by_quarter=(None,) * 4, trend="steady", worst=0, calmed=False)
    call = replace(
        call,
        heard=replace(call.heard, turns=(turn,)),
        verdict=replace(call.verdict, findings=told),
        analysis=replace(call.analysis, sentiment=sentiment),
    )
    silent = without_words(call)
    assert [one.reason for one in silent.verdict.findings] == [None, "静音 1 次，最长 12 秒", "手机"]
    assert silent.analysis.sentiment == replace(sentiment, worst=None)


def test_copies_of_recordings_are_on_record(location: str) -> None:
    with Store.open(location) as store:
        note_audio(store, [("c1", "aa"), ("c2", "bb")], action="purge", reason="超过 30 天", now=NOW)
        assert removed_contents(store, "audio") == {"aa", "bb"}
        assert compact(store) is None


def test_nothing_of_what_was_said_is_left_in_the_file(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.save(a_call(), KEYS)
        store.save(a_call("c2"), KEYS)
        assert "请不吝点赞".encode() in b"".join(path.read_bytes() for path in tmp_path.iterdir())
        remove_call(store, "c1", action="erase", reason="客户要求")
        remove_transcript(store, "c2", action="purge", reason="到期")
        assert compact(store) is None
        left = b"".join(path.read_bytes() for path in tmp_path.iterdir())
        assert "请不吝点赞".encode() not in left
        assert "/录音/c1.wav".encode() not in left
    assert (tmp_path / FILENAME).exists()
