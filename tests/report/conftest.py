"""One store of hand-made calls and one report of it, shared by the tests of all that shows them."""

from __future__ import annotations

from pathlib import Path

import pytest
from showing import filled, hostile, imported, make_call, silent, tone

from qa.calls import Call
from qa.config import Settings
from qa.report.site import write_site
from qa.store.store import Store


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tone(tmp_path_factory.mktemp("sound") / "tone.wav")


@pytest.fixture(scope="session")
def calls(recording: Path) -> list[Call]:
    return [
        make_call("c1", path=recording),
        make_call("c2", day=18, good=True),
        make_call("c3", day=18, fatal=True, agent_id="8002", agent_name="李强", team="二组"),
        make_call("C1", day=19, good=True, agent_id="8002", agent_name="李强", team="二组"),
        silent("silent"),
        imported("imported"),
        hostile(recording),
    ]


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory, calls: list[Call]) -> Store:
    return filled(tmp_path_factory.mktemp("store"), calls)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, store: Store) -> Path:
    return write_site(store, tmp_path_factory.mktemp("report") / "out", Settings()).parent
