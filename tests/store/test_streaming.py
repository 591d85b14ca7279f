"""However much is stored, reading it through takes little memory; the questions of a report are answered from indices."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import inspect, text
from support import a_call

from qa.store.store import Keys, Store

#: 2 ** DOUBLINGS calls of 20,000 characters, some 60 MB.
DOUBLINGS = 10

EXPORT = """
import resource, sys
from pathlib import Path
from qa.report.export import export_calls
from qa.store.store import Store
with Store.open(sys.argv[1]) as store:
    out = Path(sys.argv[2])
    store.call("c")
    export_calls(store, "csv", out)  # whatever is loaded on first use
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(export_calls(store, "jsonl", out), (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def fill(store: Store, doublings: int, characters: int) -> None:
    turn = replace(a_call().heard.turns[0], text="您" * characters, words=())
    store.save(replace(a_call("c"), heard=replace(a_call().heard, turns=(turn,))), Keys("h", "j"))
    with store.engine.execution_options(writing=True).begin() as connection:
        columns = [column["name"] for column in inspect(connection).get_columns("calls")]
        for step in range(doublings):
            values = ", ".join("call_id || :step" if name == "call_id" else name for name in columns)
            connection.execute(text(f"INSERT INTO calls ({', '.join(columns)}) SELECT {values} FROM calls"), {"step": f"-{step}"})


@pytest.mark.slow
def test_an_export_takes_little_memory(location: str, tmp_path: Path) -> None:
    with Store.open(location) as store:
        fill(store, DOUBLINGS, 20_000)
    command = [sys.executable, "-c", EXPORT, location, str(tmp_path / "calls.jsonl")]
    calls, grown = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert int(calls) == 2**DOUBLINGS
    assert int(grown) < 30  # MB
    (tmp_path / "calls.jsonl").unlink()


def test_questions_are_answered_from_indices(location: str) -> None:
    questions = {
        "SELECT call_id FROM calls ORDER BY started_at, call_id LIMIT 5": "calls_in_order",
        "SELECT call_id FROM calls WHERE agent_id = 'x' ORDER BY started_at LIMIT 5": "calls_by_agent",
        "SELECT call_id FROM calls WHERE content_hash = 'x'": "calls_by_content",
        "SELECT call_id FROM removals WHERE content_hash = 'x'": "removals_by_content",
    }
    with Store.open(location) as store, store.engine.connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        if not sqlite:
            connection.execute(text("SET enable_seqscan = off"))  # an empty table is read whole faster; asked is whether it can be used
        for question, index in questions.items():
            plan = connection.execute(text(f"EXPLAIN {'QUERY PLAN ' if sqlite else ''}{question}")).all()
            assert index in str(plan)
