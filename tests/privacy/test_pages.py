"""What a reader of a report is safe from: no page of any kind loads, sends or runs what is not its own; no cell is a formula."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from html.parser import HTMLParser

import pytest
from showing import filled, hostile, make_call, silent

from qa.calls import Call
from qa.config import ReportSettings, Settings
from qa.report.comparison import write_comparison
from qa.report.evidence import write_evidence
from qa.report.export import cell
from qa.report.pages import environment
from qa.report.runpage import write_run_page
from qa.report.site import write_site
from qa.scoring.comparison import compare
from qa.store.runs import RunRecord
from qa.store.store import Store

POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">')
OUTSIDE = re.compile(r"\s*(?!data:)(?:[a-z]+:|//)", re.IGNORECASE)
SETTINGS = Settings(report=ReportSettings(audio=False))


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A page of every kind by its name, made of calls of which one is hostile."""
    folder = tmp_path_factory.mktemp("pages")
    calls: list[Call] = [*(make_call(f"c{n}") for n in range(6)), silent("silent"), hostile()]
    with filled(folder, calls) as store:
        assert isinstance(store, Store)
        write_site(store, folder / "report", SETTINGS)
        write_evidence(store, "c1", folder / "report" / "evidence-single.html", SETTINGS)
        write_run_page(RunRecord(number=3, started_at=datetime(2026, 11, 20, tzinfo=UTC)), [], folder / "report" / "run", SETTINGS)
        write_comparison(compare((one.recording, one.verdict, one.verdict) for one in calls), folder / "report" / "compared.html", SETTINGS)
    made = {path.relative_to(folder / "report").as_posix(): path for path in (folder / "report").rglob("*.html")}
    return {name: path.read_text(encoding="utf-8") for name, path in sorted(made.items())}


def policy_of(page: str) -> dict[str, list[str]]:
    [content] = POLICY.findall(page)
    rules = (rule.split() for rule in unescape(content).split(";"))
    return {rule[0]: rule[1:] for rule in rules if rule}


def test_there_is_a_page_of_every_kind(pages: dict[str, str]) -> None:
    templates = {name.removesuffix(".html") for name in environment(SETTINGS).list_templates() if name.endswith(".html")}
    kinds = {"agent", "call", "calls", "comparison", "complaints", "flagged", "index", "item", "reasons", "run", "team"}
    assert templates - {"base", "parts"} == kinds  # a new kind is to be written above, too
    assert {"index.html", "calls.html", "evidence-single.html", "compared.html", "run/latest.html"} <= set(pages)
    assert len(pages) > 15


def test_every_page_forbids_what_is_not_its_own(pages: dict[str, str]) -> None:
    for name, page in pages.items():
        policy = policy_of(page)
        assert policy["default-src"] == ["'none'"], name
        assert policy["base-uri"] == policy["form-action"] == ["'none'"], name
        scripts = policy.get("script-src", [])
        assert all(source in ("'self'", "file:") or source.startswith("'sha256-") for source in scripts), name
        for sources in policy.values():
            assert [source for source in sources if "*" in source or "http" in source or "eval" in source] == [], name
        head = page.index("Content-Security-Policy")
        assert "<script" not in page[:head], name
        assert "<link" not in page[:head], name


def test_no_page_holds_a_handler_or_an_address_outside(pages: dict[str, str]) -> None:
    for name, page in pages.items():
        found = Attributes(page)
        assert found.outside == [], name
        assert found.handlers == [], name


class Attributes(HTMLParser):
    """What the elements of a page run or fetch, as a browser reads it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.outside: list[str] = []
        self.handlers: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handlers += [f"{tag} {name}" for name, _ in attrs if name.startswith("on")]
        for name, value in attrs:
            if name in ("src", "href", "action", "formaction", "data") and re.match(
                r"\s*(?!data:)(?:[a-z]+:|//)", value or "", re.IGNORECASE
            ):
                self.outside.append(f"{tag} {name}={(value or '')[:60]}")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", " ="])
def test_no_cell_begins_as_a_formula(start: str) -> None:
    assert str(cell(f"{start}HYPERLINK(1)")).startswith("'")


@pytest.mark.parametrize("plain", ["王强", "8001", "", "1-2", "a=b", "（+86）"])
def test_other_text_stays_as_it_is(plain: str) -> None:
    assert cell(plain) == plain
