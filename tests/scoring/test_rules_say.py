"""say and pattern: what is said, how often, where, and how an absence is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from judging import heard, sheet, turns, verdict

from qa.calls import Event, Finding, Heard, Searched, Turn, Word

CALL = ["坐席：您好，这里是优选商城。", "客户：你好，我要退款。", "坐席：请您稍等一下，谢谢。", "坐席：谢谢您的等待。"]


def judged(folder: Path, criterion: str, call: Heard | list[str], **known: str) -> Finding:
    return verdict(sheet(folder, criterion), call if isinstance(call, Heard) else heard(call), **known).findings[0]


@pytest.mark.parametrize(
    ("check", "outcome", "texts"),
    [
        ("say: 优选商城", "met", ["优选商城"]),
        ("say: [没有的话, 请您稍等]", "met", ["请您稍等"]),
        ("say: {phrases: [请您稍等, 优选商城], match: all}", "met", ["优选商城", "请您稍等"]),
        ("say: {phrases: [请您稍等, 没有的话], match: all}", "missed", []),
        ("say: {phrases: [请您稍等, 优选商城, 没有的话], match: 2}", "met", ["优选商城", "请您稍等"]),
        ("say: {phrases: [谢谢, 没有的话], match: 2}", "missed", []),
        ("say: {phrases: 谢谢, times: 2}", "met", ["谢谢", "谢谢"]),
        ("say: {phrases: 谢谢, times: 3}", "missed", []),
        ("say: {phrases: 谢谢, times: 2, excluding: 谢谢您的等待}", "missed", []),
        ("say: {phrases: [谢谢, 谢谢您的等待], times: 3}", "missed", []),  # one place is one hit
        ("say: 我要退款", "missed", []),  # the customer's words
    ],
)
def test_say_of_the_agent(tmp_path: Path, check: str, outcome: str, texts: list[str]) -> None:
    finding = judged(tmp_path, f"points: 1, scope: {{role: agent}}, require: {{{check}}}", CALL)
    assert (finding.outcome, [hit.text for hit in finding.hits]) == (outcome, texts)


@pytest.mark.parametrize(
    ("check", "outcome", "texts"),
    [
        ("pattern: 优选.城", "met", ["优选商城"]),
        ("pattern: '优选(?P<x>商+)城$'", "met", ["优选商城"]),
        ("pattern: {regex: 谢谢, times: 2}", "met", ["谢谢", "谢谢"]),
        ("pattern: {regex: 谢谢, times: 2, excluding: 谢谢您}", "missed", []),
        ("pattern: {regex: '[0-9]{4}'}", "missed", []),
        ("pattern: 'x*'", "missed", []),  # matches of nothing are none
    ],
)
def test_pattern_of_the_agent(tmp_path: Path, check: str, outcome: str, texts: list[str]) -> None:
    finding = judged(tmp_path, f"points: 1, scope: {{role: agent}}, require: {{{check}}}", CALL)
    assert (finding.outcome, [hit.text for hit in finding.hits]) == (outcome, texts)


def test_numerals_are_matched_as_digits_and_shown_as_said(tmp_path: Path) -> None:
    finding = judged(
        tmp_path, "points: 1, require: {pattern: '工号[0-9]{4}'}", ["坐席：我的工号是，幺二三四。", "坐席：工号二零零二为您服务。"]
    )
    assert [(hit.text, hit.turn, hit.span) for hit in finding.hits] == [("工号二零零二", 1, (0, 6))]


def test_forbid_turns_the_outcome_round(tmp_path: Path) -> None:
    criterion = "points: 4, scope: {role: agent}, forbid: {say: 不归我管}, deduct: {each: 1.5}"
    finding = judged(tmp_path, criterion, ["坐席：这个不归我管。", "客户：不归我管？", "坐席：真的不归我管。"])
    assert (finding.outcome, finding.points, finding.max_points) == ("missed", 1.0, 4.0)
    assert [(hit.role, hit.text, hit.turn, hit.closeness) for hit in finding.hits] == [
        ("agent", "不归我管", 0, 1.0),
        ("agent", "不归我管", 2, 1.0),
    ]
    clean = judged(tmp_path, criterion, ["坐席：我帮您查。"])
    assert (clean.outcome, clean.points, clean.hits) == ("met", 4.0, ())
    assert clean.searched == Searched(role="agent", start=0.0, end=5.0, turns=1)


def test_an_absence_says_where_it_looked(tmp_path: Path) -> None:
    finding = judged(tmp_path, "points: 1, scope: {role: agent, first_seconds: 15, first_turns: 1}, require: {say: 早上好}", CALL)
    assert finding.outcome == "missed"
    assert finding.searched == Searched(role="agent", start=0.0, end=15.0, turns=2)
    assert finding.reason == "坐席的前 15 秒或前 1 句话语里没有「早上好」"


LONG = [f"坐席：第{n}句" for n in "甲乙丙丁戊"]


@pytest.mark.parametrize(
    ("scope", "heard_turns"),
    [
        ("first_turns: 2", "甲乙"),
        ("last_turns: 2", "丁戊"),
        ("first_seconds: 6", "甲"),
        ("first_seconds: 6.5", "甲乙"),
        ("last_seconds: 2", "戊"),
        ("first_turns: 1, last_turns: 1", "甲戊"),
        ("after: {say: 第乙句}", "丙丁戊"),
        ("after: {say: 第乙句}, within_turns: 2", "丙丁"),
        ("after: {say: 第乙句}, within_seconds: 3", "丙"),
        ("before: {say: 第丁句}", "甲乙丙"),
        ("before: {say: 第丁句}, within_turns: 1", "丙"),
        ("after: {say: 第乙句}, before: {say: 第丁句}", "丙"),
        ("after: {event: {type: hold}}", "戊"),
    ],
)
def test_scopes(tmp_path: Path, scope: str, heard_turns: str) -> None:
    call = heard(LONG, sounds=[Event("music", 9.0, 20.0)] if "event" in scope else [])
    finding = judged(tmp_path, f"points: 1, scope: {{{scope}}}, require: {{pattern: '第[甲乙丙丁戊]句'}}", call)
    assert "".join(hit.text[1] for hit in finding.hits) == heard_turns


def test_a_check_may_look_elsewhere_than_its_criterion(tmp_path: Path) -> None:
    criterion = "points: 1, scope: {role: agent}, require: {all: [{say: 优选商城}, {say: 我要退款, scope: {role: customer}}]}"
    assert judged(tmp_path, criterion, CALL).outcome == "met"


def test_an_anchor_that_is_not_there_is_na(tmp_path: Path) -> None:
    finding = judged(tmp_path, "points: 1, scope: {after: {event: {type: hold}}}, require: {say: 谢谢}", CALL)
    assert (finding.outcome, finding.reason) == ("na", "没有等待")


def test_seconds_without_times_are_na(tmp_path: Path) -> None:
    call = heard(CALL, step=None)
    finding = judged(tmp_path, "points: 1, scope: {role: agent, first_seconds: 15}, require: {say: 您好}", call)
    assert (finding.outcome, finding.max_points, finding.reason) == ("na", 0.0, "转写没有时间，无法按秒限定范围")
    both = judged(tmp_path, "points: 1, scope: {role: agent, first_seconds: 15, first_turns: 2}, require: {say: 您好}", call)
    assert (both.outcome, both.hits[0].start, both.searched) == ("met", None, Searched(role="agent", turns=2))


def heard_by_ear(text: str, confidence: float) -> Heard:
    turn = Turn(role="agent", text=text, start=0.0, end=3.0, confidence=confidence, words=(Word(text, 0.0, 3.0, confidence),))
    return heard([turn])


def test_a_forbidden_phrase_by_sound_in_words_of_low_confidence_is_unsure(tmp_path: Path) -> None:
    criterion = "points: 1, scope: {role: agent}, forbid: {say: 这个不归我管}"
    alike = judged(tmp_path, criterion, heard_by_ear("这个不归我干", 0.3))
    assert (alike.outcome, alike.reason, alike.hits[0].text) == ("unsure", "只是读音相近，且识别把握低，请复听", "这个不归我干")
    assert judged(tmp_path, criterion, heard_by_ear("这个不归我干", 0.8)).outcome == "missed"
    assert judged(tmp_path, criterion, heard_by_ear("这个不归我馆", 0.3)).outcome == "missed"  # the very sounds
    assert judged(tmp_path, criterion, heard_by_ear("这个不归我管", 0.3)).outcome == "missed"
    required = criterion.replace("forbid", "require")
    assert judged(tmp_path, required, heard_by_ear("这个不归我干", 0.3)).outcome == "met"  # the doubt is the agent's


def test_a_rule_may_ask_for_more_than_its_phrases_do(tmp_path: Path) -> None:
    criterion = "points: 1, scope: {role: agent}, forbid: {say: {phrases: 这个不归我管, closeness: 0.97}}"
    assert judged(tmp_path, criterion, ["坐席：这个不归我干"]).outcome == "met"
    assert judged(tmp_path, criterion, ["坐席：这个不归我馆"]).outcome == "missed"
    assert judged(tmp_path, criterion.replace("closeness: 0.97", "exact: true"), ["坐席：这个不归我馆"]).outcome == "met"


def test_a_required_phrase_missed_by_a_hair_is_unsure_only_where_the_ear_is_in_doubt(tmp_path: Path) -> None:
    criterion = "points: 1, scope: {role: agent}, require: {say: {phrases: 这个不归我管, closeness: 0.97}}"
    near = judged(tmp_path, criterion, heard_by_ear("这个不归我干", 0.45))
    assert (near.outcome, near.nearest and near.nearest.text) == ("unsure", "这个不归我干")
    assert near.reason == "坐席的全部话语里没有「这个不归我管」，但有一处差一点：「这个不归我干」"
    sure = judged(tmp_path, criterion, heard_by_ear("这个不归我干", 0.9))
    assert (sure.outcome, sure.nearest and sure.nearest.phrase) == ("missed", "这个不归我管")


def test_an_absence_from_speech_that_was_hardly_understood_is_unsure(tmp_path: Path) -> None:
    criterion = "points: 1, scope: {role: agent}, require: {say: 请您稍等一下}"
    assert judged(tmp_path, criterion, heard_by_ear("啊这个那个天气很好", 0.2)).outcome == "unsure"
    assert judged(tmp_path, criterion, heard_by_ear("啊这个那个天气很好", 0.7)).outcome == "missed"
    mixed = heard(
        tuple(replace(turn, confidence=0.2 if n else 0.9) for n, turn in enumerate(turns(["坐席：一共说了很多很多的话", "坐席：短"])))
    )
    assert judged(tmp_path, criterion, mixed).outcome == "missed"


def test_who_never_speaks_cannot_be_asked(tmp_path: Path) -> None:
    for check in ("say: 您好", "pattern: 您好"):
        finding = judged(tmp_path, f"points: 1, scope: {{role: agent}}, require: {{{check}}}", ["客户：喂？"])
        assert (finding.outcome, finding.reason) == ("na", "全程没有听到坐席说话")


@pytest.mark.parametrize(
    ("check", "reason"),
    [
        ('pattern: {regex: ".{7,}(对吗|是吧)", name: 复述后再问对不对}', "坐席的全部话语里没有「复述后再问对不对」"),
        ('pattern: "工号[0-9]+"', "坐席的全部话语里没有符合正则 工号[0-9]+ 的话"),
        ('say: ["(请)您<稍等|等>…<一下|片刻>", 别挂]', "坐席的全部话语里没有「您稍等…一下、别挂」"),
        ("say: [甲乙丙, 丁戊己, 庚辛壬, 子丑寅]", "坐席的全部话语里没有「甲乙丙、丁戊己、庚辛壬等 4 种说法」"),
        ("say: {phrases: [甲乙丙, 丁戊己], name: 干支}", "坐席的全部话语里没有「干支」"),
    ],
)
def test_what_is_missing_is_named_as_people_say_it(tmp_path: Path, check: str, reason: str) -> None:
    rubric = sheet(tmp_path, f"points: 1, scope: {{role: agent}}, require: {{{check}}}")
    assert verdict(rubric, heard(["坐席：喂"])).findings[0].reason == reason
