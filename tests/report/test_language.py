"""English behind a setting: every label is in the catalogue, and no Chinese of ours is left on a page."""

from __future__ import annotations

import ast
import io
import re
from pathlib import Path

import openpyxl
import pytest
from rich.console import Console
from showing import filled, make_call, silent

import qa.report
from qa.analysis.metrics import METRICS
from qa.calls import Call
from qa.config import ReportSettings, Settings
from qa.report import media, wording
from qa.report.comparison import show_comparison, write_comparison
from qa.report.language import language
from qa.report.pages import STATIC, words_of_script
from qa.report.site import write_site
from qa.report.summary import show_summary
from qa.report.terminal import show_call
from qa.report.workbook import write_workbook
from qa.scoring.comparison import compare

REPORT = Path(qa.report.__file__).parent
ENGLISH = language("en")
CHINESE_LETTERS = re.compile("[\u4e00-\u9fff]+")


def labels() -> set[str]:
    """Every label that the code gives to a language."""
    found = {
        label for path in (REPORT / "templates").glob("*.html") for label in re.findall(r'"([^"]+)"\|t\b', path.read_text(encoding="utf-8"))
    }
    found |= {label for path in STATIC.glob("*.js") for label in words_of_script(path)}
    for path in REPORT.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str):
                name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr if isinstance(node.func, ast.Attribute) else ""
                found |= {node.args[0].value} if name in ("say", "Column", "_sheet") else set()
    tables = (wording.OUTCOMES, wording.ROLES, wording.ROLE_METHODS, wording.EVENTS, wording.DROPPED, wording.FLAGS, wording.SERVICE_TYPES)
    more = (wording.STAGES, wording.CHANGES, wording.DIRECTIONS, wording.RUNS)
    return (
        found | {label for table in (*tables, *more) for label in table.values()} | {part for metric in METRICS.values() for part in metric}
    )


def test_every_label_is_in_the_catalogue() -> None:
    assert {label for label in labels() if CHINESE_LETTERS.search(label)} - set(ENGLISH.texts) == set()


def test_placeholders_are_the_same_in_both() -> None:
    def holes(text: str) -> set[str]:
        return set(re.findall(r"\{(\w+)\}", text))

    assert {text for text, english in ENGLISH.texts.items() if holes(text) != holes(english)} == set()
    assert [english for english in ENGLISH.texts.values() if CHINESE_LETTERS.search(english)] == []


def test_no_template_says_chinese_without_the_catalogue() -> None:
    for path in sorted((REPORT / "templates").glob("*.html")):
        bare = re.sub(r'"[^"]*"\|t\b', "", re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL))
        assert CHINESE_LETTERS.findall(bare) == [], path.name


def own_words(*calls: Call) -> str:
    """The Chinese characters that calls bring along: what was said, what the sheet names."""
    said_by_data: set[str] = set()
    for call in calls:
        for finding in call.verdict.findings:
            said_by_data |= {finding.name, finding.section, finding.reason or "", *(hit.phrase or "" for hit in finding.hits)}
            said_by_data |= {finding.nearest.phrase or ""} if finding.nearest else set()
        said_by_data |= {turn.text for turn in call.heard.turns} | {dropped.text for dropped in call.heard.dropped}
        said_by_data |= {*call.verdict.complaint.categories, call.verdict.score.band or ""}
    return "".join(sorted(said_by_data))


def left_in_chinese(text: str, known: str) -> set[str]:
    return {run for run in CHINESE_LETTERS.findall(text) if not set(run) <= set(known)}


@pytest.fixture(scope="module")
def english(tmp_path_factory: pytest.TempPathFactory, recording: Path) -> Path:
    """A report in English of calls whose own words hold no Chinese name, so that any Chinese left is the rubric's or the call's."""
    folder = tmp_path_factory.mktemp("english")
    settings = Settings(report=ReportSettings(language="en", title="Call quality", period="day", min_calls=2))
    calls = [
        make_call(f"c{n}", day=16 + n, good=n % 2 > 0, path=recording, agent_name="Wang", team="A", team_leader="Zhao") for n in range(4)
    ]
    with filled(folder / "store", calls) as store:
        write_site(store, folder / "out", settings)
        write_workbook(store, folder / "out" / "r.xlsx", settings)
    return folder / "out"


def test_english_pages_say_chinese_only_where_a_rubric_or_a_call_does(english: Path) -> None:
    known = own_words(make_call("c", good=False), make_call("d", good=True)) + "录音坏打不开原因"  # the last: messages of the quarantine
    for path in sorted(english.rglob("*.html")):
        page = re.sub(r'<script type="application/json" id="words">.*?</script>', "", path.read_text(encoding="utf-8"))
        assert 'lang="en"' in page
        assert left_in_chinese(page, known) == set(), path.name


def test_the_terminal_says_chinese_only_where_a_rubric_or_a_call_does(tmp_path: Path) -> None:
    settings = Settings(report=ReportSettings(language="en", title="Call quality", period="day", min_calls=2))
    calls = [
        make_call(f"c{n}", day=16 + n, good=n % 2 > 0, fatal=n == 0, agent_name="Wang", team="A", team_leader="Zhao") for n in range(4)
    ]
    known, console = own_words(*calls) + "录音坏打不开原因", Console(file=io.StringIO(), width=200)
    for call in (*calls, silent("s")):
        show_call(call, console, settings)
    with filled(tmp_path, calls) as store:
        show_summary(store, console, settings)
    compared = compare((call.recording, call.verdict, make_call("c", good=True).verdict) for call in calls)
    show_comparison(compared, console, ENGLISH)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert left_in_chinese(text, known + "没有听到说话") == set()
    assert left_in_chinese(write_comparison(compared, tmp_path / "page.html", settings).read_text(encoding="utf-8"), known) == set()
    assert "Trial of 4 calls" in text


def test_the_english_workbook_is_english(english: Path) -> None:
    book = openpyxl.load_workbook(english / "r.xlsx")
    assert book.sheetnames == [
        *(
            "Overview",
            "Agent",
            "Team",
            "Items × agents",
            "Against the previous period",
            "Calls",
            "Findings",
            "Complaint",
            "Reasons",
            "Rising words",
            "Quarantine",
        )
    ]
    headings = [str(cell.value) for sheet in book.worksheets[1:] for cell in sheet[1]]
    assert [heading for heading in headings if CHINESE_LETTERS.search(heading)] == []


def test_problems_of_sound_are_in_the_catalogue() -> None:
    said = re.findall(r'problem="([^"]+)"|return "([^"]+)"', Path(media.__file__).read_text(encoding="utf-8"))
    problems = {text for pair in said for text in pair if CHINESE_LETTERS.search(text)}
    assert problems - set(ENGLISH.texts) == set()
