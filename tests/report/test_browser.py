"""The report in a real browser, opened from disk: no error, no request beyond it, every finding leads to its second."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from showing import HOSTILE, make_call

from qa.calls import Call, RubricRef
from qa.config import Settings
from qa.report.comparison import write_comparison
from qa.report.evidence import write_evidence
from qa.report.names import page_name
from qa.report.runpage import write_run_page
from qa.scoring.comparison import compare
from qa.store.runs import RunRecord
from qa.store.store import Store

pytest.importorskip("playwright", reason="playwright 没有安装：pip install 'tingjian[dev]'")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")

AXE = Path(__file__).parent.parent / "data" / "axe" / "axe.min.js"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="没有 chromium：apt-get install chromium fonts-noto-cjk"),
]

PAGES = {
    "overview": "index.html",
    "calls": "calls.html",
    "flagged": "flagged.html",
    "complaints": "complaints.html",
    "reasons": "reasons.html",
    "item": f"items/{page_name('empathy')}",
    "team": f"teams/{page_name('一组')}",
    "agent": f"agents/{page_name('8001')}",
    "call": f"calls/{page_name('c1')}",
    "call without sound": f"calls/{page_name('c2')}",
    "call without time": f"calls/{page_name('imported')}",
    "silent call": f"calls/{page_name('silent')}",
    "hostile call": f"calls/{page_name(f'../../{HOSTILE}')}",
    "hostile agent": f"agents/{page_name(f'{HOSTILE}/..')}",
}


@pytest.fixture(scope="module")
def alone(store: Store, calls: list[Call], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The pages that are a single file: mailed, or kept with an appeal."""
    folder = tmp_path_factory.mktemp("alone")
    started = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
    run = RunRecord(
        number=7,
        started_at=started,
        ended_at=started + timedelta(hours=2),
        outcome="done",
        counts={"heard": 6, "judged": 6, "quarantined": 1, "flagged": 4, "audio_seconds": 5400.0},
        rubrics=(RubricRef("general-inbound", "2026.11", "ab" * 32),),
        models={"asr": "base"},
        review=("需要关注的通话占 67%",),
    )
    changed = compare((call.recording, call.verdict, make_call("x", good=True).verdict) for call in calls)
    return {
        "evidence": write_evidence(store, "c1", folder / "evidence.html", Settings()),
        "run": write_run_page(run, store.quarantined(), folder, Settings()),
        "comparison": write_comparison(changed, folder / "comparison.html", Settings()),
    }


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required", "--host-resolver-rules=MAP * ~NOTFOUND"],
        )
        yield launched
        launched.close()


def given_up(request: Any) -> bool:
    """Whether a browser left off reading a recording of its own will: it knows its length, or the page is being closed."""
    return bool(request.url.endswith(".mp3") and request.failure == "net::ERR_ABORTED")


