"""Properties: a rubric file, however damaged, is refused or judges; nothing takes long; evidence points at what was said."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from judging import heard, sheet, verdict

from qa.errors import RubricError
from qa.scoring.rubric import Rubric, load_rubric

WHOLE = """\
id: whole
version: "1"
name: 全
bands: [{name: 好, from: 80}]
applies_to: {queue: 一线}
sections:
  - id: a
    name: 甲
    criteria:
      - id: one
        name: 一
        points: 6
        why: 因为
        severity: 中度
        critical: true
        scope: {role: agent, first_percent: 50, around: {say: 您好}, within_turns: 3}
        when: {metadata: {field: queue, present: true}}
        require:
          all:
            - say: {phrases: [您好, "(请)稍等"], match: 1, times: 1, excluding: 您好吗}
            - any: [{pattern: {regex: "工号[0-9]+", excluding: 你}}, {entity: [phone, amount]}, {repetition: {times: 3, similarity: 0.6}}]
            - not: {gap: {by: agent, above: 5, unless: {say: 稍等}}}
            - count: {at_least: 1, of: [{turns: {at_least: 1}}, {speaker: {first: agent}}, {metric: {name: duration, above: 1}}]}
            - any: [{loudness: {above: 3, than: span}}, {sentiment: {below: 0, of: turns, times: 2}}, {sentiment: {trend: [steady]}}]
            - sequence: {of: [{say: 您好}, {event: {type: interruption, by: agent, characters: 4}}], within_turns: 4}
      - {id: two, name: 二, points: 2, why: 因为, bonus: true, require: {complaint: {threat: false}}}
      - {id: three, name: 三, points: 2, why: 因为, fatal: section, forbid: {rate: {above: 100, characters: 4}}, deduct: {each: 1}}
      - {id: four, name: 四, points: 2, why: 因为, kind: assist, require: {llm: 好不好}}
