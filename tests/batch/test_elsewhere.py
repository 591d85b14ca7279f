"""A run over recordings in a bucket, or into a server: the results of a folder and a file; only what changed is heard again."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import fsspec
import pytest
from bucket import bucket
from judging import sheet
from postgres import Server
from recorded import AT_ONCE, a_kit, write_wav

from qa.batch.night import Order, carry_out, summary_of
from qa.batch.run import Summary
from qa.batch.watch import Silent
from qa.report.export import export_calls
from qa.store.store import Store


@pytest.fixture
def recordings(tmp_path: Path) -> Iterator[Path]:
    memory = fsspec.filesystem("memory")
    memory.store.clear()
    (tmp_path / "calls").mkdir()
    for number in range(6):
        path = tmp_path / "calls" / f"c{number}.wav"
        write_wav(path, number)
        memory.put_file(str(path), f"/calls/{path.name}")
    yield tmp_path / "calls"
    memory.store.clear()


def run(source: str, folder: Path, store: str | None = None) -> Summary:
    sheet(folder, "points: 5, require: {say: 您好}")
    kit = partial(a_kit, decoding=False)
    order = Order(sources=(source,), store=store or str(folder / "store"), settings=AT_ONCE, rubrics=(folder / "small.yaml",), kit=kit)
    return summary_of(carry_out(order, Silent()))


def exported(folder: Path, location: str | None = None) -> str:
    with Store.open(location or folder / "store") as store:
        export_calls(store, "jsonl", folder / "calls.jsonl")
    return (folder / "calls.jsonl").read_text(encoding="utf-8")


def test_a_bucket_gives_what_a_folder_gives(recordings: Path, tmp_path: Path) -> None:
    for name, source in (("here", str(recordings)), ("there", "memory://calls")):
        (tmp_path / name).mkdir()
        summary = run(source, tmp_path / name)
        assert (summary.heard, summary.quarantined, summary.waiting) == (6, 0, 0)
    assert exported(tmp_path / "here") == exported(tmp_path / "there")
    with Store.open(tmp_path / "there" / "store") as store:
        assert {call.recording.path for call in store.calls()} == {f"memory://calls/c{number}.wav" for number in range(6)}


def test_only_what_changed_is_heard_again(recordings: Path, tmp_path: Path) -> None:
    run("memory://calls", tmp_path)
    again = run("memory://calls", tmp_path)
    assert (again.heard, again.up_to_date) == (0, 6)
    write_wav(recordings / "c0.wav", 77)
    fsspec.filesystem("memory").put_file(str(recordings / "c0.wav"), "/calls/c0.wav")
    fsspec.filesystem("memory").pipe("/calls/new.wav", b"not a recording")
    changed = run("memory://calls", tmp_path)
    assert (changed.heard, changed.up_to_date) == (2, 5)


@pytest.mark.slow
def test_a_server_keeps_what_a_file_keeps(recordings: Path, tmp_path: Path, postgres: Server) -> None:
    url = postgres.database()
    for store in (None, url):
        assert run(str(recordings), tmp_path, store).heard == 6
    assert exported(tmp_path) == exported(tmp_path, url)
    assert run(str(recordings), tmp_path, url).up_to_date == 6


def test_s3_by_its_own_client_gives_what_a_folder_gives(recordings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole of it over HTTP: listing, reading, and looking whether anything changed."""
    pytest.importorskip("s3fs", reason="s3fs is installed by whoever has recordings there")
    for name, value in (("AWS_ACCESS_KEY_ID", "k"), ("AWS_SECRET_ACCESS_KEY", "s"), ("AWS_DEFAULT_REGION", "us-east-1")):
        monkeypatch.setenv(name, value)
    with bucket(recordings.parent) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        for name, source in (("here", str(recordings)), ("there", "s3://calls/calls")):
            (tmp_path / name).mkdir()
            summary = run(source, tmp_path / name)
            assert (summary.heard, summary.quarantined, summary.waiting) == (6, 0, 0)
        assert exported(tmp_path / "here") == exported(tmp_path / "there")
        again = run("s3://calls/calls", tmp_path / "there")
        assert (again.heard, again.up_to_date) == (0, 6)
