"""Loading rubrics: every fault at once, sums, hashes."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest
import yaml

from qa.config import shipped
from qa.errors import RubricError
from qa.scoring.rubric import load_rubric

GOOD = """\
id: small
version: "1"
name: 小表
total: 10
bands: [{name: 好, from: 80}, {name: 差, from: 0}]
sections:
  - id: a
    name: 甲
    points: 6
    criteria:
      - {id: one, name: 一, points: 6, why: 因为, scope: {role: agent}, require: {say: [您好]}}
  - id: b
    name: 乙
    criteria:
      - {id: two, name: 二, points: 4, why: 因为, forbid: {say: 不知道}, deduct: {each: 2}}
"""

BAD = """\
id: small
version: "1"
name: 小表
pass_mrak: 80
total: 99
lexicons: missing
sections:
  - id: a
    name: 甲
    criteria:
      - id: one
        name: 一
        points: 6
        why: 因为
        scope: {rloe: agent}
        require: {say: {lexicon: greting}}
      - id: two
        name: 二
        points: many
        why: 因为
        require: {metric: {name: agent_raet, above: 1}}
        forbid: {pattern: "(?=您)好"}
      - id: one
        name: 三
        points: 2
        why: 因为
        require: {say: 您好, event: {type: silence}}
      - id: four
        name: 四
        points: 1
        why: 因为
        forbid: {count: {of: [{say: 您好}], at_least: 2}}
        deduct: {each: 2}
  - id: a
    name: 乙
    criteria: []
