"""What a run does with recordings it has seen before."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from support import a_call

from qa.batch.plan import Plan, plan_run
from qa.calls import Quarantined, Recording
from qa.config import Settings, shipped
from qa.scoring.choice import Rubrics
from qa.scoring.rubric import Rubric, load_rubric
from qa.store.store import Store

SETTINGS = Settings()
SHEET = load_rubric(shipped("rubrics", "three_voices.yaml"))
ONE = Recording(call_id="c1", content_hash="aa", path="/录音/c1.wav", agent_id="8001")


def planned(store: Store, *recordings: Recording, model: str = "m", sheet: Rubric = SHEET, settings: Settings = SETTINGS) -> Plan:
    return plan_run(recordings, store, settings, model=model, rubrics=Rubrics((sheet,)))


def stored(folder: Path, recording: Recording = ONE) -> Store:
    store = Store.open(folder)
    (task,) = planned(store, recording).tasks
    store.save(replace(a_call(recording.call_id), recording=recording), task.keys)
    return store


def test_a_new_recording_is_heard_and_the_same_again_is_not(tmp_path: Path) -> None:
    with Store.open(tmp_path / "new") as empty:
        assert [task.step for task in planned(empty, ONE).tasks] == ["hear"]
    with stored(tmp_path) as store:
        assert planned(store, ONE) == Plan((), 1, (), (), 0)


def test_another_rubric_or_other_metadata_judges_again_without_hearing(tmp_path: Path) -> None:
    with stored(tmp_path) as store:
        assert [task.step for task in planned(store, ONE, sheet=replace(SHEET, hash="r2")).tasks] == ["judge"]
        assert [task.step for task in planned(store, replace(ONE, agent_id="8002")).tasks] == ["judge"]
        assert [task.step for task in planned(store, replace(ONE, path="/搬走了/c1.wav")).tasks] == ["judge"]


def test_other_sound_model_or_settings_are_heard_again(tmp_path: Path) -> None:
    wide = SETTINGS.model_copy(update={"hearing": SETTINGS.hearing.model_copy(update={"beam_size": 1})})
    quick = SETTINGS.model_copy(update={"hearing": SETTINGS.hearing.model_copy(update={"threads": 1, "batch_size": 2})})
    with stored(tmp_path) as store:
        assert [task.step for task in planned(store, replace(ONE, content_hash="bb")).tasks] == ["hear"]
        assert [task.step for task in planned(store, replace(ONE, agent_channel=1)).tasks] == ["hear"]
        assert [task.step for task in planned(store, ONE, model="m2").tasks] == ["hear"]
        assert [task.step for task in planned(store, ONE, settings=wide).tasks] == ["hear"]
        assert planned(store, ONE, settings=quick).up_to_date == 1


def test_an_id_that_belongs_to_another_recording_is_refused_not_written_over(tmp_path: Path) -> None:
    with stored(tmp_path) as store:
        plan = planned(store, replace(ONE, path="/第二天/c1.wav", content_hash="bb"))
        (refused,) = plan.refused
        assert (plan.tasks, refused.call_id) == ((), "c1@bb")
        assert "在结果库里已属于另一个录音" in refused.message
        assert "/录音/c1.wav" in refused.message


def test_what_was_quarantined_is_not_tried_again_until_something_changes(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        (task,) = planned(store, ONE).tasks
        store.quarantine(Quarantined(call_id="c1", path="p", content_hash="aa", message="空文件"), task.keys.hearing)
        assert planned(store, ONE) == Plan((), 0, (), (), 1)
        assert len(planned(store, replace(ONE, content_hash="bb")).tasks) == 1


def test_a_file_that_can_be_read_again_leaves_quarantine(tmp_path: Path) -> None:
    with stored(tmp_path) as store:
        store.quarantine(Quarantined(call_id="c1", path="p", content_hash=None, message="读不到"))
        assert planned(store, ONE).released == ("c1",)


def test_a_call_that_no_rubric_is_meant_for_is_refused_and_says_so(tmp_path: Path) -> None:
    outbound = replace(SHEET, sheet=SHEET.sheet.model_copy(update={"applies_to": {"direction": ("outbound",)}}))
    with Store.open(tmp_path) as store:
        (refused,) = planned(store, replace(ONE, direction="inbound"), sheet=outbound).refused
        assert "没有一张评分表适用于这通电话" in refused.message
        assert len(planned(store, replace(ONE, direction="outbound"), sheet=outbound).tasks) == 1
