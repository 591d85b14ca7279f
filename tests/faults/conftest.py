"""One nursery, one batch of recordings and the results of one undisturbed run for all tests of faults."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from judging import sheet
from nursing import CALLS, Nursery, Results, Undisturbed
from recorded import write_wav
from support import ROOT


@pytest.fixture(scope="session")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    home = tmp_path_factory.mktemp("nursery")
    sheet(
        home,
        "points: 6, scope: {role: agent}, require: {say: 您好}",
        "points: 4, scope: {role: agent}, require: {say: 再见}",
        "points: 5, forbid: {say: 不知道}, scope: {role: agent}",
    )
    rubric = home / "small.yaml"
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "tests"))),
        **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"),  # a process of many threads cannot be split
        "NURSERY": json.dumps({"rubrics": [str(rubric)]}),
    }
    command = [sys.executable, str(Path(__file__).parent / "nursery.py")]
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == "ready\n"
        yield Nursery(process, rubric, home / "log")
        process.stdin.close()


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve recordings, and two that cannot be heard."""
    folder = tmp_path_factory.mktemp("recordings") / "录音"
    folder.mkdir()
    for number in range(CALLS):
        write_wav(folder / f"call{number:02d}.wav", number)
    (folder / "空.wav").write_bytes(b"")
    (folder / "文字.wav").write_text("这不是录音", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def undisturbed(nursery: Nursery, recordings: Path, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    home = tmp_path_factory.mktemp("undisturbed")
    began = time.monotonic()
    assert nursery.run(home / "store", recordings) == 1, nursery.said  # two are quarantined
    seconds = time.monotonic() - began
    results = Results.of(home / "store", home / "calls.jsonl")
    assert len(results.export.splitlines()) == CALLS
    assert [call_id for call_id, _ in results.quarantined] == ["文字", "空"]
    return Undisturbed(results, seconds)
