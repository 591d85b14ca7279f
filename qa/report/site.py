"""The report as a folder of static pages: opens from a disk or a file share, without server or network.

One pass over the store: each call's page is written while the tables are gathered (or by other processes, see
:mod:`qa.report.rendering`), and the call is let go before the next; then the pages that show the tables. Every value
from outside goes through autoescaping; scripts come from files only (see the policy in base.html).
"""

from __future__ import annotations

import json
import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import tzinfo
from pathlib import Path
from typing import Any

from qa.analysis.metrics import METRICS
from qa.calls import Call
from qa.config import Settings
from qa.errors import ConfigError
from qa.report.figures import Figures, Gathered
from qa.report.language import language
from qa.report.lists import CallLists, value
from qa.report.names import page_name
from qa.report.pages import STATIC, environment
from qa.report.rendering import WORTH_SHARING, CallPages, shared
from qa.report.shown import Shown
from qa.report.wording import SERVICE_TYPES, agent_title, known
from qa.scoring.attention import Case
from qa.scoring.calltype import COMPLAINT, TYPES
from qa.scoring.moments import Moment
from qa.scoring.ranking import Figure, differ, fair_ranks
from qa.scoring.reasons import FEWEST
from qa.scoring.scorecard import daily, flagged, records, score_distribution
from qa.store.store import Store

__all__ = ["Site", "environment", "write_site"]

#: Lists what a report wrote, so that the next one into the same folder clears away what no longer belongs there.
CONTENTS = "contents.json"
FLAGGED_AT_MOST = 8  # on the overview; all are on a page of their own
LISTED_AT_MOST = 5000  # flagged calls, the gravest: what a page of 2 MB holds
CASES_AT_MOST = 300
MISSED_CALLS_AT_MOST = 500
CHANGES_AT_MOST = 8
LOSSES_AT_MOST = 8
REASONS_AT_MOST = 6
MOMENTS_AT_MOST = 5
EXAMPLES_AT_MOST = 8
TALK_METRICS = (
    "first_response", "agent_share", "agent_rate", "silence", "silence_longest", "hold", "overtalk", "interruptions_by_agent"
)  # fmt: skip


def write_site(store: Store | Shown, out: Path, settings: Settings, workbook: str | None = None) -> Path:
    """Write the report into ``out`` (made if need be); the path of its ``index.html``.

    ``workbook`` is the name of a file in ``out`` that the pages link to.
    Pages of an earlier report there that are not written again are deleted, recordings included; other files stay.

    Raises:
        ConfigError: ``out`` holds an index.html that is not ours, or cannot be written.
    """
    Site(store, out, settings, workbook).write()
    return out / "index.html"