"""
CALL = heard(["坐席：您好，请稍等。工号八零零一。", "客户：我要投诉，退款呢？", "坐席：您好，请稍等。三十五块。", "客户：好的，再见。"])

LEAVES = st.none() | st.booleans() | st.integers(-3, 10**12) | st.floats() | st.text(max_size=8) | st.sampled_from(["(((", "x" * 3000])
KEYS = st.sampled_from(["say", "all", "not", "of", "scope", "x"])
JUNK = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=5)


def places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield place
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield from places(value[key], (*place, key))


PLACES = [place for place in places(yaml.safe_load(WHOLE)) if place]


class RefusedError(Exception):
    """A rubric was refused, in words of reasonable length."""


def loaded(path: Path) -> Rubric:
    try:
        return load_rubric(path)
    except RubricError as error:
        lines = str(error).splitlines()
        if any(len(line) > 1200 or line.count("现在是") > 1 for line in lines):
            raise AssertionError(lines) from error
        raise RefusedError from error


def test_the_whole_sheet_judges(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(WHOLE, encoding="utf-8")
    found = verdict(load_rubric(tmp_path / "r.yaml"), CALL, extra={"queue": "一线"})
    assert [finding.outcome for finding in found.findings] == ["missed", "na", "missed", "na"]


DAMAGE = st.lists(st.tuples(st.sampled_from(PLACES), JUNK, st.booleans()), min_size=1, max_size=3)


def damaged(damage: list[tuple[tuple[Any, ...], Any, bool]]) -> str:
    """The whole sheet with values replaced or keys misspelt at some places."""
    data = yaml.safe_load(WHOLE)
    for place, junk, misspelt in damage:
        with contextlib.suppress(KeyError, IndexError, TypeError):
            owner = data
            for key in place[:-1]:
                owner = owner[key]
            if misspelt and isinstance(owner, dict):
                owner[f"{place[-1]}x"] = owner.pop(place[-1])
            else:
                owner[place[-1]] = junk
    return yaml.safe_dump(data, allow_unicode=True)


def judged_or_refused(path: Path) -> None:
    """A sheet is refused in words, or judges with evidence that stands where it says."""
    with contextlib.suppress(RefusedError):
        found = verdict(loaded(path), CALL, extra={"queue": "一线"})
        for hit in (hit for finding in found.findings for hit in finding.hits):
            if hit.turn is not None and hit.span is not None:
                assert CALL.turns[hit.turn].text[slice(*hit.span)] == hit.text


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(damage=DAMAGE)
def test_a_damaged_sheet_is_refused_in_words_or_judges(tmp_path: Path, damage: list[tuple[tuple[Any, ...], Any, bool]]) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(damaged(damage), encoding="utf-8")
    judged_or_refused(path)


SPOKEN = st.text(alphabet="这个不归我管干馆规模您请稍等待一下，。", min_size=1, max_size=25)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(SPOKEN, min_size=1, max_size=4), low=st.integers(51, 100), high=st.integers(51, 100))
def test_asking_for_more_closeness_never_accuses_more(tmp_path: Path, lines: list[str], low: int, high: int) -> None:
    low, high = sorted((low, high))
    rule = "points: 1, forbid: {say: {phrases: [这个不归我管, 请您稍等一下], closeness: %s}}"
    found = verdict(sheet(tmp_path, rule % (low / 100), rule % (high / 100)), heard([f"坐席：{line}" for line in lines])).findings
    assert [finding.outcome for finding in found] != ["met", "missed"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=300))
def test_any_text_is_refused_in_words(tmp_path: Path, text: str) -> None:
    path = tmp_path / "r.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(RubricError):
        load_rubric(path)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(overlay=st.dictionaries(st.sampled_from(["change", "remove", "add", "sections", "lexicons", "total", "bands"]), JUNK, max_size=4))
def test_a_damaged_extension_is_refused_in_words_or_judges(tmp_path: Path, overlay: dict[str, Any]) -> None:
    (tmp_path / "base.yaml").write_text(WHOLE, encoding="utf-8")
    (tmp_path / "r.yaml").write_text(yaml.safe_dump({"extends": "base.yaml"} | overlay, allow_unicode=True), encoding="utf-8")
    with contextlib.suppress(RefusedError):
        verdict(loaded(tmp_path / "r.yaml"), CALL)


@pytest.mark.parametrize("regex", ["(a+)+$", "(a|aa)+$", "(.*)*b", "((a{1,30}){1,30}){1,30}", "(?:x?){500}x{500}", "a" * 1_000_000])
def test_no_regex_takes_long(tmp_path: Path, regex: str) -> None:
    began = time.perf_counter()
    call = heard(["坐席：" + "a" * 20_000 + "！"])
    with contextlib.suppress(RubricError):
        verdict(sheet(tmp_path, f"points: 1, require: {{pattern: '{regex}'}}"), call)
    assert time.perf_counter() - began < 5.0


@pytest.mark.parametrize("text", ["好" * 20_000, "一" * 20_000, "1" * 1_000, "三十五块" * 3_000, "，" * 20_000, "明天。" * 300])
def test_no_turn_takes_long(tmp_path: Path, text: str) -> None:
    kinds = "[phone, amount, date, time, period, id_card, order_number]"
    rules = (f"entity: {{type: {kinds}, times: 100000}}", "repetition: {times: 50, similarity: 1}")
    began = time.perf_counter()
    verdict(sheet(tmp_path, *(f"points: 1, require: {{{rule}}}" for rule in rules)), heard([f"坐席：{text}", f"客户：{text}"]))
    assert time.perf_counter() - began < 10.0


def test_a_long_value_is_not_repeated_in_full(tmp_path: Path) -> None:
    with pytest.raises(RubricError) as refused:
        sheet(tmp_path, f"points: 1, require: {{say: '{'很长的话' * 750}'}}")
    assert "…（共 3000 个字）" in str(refused.value)
    assert len(str(refused.value)) < 800


LONG = "很" * 3000


@pytest.mark.parametrize(
    "written",
    [
        f"{LONG}: 1\n{LONG}: 2",
        f"extends: {LONG}.yaml",
        *(
            f"extends: general_inbound.yaml\n{more}"
            for more in (
                f"{LONG}: 1",
                f"lexicons: {LONG}",
                f"remove: [{LONG}]",
                f"change: {{{LONG}: {{points: 1}}}}",
                f"add: {{{LONG}: [{{points: 1}}]}}",
                f"change: {{greeting: {{{LONG}: 1}}}}",
                f"change: {{greeting: {{require: {{say: {{lexicon: {LONG}}}}}}}}}",
                f"change: {{greeting: {{id: {LONG}}}, closing: {{id: {LONG}}}}}",
                f"change: {{greeting: {{require: {{metric: {{name: {LONG}, above: 1}}}}}}}}",
                f"change: {{greeting: {{require: {{pattern: '({LONG}'}}}}}}",
            )
        ),
    ],
)
def test_nothing_long_is_repeated_in_full_wherever_it_stands(tmp_path: Path, written: str) -> None:
    (tmp_path / "r.yaml").write_text(written, encoding="utf-8")
    with pytest.raises(RubricError) as refused:
        load_rubric(tmp_path / "r.yaml")
    assert LONG[:500] not in str(refused.value)


def test_a_bomb_of_aliases_and_deep_nesting_are_refused_at_once(tmp_path: Path) -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join([f'*{chr(97 + i)}'] * 10)}]\n" for i in range(12))
    deep = "sections: " + "[" * 5000 + "]" * 5000
    deeper = "sections:\n" + "".join("  " * depth + "- a:\n" for depth in range(1, 400))
    itself = "sections: &s [*s]"
    merged = "a: &a {x: 1}\n" + "".join(f"b{i}: &b{i} {{<<: [{', '.join([f'*b{i - 1}' if i else '*a'] * 10)}]}}\n" for i in range(12))
    began = time.perf_counter()
    for text in (bomb, deep, deeper, itself, merged, "a" * 1_100_000):
        (tmp_path / "r.yaml").write_text(text, encoding="utf-8")
        with pytest.raises(RubricError) as refused:
            load_rubric(tmp_path / "r.yaml")
        assert len(str(refused.value)) < 2_000
    assert time.perf_counter() - began < 5.0
