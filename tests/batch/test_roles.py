"""What a person has said about a recording outlives qa run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from judging import heard, sheet
from support import a_call
from typer.testing import CliRunner

from qa.asr.models import Model
from qa.batch.executors import Job, Kit, Outcome, Work, in_process
from qa.batch.lock import locked
from qa.batch.roles import set_agent
from qa.batch.run import Summary, run
from qa.batch.watch import Silent
from qa.calls import Recording, Turn
from qa.cli import app
from qa.config import Settings
from qa.intake.manifest import Batch
from qa.pipeline import judge_call
from qa.scoring.choice import Rubrics
from qa.store.store import Keys, Store

ONE = Recording(call_id="c1", content_hash="aa", path="/录音/c1.wav", agent_id="8001")
HEARD = replace(
    heard(
        [
            Turn(role="agent", text="您好请讲", start=0.0, end=1.0, channel=0),
            Turn(role="customer", text="我想查话费", start=2.0, end=3.0, channel=1),
        ]
    ),
    channels=2,
)


@pytest.fixture
def rubric(tmp_path: Path) -> Path:
    sheet(tmp_path, "points: 6, scope: {role: agent}, require: {say: 您好}")
    return tmp_path / "small.yaml"


@pytest.fixture(autouse=True)
def without_a_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No model is asked for its fingerprint."""
    monkeypatch.setattr("qa.asr.models.resolve", lambda name: Model(name=name, path=tmp_path, fingerprint=name))


def deaf(kit: Kit) -> Work:
    """Hearing gives HEARD; everything else is real."""

    def work(job: Job) -> Outcome:
        return judge_call(job.task.recording, job.heard or HEARD, kit.rubrics.of(job.task.recording), kit.settings)

    return work


def ran(store: Store, rubric: Path, recording: Recording = ONE, model: str = "base") -> Summary:
    kit = Kit(Settings().overridden(model=model), Rubrics.load([rubric]), making=deaf)
    return run(Batch((recording,)), store, kit, watcher=Silent(), executor=in_process)


def sides(store: Store) -> list[str]:
    return [turn.role for turn in store.expect("c1").heard.turns]


def test_a_later_run_neither_hears_again_nor_undoes_it(tmp_path: Path, rubric: Path) -> None:
    with Store.open(tmp_path / "store") as store:
        assert ran(store, rubric).heard == 1
        assert set_agent(store, "c1", 1, Settings(), (rubric,)).verdict.findings[0].outcome == "missed"
        assert (ran(store, rubric).up_to_date, sides(store)) == (1, ["customer", "agent"])


def test_hearing_again_keeps_it_for_the_same_recording_only(tmp_path: Path, rubric: Path) -> None:
    with Store.open(tmp_path / "store") as store:
        ran(store, rubric)
        set_agent(store, "c1", 1, Settings(), (rubric,))
        assert ran(store, rubric, model="large").heard == 1
        call = store.expect("c1")
        assert (sides(store), call.heard.roles.method, call.verdict.findings[0].outcome) == (["customer", "agent"], "manual", "missed")
        assert ran(store, rubric, replace(ONE, content_hash="bb"), model="large").heard == 1
        assert sides(store) == ["agent", "customer"]


def test_it_can_be_taken_back(tmp_path: Path, rubric: Path) -> None:
    with Store.open(tmp_path / "store") as store:
        ran(store, rubric)
        set_agent(store, "c1", 1, Settings(), (rubric,))
        call = set_agent(store, "c1", None, Settings(), (rubric,))
        assert (sides(store), call.heard.roles.method) == (["agent", "customer"], "script")
        ran(store, rubric, model="large")
        assert sides(store) == ["agent", "customer"]


def test_a_number_that_another_hearing_has_not_is_left_alone(tmp_path: Path, rubric: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store.open(tmp_path / "store") as store:
        ran(store, rubric)
        store.remember_agent("c1", "aa", 5)
        ran(store, rubric, model="large")
        assert sides(store) == ["agent", "customer"]


def test_the_word_is_one_of_each_recording(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.remember_agent("c1", "aa", 1)
        store.remember_agent("c1", "aa", 0)
        assert (store.named_agent("c1", "aa"), store.named_agent("c1", "bb"), store.named_agent("c2", "aa")) == (0, None, None)
        store.forget_agent("c1")
        store.forget_agent("c1")
        assert store.named_agent("c1", "aa") is None
        store.save(a_call(), Keys("h", "j"))
        assert store.import_sources() == {}
        store.remember_import("c1", "/a.json")
        assert store.import_sources() == {"c1": "/a.json"}


def test_the_store_is_one_writers_also_here(tmp_path: Path, rubric: Path) -> None:
    """A run judges by the roles it read; a person's word in the middle of it would be written over."""
    place = tmp_path / "store"
    with Store.open(place) as store:
        ran(store, rubric)
        command = ["roles", "c1", "--store", str(place), "--rubric", str(rubric)]
        with locked(store, "qa run"):
            refused = CliRunner().invoke(app, [*command, "--agent", "1"])
            assert (refused.exit_code, "结果库正在使用中" in refused.output) == (2, True)
            assert CliRunner().invoke(app, command).exit_code == 0
        assert sides(store) == ["agent", "customer"]
        assert CliRunner().invoke(app, [*command, "--agent", "1"]).exit_code == 0
        assert sides(store) == ["customer", "agent"]
