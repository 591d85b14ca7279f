"""Small calls for the tests of judging, written as ``坐席：…`` and ``客户：…`` lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from qa.analysis.metrics import analyse
from qa.calls import Analysis, Event, Heard, Recording, Roles, SentimentTrack, Turn, TurnSentiment, Verdict
from qa.config import AnalysisSettings
from qa.scoring.engine import judge
from qa.scoring.examples import heard_of
from qa.scoring.examples import turns_of as turns
from qa.scoring.rubric import Rubric, load_rubric


def heard(
    lines: Iterable[str] | Sequence[Turn], *, duration: float | None = None, sure: float = 1.0, sounds: Sequence[Event] = (), **more: Any
) -> Heard:
    """A call recorded on two channels, of these lines or turns."""
    said = tuple(line for line in lines if isinstance(line, Turn)) or turns([str(line) for line in lines], **more)
    return replace(heard_of(said, duration=duration), roles=Roles(method="manual", confidence=sure), sounds=tuple(sounds))


def verdict(rubric: Rubric, call: Heard, analysis: Analysis | None = None, *, track: SentimentTrack | None = None, **known: Any) -> Verdict:
    """The verdict on a call; ``known`` is the recording's metadata."""
    recording = Recording(call_id="c1", content_hash="00", **known)
    return judge(recording, call, analysis or analyse(call, AnalysisSettings()), rubric, track=track)


def read_as(*feelings: tuple[int, float]) -> SentimentTrack:
    """What a model reads: the turn and how the customer feels in it."""
    return SentimentTrack(key="k", model="m", turns=tuple(TurnSentiment(turn=turn, sentiment=value) for turn, value in feelings))


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
