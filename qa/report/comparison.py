"""What another rubric would change, for people: tables in the terminal, and one page that can be mailed."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from qa.calls import Outcome, RubricRef
from qa.config import Settings
from qa.errors import ConfigError
from qa.report import wording
from qa.report.language import CHINESE, Language, language
from qa.scoring.comparison import CallChange, Comparison

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

#: Rows of a table in the terminal; the page has them all.
ROWS = 20


def signed(value: float) -> str:
    """A difference with its sign, a true minus.

    >>> signed(2.5), signed(-4.0), signed(0.0)
    ('+2.50', '−4.00', '0.00')
    """
    return wording.with_sign(value, wording.number(abs(value), 2))


def results(call: CallChange, say: Language = CHINESE) -> tuple[str, str]:
    """What became of a call before and after: its band; with passed or not, where that alone tells the two apart.

    >>> from qa.calls import Score
    >>> before, after = (Score(total=t, possible=100, scaled=t, band="不合格", passed=p) for t, p in ((78, False), (79, True)))
    >>> results(CallChange(call_id="c", agent_id="", agent_name="", started_at=None, before=before, after=after, items=()))
    ('不合格（及格线以下）', '不合格（及格线以上）')
    """
    pair = [score.band or wording.NOTHING for score in (call.before, call.after)]
    if pair[0] == pair[1] and call.turned:
        told = {True: say("及格线以上"), False: say("及格线以下"), None: say("未计分")}
        pair = [say("{a}（{b}）", a=band, b=told[score.passed]) for band, score in zip(pair, (call.before, call.after), strict=True)]
    return pair[0], pair[1]


def write_comparison(compared: Comparison, out: Path, settings: Settings) -> Path:
    """Write ``compared`` as one page that needs no other file; its path.

    Raises:
        ConfigError: the file cannot be written.
    """
    from markupsafe import Markup

    from qa.report.site import environment

    templates = environment(settings)
    templates.filters["signed"], templates.filters["results"] = signed, partial(results, say=language(settings.report.language))
    css = (Path(__file__).parent / "static" / "site.css").read_text(encoding="utf-8")
    page = templates.get_template("comparison.html").render(compared=compared, title=settings.report.title, css=Markup(css))
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(page.encode("utf-8", "replace"))
    except OSError as error:
        raise ConfigError("网页写不了", where=str(out), why=str(error), next_step="换一个 --out 位置，或检查权限与磁盘空间") from error
    return out


def show_comparison(compared: Comparison, console: Console, say: Language = CHINESE) -> None:
    """Print ``compared``: the totals, then criteria, agents and calls that change, those that change most first."""
    before, after = compared.total_before, compared.total_after
    console.print(f"{_named(*compared.before)} → {_named(*filter(None, [compared.after]))}", markup=False, highlight=False)
    console.print(
        say(
            "试算 {calls} 通，结果库没有改动：{changed} 通有变化，"
            "其中等级或合格与否变化 {turned} 通（新增不合格 {failed}，新增合格 {passed}）",
            calls=before.calls,
            changed=compared.changed,
            turned=compared.turned,
            failed=compared.newly_failed,
            passed=compared.newly_passed,
        ),
        highlight=False,
    )
    console.print(
        say(
            "平均得分 {before} → {after}，合格率 {rate} → {new_rate}",
            before=wording.number(before.mean),
            after=wording.number(after.mean),
            rate=wording.percent(before.pass_rate),
            new_rate=wording.percent(after.pass_rate),
        ),
        highlight=False,
    )
    if compared.criteria:
        console.print(_criteria(compared, say))
    if compared.agents:
        console.print(_agents(compared, say))
    if compared.calls:
        console.print(_calls(compared, say))


def _criteria(compared: Comparison, say: Language) -> Table:
    columns = (say("评分项"), f">{say('变化')}", say("怎么变"), f">{say('原失分')}", f">{say('新失分')}")
    table = _table(f"{say('评分项')} {len(compared.criteria)}", *columns)
    for item in compared.criteria[:ROWS]:
        steps = "\n".join(f"{_step(*step, say)} {count}" for step, count in item.moved.items()) or say("只有分数变化")
        name = f"{wording.plain(item.name, 40)}\n{wording.plain(item.criterion, 64)}"
        _row(table, name, item.changed, steps, wording.points(item.lost_before), wording.points(item.lost_after))
    return table


def _agents(compared: Comparison, say: Language) -> Table:
    numbers = (say("通话"), say("原得分"), say("新得分"), say("变化"), say("原合格率"), say("新合格率"))
    table = _table(f"{say('坐席')} {len(compared.agents)}", say("坐席"), *(f">{name}" for name in numbers))
    for agent in compared.agents[:ROWS]:
        _row(
            table,
            wording.agent_title(agent.agent_id, agent.agent_name, say),
            agent.after.calls,
            wording.number(agent.before.mean),
            wording.number(agent.after.mean),
            signed(agent.difference),
            wording.percent(agent.before.pass_rate, 0),
            wording.percent(agent.after.pass_rate, 0),
        )
    return table


def _calls(compared: Comparison, say: Language) -> Table:
    shown = min(ROWS, len(compared.calls))
    more = say("，变化最大的 {n} 通在此", n=shown) if compared.changed > shown else ""
    numbers = (f">{name}" for name in (say("原得分"), say("新得分"), say("变化")))
    table = _table(f"{say('通话')} {compared.changed}{more}", say("通话"), *numbers, say("等级"), say("变化的评分项"))
    for call in compared.calls[:ROWS]:
        items = "\n".join(f"{wording.plain(item.name, 30)} {_step(item.before, item.after, say)}" for item in call.items)
        scores = wording.number(call.before.scaled), wording.number(call.after.scaled)
        _row(table, wording.plain(call.call_id, 40), *scores, signed(call.difference), _band(call, say), items or say("只有分数变化"))
    return table


def _named(*rubrics: RubricRef) -> str:
    """Rubrics by id, version and the beginning of their hash."""
    named = [f"{wording.plain(one.id, 60)} {wording.plain(one.version, 30)} [{one.hash[:8]}]" for one in rubrics]
    return "、".join(named) or wording.NOTHING


def _band(call: CallChange, say: Language) -> str:
    before, after = results(call, say)
    return f"{before} → {after}" if call.turned else after


def _step(before: Outcome | None, after: Outcome | None, say: Language = CHINESE) -> str:
    """From outcome to outcome, in words.

    >>> _step("met", "missed"), _step(None, "met")
    ('达标 → 未达标', '原表没有 → 达标')
    """
    first = say(wording.OUTCOMES[before]) if before else say("原表没有")
    return f"{first} → {say(wording.OUTCOMES[after]) if after else say('新表没有')}"


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
