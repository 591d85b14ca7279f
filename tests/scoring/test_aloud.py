"""Rules as Chinese sentences."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from judging import sheet
from support import ROOT

from qa.scoring.aloud import _READERS, aloud, criterion_aloud, heading
from qa.scoring.checks import Check, operators
from qa.scoring.lexicon import Lexicon
from qa.scoring.rubric import load_rubric

LEXICONS = {"greeting": Lexicon(id="greeting", name="问候语", phrases=("您好",))}


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ({"say": "您好"}, "说到「您好」"),
        ({"say": {"lexicon": "greeting", "times": 3}}, "说到「问候语」至少 3 次"),
        ({"say": {"lexicon": "greeting", "categories": ["早", "晚"]}}, "说到「问候语」中的早、晚"),
        ({"say": {"phrases": ["<请|烦>稍等", "谢谢"], "match": "all", "exact": True}}, "说到「请/烦稍等」和「谢谢」（一字不差）"),
        (
            {"say": {"phrases": ["一号", "二号", "三号", "四号", "五号"], "match": 2}},
            "说到「一号」或「二号」或「三号」或「四号」等 5 种中至少 2 种说法",
        ),
        (
            {"say": {"phrases": "不知道", "closeness": 0.9, "excluding": "知道不知道"}},
            "说到「不知道」（相近 90% 以上）（「知道不知道」不算）",
        ),
        ({"pattern": {"regex": "工号[0-9]+", "times": 2, "excluding": "工号0"}}, "说出符合正则 工号[0-9]+ 的话至少 2 次（工号0 不算）"),
        ({"metric": {"name": "first_response", "at_most": 5}}, "坐席首句不大于 5 秒"),
        ({"metric": {"name": "interruptions_by_agent", "at_least": 2}}, "坐席抢话不小于 2 次"),
        ({"rate": {"above": 320, "times": 2}}, "至少 2 句（12 个字以上）的语速大于 320 字/分"),
        ({"metadata": {"field": "队列", "equals": ["投诉", "建议"]}}, "元数据 队列 是投诉或建议"),
        ({"metadata": {"field": "队列", "present": False}}, "元数据 队列 没有值"),
        ({"complaint": {"threat": True, "category": "费用争议"}}, "客户投诉（费用争议）并表示要升级"),
        ({"event": {"type": ["silence", "hold"], "at_least": 10, "times": 2}}, "有 10 秒以上的静音或等待至少 2 次"),
        (
            {"event": {"type": "silence", "unless": {"say": "稍等", "before": 30, "scope": {"role": "agent"}}}},
            "有静音，除非从开始前 30 秒到开始后 3 秒之间坐席说到「稍等」",
        ),
        ({"gap": {"by": "agent", "above": 5}}, "坐席在对方说完后大于 5 秒才应答"),
        ({"repetition": {"times": 3}}, "把同一句话说了至少 3 遍（6 个字以上，相似 70% 以上）"),
        ({"entity": ["amount", "date"]}, "说出金额或日期"),
        ({"meaning": {"like": "我来帮您处理", "unlike": "我处理不了"}}, "说出与「我来帮您处理」意思相近的话，而不是「我处理不了」"),
        ({"turns": {"at_least": 3}}, "说的话不小于 3 句"),
        ({"speaker": {"last": "agent"}}, "坐席最后说话"),
        ({"llm": "坐席是否给出了方案"}, "语言模型对「坐席是否给出了方案」答是"),
        (
            {"all": [{"say": "您好"}, {"any": [{"say": "早上好"}, {"say": "晚上好"}]}]},
            "说到「您好」，并且（说到「早上好」，或者说到「晚上好」）",
        ),
        ({"not": {"say": "您好"}}, "没有：说到「您好」"),
        ({"count": {"of": [{"say": "您好"}, {"say": "再见"}], "at_least": 1}}, "至少做到 1 项：说到「您好」、说到「再见」"),
        ({"every": {"of": {"say": "您好"}, "characters": 4}}, "每句话（4 个字以上的）都说到「您好」"),
        ({"sequence": {"of": [{"say": "您好"}, {"say": "再见"}], "within_turns": 2}}, "依次：说到「您好」，随后的 2 句内说到「再见」"),
        ({"say": "您好", "scope": {"role": "customer", "last_percent": 10}}, "客户在最后 10%里说到「您好」"),
        (
            {"say": "抱歉", "scope": {"role": "agent", "after": {"complaint": {}}, "within_turns": 3, "within_seconds": 30}},
            "坐席在客户投诉之后的 3 句且 30 秒内说到「抱歉」",
        ),
        ({"say": "抱歉", "scope": {"around": {"say": "投诉"}, "within_turns": 0}}, "在说到「投诉」的同一句里说到「抱歉」"),
    ],
)
def test_a_check_read_aloud(check: dict[str, Any], said: str) -> None:
    assert aloud(Check.model_validate(check), LEXICONS) == said


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ({"all": [{"say": "您好"}], "scope": {"role": "agent"}}, "坐席：以下都成立"),
        ({"count": {"of": [{"say": "您好"}], "at_least": 1}}, "以下至少 1 项成立"),
        ({"not": {"say": "您好"}}, "以下不成立"),
        ({"say": "您好", "scope": {"role": "agent"}}, "坐席说到「您好」"),
    ],
)
def test_a_check_above_its_parts(check: dict[str, Any], said: str) -> None:
    assert heading(Check.model_validate(check), LEXICONS) == said


def test_whole_criteria(tmp_path: Path) -> None:
    rubric = sheet(
        tmp_path,
        "points: 1, scope: {role: agent, first_turns: 3}, require: {say: 您好}",
        "points: 1, when: {metadata: {field: 队列, equals: 投诉}}, na_when: {not: {say: 退货}}, forbid: {any: [{say: 不管}, {say: 不行}]}",
        "points: 1, kind: human",
    )
    assert [criterion_aloud(criterion, rubric.lexicons) for _, criterion in rubric.criteria()] == [
        "要求：坐席在前 3 句里说到「您好」",
        "只在这时适用：元数据 队列 是投诉；这时不适用：没有：说到「退货」；不许：说到「不管」，或者说到「不行」",
        "由人评分，没有规则",
    ]


def test_every_operator_can_be_read() -> None:
    assert set(_READERS) == set(operators())


@pytest.mark.parametrize("path", sorted((ROOT / "rubrics").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_shipped_rubrics_can_be_read(path: Path) -> None:
    rubric = load_rubric(path)
    read = [criterion_aloud(criterion, rubric.lexicons) for _, criterion in rubric.criteria()]
    assert all(read)
    assert not any(sign in sentence for sentence in read for sign in ("None", "Check(", "<", "{'"))
