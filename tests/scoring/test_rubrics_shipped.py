"""The sheets that come with the program: whole, explained, and right about their own examples."""

from __future__ import annotations

from pathlib import Path

import pytest
from judging import heard, verdict

from qa.config import shipped
from qa.scoring.examples import try_examples
from qa.scoring.rubric import Criterion, Rubric, load_rubric

SHEETS = ("general_inbound", "complaint_handling", "outbound_followup", "sales_finance", "repair_line", "three_voices", "recording_consent")


def sheet(name: str) -> Rubric:
    return load_rubric(shipped("rubrics", f"{name}.yaml"))


RUBRICS = {name: sheet(name) for name in SHEETS}


def test_all_shipped_sheets_are_tested() -> None:
    assert {path.stem for path in Path(shipped("rubrics")).glob("*.yaml")} == set(SHEETS)


@pytest.mark.parametrize("name", SHEETS)
def test_a_sheet_is_whole(name: str) -> None:
    rubric = RUBRICS[name]
    assert rubric.total == 100
    assert rubric.sheet.description
    assert min(band.from_ for band in rubric.sheet.bands) == 0
    assert any(band.from_ == rubric.pass_mark for band in rubric.sheet.bands)


def test_ids_tell_the_sheets_apart() -> None:
    assert len({(rubric.id, rubric.hash) for rubric in RUBRICS.values()}) == len({rubric.id for rubric in RUBRICS.values()}) == len(SHEETS)


def _of_words(criterion: Criterion) -> bool:
    """Whether it asks for words, so that an example can show it; what only time shows cannot be written down."""
    return any(check.say or check.pattern for check in (criterion.require, criterion.forbid) if check)


@pytest.mark.parametrize("name", SHEETS)
def test_every_criterion_says_why_and_shows_both_sides(name: str) -> None:
    for _, criterion in RUBRICS[name].criteria():
        assert len(criterion.why) >= 8, criterion.id
        if _of_words(criterion) and criterion.id != "hold_thanks":
            assert criterion.examples.bad, criterion.id
            assert criterion.examples.good or criterion.id == "abuse", criterion.id


@pytest.mark.slow
@pytest.mark.parametrize("name", SHEETS)
def test_examples(name: str) -> None:
    wrong = [(tried.finding.criterion, tried.expected, tried.lines) for tried in try_examples(RUBRICS[name]) if not tried.right]
    assert wrong == []


GOOD = {
    "complaint_handling": [
        "坐席：您好，这里是安居物业，我是客服小王，请问有什么可以帮您？",
        "客户：你们的师傅放了我三次鸽子，我要投诉你们。",
        "坐席：实在对不起，给您添麻烦了，您先别着急，您请讲。",
        "客户：说好上周来修水管，到现在还没有来。",
        "坐席：您反映的是上周报修水管一直没有人上门，对吗？麻烦您报一下房号，我核实一下。",
        "客户：三零二。",
        "坐席：谢谢您。我现在就帮您登记投诉工单，主管今天下午三点之前给您回电话，您看可以吗？",
        "客户：行。",
        "坐席：感谢您的来电，再见。",
    ],
    "outbound_followup": [
        "坐席：您好，这里是安居物业，我是客服小王，请问是李女士本人吗？",
        "客户：是我。",
        "坐席：本次通话会有录音。您昨天报修了水管，给您做个满意度回访，请问您现在方便接听电话吗？",
        "客户：方便。",
        "坐席：请问您对师傅的服务满意吗？",
        "客户：挺好的。",
        "坐席：谢谢您，请问您还有其他问题吗？",
        "客户：谢谢。",
        "坐席：那就不打扰您了，祝您生活愉快，再见。",
    ],
    "repair_line": [
        "坐席：您好，这里是供电公司，工号八零二三，请问有什么可以帮您？",
        "客户：我家突然没电了。",
        "坐席：很抱歉给您带来不便，请问是从什么时候开始停的，只有您一户还是整栋楼都停了？",
        "客户：就我一家，刚才。",
        "坐席：您的意思是只有您一家刚刚停电，对吗？麻烦您先看一下电闸有没有跳。",
        "客户：看了，没有跳。",
        "坐席：好的，请您报一下户号，我核实一下地址。",
        "客户：一二三四五。",
        "坐席：谢谢您。我安排师傅一个小时之内上门，您家里有人吗？",
        "客户：有。",
        "坐席：请问您还有其他问题吗？",
        "客户：没有。",
        "坐席：感谢您的来电，再见。",
    ],
    "sales_finance": [
        "坐席：您好，我是太平保险的客服代表，工号三零二六，本次通话会全程录音。",
        "客户：嗯，你说。",
        "坐席：请问您是李女士本人吗？麻烦您报一下身份证号后四位。",
        "客户：幺二三四。",
        "坐席：谢谢您。这份保险每年交三千块，缴费期十年，有十五天的犹豫期，提前退保会有损失。",
        "客户：我知道了。",
        "坐席：请问您同意办理吗？您也可以考虑一下。",
        "客户：同意。",
        "坐席：好的，感谢您的配合，再见。",
    ],
    "three_voices": [
        "坐席：您好，请问有什么可以帮您？",
        "客户：几点下班？",
        "坐席：好的，我帮您查，我们六点下班。",
        "客户：知道了。",
        "坐席：请问您还有其他问题吗？",
        "客户：没了。",
        "坐席：感谢您的来电，再见。",
    ],
}  # fmt: skip

BAD = ["坐席：喂，说。", "客户：师傅一直没有来，家里有煤气味，我要投诉你们。", "坐席：这个不归我管，你去问别人吧。", "坐席：好，挂了。"]


@pytest.mark.parametrize("name", GOOD)
def test_a_good_call_passes_and_a_bad_one_does_not(name: str) -> None:
    good, bad = (verdict(RUBRICS[name], heard(lines)) for lines in (GOOD[name], BAD))
    short = {finding.criterion: finding.reason for finding in good.findings if finding.outcome in ("missed", "unsure")}
    assert short.keys() <= {"speech_rate"}, short  # every line of an example takes 3 s, long or short
    assert (good.score.passed, bad.score.passed) == (True, False)


def test_a_promise_of_returns_is_fatal() -> None:
    lines = [*GOOD["sales_finance"][:-1], "坐席：您放心，这款产品稳赚不赔。", "坐席：感谢您的配合，再见。"]
    found = verdict(RUBRICS["sales_finance"], heard(lines))
    assert (found.score.fatal, found.score.scaled) == (("guaranteed_returns",), 0.0)
