"""How a run is told: a progress bar for people, JSON lines for cron, silence for scripts."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal, TextIO

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from qa.batch.executors import Outcome
from qa.batch.plan import Plan
from qa.batch.run import Summary, Watcher
from qa.calls import Quarantined
from qa.config import PrivacySettings
from qa.privacy import masked_quarantine, masked_text

Telling = Literal["bar", "json", "silent"]


class Together:
    """Tells several watchers, without the numbers and names that ids, paths and messages may hold."""

    def __init__(self, watchers: Sequence[Watcher], privacy: PrivacySettings) -> None:
        self._watchers, self._privacy = tuple(watchers), privacy

    def started(self, plan: Plan) -> None:
        for one in self._watchers:
            one.started(plan)

    def finished(self, outcome: Outcome, summary: Summary) -> None:
        if isinstance(outcome, Quarantined):
            outcome = masked_quarantine(outcome, self._privacy)
        else:
            call_id = masked_text(outcome.recording.call_id, self._privacy)
            outcome = replace(outcome, recording=replace(outcome.recording, call_id=call_id))
        for one in self._watchers:
            one.finished(outcome, summary)

    def note(self, message: str) -> None:
        for one in self._watchers:
            one.note(masked_text(message, self._privacy))

    def ended(self, summary: Summary) -> None:
        for one in self._watchers:
            one.ended(summary)


@contextmanager
def watcher(telling: Telling, console: Console) -> Iterator[Watcher]:
    """The way a user wants to be told."""
    if telling == "bar":
        bar = ProgressBar(console)
        try:
            yield bar
        finally:
            bar.close()
    else:
        yield JsonLog() if telling == "json" else Silent()


class ProgressBar:
    """A bar with calls, audio hours, speed and time left, and a closing summary."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = Progress(
            TextColumn("[bold]质检"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("通"),
            TextColumn("{task.fields[audio]}"),
            TimeElapsedColumn(),
            TextColumn("剩余"),
            TimeRemainingColumn(),
            console=console,
        )
        self._bar = self._progress.add_task("calls", total=None, audio="")
        self._total = 0

    def started(self, plan: Plan) -> None:
        if plan.up_to_date:
            self._console.print(f"{plan.up_to_date} 通已是最新，不再处理")
        self._total += len(plan.tasks) + len(plan.refused)
        if plan.tasks:
            self._progress.update(self._bar, total=self._total)
            self._progress.start()

    def finished(self, outcome: Outcome, summary: Summary) -> None:
        if isinstance(outcome, Quarantined):
            self._progress.console.print(f"[yellow]已隔离[/] {escape(outcome.message)}")
        self._progress.update(self._bar, advance=1, audio=_pace(summary))

    def note(self, message: str) -> None:
        Console(stderr=True).print(message, style="yellow", markup=False, highlight=False, soft_wrap=True)

    def close(self) -> None:
        """Take the bar off the screen, however the run ends."""
        if self._progress.live.is_started:
            self._progress.stop()

    def ended(self, summary: Summary) -> None:
        self.close()
        done = [f"转写并评分 {summary.heard} 通"] if summary.heard else []
        done += [f"重新评分 {summary.judged} 通"] if summary.judged else []
        done += [f"已是最新 {summary.up_to_date} 通"] if summary.up_to_date else []
        done += [f"[yellow]隔离 {summary.quarantined} 个[/]"] if summary.quarantined else []
        done += [f"还在写入 {summary.waiting} 个"] if summary.waiting else []
        line = "，".join(done) or "没有要处理的录音"
        self._console.print(f"{line}；用时 {_clock(summary.wall_seconds)}{'，' + _pace(summary) if summary.audio_seconds else ''}")


class JsonLog:
    """One JSON object a line: started, finished (a call or a quarantined recording), ended."""

    def __init__(self, stream: TextIO = sys.stdout) -> None:
        self._stream = stream

    def started(self, plan: Plan) -> None:
        self._write("started", tasks=len(plan.tasks), to_hear=plan.to_hear, up_to_date=plan.up_to_date)

    def finished(self, outcome: Outcome, summary: Summary) -> None:
        if isinstance(outcome, Quarantined):
            self._write("quarantined", call_id=outcome.call_id, path=outcome.path, message=outcome.message)
        else:
            score = outcome.verdict.score
            self._write("call", call_id=outcome.recording.call_id, scaled=score.scaled, passed=score.passed, flags=outcome.verdict.flags)

    def note(self, message: str) -> None:
        self._write("note", message=message)

    def ended(self, summary: Summary) -> None:
        self._write(
            "ended",
            heard=summary.heard,
            judged=summary.judged,
            up_to_date=summary.up_to_date,
            quarantined=summary.quarantined,
            waiting=summary.waiting,
            audio_seconds=round(summary.audio_seconds, 2),
            wall_seconds=round(summary.wall_seconds, 2),
        )

    def _write(self, event: str, **fields: object) -> None:
        line = {"time": datetime.now(UTC).isoformat(timespec="seconds"), "event": event, **fields}
        print(json.dumps(line, ensure_ascii=False), file=self._stream, flush=True)


class Silent:
    """Says nothing; the exit status tells."""

    def started(self, plan: Plan) -> None:
        pass

    def finished(self, outcome: Outcome, summary: Summary) -> None:
        pass

    def note(self, message: str) -> None:
        pass

    def ended(self, summary: Summary) -> None:
        pass


def _pace(summary: Summary) -> str:
    if not summary.audio_seconds or not summary.wall_seconds:
        return ""
    return f"录音 {summary.audio_seconds / 3600:.2f} 小时，{summary.audio_seconds / summary.wall_seconds:.1f} 倍速"


def _clock(seconds: float) -> str:
    """Seconds as people say them.

    >>> _clock(5.25), _clock(3725.0)
    ('5.2 秒', '1 小时 2 分 5 秒')
    """
    if seconds < 60:
        return f"{seconds:.1f} 秒"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} 小时 {minutes} 分 {rest} 秒" if hours else f"{minutes} 分 {rest} 秒"
