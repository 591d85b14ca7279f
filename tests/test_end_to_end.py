"""The main job on real recordings: one run over samples/, then everything a user does with the result."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from support import QA, ROOT, SAMPLES, SampleRun

from qa.store.store import Store

pytestmark = pytest.mark.slow

TRUTH = ROOT / "tests" / "data" / "truth"


def qa(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*QA, *map(str, arguments)], capture_output=True, text=True, check=False)


def exported(store: Path, out: Path) -> dict[str, dict]:
    done = qa("export", "calls", "--store", store, "--format", "jsonl", "--out", out)
    assert done.returncode == 0, done.stderr
    return {call["call_id"]: call for call in map(json.loads, out.read_text(encoding="utf-8").splitlines())}


def test_every_sample_is_inspected_and_roles_are_right(sample_run: SampleRun, tmp_path: Path) -> None:
    calls = exported(sample_run.store, tmp_path / "calls.jsonl")
    truths = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in TRUTH.glob("*.json")}
    assert sorted(calls) == sorted(truths)
    for call_id, truth in truths.items():
        call = calls[call_id]
        right = total = 0.0
        for turn in call["turns"]:
            for spoken in truth["turns"]:
                shared = min(turn["end"], spoken["end"]) - max(turn["start"], spoken["start"])
                if shared > 0:
                    total += shared
                    right += shared * (turn["role"] == spoken["role"])
        assert right / total > 0.9, call_id
        assert call["schema"] == "call/1"
        assert call["score"]["scaled"] is not None
        assert {finding["outcome"] for finding in call["findings"]} <= {"met", "missed", "unsure", "na"}


def test_evidence_points_at_words_that_were_heard(sample_run: SampleRun, tmp_path: Path) -> None:
    for call in exported(sample_run.store, tmp_path / "calls.jsonl").values():
        hits = [hit for finding in call["findings"] for hit in finding["hits"] if hit["phrase"]]
        assert hits
        for hit in hits:
            assert any(hit["text"] in turn["text"] and turn["start"] <= hit["start"] <= hit["end"] <= turn["end"] for turn in call["turns"])


def test_a_second_run_does_nothing_and_changes_nothing(sample_run: SampleRun, tmp_path: Path) -> None:
    before = exported(sample_run.store, tmp_path / "before.jsonl")
    again = subprocess.run([*sample_run.command, "--json-log"], capture_output=True, text=True, check=True)
    events = [json.loads(line) for line in again.stdout.splitlines()]
    assert [(event["event"], event.get("tasks", event.get("heard"))) for event in events] == [("started", 0), ("ended", 0)]
    assert events[-1]["up_to_date"] == len(before)
    exported(sample_run.store, tmp_path / "after.jsonl")
    assert (tmp_path / "before.jsonl").read_bytes() == (tmp_path / "after.jsonl").read_bytes()


def test_judging_again_by_the_same_rubric_changes_nothing(sample_run: SampleRun) -> None:
    with Store.open(sample_run.store) as store:
        count = len(store.kept())
    assert qa("score", "--store", sample_run.store).stdout.strip() == f"已重新评分 {count} 通，其中 0 通的结果有变化"


def test_a_batch_with_broken_recordings_goes_on_and_says_what_to_do(tmp_path: Path) -> None:
    recordings = tmp_path / "录音"
    recordings.mkdir()
    good = next(iter(sorted(SAMPLES.glob("*.mp3"))))
    (recordings / "好.mp3").write_bytes(good.read_bytes())
    (recordings / "空.wav").write_bytes(b"")
    (recordings / "文字.wav").write_text("这不是录音", encoding="utf-8")
    (recordings / "半截.mp3").write_bytes(good.read_bytes()[: good.stat().st_size // 2])
    run = ("run", recordings, "--allow-missing-metadata", "--store", tmp_path / "store", "--quiet")
    assert qa(*run).returncode == 1
    with Store.open(tmp_path / "store") as store:
        held = {entry.call_id: entry.message for entry in store.quarantined()}
        assert [call.recording.call_id for call in store.calls()] == ["好"]
    assert sorted(held) == ["半截", "文字", "空"]
    assert all("位置：" in message and "处理：" in message for message in held.values())
    report = qa("report", "--store", tmp_path / "store", "--out", tmp_path / "report")
    assert report.returncode == 0, report.stderr
    index = (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
    assert "文字.wav" in index
    assert 'href="scorecards.xlsx"' in index
    assert (tmp_path / "report" / "scorecards.xlsx").is_file()
    shutil.copytree(tmp_path / "report", recordings / "报告")
    assert qa(*run).returncode == 1  # the same again: nothing to do, and the exit status still tells
    with Store.open(tmp_path / "store") as store:
        assert len(store.kept()) == 1  # a report's playable copies are no recordings


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "{here}/none"), "none"),
        (("run", "{here}"), "没有"),
        (("run", SAMPLES, "--manifest", "{here}/none.csv"), "none.csv"),
        (("run", SAMPLES, "--allow-missing-metadata", "--rubric", "{here}/none.yaml"), "none.yaml"),
        (("run", SAMPLES, "--allow-missing-metadata", "--model", "{here}"), "模型目录不完整"),
        (("show", "c1", "--store", "{here}/none"), "这里还没有质检结果"),
        (("report", "--store", "{here}/none"), "这里还没有质检结果"),
    ],
)
def test_what_cannot_run_says_why_and_exits_with_2(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    done = qa(*(str(argument).replace("{here}", str(tmp_path)) for argument in arguments))
    assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr
    assert message in done.stderr


def test_a_call_in_the_terminal(sample_run: SampleRun) -> None:
    with Store.open(sample_run.store) as store:
        call = next(store.calls())
    shown = qa("show", call.recording.call_id, "--store", sample_run.store).stdout
    assert call.recording.call_id in shown
    assert call.verdict.findings[0].name in shown


def test_the_doctor_finds_this_machine_fit() -> None:
    done = qa("doctor")
    assert done.returncode == 0, done.stdout
    assert "可以开始质检" in done.stdout
