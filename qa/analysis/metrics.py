"""The numbers of a call: who spoke how long and how fast, how long nobody did.

All in seconds unless the name says otherwise; a number that cannot be measured is None, never 0.
"""

from __future__ import annotations

from collections.abc import Mapping

from qa.analysis.events import characters, events, voice_of
from qa.calls import Analysis, Event, Heard, Role
from qa.config import AnalysisSettings

#: Every metric with its Chinese name and unit, in the order in which pages show them.
METRICS: Mapping[str, tuple[str, str]] = {
    "duration": ("通话时长", "秒"),
    "agent_talk": ("坐席说话", "秒"),
    "customer_talk": ("客户说话", "秒"),
    "agent_share": ("坐席说话占比", ""),
    "agent_turns": ("坐席话轮", "次"),
    "customer_turns": ("客户话轮", "次"),
    "agent_rate": ("坐席平均语速", "字/分"),
    "agent_rate_max": ("坐席最快语速", "字/分"),
    "customer_rate": ("客户平均语速", "字/分"),
    "first_response": ("坐席首句", "秒"),
    "silence": ("静音合计", "秒"),
    "silence_count": ("静音次数", "次"),
    "silence_longest": ("最长静音", "秒"),
    "overtalk": ("同时说话", "秒"),
    "overtalk_count": ("同时说话次数", "次"),
    "interruptions_by_agent": ("坐席抢话", "次"),
    "interruptions_by_customer": ("客户插话", "次"),
    "hold": ("等待合计", "秒"),
    "hold_longest": ("最长等待", "秒"),
    "ending_gap": ("末句到挂机", "秒"),
}


def analyse(heard: Heard, settings: AnalysisSettings) -> Analysis:
    """Events and metrics of a call.

    A silent call has its whole length as silence and no first response; a transcript without times has turn
    counts only; a mono recording has no overtalk and no interruptions.

    >>> from qa.calls import Roles, Speech, Turn
    >>> turns = (Turn(role="agent", start=1.0, end=4.0, text="您好请问有什么可以帮您的"),)
    >>> heard = Heard(duration=10.0, channels=1, turns=turns, roles=Roles(method="manual", confidence=1.0),
    ...               speech=(Speech("agent", ((1.0, 4.0),)),))
    >>> metrics = analyse(heard, AnalysisSettings()).metrics
    >>> metrics["agent_talk"], metrics["agent_rate"], metrics["silence"], metrics["overtalk"]
    (3.0, 240.0, 6.0, None)
    """
    found = events(heard, settings)
    numbers: dict[str, float | None] = dict.fromkeys(METRICS)
    numbers["agent_turns"] = float(sum(turn.role == "agent" for turn in heard.turns))
    numbers["customer_turns"] = float(sum(turn.role == "customer" for turn in heard.turns))
    if heard.duration is not None and heard.timed:
        numbers |= _talk(heard, heard.duration) | _rates(heard, settings) | _counted(found, parted=heard.parted)
    rounded = {name: None if value is None else round(value, 3 if name == "agent_share" else 2) for name, value in numbers.items()}
    return Analysis(events=found, metrics=rounded)


def speaking_rates(heard: Heard, least: int) -> dict[int, float]:
    """Characters per minute of voice, by index of turn: pauses inside a turn are not counted as speaking.

    Only turns of at least ``least`` characters are there; on shorter ones the figure means nothing. A pause between
    two hurried sentences would otherwise make one leisurely turn of them.

    >>> from qa.calls import Roles, Speech, Turn
    >>> long = Turn(role="agent", start=0.0, end=3.0, text="这个我帮您看一下请您稍等")
    >>> turns = (long, Turn(role="agent", start=4.0, end=4.5, text="好的"))
    >>> heard = Heard(duration=9.0, channels=1, turns=turns, roles=Roles(method="manual", confidence=1.0),
    ...               speech=(Speech("agent", ((0.0, 1.0), (1.5, 2.5), (4.0, 4.5))),))
    >>> speaking_rates(heard, 12)
    {0: 360.0}
    """
    rates: dict[int, float] = {}
    voices = {role: voice_of(heard, role) for role in {turn.role for turn in heard.turns}}
    for index, turn in enumerate(heard.turns):
        spoken = characters(turn.text)
        if turn.start is None or turn.end is None or turn.end <= turn.start or spoken < least:
            continue
        voice = voices[turn.role].overlap(turn.start, turn.end)
        rates[index] = round(60.0 * spoken / (voice or turn.end - turn.start), 2)
    return rates


def _talk(heard: Heard, duration: float) -> dict[str, float | None]:
    agent, customer, anybody = voice_of(heard, "agent"), voice_of(heard, "customer"), voice_of(heard)
    talk = agent.duration + customer.duration
    return {
        "duration": duration,
        "agent_talk": agent.duration,
        "customer_talk": customer.duration,
        "agent_share": agent.duration / talk if talk else None,
        "first_response": agent.intervals[0].start if agent else None,
        "ending_gap": duration - anybody.intervals[-1].end if anybody else None,
    }


def _rates(heard: Heard, settings: AnalysisSettings) -> dict[str, float | None]:
    """Mean rates weighted by the characters spoken at them, which is all characters over all minutes of voice."""
    rates = speaking_rates(heard, settings.rate_characters)

    def pace(role: Role) -> tuple[float | None, float | None]:
        own = {index: rate for index, rate in rates.items() if heard.turns[index].role == role}
        if not own:
            return None, None
        spoken = {index: characters(heard.turns[index].text) for index in own}
        minutes = sum(spoken[index] / rate for index, rate in own.items())
        return sum(spoken.values()) / minutes, max(own.values())

    agent, agent_max = pace("agent")
    customer, _ = pace("customer")
    return {"agent_rate": agent, "agent_rate_max": agent_max, "customer_rate": customer}


def _counted(found: tuple[Event, ...], *, parted: bool) -> dict[str, float | None]:
    def of(type_: str, by: Role | None = None) -> list[float]:
        return [event.duration for event in found if event.type == type_ and by in (None, event.by)]

    silences, holds = of("silence"), of("hold")
    together: dict[str, float | None] = {
        "overtalk": sum(of("overtalk")),
        "overtalk_count": len(of("overtalk")),
        "interruptions_by_agent": len(of("interruption", "agent")),
        "interruptions_by_customer": len(of("interruption", "customer")),
    }
    return {
        "silence": sum(silences),
        "silence_count": len(silences),
        "silence_longest": max(silences, default=0.0),
        "hold": sum(holds),
        "hold_longest": max(holds, default=0.0),
    } | (together if parted else dict.fromkeys(together))
