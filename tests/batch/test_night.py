"""A whole run: what it leaves behind beside results, what it waits for, who is told, and when it asks to be looked at."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from judging import sheet
from recorded import AT_ONCE, a_kit, write_wav
from support import a_call

from qa.batch import known
from qa.batch.known import KnownFiles
from qa.batch.lock import locked
from qa.batch.metrics import Metrics, write_whole
from qa.batch.night import Order, carry_out
from qa.batch.run import Summary
from qa.batch.stopping import Stopped, Stopping
from qa.batch.tally import Tally
from qa.batch.watch import Silent
from qa.config import IntakeSettings
from qa.errors import QaError, StoreError
from qa.intake.files import content_hash
from qa.store.runs import RunRecord, Share, runs
from qa.store.store import Store


class Notes(Silent):
    def __init__(self) -> None:
        self.said: list[str] = []

    def note(self, message: str) -> None:
        self.said.append(message)


@pytest.fixture
def order(tmp_path: Path) -> Order:
    """Two recordings and one that is none."""
    folder = tmp_path / "录音"
    folder.mkdir()
    for number in range(2):
        write_wav(folder / f"c{number}.wav", number)
    (folder / "坏.wav").write_bytes(b"nothing")
    sheet(tmp_path, "points: 6, scope: {role: agent}, require: {say: 您好}")
    return Order(sources=(str(folder),), store=str(tmp_path / "store"), settings=AT_ONCE, rubrics=(tmp_path / "small.yaml",), kit=a_kit)


def with_batch(order: Order, **batch: object) -> Order:
    return replace(order, settings=order.settings.model_copy(update={"batch": order.settings.batch.model_copy(update=batch)}))


def counted(record: RunRecord) -> dict[str, float]:
    return {name: record.counts[name] for name in ("heard", "judged", "up_to_date", "quarantined", "waiting") if record.counts[name]}


def test_a_run_is_on_record_and_the_next_has_nothing_to_do(order: Order) -> None:
    assert counted(carry_out(order, Silent())) == {"heard": 2, "quarantined": 1}
    assert counted(carry_out(order, Silent())) == {"up_to_date": 2, "quarantined": 1}
    with Store.open(order.store) as store:
        latest, first = runs(store)
    assert (first.number, latest.number, latest.outcome, latest.process) == (1, 2, "done", os.getpid())
    assert (latest.sources, [ref.id for ref in latest.rubrics]) == (order.sources, ["small"])
    assert first.measures["confidence"].of == 2


def test_what_is_quarantined_is_tried_again_when_asked(order: Order) -> None:
    carry_out(order, Silent())
    bad = Path(order.sources[0]) / "坏.wav"
    tried: list[str] = []

    class Tried(Silent):
        def started(self, plan):  # type: ignore[no-untyped-def]
            tried.extend(task.recording.path for task in plan.tasks)

    carry_out(order, Tried())
    assert tried == []
    assert counted(carry_out(replace(order, retry_quarantined=True), Tried())) == {"up_to_date": 2, "quarantined": 1}
    assert tried == [str(bad)]


def test_a_renamed_recording_is_not_heard_again_and_a_copy_neither(order: Order) -> None:
    carry_out(order, Silent())
    folder = Path(order.sources[0])
    (folder / "c0.wav").rename(folder / "新名.wav")
    (folder / "副本.wav").write_bytes((folder / "c1.wav").read_bytes())
    assert counted(carry_out(order, Silent())) == {"judged": 2, "up_to_date": 1, "quarantined": 1}
    with Store.open(order.store) as store:
        assert sorted(store.kept()) == ["c1", "副本", "新名"]
        assert store.expect("新名").recording.path == str(folder / "新名.wav")


def settling(order: Order, seconds: float) -> Order:
    return replace(
        order, settings=order.settings.model_copy(update={"intake": IntakeSettings(allow_missing_metadata=True, settle_seconds=seconds)})
    )


def test_a_file_just_written_is_taken_up_at_the_end(order: Order) -> None:
    notes = Notes()
    assert counted(carry_out(settling(order, 0.5), notes)) == {"heard": 2, "quarantined": 1}
    assert notes.said == ["3 个录音刚有改动，可能还在写入，放到最后处理"]


def test_a_file_that_grows_is_left_to_the_next_run(order: Order) -> None:
    growing, over = Path(order.sources[0]) / "c0.wav", threading.Event()

    def grow() -> None:
        while not over.wait(0.05):
            with growing.open("ab") as file:
                file.write(b"\0\0\0\0")

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        notes = Notes()
        assert counted(carry_out(settling(order, 0.5), notes)) == {"heard": 1, "quarantined": 1, "waiting": 1}
    finally:
        over.set()
        writer.join()
    assert notes.said[-1] == f"还在写入，留到下次处理：{growing}"
    assert counted(carry_out(order, Silent())) == {"heard": 1, "up_to_date": 1, "quarantined": 1}


def test_one_run_at_a_time(order: Order) -> None:
    with Store.open(order.store) as store, locked(store, "qa score"):
        with pytest.raises(StoreError, match=f"结果库正在使用中(.|\n)*qa score（用户 .*进程 {os.getpid()}") as refused:
            carry_out(order, Silent())
        assert "处理：等它结束后再运行" in str(refused.value)
    assert carry_out(order, Silent()).outcome == "done"


def test_known_files_are_read_again_only_when_they_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, read = tmp_path / "a.wav", []

    def hashed(path: Path) -> str:
        read.append(path)
        return content_hash(path)

    monkeypatch.setattr(known, "content_hash", hashed)
    monkeypatch.setattr(known, "YOUNG", -1e9)
    file.write_bytes(b"one")

    def named(store: Store) -> str:
        files = KnownFiles(store)
        files.expect([file])
        digest = files(file)
        files.keep()
        return digest

    with Store.open(tmp_path / "store") as store:
        assert named(store) == named(store) == content_hash(file)
        assert len(read) == 1
        status = file.stat()
        file.write_bytes(b"two")
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))  # as a copying tool sets it back
        assert named(store) == content_hash(file)
        assert len(read) == 2
        monkeypatch.setattr(known, "YOUNG", 60.0)
        file.write_bytes(b"six")
        assert named(store) == named(store) == content_hash(file)
        assert len(read) == 4  # changed a moment ago: not relied upon


def test_figures_log_summary_and_word(order: Order, tmp_path: Path) -> None:
    got: list[dict[str, object]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Hook) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        told = with_batch(
            order,
            log=tmp_path / "日志" / "run.jsonl",
            metrics=tmp_path / "m" / "qa.prom",
            summary=tmp_path / "s",
            webhook=f"http://127.0.0.1:{server.server_port}/x",
            command=(sys.executable, "-c", f"import sys; open({str(tmp_path / 'told')!r}, 'w').write(sys.stdin.read())"),
        )
        carry_out(told, Silent())
        with pytest.raises(QaError):
            carry_out(replace(told, sources=(str(tmp_path / "nowhere"),)), Silent())
        server.shutdown()
    assert [(one["schema"], one["outcome"]) for one in got] == [("run/1", "done"), ("run/1", "failed")]
    assert json.loads((tmp_path / "told").read_text())["outcome"] == "failed"
    events = [json.loads(line)["event"] for line in (tmp_path / "日志" / "run.jsonl").read_text().splitlines()]
    assert events == ["started", "call", "call", "quarantined", "ended"] or sorted(events[1:-1]) == ["call", "call", "quarantined"]
    figures = (tmp_path / "m" / "qa.prom").read_text()
    assert 'tingjian_run_outcome{outcome="failed"} 1' in figures
    assert sorted(path.name for path in (tmp_path / "s").iterdir()) == sorted(
        f"{stem}.{suffix}" for stem in ("run-1", "run-failed", "latest") for suffix in ("html", "json")
    )
    assert "坏" in (tmp_path / "s" / "run-1.html").read_text()


def test_messengers_that_fail_do_not_fail_the_run(order: Order) -> None:
    notes = Notes()
    broken = with_batch(order, webhook="http://127.0.0.1:9/x?key=secret", command=("/no/such/program",))
    assert carry_out(broken, notes).outcome == "done"
    first, second = notes.said
    assert first.startswith("运行结果没有送到 ")
    assert "secret" not in first
    assert second.startswith("运行结束后的命令 /no/such/program 没有成功：")


def test_a_word_that_cannot_be_sent_is_known_before_the_night(order: Order, tmp_path: Path) -> None:
    key = tmp_path / "hook.txt"
    key.write_text("http://127.0.0.1:9/s3cret", encoding="utf-8")
    key.chmod(0o644)
    notes = Notes()
    assert carry_out(with_batch(order, webhook=f"@{key}"), notes).outcome == "done"
    assert notes.said[0].startswith("运行结束后无法通知：存放密钥的文件别人也能读")
    assert not any("s3cret" in note for note in notes.said)


def test_figures_are_written_whole(tmp_path: Path) -> None:
    metrics = Metrics(tmp_path / "a.prom")
    metrics.close(Summary(heard=3, audio_seconds=60.0, wall_seconds=20.0), "done", review=True)
    lines = (tmp_path / "a.prom").read_text().splitlines()
    assert {"tingjian_run_speed 3.0", "tingjian_run_review 1", 'tingjian_run_calls{result="heard"} 3'} <= set(lines)
    assert [path.name for path in tmp_path.iterdir()] == ["a.prom"]
    write_whole(tmp_path / "a.prom", "x")
    assert (tmp_path / "a.prom").read_text() == "x"


def tallied(agents: int, calls: int, missed: Callable[[int, int], bool]) -> Tally:
    tally, plain = Tally(), a_call()
    for agent in range(agents):
        for number in range(calls):
            finding = replace(plain.verdict.findings[0], outcome="missed" if missed(agent, number) else "met")
            call = replace(
                plain,
                recording=replace(plain.recording, call_id=f"{agent}-{number}", agent_id=str(agent)),
                verdict=replace(plain.verdict, findings=(finding,)),
            )
            tally.finished(call, Summary())
    return tally


def test_a_shift_of_all_agents_is_to_be_looked_at_and_one_agents_bad_day_is_not() -> None:
    usual = [
        RunRecord(started_at=datetime(2026, 11, day, tzinfo=UTC), measures={"general-inbound/greeting": Share(10 + day % 3, 100)})
        for day in range(1, 10)
    ]
    everybody = tallied(6, 10, lambda agent, number: number < 6)
    assert everybody.review(usual) == ("评分项“问候语”未做到的比例是 60%，往常在 0% 到 24%（前 9 次运行），多数坐席都如此",)
    assert everybody.review(usual[:4]) == ()  # too few runs to say what is usual
    assert tallied(6, 10, lambda agent, number: agent < 2).review(usual) == ()  # two agents, and only they
    assert tallied(6, 10, lambda agent, number: number == 0).review(usual) == ()  # as ever
    assert tallied(6, 3, lambda agent, number: number < 2).review(usual) == ()  # too few calls


def test_a_signal_waits_until_a_result_is_kept() -> None:
    kept = []
    with pytest.raises(Stopped) as stop, Stopping() as stopping:  # noqa: PT012
        with stopping.kept_off():
            os.kill(os.getpid(), 15)
            time.sleep(0.01)
            kept.append("whole")
        kept.append("never")
    assert (kept, stop.value.status) == (["whole"], 143)
