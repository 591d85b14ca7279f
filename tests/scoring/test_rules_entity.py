"""entity: what counts as a telephone number, an amount, a date … and what does not."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from judging import heard, sheet, turns, verdict

CASES = [
    ("phone", "我的电话是幺三八，零零一三，八零零零。", ["幺三八，零零一三，八零零零"]),
    ("phone", "打 400-820-8820 或 021-62345678。", ["400-820-8820", "021-62345678"]),
    ("phone", "订单 20261120138001380001", []),
    ("amount", "一共三十五块五，运费十二块钱。", ["三十五块五", "十二块钱"]),
    ("amount", "12.5元，退您1,200元", ["12.5元", "1,200元"]),
    ("amount", "我们一块去看看这块地", []),
    ("date", "二零二六年十一月二十号到，下周三也行", ["二零二六年十一月二十号", "下周三"]),
    ("date", "明天给您回电", ["明天"]),
    ("date", "天气不错", []),
    ("time", "下午三点半，或者晚上八点", ["下午三点半", "晚上八点"]),
    ("time", "一点也不好", []),
    ("time", "一共二十五点五，还有六十九点零九", []),
    ("time", "十点四十七分，晚上九点十六", ["十点四十七分", "晚上九点十六"]),
    ("date", "八十二号客服，十一月四号", ["十一月四号"]),
    ("period", "二十四小时之内，最多三到五个工作日", ["二十四小时之内", "三到五个工作日"]),
    ("period", "稍等半个小时", ["半个小时"]),
    ("period", "很快就到", []),
    ("id_card", "身份证号一一零一零一一九九零零三零七七八三X", ["一一零一零一一九九零零三零七七八三X"]),
    ("id_card", "11010119901307123X", []),  # there is no 13th month
    ("order_number", "订单号是 AB20261120", ["AB20261120"]),
    ("order_number", "单号八六七五", ["八六七五"]),
    ("order_number", "2026112099887", ["2026112099887"]),
    ("order_number", "13800138000", []),
    ("order_number", "2026年", []),
]


@pytest.mark.parametrize(("kind", "text", "found"), CASES)
def test_information(tmp_path: Path, kind: str, text: str, found: list[str]) -> None:
    rubric = sheet(tmp_path, f"points: 1, forbid: {{entity: {kind}}}")
    finding = verdict(rubric, heard([f"坐席：{text}"])).findings[0]
    assert [hit.text for hit in finding.hits] == found
    assert finding.outcome == ("missed" if found else "met")


def test_how_often_and_what_is_told(tmp_path: Path) -> None:
    rubric = sheet(tmp_path, "points: 1, scope: {role: agent}, require: {entity: {type: [amount, period], times: 2}}")
    both = verdict(rubric, heard(["坐席：退三十块，两天之内。"])).findings[0]
    assert [(hit.text, hit.category) for hit in both.hits] == [("三十块", "金额"), ("两天之内", "时限")]
    one = verdict(rubric, heard(["坐席：退三十块。", "客户：两天之内？"])).findings[0]
    assert (one.outcome, one.reason) == ("missed", "金额或时限只有 1 处，不够 2 处")
    none = verdict(rubric, heard(["坐席：好的。"])).findings[0]
    assert (none.outcome, none.reason) == ("missed", "坐席的全部话语里没有金额或时限")
    low = verdict(rubric, heard(turns(["坐席：嗡嗡嗡嗡"], confidence=0.1))).findings[0]
    assert low.outcome == "unsure"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet="零一二三幺两十百千万块元点半号月日天内个到小时单订X，。 .,0123456789", max_size=60))
def test_spans_point_at_what_was_said(tmp_path: Path, text: str) -> None:
    kinds = "[phone, amount, date, time, period, id_card, order_number]"
    call = heard([f"坐席：{text}"])
    reach = 0
    for hit in verdict(sheet(tmp_path, f"points: 1, forbid: {{entity: {kinds}}}"), call).findings[0].hits:
        assert hit.span is not None
        begin, end = hit.span
        assert reach <= begin < end
        assert call.turns[0].text[begin:end] == hit.text
        reach = end
