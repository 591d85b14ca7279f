"""Identifiers are planted in a call, and nothing that leaves the program holds them: files, terminal, log, sound."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import numpy as np
import pytest
from planted import CALL_ID, CUSTOMER, TURNS, leaks, planted, planted_store, run, texts_of
from rich.console import Console

from qa.config import PrivacySettings, Settings
from qa.intake.audio import decode
from qa.privacy import hidden_times, masked_call
from qa.store.store import Store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Read by all tests here; one of them puts a disclosure on record."""
    return planted_store(tmp_path_factory.mktemp("work"))


def test_the_plant_is_found_where_it_was_planted(store: Path) -> None:
    """The test can fail: the store itself holds everything."""
    text = "".join(text for _, text in texts_of(store / "tingjian.db"))
    wal = store / "tingjian.db-wal"
    text += wal.read_bytes().decode("utf-8", "ignore") if wal.exists() else ""
    assert {"13800001234", "欧阳震华", "文三路"} <= set(leaks(text))


def test_no_file_that_is_written_holds_an_identifier(store: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = run("report", "--store", str(store), "--out", str(out / "report"))
    said += run("report", "--store", str(store), "--call", CALL_ID, "--single-file", "--out", str(out / "evidence.html"))
    for form in ("jsonl", "csv", "parquet"):
        said += run("export", "calls", "--store", str(store), "--format", form, "--out", str(out / f"calls.{form}"))
        said += run("export", "complaints", "--store", str(store), "--format", form, "--out", str(out / f"complaints.{form}"))
    said += run("score", "--compare", "--store", str(store), "--out", str(out / "compared.html"))
    written = sorted(path for path in out.rglob("*") if path.is_file())
    assert {".html", ".xlsx", ".jsonl", ".csv", ".parquet", ".mp3", ".json", ".js"} <= {path.suffix for path in written}
    for path in written:
        for where, text in texts_of(path):
            assert leaks(text) == [], where
        assert CUSTOMER not in str(path)
    assert leaks(said) == []
    shown = (out / "report").rglob("*.html")
    assert any("138****1234" in page.read_text(encoding="utf-8") for page in shown)


def test_the_terminal_shows_none(store: Path) -> None:
    said = run("show", CALL_ID, "--store", str(store))
    assert "138****1234" in said
    said += run("show", "8001_138****1234_20261120093000", "--store", str(store))
    said += run("report", "--summary", "--store", str(store))
    said += run("roles", CALL_ID, "--store", str(store))
    for criterion in ("greeting", "closing", "forbidden_phrases"):
        said += run("rubric", "explain", criterion, CALL_ID, "--store", str(store))
    said += run("show", "8001_13800001234_2026", "--store", str(store), status=2)
    assert leaks(said) == []


def test_the_log_holds_none(tmp_path: Path) -> None:
    from qa.batch.run import Summary
    from qa.batch.watch import JsonLog, Together
    from qa.calls import Quarantined

    stream = io.StringIO()
    log = Together([JsonLog(stream)], PrivacySettings())
    path = f"/录音/{CALL_ID}.wav"
    log.finished(Quarantined(call_id=CALL_ID, path=path, content_hash=None, message=f"读不了 {path}"), Summary())
    log.finished(planted(tmp_path, Settings()), Summary())
    log.note(f"还在写入 {path}")
    assert leaks(stream.getvalue()) == []
    assert stream.getvalue().count("138****1234") == 5


def test_the_sound_of_a_report_is_covered_where_an_identifier_is_said(store: Path, tmp_path: Path) -> None:
    before = (store.parent / f"{CALL_ID}.wav").read_bytes()
    run("report", "--store", str(store), "--out", str(tmp_path / "report"))
    run("report", "--store", str(store), "--call", CALL_ID, "--single-file", "--out", str(tmp_path / "one.html"))
    [copy] = (tmp_path / "report" / "audio").glob("*.mp3")
    packed = re.search(r"data:audio/mpeg;base64,([A-Za-z0-9+/=]+)", (tmp_path / "one.html").read_text(encoding="utf-8"))
    assert packed is not None
    assert base64.b64decode(packed[1]) == copy.read_bytes()
    with Store.open(store) as opened:
        call = opened.expect(CALL_ID)
    parts = ("13800001234", "11019919900307013", "文三路九十号")
    spoken = [(turn, text.find(part), part) for turn, (_, text) in enumerate(TURNS) for part in parts if part in text]
    assert len(spoken) == 3
    with decode(copy) as audio:

        def at(seconds: float) -> float:
            """How much of the sound around a moment is the recording's own tone of 200 Hz."""
            window = audio.window(0, seconds - 0.04, seconds + 0.04)
            spectrum = np.abs(np.fft.rfft(window * np.hanning(len(window))))
            hertz = np.fft.rfftfreq(len(window), 1 / 16_000)
            return float(spectrum[(hertz > 150) & (hertz < 250)].sum() / spectrum.sum())

        for turn, begin, part in spoken:
            start, end = call.heard.turns[turn].moment(begin, begin + len(part))
            assert start is not None
            assert end is not None
            for moment in np.linspace(start, end, 5):
                assert at(float(moment)) < 0.2, (part, moment)
        assert at(0.2) > 0.6  # 您好
        assert at(2.0 * len(TURNS) - 1.0) > 0.6
    assert (store.parent / f"{CALL_ID}.wav").read_bytes() == before


def test_unmasked_must_be_allowed_and_is_on_record(store: Path, tmp_path: Path) -> None:
    refused = run("show", CALL_ID, "--store", str(store), "--unmasked", status=2)
    assert "allow_unmasked" in refused
    settings = tmp_path / "qa.toml"
    settings.write_text("[privacy]\nallow_unmasked = true\n", encoding="utf-8")
    said = run("show", CALL_ID, "--store", str(store), "--unmasked", "--config", str(settings))
    assert "13800001234" in said
    assert "欧阳震华" in said
    with Store.open(store) as opened:
        [(when, who, what)] = opened.disclosures()
    assert when.startswith("20")
    assert who
    assert what == f"show {CALL_ID}"


def test_a_store_may_keep_masked_texts_alone(tmp_path: Path) -> None:
    """Rules see what was said; the store does not keep it."""
    original = planted(tmp_path, Settings())
    kept = planted(tmp_path, Settings(privacy=PrivacySettings(store="masked")))
    assert [f.outcome for f in kept.verdict.findings] == [f.outcome for f in original.verdict.findings]
    assert kept.verdict.score == original.verdict.score
    assert kept.recording == original.recording
    place = planted_store(tmp_path / "masked", Settings(privacy=PrivacySettings(store="masked")))
    with Store.open(place) as opened:
        call = opened.expect(CALL_ID)
    words = [word.text for turn in call.heard.turns for word in turn.words]
    said = "\n".join([*(turn.text for turn in call.heard.turns), "".join(words), *(one.text for one in call.heard.dropped)])
    assert leaks(said + "".join(hit.text for finding in call.verdict.findings for hit in finding.hits)) == []
    for turn in call.heard.turns:
        assert "".join(word.text for word in turn.words) == turn.text
    assert hidden_times(call.heard, PrivacySettings())
    again = masked_call(call, PrivacySettings())
    assert [turn.text for turn in again.heard.turns] == [turn.text for turn in call.heard.turns]


def test_what_has_nothing_to_hide_is_the_same_object() -> None:
    from support import a_call

    call = a_call()
    shown = masked_call(call, PrivacySettings())
    assert shown == call


def test_the_terminal_takes_a_console_of_any_kind(store: Path) -> None:
    from qa.report.shown import Shown
    from qa.report.terminal import show_call

    console = Console(file=io.StringIO(), width=200)
    with Store.open(store) as opened:
        show_call(Shown.of(opened, Settings()).expect(CALL_ID), console)
    assert leaks(console.file.getvalue()) == []  # type: ignore[attr-defined]
