"""The JSON Schema of a rubric file, for editors that complete keys and mark mistakes while one types.

It is made from the models that read the file. Where these take a short form (``lexicon: greeting`` for a list of one,
``say: 您好`` for a table), the schema does too: it asks each model's own reader what becomes of a text and of a list.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from qa.scoring.inherit import Overlay
from qa.scoring.rubric import Sheet

DIALECT = "https://json-schema.org/draft/2020-12/schema"
#: What may be written in place of a list, of a table, or of a word.
_SHORT: tuple[object, ...] = ("x", ["x"], True, {"say": "x"})


class _WithShortForms(GenerateJsonSchema):
    """Pydantic's own schema, with the short forms that validators before a field or a model accept."""

    def function_before_schema(self, schema: core_schema.BeforeValidatorFunctionSchema) -> JsonSchemaValue:
        whole = super().function_before_schema(schema)
        function = schema["function"]
        if function["type"] == "with-info":
            return whole
        forms: list[JsonSchemaValue] = []
        for form in self._short_forms(function["function"], whole):
            if form not in forms:
                forms.append(form)
        return {"anyOf": [*forms, whole]} if forms else whole

    def _short_forms(self, reader: Callable[[Any], object], whole: JsonSchemaValue) -> Iterator[JsonSchemaValue]:
        for short in _SHORT:
            try:
                read = reader(short)
            except ValueError:
                continue
            if isinstance(read, list | tuple) and list(read) == [short]:
                yield self._resolved(whole)["items"]
            elif isinstance(short, dict):
                yield from (self._resolved(whole)["properties"][key] for key in ("of",) if read == {key: short})
            elif isinstance(read, dict) and len(read) == 1:
                yield from (self._resolved(whole)["properties"][key] for key in read)
            elif short is True and read is not True:
                yield {"type": "boolean"}

    def _resolved(self, schema: JsonSchemaValue) -> JsonSchemaValue:
        """The schema itself, behind any reference to it."""
        found = self.get_schema_from_definitions(schema["$ref"]) if "$ref" in schema else schema
        return found or {}


def rubric_schema() -> dict[str, Any]:
    """The schema as an object; descriptions are those of the fields, in Chinese.

    >>> schema = rubric_schema()
    >>> schema["else"]["required"], schema["additionalProperties"]
    (['id', 'version', 'name', 'sections'], False)
    """
    schema, overlay = (model.model_json_schema(by_alias=True, schema_generator=_WithShortForms) for model in (Sheet, Overlay))
    # A file that extends another may leave out whatever it takes over from it.
    schema["properties"] |= overlay["properties"]
    schema["$defs"] |= overlay.get("$defs", {})
    schema |= {"if": {"required": ["extends"]}, "then": {}, "else": {"required": schema.pop("required")}}
    for model in (schema, *schema["$defs"].values()):
        model.pop("description", None)  # the docstring: it speaks to programmers
        if "anyOf" in model:  # unknown keys are refused of the table, whose keys are not known beside it
            table = next(form for form in model["anyOf"] if "properties" in form)
            table["additionalProperties"] = model.pop("additionalProperties")
    return {"$schema": DIALECT, "title": "听检评分表", **_untitled(schema)}


def _untitled(schema: Any) -> Any:
    """The schema without the titles that repeat its keys in English."""
    if isinstance(schema, dict):
        return {key: _untitled(value) for key, value in schema.items() if not (key == "title" and isinstance(value, str))}
    return [_untitled(value) for value in schema] if isinstance(schema, list) else schema


def schema_text() -> str:
    """The schema as a file: the same every time."""
    return json.dumps(rubric_schema(), ensure_ascii=False, indent=2) + "\n"
