"""What a run found, counted as it goes, and whether it is like the runs before it.

A rubric that was edited, a model or a telephone system that changed shifts results for all agents at once; a
night's worth of such scores should be looked at before anybody sees them. One agent's bad day is none of that.
"""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence

from qa.batch.executors import Outcome
from qa.batch.plan import Plan
from qa.batch.run import Summary
from qa.calls import Call, Quarantined
from qa.store.runs import RunRecord, Share

#: Measures beside the rules' rates; those are named by rubric and criterion.
CONFIDENCE, UNSURE = "confidence", "unsure"

FEWEST_CALLS = 20  # of a run, for its rate to say anything
FEWEST_RUNS = 5  # for anything to be usual
LATEST_RUNS = 30  # that tell what is usual
FEWEST_OF_AGENT = 3  # calls of an agent, to be asked which side the agent is on
FEWEST_AGENTS = 3
MOST_AGENTS = 0.75  # of them must have moved the same way
WIDTH = 3.0  # standard deviations, the band's half width
LEAST_WIDTH = {CONFIDENCE: 0.03, UNSURE: 0.03}  # whatever the deviation was; the others':
LEAST_RATE_WIDTH = 0.08


class Tally:
    """A watcher that keeps the summary, and how often what was found."""

    def __init__(self) -> None:
        self.summary = Summary()
        self.quarantined: list[Quarantined] = []
        self.names: dict[str, str] = {}  # of criteria, for people
        self._by_agent: defaultdict[str, defaultdict[str, list[float]]] = defaultdict(lambda: defaultdict(lambda: [0.0, 0.0]))

    def started(self, plan: Plan) -> None:
        """Nothing is counted yet."""

    def note(self, message: str) -> None:
        """Said to others."""

    def ended(self, summary: Summary) -> None:
        """The last word."""
        self.summary = summary

    def finished(self, outcome: Outcome, summary: Summary) -> None:
        """Count one outcome."""
        self.summary = summary
        if isinstance(outcome, Quarantined):
            self.quarantined.append(outcome)
            return
        agent, rubric = outcome.recording.agent_id, outcome.verdict.rubric.id
        for finding in outcome.verdict.findings:
            if finding.outcome == "na":
                continue
            self._count(UNSURE, agent, finding.outcome == "unsure")
            if finding.outcome != "unsure":
                name = f"{rubric}/{finding.criterion}"
                self.names[name] = finding.name
                self._count(name, agent, finding.outcome == "missed")
        if (confidence := _confidence(outcome)) is not None:
            self._count(CONFIDENCE, agent, confidence)

    def _count(self, name: str, agent: str, value: float) -> None:
        counted = self._by_agent[name][agent]
        counted[0] += value
        counted[1] += 1

    def measures(self) -> dict[str, Share]:
        """How often what, over all agents."""
        return {
            name: Share(round(sum(hits for hits, _ in agents.values()), 4), int(sum(of for _, of in agents.values())))
            for name, agents in sorted(self._by_agent.items())
        }

    def agents(self, name: str) -> dict[str, Share]:
        """How often that for each agent."""
        return {agent: Share(hits, int(of)) for agent, (hits, of) in self._by_agent[name].items()}

    def review(self, before: Sequence[RunRecord]) -> tuple[str, ...]:
        """Why these results should be looked at before they are published: a sentence for each measure that is out of its band."""
        found = []
        for name, share in self.measures().items():
            band = usual([run.measures[name] for run in before if name in run.measures], share.of, LEAST_WIDTH.get(name, LEAST_RATE_WIDTH))
            if band is not None and share.of >= FEWEST_CALLS and moved(share, band, self.agents(name)):
                low, high, runs = band
                what = {CONFIDENCE: "识别的平均把握", UNSURE: "存疑的比例"}.get(name) or f"评分项“{self.names[name]}”未做到的比例"
                found.append(f"{what}是 {share.rate:.0%}，往常在 {low:.0%} 到 {high:.0%}（前 {runs} 次运行），多数坐席都如此")
        return tuple(found)


Band = tuple[float, float, int]


def usual(before: Sequence[Share], calls: int, least: float) -> Band | None:
    """The band in which a rate usually lies: its ends, and the number of runs that say so; None when too few do.

    The middle is the median of the runs' rates and the deviation their MAD, so that a few odd nights do not widen it.
    A run of few calls strays further by chance; the band is as wide as that, and never narrower than ``least``.

    >>> low, high, runs = usual([Share(10 + n % 3, 100) for n in range(9)], calls=400, least=0.08)
    >>> round(low, 2), round(high, 2), runs
    (0.03, 0.19, 9)
    """
    rates = [share.rate for share in before[:LATEST_RUNS] if share.of >= FEWEST_CALLS]
    if len(rates) < FEWEST_RUNS or not calls:
        return None
    middle = statistics.median(rates)
    deviation = 1.4826 * statistics.median(abs(rate - middle) for rate in rates)
    by_chance = math.sqrt(max(0.0, middle * (1.0 - middle)) / calls)
    half = max(least, WIDTH * math.hypot(deviation, by_chance))
    return max(0.0, middle - half), min(1.0, middle + half), len(rates)


def moved(share: Share, band: Band, agents: Mapping[str, Share]) -> bool:
    """Whether a rate is out of its band, and most agents with it on the same side of the band's middle.

    >>> band = (0.0, 0.2, 9)
    >>> moved(Share(30, 60), band, {name: Share(5, 10) for name in "abcdef"})
    True
    >>> moved(Share(30, 60), band, {"a": Share(30, 30), "b": Share(0, 15), "c": Share(0, 15)})
    False
    """
    low, high, _ = band
    if low <= share.rate <= high:
        return False
    above, middle = share.rate > high, (low + high) / 2
    told = [one.rate for one in agents.values() if one.of >= FEWEST_OF_AGENT]
    same_way = sum(rate > middle if above else rate < middle for rate in told)
    return len(told) >= FEWEST_AGENTS and same_way >= MOST_AGENTS * len(told)


def _confidence(call: Call) -> float | None:
    """The mean confidence of a call's turns, by their characters."""
    told = [(turn.confidence, len(turn.text)) for turn in call.heard.turns if turn.confidence is not None and turn.text]
    characters = sum(length for _, length in told)
    return sum(confidence * length for confidence, length in told) / characters if characters else None
