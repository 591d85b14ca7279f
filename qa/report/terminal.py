"""One call in the terminal: what happened, the verdicts with their evidence, the transcript with its times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qa.calls import Call, Finding, Hit
from qa.config import Settings
from qa.report import wording
from qa.report.callpage import against, event_words, searched_in, speaker, transcript
from qa.report.language import CHINESE, Language, language

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

_STYLES = {"met": "green", "missed": "bold red", "unsure": "magenta", "na": "dim"}
_ROLE_STYLES = {"agent": "cyan", "customer": "yellow", "unknown": "dim"}


def show_call(call: Call, console: Console, settings: Settings | None = None) -> None:
    """Print a call: heading, score, complaint, findings with their reasons, transcript.

    In the language and time zone of the settings. Text from outside is printed as it is: no markup in it is obeyed,
    control characters and marks that turn the direction of the line are taken out.
    """
    from rich.panel import Panel
    from rich.rule import Rule

    settings = settings or Settings()
    say = language(settings.report.language)
    console.print(Panel(_heading(call, settings, say), title=say("通话"), title_align="left", border_style="dim"))
    if call.verdict.complaint.detected or call.verdict.complaint.hits:
        console.print(_complaint(call, say))
    console.print(Rule(say("评分依据"), align="left", style="dim"))
    for finding in call.verdict.findings:
        console.print(_finding(finding, say))
    console.print(Rule(say("通话文字"), align="left", style="dim"))
    console.print(_script(call, say))


def _heading(call: Call, settings: Settings, say: Language) -> Text:
    from rich.text import Text

    recording, score = call.recording, call.verdict.score
    agent = wording.agent_title(recording.agent_id, recording.agent_name or "", say)
    started, lasted = wording.when(recording.started_at, settings.zone), wording.clock(call.heard.duration)
    verdict = "bold green" if score.passed else "bold red" if score.passed is False else "dim"
    flags = " · ".join(say(wording.FLAGS.get(flag, flag)) for flag in wording.gravest_first(call.verdict.flags))
    earned = say("{points} / {possible} 分", points=wording.points(score.total), possible=wording.points(score.possible))
    return Text.assemble(
        (wording.plain(recording.call_id, 60), "bold"),
        f"  {started}  {lasted}  {agent}  {wording.team_title(recording.team, say)}\n",
        (f"{wording.number(score.scaled)} {score.band or say('未计分')}", verdict),
        f"  {earned}",
        (f"  {flags}" if flags else "", "yellow"),
    )


def _complaint(call: Call, say: Language) -> Text:
    from rich.text import Text

    complaint = call.verdict.complaint
    title = say("投诉 · 升级风险") if complaint.threat else say("投诉") if complaint.detected else say("投诉迹象")
    likely = say("可能性 {share}", share=wording.percent(complaint.probability, 0))
    text = Text.assemble((title, "bold yellow"), f"  {likely}  {wording.plain(say('、').join(complaint.categories))}")
    for hit in complaint.hits:
        text.append("\n    ").append_text(hit_line(hit, say))
    return text


def _finding(finding: Finding, say: Language) -> Text:
    from rich.text import Text

    points = f"{wording.points(finding.points)}/{wording.points(finding.max_points)}" if finding.max_points or finding.points else ""
    text = Text.assemble(
        (f"{wording.MARKS[finding.outcome]} {say(wording.OUTCOMES[finding.outcome])}", _STYLES[finding.outcome]),
        f"  {wording.plain(finding.name)}",
        (f" {say('否决项')}" if finding.fatal else "", "red"),
        (f"  {points}", "bold"),
        (f"  {wording.plain(finding.reason, 200)}" if finding.reason else "", "dim"),
    )
    for hit in finding.hits:
        text.append("\n    ").append_text(hit_line(hit, say))
    if finding.searched and not finding.hits and finding.outcome != "na":
        text.append(f"\n    {say('查找范围：{where}', where=searched_in(finding, say))}", "dim")
        if finding.nearest:
            text.append(f"\n    {say('最接近的一句')}  ", "dim").append_text(hit_line(finding.nearest, say))
    return text


def hit_line(hit: Hit, say: Language = CHINESE) -> Text:
    """A place in the call on one line: when, who, what was said, and what it was compared with."""
    from rich.text import Text

    compared = against(hit, say)
    return Text.assemble(
        (f"{wording.clock(hit.start):>7} ", "blue"),
        (f"{speaker(hit, say)} ", _ROLE_STYLES[hit.role]),
        wording.plain(hit.text, 500),
        (f"  {compared}" if compared else "", "dim"),
    )


def _script(call: Call, say: Language) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 1))
    table.add_column(justify="right", style="blue", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column()
    for line in transcript(call, say):
        if line.turn is not None:
            role = Text(say(wording.ROLES[line.turn.role]), _ROLE_STYLES[line.turn.role])
            table.add_row(wording.clock(line.start), role, Text(wording.plain(line.turn.text, 2000)))
        elif line.event is not None:
            table.add_row(wording.clock(line.start), "", Text(event_words(line.event, say), "dim"))
    return table if call.heard.turns else Text(say("这通录音里没有听到说话。"), "dim")
