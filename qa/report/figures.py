"""All figures of a report: the scorecards, and beside them rank, service type, stage and what changed."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from qa.calls import Call
from qa.config import Settings
from qa.scoring.moments import Moment
from qa.scoring.periods import Comparison, compare_periods
from qa.scoring.profile import STAGES, service_types, stage
from qa.scoring.ranking import fair_ranks
from qa.scoring.reasons import Opening, Reasons, find_reasons, opening
from qa.scoring.scorecard import Gathering, Scorecards, group_scorecards

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Figures:
    """What pages, workbook and summary show.

    ``reasons`` are what customers called for.

    ``agents`` are the agents' scorecards with ``rank``, ``procedure``, ``personal``, ``service_type`` and ``stage``
    beside; ``stages`` are scorecards of the stages of employment, with ``agents``; ``moments`` by agent and by item.
    """

    cards: Scorecards
    agents: pd.DataFrame
    stages: pd.DataFrame
    comparison: Comparison | None
    reasons: Reasons
    moments_of_agent: Mapping[str, list[Moment]]
    moments_of_item: Mapping[str, list[Moment]]

    @classmethod
    def of(cls, calls: Iterable[Call], settings: Settings) -> Figures:
        """The figures of these calls, which are read once and not kept.

        >>> len(Figures.of([], Settings()).agents)
        0
        """
        gathered = Gathered(settings)
        for call in calls:
            gathered.add(call)
        return gathered.figures()

    @classmethod
    def made(cls, cards: Scorecards, openings: Sequence[Opening], settings: Settings) -> Figures:
        """The figures from the scorecards of some calls and what their customers say first."""
        import pandas as pd

        shown = settings.report
        last = cards.calls.groupby("agent_id")["started_at"].max().dropna().dt.tz_convert(settings.zone).dt.date
        stages: dict[Any, Any] = {agent: stage(hired, last.get(agent)) for agent, hired in cards.agents["hired_on"].items()}
        agents = cards.agents.join(service_types(cards.criteria, cards.agents, shown.personal, shown.good_share, shown.min_calls))
        agents = agents.assign(rank=fair_ranks(agents, shown.min_calls), stage=pd.Series(stages, index=agents.index, dtype=object))
        by_stage = group_scorecards(
            cards.calls, cards.criteria, cards.calls["agent_id"].map(stages), cards.criteria["agent_id"].astype(object).map(stages)
        )
        by_agent: dict[str, list[Moment]] = defaultdict(list)
        by_item: dict[str, list[Moment]] = defaultdict(list)
        for moment in cards.moments:
            by_agent[moment.agent_id].append(moment)
            by_item[moment.criterion].append(moment)
        return cls(
            cards,
            agents,
            by_stage.reindex([name for name, _ in STAGES if name in by_stage.index]),
            compare_periods(cards, settings.zone, shown.period),
            find_reasons(openings, settings.zone, shown.period),
            by_agent,
            by_item,
        )

    def change_of(self, criterion: str) -> Any:
        """How an item's share met changed against the period before; None where there is nothing to compare."""
        changes = self.comparison.items if self.comparison else ()
        return next((change for change in changes if change.key == criterion), None)


class Gathered:
    """What figures are made of, gathered while the calls go by, here or in parts by other processes."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._cards = Gathering(settings.report.handling, settings.complaint)
        self._openings: list[Opening] = []

    def add(self, call: Call) -> None:
        self._cards.add(call)
        if (said := opening(call)) is not None:
            self._openings.append(said)

    def extend(self, later: Gathered) -> None:
        """Put what was gathered of later calls behind this."""
        self._cards.extend(later._cards)
        self._openings += (replace(said, words=tuple(map(sys.intern, said.words))) for said in later._openings)

    def figures(self) -> Figures:
        """The figures; what was gathered is used up."""
        return Figures.made(self._cards.cards(), self._openings, self._settings)
