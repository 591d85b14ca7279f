"""How a rubric did in its test, in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qa.report import wording
from qa.scoring.examples import Agreement, Tried

if TYPE_CHECKING:
    from rich.console import Console


def show_tried(tried: Sequence[Tried], console: Console) -> None:
    """Print how many examples are judged as they say, and each that is not, with the reason."""
    from rich.table import Table
    from rich.text import Text

    wrong = [example for example in tried if not example.right]
    console.print(f"正反例 {len(tried)} 条，{len(tried) - len(wrong)} 条与所写一致" + (f"，{len(wrong)} 条不一致：" if wrong else ""))
    if not wrong:
        return
    table = Table(header_style="dim", pad_edge=False)
    for column in ("评分项", "应判", "实判", "例句", "理由"):
        table.add_column(column, overflow="fold")
    for example in wrong:
        finding = example.finding
        outcomes = wording.OUTCOMES[example.expected], wording.OUTCOMES[finding.outcome]
        hits = "、".join(f"「{hit.text}」" for hit in finding.hits)
        cells = (f"{finding.name}\n{finding.criterion}", *outcomes, "\n".join(example.lines), finding.reason or hits)
        table.add_row(*(Text(cell) for cell in cells))
    console.print(table)


def show_agreements(found: Sequence[Agreement], calls: int, console: Console) -> None:
    """Print how judging agrees with the labels, criterion by criterion; precision and recall are those of a miss."""
    from rich.table import Table
    from rich.text import Text

    console.print(
        f"标注通话 {calls} 通，{len(found)} 个评分项有标注。精确率：判为未达标的有多少真是；召回率：真未达标的查出多少（95% 区间）"
    )
    table = Table(header_style="dim", pad_edge=False)
    for column in ("评分项", "标注", "一致", "存疑", "误判", "漏判", "精确率", "召回率"):
        table.add_column(column, justify="left" if column == "评分项" else "right", overflow="fold")
    for one in found:
        counts = (str(number) for number in (one.calls, one.right, one.unsure, one.wronged, one.overlooked))
        rates = (_rate(one.precision, one.precision_interval), _rate(one.recall, one.recall_interval))
        table.add_row(*(Text(cell) for cell in (f"{one.name}（{one.criterion}）", *counts, *rates)))
    if found:
        console.print(table)


def _rate(rate: float | None, interval: tuple[float, float] | None) -> str:
    """A share with its interval.

    >>> _rate(0.5, (0.0945, 0.9055)), _rate(None, None)
    ('50% (9–91)', '–')
    """
    if rate is None or interval is None:
        return wording.NOTHING
    return f"{wording.percent(rate, 0)} ({wording.number(100 * interval[0], 0)}–{wording.number(100 * interval[1], 0)})"
