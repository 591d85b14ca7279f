"""The overview in the terminal, for those who live there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qa.config import Settings
from qa.report import wording
from qa.report.figures import Figures
from qa.report.language import Language, language
from qa.report.shown import Shown
from qa.scoring.scorecard import records
from qa.store.runs import RunRecord
from qa.store.store import Store

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

_LOSSES = 6
_CASES = 8


def show_summary(store: Store | Shown, console: Console, settings: Settings) -> None:
    """Print the figures of the report: totals, what changed, data quality, items that lose most, agents, complaints.

    Text from outside is printed as it is: no markup in it is obeyed.
    """
    say = language(settings.report.language)
    store = Shown.of(store, settings)
    figures = Figures.of(store.calls(), settings)
    console.print(_totals(figures, len(store.quarantined()), settings, say))
    if (run := store.latest_run()) and run.review:
        console.print(_review(run, settings, say))
    console.print(_teams(figures, say))
    console.print(_agents(figures, say))
    console.print(_losses(figures, say))
    if figures.cards.cases:
        console.print(_cases(figures, say))


def _totals(figures: Figures, quarantined: int, settings: Settings, say: Language) -> Text:
    from rich.text import Text

    overall = figures.cards.overall
    text = Text.assemble((wording.plain(settings.report.title), "bold"))
    if wording.known(overall["first"]):
        text.append(f"  {wording.when(overall['first'], settings.zone)} {say('至')} {wording.when(overall['last'], settings.zone)}", "dim")
    span = (
        f" ({wording.number(overall['score_low'])}–{wording.number(overall['score_high'])})" if wording.known(overall["score_low"]) else ""
    )
    lines = (
        ("通话", f"{overall['calls']}  {wording.hours(overall['hours'], say)}"),
        ("平均得分", f"{wording.number(overall['score'])}{span}{_changed(figures, 'score', say)}"),
        ("合格率", f"{wording.percent(overall['pass_rate'])}{_changed(figures, 'pass_rate', say)}"),
        ("一票否决", f"{overall['fatal_calls']}  {wording.percent(overall['fatal_rate'])}"),
        ("投诉", f"{overall['complaints']}  {wording.percent(overall['complaint_rate'])}{_changed(figures, 'complaint_rate', say)}"),
        ("升级风险", str(overall["threats"])),
        (
            "数据质量",
            " · ".join(
                f"{say(label)} {value}"
                for label, value in (
                    ("隔离的录音", quarantined),
                    ("存疑判定", wording.percent(overall["unsure_share"])),
                    ("待复核通话", overall["review"]),
                    ("识别把握低", overall["low_confidence"]),
                    ("单声道", overall["mono"]),
                    ("坐席未知", overall["unknown_agent"]),
                )
            ),
        ),
    )
    for label, value in lines:
        text.append(f"\n{say(label)}  ", "dim").append(value)
    return text


def _review(run: RunRecord, settings: Settings, say: Language) -> Text:
    from rich.text import Text

    text = Text(say("最近一次运行与往常不同，发布前请复核"), "bold yellow")
    text.append(f"  {say('第 {n} 次运行，{when}', n=run.number, when=wording.when(run.started_at, settings.zone))}", "dim")
    for reason in run.review:
        text.append(f"\n  {wording.plain(reason, 300)}", "yellow")
    return text


def _changed(figures: Figures, key: str, say: Language) -> str:
    """The difference to the period before, where there is one, and whether it is more than chance."""
    comparison = figures.comparison
    change = next((change for change in comparison.figures if change.key == key), None) if comparison else None
    if comparison is None or change is None or not wording.known(change.difference):
        return ""
    size = abs(change.difference)
    text = wording.with_sign(change.difference, wording.number(size if key == "score" else 100 * size))
    unit = "" if key == "score" else say("个百分点")
    verdict = say(wording.verdict(change.real, change.better))
    return say("  较上期 {change}（{verdict}）", change=text + unit, verdict=verdict)


def _teams(figures: Figures, say: Language) -> Table:
    table = _table(say("班组"), ("班组",), ("坐席", "通话", "平均得分", "合格率", "投诉"), ("失分最多",), say=say)
    for team, card in records(figures.cards.teams):
        _row(table, wording.team_title(team, say), card["agents"], *_figures(card), _weakest(card))
    return table


def _agents(figures: Figures, say: Language) -> Table:
    table = _table(
        say("坐席"), ("名次",), ("通话", "平均得分", "合格率", "投诉"), ("服务类型", "失分最多"), say=say, second="坐席"
    )  # fmt: skip
    ordered = figures.agents.sort_values(["rank", "score"], ascending=[True, False], na_position="last", kind="stable")
    for agent_id, card in records(ordered):
        kind = say(wording.SERVICE_TYPES[card["service_type"]]) if card["service_type"] else wording.NOTHING
        title = wording.agent_title(agent_id, card["agent_name"], say)
        _row(table, wording.number(card["rank"], 0), title, *_figures(card), kind, _weakest(card))
    return table


def _losses(figures: Figures, say: Language) -> Table:
    table = _table(say("失分最多的项"), ("评分项",), ("失分合计", "未达标", "达标率"), (), say=say)
    items = figures.cards.items
    for _, item in records(items[items["lost"] > 0].sort_values("lost", ascending=False, kind="stable").head(_LOSSES)):
        _row(table, wording.plain(item["name"], 40), wording.points(item["lost"]), item["missed"], wording.percent(item["met_rate"], 0))
    return table


def _cases(figures: Figures, say: Language) -> Table:
    cases = figures.cards.cases
    table = _table(f"{say('投诉')} {len(cases)}", ("通话", "坐席", "标记", "原话"), ("可能性", "处理有缺"), (), say=say)
    for case in cases[:_CASES]:
        flag = say(wording.FLAGS["threat" if case.threat else "complaint"])
        quote = f"{wording.clock(case.quotes[0].start)} {wording.plain(case.quotes[0].text, 60)}" if case.quotes else ""
        agent = wording.agent_title(case.agent_id, case.agent_name, say)
        _row(table, wording.plain(case.call_id, 40), agent, flag, quote, wording.percent(case.probability, 0), case.neglected)
    return table


def _figures(card: dict[str, Any]) -> tuple[object, ...]:
    return card["calls"], wording.number(card["score"]), wording.percent(card["pass_rate"], 0), card["complaints"]


def _weakest(card: dict[str, Any]) -> str:
    return wording.plain(card["weakest_name"], 30) if wording.known(card["weakest_name"]) else wording.NOTHING


def _table(title: str, first: tuple[str, ...], numbers: tuple[str, ...], last: tuple[str, ...], say: Language, second: str = "") -> Table:
    from rich.table import Table

    table = Table(title=title, title_justify="left", title_style="bold", header_style="dim", pad_edge=False)
    for name in (*first, *([second] if second else [])):
        table.add_column(say(name), overflow="fold", no_wrap=name == second)
    for name in numbers:
        table.add_column(say(name), justify="right")
    for name in last:
        table.add_column(say(name), overflow="fold")
    return table


def _row(table: Table, *cells: object) -> None:
    from rich.text import Text

    table.add_row(*(Text(str(cell)) for cell in cells))
