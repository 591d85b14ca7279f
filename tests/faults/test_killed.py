"""Sixty runs killed at moments drawn by lot: one more run, and the results are those of a run that nothing befell."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from pathlib import Path

import pytest
from nursing import CALLS, Nursery, Results, Undisturbed

from qa.store.runs import runs
from qa.store.store import Store

pytestmark = pytest.mark.slow


def kill_group(process: int) -> None:
    os.killpg(process, signal.SIGKILL)


def children(process: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


@pytest.mark.parametrize("seed", range(20))
def test_the_driver_is_killed(seed: int, nursery: Nursery, recordings: Path, undisturbed: Undisturbed, tmp_path: Path) -> None:
    lot = random.Random(seed)
    run = nursery.start(tmp_path / "store", recordings)
    time.sleep(lot.random() * undisturbed.seconds)
    kill_group(run)
    nursery.wait(run)
    assert nursery.run(tmp_path / "store", recordings) == 1, nursery.said
    assert Results.of(tmp_path / "store", tmp_path / "calls.jsonl") == undisturbed.results


@pytest.mark.parametrize("seed", range(20))
def test_the_driver_is_killed_while_it_judges_again_and_takes_up_renamed_files(
    seed: int, nursery: Nursery, recordings: Path, changed: tuple[Path, Path, Path, Undisturbed], tmp_path: Path
) -> None:
    lot = random.Random(1000 + seed)
    before, folder, rubric, expected = changed
    shutil.copytree(before, tmp_path / "store")
    run = nursery.start(tmp_path / "store", folder, rubrics=[str(rubric)])
    time.sleep(lot.random() * expected.seconds)
    kill_group(run)
    nursery.wait(run)
    assert nursery.run(tmp_path / "store", folder, rubrics=[str(rubric)]) == 1, nursery.said
    assert Results.of(tmp_path / "store", tmp_path / "calls.jsonl") == expected.results


@pytest.fixture(scope="module")
def changed(
    nursery: Nursery, recordings: Path, undisturbed: Undisturbed, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path, Path, Undisturbed]:
    """A store of yesterday, and today: half of the files have other names, there are new ones, and the rubric has changed."""
    home = tmp_path_factory.mktemp("changed")
    folder, rubric = home / "录音", home / "small.yaml"
    shutil.copytree(recordings, folder)
    assert nursery.run(home / "before", folder) == 1, nursery.said
    for number in range(0, CALLS, 2):
        (folder / f"call{number:02d}.wav").rename(folder / f"renamed{number:02d}.wav")
    for number in range(4):
        (folder / f"new{number}.wav").write_bytes((recordings / "call01.wav").read_bytes() + bytes([number + 1]))
    rubric.write_text(nursery.rubric.read_text(encoding="utf-8").replace("points: 6", "points: 7"), encoding="utf-8")
    shutil.copytree(home / "before", home / "after")
    began = time.monotonic()
    assert nursery.run(home / "after", folder, rubrics=[str(rubric)]) == 1, nursery.said
    seconds = time.monotonic() - began
    results = Results.of(home / "after", home / "calls.jsonl")
    with Store.open(home / "after") as store:
        latest = runs(store)[0]
        names = {call.recording.call_id for call in store.calls()}
    assert names == {f"{'call' if number % 2 else 'renamed'}{number:02d}" for number in range(CALLS)} | {f"new{n}" for n in range(4)}
    assert (latest.counts["heard"], latest.counts["judged"]) == (4, CALLS)  # what was renamed is not heard again
    return home / "before", folder, rubric, Undisturbed(results, seconds)


@pytest.mark.parametrize("seed", range(10))
def test_the_driver_of_two_workers_is_killed(
    seed: int, nursery: Nursery, recordings: Path, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    lot = random.Random(2000 + seed)
    run = nursery.start(tmp_path / "store", recordings, workers=2)
    time.sleep(lot.random() * undisturbed.seconds)
    kill_group(run)
    nursery.wait(run)
    assert nursery.run(tmp_path / "store", recordings, workers=2) == 1, nursery.said
    assert Results.of(tmp_path / "store", tmp_path / "calls.jsonl") == undisturbed.results


@pytest.mark.parametrize("seed", range(10))
def test_a_worker_is_killed_and_the_run_goes_on(
    seed: int, nursery: Nursery, recordings: Path, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    lot = random.Random(3000 + seed)
    run = nursery.start(tmp_path / "store", recordings, workers=2)
    deadline, killed = time.monotonic() + 10, 0
    time.sleep(lot.random() * undisturbed.seconds)
    while not killed and time.monotonic() < deadline:
        try:
            if found := children(run):
                os.kill(lot.choice(found), signal.SIGKILL)
                killed += 1
        except (FileNotFoundError, ProcessLookupError):  # the run has ended, or that worker
            break
    assert nursery.wait(run) == 1, nursery.said
    assert nursery.run(tmp_path / "store", recordings) == 1, nursery.said
    assert Results.of(tmp_path / "store", tmp_path / "calls.jsonl") == undisturbed.results


def test_what_was_done_before_the_kill_is_not_done_again(
    nursery: Nursery, recordings: Path, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    """Killed when some calls are in the store: the next run does the rest, and the record tells of both."""
    store = tmp_path / "store"
    run = nursery.start(store, recordings)
    while True:
        try:
            with Store.open(store, must_exist=True) as opened:
                if len(opened.kept()) >= 3:
                    break
        except Exception:  # not there yet
            time.sleep(0.01)
    kill_group(run)
    nursery.wait(run)
    with Store.open(store) as opened:
        done = len(opened.kept())
    assert 3 <= done < CALLS
    assert nursery.run(store, recordings) == 1
    with Store.open(store) as opened:
        latest, first = runs(opened)
    assert (first.outcome, latest.outcome) == ("lost", "done")
    assert (latest.counts["up_to_date"], latest.counts["heard"]) == (done, CALLS - done)
    assert Results.of(store, tmp_path / "calls.jsonl") == undisturbed.results


def test_ten_kills_in_a_row_lose_nothing(nursery: Nursery, recordings: Path, undisturbed: Undisturbed, tmp_path: Path) -> None:
    lot = random.Random(4000)
    for _ in range(10):
        run = nursery.start(tmp_path / "store", recordings, workers=lot.choice((1, 2)))
        time.sleep(lot.random() * undisturbed.seconds / 2)
        kill_group(run)
        nursery.wait(run)
    assert nursery.run(tmp_path / "store", recordings) == 1, nursery.said
    assert Results.of(tmp_path / "store", tmp_path / "calls.jsonl") == undisturbed.results
