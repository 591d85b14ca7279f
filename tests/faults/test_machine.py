"""The machine fails, not the run: a full disk, a locked or restarting database, a clock that jumps, an order to stop."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from nursing import CALLS, Nursery, Results, Undisturbed
from postgres import Server

from qa.store.runs import runs
from qa.store.store import FILENAME, Store

pytestmark = pytest.mark.slow


def wait_for(store: Path | str, calls: int) -> None:
    """Until so many calls are in the store of a run that is under way."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            with Store.open(store, must_exist=True) as opened:
                if len(opened.kept()) >= calls:
                    return
        except Exception:
            time.sleep(0.01)
    raise AssertionError("the run has not got so far")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 kB: too small for the results."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("needs the right to mount a small tmpfs")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_the_disk_is_full(nursery: Nursery, recordings: Path, undisturbed: Undisturbed, small_disk: Path, tmp_path: Path) -> None:
    store = small_disk / "store"
    assert nursery.run(store, recordings, patience=0.5) == 2
    assert "结果库读写失败" in nursery.said
    assert "database or disk is full" in nursery.said
    assert "检查磁盘空间" in nursery.said
    subprocess.run(["mount", "-o", "remount,size=16m", str(small_disk)], check=True)
    with Store.open(store) as opened:
        done = len(opened.kept())
    assert 0 < done < CALLS  # what was done before is there
    assert nursery.run(store, recordings) == 1, nursery.said
    with Store.open(store) as opened:
        assert runs(opened)[0].counts["up_to_date"] == done
    assert Results.of(store, tmp_path / "calls.jsonl") == undisturbed.results


def test_room_is_made_in_time(nursery: Nursery, recordings: Path, undisturbed: Undisturbed, small_disk: Path, tmp_path: Path) -> None:
    """A run waits while the disk is full, and goes on when somebody has cleared it."""
    run = nursery.start(small_disk / "store", recordings)
    time.sleep(undisturbed.seconds + 1.0)
    assert shutil.disk_usage(small_disk).free < 2**15
    subprocess.run(["mount", "-o", "remount,size=16m", str(small_disk)], check=True)
    assert nursery.wait(run) == 1, nursery.said
    assert Results.of(small_disk / "store", tmp_path / "calls.jsonl") == undisturbed.results