@pytest.fixture
def opened(browser: Any, site: Path) -> Iterator[Any]:
    """Opens pages of the report; at the end of the test nothing may have gone wrong in any of them."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    troubles: list[str] = []

    def open_page(name: str, fragment: str = "") -> Any:
        page = context.new_page()
        page.on("console", lambda message: message.type in ("error", "warning") and troubles.append(f"{name}: {message.text}"))
        page.on("pageerror", lambda error: troubles.append(f"{name}: {error}"))
        page.on("request", lambda request: request.url.startswith(("file://", "data:")) or troubles.append(f"{name}: {request.url}"))
        page.on("requestfailed", lambda request: given_up(request) or troubles.append(f"{name}: {request.url} {request.failure}"))
        page.goto((site / name).as_uri() + fragment)
        page.wait_for_load_state("load")
        return page

    yield open_page
    context.close()
    assert troubles == []


LOOKS = [(1280, "light"), (1280, "dark"), (390, "dark")]


@pytest.mark.parametrize("kind", PAGES)
def test_every_kind_of_page_opens_from_disk_and_serious_faults_are_none(opened: Any, kind: str) -> None:
    page = opened(PAGES[kind])
    assert page.title().endswith("通话质检报告")
    for width, scheme in LOOKS:  # one page in all its looks: opening it costs most
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        assert page.locator("h1").is_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width  # nothing sticks out sideways
        assert serious(page) == []


@pytest.mark.parametrize("kind", ["evidence", "run", "comparison"])
def test_a_page_that_stands_alone_opens_and_serious_faults_are_none(opened: Any, alone: dict[str, Path], kind: str) -> None:
    page = opened(str(alone[kind]))
    for width, scheme in LOOKS:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        assert page.locator("h1").is_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert serious(page) == []


def test_the_customers_feeling_is_a_line_that_leads_to_its_second(opened: Any) -> None:
    page = opened(PAGES["call"])
    assert page.locator(".mood svg polyline").count() == 1
    assert page.locator(".mood .dot").evaluate_all("dots => dots.map((dot) => dot.className)") == ["dot bad"]
    page.locator(".mood .dot").click()
    page.wait_for_function("Math.abs(document.getElementById('audio').currentTime - 3.0) < 1.0")
    assert page.locator(".felt").inner_text().startswith("客户情绪")


def test_a_complaint_leads_to_its_words(opened: Any) -> None:
    page = opened(PAGES["call"])
    assert page.locator(".finding.complaint mark").all_inner_texts() == ["投诉你们"]
    page.locator(".finding.complaint button.jump").click()
    page.wait_for_function("document.querySelector('#line1').classList.contains('now')")


def test_a_finding_leads_to_its_second(opened: Any) -> None:
    page = opened(PAGES["call"])
    page.locator(".finding.missed button.jump", has_text="不归我管").first.click()
    page.wait_for_function("Math.abs(document.getElementById('audio').currentTime - 6.0) < 1.5")
    page.wait_for_function("document.querySelector('#line2').classList.contains('now')")
    assert page.evaluate("document.getElementById('audio').duration") == pytest.approx(10.0, abs=0.2)
    assert page.evaluate("document.getElementById('audio').error") is None


def test_transcript_follows_and_keys_work(opened: Any) -> None:
    page = opened(PAGES["call"], "#t=3.5")
    page.wait_for_function("document.querySelector('#line1').classList.contains('now')")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("Math.abs(document.getElementById('audio').currentTime - 8.5) < 0.2")
    page.keyboard.press("p")  # back to the nearest fault: the refusal at second 6
    page.wait_for_function("Math.abs(document.getElementById('audio').currentTime - 6.0) < 1.0")
    page.locator("#speed").select_option("1.5")
    assert page.evaluate("document.getElementById('audio').playbackRate") == 1.5
    page.locator("#play").click()
    page.wait_for_function("document.getElementById('audio').paused")


def test_without_sound_a_finding_leads_to_its_line(opened: Any) -> None:
    page = opened(f"calls/{page_name('c3')}")
    page.locator(".finding.missed button.jump").first.click()
    page.wait_for_function("document.querySelector('#line2').classList.contains('now')")


def test_lists_filter_and_sort(opened: Any) -> None:
    page = opened(PAGES["calls"])
    rows = page.locator(".calls tbody tr")
    assert rows.count() == 7
    page.locator("[data-by=flag]").select_option(label="一票否决")
    assert rows.all_inner_texts()[0].split("\t")[1] == "c3"
    assert page.locator(".count").inner_text() == "1 / 7 通"
    page.locator("[data-by=flag]").select_option("")
    page.locator("[data-by=team]").select_option(label="二组")
    page.locator("[data-by=item]").select_option(label="共情安抚")
    assert page.locator(".count").inner_text() == "1 / 7 通"
    page.locator("[data-by=team]").select_option("")
    page.locator("[data-by=item]").select_option("")
    page.locator("[data-find]").fill("李强")
    assert rows.count() == 2
    page.locator("[data-find]").fill("")
    page.get_by_role("button", name="得分").click()
    assert page.locator("th[aria-sort=descending]").inner_text() == "得分"
    assert [cell.strip() for cell in page.locator(".calls tbody td:nth-child(6)").all_inner_texts()][:2] == ["100.0", "100.0"]
    page.get_by_role("button", name="得分").click()
    assert page.locator(".calls tbody td:nth-child(6)").first.inner_text() == "0.0"


def test_the_overview_sorts_filters_and_draws(opened: Any) -> None:
    page = opened(PAGES["overview"])
    assert page.locator("#distribution svg").count() == 1
    page.locator("[data-filter=agents]").fill("王小丽")
    assert page.locator("#agents tbody tr:visible").count() == 1
    page.locator(".card", has_text="班组").locator("th button", has_text="平均得分").first.click()
    page.locator("a", has_text="二组").first.click()
    page.wait_for_url("**/teams/**")
    assert page.locator("h1").inner_text().startswith("二组")


def test_nothing_hostile_runs(opened: Any) -> None:
    for kind in ("overview", "calls", "flagged", "complaints", "item", "hostile call", "hostile agent"):
        page = opened(PAGES[kind])
        page.wait_for_timeout(100)
        assert page.title() != "owned"
        assert page.locator("img").count() == 0


def test_a_call_prints(opened: Any) -> None:
    page = opened(PAGES["call"])
    page.emulate_media(media="print")
    assert not page.locator(".controls").is_visible()
    assert page.locator("#line2").is_visible()
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")


def test_a_scorecard_prints_on_a4(opened: Any) -> None:
    page = opened(PAGES["agent"])
    page.emulate_media(media="print")
    assert not page.locator(".filters").is_visible()
    assert not page.locator(".bar nav").is_visible()
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    page.set_viewport_size({"width": 703, "height": 1000})  # A4 less its margins, at 96 dots an inch
    assert page.evaluate("document.documentElement.scrollWidth") <= 703


def test_flagged_calls_lead_to_where_to_begin(opened: Any) -> None:
    page = opened(PAGES["flagged"])
    page.locator("[data-find]").fill("c1")
    page.locator("td.why a").first.click()
    page.wait_for_url("**/calls/c1-*#t=4")


def test_complaints_filter(opened: Any) -> None:
    page = opened(PAGES["complaints"])
    assert page.locator(".case:visible").count() == 4
    page.locator("[data-by=threat]").select_option("1")
    assert page.locator(".case:visible .id").all_inner_texts() == ["c3"]
    assert page.locator(".count").inner_text() == "1 / 4 通"
    page.locator("[data-by=threat]").select_option("")
    page.locator("[data-by=category]").select_option("服务态度")
    page.locator("[data-by=team]").select_option("一组")
    assert page.locator(".case:visible .id").all_inner_texts() == ["c1"]


def test_one_call_as_one_file_plays_and_fetches_nothing(opened: Any, store: Store, tmp_path: Path) -> None:
    alone = tmp_path / "evidence.html"  # beside no other file of the report, as it is mailed
    write_evidence(store, "c1", alone, Settings())
    page = opened(str(alone))
    page.locator(".finding.missed button.jump", has_text="不归我管").first.click()
    page.wait_for_function("Math.abs(document.getElementById('audio').currentTime - 6.0) < 1.5")
    assert page.evaluate("document.getElementById('audio').duration") == pytest.approx(10.0, abs=0.2)
    assert (
        page.locator("#wave canvas").count()
        + page.evaluate("document.querySelector('#wave > div').shadowRoot.querySelectorAll('canvas').length")
        > 0
    )
    assert page.evaluate("document.querySelectorAll('a[href]:not(.skip), link[rel=stylesheet], script[src]').length") == 0


#: What of axe-core's rules may not be broken; best practices are advice.
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]


def serious(page: Any) -> list[Any]:
    """What axe-core finds that is serious or worse."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    result = page.evaluate("(tags) => axe.run(document, { runOnly: tags, preload: false })", STANDARDS)
    return [
        (violation["id"], node["target"], node["failureSummary"])
        for violation in result["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]


def test_everything_is_reached_by_keyboard(opened: Any) -> None:
    page = opened(PAGES["call"])
    assert page.evaluate("[...document.querySelectorAll('a, button, summary, select, input')].every((node) => node.tabIndex >= 0)")
    page.locator(".finding.missed button.jump").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("document.getElementById('audio').currentTime > 5")
