"""What is too old is listed first, removed on demand, on record, and not made again by the next run."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from judging import sheet
from support import a_call
from typer.testing import CliRunner

from qa.batch.plan import hearing_key, plan_run
from qa.batch.rejudge import Rejudged, rejudge
from qa.batch.retention import carry_out, plan_purge, terms
from qa.batch.roles import set_agent
from qa.calls import Call
from qa.cli import app
from qa.config import RetentionSettings, Settings
from qa.errors import ConfigError, QaError
from qa.scoring.choice import Rubrics
from qa.store.removals import Part, removals
from qa.store.store import REMOVED, Keys, Store

NOW = datetime(2026, 11, 20, tzinfo=UTC)
DAYS: dict[Part, int] = {"audio": 10, "transcript": 20, "result": 30}


def a_call_of(call_id: str, day: str | None) -> Call:
    call = a_call(call_id, f"{day}T09:00:00" if day else None)
    return replace(call, recording=replace(call.recording, content_hash=call_id * 32))


@pytest.fixture
def store(location: str) -> Store:
    opened = Store.open(location)
    for call_id, day in (("a", "2026-10-01"), ("b", "2026-10-25"), ("c", "2026-11-05"), ("d", "2026-11-19"), ("e", None)):
        opened.save(a_call_of(call_id, day), Keys(f"h{call_id}", "j"))
    return opened


def due(store: Store) -> dict[Part, list[str]]:
    return {part: [one.call_id for one in calls] for part, calls in plan_purge(store, DAYS, NOW).due.items()}


def test_what_is_due_and_what_becomes_of_it(store: Store, tmp_path: Path) -> None:
    copies = [tmp_path / "report" / "audio" / f"{call_id * 32}{ending}" for call_id in "abcd" for ending in (".mp3", "-0f0f.mp3", ".json")]
    copies[0].parent.mkdir(parents=True)
    for path in copies:
        path.touch()
    assert due(store) == {"audio": ["b", "c"], "transcript": ["b"], "result": ["a"]}
    planned = plan_purge(store, DAYS, NOW)
    assert (planned.calls, planned.undated) == (3, 1)
    assert carry_out(store, planned, tmp_path / "report", NOW) is None
    assert [call.recording.call_id for call in store.calls()] == ["e", "b", "c", "d"]
    assert {call_id: kept.keys.hearing for call_id, kept in store.kept().items()} == {"b": REMOVED, "c": "hc", "d": "hd", "e": "he"}
    assert sorted(path.name[0] for path in copies[0].parent.iterdir()) == ["d"] * 3
    assert sorted((one.call_id, *one.parts, one.reason) for one in removals(store)) == [
        ("a", "audio", "transcript", "result", "通话早于 30 天"),
        ("b", "audio", "通话早于 10 天"),
        ("b", "transcript", "通话早于 20 天"),
        ("c", "audio", "通话早于 10 天"),
    ]
    assert due(store) == {"audio": [], "transcript": [], "result": []}
    store.close()


def test_a_run_makes_nothing_again_and_judging_leaves_it_alone(store: Store, tmp_path: Path) -> None:
    carry_out(store, plan_purge(store, DAYS, NOW), None, NOW)
    rubrics = Rubrics((sheet(tmp_path, "points: 5, require: {say: 您好}"),))
    recordings = [a_call_of(call_id, "2026-10-01").recording for call_id in "ab"]
    planned = plan_run(recordings, store, Settings(), model="m", rubrics=rubrics)
    assert (planned.tasks, planned.up_to_date) == ((), 2)
    replaced = replace(recordings[1], content_hash="other")  # other bytes in its place are another matter
    (task,) = plan_run([replaced], store, Settings(), model="m", rubrics=rubrics).tasks
    assert (task.step, task.keys.hearing) == ("hear", hearing_key(replaced, Settings().hearing, "m"))
    before = store.expect("b")
    assert rejudge(store, Settings(), [tmp_path / "small.yaml"]) == Rejudged(judged=3, changed=3, left=1)
    assert store.expect("b") == before
    with pytest.raises(QaError, match="逐句文字已按保存期限删除"):
        set_agent(store, "b", 0, Settings(), [tmp_path / "small.yaml"])
    store.close()


def test_the_terms() -> None:
    policy = RetentionSettings(audio=30, results=365)
    assert terms(policy, None, None) == {"audio": 30, "result": 365}
    assert terms(policy, None, "audio") == {"audio": 30}
    assert terms(policy, "180d", None) == {"result": 180}
    with pytest.raises(ConfigError, match="没有说要删除多久以前的"):
        terms(RetentionSettings(), None, None)
    for wrong in ("0d", "180天", "-1", "1.5d"):
        with pytest.raises(ConfigError, match="看不懂 --older-than"):
            terms(policy, wrong, None)


def test_the_command_lists_first(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.save(a_call_of("a", "2020-01-01"), Keys("h", "j"))
        store.save(a_call_of("e", None), Keys("h", "j"))
    listed = CliRunner().invoke(app, ["purge", "--older-than", "180d", "--store", str(tmp_path)])
    assert listed.output == (
        "整通结果（通话早于 180 天）：1 通，通话时间 2020-01-01 至 2020-01-01（UTC）\n"
        "1 通没有通话时间，无法按期限判断，保持不动\n"
        "以上只是列出；加 --yes 才会删除，删除后不能恢复（备份除外）\n"
    )
    with Store.open(tmp_path) as store:
        assert len(store.kept()) == 2
    done = CliRunner().invoke(app, ["purge", "--older-than", "180d", "--yes", "--store", str(tmp_path)])
    assert (done.exit_code, "已删除；涉及 1 通" in done.output) == (0, True)
    with Store.open(tmp_path) as store:
        assert list(store.kept()) == ["e"]


def test_a_report_has_no_copy_of_what_was_removed(store: Store, tmp_path: Path) -> None:
    from qa.report.shown import Shown

    carry_out(store, plan_purge(store, DAYS, NOW), None, NOW)
    shown = Shown.of(store, Settings())
    problems = {call.recording.call_id: shown.sound(call, tmp_path).problem for call in shown.calls()}
    assert problems == dict.fromkeys("bc", "录音副本已按保存期限删除") | dict.fromkeys("de", "录音已不在原处")
    store.close()
