"""Invented text goes, with its reason; true speech stays."""

from __future__ import annotations

import pytest

from qa.asr.cleanup import believable, comparable, doubt, loops, passed_over, suspect, watermarked, watermarks
from qa.asr.recognizer import Spoken, Transcript


def transcript(text: str, **doubts: float) -> Transcript:
    return Transcript(tuple(Spoken(character, i * 0.2, i * 0.2 + 0.2, 0.9) for i, character in enumerate(text)), **doubts)


def believed(text: str, hotwords: str | None = None, **doubts: float) -> tuple[str, set[str]]:
    judged = doubt(transcript(text, **doubts), 0.2 * len(text), hotwords)
    kept = "".join(character for character, reason in zip(text, judged, strict=True) if reason is None)
    return kept, {reason for reason in judged if reason}


@pytest.mark.parametrize("mark", watermarks())
def test_every_entry_of_the_list_is_recognised_on_its_own(mark: str) -> None:
    assert watermarked(mark) == [(0, len(mark))]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("请不吝点赞 订阅 转发 打赏支持明镜与点点栏目", ""),
        ("字幕由 Amara.org 社区提供", ""),
        ("優優獨播劇場——YoYo Television Series Exclusive", ""),
        ("好的，字幕by索兰娅。再见", "好的，再见"),
        ("中文字幕志愿者 杨茜茜", ""),
    ],
)
def test_watermarks_are_dropped_in_every_spelling(text: str, kept: str) -> None:
    assert believed(text) == (kept, {"watermark"})


@pytest.mark.parametrize(
    "text",
    [
        "谢谢",
        "谢谢大家再见",
        "再见",
        "我订阅了你们的视频会员",
        "麻烦你转发给主管",
        "好的好的好的好的",
        "嗯嗯嗯嗯嗯",
        "哈哈哈哈哈哈",
        "对对对对对对对",
        "不是不是不是不是",
        "我的号码是13800000000",
        "一百一百一百",
        "谢谢观看",
        "您好您好，喂喂喂，听得到吗，听得到吗",
        "",
    ],
)
def test_true_speech_stays(text: str) -> None:
    assert believed(text) == (text, set())


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("我要查话费" + "你只能选择两个" * 6, "我要查话费你只能选择两个"),
        ("嗯" * 40, "嗯"),
        ("好的" * 12, "好的"),
        ("C" + "G" * 30, "CG"),
        ("今天天气不错。" * 4 + "今天天", "今天天气不错。"),
    ],
)
def test_of_a_loop_the_first_saying_stays(text: str, kept: str) -> None:
    assert believed(text) == (kept, {"loop"})


def test_a_loop_is_found_wherever_it_stands() -> None:
    assert loops("开头" + "重复的话" * 5 + "结尾") == [(6, 22)]


def test_doubts_about_silence_need_two_signs() -> None:
    assert believed("您好请讲", no_speech_prob=0.9, avg_logprob=-0.4) == ("您好请讲", set())
    assert believed("您好请讲", no_speech_prob=0.2, avg_logprob=-1.4) == ("您好请讲", set())
    assert believed("您好请讲", no_speech_prob=0.9, avg_logprob=-1.4) == ("", {"no_speech"})


def test_an_echo_of_the_hotwords_is_no_speech_but_saying_one_is() -> None:
    assert believed("联信通信 宽带", "联信通信 宽带 流量包", avg_logprob=-0.8) == ("", {"prompt_echo"})
    assert believed("联信通信", "联信通信 宽带 流量包", avg_logprob=-0.2) == ("联信通信", set())


def test_comparing_ignores_script_width_case_and_punctuation() -> None:
    assert comparable("　ＡＢＣ，請稍等！") == "abc请稍等"


@pytest.mark.parametrize("text", ["谢谢", "再见", "好的好的", "好的好的好的", "嗯嗯嗯", "喂喂", "对对对对", "您好请问有什么可以帮您", ""])
def test_what_people_say_is_not_suspect(text: str) -> None:
    assert not suspect(transcript(text, avg_logprob=-0.4, no_speech_prob=0.3), 0.2 * len(text))


@pytest.mark.parametrize(
    ("text", "seconds", "doubts"),
    [
        ("我要查话费" + "你只能选择两个" * 4, 12.0, {"avg_logprob": -0.3}),
        ("您好请讲", 2.0, {"avg_logprob": -1.2}),
        ("您好请讲", 2.0, {"avg_logprob": -0.2, "compression_ratio": 2.6}),
        ("感谢您的来电祝您生活愉快再见", 0.6, {"avg_logprob": -0.2}),
    ],
    ids=["loop", "unlikely", "repetitive", "too fast"],
)
def test_what_is_decoded_again(text: str, seconds: float, doubts: dict[str, float]) -> None:
    assert suspect(transcript(text, **doubts), seconds)


def test_speech_too_fast_for_anybody_needs_a_second_sign_to_be_dropped() -> None:
    text = "感谢您的来电祝您生活愉快再见"
    assert set(doubt(transcript(text, avg_logprob=-0.9), 0.6)) == {"no_speech"}
    assert set(doubt(transcript(text, avg_logprob=-0.2), 0.6)) == {None}


@pytest.mark.parametrize(
    ("characters", "seconds", "missing"), [(12, 14.0, True), (0, 5.0, True), (21, 14.0, False), (1, 1.2, False), (0, 4.9, False)]
)
def test_a_long_window_of_few_characters_was_passed_over(characters: int, seconds: float, missing: bool) -> None:
    text = "请问还有其他可以帮您的吗谢谢来电祝生活愉快"[:characters]
    assert (passed_over(transcript(text, avg_logprob=-0.2), seconds), len(text)) == (missing, characters)


@pytest.mark.parametrize(
    ("no_speech", "likelihood", "believed"), [(0.1, -0.5, True), (0.61, -0.16, True), (0.61, -0.5, False), (0.1, -0.8, False)]
)
def test_what_fills_a_gap_is_believed_where_it_is_sure_or_speech_was_likely(no_speech: float, likelihood: float, believed: bool) -> None:
    assert believable(transcript("感谢您的耐心等待", no_speech_prob=no_speech, avg_logprob=likelihood), 2.0) is believed
