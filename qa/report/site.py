"""The report as a folder of static pages: opens from a disk or a file share, without server or network.

Two passes over the store: one for the tables, one that writes the call pages, each call let go before the next.
Every value from outside goes through autoescaping; scripts come from files only (see the policy in base.html).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import jinja2

from qa.analysis.metrics import METRICS
from qa.calls import Call
from qa.config import Settings
from qa.errors import ConfigError
from qa.report import wording
from qa.report.callpage import against, call_view, event_words, searched_in, speaker
from qa.report.media import Playable, playable
from qa.report.names import page_name
from qa.scoring.moments import Moment
from qa.scoring.scorecard import Scorecards, daily, flagged, parts, records, score_distribution
from qa.store.store import Store

_HERE = Path(__file__).parent
#: Lists what a report wrote, so that the next one into the same folder clears away what no longer belongs there.
CONTENTS = "contents.json"
FLAGGED_AT_MOST = 30
MOMENTS_AT_MOST = 5
TALK_METRICS = (
    "first_response", "agent_share", "agent_rate", "silence", "silence_longest", "hold", "overtalk", "interruptions_by_agent"
)  # fmt: skip
FEW_CALLS = 5  # below this a mean says little: shown, but pale


def write_site(store: Store, out: Path, settings: Settings, workbook: str | None = None) -> Path:
    """Write the report into ``out`` (made if need be); the path of its ``index.html``.

    ``workbook`` is the name of a file in ``out`` that the pages link to.
    Pages of an earlier report there that are not written again are deleted, recordings included; other files stay.

    Raises:
        ConfigError: ``out`` holds an index.html that is not ours, or cannot be written.
    """
    if (out / "index.html").exists() and not (out / CONTENTS).exists():
        raise ConfigError("输出目录里已有别的网页", where=str(out), why="其中的 index.html 不是质检报告", next_step="换一个目录：--out DIR")
    try:
        site = _Site(store, out, settings, workbook)
        site.write()
    except OSError as error:
        raise ConfigError("报告写不了", where=str(out), why=str(error), next_step="检查目录权限与磁盘空间") from error
    return out / "index.html"


class _Site:
    def __init__(self, store: Store, out: Path, settings: Settings, workbook: str | None) -> None:
        self.store, self.out, self.settings = store, out, settings
        self.cards = Scorecards.of(store.calls())
        self.written: set[str] = set()
        self.templates = environment(settings)
        self.templates.globals |= {
            "title": settings.report.title,
            "overall": self.cards.overall,
            "few_calls": FEW_CALLS,
            "workbook": workbook,
        }

    def write(self) -> None:
        earlier = self._earlier()
        self._list(earlier)  # from here on the folder is known as ours, even when this run is cut short
        shutil.copytree(_HERE / "static", self.out / "static", dirs_exist_ok=True)
        self._overview()
        for team, card in records(self.cards.teams):
            self._team(team, card)
        for agent_id, card in records(self.cards.agents):
            self._agent(agent_id, card)
        for call in self.store.calls():
            self._call(call)
        self._list(self.written)
        for name in earlier - self.written:
            (self.out / name).unlink(missing_ok=True)

    def _list(self, names: set[str]) -> None:
        self.out.mkdir(parents=True, exist_ok=True)
        (self.out / CONTENTS).write_text(json.dumps(sorted(names), indent=0), encoding="utf-8")

    def _earlier(self) -> set[str]:
        """What the last report wrote; only plain relative names, so that a forged list deletes nothing elsewhere."""
        try:
            names = json.loads((self.out / CONTENTS).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return set()
        root = self.out.resolve()
        return {name for name in names if isinstance(name, str) and (self.out / name).resolve().is_relative_to(root)}

    def _page(self, name: str, template: str, **values: Any) -> None:
        target = self.out / name
        target.parent.mkdir(parents=True, exist_ok=True)
        page = self.templates.get_template(template).render(root="../" if "/" in name else "", **values)
        target.write_bytes(page.encode("utf-8", "replace"))
        self.written.add(name)

    def _overview(self) -> None:
        cards, days = self.cards, daily(self.cards.calls, self.settings.zone)
        attention = flagged(cards.calls)
        items = _by_loss(cards.items)
        self._page(
            "index.html",
            "index.html",
            teams=records(cards.teams),
            agents=records(cards.agents),
            items=records(items),
            flagged=attention.head(FLAGGED_AT_MOST).to_dict("records"),
            flagged_total=len(attention),
            quarantined=self.store.quarantined(),
            charts={"distribution": score_distribution(cards.calls), "days": _days(days)},
        )
        self._page("calls.html", "calls.html", call_list=self._call_list(cards.calls))

    def _team(self, team: str, card: Mapping[str, Any]) -> None:
        cards = self.cards
        members = sorted(set(cards.calls.loc[cards.calls["team"] == team, "agent_id"]))
        self._page(
            f"teams/{page_name(team)}",
            "team.html",
            team=team,
            card=card,
            agents=records(cards.agents.loc[members]),
            items=_against(_part(cards.team_items, team), cards.items),
            call_list=self._call_list(cards.calls[cards.calls["team"] == team]),
        )

    def _agent(self, agent_id: str, card: Mapping[str, Any]) -> None:
        cards = self.cards
        own = cards.calls[cards.calls["agent_id"] == agent_id]
        bad, good = self._moments(agent_id)
        self._page(
            f"agents/{page_name(agent_id)}",
            "agent.html",
            agent_id=agent_id,
            card=card,
            items=_against(_part(cards.agent_items, agent_id), _part(cards.team_items, card["team"])),
            bad=bad,
            good=good,
            talk_metrics=[(name, *METRICS[name]) for name in TALK_METRICS],
            team_card=dict(cards.teams.loc[card["team"]]) if card["team"] in cards.teams.index else None,
            call_list=self._call_list(own),
            charts={"days": _days(daily(own, self.settings.zone))},
        )

    def _moments(self, agent_id: str) -> tuple[list[Moment], list[Moment]]:
        """What to listen to: what cost most, and what this agent does that others most often leave out."""
        own = [moment for moment in self.cards.moments if moment.agent_id == agent_id]
        rates = self.cards.items["met_rate"]
        bad = sorted((m for m in own if m.outcome == "missed"), key=lambda m: (not m.fatal, -m.lost, m.criterion))
        good = sorted((m for m in own if m.outcome == "met"), key=lambda m: (rates[m.criterion], -m.points, m.criterion))
        return bad[:MOMENTS_AT_MOST], good[:MOMENTS_AT_MOST]

    def _call(self, call: Call) -> None:
        sound = self._sound(call)
        self._page(f"calls/{page_name(call.recording.call_id)}", "call.html", **call_view(call, sound))
        if sound.path is not None:
            self.written |= {f"audio/{sound.path.name}", f"audio/{sound.path.with_suffix('.json').name}"}

    def _sound(self, call: Call) -> Playable:
        if not self.settings.report.audio:
            return Playable(None, problem="本报告未附录音（report.audio = false）")
        return playable(call.recording, self.out / "audio")

    def _call_list(self, calls: Any) -> list[list[Any]]:
        """The rows of a list of calls as short arrays, newest first: site.js draws them."""
        return [
            [
                page_name(row.call_id),
                wording.plain(row.call_id, 60),
                wording.agent_title(row.agent_id, row.agent_name),
                wording.plain(row.team, 40) or wording.UNGROUPED,
                wording.when(_moment(row.started_at), self.settings.zone),
                _value(row.duration),
                _value(row.score),
                row.band,
                _value(row.passed),
                wording.gravest_first(parts(row.flags)),
                row.missed,
            ]
            for row in calls.iloc[::-1].itertuples(index=False)
        ]


def environment(settings: Settings) -> jinja2.Environment:
    """The templates with all that they use; every value is escaped, and a name that is not given is an error."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "separators": (",", ":"), "allow_nan": False}
    for function in (
        *(wording.number, wording.percent, wording.points, wording.clock, wording.measure, wording.hours, wording.plain),
        *(wording.gravest_first, page_name, parts, searched_in, event_words, speaker, against),
    ):
        environment.filters[function.__name__] = function
    environment.filters["when"] = lambda moment: wording.when(_moment(moment), settings.zone)
    environment.tests["known"] = wording.known
    environment.globals |= {"wording": wording, "agent_title": wording.agent_title}
    return environment


def _part(table: Any, group: str) -> Any:
    """One group of a table indexed by group and criterion; the empty table for a group without rows."""
    return table.loc[group] if group in table.index.get_level_values(0) else table.droplevel(0).iloc[:0]


def _against(own: Any, others: Any) -> list[tuple[str, dict[str, Any]]]:
    """Items with the same figures of the group they are compared with, what loses most points first."""
    joined = own.join(others[["met_rate", "met", "missed"]].add_prefix("other_"), how="left")
    return records(_by_loss(joined))


def _by_loss(items: Any) -> Any:
    """What loses most points first, what was missed without points next, what was never judged last."""
    judged = (items["met"] + items["missed"] + items["unsure"] > 0).rename("judged")
    return items.assign(judged=judged).sort_values(["judged", "lost", "missed"], ascending=False, kind="stable")


def _days(days: Any) -> list[list[Any]]:
    return [[day, int(row["calls"]), _value(row["score"]), _value(row["pass_rate"])] for day, row in records(days)]


def _value(value: Any) -> float | None:
    return float(value) if wording.known(value) else None


def _moment(value: Any) -> datetime | None:
    """A time from a table or from a call; None for pandas' NaT."""
    return value if wording.known(value) else None
