"""Who is the agent: by hand, by what is said, with two voices and with three."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qa.asr.parties import decided, parties, undecided, with_agent
from qa.calls import Dropped, Heard, Hit, Role, Roles, Speech, Turn
from qa.errors import QaError

EVIDENCE = (Hit(role="agent", text="请稍等", turn=0, span=(0, 3)),)


def heard(*said: tuple[Role, int | None, str], parted: bool = False, channels: int = 0, confidence: float = 0.7) -> Heard:
    turns = tuple(Turn(role=role, channel=channel, text=text, start=float(n), end=n + 0.9) for n, (role, channel, text) in enumerate(said))
    keys = sorted({(turn.role, -1 if turn.channel is None else turn.channel) for turn in turns})
    speech = tuple(
        Speech(
            role,
            tuple((t.start or 0.0, t.end or 0.0) for t in turns if (t.role, -1 if t.channel is None else t.channel) == (role, channel)),
            None if channel < 0 else channel,
        )
        for role, channel in keys
    )
    roles = Roles(method="script", confidence=confidence, evidence=EVIDENCE)
    return Heard(duration=float(len(turns)), channels=channels, turns=turns, roles=roles, speech=speech, parted=parted)


def told(call: Heard) -> list[tuple[Role, str]]:
    return [(turn.role, turn.text) for turn in call.turns]


STEREO = heard(("customer", 0, "您好请讲"), ("agent", 1, "我想查话费"), ("customer", 0, "请稍等"), parted=True, channels=2)
MONO = heard(("customer", 0, "您好请讲"), ("agent", 0, "我想查话费"), ("customer", 0, "请稍等"), channels=1)


def test_on_two_channels_the_number_is_the_channel() -> None:
    assert [(party.number, party.role, party.turns) for party in parties(STEREO)] == [(0, "customer", (0, 2)), (1, "agent", (1,))]
    swapped = with_agent(replace(STEREO, dropped=(Dropped(2.0, 2.5, "字幕", "watermark", "customer"),)), 0)
    assert told(swapped) == [("agent", "您好请讲"), ("customer", "我想查话费"), ("agent", "请稍等")]
    assert [(speech.role, speech.channel) for speech in swapped.speech] == [("customer", 1), ("agent", 0)]
    assert [dropped.role for dropped in swapped.dropped] == ["agent"]
    assert swapped.roles == Roles(method="manual", confidence=1.0, agent_channel=0, evidence=EVIDENCE)


def test_on_one_channel_the_number_is_the_rank_of_the_voice() -> None:
    assert [(party.number, party.role) for party in parties(MONO)] == [(0, "customer"), (1, "agent")]
    swapped = with_agent(MONO, 0)
    assert told(swapped) == [("agent", "您好请讲"), ("customer", "我想查话费"), ("agent", "请稍等")]
    assert swapped.roles == Roles(method="manual", confidence=1.0, evidence=EVIDENCE)
    # the rank does not depend on the roles, so the same word said again is the same
    assert with_agent(swapped, 0) == swapped
    assert told(with_agent(swapped, 1)) == told(MONO)


def test_saying_what_is_so_already_makes_it_sure() -> None:
    call = with_agent(STEREO, 1)
    assert told(call) == told(STEREO)
    assert (call.roles.method, call.roles.confidence) == ("manual", 1.0)


def test_of_three_the_former_agent_takes_the_role_of_the_new_one() -> None:
    call = heard(("unknown", 0, "欢迎致电"), ("agent", 1, "我要投诉"), ("customer", 2, "您好"))
    assert told(with_agent(call, 2)) == [("unknown", "欢迎致电"), ("customer", "我要投诉"), ("agent", "您好")]
    assert told(with_agent(call, 0)) == [("agent", "欢迎致电"), ("unknown", "我要投诉"), ("customer", "您好")]


def test_one_party() -> None:
    alone = heard(("unknown", 1, "您好"), channels=2)
    assert [party.number for party in parties(alone)] == [1]
    assert told(with_agent(alone, 1)) == [("agent", "您好")]
    assert told(with_agent(alone, 0)) == [("customer", "您好")]  # the agent's channel is dead


def test_nobody_has_the_number() -> None:
    with pytest.raises(QaError, match="没有这个说话人") as error:
        with_agent(STEREO, 2)
    assert "0（您好请讲…）、1（我想查话费…）" in str(error.value)
    with pytest.raises(QaError, match="没有人说话"):
        with_agent(heard(), 0)


def test_voices_are_told_apart_by_what_they_say() -> None:
    call = heard(
        ("unknown", 1, "喂我想查一下话费"),
        ("unknown", 0, "好的请稍等我帮您查询"),
        ("unknown", 1, "谢谢"),
        confidence=0.0,
        parted=True,
    )
    assert undecided(call)
    found = decided(call)
    assert [role for role, _ in told(found)] == ["customer", "agent", "customer"]
    assert [(speech.role, speech.channel) for speech in found.speech] == [("agent", 0), ("customer", 1)]
    assert (found.roles.method, found.roles.agent_channel, found.roles.confidence > 0.9) == ("script", 0, True)
    assert [hit.text for hit in found.roles.evidence] == ["我想查一下", "请稍等", "帮您查询"]
    by_manifest = decided(call, 1)
    assert [role for role, _ in told(by_manifest)] == ["agent", "customer", "agent"]
    assert by_manifest.roles == Roles(method="channel", confidence=1.0, agent_channel=1)
    assert not undecided(by_manifest)


@pytest.mark.parametrize("channel", [None, 0])
def test_without_marks_of_speakers_nothing_is_decided(channel: int | None) -> None:
    mixed = decided(heard(("unknown", channel, "您好请问有什么可以帮您"), ("unknown", channel, "我想查话费"), confidence=0.0))
    assert [role for role, _ in told(mixed)] == ["unknown", "unknown"]
    assert mixed.roles.confidence == 0.0


def test_an_announcement_at_the_start_stays_unknown() -> None:
    found = decided(
        heard(
            ("unknown", 0, "欢迎致电客服中心，感谢您的来电，通话可能被录音"),
            ("unknown", 1, "您好请问有什么可以帮您"),
            ("unknown", 2, "我想查一下话费"),
            ("unknown", 1, "好的请稍等我帮您查询"),
            confidence=0.0,
        )
    )
    assert [role for role, _ in told(found)] == ["unknown", "agent", "customer", "agent"]
    assert found.roles.confidence > 0.9
    assert {hit.turn for hit in found.roles.evidence} == {1, 2, 3}


def test_a_call_passed_on_has_two_agents() -> None:
    found = decided(
        heard(
            ("unknown", 0, "您好请问有什么可以帮您"),
            ("unknown", 1, "我要退订这个套餐，我已经说了三次了"),
            ("unknown", 0, "请稍等，为您转接专员"),
            ("unknown", 2, "您好，很高兴为您服务，我的工号是8002"),
            ("unknown", 1, "我要退订套餐"),
            ("unknown", 2, "好的我帮您处理，感谢您的来电"),
            confidence=0.0,
        )
    )
    assert [role for role, _ in told(found)] == ["agent", "customer", "agent", "agent", "customer", "agent"]
    assert found.roles.confidence > 0.9


def test_a_third_voice_that_is_no_agent_stays_unknown() -> None:
    found = decided(
        heard(
            ("unknown", 0, "您好请问有什么可以帮您"),
            ("unknown", 1, "我想查一下我的话费，上个月怎么多了"),
            ("unknown", 2, "问他套餐"),
            ("unknown", 0, "请稍等我帮您查询"),
            confidence=0.0,
        )
    )
    assert [role for role, _ in told(found)] == ["agent", "customer", "unknown", "agent"]


def test_nobody_speaks() -> None:
    silent = heard(confidence=0.0)
    assert parties(silent) == ()
    assert not undecided(silent)
    assert decided(silent).turns == ()
