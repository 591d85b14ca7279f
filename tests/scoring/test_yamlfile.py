"""YAML read safely, with lines."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from qa.errors import RubricError
from qa.scoring.yamlfile import MAX_BYTES, load_yaml

BOMB = "a: &a [1,1,1,1,1,1,1,1,1]\n" + "".join(f"{x}: &{x} [{','.join(['*' + y] * 9)}]\n" for y, x in pairwise("abcdefgh"))


def written(folder: Path, text: str) -> Path:
    file = folder / "x.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_values_are_what_a_person_wrote(tmp_path: Path) -> None:
    content, lines = load_yaml(written(tmp_path, "a: 1\nb:\n  - x: no\n    y: 12:30\n  - 0571\n  - 2026-11-01\nc: 1.5\nd:\ne: true\n"))
    assert content == {"a": 1, "b": [{"x": "no", "y": "12:30"}, "0571", "2026-11-01"], "c": 1.5, "d": None, "e": True}
    assert [lines.line(path) for path in ([], ["b"], ["b", 0, "y"], ["b", 2], ["b", "tag", 1], ["missing"])] == [1, 2, 4, 6, 5, 1]


def test_an_empty_file_is_nothing(tmp_path: Path) -> None:
    assert load_yaml(written(tmp_path, "# 空\n"))[0] is None


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("a: 1\nb: 2\na: 3\n", ":3", "键 a 重复"),
        ("a: [1\nb: 3", ":2", ""),
        ("[" * 60, ":1", "嵌套超过 40 层"),
        ("a: &a [*a]", ":1", "引用了包含自身的内容"),
        ("a: !!python/object/apply:os.system [ls]", ":1", "constructor"),
        (BOMB, "", "展开后超过"),
        ("a: \x00", "", "special characters"),
        ("--- 1\n--- 2", ":2", "another document"),
    ],
)  # fmt: skip
def test_what_is_refused(tmp_path: Path, text: str, line: str, why: str) -> None:
    file = written(tmp_path, text)
    with pytest.raises(RubricError) as caught:
        load_yaml(file)
    assert (caught.value.where or "").startswith(f"{file}{line}")
    assert why in (caught.value.why or "")


def test_files_that_are_no_text(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    with pytest.raises(RubricError, match="读不了"):
        load_yaml(file)
    file.write_bytes("名: 值".encode("gbk"))
    with pytest.raises(RubricError, match="不是 UTF-8"):
        load_yaml(file)
    file.write_bytes(b"a" * (MAX_BYTES + 1))
    with pytest.raises(RubricError, match="太大"):
        load_yaml(file)
