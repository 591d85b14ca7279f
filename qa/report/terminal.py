"""One call in the terminal: what happened, the verdicts with their evidence, the transcript with its times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qa.calls import Call, Finding, Hit
from qa.report import wording
from qa.report.callpage import against, event_words, searched_in, speaker, transcript

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

_STYLES = {"met": "green", "missed": "bold red", "unsure": "magenta", "na": "dim"}
_ROLE_STYLES = {"agent": "cyan", "customer": "yellow", "unknown": "dim"}


def show_call(call: Call, console: Console) -> None:
    """Print a call: heading, score, complaint, findings with their reasons, transcript.

    Text from outside is printed as it is: no markup in it is obeyed, control characters and marks that turn the
    direction of the line are taken out.
    """
    from rich.panel import Panel
    from rich.rule import Rule

    console.print(Panel(_heading(call), title="通话", title_align="left", border_style="dim"))
    if call.verdict.complaint.detected or call.verdict.complaint.hits:
        console.print(_complaint(call))
    console.print(Rule("评分依据", align="left", style="dim"))
    for finding in call.verdict.findings:
        console.print(_finding(finding))
    console.print(Rule("通话文字", align="left", style="dim"))
    console.print(_script(call))


def _heading(call: Call) -> Text:
    from rich.text import Text

    recording, score = call.recording, call.verdict.score
    started = recording.started_at.strftime("%Y-%m-%d %H:%M") if recording.started_at else wording.NOTHING
    agent = wording.agent_title(recording.agent_id, recording.agent_name or "")
    team = wording.plain(recording.team, 40) or wording.UNGROUPED
    verdict = "bold green" if score.passed else "bold red" if score.passed is False else "dim"
    flags = " · ".join(wording.FLAGS.get(flag, flag) for flag in wording.gravest_first(call.verdict.flags))
    return Text.assemble(
        (wording.plain(recording.call_id, 60), "bold"),
        f"  {started}  {wording.clock(call.heard.duration)}  {agent}  {team}\n",
        (f"{wording.number(score.scaled)} {score.band or '未计分'}", verdict),
        f"  {wording.points(score.total)} / {wording.points(score.possible)} 分",
        (f"  {flags}" if flags else "", "yellow"),
    )


def _complaint(call: Call) -> Text:
    from rich.text import Text

    complaint = call.verdict.complaint
    title = "投诉" if complaint.detected else "投诉迹象"
    text = Text.assemble(
        (f"{title}{' · 升级风险' if complaint.threat else ''}", "bold yellow"),
        f"  可能性 {wording.percent(complaint.probability, 0)}  {wording.plain('、'.join(complaint.categories))}",
    )
    for hit in complaint.hits:
        text.append("\n    ").append_text(hit_line(hit))
    return text


def _finding(finding: Finding) -> Text:
    from rich.text import Text

    points = f"{wording.points(finding.points)}/{wording.points(finding.max_points)}" if finding.max_points or finding.points else ""
    text = Text.assemble(
        (f"{wording.MARKS[finding.outcome]} {wording.OUTCOMES[finding.outcome]}", _STYLES[finding.outcome]),
        f"  {wording.plain(finding.name)}",
        (" 否决项" if finding.fatal else "", "red"),
        (f"  {points}", "bold"),
        (f"  {wording.plain(finding.reason, 200)}" if finding.reason else "", "dim"),
    )
    for hit in finding.hits:
        text.append("\n    ").append_text(hit_line(hit))
    if finding.searched and not finding.hits and finding.outcome != "na":
        text.append(f"\n    查找范围：{searched_in(finding)}", "dim")
        if finding.nearest:
            text.append("\n    最接近：", "dim").append_text(hit_line(finding.nearest))
    return text


def hit_line(hit: Hit) -> Text:
    """A place in the call on one line: when, who, what was said, and what it was compared with."""
    from rich.text import Text

    compared = against(hit)
    return Text.assemble(
        (f"{wording.clock(hit.start):>7} ", "blue"),
        (f"{speaker(hit)} ", _ROLE_STYLES[hit.role]),
        wording.plain(hit.text, 500),
        (f"  {compared}" if compared else "", "dim"),
    )


def _script(call: Call) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 1))
    table.add_column(justify="right", style="blue", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column()
    for line in transcript(call):
        if line.turn is not None:
            role = Text(wording.ROLES[line.turn.role], _ROLE_STYLES[line.turn.role])
            table.add_row(wording.clock(line.start), role, Text(wording.plain(line.turn.text, 2000)))
        elif line.event is not None:
            table.add_row(wording.clock(line.start), "", Text(event_words(line.event), "dim"))
    return table if call.heard.turns else Text("没有听到说话", "dim")
