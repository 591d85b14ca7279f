"""The pages as files: all there, all links lead somewhere, nothing from outside runs."""

from __future__ import annotations

import json
import re
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import openpyxl
import pytest
from showing import HOSTILE, filled, make_call

from qa.calls import Call
from qa.config import ReportSettings, Settings
from qa.errors import ConfigError
from qa.report.names import page_name
from qa.report.rendering import _portions
from qa.report.site import write_site
from qa.report.workbook import write_workbook
from qa.store.store import Store

WITHOUT_AUDIO = Settings(report=ReportSettings(audio=False))


class Page(HTMLParser):
    """What a browser would make of a page: its links, its scripts, its attributes."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.scripts: list[dict[str, str | None]] = []
        self.tags: set[str] = set()
        self.handlers: list[str] = []
        self.data: dict[str, str] = {}
        self.text = ""
        self.pieces: list[str] = []
        self._inside: str | None = None
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.add(tag)
        self.handlers += [name for name, _ in attrs if name.startswith("on")]
        self.links += [value for name, value in attrs if name in ("href", "src") and value]
        if tag == "script":
            self.scripts.append(found)
            self._inside = found.get("id")

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._inside = None

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.data[self._inside] = data
        else:
            self.text += data
            self.pieces.append(data)


def pages(site: Path) -> list[Path]:
    return sorted(site.rglob("*.html"))


def test_every_page_is_there(site: Path, calls: list[Call]) -> None:
    found = {str(path.relative_to(site)) for path in pages(site)}
    agents = {call.recording.agent_id for call in calls}
    teams = {call.recording.team or "" for call in calls}
    assert found == (
        {"index.html", "calls.html", "flagged.html", "complaints.html", "reasons.html"}
        | {f"calls/{page_name(call.recording.call_id)}" for call in calls}
        | {f"agents/{page_name(agent)}" for agent in agents}
        | {f"teams/{page_name(team)}" for team in teams}
        | {f"items/{page_name(finding.criterion)}" for call in calls for finding in call.verdict.findings}
    )


def test_every_link_leads_to_a_file_of_the_report(site: Path) -> None:
    for path in pages(site):
        page = Page(path)
        for link in page.links:
            parts = urlsplit(link)
            assert not parts.scheme, f"{path}: {link}"
            assert not parts.netloc, f"{path}: {link}"
            if parts.path:
                target = (path.parent / unquote(parts.path)).resolve()
                assert target.is_file(), f"{path}: {link}"
                assert target.is_relative_to(site.resolve())
        for row in json.loads(page.data.get("call-list", '{"rows": []}'))["rows"]:
            assert (site / "calls" / f"{row[0]}.html").is_file()


def test_nothing_from_outside_becomes_markup(site: Path) -> None:
    for path in pages(site):
        page = Page(path)
        assert page.handlers == []
        assert all(script.get("src") or script.get("type") == "application/json" for script in page.scripts)
        assert "img" not in page.tags
        for text in page.data.values():
            json.loads(text)
    evil = Page(site / "calls" / page_name(f"../../{HOSTILE}"))
    assert HOSTILE in evil.text  # said as it was heard, as text


def test_marks_that_turn_the_line_and_endless_names_are_tamed(site: Path) -> None:
    text = (site / "index.html").read_text(encoding="utf-8")
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", text)
    assert max(map(len, text.splitlines())) < 5000


def test_a_call_page_shows_the_reasons(site: Path) -> None:
    page = Page(site / "calls" / page_name("c1"))
    said = re.sub(r"\s+", " ", page.text)
    for words in (
        "不归我管",
        "对照“这不归我管” · 相近 86%",
        "查找范围：坐席 0:00–0:10 的 2 句话",
        "最接近的一句",
        "对照“非常抱歉” · 相近 41%",
        "1 处未采信的识别文字",
        "字幕水印",
        "按录音声道判断，把握 98%，第 1 声道",
        "静音 3.0 秒",
    ):
        assert words in said
    data = json.loads(page.data["call-data"])
    assert data["duration"] == 10.0
    assert data["lanes"] == ["agent", "customer"]
    assert max(data["peaks"][0]) == 100
    assert 15 < max(data["peaks"][1]) < 25


def said(path: Path) -> str:
    return " ".join(" ".join(Page(path).pieces).split())


def test_the_complaint_queue_says_what_was_said_and_done(site: Path) -> None:
    text = said(site / "complaints.html")
    places = [text.index(found) for found in ("c3 升级风险", "c1 投诉", "imported 投诉")]
    assert places == sorted(places)
    for words in ("0:04 我要 投诉你们 服务态度", "✗ 未达标 共情安抚", "可能性 93% · 得分 0.0"):
        assert words in text, words


def test_an_item_page_says_who_and_where(site: Path) -> None:
    text = said(site / "items" / page_name("forbidden_phrases"))
    for words in (
        "达标率 33.3% 区间",
        "王小丽（8001） −7 分 不归我管 c1 · 0:06",
        "李强（8002） 二组 50% 9%–91% 1 1 0 7",
        "未达标的通话 4 通",
    ):
        assert words in text, words


def test_an_agent_stands_beside_its_group(tmp_path: Path) -> None:
    calls = [make_call(f"a{n}", day=10 + n, good=n > 0, hired_on="2026-10-08") for n in range(5)]
    calls += [make_call(f"b{n}", day=10 + n, agent_id="8002", agent_name="李强", hired_on="2026-10-20") for n in range(5)]
    with filled(tmp_path / "s", calls) as store:
        write_site(store, tmp_path / "out", WITHOUT_AUDIO)
    text = said(tmp_path / "out" / "agents" / page_name("8001"))
    for words in (
        "试用 2026-10-08 入职",
        "第 1 名 共 2 人，没有实质差别的并列",
        "程序面 100% · 个人面 80%",
        "试用 2 人，平均 56.7 · 无实质差别",
    ):
        assert words in text, words
    assert "按部就班型" in Page(tmp_path / "out" / "index.html").text


def test_the_overview_compares_with_the_period_before(tmp_path: Path) -> None:
    calls = [make_call(f"a{n}", day=9 + n) for n in range(5)] + [make_call(f"b{n}", day=16 + n, good=True) for n in range(5)]
    with filled(tmp_path / "s", calls) as store:
        write_site(store, tmp_path / "out", WITHOUT_AUDIO)
        book = openpyxl.load_workbook(write_workbook(store, tmp_path / "r.xlsx", WITHOUT_AUDIO))
    text = said(tmp_path / "out" / "index.html")
    for words in (
        "2026-11-16–11-22（5 通）对 2026-11-09–11-15（5 通）",
        "平均得分 100.0 27.8 +72.2 ▲ 变好",
        "合格率 100.0% 0.0% +100.0个百分点 ▲ 变好",
        "服务禁语 100% 0% +100个百分点 ▲ 变好",
    ):
        assert words in text, words
    rows = {row[0]: row[1:] for row in book["与上期相比"].iter_rows(values_only=True)}
    assert rows["平均得分"] == (100, 27.78, 72.22, "变好")
    assert rows["服务禁语"] == (100, 0, 100, "变好")


def test_calls_without_sound_or_time_say_so(site: Path) -> None:
    assert "这通电话由文字导入，没有录音" in Page(site / "calls" / page_name("imported")).text
    assert "这通录音里没有听到说话" in Page(site / "calls" / page_name("silent")).text


def test_without_audio_no_recording_leaves_the_house(store: Store, tmp_path: Path) -> None:
    write_site(store, tmp_path, WITHOUT_AUDIO)
    assert not (tmp_path / "audio").exists()
    assert "本报告未附录音" in (tmp_path / "calls" / page_name("c1")).read_text(encoding="utf-8")


def test_the_same_store_gives_the_same_pages(store: Store, site: Path, tmp_path: Path) -> None:
    again = write_site(store, tmp_path / "again", Settings()).parent
    for path in pages(site):
        assert path.read_bytes() == (again / path.relative_to(site)).read_bytes()


@pytest.mark.slow
def test_pages_written_by_several_processes_are_the_same(store: Store, site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa.report.site.WORTH_SHARING", 1)
    again = write_site(store, tmp_path / "again", Settings()).parent
    made = {path.relative_to(site): path.read_bytes() for path in site.rglob("*") if path.is_file()}
    assert made == {path.relative_to(again): path.read_bytes() for path in again.rglob("*") if path.is_file()}


def test_a_process_that_dies_is_told() -> None:
    class Dead:
        def submit(self, *_: object) -> Future[None]:
            lost: Future[None] = Future()
            lost.set_exception(BrokenProcessPool())
            return lost

    with pytest.raises(OSError, match="多半是内存不够"):
        list(_portions(Dead(), ["c1"], ahead=2))  # type: ignore[arg-type]


def test_a_second_report_clears_what_is_gone_and_nothing_else(tmp_path: Path, recording: Path) -> None:
    out = tmp_path / "out"
    with filled(tmp_path / "a", [make_call("c1", path=recording), make_call("c2")]) as both:
        write_site(both, out, Settings())
    assert len(list((out / "audio").glob("*.mp3"))) == 1
    (out / "mine.html").write_text("mine")
    with filled(tmp_path / "b", [make_call("c2")]) as one:
        write_site(one, out, Settings())
    assert [path.name for path in (out / "calls").iterdir()] == [page_name("c2")]
    assert list((out / "audio").glob("[!.]*")) == []
    assert (out / "mine.html").read_text() == "mine"


def test_a_forged_list_of_contents_deletes_nothing_outside(tmp_path: Path) -> None:
    out, precious = tmp_path / "out", tmp_path / "precious.txt"
    precious.write_text("keep")
    out.mkdir()
    (out / "contents.json").write_text(json.dumps(["../precious.txt", str(precious), 3]))
    with filled(tmp_path / "a", [make_call("c1")]) as store:
        write_site(store, out, WITHOUT_AUDIO)
    assert precious.read_text() == "keep"


def test_somebody_elses_pages_are_not_overwritten(store: Store, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("mine")
    with pytest.raises(ConfigError, match="输出目录里已有别的网页"):
        write_site(store, tmp_path, WITHOUT_AUDIO)
    assert (tmp_path / "index.html").read_text() == "mine"


def test_an_empty_store_has_an_overview(tmp_path: Path) -> None:
    with Store.open(tmp_path / "s") as empty:
        page = Page(write_site(empty, tmp_path / "out", Settings()))
    assert "没有可计分的通话" in page.text
    assert "没有听到投诉" in Page(tmp_path / "out" / "complaints.html").text
    assert "没有需要关注的通话" in page.text
