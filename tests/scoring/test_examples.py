"""Examples in rubrics and calls that people have labelled."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from judging import sheet
from support import ROOT

from qa.config import AnalysisSettings, Settings
from qa.errors import QaError
from qa.scoring.examples import Agreement, agreements, heard_of, read_golden, try_examples, turns_of
from qa.scoring.rubric import load_rubric

HELLO = "points: 6, scope: {role: agent}, require: {say: 您好}"
RUDE = "points: 4, scope: {role: agent}, forbid: {say: 不知道}"


@pytest.mark.parametrize("path", sorted((ROOT / "rubrics").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_examples_of_the_shipped_rubrics_are_judged_as_they_say(path: Path) -> None:
    wrong = [(tried.expected, tried.lines, tried.finding) for tried in try_examples(load_rubric(path)) if not tried.right]
    assert wrong == []


def test_an_example_that_does_not_show_what_it_says_is_told(tmp_path: Path) -> None:
    rubric = sheet(tmp_path, HELLO + ", examples: {good: [您好, 喂], bad: [[坐席：喂, 客户：您好]]}", RUDE)
    tried = list(try_examples(rubric))
    assert [(one.finding.criterion, one.expected, one.finding.outcome, one.right, one.lines) for one in tried] == [
        ("c0", "met", "met", True, ("您好",)),
        ("c0", "met", "missed", False, ("喂",)),
        ("c0", "missed", "missed", True, ("坐席：喂", "客户：您好")),
    ]


def test_examples_are_calls_with_times_unless_told_otherwise() -> None:
    call = heard_of(turns_of(["坐席：您好", "客户：退款", "备注：您好"]))
    assert [(turn.role, turn.text, turn.start, turn.end) for turn in call.turns] == [
        ("agent", "您好", 1.0, 4.0),
        ("customer", "退款", 6.0, 9.0),
        ("agent", "备注：您好", 11.0, 14.0),
    ]
    assert (call.duration, call.parted, [(voice.role, voice.intervals) for voice in call.speech]) == (
        15.0,
        True,
        [("agent", ((1.0, 4.0), (11.0, 14.0))), ("customer", ((6.0, 9.0),))],
    )
    untimed = heard_of(turns_of(["您好"], step=None))
    assert (untimed.duration, untimed.timed, untimed.speech, untimed.parted) == (None, False, (), False)


def golden(folder: Path, *calls: tuple[str, dict[str, str] | None]) -> Path:
    path = folder / "golden.jsonl"
    lines = [
        {"call_id": f"g{number}", "turns": [{"role": "agent", "text": text}]} | ({} if labels is None else {"labels": labels})
        for number, (text, labels) in enumerate(calls)
    ]
    path.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
    return path


def test_agreement_with_labels(tmp_path: Path) -> None:
    path = golden(
        tmp_path,
        ("您好", {"c0": "met", "c1": "met"}),
        ("喂", {"c0": "missed"}),
        ("喂，不知道", {"c0": "met"}),
        ("您好，不知道", {"c0": "missed"}),
        ("不要紧", None),
    )
    rubric = sheet(tmp_path, HELLO, RUDE, "points: 1, require: {say: 再见}")
    cases = read_golden(path, rubric, Settings())
    assert [case.recording.call_id for case in cases] == ["g0", "g1", "g2", "g3"]
    first, second = agreements(cases, rubric, AnalysisSettings())
    assert first == Agreement(
        criterion="c0", name="项目0", calls=4, right=2, unsure=0, caught=1, wronged=1, overlooked=1,
        precision=0.5, precision_interval=first.precision_interval, recall=0.5, recall_interval=first.recall_interval,
    )  # fmt: skip
    assert first.precision_interval == pytest.approx((0.0945, 0.9055), abs=1e-4)
    assert (second.calls, second.right, second.precision, second.recall_interval) == (1, 1, None, None)


def test_no_labelled_call_at_all(tmp_path: Path) -> None:
    rubric = sheet(tmp_path, HELLO)
    assert read_golden(golden(tmp_path, ("您好", None)), rubric, Settings()) == []
    assert agreements([], rubric, AnalysisSettings()) == []


def test_all_faults_of_the_labels_are_told_at_once(tmp_path: Path) -> None:
    rubric = sheet(tmp_path, HELLO, RUDE)
    path = golden(tmp_path, ("您好", {"c": "met", "c0": "good"}), ("您好", ["c0"]))  # type: ignore[arg-type]
    with pytest.raises(QaError) as caught:
        read_golden(path, rubric, Settings())
    assert caught.value.what == "标注文件有 3 处错误"
    assert [line.strip() for line in (caught.value.why or "").splitlines()] == [
        "g0：评分表里没有 c，是否想写 c1？",
        "g0：c0 的标注是 good，应是 met、missed 或 na",
        'g1：labels 应是 {"项目": "met"} 这样的对象',
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "空的"),
        ('{"labels": {"c0": "met"}}\n', "第 1 行不是带 call_id 的 JSON 对象"),
        ('{"call_id": "g", "turns": 3, "labels": {}}\n', "turns"),
        ("1\n00:00:01,000 --> 00:00:02,000\n坐席：您好\n", "第 2 行不是带 call_id 的 JSON 对象"),
        ("坐席：您好\n客户：退款\n", "第 1 行不是带 call_id 的 JSON 对象"),
    ],
    ids=["empty", "no call", "no turns", "subtitles", "chat"],
)
def test_a_file_that_holds_no_labelled_calls_is_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "golden.jsonl"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(QaError, match=message):
        read_golden(path, sheet(tmp_path, HELLO), Settings())
