"""Events on calls drawn as timelines, and on calls in which nothing happens."""

from __future__ import annotations

from dataclasses import replace

from qa.analysis.events import events
from qa.analysis.metrics import METRICS, analyse
from qa.calls import Event, Heard, Role, Roles, Speech, Turn
from qa.config import AnalysisSettings

SETTINGS = AnalysisSettings()


def heard(
    duration: float | None = 60.0,
    *turns: tuple[Role, float, float, str],
    sounds: tuple[Event, ...] = (),
    parted: bool = True,
) -> Heard:
    said = tuple(Turn(role=role, start=start, end=end, text=text) for role, start, end, text in turns)
    roles: tuple[Role, ...] = ("agent", "customer")
    speech = tuple(Speech(role, tuple((start, end) for r, start, end, _ in turns if r == role)) for role in roles)
    return Heard(
        duration=duration,
        channels=2,
        turns=said,
        roles=Roles(method="channel", confidence=1.0),
        speech=speech,
        sounds=sounds,
        parted=parted,
    )


def test_silence_is_where_nobody_speaks_and_no_music_plays() -> None:
    call = heard(
        30.0,
        ("agent", 1.0, 4.0, "请您稍等一下"),
        ("agent", 20.0, 24.0, "让您久等了"),
        sounds=(Event("music", 8.0, 19.5),),
    )
    assert [e for e in events(call, SETTINGS) if e.type in ("silence", "hold")] == [
        Event("silence", 4.0, 8.0),
        Event("hold", 8.0, 19.5, by="agent"),
        Event("silence", 24.0, 30.0),
    ]


def test_bars_of_music_with_short_breaks_are_one_hold() -> None:
    call = heard(30.0, ("agent", 0.0, 1.0, "好的"), sounds=(Event("music", 2.0, 8.0), Event("music", 9.5, 15.0)))
    assert [e for e in events(call, SETTINGS) if e.type == "hold"] == [Event("hold", 2.0, 15.0, by="agent")]


def test_cutting_in_is_an_interruption_by_the_one_who_starts() -> None:
    call = heard(20.0, ("customer", 1.0, 6.0, "我这个月的话费怎么多了"), ("agent", 4.5, 8.0, "行了行了您报一下号码"))
    assert [e for e in events(call, SETTINGS) if e.type in ("overtalk", "interruption")] == [
        Event("interruption", 4.5, 6.0, by="agent"),
        Event("overtalk", 4.5, 6.0),
    ]


def test_small_words_and_collisions_do_not_interrupt() -> None:
    listening = heard(20.0, ("customer", 1.0, 6.0, "我这个月的话费怎么多了"), ("agent", 3.0, 4.2, "嗯，好的"))
    collision = heard(20.0, ("customer", 1.0, 6.0, "我这个月的话费怎么多了"), ("agent", 1.2, 4.0, "您好请问您是"))
    for call in (listening, collision):
        assert not [e for e in events(call, SETTINGS) if e.type == "interruption"]


def test_a_mono_recording_has_no_overtalk_to_measure() -> None:
    call = heard(20.0, ("customer", 1.0, 6.0, "我这个月的话费怎么多了"), ("agent", 4.5, 8.0, "行了行了您报一下号码"), parted=False)
    assert not [e for e in events(call, SETTINGS) if e.type in ("overtalk", "interruption")]
    metrics = analyse(call, SETTINGS).metrics
    assert metrics["overtalk"] is metrics["interruptions_by_agent"] is None


def test_a_silent_call_is_one_silence() -> None:
    analysis = analyse(heard(12.0), SETTINGS)
    assert analysis.events == (Event("silence", 0.0, 12.0),)
    assert analysis.metrics["silence"] == 12.0
    assert analysis.metrics["agent_talk"] == 0.0
    assert analysis.metrics["first_response"] is analysis.metrics["agent_share"] is analysis.metrics["ending_gap"] is None


def test_one_party_only() -> None:
    metrics = analyse(heard(10.0, ("customer", 1.0, 4.0, "喂您好有人在吗请说话")), SETTINGS).metrics
    assert (metrics["agent_talk"], metrics["customer_talk"], metrics["agent_share"]) == (0.0, 3.0, 0.0)
    assert metrics["first_response"] is metrics["agent_rate"] is metrics["agent_rate_max"] is None


def test_a_transcript_without_times_has_turn_counts_and_nothing_else() -> None:
    call = Heard(
        duration=None,
        channels=0,
        turns=(Turn(role="agent", text="您好"), Turn(role="customer", text="我想查话费")),
        roles=Roles(method="manual", confidence=1.0),
    )
    analysis = analyse(call, SETTINGS)
    assert analysis.events == ()
    assert {name: value for name, value in analysis.metrics.items() if value is not None} == {"agent_turns": 1.0, "customer_turns": 1.0}
    assert tuple(analysis.metrics) == tuple(METRICS)


def test_speaking_rate_counts_only_turns_long_enough() -> None:
    fast = ("agent", 0.0, 2.0, "这个业务我马上给您办理好请放心")
    short = ("agent", 3.0, 3.5, "好的好的好")
    metrics = analyse(heard(10.0, fast, short), SETTINGS).metrics
    assert (metrics["agent_rate"], metrics["agent_rate_max"]) == (450.0, 450.0)


def test_a_pause_between_hurried_sentences_does_not_slow_them_down() -> None:
    call = heard(10.0, ("agent", 0.0, 3.0, "这个业务我马上给您办理好请放心"))
    voice = (Speech("agent", ((0.0, 1.0), (2.0, 3.0))),)
    assert analyse(replace(call, speech=voice), SETTINGS).metrics["agent_rate_max"] == 450.0
