"""metadata and complaint."""

from __future__ import annotations

from pathlib import Path

import pytest
from judging import heard, sheet, verdict

from qa.calls import Recording
from qa.scoring.rules.metadata import value_of


@pytest.mark.parametrize(
    ("check", "outcome", "reason"),
    [
        ("field: direction, equals: inbound", "met", "元数据 direction 是 inbound"),
        ("field: direction, equals: [outbound, internal]", "missed", "元数据 direction 是 inbound"),
        ("field: queue, contains: 投诉", "met", "元数据 queue 是 投诉二线"),
        ("field: queue, present: true", "met", "元数据 queue 是 投诉二线"),
        ("field: queue, present: false", "missed", "元数据 queue 是 投诉二线"),
        ("field: nothing, present: false", "met", "元数据里没有 nothing"),
        ("field: nothing, present: true", "missed", "元数据里没有 nothing"),
        ("field: nothing, equals: x", "na", "元数据里没有 nothing"),
        ("field: empty, equals: x", "na", "元数据里没有 empty"),
    ],
)
def test_metadata(tmp_path: Path, check: str, outcome: str, reason: str) -> None:
    rubric = sheet(tmp_path, f"points: 1, require: {{metadata: {{{check}}}}}")
    finding = verdict(rubric, heard(["坐席：您好"]), direction="inbound", extra={"queue": "投诉二线", "empty": " "}).findings[0]
    assert (finding.outcome, finding.reason) == (outcome, reason)


def test_only_what_is_known_about_a_recording_can_be_asked() -> None:
    recording = Recording(call_id="c1", content_hash="00", extra={"content_hash": "column"})
    assert (value_of(recording, "content_hash"), value_of(recording, "team"), value_of(recording, "call_id")) == ("column", None, "c1")
