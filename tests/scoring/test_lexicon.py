"""Lexicon files: every fault at once, what a phrase stands for, and the shipped lexicons on their cases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from language import cases
from pydantic import ValidationError

from qa.calls import Heard, Roles, Turn
from qa.config import shipped
from qa.errors import RubricError
from qa.scoring.dialogue import Dialogue
from qa.scoring.lexicon import Phrase, load_lexicons
from qa.scoring.phrases import search

LEXICONS = load_lexicons([shipped("rubrics", "lexicons")])


def said(text: str) -> Dialogue:
    roles = Roles(method="manual", confidence=1.0)
    return Dialogue.of(Heard(duration=None, channels=0, turns=(Turn(role="agent", text=text),), roles=roles))


@pytest.mark.parametrize("case", cases("service"))
def test_service_language(case: dict[str, Any]) -> None:
    lexicon = LEXICONS[case["lexicon"]]
    assert bool(search(said(case["text"]), [0], lexicon.phrases, lexicon.excluding)) is case["found"]


@pytest.mark.parametrize("case", cases("forbidden"))
def test_forbidden_language(case: dict[str, Any]) -> None:
    lexicon = LEXICONS[case["lexicon"]]
    hits = search(said(case["text"]), [0], lexicon.phrases, lexicon.excluding)
    assert (case["category"] in {hit.category for hit in hits}) if case["category"] else hits == []


@pytest.mark.parametrize("lexicon", LEXICONS.values(), ids=lambda lexicon: lexicon.id)
def test_shipped_lexicons_find_their_own_words(lexicon: Any) -> None:
    assert lexicon.name
    assert lexicon.why
    for phrase in lexicon.phrases:
        text = "".join(slot[0] for slot in phrase.slots)
        assert search(said(text), [0], [phrase]), phrase.text


def test_shipped_ids() -> None:
    assert set(LEXICONS) == {
        "greeting", "company_intro", "staff_intro", "offer_help", "identity_check", "hold_request", "hold_thanks", "empathy", "forbidden",
        "overpromise", "further_help", "closing", "complaint", "threat", "courtesy", "restate", "commitment", "escalation_notice",
        "listening", "solution", "recording_notice", "risk_notice", "cooling_off", "terms_notice", "consent", "pressure", "purpose",
        "convenience", "satisfaction", "fault_details", "fault_check", "safety_notice", "appointment", "answering",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "slots"),
    [
        ("您好", (("您好",),)),
        ("(请)稍等", (("稍等", "请稍等"),)),
        ("（请|麻烦）您稍等", (("您稍等", "请您稍等", "麻烦您稍等"),)),
        ("<您|你>好", (("您好", "你好"),)),
        ("请问…帮", (("请问",), ("帮",))),
        ("请问...帮", (("请问",), ("帮",))),
        ("二十四小时", (("24小时",),)),
    ],
)
def test_what_a_phrase_stands_for(text: str, slots: tuple[tuple[str, ...], ...]) -> None:
    assert Phrase.of(text).slots == slots


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("(您好", "括号没有成对"),
        ("((您)好)", "括号没有成对"),
        ("嗯", "是空的"),
        ("…您好", "是空的"),
        ("(您)(好)", "是空的"),
        ("(您)好", "只剩一个字"),
        ("<一二|三四>" * 7, "种说法"),
        ("好的" * 60, "超过 100 个字"),
    ],
)
def test_phrases_that_cannot_be_read(text: str, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Phrase.of(text)


def test_includes_groups_and_shared_values(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(
        """\
lexicons:
  - id: rude
    name: 不礼貌
    strict: true
    includes: [brief]
    groups:
      - {category: 推诿, severity: 中度, phrases: [不归我管, {text: 找别人, severity: 重度}]}
    excluding: [不归我管但是]
  - {id: brief, name: 短句, phrases: [什么事, 12315]}
""",
        encoding="utf-8",
    )
    rude = load_lexicons([file])["rude"]
    assert [(p.text, p.category, p.severity, p.strict) for p in rude.phrases] == [
        ("不归我管", "推诿", "中度", True),
        ("找别人", "推诿", "重度", True),
        ("什么事", None, None, False),
        ("12315", None, None, False),
    ]
    assert [p.text for p in rude.excluding] == ["不归我管但是"]
    assert [p.text for p in rude.of_category("推诿")] == ["不归我管", "找别人"]


def test_all_faults_at_once(tmp_path: Path) -> None:
    one, two, three = (tmp_path / f"{name}.yaml" for name in ("a", "b", "c"))
    one.write_text(
        """\
lexicons:
  - id: Rude
    name: 粗话
    phrase: [滚]
    phrases:
      - (您
      - {text: 您好, exat: true}
""",
        encoding="utf-8",
    )
    two.write_text(
        """\
lexicons:
  - id: a
    name: 甲
    includes: [bb, c]
  - {id: a, name: 又一个, phrases: [你好]}
  - {id: c, name: 丙, includes: [a]}
  - {id: b, name: 乙}
""",
        encoding="utf-8",
    )
    three.write_text("lexicons: [\n", encoding="utf-8")
    with pytest.raises(RubricError) as caught:
        load_lexicons([one, two, three])
    message = str(caught.value)
    for fault in (
        "a.yaml:2 lexicons.0.id：写法不符合",
        "a.yaml:4 lexicons.0.phrase：没有这个键，是否想写 phrases？",
        "a.yaml:6",
        "括号没有成对",
        "a.yaml:7 lexicons.0.phrases.1.exat：没有这个键，是否想写 exact？",
        "b.yaml:5 lexicons.1.id：a 在",
        "b.yaml:4 lexicons.0.includes：没有名为 bb 的词库，是否想写 b？",
        "成了循环",
        "b.yaml:7 lexicons.3.phrases：没有任何短语",
        "c.yaml:2",
    ):
        assert fault in message


@given(st.text(max_size=200))
def test_any_text_is_a_lexicon_file_or_a_clear_fault(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    file = tmp_path_factory.mktemp("fuzz") / "x.yaml"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(RubricError):
        load_lexicons([file])
