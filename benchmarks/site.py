"""What a big report costs: ``python benchmarks/site.py [--calls 10000] [--agents 200]``.

Fills a store with calls made by script (a few dozen conversations, each with a reading of the customer's sentiment and
judged by the shipped rubric, under many names and dates), builds the site without recordings in a process of its own,
and prints seconds, peak memory and the largest page: the time of all its processes, the memory of the one that gathers
the figures and of the largest of those that write the calls' pages. The same with a tenth of the calls beside it, so that
growth can be seen; what both have in common are the libraries. With a Chromium on the machine, also how long the overview
takes to open and the list of calls to filter.
"""

from __future__ import annotations

import argparse
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from qa.analysis.metrics import analyse
from qa.calls import Call, Event, Heard, Recording, Role, Roles, SentimentTrack, Speech, Turn, TurnSentiment, Word
from qa.config import ReportSettings, Settings, shipped
from qa.report.site import write_site
from qa.scoring.engine import judge
from qa.scoring.rubric import Rubric, load_rubric
from qa.sentiment.summary import summarise
from qa.store.store import Keys, Store

CHINA = ZoneInfo("Asia/Shanghai")
KINDS = 48

OPENINGS = ("您好，这里是优选商城客服，工号三零二六，请问有什么可以帮您？", "喂，说吧。", "您好，很高兴为您服务。", "您好，请讲。")
TROUBLES = (
    "我买的洗衣机三天了还没有送到，到底什么时候能来？",
    "你们上个月多扣了我二十块钱，麻烦查一下。",
    "家里的网从昨天晚上就断了，一直连不上。",
    "我想问一下套餐怎么改，现在这个太贵了。",
)
SOOTHING = ("实在对不起，给您添麻烦了，我马上帮您查。", "嗯。", "理解您的心情，换作是我也会着急。", "这个不归我管，你去问别人吧。")
CHECKS = ("麻烦您提供一下登记的手机号码后四位，我核实一下。", "订单号多少？", "请您报一下姓名，我需要核对一下您的信息。")
REPLIES = ("好的，是一三八零。", "就是我现在打的这个号码。", "你等一下，我找找看。", "行，你记一下吧。")
HOLDS = ("请您稍等，我帮您查询一下。", "等着。", "感谢您的耐心等待，已经查到了。")
PROMISES = ("我已经帮您登记，预计二十四小时之内会有工作人员联系您。", "我保证您今天晚上一定能收到。", "回头再说吧。")
ANGER = ("再不解决我就打一二三一五投诉你们！", "好的，那我等你们电话。", "你们这是什么服务态度，我要投诉你！", "嗯，谢谢你。")
ENDINGS = ("请问还有什么可以帮您？感谢您的来电，再见。", "没事我挂了。", "感谢您的来电，祝您生活愉快，再见。")
SURNAMES, GIVEN = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗", "伟芳娜敏静丽强磊军洋勇艳杰涛明超秀霞平刚"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--agents", type=int, default=200)
    parser.add_argument("--keep", type=Path, help="keep store and site in this folder")
    parser.add_argument("--build", nargs=2, type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.build:
        build(*options.build)
        return
    with tempfile.TemporaryDirectory() as made:
        folder = options.keep or Path(made)
        kinds = conversations(load_rubric(shipped("rubrics", "general_inbound.yaml")))
        titles = ("calls", "agents", "seconds", "CPU s", "peak MiB", "helper MiB", "pages", "largest KiB", "index KiB")
        print(" ".join(f"{title:>11s}" for title in titles))
        for calls in (options.calls // 10, options.calls):
            store, site = folder / f"store-{calls}", folder / f"site-{calls}"
            fill(store, kinds, calls, options.agents)
            shutil.rmtree(site, ignore_errors=True)
            seconds, busy, memory, helper = (float(value) for value in run(store, site).split())
            pages = {path: path.stat().st_size for path in site.rglob("*.html")}
            largest = max(pages, key=lambda path: pages[path])
            index = pages[site / "index.html"] / 1024
            figures = (calls, options.agents, seconds, busy, memory, helper, len(pages), pages[largest] / 1024, index)
            print(" ".join(f"{figure:11.0f}" for figure in figures), largest.relative_to(site), flush=True)
        browse(site)


def run(store: Path, site: Path) -> str:
    """The site built in a process of its own, so that its peak memory is its own; what it says of errors is shown."""
    return subprocess.run([sys.executable, __file__, "--build", store, site], stdout=subprocess.PIPE, text=True, check=True).stdout


def build(store: Path, site: Path) -> None:
    started = time.perf_counter()
    with Store.open(store, must_exist=True) as opened:
        write_site(opened, site, Settings(report=ReportSettings(audio=False)))
    seconds, helpers = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    print(seconds, time.process_time() + helpers.ru_utime + helpers.ru_stime, peak(), helpers.ru_maxrss / 1024)


def peak() -> float:
    """MiB held at most since this program began; getrusage would count what its parent held when it forked."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def conversations(rubric: Rubric) -> list[Call]:
    """Different conversations of two to three minutes, heard with words and judged, without names or dates."""
    chance = random.Random(6)
    return [judged(heard, reading(heard, chance), rubric) for heard in (conversation(chance) for _ in range(KINDS))]


def conversation(chance: random.Random) -> Heard:
    lines: list[tuple[Role, str]] = [
        ("agent", chance.choice(OPENINGS)),
        ("customer", chance.choice(TROUBLES)),
        ("agent", chance.choice(SOOTHING)),
    ]
    for _ in range(4):
        lines += [("agent", chance.choice(CHECKS)), ("customer", chance.choice(REPLIES)), ("agent", chance.choice(HOLDS))]
        lines += [("customer", chance.choice(TROUBLES)), ("agent", chance.choice(SOOTHING))]
    lines += [("agent", chance.choice(PROMISES)), ("customer", chance.choice(ANGER)), ("agent", chance.choice(ENDINGS))]
    turns: list[Turn] = []
    at = 1.0
    for role, text in lines:
        words = []
        for letter in text:
            words.append(Word(letter, round(at, 2), round(at + 0.2, 2), round(1 - chance.expovariate(5) % 0.9, 2)))
            at += 0.2
        turns.append(
            Turn(
                role=role,
                text=text,
                start=words[0].start,
                end=words[-1].end,
                confidence=0.8,
                words=tuple(words),
                channel=int(role != "agent"),
            )
        )
        at += chance.choice((0.4, 0.8, 4.0))
    spoken = {role: tuple((turn.start or 0.0, turn.end or 0.0) for turn in turns if turn.role == role) for role in ("agent", "customer")}
    return Heard(
        duration=round(at, 2),
        channels=2,
        turns=tuple(turns),
        roles=Roles(method="channel", confidence=0.97, agent_channel=0),
        speech=(Speech("agent", spoken["agent"], 0), Speech("customer", spoken["customer"], 1)),
        sounds=(Event("music", 40.0, 52.0),),
        parted=True,
        codec="pcm_alaw",
        sample_rate=8000,
        models={"asr": "base"},
    )


def reading(heard: Heard, chance: random.Random) -> SentimentTrack:
    """As a model would read it: every turn of the customer's, what it complains of, and the words that told."""
    turns = []
    for index, turn in enumerate(heard.turns):
        if turn.role != "customer":
            continue
        angry, troubled = "投诉" in turn.text, turn.text in TROUBLES
        words = sorted(chance.sample(range(0, max(3, len(turn.text) - 2), 2), 2)) if angry or troubled else []
        turns.append(
            TurnSentiment(
                turn=index,
                sentiment=round(
                    chance.uniform(-0.95, -0.5) if angry else chance.uniform(-0.6, 0.0) if troubled else chance.uniform(-0.2, 0.6), 2
                ),
                complaint=0.97 if angry else 0.7 if troubled and chance.random() < 0.3 else 0.03,
                kind=chance.choice(("服务态度", "处理时效", "费用争议")) if angry or troubled else None,
                threat=0.9 if "一二三一五" in turn.text else 0.0,
                threat_kind="监管" if "一二三一五" in turn.text else None,
                evidence=tuple((at, min(at + 2, len(turn.text)), round(chance.uniform(0.5, 2.5), 2)) for at in words),
            )
        )
    return SentimentTrack(key="simulated", model="simulated", turns=tuple(turns))


def judged(heard: Heard, track: SentimentTrack, rubric: Rubric) -> Call:
    recording = Recording(call_id="", content_hash="")
    analysis = replace(analyse(heard, Settings().analysis), sentiment=summarise(heard, track))
    return Call(
        recording=recording, heard=heard, analysis=analysis, verdict=judge(recording, heard, analysis, rubric, track=track), track=track
    )


def fill(folder: Path, kinds: list[Call], calls: int, agents: int) -> None:
    """A store of so many calls over four weeks; made once."""
    if folder.exists():
        return
    chance = random.Random(7)
    names = [chance.choice(SURNAMES) + chance.choice(GIVEN) + chance.choice(GIVEN) for _ in range(agents)]
    begin = datetime(2026, 10, 26, 9, tzinfo=CHINA)
    with Store.open(folder) as store:
        for number in range(calls):
            agent = chance.randrange(agents)
            recording = Recording(
                call_id=f"{begin:%Y%m}-{number:06d}",
                content_hash=f"{number:064x}",
                agent_id=str(8000 + agent),
                agent_name=names[agent],
                team=f"{agent % 12 + 1}组",
                team_leader=names[agent % 12],
                hired_on=f"{2020 + agent % 7}-0{agent % 9 + 1}-15",
                started_at=begin + timedelta(minutes=number * 28 * 24 * 60 / calls),
                direction="inbound",
                customer_id=f"138{chance.randrange(calls // 2):08d}",
            )
            store.save(replace(kinds[chance.randrange(len(kinds))], recording=recording), Keys("h", "j"))


def browse(site: Path) -> None:
    """How long the overview takes to open, and its agents and all calls to filter, in seconds."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, box in (("index.html", "[data-filter=agents]"), ("calls.html", "[data-find]"), ("flagged.html", "[data-find]")):
            page = browser.new_page()
            started = time.perf_counter()
            page.goto((site / name).as_uri(), wait_until="load")
            opened = time.perf_counter() - started
            took = page.evaluate(
                """(box) => { const input = document.querySelector(box), begin = performance.now(); input.value = "8042";
                   input.dispatchEvent(new Event("input"));
                   void document.body.offsetHeight; return (performance.now() - begin) / 1000; }""",
                box,
            )
            print(f"{name}: opened in {opened:.2f} s, filtered in {took:.3f} s")
        browser.close()


if __name__ == "__main__":
    main()
