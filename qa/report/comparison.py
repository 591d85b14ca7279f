"""What another rubric would change, for people: tables in the terminal, and one page that can be mailed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qa.calls import Outcome, RubricRef
from qa.config import Settings
from qa.errors import ConfigError
from qa.report import wording
from qa.scoring.comparison import CallChange, Comparison

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

#: Rows of a table in the terminal; the page has them all.
ROWS = 20


def signed(value: float) -> str:
    """A difference with its sign.

    >>> signed(2.5), signed(-4.0), signed(0.0)
    ('+2.5', '-4', '0')
    """
    return f"+{wording.points(value)}" if value > 0 else wording.points(value)


def write_comparison(compared: Comparison, out: Path, settings: Settings) -> Path:
    """Write ``compared`` as one page that needs no other file; its path.

    Raises:
        ConfigError: the file cannot be written.
    """
    from markupsafe import Markup

    from qa.report.site import environment

    templates = environment(settings)
    templates.filters["signed"] = signed
    css = (Path(__file__).parent / "static" / "site.css").read_text(encoding="utf-8")
    page = templates.get_template("comparison.html").render(compared=compared, title=settings.report.title, css=Markup(css))
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(page.encode("utf-8", "replace"))
    except OSError as error:
        raise ConfigError("网页写不了", where=str(out), why=str(error), next_step="换一个 --out 位置，或检查权限与磁盘空间") from error
    return out


def show_comparison(compared: Comparison, console: Console) -> None:
    """Print ``compared``: the totals, then criteria, agents and calls that change, those that change most first."""
    before, after = compared.total_before, compared.total_after
    console.print(f"{_named(*compared.before)} → {_named(*filter(None, [compared.after]))}", markup=False, highlight=False)
    console.print(
        f"试算 {before.calls} 通，结果库没有改动：{compared.changed} 通有变化，其中等级或合格与否变化 {compared.turned} 通"
        f"（新增不合格 {compared.newly_failed}，新增合格 {compared.newly_passed}）\n"
        f"平均得分 {wording.number(before.mean)} → {wording.number(after.mean)}，"
        f"合格率 {wording.percent(before.pass_rate)} → {wording.percent(after.pass_rate)}",
        highlight=False,
    )
    if compared.criteria:
        console.print(_criteria(compared))
    if compared.agents:
        console.print(_agents(compared))
    if compared.calls:
        console.print(_calls(compared))


def _criteria(compared: Comparison) -> Table:
    table = _table(f"评分项（{len(compared.criteria)}）", "评分项", ">变化", "怎么变", ">失分 原", ">失分 新")
    for item in compared.criteria[:ROWS]:
        steps = "\n".join(f"{_step(*step)} {count}" for step, count in item.moved.items()) or "只有分数变化"
        name = f"{wording.plain(item.name, 40)}\n{wording.plain(item.criterion, 64)}"
        _row(table, name, item.changed, steps, wording.points(item.lost_before), wording.points(item.lost_after))
    return table


def _agents(compared: Comparison) -> Table:
    table = _table(f"坐席（{len(compared.agents)}）", "坐席", ">通话", ">得分 原", ">得分 新", ">变化", ">合格率 原", ">合格率 新")
    for agent in compared.agents[:ROWS]:
        _row(
            table,
            wording.agent_title(agent.agent_id, agent.agent_name),
            agent.after.calls,
            wording.number(agent.before.mean),
            wording.number(agent.after.mean),
            signed(agent.difference),
            wording.percent(agent.before.pass_rate, 0),
            wording.percent(agent.after.pass_rate, 0),
        )
    return table


def _calls(compared: Comparison) -> Table:
    shown = min(ROWS, len(compared.calls))
    title = f"通话（{compared.changed}" + (f"，变化最大的 {shown} 通在此）" if compared.changed > shown else "）")
    table = _table(title, "通话", ">得分 原", ">得分 新", ">变化", "等级", "变化的评分项")
    for call in compared.calls[:ROWS]:
        items = "\n".join(f"{wording.plain(item.name, 30)} {_step(item.before, item.after)}" for item in call.items) or "只有分数变化"
        scores = wording.number(call.before.scaled), wording.number(call.after.scaled)
        _row(table, wording.plain(call.call_id, 40), *scores, signed(call.difference), _band(call), items)
    return table


def _named(*rubrics: RubricRef) -> str:
    """Rubrics by id, version and the beginning of their hash."""
    named = [f"{wording.plain(one.id, 60)} {wording.plain(one.version, 30)} [{one.hash[:8]}]" for one in rubrics]
    return "、".join(named) or wording.NOTHING


def _band(call: CallChange) -> str:
    before, after = call.before.band or wording.NOTHING, call.after.band or wording.NOTHING
    return f"{before} → {after}" if call.turned else after


def _step(before: Outcome | None, after: Outcome | None) -> str:
    """From outcome to outcome, in words.

    >>> _step("met", "missed"), _step(None, "met")
    ('达标 → 未达标', '（原表没有） → 达标')
    """
    return f"{wording.OUTCOMES[before] if before else '（原表没有）'} → {wording.OUTCOMES[after] if after else '（新表没有）'}"


def _table(title: str, *columns: str) -> Table:
    """An empty table; columns whose name begins with ``>`` hold numbers."""
    from rich.table import Table

    table = Table(title=title, title_justify="left", title_style="bold", header_style="dim", pad_edge=False)
    for column in columns:
        table.add_column(column.removeprefix(">"), justify="right" if column.startswith(">") else "left", overflow="fold")
    return table


def _row(table: Table, *cells: object) -> None:
    """A row of plain text: no markup in it is obeyed."""
    from rich.text import Text

    table.add_row(*(Text(str(cell)) for cell in cells))
