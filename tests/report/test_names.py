"""File names for anything."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from qa.report.names import page_name


@given(st.text(max_size=300))
def test_a_name_is_safe_on_every_file_system(identifier: str) -> None:
    name = page_name(identifier)
    assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]*\.html", name)
    assert len(name) <= 64
    assert name == page_name(identifier)


@given(st.lists(st.text(max_size=30), unique=True, max_size=30))
def test_different_ids_have_different_names_even_where_case_does_not_count(identifiers: list[str]) -> None:
    assert len({page_name(identifier).lower() for identifier in identifiers}) == len(identifiers)


def test_names_that_lead_elsewhere_or_are_reserved_do_not() -> None:
    for identifier in ("..", "/", "a/b", "con", "NUL", ".hidden", "-rf", "📞", "", "x" * 250, "a\x00b", "\ud800"):
        assert "/" not in page_name(identifier)
        assert not page_name(identifier).startswith((".", "-", "con.", "NUL."))
