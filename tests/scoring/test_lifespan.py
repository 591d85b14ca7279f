"""From when until when: criteria leave the denominator, sheets are chosen by the day of the call."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from judging import heard, sheet, turns

from qa.calls import Analysis, Finding, Recording
from qa.errors import RecordingError, RubricError
from qa.scoring.choice import Rubrics, choose
from qa.scoring.engine import judge
from qa.scoring.examples import try_examples
from qa.scoring.rubric import Rubric, load_rubric

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(moment: str | None) -> Recording:
    return Recording(call_id="c1", content_hash="00", started_at=datetime.fromisoformat(moment) if moment else None)


def judged(folder: Path, days: str, moment: str | None, zone: ZoneInfo | None = SHANGHAI) -> Finding:
    rubric = sheet(folder, f"points: 2, {days}, require: {{say: 您好}}")
    return judge(at(moment), heard(turns(["坐席：您好"])), Analysis(), rubric, zone=zone).findings[0]


@pytest.mark.parametrize(
    ("days", "moment", "outcome", "reason"),
    [
        ("valid_from: 2026-12-01", "2026-11-30T23:59:59+08:00", "na", "本项从 2026-12-01 起生效，通话在 2026-11-30"),
        ("valid_from: 2026-12-01", "2026-12-01T00:00:00+08:00", "met", None),
        ("valid_from: 2026-12-01", "2026-11-30T16:00:00+00:00", "met", None),  # the first of December in Shanghai
        ("valid_until: 2026-12-31", "2026-12-31T23:59:59+08:00", "met", None),
        ("valid_until: 2026-12-31", "2026-12-31T16:00:00+00:00", "na", "本项到 2026-12-31 为止，通话在 2027-01-01"),
        ("valid_from: 2026-12-01, valid_until: 2026-12-01", "2026-12-01T12:00:00+08:00", "met", None),
        ("valid_from: 2026-12-01", None, "na", "本项从 2026-12-01 起生效，而这通电话没有时间"),
    ],
)
def test_a_criterion_holds_for_its_days_only(tmp_path: Path, days: str, moment: str | None, outcome: str, reason: str | None) -> None:
    finding = judged(tmp_path, days, moment)
    assert (finding.outcome, finding.reason) == (outcome, reason)
    assert (finding.points, finding.max_points) == ((0.0, 0.0) if outcome == "na" else (2.0, 2.0))


def test_without_a_zone_the_day_is_that_of_the_offset_it_is_written_with(tmp_path: Path) -> None:
    assert judged(tmp_path, "valid_from: 2026-12-01", "2026-11-30T16:00:00+00:00", None).outcome == "na"


def test_the_order_of_the_days_does_not_depend_on_the_clock_that_wrote_them(tmp_path: Path) -> None:
    moment = datetime(2026, 11, 30, 17, tzinfo=UTC)
    rubric = sheet(tmp_path, "points: 2, valid_from: 2026-12-01, require: {say: 您好}")
    verdicts = {
        judge(Recording(call_id="c", content_hash="0", started_at=moment.astimezone(timezone(timedelta(hours=hours)))),
              heard(turns(["坐席：您好"])), Analysis(), rubric, zone=SHANGHAI).findings
        for hours in (-11, 0, 8, 14)
    }  # fmt: skip
    assert len(verdicts) == 1


def test_examples_are_judged_on_a_day_on_which_the_item_holds(tmp_path: Path) -> None:
    rubric = sheet(tmp_path, "points: 2, valid_until: 2020-01-31, examples: {good: [您好], bad: [喂]}, require: {say: 您好}")
    assert [tried.right for tried in try_examples(rubric)] == [True, True]


@pytest.mark.parametrize(
    ("days", "fault"),
    [
        ("valid_from: 2026-12-40", "应为日期，写成 2026-12-01 的样子，现在是 2026-12-40"),
        ("valid_from: 20261201", "应为日期"),
        ("valid_until: 2026-12-01T10:00:00", "应为日期"),
        ("valid_from: 2026-12-02, valid_until: 2026-12-01", "没有一天有效"),
    ],
)
def test_days_that_are_none(tmp_path: Path, days: str, fault: str) -> None:
    with pytest.raises(RubricError, match=fault):
        sheet(tmp_path, f"points: 2, {days}, require: {{say: 您好}}")


def test_the_sheet_of_the_day_is_chosen(tmp_path: Path) -> None:
    def of(name: str, more: str = "") -> Rubric:
        sections = "sections: [{id: s, name: s, criteria: [{id: c, name: c, why: 因为要礼貌, points: 1, require: {say: 您好}}]}]\n"
        (tmp_path / f"{name}.yaml").write_text(f"id: {name}\nversion: '1'\nname: {name}\n{more}{sections}", encoding="utf-8")
        return load_rubric(tmp_path / f"{name}.yaml")

    old, new, always = of("old", "valid_until: 2026-11-30\n"), of("new", "valid_from: 2026-12-01\n"), of("always")

    def chosen(moment: str | None, *sheets: Rubric) -> Rubric | None:
        return choose(sheets, at(moment), SHANGHAI)

    assert chosen("2026-11-30T23:00:00+08:00", old, new) is old
    assert chosen("2026-11-30T17:00:00+00:00", old, new) is new
    assert chosen("2026-12-05T09:00:00+08:00", always, new) is new  # one made for the day before one for any
    assert chosen("2026-11-05T09:00:00+08:00", always, new) is always
    assert chosen(None, old, new) is None
    assert chosen(None, old, new, always) is always
    assert new.hash != of("new", "valid_from: 2026-12-01\npass_mark: 70\n").hash
    assert of("new").hash == of("new", "valid_from: 2026-12-01\n").hash  # which calls it is for changes no verdict
    with pytest.raises(RecordingError, match="生效日期"):
        Rubrics((new,), SHANGHAI).of(at("2026-11-05T09:00:00+08:00"))
