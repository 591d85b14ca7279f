"""What several test files share: one real run over the samples, made once a session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres import Server, binaries, server
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


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server for the whole session; tests that ask for it are skipped where none is installed."""
    programs = binaries()
    if programs is None:
        pytest.skip("needs a PostgreSQL server (apt-get install postgresql)")
    with server(programs) as running:
        yield running


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a new store may be made, on each database."""
    if request.param == "sqlite":
        return str(tmp_path / "store")
    running: Server = request.getfixturevalue("postgres")
    return running.database()