class Site:
    """One report being written. ``figures`` are what it shows, once :meth:`write` is through."""

    figures: Figures

    def __init__(self, store: Store | Shown, out: Path, settings: Settings, workbook: str | None = None) -> None:
        self.store, self.out, self.settings = Shown.of(store, settings), out, settings
        self.say = language(settings.report.language)
        self.written: set[str] = set()
        self.templates = environment(settings)
        self.workbook = self.templates.globals["workbook"] = workbook

    def write(self) -> None:
        """Write everything; see :func:`write_site`."""
        if (self.out / "index.html").exists() and not (self.out / CONTENTS).exists():
            why = "其中的 index.html 不是质检报告"
            raise ConfigError("输出目录里已有别的网页", where=str(self.out), why=why, next_step="换一个目录：--out DIR")
        try:
            self._write()
        except OSError as error:
            raise ConfigError("报告写不了", where=str(self.out), why=str(error), next_step="检查目录权限与磁盘空间") from error

    def _write(self) -> None:
        earlier = self._earlier()
        self._list(earlier)  # from here on the folder is known as ours, even when this run is cut short
        for source in STATIC.rglob("*"):  # the bytes, not the permissions that they have where the program is installed
            if source.is_file():
                target = self.out / "static" / source.relative_to(STATIC)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)
        self.figures = self._call_pages()
        self.templates.globals["overall"] = self.figures.cards.overall
        self._prepare()
        self._overview()
        self._queues()
        self._reasons()
        for team, card in records(self.figures.cards.teams):
            self._team(team, card)
        for agent_id, card in records(self.figures.agents):
            self._agent(agent_id, card)
        for criterion, item in records(self.figures.cards.items):
            self._item(criterion, item)
        self._list(self.written)
        for name in earlier - self.written:
            (self.out / name).unlink(missing_ok=True)

    def _list(self, names: set[str]) -> None:
        mode = 0o777 if self.settings.privacy.shared else 0o700
        self.out.mkdir(mode=mode, parents=True, exist_ok=True)  # whom to show it to is decided by opening it, not by forgetting
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
        if name not in self.written:
            target.parent.mkdir(parents=True, exist_ok=True)
        page = self.templates.get_template(template).render(root="../" if "/" in name else "", **values)
        target.write_bytes(page.encode("utf-8", "replace"))
        self.written.add(name)

    def _call_pages(self) -> Figures:
        """Write the page of every call, and gather the figures of all as they go by."""
        call_ids = self.store.call_ids()
        if len(call_ids) < WORTH_SHARING:
            return Figures.of(self._called(), self.settings)
        gathered = Gathered(self.settings)
        with shared(self.store, self.out, self.settings, self.workbook, call_ids) as portions:
            for portion, names in portions:
                gathered.extend(portion)
                self.written.update(names)
        return gathered.figures()

    def _called(self) -> Iterator[Call]:
        """Every call, its page written as it goes by."""
        pages = CallPages(self.store, self.out, self.settings, self.workbook)
        for call in self.store.calls():
            self.written.update(pages.write(call))
            yield call

    def _prepare(self) -> None:
        """What many pages show parts of, made once: hundreds of agents would else go through all calls again each."""
        figures, cards = self.figures, self.figures.cards
        self._lists = CallLists(cards.calls, self.settings)
        self._ids = {key: _ids_by(cards.calls, key) for key in ("agent_id", "team")}
        self._days = {key: _days_by(cards.calls, key, self.settings.zone) for key in ("agent_id", "team")}
        self._items_of = {"agent_id": _by_group(cards.agent_items), "team": _by_group(cards.team_items), None: {None: records(cards.items)}}
        self._cases_of: dict[str, list[Case]] = defaultdict(list)
        for case in cards.cases:
            self._cases_of[case.agent_id].append(case)
        self._placed = [
            (agent_id, value(100 * row["procedure"]), value(100 * row["personal"]), agent_title(agent_id, row["agent_name"], self.say))
            for agent_id, row in records(figures.agents.dropna(subset=["service_type"]))
        ]

    def _overview(self) -> None:
        cards = self.figures.cards
        attention, items = flagged(cards.calls), _by_loss(records(cards.items))
        days = _day_rows(records(daily(cards.calls, self.settings.zone)))
        comparison = self.figures.comparison
        self._page(
            "index.html",
            "index.html",
            teams=records(cards.teams),
            agents=_by_rank(self.figures.agents),
            stages=records(self.figures.stages),
            items=items,
            losses=[(criterion, item) for criterion, item in items if item["lost"] > 0][:LOSSES_AT_MOST],
            comparison=comparison,
            changed=[change for change in comparison.items if change.difference][:CHANGES_AT_MOST] if comparison else [],
            flagged=attention.head(FLAGGED_AT_MOST).to_dict("records"),
            flagged_total=len(attention),
            places=cards.places,
            quarantined=self.store.quarantined(),
            run=self.store.latest_run(),
            reasons=self.figures.reasons.reasons[:REASONS_AT_MOST],
            charts={"distribution": score_distribution(cards.calls), "days": days, "types": self._types()},
        )
        self._page("calls.html", "calls.html", call_list=self._calls(cards.calls["call_id"]))

    def _queues(self) -> None:
        cards = self.figures.cards
        attention = flagged(cards.calls)
        listed = self._lists.of(attention["call_id"].head(LISTED_AT_MOST), cards.places)
        self._page("flagged.html", "flagged.html", call_list=listed, total=len(attention))
        shown = cards.cases[:CASES_AT_MOST]
        self._page(
            "complaints.html",
            "complaints.html",
            cases=shown,
            total=len(cards.cases),
            threats=sum(case.threat for case in cards.cases),
            neglected=sum(case.neglected > 0 for case in cards.cases),
            repeated=sum(bool(case.earlier) for case in cards.cases),
            categories=sorted({category for case in shown for category in case.categories}),
            teams=sorted({case.team for case in shown}),
            owed=_owed(cards.cases),
        )

    def _reasons(self) -> None:
        types = self.figures.cards.calls["call_type"].value_counts()
        total = max(1, len(self.figures.cards.calls))
        self._page(
            "reasons.html",
            "reasons.html",
            found=self.figures.reasons,
            fewest=FEWEST,
            types=[
                (name, int(types[name]), types[name] / total, "warn" if name == COMPLAINT else "") for name in TYPES if name in types.index
            ],
        )

    def _team(self, team: str, card: Mapping[str, Any]) -> None:
        cards, minimum = self.figures.cards, self.settings.report.min_calls
        members = self.figures.agents.loc[sorted(set(cards.calls.loc[cards.calls["team"] == team, "agent_id"]))]
        self._page(
            f"teams/{page_name(team)}",
            "team.html",
            team=team,
            card=card,
            agents=_by_rank(members.assign(rank=fair_ranks(members, minimum))),
            items=self._items("team", team, None, None),
            call_list=self._calls(self._ids["team"][team]),
            charts={"days": self._days["team"].get(team, []), "types": self._types(set(members.index))},
        )

    def _agent(self, agent_id: str, card: Mapping[str, Any]) -> None:
        figures, cards = self.figures, self.figures.cards
        cases = self._cases_of[agent_id]
        bad, good = self._playlists(agent_id)
        self._page(
            f"agents/{page_name(agent_id)}",
            "agent.html",
            agent_id=agent_id,
            card=card,
            ranked=int(figures.agents["rank"].notna().sum()),
            items=self._items("agent_id", agent_id, "team", card["team"]),
            bad=bad,
            good=good,
            cases=cases[:MOMENTS_AT_MOST],
            owed=_owed(cases),
            talk_metrics=[(name, *METRICS[name]) for name in TALK_METRICS],
            team_card=dict(cards.teams.loc[card["team"]]) if card["team"] in cards.teams.index else None,
            peers=self._peers(card),
            call_list=self._calls(self._ids["agent_id"][agent_id]),
            charts={"days": self._days["agent_id"].get(agent_id, []), "types": self._types({agent_id})},
        )

    def _peers(self, card: Mapping[str, Any]) -> dict[str, Any] | None:
        """The group of the same stage of employment, and whether this agent really differs from it."""
        if card["stage"] not in self.figures.stages.index or self.figures.stages.loc[card["stage"], "agents"] < 2:
            return None
        group: dict[str, Any] = self.figures.stages.loc[card["stage"]].to_dict()
        own, others = (Figure.of(row, "score", "score_low", "score_high") for row in (card, group))
        return group | {"differs": differ(own, others), "difference": own.value - others.value}

    def _playlists(self, agent_id: str) -> tuple[list[Moment], list[Moment]]:
        """What to listen to: what cost most, and what this agent does that others most often leave out."""
        own = self.figures.moments_of_agent.get(agent_id, [])
        rates = self.figures.cards.items["met_rate"]
        bad = sorted((m for m in own if m.outcome == "missed"), key=lambda m: (not m.fatal, -m.lost, m.criterion))
        good = sorted((m for m in own if m.outcome == "met"), key=lambda m: (rates[m.criterion], -m.points, m.criterion))
        return bad[:MOMENTS_AT_MOST], good[:MOMENTS_AT_MOST]

    def _item(self, criterion: str, item: Mapping[str, Any]) -> None:
        cards = self.figures.cards
        moments = self.figures.moments_of_item.get(criterion, [])
        missed = set(cards.criteria.loc[(cards.criteria["criterion"] == criterion) & (cards.criteria["outcome"] == "missed"), "call_id"])
        names = self.figures.agents[["agent_name", "team"]]
        by_agent = _of_item(cards.agent_items, criterion).join(names)
        self._page(
            f"items/{page_name(criterion)}",
            "item.html",
            item=item,
            change=self.figures.change_of(criterion),
            comparison=self.figures.comparison,
            agents=records(by_agent),
            teams=records(_of_item(cards.team_items, criterion)),
            bad=sorted((m for m in moments if m.outcome == "missed"), key=lambda m: (m.text is None, -m.lost, m.call_id))[
                :EXAMPLES_AT_MOST
            ],
            good=sorted((m for m in moments if m.outcome == "met"), key=lambda m: (-m.points, m.call_id))[:EXAMPLES_AT_MOST],
            names={agent: row["agent_name"] for agent, row in records(names)},
            missed_total=len(missed),
            call_list=self._calls([call_id for call_id in cards.calls["call_id"] if call_id in missed][-MISSED_CALLS_AT_MOST:]),
        )

    def _calls(self, call_ids: Iterable[str]) -> dict[str, Any]:
        return self._lists.of(list(call_ids)[::-1])  # newest first

    def _items(self, key: str, group: str, other_key: str | None, other: str | None) -> list[tuple[str, dict[str, Any]]]:
        """The items of a group with the same figures of the group they are compared with, what loses most points first."""
        others = dict(self._items_of[other_key].get(other, ()))
        own = self._items_of[key].get(group, [])
        return _by_loss([(name, item | {"other_met_rate": others[name]["met_rate"] if name in others else None}) for name, item in own])

    def _types(self, own: set[str] | None = None) -> dict[str, Any]:
        """The chart of service types: every agent by its two sides; with ``own``, the others stand pale behind them."""
        return {
            "good": self.settings.report.good_share,
            "names": {name: self.say(label) for name, label in SERVICE_TYPES.items()},
            "points": [
                [procedure, personal, title, page_name(agent_id), int(own is None or agent_id in own)]
                for agent_id, procedure, personal, title in self._placed
            ],
        }


