"""The commands about rubrics, and the trial of a new one, as a user types them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from judging import heard
from typer.testing import CliRunner, Result

from qa.analysis.metrics import analyse
from qa.calls import Call, Recording
from qa.cli import app
from qa.config import AnalysisSettings
from qa.report.export import export_calls
from qa.scoring.engine import judge
from qa.scoring.rubric import load_rubric
from qa.store.store import Keys, Store

OLD = """\
id: small
version: "1"
name: 小表
pass_mark: 80
bands: [{name: 好, from: 80}, {name: 差, from: 0}]
sections:
  - id: all
    name: 全部
    criteria:
      - id: hello
        name: 问候
        points: 6
        why: 客户要知道打对了地方
        examples: {good: [您好], bad: [喂]}
        scope: {role: agent}
        require: {say: 您好}
      - id: rude
        name: 无禁语
        points: 4
        why: 一句就能毁掉整通服务
        examples: {bad: [不知道]}
        scope: {role: agent}
        forbid: {say: 不知道}
"""
NEW = OLD.replace('version: "1"', 'version: "2"').replace("require: {say: 您好}", "require: {say: {phrases: [您好, 请讲], match: all}}")
CALLS = {"c1": ["坐席：您好，请讲"], "c2": ["坐席：您好"], "c3": ["坐席：喂，不知道"]}


def typed(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "120"})


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def written(text: str) -> Path:
        path = tmp_path / f"{abs(hash(text))}.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return written


@pytest.fixture
def store(tmp_path: Path, write: Callable[[str], Path]) -> Path:
    rubric, folder = load_rubric(write(OLD)), tmp_path / "store"
    with Store.open(folder) as opened:
        for call_id, lines in CALLS.items():
            recording, call = Recording(call_id=call_id, content_hash=call_id, agent_id="8001", agent_name="王小丽"), heard(lines)
            analysis = analyse(call, AnalysisSettings())
            verdict = judge(recording, call, analysis, rubric)
            opened.save(Call(recording=recording, heard=call, analysis=analysis, verdict=verdict), Keys("h", "j"))
    return folder


def exported(store: Path) -> bytes:
    with Store.open(store) as opened:
        export_calls(opened, "jsonl", store / "out.jsonl")
    return (store / "out.jsonl").read_bytes()


def test_a_trial_tells_what_changes_and_changes_nothing(store: Path, write: Callable[[str], Path], tmp_path: Path) -> None:
    before = exported(store)
    done = typed("score", "--rubric", write(NEW), "--compare", "--out", tmp_path / "页.html", "--store", store)
    assert done.exit_code == 0, done.output
    assert "试算 3 通，结果库没有改动：1 通有变化，其中等级或合格与否变化 1 通（新增不合格 1，新增合格 0）" in done.output
    assert "达标 → 未达标 1" in done.output
    assert "好 → 差" in done.output
    page = (tmp_path / "页.html").read_text(encoding="utf-8")
    assert "王小丽（8001）" in page
    assert exported(store) == before


def test_what_a_trial_foretells_is_what_happens(store: Path, write: Callable[[str], Path]) -> None:
    assert typed("score", "--rubric", write(NEW), "--store", store).stdout.strip() == "已重新评分 3 通，其中 1 通的结果有变化"
    again = typed("score", "--rubric", write(NEW), "--compare", "--store", store)
    assert "0 通有变化" in again.output


def test_a_page_without_a_trial_is_refused(store: Path, tmp_path: Path) -> None:
    done = typed("score", "--out", tmp_path / "页.html", "--store", store)
    assert (done.exit_code, "--out 只与 --compare 一起用" in done.output) == (2, True)


def test_the_schema_is_printed_or_written(tmp_path: Path) -> None:
    printed = typed("rubric", "schema")
    assert json.loads(printed.stdout)["title"] == "听检评分表"
    assert typed("rubric", "schema", "--out", tmp_path / "s.json").exit_code == 0
    assert (tmp_path / "s.json").read_text(encoding="utf-8") == printed.stdout
    refused = typed("rubric", "schema", "--out", tmp_path / "none" / "s.json")
    assert (refused.exit_code, "Schema 写不了" in refused.output) == (2, True)


def test_examples_that_hold(write: Callable[[str], Path]) -> None:
    done = typed("rubric", "test", write(OLD))
    assert (done.exit_code, done.stdout) == (0, "正反例 3 条，3 条与所写一致\n")


def test_an_example_that_does_not_hold_is_told_and_exits_with_1(write: Callable[[str], Path]) -> None:
    done = typed("rubric", "test", write(NEW))
    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    assert lines[0] == "正反例 3 条，2 条与所写一致，1 条不一致："
    row = next(line for line in lines if "问候" in line)
    assert all(part in row for part in ("达标", "未达标", "您好", "请讲"))


def test_labelled_calls(write: Callable[[str], Path], tmp_path: Path) -> None:
    labels = [("您好", {"hello": "met", "rude": "met"}), ("喂", {"hello": "missed"}), ("喂，不知道", {"hello": "met"})]
    path = tmp_path / "gold.jsonl"
    lines = [{"call_id": f"g{n}", "turns": [{"role": "agent", "text": said}], "labels": known} for n, (said, known) in enumerate(labels)]
    path.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
    done = typed("rubric", "test", write(OLD), "--calls", path)
    assert done.exit_code == 0, done.output
    assert "标注通话 3 通，2 个评分项有标注。" in done.stdout
    hello, rude = (next(line for line in done.stdout.splitlines() if f"（{criterion}）" in line) for criterion in ("hello", "rude"))
    assert [cell.strip() for cell in hello.strip("│").split("│")] == [
        "问候（hello）", "3", "2", "0", "1", "0", "50% (9–91)", "100% (21–100)",
    ]  # fmt: skip
    assert [cell.strip() for cell in rude.strip("│").split("│")] == ["无禁语（rude）", "1", "1", "0", "0", "0", "–", "–"]


def test_wrong_labels_are_refused(write: Callable[[str], Path], tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text('{"call_id": "g", "turns": [], "labels": {"helo": "met"}}', encoding="utf-8")
    done = typed("rubric", "test", write(OLD), "--calls", path)
    assert (done.exit_code, "评分表里没有 helo，是否想写 hello？" in done.output) == (2, True)


def test_why_a_criterion_was_missed(store: Path, write: Callable[[str], Path]) -> None:
    done = typed("rubric", "explain", "hello", "c3", "--store", store, "--rubric", write(OLD))
    assert done.exit_code == 0, done.output
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    assert lines[:5] == [
        "问候（hello，全部）  ✗ 未达标  0/6 分",
        "为什么有这一项：客户要知道打对了地方",
        "要求：坐席说到「您好」",
        "理由：坐席的全部话语里没有「您好」",
        "逐步判断",
    ]
    assert lines[5].endswith("✗ 不成立  要求：说到「您好」")
    assert "查找了：坐席 0:00–0:05 的 1 句话" in lines[6]
    assert "最接近：" in lines[7]
    assert "才算）" in done.stdout


def test_why_a_criterion_was_met(store: Path, write: Callable[[str], Path]) -> None:
    lines = typed("rubric", "explain", "hello", "c1", "--store", store, "--rubric", write(OLD)).stdout.splitlines()
    assert lines[0] == "问候（hello，全部）  ✓ 达标  6/6 分"
    assert "0:01 坐席 您好" in lines[-1]


def test_the_stored_result_of_another_rubric_is_told(store: Path, write: Callable[[str], Path]) -> None:
    output = typed("rubric", "explain", "hello", "c2", "--store", store, "--rubric", write(NEW)).stdout
    assert "结果库里的结论出自另一份评分表（small 1 [" in output
    assert "库里的结论是：达标" in output


def test_a_criterion_or_call_that_is_not_there(store: Path, write: Callable[[str], Path]) -> None:
    for criterion, call, message in (("helo", "c1", "是否想写 hello？"), ("hello", "c9", "没有编号为 c9 的通话")):
        done = typed("rubric", "explain", criterion, call, "--store", store, "--rubric", write(OLD))
        assert (done.exit_code, message in done.output) == (2, True)
