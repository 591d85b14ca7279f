"""What a command writes is its owner's alone, unless the settings say otherwise; figures for monitoring are for all."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from planted import planted_store, run
from support import QA

from qa.batch.metrics import write_whole


@pytest.fixture(autouse=True)
def _usual_mask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def open_to_others(folder: Path) -> list[str]:
    """What in a folder, and below it, others than the owner may touch."""
    return sorted(f"{path.relative_to(folder)} {mode(path):o}" for path in folder.rglob("*") if mode(path) & 0o077)


def everything(home: Path, store: Path, *more: str) -> None:
    """All commands that write, each into a place of its own under ``home``."""
    home.mkdir(mode=0o700)
    place = ("--store", str(store))
    run("report", *place, "--out", str(home / "report"), *more)
    run("report", *place, "--out", str(home / "sub" / "one.html"), "--call", "8001_138****1234_20261120093000", "--single-file", *more)
    for format in ("jsonl", "csv", "parquet"):
        run("export", "calls", *place, "--format", format, "--out", str(home / f"calls.{format}"), *more)
    run("backup", *place, "--out", str(home / "copy.db"))


def test_reports_exports_and_backups_are_the_owners_alone(tmp_path: Path) -> None:
    store = planted_store(tmp_path / "made")
    everything(tmp_path / "out", store)
    kinds = {path.suffix for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert {".html", ".xlsx", ".mp3", ".json", ".jsonl", ".csv", ".parquet", ".db"} <= kinds
    assert open_to_others(tmp_path / "out") == []
    assert mode(store) == 0o700
    assert os.umask(0o022) == 0o022  # the caller's own is as it was


def test_a_shared_place_is_as_the_system_has_it(tmp_path: Path) -> None:
    (tmp_path / "qa.toml").write_text("[privacy]\nshared = true\n", encoding="utf-8")
    store = planted_store(tmp_path / "made")
    everything(tmp_path / "out", store, "--config", str(tmp_path / "qa.toml"))
    assert mode(tmp_path / "out" / "report") == 0o755
    assert mode(tmp_path / "out" / "report" / "index.html") == 0o644
    assert mode(tmp_path / "out" / "calls.csv") == 0o644
    assert mode(tmp_path / "out" / "copy.db") == 0o600  # a backup holds the originals
    assert mode(store) == 0o700


def test_a_run_leaves_nothing_to_others_but_its_figures(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "录音").mkdir(parents=True, mode=0o700)
    home.chmod(0o700)
    (home / "录音" / "a.wav").write_bytes(b"no recording")
    (home / "录音" / "a.wav").chmod(0o600)
    (home / "qa.toml").write_text(
        "[intake]\nallow_missing_metadata = true\nsettle_seconds = 0\n"
        '[batch]\nlog = "logs/run.jsonl"\nmetrics = "qa.prom"\nsummary = "sum"\n',
        encoding="utf-8",
    )
    (home / "qa.toml").chmod(0o600)
    (home / "录音").chmod(0o700)
    command = (*QA, "run", str(home / "录音"), "--store", str(home / "qa-data"), "--config", str(home / "qa.toml"), "-q")
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONWARNINGS": "ignore"})
    assert (home / "sum" / "latest.html").is_file(), done.stderr
    assert (home / "logs" / "run.jsonl").is_file()
    assert open_to_others(home) == ["qa.prom 644"]


def test_the_figures_can_be_read_by_the_collector_whatever_the_mask(tmp_path: Path) -> None:
    os.umask(0o077)
    write_whole(tmp_path / "qa.prom", "x 1\n")
    assert mode(tmp_path / "qa.prom") == 0o644


@pytest.mark.skipif(sys.platform != "linux", reason="modes are those of Linux")
def test_workers_inherit_what_the_command_sets(tmp_path: Path) -> None:
    os.umask(0o077)
    subprocess.run((sys.executable, "-c", f"open({str(tmp_path / 'made')!r}, 'w')"), check=True)
    assert mode(tmp_path / "made") == 0o600
