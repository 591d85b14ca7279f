"""Rubric and lexicon files: YAML read safely, with the line of every value, and faults told with that line.

The values are those of YAML 1.2's core schema, so that what a person writes is what comes out: ``no`` and ``on``
are words, ``12:30`` and ``2026-11-01`` are text, ``0571`` keeps its zero. Only ``true``/``false``, ``null``/``~``,
plain integers and decimals are anything else than text.
"""

from __future__ import annotations

import re
import types
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError

from qa.config import describe_fault
from qa.errors import RubricError

MAX_BYTES = 1_000_000
MAX_DEPTH = 40
LONGEST_VALUE, LONGEST_MESSAGE = 60, 400  # characters of what is wrong that a message repeats
MAX_NODES = 100_000  # counted as if every alias were written out, which is what a validator will walk

Place = tuple[str | int, ...]


class Lines:
    """Where each value stands: its line, counted from 1, and the file where several make up one content.

    >>> lines = Lines({(): 1, ("lexicons",): 1, ("lexicons", 0): 2}, Path("words.yaml"))
    >>> lines.at(["lexicons", 0, "nmae"])  # not in the file: the nearest thing around it
    'words.yaml:2'
    """

    def __init__(self, lines: Mapping[Place, int], path: Path) -> None:
        self._marks: dict[Place, tuple[Path, int]] = {place: (path, line) for place, line in lines.items()}
        self._path = path

    def known(self, path: Sequence[str | int]) -> Place:
        """What of ``path`` is in the file; other parts (a union's tag, a missing key) are passed over."""
        known: Place = ()
        for part in path:
            if (*known, part) in self._marks:
                known = (*known, part)
        return known

    def line(self, path: Sequence[str | int]) -> int:
        """The line of the value at ``path``, or of what is nearest around it."""
        return self._mark(path)[1]

    def at(self, path: Sequence[str | int]) -> str:
        """File and line of the value at ``path``, as editors read them."""
        file, line = self._mark(path)
        return f"{file}:{line}"

    def _mark(self, path: Sequence[str | int]) -> tuple[Path, int]:
        return self._marks.get(self.known(path), (self._path, 1))

    def graft(self, place: Place, other: Lines, source: Place) -> None:
        """Let ``place`` and all below it stand where ``source`` stands in ``other``."""
        for stale in [known for known in self._marks if known[: len(place)] == place]:
            del self._marks[stale]
        for known, mark in other._marks.items():
            if known[: len(source)] == source:
                self._marks[(*place, *known[len(source) :])] = mark


class _Loader(yaml.SafeLoader):
    """SafeLoader without YAML 1.1's surprises, and bounded in depth."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise yaml.MarkedYAMLError(problem=f"嵌套超过 {MAX_DEPTH} 层", problem_mark=self.peek_event().start_mark)  # type: ignore[no-untyped-call]
        node: yaml.Node | None = super().compose_node(parent, index)
        self.depth -= 1
        return node


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", "-+0123456789"),
    ("float", r"[-+]?(?:0|[1-9][0-9]*)\.[0-9]+", "-+0123456789"),
    ("merge", r"<<", "<"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), list(_first))


def load_yaml(path: Path) -> tuple[object, Lines]:
    """The content of a YAML file and the line of every value in it.

    An empty file gives None.

    Raises:
        RubricError: the file cannot be read, is larger than 1 MB, is not UTF-8 or not YAML, nests or repeats
            itself beyond reason, or has a key twice; says the line.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise RubricError("读不了规则文件", where=str(path), why=error.strerror or str(error), next_step="检查路径与读取权限") from error
    if len(raw) > MAX_BYTES:
        raise RubricError("规则文件太大", where=str(path), why=f"{len(raw)} 字节，上限 {MAX_BYTES}", next_step="拆成几个文件")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RubricError(
            "规则文件不是 UTF-8", where=str(path), why=f"第 {error.start} 字节起无法解码", next_step="另存为 UTF-8 编码"
        ) from error
    try:
        return _parse(text, path)
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise RubricError(
            "YAML 写法有误", where=f"{path}{line}", why=error.problem or str(error), next_step="检查缩进、冒号后的空格与引号"
        ) from error
    except (yaml.YAMLError, ValueError) as error:
        raise RubricError("YAML 写法有误", where=str(path), why=str(error), next_step="删去文件里的控制字符等异常内容") from error


def _parse(text: str, path: Path) -> tuple[object, Lines]:
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
        if root is None:
            return None, Lines({}, path)
        if _size(root, {}, ()) > MAX_NODES:
            raise RubricError(
                "规则文件展开后太大", where=str(path), why=f"引用（*）展开后超过 {MAX_NODES} 个值", next_step="减少 & 与 * 的重复引用"
            )
        lines: dict[Place, int] = {}
        repeated = list(_walk(root, (), lines))
        if repeated:
            why = "；".join(f"第 {line} 行：键 {shortened(key)} 重复" for line, key in repeated)
            raise RubricError("同一层里有重复的键", where=f"{path}:{repeated[0][0]}", why=why, next_step="只保留一个")
        return loader.construct_document(root), Lines(lines, path)
    finally:
        loader.dispose()


