"""What several test files share: one real run over the samples, made once a session."""

from __future__ import annotations

import pytest
from support import QA, SAMPLES, SampleRun, watched


@pytest.fixture(scope="session")
def sample_run(tmp_path_factory: pytest.TempPathFactory) -> SampleRun:
    folder = tmp_path_factory.mktemp("samples")
    store, report, trace = folder / "store", folder / "report", folder / "trace"
    run = (
        *QA,
        "run",
        str(SAMPLES),
        "--manifest",
        str(SAMPLES / "manifest.csv"),
        "--roster",
        str(SAMPLES / "roster.csv"),
        "--store",
        str(store),
    )
    output = watched(run, trace) + watched((*QA, "report", "--store", str(store), "--out", str(report)), folder / "trace-report")
    seen = "".join(log.read_text(errors="replace") for log in (trace, folder / "trace-report") if log.exists())
    return SampleRun(run, store, report, output, seen)
