"""Which row of a manifest means which transcript."""

from __future__ import annotations

from pathlib import Path

import pytest

from qa.config import Settings
from qa.errors import ManifestError
from qa.intake.listing import Listing, load_listing


def listing(path: Path, text: str) -> Listing:
    path.write_text(text, encoding="utf-8")
    return load_listing(path, None, Settings())


def test_a_recordings_name_means_its_transcript_in_any_folder(tmp_path: Path) -> None:
    rows = listing(tmp_path / "m.csv", "file,agent_id\n录音\\a.wav,1\nb.mp3,2\n")
    assert [rows.row(tmp_path / name, None)["agent_id"] for name in ("a.json", "x/a.wav.json", "b.srt")] == ["1", "1", "2"]
    assert rows.row(tmp_path / "c.json", None) == {}
    assert rows.row(tmp_path / "a.json", "c1", alone=False) == {}  # one of several calls in the file


def test_of_the_same_name_the_folder_decides(tmp_path: Path) -> None:
    rows = listing(tmp_path / "m.csv", "file,agent_id\n周一/a.wav,1\n周二/a.wav,2\n")
    assert rows.row(tmp_path / "周二" / "a.json", None)["agent_id"] == "2"
    assert rows.row(tmp_path / "a.json", None) == {}


def test_the_call_id_goes_first(tmp_path: Path) -> None:
    rows = listing(tmp_path / "m.csv", "file,call_id,agent_id\na.wav,c1,1\nb.wav,c2,2\n")
    assert rows.row(tmp_path / "a.json", "c2")["agent_id"] == "2"


def test_all_faults_at_once(tmp_path: Path) -> None:
    with pytest.raises(ManifestError) as error:
        listing(tmp_path / "m.csv", "agent_id,direction\n1,斜\n")
    assert str(error.value).splitlines() == [
        "清单有 2 处问题，没有开始导入",
        f"  位置：{tmp_path / 'm.csv'}",
        "  原因：",
        "    表头：既没有 file（录音文件）也没有 call_id（通话编号），不知道哪一行是哪一通",
        "    第 2 行：呼叫方向 斜 认不出来，可写 inbound（呼入）或 outbound（呼出）",
        "  处理：改正后重试；要保留的其他列写进设置 intake.extra_columns",
    ]
