"""The JSON Schema of rubric files agrees with the reader of rubric files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from support import ROOT

from qa.scoring.checks import operators
from qa.scoring.schema import rubric_schema, schema_text


@pytest.fixture(scope="module")
def validator() -> Any:
    schema = rubric_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def sheet(**criterion: object) -> dict[str, object]:
    item = {"id": "one", "name": "一", "why": "因为", "points": 5} | criterion
    return {"id": "small", "version": "1", "name": "小表", "sections": [{"id": "a", "name": "甲", "criteria": [item]}]}


@pytest.mark.parametrize("path", sorted((ROOT / "rubrics").glob("*.yaml")), ids=lambda path: path.stem)
def test_shipped_rubrics_are_valid(validator: Any, path: Path) -> None:
    errors = [f"{error.json_path} {error.message}" for error in validator.iter_errors(yaml.safe_load(path.read_text(encoding="utf-8")))]
    assert errors == []


@pytest.mark.parametrize(
    "check",
    [
        {"say": "您好"},
        {"say": ["您好", {"text": "早上好", "exact": True}]},
        {"say": {"lexicon": "greeting", "times": 2}},
        {"say": {"phrases": "您好", "match": "all"}},
        {"pattern": "工号[0-9]+"},
        {"pattern": {"regex": ["工号[0-9]+"], "excluding": "工号0"}},
        {"event": {"type": "silence", "at_least": 10, "unless": {"say": "稍等", "before": 20}}},
        {"not": {"any": [{"say": "您好"}, {"metadata": {"field": "queue", "equals": "投诉"}}]}},
        {"say": "抱歉", "scope": {"after": {"complaint": {}}, "within_turns": 3}},
    ],
)
def test_what_may_be_written(validator: Any, check: dict[str, object]) -> None:
    assert list(validator.iter_errors(sheet(require=check))) == []


@pytest.mark.parametrize(
    "check",
    [
        {"sya": "您好"},
        {"say": {"lexcion": "greeting"}},
        {"say": {"phrases": "您好", "times": 0}},
        {"say": [{"text": "您好", "exactly": True}]},
        {"event": {"type": "noise"}},
        {"say": "您好", "scope": {"role": "manager"}},
    ],
)
def test_what_may_not(validator: Any, check: dict[str, object]) -> None:
    assert list(validator.iter_errors(sheet(require=check))) != []


def test_a_sheet_without_a_version_is_not_valid(validator: Any) -> None:
    bare = sheet(require={"say": "您好"})
    del bare["version"]
    assert [error.message for error in validator.iter_errors(bare)] == ["'version' is a required property"]


def test_a_sheet_that_extends_another_says_only_what_changes(validator: Any) -> None:
    overlay = {"extends": "general_inbound.yaml", "pass_mark": 85, "remove": "tone", "change": {"greeting": {"points": 3}}}
    assert list(validator.iter_errors(overlay)) == []
    assert list(validator.iter_errors(overlay | {"chnage": {}})) != []


def test_every_operator_is_in_it(validator: Any) -> None:
    assert {name.rstrip("_") for name in operators()} | {"scope"} == set(validator.schema["$defs"]["Check"]["properties"])


def test_hints_are_in_chinese() -> None:
    def hints(schema: object) -> Iterator[str]:
        if isinstance(schema, dict):
            if isinstance(schema.get("description"), str):
                yield schema["description"]
            for value in schema.values():
                yield from hints(value)
        elif isinstance(schema, list):
            for value in schema:
                yield from hints(value)

    found = list(hints(rubric_schema()))
    assert found
    assert [hint for hint in found if not any("\u4e00" <= letter <= "\u9fff" for letter in hint)] == []


def test_the_same_bytes_every_time() -> None:
    assert schema_text() == schema_text()
    assert schema_text().endswith("}\n")
