from __future__ import annotations

from pathlib import Path

import pytest

from qa.errors import ConfigError
from qa.intake.filenames import FilenamePattern


@pytest.mark.parametrize(
    ("pattern", "name", "values"),
    [
        ("{agent_id}_{started_at:%Y%m%d%H%M%S}", "8001_20261117090500.wav", {"agent_id": "8001", "started_at": "2026-11-17T09:05:00"}),
        ("{agent_id}-{started_at:%Y%m%d}-{started_at:%H%M%S}", "8001-20261117-090500.mp3", {
            "agent_id": "8001", "started_at": "2026-11-17T09:05:00"}),
        ("{}_{call_id}", "x_y_z.wav", {"call_id": "y_z"}),
        ("{team}/{started_at:%Y-%m-%d}/{agent_id} {agent_name}", "d/一组/2026-11-17/8001 王小丽.wav", {
            "team": "一组", "agent_id": "8001", "agent_name": "王小丽", "started_at": "2026-11-17T00:00:00"}),
        ("{agent_id}.{call_id}", "8001.77.wav", {"agent_id": "8001", "call_id": "77"}),
        ("{agent_id}_{技能}", "8001_宽带.wav", {"agent_id": "8001", "技能": "宽带"}),
        ("{agent_id}_{started_at:%Y%m%d}", "8001_20260230.wav", {"agent_id": "8001", "started_at": "20260230"}),
        ("{agent_id}_{started_at:%Y%m%d}", "8001_2026117.wav", None),
        ("{agent_id}_{started_at:%Y%m%d}", "8001.wav", None),
    ],
)  # fmt: skip
def test_names(pattern: str, name: str, values: dict[str, str] | None) -> None:
    assert FilenamePattern.compile(pattern, ("技能",)).read(Path(name)) == values


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("{agnt_id}", "没有字段 agnt_id，是否想写 agent_id？"),
        ("{agent_id:%Y}", "agent_id 不是时间，不能带格式 %Y"),
        ("{started_at:%Y%q}", "时间格式 %q 不支持，可用 %Y %y %m %d %H %M %S"),
        ("{agent_id", "花括号不成对"),
        ("{agent_id}}", "花括号不成对"),
        ("录音", "没有任何字段"),
        ("{agent_id}_{agent_id}_{team}_{team}", "字段 agent_id 出现了多次；字段 team 出现了多次"),
    ],
)
def test_wrong_patterns(pattern: str, why: str) -> None:
    with pytest.raises(ConfigError) as caught:
        FilenamePattern.compile(pattern)
    assert (caught.value.where, caught.value.why) == (f"intake.filename_pattern = {pattern}", why)
