from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from qa.calls import Event, Heard, Quarantined, Recording, Roles, Speech, Turn, Word
from qa.config import IntakeSettings, Settings
from qa.errors import ManifestError
from qa.intake.transcripts import read_transcripts

META = {"agent_id": "8001", "started_at": "2026-11-20T09:00:00+08:00"}


def read(
    path: Path, *lines: object, settings: Settings | None = None, encoding: str = "utf-8"
) -> list[tuple[Recording, Heard] | Quarantined]:
    texts = [line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines]
    path.write_text("\n".join(texts), encoding=encoding)
    return list(read_transcripts(path, settings or Settings()))


def heard(path: Path, **entry: object) -> Heard:
    (item,) = read(path, {"call_id": "r1", **META, **entry})
    assert isinstance(item, tuple), item
    return item[1]


def reason(item: tuple[Recording, Heard] | Quarantined) -> str:
    assert isinstance(item, Quarantined), item
    return item.message.splitlines()[2].removeprefix("  原因：")


def test_a_timed_call(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    turns = [
        {"role": "customer", "text": "喂，", "start": 1.4, "end": 2.0},
        {"role": "agent", "text": " 您好请讲 ", "start": 0.504, "end": 1.6},
        {"role": "agent", "text": "在的", "start": 1.5, "end": 2.5},
    ]
    ((recording, heard),) = read(
        path, {"schema": "transcript/1", "call_id": "r1", **META, "team": "一组", "来源": "旧系统", "turns": turns}
    )  # type: ignore[misc]
    assert recording == Recording(
        call_id="r1",
        content_hash=recording.content_hash,
        agent_id="8001",
        team="一组",
        started_at=datetime(2026, 11, 20, 9, tzinfo=timezone(timedelta(hours=8))),
        extra={"来源": "旧系统"},
    )
    assert heard == Heard(
        duration=2.5,
        channels=0,
        turns=(
            Turn(role="agent", text="您好请讲", start=0.5, end=1.6),
            Turn(role="customer", text="喂，", start=1.4, end=2.0),
            Turn(role="agent", text="在的", start=1.5, end=2.5),
        ),
        roles=Roles(method="manual", confidence=1.0),
        speech=(Speech("agent", ((0.5, 2.5),)), Speech("customer", ((1.4, 2.0),))),
        parted=True,
    )
    assert heard.timed


def test_without_times_in_the_order_given(tmp_path: Path) -> None:
    turns = [
        {"role": "用户", "text": "喂"},
        {"role": "客服", "text": "您好", "start": 1, "end": 2},
        {"role": "坐席", "text": " "},
        {"text": "啊"},
    ]
    assert heard(tmp_path / "t.jsonl", turns=turns) == Heard(
        duration=None,
        channels=0,
        turns=(Turn(role="customer", text="喂"), Turn(role="agent", text="您好"), Turn(role="unknown", text="啊")),
        roles=Roles(method="manual", confidence=1.0),
    )


def test_durations(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    turn = {"role": "agent", "text": "您好", "start": 1, "end": 2.5}
    assert heard(path, turns=[turn], duration=60).duration == 60.0
    assert heard(path, turns=[turn], duration=1).duration == 2.5
    assert heard(path, turns=[{"role": "agent", "text": "您好"}], duration=60).duration == 60.0
    assert heard(path, turns=[]) == Heard(duration=None, channels=0, turns=(), roles=Roles(method="manual", confidence=1.0))


def test_a_bad_line_loses_no_other(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    good = {"call_id": "r1", **META, "turns": []}
    bad_turns = [
        {"role": "机器", "text": "喂"},
        {"role": "agent"},
        "喂",
        {"role": "agent", "text": "", "start": -1, "end": "x"},
        {"text": "", "start": 3, "end": 2},
    ]
    items = read(
        path,
        good,
        "{not json",
        "[1]",
        {"call_id": "r2", **META},
        {"call_id": "r3", **META, "turns": bad_turns, "schema": "call/1", "duration": "3 min"},
        {"call_id": "r1", **META, "turns": []},
        {"agent_id": "8001", "turns": []},
        {"call_id": "r4", **META, "turns": [{"role": "agent", "text": "\ud800"}]} and '{"call_id": "r4", "turns": [{"text": "\\ud800"}]}',
        {**good, "call_id": "r5"},
    )
    assert [item.call_id if isinstance(item, Quarantined) else item[0].call_id for item in items] == [
        "r1", "t:2", "t:3", "r2", "r3", "r1:6", "t:7", "t:8", "r5"
    ]  # fmt: skip
    assert [isinstance(item, Quarantined) for item in items] == [False, *[True] * 7, False]
    assert reason(items[1]).startswith("不是 JSON：Expecting property name")
    assert [reason(item) for item in items[2:-1]] == [
        "不是 JSON 对象",
        "缺少 turns（句子的列表）",
        "schema 是 call/1，只认识 transcript/1；duration 是 3 min，应是秒数；"
        "第 1 句的 role 是 机器，应是 agent（客服）、customer（客户）或 unknown；第 2 句缺少 text；第 3 句不是 JSON 对象；"
        "第 4 句的时间是 -1、x，应是 0 到 7 天之间的秒数；第 5 句结束（2）早于开始（3）",
        "call_id r1 与第 1 行重复",
        "缺少 call_id；缺少 started_at（通话时间）",
        "含有残缺的 Unicode 字符（单个代理码位）",
    ]
    assert isinstance(items[3], Quarantined)
    assert items[3].message == (
        f"文字记录的一行有误\n  位置：{path} 第 4 行\n  原因：缺少 turns（句子的列表）\n  处理：改正这一行后重新导入；其余各行不受影响"
    )


def test_missing_metadata_can_be_allowed(tmp_path: Path) -> None:
    line = {"call_id": "r1", "started_at": "昨天", "turns": []}
    (item,) = read(tmp_path / "t.jsonl", line)
    assert reason(item) == "缺少 agent_id（坐席工号）；时间 昨天 认不出来，可写成 2026-11-17 09:00:00"
    (item,) = read(tmp_path / "t.jsonl", line, settings=Settings(intake=IntakeSettings(allow_missing_metadata=True)))
    assert isinstance(item, tuple)
    assert (item[0].agent_id, item[0].started_at) == ("unknown", None)


def test_a_roster_joins_in(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("agent_id,team\n8001,一组\n", encoding="utf-8")
    settings = Settings(intake=IntakeSettings(roster=tmp_path / "r.csv"))
    known, unknown = read(
        tmp_path / "t.jsonl",
        {"call_id": "r1", **META, "turns": []},
        {"call_id": "r2", **META, "agent_id": 8002, "turns": []},
        settings=settings,
    )
    assert isinstance(known, tuple)
    assert known[0].team == "一组"
    assert reason(unknown) == "坐席 8002 不在名册 r.csv 中"
    (tmp_path / "r.csv").write_text("agent_id,team\n8001,一组\n8001,二组\n", encoding="utf-8")
    with pytest.raises(ManifestError, match="坐席 8001 与第 2 行重复"):
        read(tmp_path / "t.jsonl", settings=settings)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gbk"])
def test_encodings(encoding: str, tmp_path: Path) -> None:
    turns = [{"role": "坐席", "text": "您好，请讲"}]
    (item,) = read(tmp_path / "t.jsonl", {"call_id": "r1", **META, "turns": turns}, encoding=encoding)
    assert isinstance(item, tuple)
    assert item[1].turns == (Turn(role="agent", text="您好，请讲"),)


def test_the_same_line_has_the_same_hash_wherever_it_stands(tmp_path: Path) -> None:
    one, other = ({"call_id": f"r{n}", **META, "turns": []} for n in (1, 2))
    first = {item[0].call_id: item[0].content_hash for item in read(tmp_path / "a.jsonl", one, other) if isinstance(item, tuple)}
    second = {item[0].call_id: item[0].content_hash for item in read(tmp_path / "b.jsonl", other, "", one) if isinstance(item, tuple)}
    assert first == second
    assert len(set(first.values())) == 2


def test_files_that_cannot_be_read_are_quarantined_whole(tmp_path: Path) -> None:
    (missing,) = read_transcripts(tmp_path / "none.jsonl", Settings())
    assert isinstance(missing, Quarantined)
    assert missing.message == (
        f"读不了文字记录\n  位置：{tmp_path / 'none.jsonl'}\n  原因：No such file or directory\n  处理：检查路径和读权限"
    )
    (empty,) = read(tmp_path / "t.json", "  ")
    assert isinstance(empty, Quarantined)
    assert (empty.call_id, empty.message.splitlines()[0]) == ("t", "文字记录是空的")


def test_one_json_value_over_many_lines(tmp_path: Path) -> None:
    calls = [{"call_id": name, **META, "turns": [{"role": "agent", "text": "您好"}]} for name in ("r1", "r2", "r1")]
    path = tmp_path / "t.json"
    path.write_text(json.dumps(calls, indent=1), encoding="utf-8")
    first, second, third = read_transcripts(path, Settings())
    assert isinstance(first, tuple)
    assert isinstance(second, tuple)
    assert (first[0].call_id, second[0].call_id) == ("r1", "r2")
    assert reason(third) == "call_id r1 与第 1 通重复"


def test_words_and_confidences_are_kept_and_voices_without_a_role_are_numbered(tmp_path: Path) -> None:
    words = [{"text": "您好", "start": 1.0, "end": 1.4, "confidence": 0.9}, {"text": "请讲", "start": 1.4, "end": 2.0}]
    turns = [
        {"speaker": "甲", "text": "您好，请讲", "start": 1.0, "end": 2.0, "confidence": 0.8, "words": words},
        {"speaker": "乙", "text": "喂", "start": 2.5, "end": 3.0},
    ]
    assert heard(tmp_path / "t.jsonl", turns=turns) == Heard(
        duration=3.0,
        channels=0,
        turns=(
            Turn(
                role="unknown",
                text="您好，请讲",
                start=1.0,
                end=2.0,
                confidence=0.8,
                words=(Word("您好，", 1.0, 1.4, 0.9), Word("请讲", 1.4, 2.0, 0.8)),
                channel=0,
            ),
            Turn(role="unknown", text="喂", start=2.5, end=3.0, channel=1),
        ),
        roles=Roles(method="script", confidence=0.0),
        speech=(Speech("unknown", ((1.0, 2.0),), 0), Speech("unknown", ((2.5, 3.0),), 1)),
    )


def test_music_that_the_file_knows_of_is_no_silence(tmp_path: Path) -> None:
    turns = [{"role": "agent", "text": "好的", "start": 0.5, "end": 1.0}, {"role": "agent", "text": "久等了", "start": 30.0, "end": 31.0}]
    events = [
        {"type": "tone", "start": 28.0, "end": 29.0},
        {"type": "hold", "start": 2.0, "end": 27.5},
        {"type": "silence", "start": 1.0, "end": 2.0},
    ]
    call = heard(tmp_path / "t.jsonl", turns=turns, events=events)
    assert call.sounds == (Event("music", 2.0, 27.5), Event("tone", 28.0, 29.0))
    (wrong,) = read(tmp_path / "w.jsonl", {"call_id": "r1", **META, "turns": turns, "events": [{"type": "hold", "start": 9, "end": 3}]})
    assert reason(wrong) == "第 1 个 event 的起止时间是 9、3，应是先后两个秒数"
