from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from qa.config import IntakeSettings, Settings
from qa.intake.metadata import Metadata, Roster, complete, load_roster


def test_a_roster_in_chinese(tmp_path: Path) -> None:
    path = tmp_path / "名册.csv"
    path.write_text("工号,姓名,班组,班组长,入职日期,技能\n８００１,王小丽,一组,周洁,2021/3/15,宽带\n8002,李强,,,,\n", encoding="gbk")
    settings = Settings(intake=IntakeSettings(extra_columns=("技能",)))
    roster, problems = load_roster(path, settings)
    assert problems == []
    assert roster.agents == {
        "8001": {
            "agent_id": "8001",
            "agent_name": "王小丽",
            "team": "一组",
            "team_leader": "周洁",
            "hired_on": "2021-03-15",
            "技能": "宽带",
        },
        "8002": {"agent_id": "8002", "agent_name": "李强"},
    }
    assert complete(
        {"agent_id": "8001", "started_at": "2026-11-17 09:00", "team": "临时组", "customer_id": " "}, roster, settings
    ) == Metadata(
        {
            "agent_id": "8001",
            "agent_name": "王小丽",
            "team": "临时组",
            "started_at": datetime(2026, 11, 17, 9, tzinfo=ZoneInfo("Asia/Shanghai")),
            "team_leader": "周洁",
            "hired_on": "2021-03-15",
        },
        extra={"技能": "宽带"},
    )


def test_everything_wrong_with_a_roster(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("agent_id,team,hired_on,tema_leader\n8001,一组,去年,\n,二组,,\n8001,三组,,\n", encoding="utf-8")
    assert load_roster(path, Settings())[1] == [
        "名册 r.csv 表头：不认识的列 tema_leader，是否想写 team_leader？",
        "名册 r.csv 第 2 行：日期 去年 认不出来，可写成 2024-03-01",
        "名册 r.csv 第 3 行：缺少 agent_id（坐席工号）",
        "名册 r.csv 第 4 行：坐席 8001 与第 2 行重复",
    ]
    path.write_text("team\n一组\n", encoding="utf-8")
    assert load_roster(path, Settings())[1] == ["名册 r.csv 没有 agent_id（坐席工号）这一列"]


def test_what_is_not_known_stays_unknown() -> None:
    assert complete({}, None, Settings()) == Metadata({"agent_id": "unknown"}, ("agent_id", "started_at"))
    roster = Roster("r.csv", {})
    wrong = complete({"agent_id": "8009", "started_at": "昨天", "agent_channel": "左"}, roster, Settings())
    assert wrong == Metadata(
        {"agent_id": "8009"},
        wrong=(
            "坐席 8009 不在名册 r.csv 中",
            "时间 昨天 认不出来，可写成 2026-11-17 09:00:00",
            "agent_channel 是 左，只能是 0（左声道）、1（右声道）或留空",
        ),
    )
