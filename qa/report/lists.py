"""Lists of calls as data: short rows that site.js draws, filters and sorts, so that ten thousand fit on a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from qa.config import Settings
from qa.report import wording
from qa.report.language import language
from qa.report.names import page_name
from qa.report.pages import moment_or_none
from qa.scoring.attention import Place
from qa.scoring.scorecard import parts

if TYPE_CHECKING:
    import pandas as pd

#: The longest reason that a list shows.
_WHY = 60


class _Names:
    """Names by number: what repeats on every row is written once."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def __call__(self, name: str) -> int:
        return self.numbers.setdefault(name, len(self.numbers))


def call_list(calls: pd.DataFrame, settings: Settings, places: Mapping[str, Place] | None = None) -> dict[str, Any]:
    """The rows of ``calls`` in their order, and the names that the rows give by number.

    A row is [page, call, agent, team, time, seconds, score, band, passed, flags, missed items], and with ``places``
    also what the call is flagged for and the second where that is.
    """
    say = language(settings.report.language)
    agents, teams, bands, flags, items = (_Names() for _ in range(5))
    rows: list[list[Any]] = []
    row: Any
    for row in calls.itertuples(index=False):
        rows.append(
            [
                page_name(row.call_id).removesuffix(".html"),
                wording.plain(row.call_id, 60),
                agents(wording.agent_title(row.agent_id, row.agent_name, say)),
                teams(wording.team_title(row.team, say)),
                wording.when(moment_or_none(row.started_at), settings.zone),
                value(row.duration),
                value(row.score),
                bands(row.band),
                value(row.passed),
                [flags(flag) for flag in wording.gravest_first(parts(row.flags))],
                [items(wording.plain(item, 30)) for item in parts(row.missed_items)],
            ]
        )
        if places is not None:
            rows[-1] += _why(places.get(row.call_id))
    return {
        "agents": list(agents.numbers),
        "teams": list(teams.numbers),
        "bands": list(bands.numbers),
        "flags": [[flag, say(wording.FLAGS.get(flag, flag))] for flag in flags.numbers],
        "items": list(items.numbers),
        "rows": rows,
    }


def value(number: Any) -> float | None:
    """A number for JSON: whole ones without a point, None for NaN.

    >>> value(3.0), value(2.25), value(float("nan"))
    (3, 2.25, None)
    """
    if not wording.known(number):
        return None
    return int(number) if float(number).is_integer() else round(float(number), 2)


def _why(place: Place | None) -> list[Any]:
    if place is None:
        return ["", "", None]
    return [wording.plain(place.name, 30), wording.plain(place.text, _WHY), value(place.start) if place.start is not None else None]
