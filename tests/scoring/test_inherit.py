"""Rubrics that extend others: what is changed, removed, added; faults with the line of the right file."""

from __future__ import annotations

from pathlib import Path

import pytest

from qa.config import shipped
from qa.errors import RubricError
from qa.scoring.rubric import Rubric, load_rubric

BASE = """\
id: base
version: "1"
name: 底表
total: 10
lexicons: words.yaml
sections:
  - id: a
    name: 甲
    points: 6
    criteria:
      - {id: one, name: 一, points: 4, why: 因为, scope: {role: agent}, require: {say: {lexicon: hello}}}
      - {id: two, name: 二, points: 2, why: 因为, require: {say: 再见}}
  - id: b
    name: 乙
    criteria:
      - {id: three, name: 三, points: 4, why: 因为, forbid: {say: 不知道}, deduct: {each: 2}}
"""
HEAD = 'extends: base.yaml\nid: own\nversion: "2"\nname: 我的表\n'


def load(folder: Path, text: str, base: str = BASE) -> Rubric:
    (folder / "words.yaml").write_text("lexicons: [{id: hello, name: 问候, phrases: [您好]}]", encoding="utf-8")
    (folder / "base.yaml").write_text(base, encoding="utf-8")
    (folder / "own").mkdir(exist_ok=True)
    own = folder / "own" / "own.yaml"
    own.write_text(text.replace("base.yaml", "../base.yaml"), encoding="utf-8")
    return load_rubric(own)


def items(rubric: Rubric) -> list[tuple[str, str, float]]:
    return [(section.id, criterion.id, criterion.points) for section, criterion in rubric.criteria()]


def faults(folder: Path, text: str, base: str = BASE) -> list[str]:
    with pytest.raises(RubricError) as refused:
        load(folder, text, base)
    return [line.strip().replace(f"{folder}/own/", "") for line in (refused.value.why or "").splitlines()]


def test_nothing_but_a_name_changes_nothing(tmp_path: Path) -> None:
    rubric = load(tmp_path, HEAD)
    assert (rubric.id, rubric.version, rubric.name, rubric.pass_mark) == ("own", "2", "我的表", 80.0)
    assert items(rubric) == [("a", "one", 4.0), ("a", "two", 2.0), ("b", "three", 4.0)]
    assert list(rubric.lexicons) == ["hello"]  # found beside the base


def test_change_remove_add(tmp_path: Path) -> None:
    rubric = load(
        tmp_path,
        HEAD
        + """\
total: 12
pass_mark: 90
remove: [two]
change:
  one: {points: 5, scope: null, fatal: section}
  three: {require: {say: 我帮您问}, deduct: null}
  b: {name: 新乙}
add:
  b: [{id: four, name: 四, points: 1, why: 因为, require: {say: 谢谢}}]
sections:
  - {id: c, name: 丙, criteria: [{id: five, name: 五, points: 2, why: 因为, kind: human}]}
""",
    )
    assert (rubric.total, rubric.pass_mark) == (12.0, 90.0)
    assert items(rubric) == [("a", "one", 5.0), ("b", "three", 4.0), ("b", "four", 1.0), ("c", "five", 2.0)]
    by_id = {criterion.id: (section, criterion) for section, criterion in rubric.criteria()}
    assert by_id["one"][1].scope.role is None
    assert by_id["one"][1].fatal == "section"
    assert (by_id["three"][0].name, by_id["three"][1].forbid) == ("新乙", None)


def test_a_section_without_items_goes(tmp_path: Path) -> None:
    assert items(load(tmp_path, HEAD + "remove: [a]\n")) == [("b", "three", 4.0)]
    assert items(load(tmp_path, HEAD + "remove: [one, two]\n")) == [("b", "three", 4.0)]


