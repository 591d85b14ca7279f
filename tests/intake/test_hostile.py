"""Files that are not what they seem: each comes back as one reason a person can act on, and nothing else is lost."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from qa.analysis.metrics import analyse
from qa.asr.parties import decided
from qa.calls import Quarantined
from qa.config import IntakeSettings, Settings
from qa.intake.transcripts import LONGEST_LINE, Item, TranscriptReader

FILES = Path(__file__).parent.parent / "data" / "transcripts"
FORGIVING = Settings(intake=IntakeSettings(allow_missing_metadata=True))


def read(path: Path, data: bytes | str) -> list[Item]:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return list(TranscriptReader(FORGIVING).read(path))


def segments(start: object, end: object) -> str:
    return json.dumps({"segments": [{"start": start, "end": end, "text": "喂"}]})


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.json", "", "文字记录是空的"),
        ("a.json", " \n\n", "文字记录是空的"),
        ("a.json", '{"segments": [{"start": 0, "en', "不是 JSON："),
        ("a.json", '{\n"segments": [{"start": 0, "en', "不是 JSON："),
        ("a.json", "[" * 100_000, "不是 JSON："),
        ("a.json", segments(-1, 2), "第 1 句的时间是 -1、2，应是 0 到 7 天之间的秒数"),
        ("a.json", segments(3, 2), "第 1 句结束（2）早于开始（3）"),
        ("a.json", segments(float("nan"), 2), "第 1 句的时间是 nan、2"),
        ("a.json", segments(0, float("inf")), "第 1 句的时间是 0、inf"),
        ("a.json", segments(0, 10**400), "第 1 句的时间是 0、1000"),
        ("a.json", segments(True, 2), "第 1 句的时间是 True、2"),
        ("a.json", '{"segments": [1, {"start": 0, "end": 1, "text": 5}, {"start": 0, "end": 1, "text": "喂"}]}', "第 1 句不是 JSON 对象"),
        ("a.json", '{"hello": "world"}', "不是认识的转写结果（有的键：hello）"),
        ("a.json", '{"results": {"transcripts": [{"transcript": "喂"}], "items": []}}', "只有全文，没有逐词结果"),
        ("a.json", b"\x00\x01\x02", "这不是文字记录"),
        ("a.wav", b"RIFF\x00\x00\x00\x00WAVE", "录音请用 qa run"),
        ("a.xls", b"\xd0\xcf\x11\xe0\x00\x00", "旧的 .xls 请另存为 .xlsx"),
        ("a.xlsx", b"PK\x03\x04 broken", "Excel 文件打不开"),
        ("a.txt", "今天天气很好", "认不出文字记录的格式"),
        ("a.txt", b"\x81\x39\xff\xff\xfe plain", "认不出文字记录的格式"),
        ("a.srt", "1\n00:00:01,000 --> 00:00:0x,000\n您好\n\n2\n00:00:03,000 --> 00:00:04,000\n喂\n", "第 2 行的时间写错了"),
        ("a.srt", "1\n00:00:05,000 --> 00:00:04,000\n您好\n", "第 1 句结束（4000）早于开始（5000）"),
        ("a.vtt", "WEBVTT\n\n00:01 --> 00:02\n您好\n", "第 3 行的时间写错了：00:01 --> 00:02"),
        ("a.txt", "[99:99:99] 坐席：您好\n[00:00:01] 客户：喂\n", "第 1 句的时间 99:99:99 认不出来"),
        ("a.txt", "工号：8001\n通话时间：2026-11-20\n坐席：\n", "没有"),
        ("a.csv", "角色,内容\n坐席,您好,多余\n", "表格的一行比表头长"),
        ("a.csv", "通话编号,角色,内容\n,坐席,您好\n", "第 2 行没有通话编号"),
        ("a.csv", "时间,角色,内容\n明天,坐席,您好\n", "第 2 行的时间是 明天"),
        ("a.csv", "角色,内容,工号\n坐席,您好,1\n客户,喂,2\n", "列 工号 在同一通电话里有不同的值：1、2"),
    ],
)
def test_one_reason(tmp_path: Path, name: str, data: bytes | str, reason: str) -> None:
    items = read(tmp_path / name, data)
    if reason == "没有":  # a log in which nobody says anything is a call without turns
        assert [len(item[1].turns) for item in items if isinstance(item, tuple)] == [0]
        return
    (item,) = items
    assert isinstance(item, Quarantined), item
    assert item.call_id in ("a", "a.xls") or "通话编号" in reason
    assert reason in item.message
    assert "位置：" in item.message
    assert "处理：" in item.message


def test_a_line_of_a_hundred_megabytes_is_skipped_and_not_held(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    good = json.dumps({"call_id": "r1", "turns": []}).encode()
    with path.open("wb") as file:
        file.write(good + b'\n{"call_id": "r2", "turns": "')
        for _ in range(7):
            file.write(b"x" * LONGEST_LINE)
        file.write(b'"}\n' + good.replace(b"r1", b"r3") + b"\n")
    first, long, last = TranscriptReader(FORGIVING).read(path)
    assert isinstance(first, tuple)
    assert isinstance(last, tuple)
    assert (first[0].call_id, last[0].call_id) == ("r1", "r3")
    assert isinstance(long, Quarantined)
    assert "第 2 行" in long.message
    assert "这一行超过 16 MB" in long.message


def test_a_large_file_of_one_value_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with path.open("wb") as file:
        file.write(b'[\n{"segments": [\n')
        file.truncate(65 * 2**20)
    (item,) = TranscriptReader(FORGIVING).read(path)
    assert isinstance(item, Quarantined)
    assert "文字记录太大" in item.message or "不是文字" in item.message


@pytest.mark.parametrize(
    "encode", [lambda text: text.encode("gbk"), lambda text: text.encode("utf-16"), lambda text: text.encode("utf-8-sig")]
)
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.srt", "1\r\n00:00:01,000 --> 00:00:02,000\r\n坐席：您好\r\n"),
        ("a.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\n<v 坐席>您好\n"),
        ("a.txt", "坐席：您好\r\n"),
        ("a.csv", "角色,内容\r\n坐席,您好\r\n"),
        ("a.json", '[\n{"start": 1, "end": 2, "text": "您好", "speaker": "坐席"}]'),
    ],
)
def test_encodings(tmp_path: Path, name: str, text: str, encode: Callable[[str], bytes]) -> None:
    (item,) = read(tmp_path / name, encode(text))
    assert isinstance(item, tuple), item
    assert [(turn.role, turn.text) for turn in item[1].turns] == [("agent", "您好")]


def test_one_long_line_of_json_is_one_call_with_the_files_name(tmp_path: Path) -> None:
    many = [{"start": n, "end": n + 0.5, "text": f"第{n}句", "speaker": f"spk_{n % 2}"} for n in range(8000)]
    (item,) = read(tmp_path / "长.json", json.dumps({"segments": many}, ensure_ascii=False))
    assert isinstance(item, tuple)
    assert (item[0].call_id, len(item[1].turns)) == ("长", 8000)


ODD = (None, True, -1, 10**30, 1.5, float("nan"), "", "x", "\ud800", [], {}, [None], {"a": [1]})


def mutations(path: Path, rng: random.Random) -> Iterator[bytes]:
    """The file cut short, with bytes changed, and, where it is JSON, with values of other kinds in it."""
    data = path.read_bytes()
    for _ in range(15):
        yield data[: rng.randrange(len(data))]
        changed = bytearray(data)
        for _ in range(rng.randrange(1, 8)):
            changed[rng.randrange(len(changed))] = rng.randrange(256)
        yield bytes(changed)
        if path.suffix == ".json":
            yield json.dumps(twisted(json.loads(data), rng)).encode()


def twisted(value: Any, rng: random.Random) -> Any:
    if rng.random() < 0.03:
        return rng.choice(ODD)
    if isinstance(value, dict):
        return {key: twisted(inner, rng) for key, inner in value.items() if rng.random() > 0.02}
    return [twisted(inner, rng) for inner in value] if isinstance(value, list) else value


def calls_or_reasons(path: Path) -> None:
    """Whatever is in a file, each of its calls can be taken on, or is refused with the reason."""
    for item in TranscriptReader(FORGIVING).read(path):
        if isinstance(item, Quarantined):
            assert "原因：" in item.message or "文字记录是空的" in item.message
        else:
            item[0].call_id.encode()
            decided(item[1])
            analyse(item[1], FORGIVING.analysis)


#: What fuzzing found; ``python tests/fuzzing.py``.
@pytest.mark.parametrize("words", [1.5, True, "x", {"a": 1}, [None], [[]]])
def test_a_list_of_words_that_is_none(tmp_path: Path, words: object) -> None:
    entry = json.loads((FILES / "alibaba.json").read_text(encoding="utf-8"))
    sentences = [{key: value for key, value in one.items() if key != "Words"} for one in entry["Result"]["Sentences"]]
    target = tmp_path / "t.json"
    target.write_text(json.dumps(entry | {"Result": {"Sentences": sentences, "Words": words}}), encoding="utf-8")
    [item] = TranscriptReader(FORGIVING).read(target)
    assert isinstance(item, tuple)
    assert len(item[1].turns) > 0


@pytest.mark.parametrize("path", sorted(FILES.iterdir()), ids=lambda path: path.name)
def test_a_damaged_file_gives_calls_or_reasons_and_never_a_traceback(tmp_path: Path, path: Path) -> None:
    rng = random.Random(path.name)
    for number, data in enumerate(mutations(path, rng)):
        target = tmp_path / f"{number}{path.suffix}"
        target.write_bytes(data)
        calls_or_reasons(target)
