from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from qa.intake.fields import ALIASES, CALL_FIELDS, FIELDS, parse_channel, parse_date, parse_direction, parse_time, resolve_columns

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-17 09:05:00",
        "2026-11-17T09:05:00",
        "2026-11-17T09:05:00+08:00",
        "2026-11-17T01:05:00Z",
        "2026-11-17 09:05",
        "2026-11-17 9:05",
        "2026/11/17 9:05:00",
        "2026/11/17 09:05",
        "2026.11.17 09:05:00",
        "2026年11月17日 9时5分",
        "2026年11月17日09时05分00秒",
        "2026年11月17日 9点5分",
        "2026年11月17日 09:05",
        "20261117090500",
        "20261117 090500",
        "20261117_090500",
        "202611170905",
        "2026-11-17_09:05",
        "2026年11月17日 9：05",
        "２０２６-11-17　09：05",
        "2026-11-17 09:05:00.000",
    ],
)
def test_times(text: str) -> None:
    assert parse_time(text, SHANGHAI).astimezone(SHANGHAI).isoformat() == "2026-11-17T09:05:00+08:00"


def test_a_time_keeps_its_own_offset() -> None:
    assert parse_time("2026-11-17T09:05:00+09:00", SHANGHAI).isoformat() == "2026-11-17T09:05:00+09:00"


@pytest.mark.parametrize(
    "text",
    [
        "昨天",
        "9:05",
        "2026-13-01 09:00",
        "2026-02-30 09:00",
        "1763341200",
        "0001-01-01",
        "17/11/2026 09:00",
        "-",
        "8001",
        "2026111709050",
        "9时5分",
    ],
)
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(ValueError, match=f"^时间 {text} 认不出来，可写成 2026-11-17 09:00:00$"):
        parse_time(text, SHANGHAI)


@pytest.mark.parametrize("text", ["2024-03-01", "2024/3/1", "2024年3月1日", "20240301", "2024-03-01T00:00:00", "2024.3.1"])
def test_dates(text: str) -> None:
    assert parse_date(text) == "2024-03-01"


def test_an_hour_alone() -> None:
    assert (
        parse_time("2026年11月17日9时", SHANGHAI).isoformat()
        == parse_time("2026/11/17 9", SHANGHAI).isoformat()
        == "2026-11-17T09:00:00+08:00"
    )


def test_directions_and_channels() -> None:
    assert [parse_direction(text) for text in ("inbound", "IN", "呼入", "外呼")] == ["inbound", "inbound", "inbound", "outbound"]
    assert [parse_channel(text) for text in "01"] == [0, 1]
    with pytest.raises(ValueError, match=r"^agent_channel 是 2，只能是 0（左声道）、1（右声道）或留空$"):
        parse_channel("2")


def test_every_alias_means_one_field() -> None:
    assert set(ALIASES) == set(FIELDS)
    every = [alias.lower().replace("_", "") for names in ALIASES.values() for alias in names] + [name.replace("_", "") for name in FIELDS]
    assert sorted(name for name in set(every) if every.count(name) > 1) == []


def test_headings() -> None:
    columns = ["录音文件", "坐席工号", "坐席姓名", "班组", "通话时间", "客户号码", "呼叫方向", "Call ID"]
    assert resolve_columns(columns, CALL_FIELDS, {}, []) == (
        {
            "录音文件": "file",
            "坐席工号": "agent_id",
            "坐席姓名": "agent_name",
            "班组": "team",
            "通话时间": "started_at",
            "客户号码": "customer_id",
            "呼叫方向": "direction",
            "Call ID": "call_id",
        },
        [],
    )
    assert resolve_columns(["工号", "坐席工号", "专线", "技能组"], CALL_FIELDS, {"agent_id": "专线", "tema": "x"}, ["技能组"]) == (
        {"专线": "agent_id", "技能组": "技能组"},
        [
            "设置 intake.columns：没有字段 tema，是否想写 team？",
            "列 工号 也表示 agent_id，而设置 intake.columns 已指定了另一列",
            "列 坐席工号 也表示 agent_id，而设置 intake.columns 已指定了另一列",
        ],
    )
    assert resolve_columns(["工号", "坐席工号"], CALL_FIELDS, {}, []) == ({"工号": "agent_id"}, ["列 工号 和 坐席工号 都表示 agent_id"])
