"""The parties of a call that has been heard or imported, and which of them is the agent: decided from what is said, or by hand.

A party is a channel of the recording, or a voice. Its number is what a user says to ``qa roles``: the channel where the
parties have one each, else its rank in order of first speech, from 0::

    channel 0   |您好请讲|        |好的|                 stereo: parties 0 and 1 are the channels
    channel 1             |我想查话费|

    one channel |0: 欢迎致电…|1: 喂|2: 您好请讲|1: …|    voices in order of first speech
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from qa.asr.roles import Decision, decide
from qa.calls import Heard, Role, RoleMethod, Roles, Turn
from qa.errors import QaError

CLEARLY = 0.75  # how sure a third voice must be an agent by itself to be taken for a second agent
UNSURE = 0.5  # the most that is believed where every voice speaks like an agent

_Key = tuple[int | None, Role]


@dataclass(frozen=True, slots=True)
class Party:
    """One party: its number, its role so far, its turns by index, and how much it says."""

    number: int
    role: Role
    channel: int | None
    turns: tuple[int, ...]
    characters: int


def parties(heard: Heard) -> tuple[Party, ...]:
    """Everybody who speaks, in order of number; lines of announcements without a voice of their own are one party.

    >>> turns = (Turn(role="customer", text="喂", channel=1), Turn(role="agent", text="您好请讲", channel=0))
    >>> heard = Heard(duration=None, channels=2, turns=turns, roles=Roles(method="script", confidence=0.6))
    >>> [(party.number, party.role) for party in parties(heard)]
    [(0, 'agent'), (1, 'customer')]
    """
    found: dict[_Key, list[int]] = {}
    for index, turn in enumerate(heard.turns):
        found.setdefault((turn.channel, turn.role), []).append(index)
    channels = [channel for channel, _ in found]
    by_channel = None not in channels and len(set(channels)) == len(channels) and (len(channels) > 1 or heard.channels > 1)
    everybody = [
        Party(
            number=channel if by_channel and channel is not None else rank,
            role=role,
            channel=channel,
            turns=tuple(turns),
            characters=sum(len(heard.turns[index].text) for index in turns),
        )
        for rank, ((channel, role), turns) in enumerate(found.items())
    ]
    return tuple(sorted(everybody, key=lambda party: party.number))


def with_agent(heard: Heard, number: int) -> Heard:
    """The call with the party of that number as the agent, by a person's word; the evidence stays.

    Of two, the other is the customer. Of more, the one that was the agent takes the role of the one that is now.

    Raises:
        QaError: nobody has that number; says who there is.
    """
    present = parties(heard)
    chosen = next((party for party in present if party.number == number), None)
    if chosen is None and not (len(present) == 1 and heard.channels > number >= 0):
        there = "、".join(f"{party.number}（{heard.turns[party.turns[0]].text[:12]}…）" for party in present) or "没有人说话"
        raise QaError("没有这个说话人", why=f"--agent {number}；这通电话里有：{there}", next_step="用 qa roles 通话编号 查看各说话人")
    roles: dict[int, Role] = {party.number: party.role for party in present}
    if chosen is None or len(present) == 2:
        roles = dict.fromkeys(roles, "customer")
    elif chosen.role != "agent":
        roles |= {party.number: chosen.role for party in present if party.role == "agent"}
        others = [party for party in present if party.number != number]
        if others and "customer" not in [roles[party.number] for party in others]:
            roles[_talkative(others).number] = "customer"
    if chosen is not None:
        roles[number] = "agent"
    own_channel = number if heard.parted and (chosen is None or chosen.channel == number) else None
    return _assigned(heard, present, roles, replace(heard.roles, method="manual", confidence=1.0, agent_channel=own_channel))


def decided(heard: Heard, stated: int | None = None) -> Heard:
    """The call with roles as its recording's metadata (``stated``: the agent's channel) or what is said tells them.

    With fewer than two voices to choose between nothing is decided: a transcript without marks of speakers mixes both
    sides. With more than two, a voice that falls silent before the others begin is an announcement and stays unknown;
    a voice that is clearly an agent by itself is one (a call passed on); of the rest the most talkative is the
    customer, and the others stay unknown.
    """
    present = parties(heard)
    if stated is not None and heard.parted and stated in [party.number for party in present]:
        named: dict[int, Role] = {party.number: "agent" if party.number == stated else "customer" for party in present}
        return _assigned(heard, present, named, Roles(method="channel", confidence=1.0, agent_channel=stated))
    speaking = [party for party in present if not _announcement(party, present)]
    if len(speaking) < 2:
        return replace(heard, roles=Roles(method="script", confidence=0.0))
    roles, decision = _sides(heard.turns, speaking)
    agents = [number for number, role in roles.items() if role == "agent"]
    method: RoleMethod = "script" if heard.parted else "voice"
    channel = agents[0] if heard.parted and len(agents) == 1 else None
    everybody: dict[int, Role] = {party.number: roles.get(party.number, "unknown") for party in present}
    found = Roles(method=method, confidence=decision.confidence, agent_channel=channel, evidence=decision.evidence)
    return _assigned(heard, present, everybody, found)


def undecided(heard: Heard) -> bool:
    """Whether the call came with voices and without sides."""
    return bool(heard.turns) and heard.roles.confidence == 0.0 and all(turn.role == "unknown" for turn in heard.turns)


def _announcement(party: Party, present: Sequence[Party]) -> bool:
    others = [other for other in present if other is not party]
    silent = party.channel is None and party.role == "unknown"
    return silent or (len(others) > 1 and party.turns[-1] < min(other.turns[0] for other in others))


def _sides(turns: Sequence[Turn], speaking: Sequence[Party]) -> tuple[dict[int, Role], Decision]:
    roles: dict[int, Role] = {party.number: "unknown" for party in speaking}
    if len(speaking) > 2:
        like = [party for party in speaking if (alone := _decision(turns, [[party]])).agent == 0 and alone.confidence >= CLEARLY]
        rest = [party for party in speaking if party not in like]
        if like and rest:
            customer = _talkative(rest)
            decision = _decision(turns, [like, [customer]])
            if decision.agent == 0:
                roles |= {party.number: "agent" for party in like}
                roles[customer.number] = "customer"
                return roles, decision
    decision = _decision(turns, [[party] for party in speaking])
    agent = speaking[decision.agent or 0]
    roles[agent.number] = "agent"
    roles[_talkative([party for party in speaking if party is not agent]).number] = "customer"
    if len(speaking) > 2:
        decision = replace(decision, confidence=min(decision.confidence, UNSURE))
    return roles, decision


def _decision(turns: Sequence[Turn], groups: Sequence[Sequence[Party]]) -> Decision:
    """The decision between groups of parties, its evidence pointing into the whole call."""
    group_of = {index: rank for rank, group in enumerate(groups) for party in group for index in party.turns}
    kept = sorted(group_of)
    decision = decide([turns[index] for index in kept], [group_of[index] for index in kept], len(groups))
    evidence = tuple(replace(hit, turn=kept[hit.turn]) if hit.turn is not None else hit for hit in decision.evidence)
    return replace(decision, evidence=evidence)


def _talkative(some: Sequence[Party]) -> Party:
    return max(some, key=lambda party: (party.characters, -party.number))


def _assigned(heard: Heard, present: Sequence[Party], roles: Mapping[int, Role], decision: Roles) -> Heard:
    new: dict[_Key, Role] = {(party.channel, party.role): roles[party.number] for party in present}
    # A voice without believed turns is no party; it takes the one side that is left, as the other of two.
    sides = set(new.values())
    left: Role = "customer" if sides == {"agent"} else "agent" if sides == {"customer"} else "unknown"
    by_role: dict[Role, set[Role]] = {}
    for (_, old), role in new.items():
        by_role.setdefault(old, set()).add(role)

    def moved(old: Role) -> Role:
        found = by_role.get(old, {left if old != "unknown" else "unknown"})
        return next(iter(found)) if len(found) == 1 else "unknown"

    return replace(
        heard,
        turns=tuple(replace(turn, role=new[turn.channel, turn.role]) for turn in heard.turns),
        speech=tuple(replace(speech, role=new.get((speech.channel, speech.role), moved(speech.role))) for speech in heard.speech),
        dropped=tuple(replace(dropped, role=moved(dropped.role)) for dropped in heard.dropped),
        roles=decision,
    )
