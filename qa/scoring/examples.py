"""What a rubric says of itself, put to the test: the examples beside its criteria, and calls that people have labelled.

The good and bad examples of a sheet are small conversations, judged by the whole sheet like any call. Labelled calls
(golden cases) are JSON Lines of schema ``transcript/1`` with one more field::

    {"call_id": "g1", "turns": [{"role": "agent", "text": "您好，这里是优选商城"}], "labels": {"greeting": "met", "closing": "missed"}}
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import Literal, get_args

from qa.analysis.metrics import analyse
from qa.calls import Finding, Heard, Outcome, Quarantined, Recording, Role, Roles, Seconds, Speech, Turn
from qa.config import AnalysisSettings, Settings
from qa.errors import QaError
from qa.intake.transcripts import read_transcripts
from qa.scoring.engine import judge
from qa.scoring.operators import nearest_name
from qa.scoring.rubric import Rubric

Label = Literal["met", "missed", "na"]
PARTIES: Mapping[str, Role] = {"坐席": "agent", "客户": "customer"}
#: How long an example's line takes, and how far apart two begin: nobody speaks too fast, nobody is silent too long.
LINE: Seconds = 3.0
STEP: Seconds = 5.0
#: So many lines that cannot be read are told; a file of another kind has nothing but those.
FAULTS = 5


def turns_of(lines: Iterable[str], *, step: Seconds | None = STEP, confidence: float | None = None) -> tuple[Turn, ...]:
    """One turn a line, ``坐席：…`` or ``客户：…``; a line that names no party is the agent's.

    Each takes 3 s and begins ``step`` seconds after the one before; with None they have no times.

    >>> [(turn.role, turn.text, turn.start) for turn in turns_of(["您好", "客户：退款"])]
    [('agent', '您好', 1.0), ('customer', '退款', 6.0)]
    """
    made = []
    for number, line in enumerate(lines):
        who, colon, text = line.partition("：")
        role = PARTIES.get(who) if colon else None
        start = None if step is None else 1.0 + step * number
        end = None if start is None else start + LINE
        made.append(Turn(role=role or "agent", text=text if role else line, start=start, end=end, confidence=confidence))
    return tuple(made)


def heard_of(turns: Sequence[Turn], *, duration: Seconds | None = None) -> Heard:
    """Turns as a call in which both parties were recorded apart and who is who is certain; one second longer than the last turn."""
    timed = all(turn.start is not None for turn in turns)
    spoken = [(turn.role, (turn.start, turn.end)) for turn in turns if turn.start is not None and turn.end is not None]
    speech = tuple(Speech(party, tuple(times for role, times in spoken if role == party)) for party in PARTIES.values())
    length = duration or max((end for _, (_, end) in spoken), default=0.0) + 1.0
    return Heard(
        duration=length if timed else None,
        channels=2 if timed else 0,
        turns=tuple(turns),
        roles=Roles(method="manual", confidence=1.0),
        speech=speech if timed else (),
        parted=timed,
    )


@dataclass(frozen=True, slots=True)
class Tried:
    """An example of a criterion: what the sheet says it shows, and what was found."""

    expected: Label
    lines: tuple[str, ...]
    finding: Finding

    @property
    def right(self) -> bool:
        return self.finding.outcome == self.expected


def try_examples(rubric: Rubric) -> Iterator[Tried]:
    """Every example of the sheet judged by the whole sheet, in its order; nothing for criteria without examples.

    >>> from qa.config import shipped
    >>> from qa.scoring.rubric import load_rubric
    >>> tried = list(try_examples(load_rubric(shipped("rubrics", "general_inbound.yaml"))))
    >>> tried[0].finding.criterion, tried[0].expected, all(example.right for example in tried)
    ('greeting', 'met', True)
    """
    kinds: tuple[Label, Label] = ("met", "missed")
    for _, criterion in rubric.criteria():
        for expected, conversations in zip(kinds, (criterion.examples.good, criterion.examples.bad), strict=True):
            for lines in conversations:
                recording = Recording(call_id="example", content_hash="", started_at=criterion.moment())  # while it holds
                findings = _judged(rubric, recording, heard_of(turns_of(lines)), AnalysisSettings())
                yield Tried(expected, lines, findings[criterion.id])


def _judged(
    rubric: Rubric, recording: Recording, heard: Heard, settings: AnalysisSettings, zone: tzinfo | None = None
) -> dict[str, Finding]:
    verdict = judge(recording, heard, analyse(heard, settings), rubric, zone=zone)
    return {finding.criterion: finding for finding in verdict.findings}


@dataclass(frozen=True, slots=True)
class Golden:
    """A call that people have labelled."""

    recording: Recording
    heard: Heard
    labels: Mapping[str, Label]


def read_golden(path: Path, rubric: Rubric, settings: Settings) -> list[Golden]:
    """The labelled calls of a file; calls without ``labels`` are left out.

    Raises:
        QaError: lines that are no transcript, labels for criteria that the rubric lacks, labels that are none of
            met, missed, na: all of them at once.
    """
    transcripts = list(read_transcripts(path, settings.overridden(allow_missing_metadata=True)))
    faults = [item.message for item in transcripts if isinstance(item, Quarantined)]
    given, unread = _labels(path)
    faults += unread
    known = {criterion.id for _, criterion in rubric.criteria()}
    for call_id, labels in given.items():
        faults += [f"{call_id}：{fault}" for fault in _label_faults(labels, known)]
    if faults:
        why = "\n        ".join(faults)
        raise QaError(f"标注文件有 {len(faults)} 处错误", where=str(path), why=why, next_step="逐处改正后再试")
    calls = [item for item in transcripts if not isinstance(item, Quarantined)]
    return [Golden(recording, heard, given[recording.call_id]) for recording, heard in calls if recording.call_id in given]


def _labels(path: Path) -> tuple[dict[str, Mapping[str, Label]], list[str]]:
    """The labels by call id, and the lines that are none of ours: other formats of transcripts have no place for labels."""
    given: dict[str, Mapping[str, Label]] = {}
    faults = []
    for number, line in enumerate(path.read_text(encoding="utf-8-sig", errors="replace").splitlines(), start=1):
        try:
            entry = json.loads(line) if line.strip() else {}
        except (ValueError, RecursionError):
            entry = None
        if not isinstance(entry, dict) or ("labels" in entry and "call_id" not in entry):
            faults.append(f"第 {number} 行不是带 call_id 的 JSON 对象；标注文件是 JSONL，每行一通（transcript/1）")
        elif "labels" in entry:
            given[str(entry["call_id"])] = entry["labels"]
    return given, faults[:FAULTS]


def _label_faults(labels: object, known: set[str]) -> Iterator[str]:
    if not isinstance(labels, Mapping):
        yield 'labels 应是 {"项目": "met"} 这样的对象'
        return
    for criterion, label in labels.items():
        if criterion not in known:
            yield f"评分表里没有 {criterion}" + nearest_name(str(criterion), known)
        if label not in get_args(Label):
            yield f"{criterion} 的标注是 {label}，应是 met、missed 或 na"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How the judging of one criterion agrees with the labels; the positive class is "the agent fell short" (missed).

    An ``unsure`` judgement says neither and is only counted. ``precision`` and ``recall`` are None where nothing was
    judged, or labelled, as missed; with each goes Wilson's interval of 95 %.
    """

    criterion: str
    name: str
    calls: int
    right: int
    unsure: int
    caught: int  # labelled missed, judged missed
    wronged: int  # labelled met or na, judged missed
    overlooked: int  # labelled missed, judged met or na
    precision: float | None
    precision_interval: tuple[float, float] | None
    recall: float | None
    recall_interval: tuple[float, float] | None