"""


def write(folder: Path, text: str, name: str = "r.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def faults(path: Path) -> list[str]:
    with pytest.raises(RubricError) as caught:
        load_rubric(path)
    assert caught.value.why is not None
    return [line.strip().replace(str(path), "r.yaml") for line in caught.value.why.splitlines()]


def test_a_good_rubric_says_what_it_is(tmp_path: Path) -> None:
    rubric = load_rubric(write(tmp_path, GOOD))
    assert (rubric.id, rubric.version, rubric.name, rubric.pass_mark, rubric.total) == ("small", "1", "小表", 80.0, 10.0)
    assert [(section.id, criterion.id, criterion.points) for section, criterion in rubric.criteria()] == [
        ("a", "one", 6.0),
        ("b", "two", 4.0),
    ]
    assert [rubric.band(score) for score in (100, 80, 79.99, 0)] == ["好", "好", "差", "差"]


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    assert faults(write(tmp_path, BAD)) == [
        "r.yaml:4 pass_mrak：没有这个键，是否想写 pass_mark？",
        "r.yaml:6 lexicons.0：没有这个词库文件或目录：missing",
        "r.yaml:15 sections.0.criteria.0.scope.rloe：没有这个键，是否想写 role？",
        "r.yaml:19 sections.0.criteria.1.points：应为数字，现在是 many",
        "r.yaml:21 sections.0.criteria.1.require.metric.name：没有名为 agent_raet 的指标，是否想写 agent_rate？",
        "r.yaml:22 sections.0.criteria.1.forbid.pattern：正则写法不被接受（invalid perl operator: (?=）；"
        "用的是线性时间的 RE2，没有环视 (?=…) 和反向引用 \\1，现在是 (?=您)好",
        "r.yaml:23 sections.0.criteria.2.id：项目 one 重复，首次在第 11 行",
        "r.yaml:27 sections.0.criteria.2.require：每个检查要写且只写一种算子，写了 2 种（say、event）；"
        "算子有 say、pattern、metric、event、rate、loudness、sentiment、metadata、complaint、"
        "repetition、entity、meaning、gap、turns、speaker、llm、all、any、not、count、every、sequence",
        "r.yaml:32 sections.0.criteria.3.forbid.count：at_least 是 2，但 of 里只有 1 项",
        "r.yaml:34 sections.1.id：分组 a 重复，首次在第 8 行",
        "r.yaml:36 sections.1.criteria：至少要有 1 项",
    ]


def test_an_unknown_lexicon_names_the_nearest(tmp_path: Path) -> None:
    write(tmp_path, "lexicons:\n  - {id: greeting, name: 问候, phrases: [您好]}\n", "words.yaml")
    text = GOOD.replace("sections:", "lexicons: words.yaml\nsections:").replace("say: [您好]", "say: {lexicon: [greting, xyz]}")
    assert faults(write(tmp_path, text)) == [
        "r.yaml:12 sections.0.criteria.0.require.say.lexicon：没有名为 greting 的词库，是否想写 greeting？",
        "r.yaml:12 sections.0.criteria.0.require.say.lexicon：没有名为 xyz 的词库；有：greeting",
    ]


def test_an_empty_file_and_a_list_are_refused(tmp_path: Path) -> None:
    for text in ("", "- a\n- b\n", "# nothing\n"):
        with pytest.raises(RubricError, match="评分规则是空的"):
            load_rubric(write(tmp_path, text))


def test_sums_must_be_what_the_sheet_says(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD.replace("total: 10", "total: 100").replace("points: 6\n", "points: 7\n"))
    assert faults(path) == [
        "r.yaml:4 total：写的是 100 分，各项之和是 10 分",
        "r.yaml:9 sections.0.points：写的是 7 分，各项之和是 6 分",
    ]


@pytest.mark.parametrize(
    ("criterion", "fault"),
    [
        ("points: 1", "要写且只写 require（做到才得分）与 forbid（出现就扣分）之一"),
        ("points: 1, kind: human, require: {say: 您好}", "人工项（kind: human）不写 require 或 forbid"),
        ("require: {say: 您好}", "points 为 0 的项目没有作用；只有一票否决项（fatal: true）可以不写 points"),
        ("points: 1, require: {say: 您好}, deduct: {each: 1}", "deduct（按次扣分）只与 forbid 一起用"),
        ("points: 1, forbid: {say: 您好}, award: {each: 1}", "award（按次得分）只与 require 一起用"),
        ("points: 1, forbid: {say: 您好}, deduct: {each: 2}", "deduct 的分数超过本项的 1 分"),
    ],
)
def test_a_criterion_must_make_sense(tmp_path: Path, criterion: str, fault: str) -> None:
    head = "id: s\nversion: '1'\nname: 表\nsections:\n  - id: a\n    name: 甲\n    criteria:\n"
    text = f"{head}      - {{id: one, name: 一, why: 因为, {criterion}}}\n"
    assert faults(write(tmp_path, text)) == [f"r.yaml:8 sections.0.criteria.0：{fault}"]


def test_the_hash_covers_what_is_judged_and_nothing_else(tmp_path: Path) -> None:
    lexicon = "lexicons:\n  - {id: hello, name: 问候, phrases: [您好, 早上好]}\n"
    write(tmp_path, lexicon, "hello.yaml")
    text = GOOD.replace("sections:", "lexicons: hello.yaml\nsections:").replace("say: [您好]", "say: {lexicon: hello}")
    first = load_rubric(write(tmp_path, text)).hash
    assert (
        load_rubric(write(tmp_path, "# a comment\n" + text.replace("name: 小表\ntotal: 10\n", "total: 10.0\nname:   小表\n"))).hash == first
    )
    assert load_rubric(write(tmp_path, text.replace("points: 4", "points: 4.0"))).hash == first
    assert load_rubric(write(tmp_path, text.replace("不知道", "不清楚"))).hash != first
    write(tmp_path, lexicon.replace("早上好", "下午好"), "hello.yaml")
    assert load_rubric(write(tmp_path, text)).hash != first


def test_a_file_that_never_ends_is_refused_quickly(tmp_path: Path) -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9)
    )
    with pytest.raises(RubricError):
        load_rubric(write(tmp_path, bomb))
    regex = "(a+)+$" + "a" * 3000
    text = GOOD.replace("{say: 不知道}", f"{{pattern: '{regex}'}}")
    (fault,) = faults(write(tmp_path, text))
    assert fault == (f"r.yaml:15 sections.1.criteria.0.forbid.pattern：正则有 3006 个字符，上限 2000，现在是 {regex[:60]}…（共 3006 个字）")


def test_the_shipped_rubric_adds_up_and_explains_itself() -> None:
    rubric = load_rubric(shipped("rubrics", "general_inbound.yaml"))
    assert rubric.total == 100.0
    wanted = {
        "greeting", "self_introduction", "identity_check", "hold_notice", "dead_air", "empathy",
        "forbidden_phrases", "overpromise", "interruption", "speech_rate", "further_help", "closing",
    }  # fmt: skip
    assert wanted <= {criterion.id for _, criterion in rubric.criteria()}
    assert all(len(criterion.why) >= 10 for _, criterion in rubric.criteria())


JUNK = (
    None,
    5,
    -1,
    True,
    "",
    "(((",
    [],
    {},
    [[]],
    {"a": "b"},
    {"say": {"lexicon": {"a": 1}}},
    {"not": {"not": None}},
    {"all": {}},
    [1, None],
)


def test_a_damaged_rubric_is_refused_and_never_a_traceback(tmp_path: Path) -> None:
    """Every value of a good file in turn becomes every kind of junk: it loads, or is refused as a rubric."""
    places: list[list[str | int]] = []

    def walk(value: Any, place: list[str | int]) -> None:
        places.append(place)
        for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
            walk(value[key], [*place, key])

    walk(yaml.safe_load(GOOD), [])
    for number, place in enumerate(places[1:]):
        damaged = yaml.safe_load(GOOD)
        owner = damaged
        for key in place[:-1]:
            owner = owner[key]
        for junk in (JUNK[number % len(JUNK)], JUNK[(number * 5 + 3) % len(JUNK)]):
            owner[place[-1]] = junk
            with contextlib.suppress(RubricError):
                load_rubric(write(tmp_path, yaml.safe_dump(damaged, allow_unicode=True)))


def test_a_lexicon_name_that_no_file_can_have_is_a_fault_and_no_crash(tmp_path: Path) -> None:
    for extending in ("", "extends: three_voices.yaml\n"):
        sheet = tmp_path / "sheet.yaml"
        sheet.write_text(f'{extending}id: a\nversion: "1"\nname: 例\nlexicons: "{"长" * 400}"\n', encoding="utf-8")
        with pytest.raises(RubricError, match="没有这个词库文件或目录"):
            load_rubric(sheet)


def test_a_sheet_without_lexicons_is_told_so_once(tmp_path: Path) -> None:
    say = "require: {say: {lexicon: greeting}}"
    path = tmp_path / "r.yaml"
    criteria = "\n".join(f"      - {{id: c{n}, name: 项, points: 1, why: 因为, {say}}}" for n in range(3))
    path.write_text(f'id: r\nversion: "1"\nname: 表\nsections:\n  - id: a\n    name: 甲\n    criteria:\n{criteria}\n', encoding="utf-8")
    with pytest.raises(RubricError) as refused:
        load_rubric(path)
    assert refused.value.why == f"{path}:8：用到了词库（共 3 处），但这张表没有写 lexicons（词库的文件或目录）"
