from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from qa.calls import Recording
from qa.config import IntakeSettings, Settings
from qa.errors import ManifestError, QaError
from qa.intake import manifest as module
from qa.intake.manifest import Batch, plan

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEXT_STEP = (
    "  处理：改正后重试；要保留的其他列写进设置 intake.extra_columns；"
    "缺少的信息确实没有时加 --allow-missing-metadata（重复、越界和不认识的列仍须改正）"
)
SHARED = Path(__file__).parents[3] / "shared" / "calls"


def recordings(folder: Path, *names: str) -> None:
    """Files that are only found, named and hashed here, never decoded; their content is their name."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)


def settings(**intake: object) -> Settings:
    return Settings(intake=IntakeSettings.model_validate(intake))


def recording(path: Path, name: str, **known: object) -> Recording:
    return Recording(content_hash=hashlib.sha256(name.encode()).hexdigest(), path=str(path / name), **known)  # type: ignore[arg-type]


def problems(sources: Sequence[str | Path], manifest: Path | None, using: Settings) -> list[str]:
    with pytest.raises(ManifestError) as caught:
        plan(sources, manifest, using)
    return str(caught.value).splitlines()


@pytest.mark.parametrize("kind", ["utf-8", "utf-8-sig", "gbk", "xlsx", "jsonl"])
def test_the_same_batch_from_every_format(kind: str, tmp_path: Path) -> None:
    recordings(tmp_path / "audio", "a.wav", "sub/b.mp3")
    header = ["录音文件", "通话编号", "坐席工号", "坐席姓名", "班组", "通话时间", "呼叫方向", "客户号码", "坐席声道"]
    rows: list[list[object]] = [
        ["a.wav", "c1", 8001, "王小丽", "一组", "2026-11-17 09:00:00", "呼入", 13800001000, 0],
        ["sub\\b.mp3", None, 8002, "李强", "", "2026/11/18 10:07", "呼出", None, None],
    ]
    text = "\n".join(",".join("" if cell is None else str(cell) for cell in row) for row in [header, *rows])
    path = tmp_path / f"清单.{kind if kind in ('xlsx', 'jsonl') else 'csv'}"
    if kind == "xlsx":
        book = openpyxl.Workbook()
        rows[0][5] = datetime(2026, 11, 17, 9)
        for row in [header, *rows]:
            book.active.append(row)
        book.save(path)
    elif kind == "jsonl":
        import json

        path.write_text("\n".join(json.dumps(dict(zip(header, row, strict=True)), ensure_ascii=False) for row in rows), encoding="utf-8")
    else:
        path.write_text(text, encoding=kind)
    assert plan([tmp_path / "audio"], path, Settings()) == Batch(
        (
            recording(
                tmp_path / "audio",
                "a.wav",
                call_id="c1",
                agent_id="8001",
                agent_name="王小丽",
                team="一组",
                started_at=datetime(2026, 11, 17, 9, tzinfo=SHANGHAI),
                direction="inbound",
                customer_id="13800001000",
                agent_channel=0,
            ),
            recording(
                tmp_path / "audio",
                "sub/b.mp3",
                call_id="b",
                agent_id="8002",
                agent_name="李强",
                started_at=datetime(2026, 11, 18, 10, 7, tzinfo=SHANGHAI),
                direction="outbound",
            ),
        )
    )


def test_mapped_and_further_columns(tmp_path: Path) -> None:
    recordings(tmp_path, "a.wav")
    (tmp_path / "m.csv").write_text("文件,专员,拨打时刻,业务\na.wav,8001,2026-11-17 09:00,宽带\n", encoding="utf-8")
    using = settings(columns={"agent_id": "专员", "started_at": "拨打时刻"}, extra_columns=["业务"])
    assert plan([tmp_path], tmp_path / "m.csv", using).recordings == (
        recording(
            tmp_path,
            "a.wav",
            call_id="a",
            agent_id="8001",
            started_at=datetime(2026, 11, 17, 9, tzinfo=SHANGHAI),
            extra={"业务": "宽带"},
        ),
    )
    # Without the settings, and with settings that speak of a column that is not there
    assert problems([tmp_path], tmp_path / "m.csv", settings(columns={"customer_id": "电话"})) == [
        "录音的元数据有 6 处问题，没有开始质检",
        f"  位置：{tmp_path}/m.csv",
        "  原因：",
        "    表头：不认识的列 专员",
        "    表头：不认识的列 拨打时刻",
        "    表头：不认识的列 业务",
        "    表头：没有 电话 这一列，而设置 intake.columns 说它是 customer_id",
        "    表头：没有 agent_id（坐席工号） 这一列",
        "    表头：没有 started_at（通话时间） 这一列",
        NEXT_STEP,
    ]


MESSY = """file,call_id,agent_id,started_at,agent_channel,agnt_name
a.wav,c1,8001,2026-11-17 09:00,0,
b.wav,c1,8009,昨天,2,
a.wav,c2,8001,2026-11-17 09:00,,
gone.wav,c3,,,,
../../../etc/passwd,c4,8001,2026-11-17 09:00,,
/etc/hostname,c5,8001,2026-11-17 09:00,,
,c6,8001,2026-11-17 09:00,,
"""


def messy(folder: Path) -> Settings:
    recordings(folder / "audio", "a.wav", "b.wav", "unlisted.wav")
    (folder / "m.csv").write_text(MESSY, encoding="utf-8")
    (folder / "r.csv").write_text("agent_id,hired_on\n8001,2021-03-15\n8001,\n", encoding="utf-8")
    return settings(roster=folder / "r.csv")


def test_every_problem_at_once(tmp_path: Path) -> None:
    assert problems([tmp_path / "audio"], tmp_path / "m.csv", messy(tmp_path)) == [
        "录音的元数据有 14 处问题，没有开始质检",
        f"  位置：{tmp_path}/m.csv",
        "  原因：",
        "    名册 r.csv 第 3 行：坐席 8001 与第 2 行重复",
        "    表头：不认识的列 agnt_name，是否想写 agent_name？",
        "    第 3 行：坐席 8009 不在名册 r.csv 中",
        "    第 3 行：时间 昨天 认不出来，可写成 2026-11-17 09:00:00",
        "    第 3 行：agent_channel 是 2，只能是 0（左声道）、1（右声道）或留空",
        "    第 3 行：call_id c1 与第 2 行重复",
        "    第 4 行：文件 a.wav 与第 2 行重复",
        "    第 5 行：找不到文件 gone.wav",
        "    第 5 行：缺少 agent_id（坐席工号）",
        "    第 5 行：缺少 started_at（通话时间）",
        "    第 6 行：文件 ../../../etc/passwd 在清单和来源目录之外",
        "    第 7 行：文件 /etc/hostname 在清单和来源目录之外",
        "    第 8 行：缺少 file（录音文件）",
        f"    文件 {tmp_path}/audio/unlisted.wav：清单里没有它的行",
        NEXT_STEP,
    ]


def test_what_is_missing_can_be_allowed_but_not_what_contradicts(tmp_path: Path) -> None:
    using = messy(tmp_path)
    using = using.model_copy(update={"intake": using.intake.model_copy(update={"allow_missing_metadata": True})})
    assert problems([tmp_path / "audio"], tmp_path / "m.csv", using)[3:-1] == [
        "    名册 r.csv 第 3 行：坐席 8001 与第 2 行重复",
        "    表头：不认识的列 agnt_name，是否想写 agent_name？",
        "    第 3 行：call_id c1 与第 2 行重复",
        "    第 4 行：文件 a.wav 与第 2 行重复",
        "    第 6 行：文件 ../../../etc/passwd 在清单和来源目录之外",
        "    第 7 行：文件 /etc/hostname 在清单和来源目录之外",
        "    第 8 行：缺少 file（录音文件）",
    ]
    (tmp_path / "m.csv").write_text("file,agent_id,started_at\na.wav,8009,昨天\ngone.wav,8001,2026-11-17 09:00\n", encoding="utf-8")
    (tmp_path / "r.csv").write_text("agent_id,hired_on\n8001,2021-03-15\n", encoding="utf-8")
    batch = plan([tmp_path / "audio"], tmp_path / "m.csv", using)
    assert batch.recordings == (
        recording(tmp_path / "audio", "a.wav", call_id="a", agent_id="8009"),
        recording(tmp_path / "audio", "b.wav", call_id="b"),
        recording(tmp_path / "audio", "unlisted.wav", call_id="unlisted"),
    )
    assert [(one.call_id, one.path, one.message) for one in batch.quarantined] == [
        (
            "gone",
            "gone.wav",
            "找不到录音文件\n  位置：gone.wav\n  原因：清单里有这一行，磁盘上没有这个文件\n  处理：补上录音，或删去清单中的这一行",
        )
    ]
    assert batch.notes == (
        "第 2 行：坐席 8009 不在名册 r.csv 中",
        "第 2 行：时间 昨天 认不出来，可写成 2026-11-17 09:00:00",
        "第 3 行：找不到文件 gone.wav",
        f"文件 {tmp_path}/audio/b.wav：清单里没有它的行",
        f"文件 {tmp_path}/audio/unlisted.wav：清单里没有它的行",
    )


def test_a_manifest_without_files(tmp_path: Path) -> None:
    recordings(tmp_path, "a.wav")
    (tmp_path / "m.csv").write_text("工号,时刻\n8001,9:00\n", encoding="utf-8")
    assert problems([tmp_path], tmp_path / "m.csv", Settings()) == [
        "清单里没有录音文件这一列",
        f"  位置：{tmp_path}/m.csv",
        "  原因：现有的列：工号、时刻",
        '  处理：加上 file（录音文件）列，或在 qa.toml 的 intake.columns 里写 file = "你的列名"',
    ]


HEAD = "file,agent_id,started_at\n"
KNOWN = ",8001,2026-11-17 09:00\n"


def ids(batch: Batch) -> dict[str, str]:
    return {Path(one.path or "").name: one.call_id for one in batch.recordings}


def test_where_files_are_looked_for(tmp_path: Path) -> None:
    recordings(tmp_path, "audio/a.wav", "audio/11/b.wav", "audio/odd.v3", "m/c.wav")
    manifest = tmp_path / "m" / "m.csv"

    def batch(sources: list[str], *files: str) -> Batch:
        manifest.write_text(HEAD + "".join(file + KNOWN for file in files), encoding="utf-8")
        return plan([tmp_path / source for source in sources], manifest, Settings())

    # below the source; a bare name further down; one of no known extension; an absolute path; beside the manifest
    assert sorted(ids(batch(["audio", "m"], "a.wav", "b.wav", "odd.v3", "c.wav"))) == ["a.wav", "b.wav", "c.wav", "odd.v3"]
    assert sorted(ids(batch(["audio"], f"{tmp_path}/audio/a.wav", "11/b.wav"))) == ["a.wav", "b.wav"]
    # a part of what the manifest knows
    one = batch(["audio/a.wav"], "a.wav", "odd.v3", "c.wav")
    assert (list(ids(one)), one.left_out) == (["a.wav"], 2)
    # two of one name
    recordings(tmp_path, "audio/12/b.wav")
    unlisted = [f"    文件 {tmp_path}/audio/{day}/b.wav：清单里没有它的行" for day in (11, 12)]
    assert problems([tmp_path / "audio"], manifest, Settings())[3:-1] == unlisted
    manifest.write_text(HEAD + "a.wav" + KNOWN + "b.wav" + KNOWN, encoding="utf-8")
    assert f"    第 3 行：文件 b.wav 有 2 个同名文件，请写出所在目录：{tmp_path}/audio/11/b.wav、{tmp_path}/audio/12/b.wav" in problems(
        [tmp_path / "audio"], manifest, Settings()
    )


def test_ids_of_files_that_share_a_name(tmp_path: Path) -> None:
    recordings(tmp_path, "d/11/a.wav", "d/12/a.wav", "d/12/b.wav", "e/11/a.wav", "e/c.wav", "e/c.mp3")
    batch = plan([tmp_path / "d", tmp_path / "e"], None, settings(allow_missing_metadata=True))
    assert [one.call_id for one in batch.recordings] == [
        "d/11/a.wav",
        "12/a.wav",
        "b",
        "e/11/a.wav",
        "c.mp3",
        "c.wav",
    ]
    assert batch.notes == ()


def test_names_by_pattern(tmp_path: Path) -> None:
    recordings(tmp_path, "8001_13800001000_20261117090500.wav", "8002_13800001001_20261118101500.mp3")
    using = settings(filename_pattern="{agent_id}_{customer_id}_{started_at:%Y%m%d%H%M%S}")
    assert [(one.agent_id, one.customer_id, one.started_at) for one in plan([tmp_path], None, using).recordings] == [
        ("8001", "13800001000", datetime(2026, 11, 17, 9, 5, tzinfo=SHANGHAI)),
        ("8002", "13800001001", datetime(2026, 11, 18, 10, 15, tzinfo=SHANGHAI)),
    ]
    recordings(tmp_path, "hello.wav", "8003_13800001002_20261399000000.wav")
    pattern = using.intake.filename_pattern
    assert problems([tmp_path], None, using) == [
        "录音的元数据有 2 处问题，没有开始质检",
        f"  位置：{pattern}",
        "  原因：",
        f"    文件 {tmp_path}/hello.wav：与文件名规则 {pattern} 不符",
        f"    文件 {tmp_path}/8003_13800001002_20261399000000.wav：时间 20261399000000 认不出来，可写成 2026-11-17 09:00:00",
        NEXT_STEP,
    ]


def test_a_pattern_fills_what_the_manifest_leaves_out(tmp_path: Path) -> None:
    recordings(tmp_path, "8001_20261117090500.wav", "x.wav")
    (tmp_path / "m.csv").write_text(
        "file,team,agent_id,started_at\n8001_20261117090500.wav,一组,8002,\nx.wav,,8003,2026-11-17 09:00\n", encoding="utf-8"
    )
    batch = plan([tmp_path], tmp_path / "m.csv", settings(filename_pattern="{agent_id}_{started_at:%Y%m%d%H%M%S}"))
    assert [(one.agent_id, one.team, one.started_at and one.started_at.minute) for one in batch.recordings] == [
        ("8002", "一组", 5),
        ("8003", None, 0),
    ]


def test_nothing_known_at_all(tmp_path: Path) -> None:
    recordings(tmp_path, "a.wav", "b.wav")
    assert problems([tmp_path], None, Settings()) == [
        "不知道这些录音是谁、什么时候打的",
        "  位置：2 个录音文件",
        "  原因：没有给出清单，设置里也没有文件名规则",
        "  处理：用 --manifest 给出清单，或在 qa.toml 写 intake.filename_pattern；不需要坐席和时间时加 --allow-missing-metadata",
    ]
    assert [
        (one.call_id, one.agent_id, one.started_at) for one in plan([tmp_path], None, settings(allow_missing_metadata=True)).recordings
    ] == [
        ("a", "unknown", None),
        ("b", "unknown", None),
    ]


def test_an_unreadable_file_does_not_stop_the_others(tmp_path: Path) -> None:
    recordings(tmp_path, "a.wav", "empty.wav")
    (tmp_path / "empty.wav").write_bytes(b"")
    (tmp_path / "broken.wav").symlink_to(tmp_path / "nowhere.wav")
    (tmp_path / "m.csv").write_text(HEAD + "a.wav" + KNOWN + "empty.wav" + KNOWN + "broken.wav" + KNOWN, encoding="utf-8")
    batch = plan([tmp_path], tmp_path / "m.csv", Settings())
    assert [one.call_id for one in batch.recordings] == ["a"]
    assert [(one.call_id, one.path, one.content_hash, one.message.splitlines()[0]) for one in batch.quarantined] == [
        ("broken", f"{tmp_path}/broken.wav", None, "找不到录音文件"),
        ("empty", f"{tmp_path}/empty.wav", None, "录音文件是空的"),
    ]


def test_other_places_and_timezones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recordings(tmp_path, "d/a.wav")
    (tmp_path / "m.csv").write_text(HEAD + "a.wav" + KNOWN, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    (one,) = plan(["d"], Path("m.csv"), Settings(timezone="Asia/Urumqi")).recordings
    assert one.path == os.fspath(tmp_path / "d" / "a.wav")
    assert one.started_at is not None
    assert one.started_at.isoformat() == "2026-11-17T09:00:00+06:00"


def test_a_directory_without_recordings_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(QaError, match="目录里没有录音"):
        plan([tmp_path], None, Settings())


def test_the_samples_hold_together() -> None:
    samples = Path(module.__file__).parents[2] / "samples"
    with_manifest = plan([samples], samples / "manifest.csv", settings(roster=samples / "roster.csv"))
    by_name = plan(
        [samples], None, settings(roster=samples / "roster.csv", filename_pattern="{agent_id}_{customer_id}_{started_at:%Y%m%d%H%M%S}")
    )
    assert sorted(one.call_id for one in with_manifest.recordings) == [f"s0{number}" for number in range(1, 9)]

    def facts(batch: Batch) -> list[tuple[object, ...]]:
        return [
            (one.agent_id, one.agent_name, one.team, one.team_leader, one.hired_on, one.customer_id, one.started_at)
            for one in batch.recordings
        ]

    assert facts(with_manifest) == facts(by_name)


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="needs ../shared")
def test_the_corpus_holds_together() -> None:
    batch = plan([SHARED / "audio"], SHARED / "manifest.csv", Settings())
    assert (len(batch.recordings), batch.quarantined, batch.notes, batch.left_out) == (36, (), (), 0)
