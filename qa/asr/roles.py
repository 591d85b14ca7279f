"""Which party is the agent, told from what is said over the whole call, with the lines that say so.

The cues are data (``cues.yaml``): phrases of agents and of customers with a weight each. They are looked for by
sound as well as by characters, because the recogniser errs by sound.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from qa.calls import Hit, Role, Turn
from qa.text.normalize import normalize
from qa.text.sound import Passage, Phrasebook, default_closeness, read, spot

OPENING_TURNS = 4  # the opening script lies in these
LATER = 0.5  # what an opening cue still says after them
FIRST_SPEAKER = 0.6  # who picks up speaks first: mostly the agent, but far from always
MOST_OF_A_CUE = 2  # hearings of one cue that count for a party
SCALE = 2.0  # difference of the parties' scores that means about 73 % sure
EVIDENCE = 8  # lines kept
PLAIN = "first_speaker"


@dataclass(frozen=True, slots=True)
class Cue:
    """A phrase that one side says."""

    phrase: str
    side: Literal["agent", "customer"]
    weight: float
    opening: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """The party that is the agent (None: none of them can be told to be), how sure, and the evidence."""

    agent: int | None
    confidence: float
    evidence: tuple[Hit, ...] = ()

    def role(self, party: int, parties: int) -> Role:
        """The role of a party; with only one party and no sign of which it is, unknown."""
        if self.agent is None:
            return "unknown" if self.confidence == 0.0 else "customer"
        if party == self.agent:
            return "agent"
        return "customer" if parties > 1 else "unknown"


def decide(turns: Sequence[Turn], party_of: Sequence[int], parties: int) -> Decision:
    """Which of the parties is the agent; ``party_of`` gives the party of each turn.

    With no cue at all the first to speak is taken for the agent, with a confidence that says how little that is.

    >>> turns = [Turn(role="unknown", text="喂我想查一下话费"), Turn(role="unknown", text="好的请稍等我帮您查询")]
    >>> decision = decide(turns, [0, 1], 2)
    >>> decision.agent, decision.confidence > 0.9, [hit.phrase for hit in decision.evidence]
    (1, True, ['我想查一下', '请稍等', '帮您查询'])
    """
    scores = [0.0] * max(1, parties)
    lines: list[tuple[float, int, Hit, str]] = []
    counted: dict[tuple[int, str], int] = {}
    for index, begin, end, cue, closeness in hearings(turns):
        party = party_of[index]
        counted[party, cue.phrase] = counted.get((party, cue.phrase), 0) + 1
        if counted[party, cue.phrase] > MOST_OF_A_CUE:
            continue
        weight = cue.weight * closeness * (LATER if cue.opening and index >= OPENING_TURNS else 1.0)
        scores[party] += weight if cue.side == "agent" else -weight
        start, stop = turns[index].moment(begin, end)
        hit = Hit(
            role=cue.side,
            text=turns[index].text[begin:end],
            start=start,
            end=stop,
            phrase=cue.phrase,
            closeness=closeness,
            turn=index,
            span=(begin, end),
        )
        lines.append((weight, party, hit, cue.side))
    if parties < 2:
        return _alone(scores[0], lines)
    if turns:
        scores[party_of[0]] += FIRST_SPEAKER
    agent = max(range(parties), key=lambda party: (scores[party], -party))
    lead = scores[agent] - max(score for party, score in enumerate(scores) if party != agent)
    # only the lines that speak for the decision are its evidence
    speaking = [line for line in lines if (line[3] == "agent") == (line[1] == agent)]
    return Decision(agent, _confidence(lead), _strongest(speaking))


def _alone(score: float, lines: list[tuple[float, int, Hit, str]]) -> Decision:
    if abs(score) < 1.0:
        return Decision(None, 0.0)
    side = "agent" if score > 0 else "customer"
    return Decision(0 if score > 0 else None, _confidence(abs(score)), _strongest([line for line in lines if line[3] == side]))


def _confidence(lead: float) -> float:
    return round(min(0.99, 1.0 / (1.0 + math.exp(-lead / SCALE))), 3)


def _strongest(lines: list[tuple[float, int, Hit, str]]) -> tuple[Hit, ...]:
    best = sorted(lines, key=lambda line: (-line[0], line[2].turn or 0, line[2].span or (0, 0)))[:EVIDENCE]
    return tuple(hit for _, _, hit, _ in sorted(best, key=lambda line: (line[2].turn or 0, line[2].span or (0, 0))))


def hearings(turns: Sequence[Turn]) -> list[tuple[int, int, int, Cue, float]]:
    """Every hearing of a cue: turn, begin and end in its text, cue, closeness; of overlapping cues of a side the weightiest."""
    book, known = _book()
    normals = [normalize(turn.text) for turn in turns]
    found = [
        (text, match.begin, match.end, known[phrase], match.closeness)
        for phrase, text, match in spot(book, Passage([read(normal.text) for normal in normals]))
    ]
    found.sort(key=lambda one: (one[0], -one[3].weight * one[4], one[1], one[2], one[3].phrase))
    kept: list[tuple[int, int, int, Cue, float]] = []
    for one in found:
        text, begin, end, cue, _closeness = one
        if all(text != other[0] or end <= other[1] or begin >= other[2] or cue.side != other[3].side for other in kept[-20:]):
            kept.append(one)
    return [
        (text, *normals[text].original(begin, end), cue, closeness)
        for text, begin, end, cue, closeness in sorted(kept, key=lambda o: o[:3])
    ]


@cache
def _book() -> tuple[Phrasebook, tuple[Cue, ...]]:
    known = cues()
    readings = [read(normalize(cue.phrase).text) for cue in known]
    return Phrasebook(readings, [default_closeness(len(reading)) if len(reading) >= 5 else 1.0 for reading in readings]), known


@cache
def cues() -> tuple[Cue, ...]:
    """The cues of ``cues.yaml``."""
    import yaml

    table = yaml.safe_load((Path(__file__).parent / "cues.yaml").read_text(encoding="utf-8"))
    return tuple(
        Cue(entry["phrase"], side, float(entry["weight"]), bool(entry.get("opening", False)))
        for side in ("agent", "customer")
        for entry in table[side]
    )
