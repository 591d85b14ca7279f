"""Every example of docs/rubric.md gives what it says; every operator has one; every test that docs/operators.md names exists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest
import yaml
from judging import heard, read_as, sheet, verdict
from support import ROOT

from qa.calls import Event, Turn
from qa.scoring.checks import Scope, operators
from qa.scoring.examples import PARTIES
from qa.text import embedding

OUTCOMES = {"达标": "met", "未达标": "missed", "存疑": "unsure", "不适用": "na"}
_BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_LINE = re.compile(r"(坐席|客户)(?: ([\d.]+)-([\d.]+))?(?:（响度 (-[\d.]+)）|（情绪 (-?[\d.]+)）)?：(.+)")
_RESULT = re.compile(r"→ (达标|未达标|存疑|不适用)(?: ([\d.]+) 分)?((?:「[^」]*」)*)$")


@dataclass
class Example:
    """A call and the finding it must give."""

    turns: list[Turn] = field(default_factory=list)
    sounds: list[Event] = field(default_factory=list)
    feelings: list[tuple[int, float]] = field(default_factory=list)
    known: dict[str, str] = field(default_factory=dict)
    moment: datetime | None = None
    result: str = ""
    points: float | None = None
    quotes: list[str] = field(default_factory=list)


def examples(block: str) -> Iterator[Example]:
    """The calls that stand in the comments of a block, each ended by its result."""
    example = Example()
    for comment in re.findall(r"^# (.+)$", block, re.MULTILINE):
        if line := _LINE.fullmatch(comment):
            start = float(line[2]) if line[2] else 1.0 + 5.0 * len(example.turns)
            end = float(line[3]) if line[3] else start + 3.0
            level = float(line[4]) if line[4] else None
            example.feelings += [(len(example.turns), float(line[5]))] if line[5] else []
            example.turns.append(Turn(role=PARTIES[line[1]], text=line[6], start=start, end=end, loudness=level))
        elif known := re.fullmatch(r"元数据 (\w+)=(.+)", comment):
            example.known[known[1]] = known[2]
        elif time := re.fullmatch(r"时间 (\S+)", comment):
            example.moment = datetime.fromisoformat(time[1])
        elif result := _RESULT.fullmatch(comment):
            example.result, example.points = result[1], float(result[2]) if result[2] else None
            example.quotes = re.findall("「([^」]*)」", result[3])
            yield example
            example = Example()


BLOCKS = _BLOCK.findall((ROOT / "docs/rubric.md").read_text(encoding="utf-8"))
CASES = [(block, example) for block in BLOCKS for example in examples(block)]


@pytest.mark.parametrize(("block", "example"), CASES, ids=[f"{i}-{example.result}" for i, (_, example) in enumerate(CASES)])
def test_an_example_of_the_manual_gives_what_it_says(tmp_path: Path, block: str, example: Example) -> None:
    if "meaning:" in block and not embedding.installed():
        pytest.skip("the sentence model is not installed")
    criterion = {"points": 5} | yaml.safe_load(block)
    rubric = sheet(tmp_path, yaml.safe_dump(criterion, allow_unicode=True, default_flow_style=True, width=10_000).strip()[1:-1])
    track = read_as(*example.feelings) if example.feelings else None
    (finding,) = verdict(rubric, heard(example.turns), track=track, extra=example.known, started_at=example.moment).findings
    assert (finding.outcome, [hit.text for hit in finding.hits]) == (OUTCOMES[example.result], example.quotes), finding
    assert example.points in (None, finding.points)


def test_every_operator_and_scope_has_an_example() -> None:
    shown = "\n".join(BLOCKS)
    missing = [name.rstrip("_") for name in operators() if not re.search(rf"\b{name.rstrip('_')}:", shown)]
    assert missing == []
    text = (ROOT / "docs/rubric.md").read_text(encoding="utf-8")
    assert [name for name in Scope.model_fields if f"`{name}" not in text] == []


def test_every_example_has_a_result() -> None:
    assert len(CASES) >= len(BLOCKS)
    assert all(list(examples(block)) for block in BLOCKS)


def test_every_test_that_the_table_of_operators_names_exists() -> None:
    table = (ROOT / "docs/operators.md").read_text(encoding="utf-8")
    rows = [line for line in table.splitlines() if line.startswith("| ") and not line.startswith(("| 能力", "| ---"))]
    assert len(rows) > 50
    for row in rows:
        cell = re.split(r"(?<!\\)\|", row)[3].strip()
        named = re.fullmatch(r"`(test_\w+\.py)::(test_\w+)`", cell)
        assert named, row
        source = (ROOT / "tests/scoring" / named[1]).read_text(encoding="utf-8")
        assert f"def {named[2]}(" in source, row


def test_every_operator_is_in_the_table() -> None:
    table = (ROOT / "docs/operators.md").read_text(encoding="utf-8")
    assert [name.rstrip("_") for name in operators() if f"`{name.rstrip('_')}" not in table] == []