def _owed(cases: Sequence[Case]) -> list[tuple[str, int, int]]:
    """For each thing owed to a customer who complains: its name, how often it was done, how often that could be said."""
    counts: dict[str, tuple[int, int]] = {}
    for case in cases:
        for handled in case.handling:
            done, judged = counts.get(handled.name, (0, 0))
            counts[handled.name] = (done + (handled.outcome == "met"), judged + (handled.outcome in ("met", "missed")))
    return [(name, done, judged) for name, (done, judged) in counts.items() if judged]


def _ids_by(calls: Any, key: str) -> dict[str, list[str]]:
    """The ids of the calls of each group, in their order."""
    return {group: list(ids) for group, ids in calls.groupby(key, sort=False)["call_id"]}


def _days_by(calls: Any, key: str, zone: tzinfo) -> dict[str, list[list[Any]]]:
    """What each group's chart shows of every day."""
    table = daily(calls, zone, key)
    return {group: _day_rows(rows) for group, rows in _by_group(table).items()}


def _by_group(table: Any) -> dict[Any, list[tuple[Any, dict[str, Any]]]]:
    """The rows of a table indexed by group and something else, by group."""
    found: dict[Any, list[tuple[Any, dict[str, Any]]]] = defaultdict(list)
    for (group, other), row in records(table):
        found[group].append((other, row))
    return found


