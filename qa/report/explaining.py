"""Why a criterion has its outcome, in the terminal: the rule read aloud, then every check with what it found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from qa.privacy import Hidden
from qa.report import wording
from qa.report.callpage import searched_in
from qa.report.terminal import hit_line
from qa.scoring.aloud import criterion_aloud, heading
from qa.scoring.explain import PARTS, Explanation, Step
from qa.scoring.rules.base import State

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text
    from rich.tree import Tree

#: So many hits of a check are shown, the others counted.
HITS = 5
STATES: dict[State, tuple[str, str]] = {
    "holds": ("✓ 成立", "green"),
    "fails": ("✗ 不成立", "red"),
    "unsure": ("? 说不准", "magenta"),
    "na": ("– 不适用", "dim"),
}


def show_explanation(why: Explanation, console: Console) -> None:
    """Print an explanation; text from outside is printed as it is, without its markup and marks of direction."""
    from rich.text import Text
    from rich.tree import Tree

    finding, lexicons = why.finding, why.rubric.lexicons
    console.print(Text.assemble((f"{finding.name}", "bold"), f"（{finding.criterion}，{finding.section}）  ", _outcome(why)))
    console.print(Text(f"为什么有这一项：{why.criterion.why}", "dim"))
    console.print(Text(criterion_aloud(why.criterion, lexicons)))
    if finding.reason:
        console.print(Text(f"理由：{wording.plain(finding.reason, 300)}"))
    for line in _differing(why):
        console.print(Text(line, "yellow"))
    tree = Tree("逐步判断", guide_style="dim") if why.steps else Tree("没有一步需要判断：结论见理由")
    for step in why.steps:
        _grow(tree, step, why)
    console.print(tree)


def masked_explanation(why: Explanation, hidden: Hidden) -> Explanation:
    """The explanation as it may be shown: numbers and names are hidden in what its steps quote."""
    finding = replace(why.finding, reason=hidden.free(why.finding.reason))
    return replace(why, finding=finding, steps=tuple(_masked(step, hidden) for step in why.steps))


def _masked(step: Step, hidden: Hidden) -> Step:
    found = step.result
    return replace(
        step,
        result=replace(found, hits=hidden.hits(found.hits), reason=hidden.free(found.reason)),
        nearest=hidden.hit(step.nearest) if step.nearest else None,
        steps=tuple(_masked(inner, hidden) for inner in step.steps),
    )


def _outcome(why: Explanation) -> str:
    finding = why.finding
    points = f"  {wording.points(finding.points)}/{wording.points(finding.max_points)} 分" if finding.max_points else ""
    return f"{wording.MARKS[finding.outcome]} {wording.OUTCOMES[finding.outcome]}{points}"


def _differing(why: Explanation) -> Iterator[str]:
    """What must be said where the stored result is another rubric's, or another one."""
    if why.stored_by.hash == why.rubric.hash:
        return
    maker = why.stored_by
    named = f"{wording.plain(maker.id, 60)} {wording.plain(maker.version, 30)} [{maker.hash[:8]}]"
    yield f"结果库里的结论出自另一份评分表（{named}）；以下按这里用的评分表重新判断，换一份用 --rubric"
    if why.stored is None:
        yield "那份评分表没有这一项"
    elif why.stored.outcome != why.finding.outcome:
        yield f"库里的结论是：{wording.OUTCOMES[why.stored.outcome]}"


def _grow(tree: Tree, step: Step, why: Explanation) -> None:
    branch = tree.add(_said(step, why))
    for inner in step.steps:
        _grow(branch, inner, why)


def _said(step: Step, why: Explanation) -> Text:
    from rich.text import Text

    word, style = STATES[step.result.state]
    part = f"{PARTS[step.part]}：" if step.part else ""
    text = Text.assemble((word, style), f"  {part}{wording.plain(heading(step.check, why.rubric.lexicons), 400)}")
    shown = step.result.hits if not step.steps else ()
    for hit in shown[:HITS]:
        text.append("\n").append_text(hit_line(hit))
    if len(shown) > HITS:
        text.append(f"\n        …共 {len(shown)} 处", "dim")
    if not step.steps and step.result.searched and not shown:
        text.append(f"\n        查找了：{searched_in(replace(why.finding, searched=step.result.searched))}", "dim")
    if step.nearest is not None and step.asked is not None:
        wanted = "一字不差" if step.asked >= 1.0 else f" {wording.percent(step.asked, 0)}"
        text.append("\n        最接近：", "dim").append_text(hit_line(step.nearest)).append(f"（要 {wanted} 才算）", "dim")
    if step.result.reason and not step.steps:
        text.append(f"\n        {wording.plain(step.result.reason, 300)}", "dim")
    return text
