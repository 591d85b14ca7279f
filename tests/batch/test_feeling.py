"""A call is read by the sentiment model once: hearing, importing and re-judging agree on when it must be read again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from judging import heard, sheet

from qa.batch.executors import Inspector, Job, Kit
from qa.batch.imports import import_files
from qa.batch.plan import plan_run
from qa.batch.rejudge import rejudge
from qa.batch.roles import set_agent
from qa.calls import Call, Recording, Turn, TurnSentiment
from qa.config import SentimentSettings, Settings, shipped
from qa.errors import ModelError
from qa.intake.transcripts import TranscriptReader
from qa.pipeline import judge_call
from qa.report.export import call_record
from qa.scoring.choice import Rubrics
from qa.sentiment.tracks import Tracks
from qa.store.store import Keys, Store

TURNS = [Turn(role="agent", text="请您耐心等待", channel=0), Turn(role="customer", text="耐心等待我听了一个星期了", channel=1)]
ONE = Recording(call_id="c1", content_hash="aa", path="/录音/c1.wav", agent_id="8001")
HEARD = replace(heard(TURNS), channels=2)
SETTINGS = Settings()


class Fake:
    """A model that finds every customer angry and complaining, and counts the calls that it reads."""

    def __init__(self, fingerprint: str = "one") -> None:
        self.name, self.fingerprint, self.calls = "fake", fingerprint, 0

    def read(self, turns: Sequence[Turn]) -> tuple[TurnSentiment, ...]:
        self.calls += 1
        listed = [i for i, turn in enumerate(turns) if turn.role != "agent"]
        return tuple(TurnSentiment(turn=i, sentiment=-0.8, complaint=0.97, kind="处理时效", evidence=((0, 4, 1.0),)) for i in listed)

    def tracks(self, settings: SentimentSettings) -> Tracks:
        return Tracks(self.name, self.fingerprint, lambda: self)


@pytest.fixture
def rubric(tmp_path: Path) -> Path:
    sheet(tmp_path, "points: 6, scope: {role: agent}, require: {say: 您好}")
    return tmp_path / "small.yaml"


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Fake:
    fake = Fake()
    monkeypatch.setattr(Tracks, "of", lambda settings: fake.tracks(settings))
    return fake


def kept(folder: Path, rubric: Path) -> Store:
    """A store with a call that no model has read."""
    store = Store.open(folder / "store")
    store.save(judge_call(ONE, HEARD, Rubrics.load([rubric]).of(ONE), SETTINGS), Keys("h", "j"))
    return store


def told(call: Call) -> tuple[object, ...]:
    record = json.loads(json.dumps(call_record(call)))
    return record["sentiment"]["customer"], [turn["sentiment"] for turn in record["turns"]], record["models"]["sentiment"]


def test_judging_again_reads_a_call_once_and_never_when_nothing_has_changed(tmp_path: Path, rubric: Path, model: Fake) -> None:
    store = kept(tmp_path, rubric)
    for _ in range(3):
        rejudge(store, SETTINGS, [rubric])
    assert model.calls == 1
    call = store.expect("c1")
    assert told(call) == (-0.8, [None, -0.8], "fake@one")
    assert (call.verdict.complaint.detected, call.verdict.complaint.categories) == (True, ("处理时效",))
    model.fingerprint = "two"
    rejudge(store, SETTINGS, [rubric])
    assert (model.calls, store.expect("c1").track and store.expect("c1").track.model) == (2, "fake@two")  # type: ignore[union-attr]


def test_a_person_who_names_the_agent_has_it_read_again(tmp_path: Path, rubric: Path, model: Fake) -> None:
    store = kept(tmp_path, rubric)
    rejudge(store, SETTINGS, [rubric])
    call = set_agent(store, "c1", 1, SETTINGS, (rubric,))
    assert (model.calls, [one.turn for one in call.track.turns] if call.track else None) == (2, [0])


def test_a_changed_model_judges_again_without_hearing(tmp_path: Path, rubric: Path) -> None:
    sheets = Rubrics.load([rubric])
    store = Store.open(tmp_path / "store")
    (task,) = plan_run([ONE], store, SETTINGS, model="m", rubrics=sheets, feeling="one").tasks
    store.save(judge_call(ONE, HEARD, sheets.of(ONE), SETTINGS), task.keys)
    assert plan_run([ONE], store, SETTINGS, model="m", rubrics=sheets, feeling="one").up_to_date == 1
    (again,) = plan_run([ONE], store, SETTINGS, model="m", rubrics=sheets, feeling="two").tasks
    assert again.step == "judge"


def test_a_worker_reads_what_it_judges_with_a_model_of_its_own(rubric: Path) -> None:
    model = Fake()
    work = Inspector(Kit(SETTINGS, Rubrics.load([rubric]), tracks=model.tracks))
    (task,) = plan_run([ONE], Store.open(rubric.parent / "empty"), SETTINGS, model="m", rubrics=Rubrics.load([rubric])).tasks
    first = work(Job(task, HEARD))
    assert isinstance(first, Call)
    second = work(Job(task, HEARD, first.track))
    assert isinstance(second, Call)
    assert (model.calls, first.track == second.track) == (1, True)


def test_transcripts_are_read_like_recordings(tmp_path: Path, rubric: Path, model: Fake) -> None:
    line = {"call_id": "r1", "agent_id": "8001", "started_at": "2026-11-20T09:00:00+08:00", "turns": [
        {"role": "agent", "text": "您好请讲"}, {"role": "customer", "text": "我听了一个星期了"}]}  # fmt: skip
    file = tmp_path / "t.jsonl"
    file.write_text(json.dumps(line, ensure_ascii=False) + "\n", encoding="utf-8")
    with Store.open(tmp_path / "store") as store:
        for _ in range(2):
            import_files([file], TranscriptReader(SETTINGS, None, None), store, SETTINGS, [rubric], over=False)
        assert (model.calls, told(store.expect("r1"))) == (1, (-0.8, [None, -0.8], "fake@one"))


def test_a_model_that_is_not_there_stops_everything_before_it_begins(tmp_path: Path) -> None:
    settings = SETTINGS.model_copy(update={"sentiment": SentimentSettings(model="./没有")})
    with Store.open(tmp_path / "store") as store, pytest.raises(ModelError, match="找不到情绪模型"):
        rejudge(store, settings, [shipped("rubrics", "three_voices.yaml")])
