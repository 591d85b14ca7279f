"""Masking a call: what stays, what goes, and when it is said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from support import a_call

from qa.calls import Dropped, Finding, Hit, Turn, Word
from qa.config import PrivacySettings, Settings
from qa.errors import ConfigError
from qa.privacy import hidden_kinds, hidden_times, masked_call, shown_ids
from qa.report.shown import Shown
from qa.store.store import Keys, Store
from qa.timeline import Timeline

PLAIN = PrivacySettings()


def test_a_quotation_is_masked_like_the_turn_it_is_from() -> None:
    call = a_call()
    text = "手机幺三八零零，零零一二三四"
    hit = Hit(role="customer", text=text[2:8], turn=0, span=(2, 8))
    finding = replace(call.verdict.findings[0], hits=(hit,), nearest=None, reason=f"听到“{text[2:]}”")
    call = replace(
        call,
        heard=replace(call.heard, turns=(Turn(role="customer", text=text),)),
        verdict=replace(call.verdict, findings=(finding,), complaint=replace(call.verdict.complaint, hits=(hit,))),
    )
    shown = masked_call(call, PLAIN)
    assert shown.heard.turns[0].text == "手机幺三八**，**一二三四"
    [found] = shown.verdict.findings
    assert isinstance(found, Finding)
    assert found.hits[0].text == shown.verdict.complaint.hits[0].text == "幺三八**，"
    assert found.reason == "听到“幺三八**，**一二三四”"
    assert found.hits[0].span == (2, 8)


def test_two_customers_who_look_alike_are_told_apart(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        for number, customer in enumerate(("13800001234", "13899991234", "13800001234")):
            call = a_call(f"c{number}")
            store.save(replace(call, recording=replace(call.recording, customer_id=customer)), Keys("h", "j"))
        shown = Shown.of(store, Settings())
        assert [call.recording.customer_id for call in shown.calls()] == ["138****1234", "138****1234~2", "138****1234"]
        assert Shown.of(shown, Settings()) is shown


def test_an_id_is_found_by_what_is_shown_of_it(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        for call_id in ("13800001234", "13899991234", "c1"):
            store.save(a_call(call_id), Keys("h", "j"))
        shown = Shown.of(store, Settings())
        assert shown.shown_id("13899991234") == "138****1234~2"
        assert shown.true_id("138****1234~2") == "13899991234"
        assert shown.expect("138****1234").recording.call_id == "138****1234"
        assert shown.call("c2") is None
    assert shown_ids(["c1"], PLAIN) == {}


def test_times_are_those_of_the_words_padded() -> None:
    said = (("手机", 1.0, 1.4), ("138", 1.4, 2.0), ("****", 2.0, 3.0), ("1234", 3.0, 4.0), ("谢谢", 4.5, 5.0))
    words = tuple(Word(text, start, end, 0.9) for text, start, end in said)
    turn = Turn(role="customer", text="手机138****1234谢谢", start=1.0, end=5.0, words=words)
    heard = replace(a_call().heard, turns=(turn,), dropped=())
    assert hidden_times(heard, PLAIN) == Timeline([(1.15, 4.25)])
    wordless = replace(heard, turns=(replace(turn, words=()),), dropped=(Dropped(7.0, 8.0, "1****", "loop"),))
    assert hidden_times(wordless, PrivacySettings(padding=0.5)) == Timeline([(0.5, 5.5), (6.5, 8.5)])
    timeless = replace(heard, turns=(replace(turn, words=(), start=None, end=None),))
    assert not hidden_times(timeless, PLAIN)


def test_a_kind_that_does_not_exist_is_named() -> None:
    with pytest.raises(ConfigError, match="plates"):
        hidden_kinds(PrivacySettings(leave=("plates",)))
    assert "plate" not in hidden_kinds(PrivacySettings(leave=("plate",)))
