"""Language behaviour as data: tests/cases/*.json in four families.

``in_the_wild`` as it was met in real speech and transcripts (in our own words), ``synthetic`` made up to show a point,
``must_not_fire`` what must stay untouched, ``known_failures`` what is wrong today: each must fail, so that a
fix is noticed. Every case has its fields as the test that runs the file names them, and may say ``why``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

FAMILIES = ("in_the_wild", "synthetic", "must_not_fire", "known_failures")


def cases(name: str) -> list[Any]:
    """The cases of ``tests/cases/<name>.json`` as pytest parameters, known failures as strict xfails."""
    content: dict[str, list[dict[str, Any]]] = json.loads((Path(__file__).parent / "cases" / f"{name}.json").read_text(encoding="utf-8"))
    assert set(content) <= set(FAMILIES), set(content)
    found = []
    for family, members in content.items():
        marks = [pytest.mark.xfail(strict=True)] if family == "known_failures" else []
        found += [pytest.param(case, id=f"{family}: {case['text']}", marks=marks) for case in members]
    return found
