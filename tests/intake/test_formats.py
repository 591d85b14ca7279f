"""One small file of every format, written after what its makers document: what comes out of each, whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from qa.calls import Quarantined, Recording
from qa.config import IntakeSettings, Settings
from qa.errors import ConfigError
from qa.intake.formats import kind_of
from qa.intake.transcripts import Item, TranscriptReader, transcript_files

FILES = Path(__file__).parent.parent / "data" / "transcripts"
FORGIVING = Settings(intake=IntakeSettings(allow_missing_metadata=True))

ASK, ANSWER = "您好，请问有什么可以帮您？", "我想查一下话费。"


def calls(name: str | Path, format: str | None = None, settings: Settings = FORGIVING) -> list[Item]:
    return list(TranscriptReader(settings, format=format).read(FILES / name))


def lines(item: Item) -> list[tuple[object, ...]]:
    assert isinstance(item, tuple), item
    return [(turn.role, turn.channel, turn.start, turn.end, turn.text) for turn in item[1].turns]


def voices(ask: str = ASK, answer: str = ANSWER, first: int = 0, second: int = 1) -> list[tuple[object, ...]]:
    return [("unknown", first, 0.5, 2.6, ask), ("unknown", second, 3.0, 5.2, answer)]


def sides(channels: tuple[int | None, int | None] = (None, None)) -> list[tuple[object, ...]]:
    return [("agent", channels[0], 0.5, 2.6, ASK), ("customer", channels[1], 3.0, 5.2, ANSWER)]


@pytest.mark.parametrize(
    ("name", "kind", "call_id", "parted", "expected"),
    [
        ("alibaba.json", "json", "alibaba", True, [*voices(first=1, second=0), ("unknown", 1, 5.6, 8.0, "好的，请稍等，我帮您查询。")]),
        ("paraformer.json", "json", "paraformer", True, voices()),
        ("tencent.json", "json", "tencent", False, voices()),
        ("aws_analytics.json", "json", "aws-call-1", True, sides()),
        ("aws_speakers.json", "json", "aws-job-1", False, voices(answer="我想查话费。")),
        (
            "aws_channels.json",
            "json",
            "aws-job-2",
            True,
            [("unknown", 1, 0.5, 0.9, "您好。"), ("unknown", 0, 3.0, 5.2, ANSWER), ("unknown", 1, 6.0, 8.0, "请稍等我帮您查询")],
        ),
        ("google.json", "json", "google", False, voices("您好请问有什么可以帮您", "我想查一下话费")),
        ("google_channels.json", "json", "google_channels", True, voices()),
        ("huawei.json", "json", "huawei", True, sides()),
        ("volcengine.json", "json", "volcengine", False, voices()),
        ("xunfei.json", "json", "xunfei", False, voices()),
        ("funasr.json", "json", "funasr", False, voices()),
        ("whisperx.json", "json", "whisperx", False, voices("您好,请问有什么可以帮您?", "我想查10块话费")),
        ("whisper_cpp.json", "json", "whisper_cpp", False, voices("您好,请问有什么可以帮您", "我想查一下话费")),
        (
            "faster_whisper.json",
            "json",
            "faster_whisper",
            False,
            [("unknown", None, 0.5, 2.6, "您好,请问有什么可以帮您?"), ("unknown", None, 3.0, 5.2, "我想查一下话费")],
        ),
        ("roles.srt", "srt", "roles", True, sides()),
        ("voices.srt", "srt", "voices", False, voices()),
        ("voices.vtt", "vtt", "voices", True, sides()),
        ("meeting.txt", "chat", "meeting", False, voices()),
        (
            "chat.txt",
            "chat",
            "chat",
            False,
            [("agent", None, None, None, ASK), ("customer", None, None, None, "我想查一下话费， 还有流量。")],
        ),
        (
            "messenger.txt",
            "chat",
            "messenger",
            False,
            [("unknown", 0, None, None, ASK), ("unknown", 1, None, None, ANSWER), ("unknown", 0, None, None, "好的，请稍等")],
        ),
    ],
)
def test_one_call(name: str, kind: str, call_id: str, parted: bool, expected: list[tuple[object, ...]]) -> None:
    assert kind_of(FILES / name) == kind
    (item,) = calls(name)
    assert lines(item) == expected
    assert isinstance(item, tuple)
    assert (item[0].call_id, item[1].parted, item[1].roles.confidence) == (call_id, parted, 1.0 if expected[0][0] == "agent" else 0.0)


def words(name: str, turn: int) -> list[tuple[str, float, float, float]]:
    (item,) = calls(name)
    assert isinstance(item, tuple)
    found = item[1].turns[turn]
    assert not found.words or "".join(word.text for word in found.words) == found.text
    return [(word.text, word.start, word.end, word.confidence) for word in found.words]


def test_words_with_their_times_and_confidences() -> None:
    assert words("aws_analytics.json", 0) == [("您好，", 0.5, 0.9, 0.93), ("请问有什么可以帮您？", 1.0, 2.6, 0.88)]
    assert words("aws_speakers.json", 1) == [("我想", 3.0, 3.6, 0.8), ("查话费。", 3.6, 5.2, 0.7)]
    assert words("google_channels.json", 0) == [("您好，", 0.5, 0.9, 0.9), ("请问有什么可以帮您？", 1.0, 2.6, 0.95)]
    assert words("whisperx.json", 1) == [("我想查", 3.0, 3.9, 0.7), ("10", 3.9, 3.9, 1.0), ("块话费", 4.2, 5.2, 0.6)]
    assert words("alibaba.json", 1) == [("我", 3.0, 3.3, 1.0), ("想", 3.3, 3.6, 1.0), ("查一下", 3.6, 4.3, 1.0), ("话费。", 4.3, 5.2, 1.0)]
    assert words("alibaba.json", 0) == []
    # Tencent counts a word's time from the start of its sentence
    assert words("tencent.json", 0)[0] == ("您好，", 0.5, 0.9, 1.0)
    assert words("paraformer.json", 0)[1] == ("请问有什么可以帮您？", 1.0, 2.6, 1.0)


def test_a_page_of_results_with_metadata_and_one_faulty_call() -> None:
    good, bad = calls("alibaba_sca.json", settings=Settings())
    assert lines(good) == sides()
    assert isinstance(good, tuple)
    started = good[0].started_at
    assert started is not None
    assert good[0] == Recording(
        call_id="sca-1",
        content_hash=good[0].content_hash,
        agent_id="8001",
        agent_name="张三",
        team="一组",
        started_at=started,
        direction="inbound",
        customer_id="13800001000",
    )
    assert started.timestamp() == 1795136400
    assert isinstance(bad, Quarantined)
    assert bad.call_id == "sca-2"
    assert bad.message.splitlines()[1:3] == [
        f"  位置：{FILES / 'alibaba_sca.json'} 第 2 通",
        "  原因：第 1 句结束（50）早于开始（100）",
    ]


def test_a_table_of_several_calls_in_gbk() -> None:
    good, bad = calls("calls_gbk.csv", settings=Settings())
    assert lines(good) == sides()
    assert isinstance(good, tuple)
    assert (good[0].call_id, good[0].agent_id, str(good[0].started_at)) == ("t1", "8001", "2026-11-20 09:00:00+08:00")
    assert isinstance(bad, Quarantined)
    assert (bad.call_id, bad.message.splitlines()[2]) == ("t2", "  原因：第 5 行结束（3.0）早于开始（4.0）")


def test_a_log_of_several_calls() -> None:
    first, second = calls("many.txt", settings=Settings())
    assert lines(first) == [("agent", None, None, None, ASK), ("customer", None, None, None, "我想改地址：北京")]
    assert lines(second) == [("agent", None, None, None, "您好"), ("customer", None, None, None, "喂")]
    assert [(item[0].call_id, item[0].agent_id) for item in (first, second) if isinstance(item, tuple)] == [("k1", "8001"), ("k2", "8002")]


def test_a_format_can_be_forced_and_a_wrong_one_says_what_was_found() -> None:
    assert lines(calls("roles.srt", "srt")[0]) == sides()
    (refused,) = calls("roles.srt", "whisper")
    assert isinstance(refused, Quarantined)
    assert "不是 JSON" in refused.message
    (other,) = calls("tencent.json", "whisper")
    assert isinstance(other, Quarantined)
    assert "不是whisper 的转写结果（有的键：response）" in other.message
    with pytest.raises(ConfigError, match="没有格式 wisper，是否想写 whisper？"):
        calls("tencent.json", "wisper")


def test_files_of_a_directory(tmp_path: Path) -> None:
    for name in ("b.srt", "a.json", "x.wav", ".hidden.json", "tief/c.TXT"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    assert transcript_files([tmp_path, tmp_path / "x.wav"]) == tuple(tmp_path / name for name in ("a.json", "b.srt", "tief/c.TXT", "x.wav"))
