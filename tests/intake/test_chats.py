"""Logs of lines: what is a speaker, what goes on with the line before, where a call begins."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from qa.intake.chats import looks_like_chat, read_chats
from qa.intake.speakers import prefix, role_of
from qa.intake.utterances import Script


def scripts(text: str) -> list[Script]:
    return list(read_chats(text, text.encode(), ZoneInfo("Asia/Shanghai")))


def said(text: str) -> list[tuple[str | None, str]]:
    (one,) = scripts(text)
    assert one.problems == ()
    return [(line.who, line.text) for line in one.said]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("坐席：您好\n客户：喂", [("坐席", "您好"), ("客户", "喂")]),
        ("坐席: 您好\n客户: 地址：北京\n备注：门牌三号", [("坐席", "您好"), ("客户", "地址：北京 备注：门牌三号")]),
        ("【客服】您好\n【用户】喂", [("客服", "您好"), ("用户", "喂")]),
        ("[00:01] 坐席：您好\n注意：请讲\n[00:05] 李四：喂", [("坐席", "您好 注意：请讲"), ("李四", "喂")]),
        ("坐席 09:00:01\n您好\n客户 09:00:05\n我想约 10:30\n可以吗", [("坐席", "您好"), ("客户", "我想约 10:30 可以吗")]),
        ("坐席：您好\n李四：喂", [("坐席", "您好"), ("李四", "喂")]),
        ("SPEAKER_00: 您好\nSPEAKER_01: 喂\n", [("SPEAKER_00", "您好"), ("SPEAKER_01", "喂")]),
    ],
)
def test_speakers(text: str, expected: list[tuple[str, str]]) -> None:
    assert looks_like_chat(text)
    assert said(text) == expected


def test_a_date_across_midnight_counts_on() -> None:
    (one,) = scripts("[2026-11-20 23:59:59] 坐席：您好\n[2026/11/21 00:00:01] 客户：喂")
    assert [line.start for line in one.said] == [0.0, 2.0]
    assert one.values == {"started_at": "2026-11-20T23:59:59+08:00"}


def test_a_new_call_begins_with_its_id_and_keeps_its_hash_wherever_it_stands() -> None:
    one, two = "通话编号：k1\n坐席：您好\n", "通话编号：k2\n坐席：再见\n"
    forward = {script.call_id: script.content for script in scripts(one + two)}
    backward = {script.call_id: script.content for script in scripts(two + one)}
    assert set(forward) == {"k1", "k2"}
    assert forward == backward
    assert [(script.place, script.number) for script in scripts(one + two)] == [("第 1 行起", 1), ("第 3 行起", 3)]


@pytest.mark.parametrize(
    ("mark", "role"),
    [
        ("坐席 张三", "agent"),
        ("客服8001", "agent"),
        ("Agent", "agent"),
        ("ＡＧＥＮＴ", "agent"),
        ("客户（先生）", "customer"),
        ("USER_2", "customer"),
        ("IVR", "unknown"),
        ("系统消息", "unknown"),
        ("客户经理", None),
        ("客服部", None),
        ("用户体验", None),
        ("SPEAKER_00", None),
        ("张三", None),
    ],
)
def test_roles(mark: str, role: str | None) -> None:
    assert role_of(mark) == role


@pytest.mark.parametrize("text", ["您好，现在是九点：对", "喂", "", "：您好", "https：//"])
def test_no_speaker_in_front(text: str) -> None:
    found = prefix(text)
    assert found is None or role_of(found[0]) is None