def _of_item(table: Any, criterion: str) -> Any:
    """The groups in which an item was judged, those that fall short most first."""
    own = table.xs(criterion, level="criterion")
    return own[own["met"] + own["missed"] + own["unsure"] > 0].sort_values(["met_rate", "missed"], ascending=[True, False], kind="stable")


def _by_loss(items: Iterable[tuple[str, dict[str, Any]]]) -> list[tuple[str, dict[str, Any]]]:
    """What loses most points first, what was missed without points next, what was never judged last."""
    judged = [(name, item | {"judged": item["met"] + item["missed"] + item["unsure"] > 0}) for name, item in items]
    return sorted(judged, key=lambda pair: (not pair[1]["judged"], -pair[1]["lost"], -pair[1]["missed"]))


def _by_rank(agents: Any) -> list[tuple[Any, dict[str, Any]]]:
    """In order of rank, within a rank by score; those without a rank last."""
    return records(agents.sort_values(["rank", "score"], ascending=[True, False], na_position="last", kind="stable"))


def _day_rows(days: Iterable[tuple[str, dict[str, Any]]]) -> list[list[Any]]:
    return [[day, int(row["calls"]), _known(row["score"]), _known(row["pass_rate"])] for day, row in days]


def _known(number: Any) -> float | None:
    return float(number) if known(number) else None
