"""loudness: turns against the party's own level, its turn before, full scale, and from end to end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from judging import heard, sheet, turns, verdict

from qa.calls import Finding, Heard, Hit
from qa.errors import RubricError

LINES = (
    "坐席：您好，请问有什么可以帮您", "客户：我的宽带坏了三天了", "坐席：请您报一下账号", "客户：我怎么记得住账号",
    "坐席：没有账号我怎么查", "客户：你态度好一点", "坐席：好", "坐席：请您稍等一下",
)  # fmt: skip
LEVELS = (-26.0, -40.0, -25.5, -31.0, -14.0, -30.0, -45.0, -26.5)
CALL = heard([replace(turn, loudness=level) for turn, level in zip(turns(LINES), LEVELS, strict=True)])


def judged(folder: Path, check: str, call: Heard = CALL, scope: str = "role: agent") -> Finding:
    return verdict(sheet(folder, f"points: 1, scope: {{{scope}}}, forbid: {{loudness: {{{check}}}}}"), call).findings[0]


def test_a_turn_louder_than_the_party_usually_is_is_evidence(tmp_path: Path) -> None:
    finding = judged(tmp_path, "above: 8")
    text = "没有账号我怎么查"
    assert finding.hits == (Hit(role="agent", text=text, start=21, end=24, phrase="比平时响 11.8 dB", turn=4, span=(0, 8)),)
    assert (finding.outcome, finding.reason) == ("missed", "坐席有 1 句与平时相比大于 8 dB")


@pytest.mark.parametrize(
    ("check", "outcome", "reason"),
    [
        ("above: 12", "met", "坐席各句与平时相比在 -0.8 到 11.8 dB 之间"),
        ("above: 8, times: 2", "met", "坐席各句与平时相比在 -0.8 到 11.8 dB 之间"),
        ("at_least: 11, than: previous", "missed", "坐席有 1 句与上一句相比不小于 11 dB"),
        ("at_most: -12, than: previous", "missed", "坐席有 1 句与上一句相比不大于 -12 dB"),
        ("below: -40, than: full_scale", "met", "坐席各句的响度在 -26.5 到 -14.0 dBFS 之间"),
        ("below: -40, than: full_scale, characters: 1", "missed", "坐席有 1 句的响度小于 -40 dBFS"),
        ("above: 12, than: span", "missed", "坐席最响与最轻的一句相差 12.5 dB"),
        ("above: 13, than: span", "met", "坐席最响与最轻的一句相差 12.5 dB，要求大于 13 dB"),
        ("above: 1, characters: 30", "na", "坐席没有一句达到 30 个字，不计响度"),
    ],
)
def test_loudness(tmp_path: Path, check: str, outcome: str, reason: str) -> None:
    finding = judged(tmp_path, check)
    assert (finding.outcome, finding.reason) == (outcome, reason)


def test_parties_are_not_compared_with_one_another(tmp_path: Path) -> None:
    finding = judged(tmp_path, "above: 8", scope="role: any")
    assert [hit.turn for hit in finding.hits] == [4]  # the customer's own level is its own measure
    assert judged(tmp_path, "at_most: -8", scope="role: customer").hits[0].text == "我的宽带坏了三天了"


def test_the_usual_level_is_that_of_the_whole_call_whatever_the_window(tmp_path: Path) -> None:
    assert judged(tmp_path, "above: 8", scope="role: agent, last_turns: 3").hits[0].turn == 4
    assert judged(tmp_path, "above: 8", scope="role: agent, last_turns: 1").outcome == "met"


@pytest.mark.parametrize(
    ("lines", "check", "reason"),
    [
        (("坐席：您好请问有什么事",), "above: 1", "坐席的话没有响度，无法比较（文字记录没有录音；早先识别的录音要重新识别）"),
        ((), "above: 1", "没有可评的话语"),
    ],
)
def test_without_loudness_nothing_is_asked(tmp_path: Path, lines: tuple[str, ...], check: str, reason: str) -> None:
    finding = judged(tmp_path, check, heard(lines))
    assert (finding.outcome, finding.reason) == ("na", reason)


def test_too_few_turns_have_no_usual_level(tmp_path: Path) -> None:
    few = heard([replace(turn, loudness=-20.0) for turn in turns(LINES[:4])])
    assert judged(tmp_path, "above: 1", few).reason == "坐席可比的话不足 3 句，不计响度"
    assert judged(tmp_path, "above: 1, than: span", few).reason == "坐席可比的话不足 3 句，不计响度"
    assert judged(tmp_path, "above: 1, than: previous", few).outcome == "met"


def test_a_span_is_one_number(tmp_path: Path) -> None:
    with pytest.raises(RubricError, match="than: span 是一个数，不写 times"):
        judged(tmp_path, "above: 1, than: span, times: 2")
    with pytest.raises(RubricError, match="至少一个界限"):
        judged(tmp_path, "than: own")
