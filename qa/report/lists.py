"""Lists of calls as data: short rows that site.js draws, filters and sorts, so that ten thousand fit on a page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
#: The columns of the call table that a row is made from.
_SHOWN = ("call_id", "agent_id", "agent_name", "team", "started_at", "duration", "score", "band", "passed", "flags", "missed_items")


class _Names:
    """Names by number: what repeats on every row is written once."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def __call__(self, name: str) -> int:
        return self.numbers.setdefault(name, len(self.numbers))


class CallLists:
    """Lists over the same calls: what a row shows of a call is made once, and shared by the lists that it is on."""

    def __init__(self, calls: pd.DataFrame, settings: Settings) -> None:
        say = language(settings.report.language)
        self._flags = {flag: [flag, say(label)] for flag, label in wording.FLAGS.items()}
        self._rows: dict[str, tuple[Any, ...]] = {}
        same: dict[Any, Any] = {}  # what repeats from call to call is one object
        for call_id, agent_id, agent_name, team, started_at, duration, score, band, passed, flags, missed in zip(
            *(calls[name] for name in _SHOWN), strict=True
        ):
            names = (
                wording.agent_title(agent_id, agent_name, say),
                wording.team_title(team, say),
                band,
                tuple(wording.gravest_first(parts(flags))),
                tuple(wording.plain(item, 30) for item in parts(missed)),
            )
            agent, group, band, flagged, items = (same.setdefault(name, name) for name in names)
            page, title = page_name(call_id).removesuffix(".html"), wording.plain(call_id, 60)
            when = wording.when(moment_or_none(started_at), settings.zone)
            self._rows[call_id] = (page, title, agent, group, when, value(duration), value(score), band, value(passed), flagged, items)

    def of(self, call_ids: Iterable[str], places: Mapping[str, Place] | None = None) -> dict[str, Any]:
        """The rows of these calls in their order, and the names that the rows give by number.

        A row is [page, call, agent, team, time, seconds, score, band, passed, flags, missed items], and with ``places``
        also what the call is flagged for and the second where that is.
        """
        agents, teams, bands, flags, items = (_Names() for _ in range(5))
        rows: list[list[Any]] = []
        for call_id in call_ids:
            page, title, agent, team, when, duration, score, band, passed, flagged, missed = self._rows[call_id]
            named = list(map(flags, flagged)), list(map(items, missed))
            rows.append([page, title, agents(agent), teams(team), when, duration, score, bands(band), passed, *named])
            if places is not None:
                rows[-1] += _why(places.get(call_id))
        return {
            "agents": list(agents.numbers),
            "teams": list(teams.numbers),
            "bands": list(bands.numbers),
            "flags": [self._flags.get(flag, [flag, flag]) for flag in flags.numbers],
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