def test_faults_name_the_line_of_the_file_they_are_in(tmp_path: Path) -> None:
    own = HEAD + "total: 11\nremove: [tow]\nchange:\n  one:\n    points: many\n  oen: {}\nadd:\n  c: []\n"
    base = BASE.replace("why: 因为, forbid", "why: 因为, scop: {}, forbid").replace("lexicon: hello", "lexicon: helo")
    assert faults(tmp_path, own, base) == [
        "../base.yaml:11 sections.0.criteria.0.require.say.lexicon：没有名为 helo 的词库，是否想写 hello？",
        "../base.yaml:16 sections.1.criteria.0.scop：没有这个键，是否想写 scope？",
        "own.yaml:6 remove.0：被继承的规则里没有名为 tow 的项目或分组，是否想写 two？",
        "own.yaml:9 sections.0.criteria.0.points：应为数字，现在是 many",
        "own.yaml:10 change.oen：被继承的规则里没有名为 oen 的项目或分组，是否想写 one？",
        "own.yaml:12 add.c：被继承的规则里没有名为 c 的分组；有：a、b",
    ]


def test_a_lexicon_that_is_not_there(tmp_path: Path) -> None:
    assert faults(tmp_path, HEAD + "lexicons: none.yaml\n") == ["own.yaml:5 lexicons.0：没有这个词库文件或目录：none.yaml"]


def test_sums_and_ids_are_checked_in_the_whole(tmp_path: Path) -> None:
    own = HEAD + "total: 11\nadd:\n  b:\n    - {id: one, name: 一, points: 1.5, why: 因为, require: {say: 谢谢}}\n"
    assert faults(tmp_path, own) == [
        "own.yaml:5 total：写的是 11 分，各项之和是 11.5 分",
        "own.yaml:8 sections.1.criteria.1.id：项目 one 重复，首次在第 11 行",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("extends: nothing.yaml\n", "没有这个文件：nothing.yaml"),
        ("extends: own.yaml\n", "own.yaml 又继承到自己"),
        ("extends: [a]\n", "extends：应为文字"),
        (HEAD + "change: {one: 5}\n", "change.one：应为键值表，现在是 5"),
        (HEAD + "add: {b: 5}\n", "add.b：应为键值表，现在是 5"),
    ],
)
def test_what_cannot_be_merged_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (fault,) = faults(tmp_path, text)
    assert message in fault


def test_shipped_rubrics_are_found_by_name_and_chains_end(tmp_path: Path) -> None:
    text = 'extends: general_inbound.yaml\nid: own\nversion: "2"\nname: 我的表\nremove: [hang_up]\n'
    rubric = load(tmp_path, text)
    general = load_rubric(shipped("rubrics", "general_inbound.yaml"))
    assert len(items(rubric)) == len(list(general.criteria())) - 1
    assert rubric.lexicons.keys() == general.lexicons.keys()
    for number in range(7):
        (tmp_path / f"r{number}.yaml").write_text(f"extends: r{number + 1}.yaml\nid: r{number}\n", encoding="utf-8")
    with pytest.raises(RubricError, match="继承太深"):
        load_rubric(tmp_path / "r0.yaml")


def test_an_id_that_is_a_section_and_a_criterion_cannot_be_changed_blindly(tmp_path: Path) -> None:
    base = """\
id: base
version: "1"
name: 底
sections:
  - {id: care, name: 关怀, criteria: [{id: care, name: 关怀, points: 1, why: 因为, require: {say: 您好}}]}
"""
    (tmp_path / "base.yaml").write_text(base, encoding="utf-8")
    path = tmp_path / "own.yaml"
    path.write_text('extends: base.yaml\nid: own\nversion: "1"\nname: 自\nchange:\n  care: {name: 新}\n', encoding="utf-8")
    with pytest.raises(RubricError, match=r"own\.yaml:6 change\.care：care 既是分组又是项目，分不清要改哪一个") as refused:
        load_rubric(path)
    assert "评分规则有 1 处错误" in str(refused.value)