def agreements(cases: Iterable[Golden], rubric: Rubric, settings: AnalysisSettings, zone: tzinfo | None = None) -> list[Agreement]:
    """Judged against labelled, criterion by criterion in the order of the sheet; criteria without labels are left out."""
    pairs: dict[str, list[tuple[Label, Outcome]]] = {}
    for case in cases:
        findings = _judged(rubric, case.recording, case.heard, settings, zone)
        for criterion, label in case.labels.items():
            pairs.setdefault(criterion, []).append((label, findings[criterion].outcome))
    return [_agreement(criterion.id, criterion.name, pairs[criterion.id]) for _, criterion in rubric.criteria() if criterion.id in pairs]


def _agreement(criterion: str, name: str, pairs: Sequence[tuple[Label, Outcome]]) -> Agreement:
    decided = [(label == "missed", outcome == "missed") for label, outcome in pairs if outcome != "unsure"]
    caught, wronged, overlooked = (decided.count(pair) for pair in ((True, True), (False, True), (True, False)))
    precision, precision_interval = _rate(caught, caught + wronged)
    recall, recall_interval = _rate(caught, caught + overlooked)
    return Agreement(
        criterion=criterion,
        name=name,
        calls=len(pairs),
        right=sum(label == outcome for label, outcome in pairs),
        unsure=len(pairs) - len(decided),
        caught=caught,
        wronged=wronged,
        overlooked=overlooked,
        precision=precision,
        precision_interval=precision_interval,
        recall=recall,
        recall_interval=recall_interval,
    )


def _rate(successes: int, trials: int) -> tuple[float | None, tuple[float, float] | None]:
    """A share and its interval; None for both where there were no trials."""
    if not trials:
        return None, None
    import pandas as pd

    from qa.scoring.scorecard import wilson

    low, high = wilson(pd.Series([float(successes)]), pd.Series([float(trials)]))
    return successes / trials, (float(low[0]), float(high[0]))
