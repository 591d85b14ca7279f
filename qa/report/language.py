"""The report in another language: Chinese is what the code says, a catalogue says the rest.

Labels stand in the templates and tables as Chinese; :data:`ENGLISH` maps each to English, whole phrases with their
``{placeholders}``. What a rubric or a call says is never translated.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, eq=False)
class Language:
    """Says labels in a language; ``tag`` is for HTML.

    >>> CHINESE("另有 {n} 处。", n=3), language("en")("达标")
    ('另有 3 处。', 'Met')
    """

    tag: str
    texts: Mapping[str, str]

    def __call__(self, text: str, /, **values: object) -> str:
        said = self.texts.get(text, text)
        return said.format(**values) if values else said


CHINESE = Language("zh-CN", {})


@cache
def language(name: Literal["zh", "en"]) -> Language:
    """The language of a ``report.language`` setting."""
    if name == "zh":
        return CHINESE
    return Language("en", json.loads((Path(__file__).parent / "english.json").read_text(encoding="utf-8")))
