"""Why customers call: groups found again, names from their own words, words that rise, and when there is too little to say."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from showing import make_call, silent

from qa.scoring.reasons import FEWEST, Opening, Rising, content, find_reasons, opening

CHINA = timezone(timedelta(hours=8))
SAID = {
    "broadband": ("宽带断了，路由器红灯一直闪", "家里宽带上不去，路由器重启过", "宽带红灯亮着，路由器没信号", "路由器红灯，宽带掉线"),
    "refund": ("退款还没到账，申请一个星期了", "申请的退款没退回银行卡", "退款什么时候到账，银行卡没收到", "退货以后退款没到账"),
    "invoice": ("发票抬头写错了要重开", "电子发票下载不了", "帮我补开发票，抬头是公司", "发票邮箱收不到，抬头是公司"),
}


def openings(*weeks: dict[str, int]) -> list[Opening]:
    """So many calls of each kind a week, a week after another."""
    found = []
    for week, kinds in enumerate(weeks):
        for kind, count in kinds.items():
            for i in range(count):
                text = SAID[kind][i % len(SAID[kind])]
                started = datetime(2026, 11, 2, 9, tzinfo=CHINA) + timedelta(weeks=week, minutes=i)
                found.append(Opening(f"{kind}-{week}-{i}", started, text, content(text), 1.0, kind == "refund", 80.0))
    return found


def test_calls_that_begin_alike_are_a_group_named_by_its_own_words() -> None:
    found = find_reasons(openings({"broadband": 12, "refund": 8, "invoice": 8}), CHINA)
    assert sorted((reason.calls, reason.complaints, reason.score) for reason in found.reasons) == [
        (8, 0, 80.0),
        (8, 8, 80.0),
        (12, 0, 80.0),
    ]
    assert {"宽带", "路由器"} & set(found.reasons[0].words[:3])
    assert (found.calls, found.other) == (28, 0)
    assert [len(reason.examples) for reason in found.reasons] == [3, 3, 3]
    assert found == find_reasons(openings({"broadband": 12, "refund": 8, "invoice": 8})[::-1], CHINA)


def test_words_that_rise_against_the_period_before() -> None:
    found = find_reasons(openings({"broadband": 10, "refund": 2}, {"broadband": 4, "refund": 12}), CHINA)
    assert (found.period, found.previous) == (
        (datetime(2026, 11, 9).date(), datetime(2026, 11, 15).date()),
        (datetime(2026, 11, 2).date(), datetime(2026, 11, 8).date()),
    )
    assert found.rising[0] == Rising("退款", 12, 2, 0.75, pytest.approx(1 / 6))  # type: ignore[arg-type]
    assert not {"宽带", "路由器"} & {one.word for one in found.rising}
    assert [(reason.now, reason.before) for reason in found.reasons if "退款" in reason.words] == [(12, 2)]


def test_too_few_calls_alike_calls_and_one_period() -> None:
    few = find_reasons(openings({"broadband": FEWEST - 1}), CHINA)
    assert (few.reasons, few.rising, few.calls, few.other, few.previous) == ((), (), FEWEST - 1, FEWEST - 1, None)
    none = find_reasons([], CHINA)
    assert (none.reasons, none.calls, none.period) == ((), 0, None)
    same = openings({"refund": 1})[0]
    alike = find_reasons([Opening(f"c{i}", None, same.text, same.words, None, False, None) for i in range(20)], CHINA)
    assert [(reason.calls, reason.score, reason.now) for reason in alike.reasons] == [(20, None, 0)]


def test_what_a_customer_says_first() -> None:
    said = opening(make_call("c1"))
    assert said is not None
    assert (said.call_id, said.text, said.start, said.complaint) == ("c1", "我要投诉你们", 3.0, True)
    assert opening(silent("s")) is None
    assert content("") == ()
