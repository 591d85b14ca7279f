"""Small calls for the tests of judging, written as ``坐席：…`` and ``客户：…`` lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from qa.analysis.metrics import analyse
from qa.calls import Analysis, Event, Heard, Recording, Role, Roles, Speech, Turn, Verdict
from qa.config import AnalysisSettings
from qa.scoring.engine import judge
from qa.scoring.rubric import Rubric, load_rubric

PARTIES: Mapping[str, Role] = {"坐席": "agent", "客户": "customer"}


def turns(lines: Iterable[str], *, step: float | None = 5.0, confidence: float | None = None) -> tuple[Turn, ...]:
    """One turn a line, each 3 s long, ``step`` seconds apart; without times when ``step`` is None. No party named: the agent."""
    made = []
    for number, line in enumerate(lines):
        who, colon, text = line.partition("：")
        role = PARTIES.get(who) if colon else None
        start = None if step is None else 1.0 + step * number
        end = None if start is None else start + 3.0
        made.append(Turn(role=role or "agent", text=text if role else line, start=start, end=end, confidence=confidence))
    return tuple(made)


def heard(
    lines: Iterable[str] | Sequence[Turn], *, duration: float | None = None, sure: float = 1.0, sounds: Sequence[Event] = (), **more: Any
) -> Heard:
    """A call recorded on two channels, of these lines or turns."""
    said = tuple(line for line in lines if isinstance(line, Turn)) or turns([str(line) for line in lines], **more)
    timed = all(turn.start is not None for turn in said)
    speech = tuple(
        Speech(
            role, tuple((turn.start, turn.end) for turn in said if turn.role == role and turn.start is not None and turn.end is not None)
        )
        for role in PARTIES.values()
    )
    length = duration or max((turn.end for turn in said if turn.end is not None), default=0.0) + 1.0
    return Heard(
        duration=length if timed else None,
        channels=2 if timed else 0,
        turns=said,
        roles=Roles(method="manual", confidence=sure),
        speech=speech if timed else (),
        sounds=tuple(sounds),
        parted=timed,
    )


def verdict(rubric: Rubric, call: Heard, analysis: Analysis | None = None, **known: Any) -> Verdict:
    """The verdict on a call; ``known`` is the recording's metadata."""
    return judge(Recording(call_id="c1", content_hash="00", **known), call, analysis or analyse(call, AnalysisSettings()), rubric)


SHEET = """
id: small
version: "1"
name: 小表
bands: [{{name: 好, from: 80}}, {{name: 差, from: 0}}]
sections:
  - id: all
    name: 全部
    criteria:
"""


def sheet(folder: Path, *criteria: str) -> Rubric:
    """A rubric of these criteria, each the YAML of a flow mapping without its id, name and why unless given."""
    lines = [SHEET.format()]
    for number, criterion in enumerate(criteria):
        lines.append(f"      - {{id: c{number}, name: 项目{number}, why: 测试, {criterion}}}")
    path = folder / "small.yaml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return load_rubric(path)