@pytest.mark.parametrize("workers", [1, 2])
def test_another_process_locks_the_database_for_a_while(
    workers: int, nursery: Nursery, recordings: Path, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    run = nursery.start(store, recordings, workers=workers, busy=200)
    wait_for(store, 2)
    with closing(sqlite3.connect(store / FILENAME, isolation_level=None, timeout=10)) as other:
        other.execute("BEGIN IMMEDIATE")
        time.sleep(1.5)
        other.execute("ROLLBACK")
    assert nursery.wait(run) == 1, nursery.said
    assert Results.of(store, tmp_path / "calls.jsonl") == undisturbed.results


def test_another_process_locks_the_database_and_does_not_let_go(
    nursery: Nursery, recordings: Path, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    run = nursery.start(store, recordings, busy=100, patience=0.5)
    wait_for(store, 2)
    with closing(sqlite3.connect(store / FILENAME, isolation_level=None, timeout=10)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert nursery.wait(run) == 2
    assert "database is locked" in nursery.said
    assert "修复后重跑即可" in nursery.said
    assert nursery.run(store, recordings) == 1, nursery.said
    assert Results.of(store, tmp_path / "calls.jsonl") == undisturbed.results


@pytest.mark.parametrize("jumps", [[86_400.0], [-86_400.0], [3600.0, -7200.0, 0.1, -0.1], [-1e9, 1e9]])
def test_the_clock_jumps(jumps: list[float], nursery: Nursery, recordings: Path, undisturbed: Undisturbed, tmp_path: Path) -> None:
    store = tmp_path / "store"
    run = nursery.start(store, recordings, jumps=jumps)
    time.sleep(undisturbed.seconds / 2)
    os.killpg(run, signal.SIGKILL)
    nursery.wait(run)
    assert nursery.run(store, recordings, jumps=jumps) == 1, nursery.said
    assert Results.of(store, tmp_path / "calls.jsonl") == undisturbed.results
    with Store.open(store) as opened:
        latest, *earlier = runs(opened)
    assert [run.outcome for run in earlier] in ([], ["lost"])
    assert (latest.outcome, latest.counts["wall_seconds"] < 60) == ("done", True)


def test_postgresql_is_restarted_in_mid_run(
    nursery: Nursery, recordings: Path, undisturbed: Undisturbed, postgres: Server, tmp_path: Path
) -> None:
    store = postgres.database()
    run = nursery.start(store, recordings)
    wait_for(store, 2)
    postgres.restart()
    assert nursery.wait(run) == 1, nursery.said
    assert Results.of(store, tmp_path / "calls.jsonl") == undisturbed.results


def test_postgresql_goes_away_for_longer_than_a_run_waits(
    nursery: Nursery, recordings: Path, undisturbed: Undisturbed, postgres: Server, tmp_path: Path
) -> None:
    store = postgres.database()
    run = nursery.start(store, recordings, workers=2, patience=0.5)
    wait_for(store, 2)
    postgres.stop()
    try:
        assert nursery.wait(run) == 2
        assert "结果库读写失败" in nursery.said
    finally:
        postgres.start()
    assert nursery.run(store, recordings) == 1, nursery.said
    assert Results.of(store, tmp_path / "calls.jsonl") == undisturbed.results


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("workers", [1, 2])
def test_told_to_stop(number: int, workers: int, nursery: Nursery, recordings: Path, undisturbed: Undisturbed, tmp_path: Path) -> None:
    for attempt in range(10):  # a run that was over before the signal came shows nothing: once more
        store = tmp_path / f"store{attempt}"
        run = nursery.start(store, recordings, workers=workers)
        wait_for(store, 3)
        os.kill(run, number)
        if (code := nursery.wait(run)) != 1:
            break
    assert code == 128 + number
    with Store.open(store) as opened:
        (record,) = runs(opened)
        left = int(record.counts["left"])
        assert (record.outcome, len(opened.kept()) + left) == ("stopped", CALLS + 1)  # the text file is a task, the empty one is not
    assert f"已停止，还剩 {left} 通；处理完的都已保存，再次运行同一命令即可接着做" in nursery.said
    assert nursery.run(store, recordings) == 1, nursery.said
    assert Results.of(store, tmp_path / "calls.jsonl") == undisturbed.results


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_second_run_is_told_who_holds_the_store(
    kind: str, nursery: Nursery, recordings: Path, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    store = str(tmp_path / "store") if kind == "sqlite" else request.getfixturevalue("postgres").database()
    first = nursery.start(store, recordings)
    wait_for(store, 1)
    os.kill(first, signal.SIGSTOP)
    try:
        assert nursery.run(store, recordings) == 2
        assert "结果库正在使用中" in nursery.said
        assert str(first) in nursery.said
    finally:
        os.kill(first, signal.SIGCONT)
    assert nursery.wait(first) == 1
    assert nursery.run(store, recordings) == 1  # and it is free again


def test_workers_end_when_their_run_is_killed(tmp_path: Path) -> None:
    """Started as in earnest, not split off: a worker that is at a call ends with its run."""
    code = "import sys; sys.path[:0] = sys.argv[1:3]\nfrom batch.test_workers import endless_calls\nendless_calls()\n"
    tests = Path(__file__).parents[1]
    with subprocess.Popen([sys.executable, "-c", code, str(tests.parent), str(tests)], stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        workers = [int(run.stdout.readline()) for _ in range(2)]
        assert all(Path(f"/proc/{worker}").exists() for worker in workers)
        run.kill()
    deadline = time.monotonic() + 10
    while any(Path(f"/proc/{worker}").exists() for worker in workers) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [worker for worker in workers if Path(f"/proc/{worker}").exists()] == []