def _size(node: yaml.Node, known: dict[int, int], inside: tuple[int, ...]) -> int:
    """Values under ``node`` with aliases written out; each node is counted once and remembered."""
    if id(node) in inside:
        raise yaml.MarkedYAMLError(problem="引用了包含自身的内容", problem_mark=node.start_mark)
    if id(node) not in known:
        below: list[yaml.Node] = []
        if isinstance(node, yaml.SequenceNode):
            below = node.value
        elif isinstance(node, yaml.MappingNode):
            below = [part for pair in node.value for part in pair]
        known[id(node)] = 1 + sum(_size(child, known, (*inside, id(node))) for child in below)
    return known[id(node)]


def _walk(node: yaml.Node, path: Place, lines: dict[Place, int]) -> Iterator[tuple[int, str]]:
    """Fill ``lines``; yield (line, key) of every key that stands twice in its mapping."""
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        for number, child in enumerate(node.value):
            yield from _walk(child, (*path, number), lines)
    elif isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, child in node.value:
            name, line = str(key.value), key.start_mark.line + 1
            if name in seen:
                yield line, name
            seen.add(name)
            lines[(*path, name)] = line
            yield from _walk(child, (*path, name), lines)


# pydantic's own messages are English; the rest of them are shown as they are
_MESSAGES = {
    "missing": "缺少这个键",
    "string_type": "应为文字",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "float_type": "应为数字",
    "float_parsing": "应为数字",
    "bool_type": "应为 true 或 false",
    "bool_parsing": "应为 true 或 false",
    "list_type": "应为列表（每行以 - 开头）",
    "tuple_type": "应为列表（每行以 - 开头）",
    "dict_type": "应为键值表",
    "model_type": "应为键值表",
    "model_attributes_type": "应为键值表",
    "string_too_short": "不能为空",
    "too_short": "至少要有 {min_length} 项",
    "too_long": "最多 {max_length} 项",
    "string_too_long": "最多 {max_length} 个字",
    "greater_than": "应大于 {gt}",
    "greater_than_equal": "应不小于 {ge}",
    "less_than": "应小于 {lt}",
    "less_than_equal": "应不大于 {le}",
    "literal_error": "只能是 {expected}",
    "enum": "只能是 {expected}",
    "string_pattern_mismatch": "写法不符合 {pattern}",
    "value_error": "{error}",
}


def describe_faults(model: type[BaseModel], error: ValidationError, lines: Lines) -> list[str]:
    """Every fault that pydantic found, one Chinese sentence each: file, line, path in the file, what is wrong.

    A misspelt key names the nearest one that exists. ``model`` is what the whole file was validated as.
    """
    told: dict[tuple[str | int, ...], list[str]] = {}
    values: dict[tuple[str | int, ...], str] = {}
    for fault in error.errors():
        location = tuple(fault["loc"])
        message = _MESSAGES.get(fault["type"], fault["msg"]).format_map(fault.get("ctx", {}) or {}).replace(" or ", " 或 ")
        if fault["type"] == "extra_forbidden":
            owner = _model_at(model, location[:-1]) or model
            message = describe_fault(owner, list(location[-1:]), fault["type"], "").partition("：")[2]
        elif fault["type"] != "missing":
            # The branches of a union complain one by one of the same value: they are told as one fault.
            location = lines.known(location) or location
            if isinstance(fault["input"], str | int | float | bool):
                values[location] = str(fault["input"])
        told.setdefault(location, []).append(shortened(message, LONGEST_MESSAGE))
    faults = []
    for location, messages in told.items():
        where = ".".join(shortened(str(part)) for part in location)
        message = "，或".join(dict.fromkeys(messages))
        value = values.get(location)
        shown = f"，现在是 {shortened(value, LONGEST_VALUE)}" if value is not None and value not in message else ""
        faults.append(f"{lines.at(location)} {where}：{message}{shown}")
    return faults


def shortened(text: str, longest: int = LONGEST_VALUE) -> str:
    """A text short enough for a message.

    >>> shortened("一二三四五六", 4)
    '一二三四…（共 6 个字）'
    """
    return text if len(text) <= longest else f"{text[:longest]}…（共 {len(text)} 个字）"


def _model_at(annotation: Any, location: Sequence[str | int]) -> type[BaseModel] | None:
    """The model that validates what stands at ``location``, found through lists, tables, unions and their tags."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _model_at(get_args(annotation)[0], location)
    if origin in (Union, types.UnionType):
        found = (_model_at(choice, location) for choice in get_args(annotation))
        return next((model for model in found if model), None)
    if origin is not None:
        below = [choice for choice in get_args(annotation) if choice is not ...]
        return _model_at(below[-1], location[1:]) if below and location else None
    if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        return None
    if not location:
        return annotation
    fields = {field.alias or name: field for name, field in annotation.model_fields.items()}
    if location[0] in fields:
        return _model_at(fields[str(location[0])].annotation, location[1:])
    if location[0] == annotation.__name__:  # a union's tag, not a part of the file
        return _model_at(annotation, location[1:])
    return None
