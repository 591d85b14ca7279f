"""One run from what a user asks for to what is left behind: results, a record, figures, a summary, a word to whoever waits."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from qa.batch.executors import Kit, executor
from qa.batch.known import KnownFiles
from qa.batch.lock import Holder, locked
from qa.batch.metrics import Metrics
from qa.batch.notify import notify, unready, wanted
from qa.batch.run import Summary, Watcher, run
from qa.batch.stopping import Stopping
from qa.batch.tally import LATEST_RUNS, Tally
from qa.batch.watch import JsonLog, Together
from qa.calls import RubricRef
from qa.config import Engine, Settings
from qa.errors import ConfigError, QaError
from qa.intake.manifest import plan
from qa.intake.sources import find
from qa.scoring.choice import Rubrics
from qa.store.runs import RunOutcome, RunRecord, begin_run, end_run, runs
from qa.store.store import Store
from qa.text.mask import masked


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a user asks for with ``qa run``."""

    sources: tuple[str, ...]
    store: str
    settings: Settings
    rubrics: tuple[Path, ...]
    manifest: Path | None = None
    workers: int = 1
    engine: Engine = "local"
    address: str | None = None
    retry_quarantined: bool = False
    kit: Callable[[Settings, Rubrics], Kit] = field(default=Kit, compare=False)  # what workers are made from


def carry_out(order: Order, watcher: Watcher, *, now: Callable[[], float] | None = None) -> RunRecord:
    """Do it; gives the record of the run.

    ``now`` is the time of day that ages of files are told by. The record, the figures and the word to others are there
    however the run ends.

    Raises:
        QaError: it could not be run, or not to its end; what was done is kept.
        Stopped: a signal said so.
    """
    import time

    settings = order.settings
    tally = Tally()
    record = _record(order)
    metrics = Metrics(settings.batch.metrics) if settings.batch.metrics else None
    outcome: RunOutcome = "failed"
    message: str | None = None
    with contextlib.ExitStack() as closing:
        log = closing.enter_context(_log(settings.batch.log))
        watchers: list[Watcher] = [tally, watcher, *([log] if log else []), *([metrics] if metrics else [])]
        everybody = Together(watchers, settings.privacy)
        try:
            with Stopping() as stopping:
                rubrics = Rubrics.load(order.rubrics, settings.zone)
                find(order.sources)  # a misspelt folder makes no store
                for problem in unready(settings.batch):  # not first in the morning, when the run is over
                    everybody.note(problem)
                with Store.open(order.store) as store, locked(store, "qa run") as lock:
                    before = runs(store, LATEST_RUNS)
                    record = begin_run(store, replace(record, rubrics=_named(rubrics)))
                    try:
                        naming = KnownFiles(store)
                        batch = plan(order.sources, order.manifest, settings, naming=naming, now=(now or time.time)())
                        naming.keep()
                        for note in (*batch.notes, *_left_out(batch.left_out), *_waiting(len(batch.waiting))):
                            everybody.note(note)
                        run(
                            batch,
                            store,
                            order.kit(settings, rubrics),
                            watcher=everybody,
                            executor=executor(settings, order.engine, order.workers, order.address),
                            naming=naming,
                            retry=order.retry_quarantined,
                            lock=lock,
                            stopping=stopping,
                        )
                        naming.keep()
                        outcome = "done"
                    except BaseException as error:
                        outcome, message = _how(error)
                        raise
                    finally:
                        record = _ended(record, outcome, message, tally, tally.review(before))
                        with contextlib.suppress(QaError):  # what went wrong with the store is being raised already
                            end_run(store, record)
                for reason in record.review:
                    everybody.note(f"发布前请复核：{reason}")
        except BaseException as error:
            if record.outcome == "running":  # it never got as far as a record
                record = _ended(record, *_how(error), tally, ())
            raise
        finally:
            if metrics:
                metrics.close(tally.summary, record.outcome, review=bool(record.review))
            for problem in _tell(record, tally, settings):
                everybody.note(problem)
    return record


def summary_of(record: RunRecord) -> Summary:
    """The summary that a record keeps.

    >>> summary_of(RunRecord(started_at=datetime.now(UTC), counts={"heard": 3.0})).heard
    3.0
    """
    return Summary(**record.counts)  # type: ignore[arg-type]


def _record(order: Order) -> RunRecord:
    holder = Holder.now("qa run")
    return RunRecord(
        started_at=datetime.now(UTC),
        user=holder.user,
        host=holder.host,
        process=holder.process,
        sources=order.sources,
        manifest=str(order.manifest) if order.manifest else None,
        engine=order.engine,
        workers=order.workers,
        models={"asr": order.settings.hearing.model, "sentiment": order.settings.sentiment.model},
        settings=order.settings.model_dump(mode="json", exclude={"batch": {"webhook", "command"}, "llm": {"key_env"}}),
    )


def _named(rubrics: Rubrics) -> tuple[RubricRef, ...]:
    return tuple(RubricRef(sheet.id, sheet.version, sheet.hash) for sheet in rubrics.sheets)


def _ended(record: RunRecord, outcome: RunOutcome, message: str | None, tally: Tally, review: tuple[str, ...]) -> RunRecord:
    counts = {name: round(float(value), 2) for name, value in asdict(tally.summary).items()}
    return replace(
        record,
        ended_at=datetime.now(UTC),
        outcome=outcome,
        message=message,
        counts=counts,
        measures=tally.measures(),
        review=review,
    )


def _how(error: BaseException) -> tuple[RunOutcome, str]:
    if isinstance(error, KeyboardInterrupt):
        return "stopped", str(error)
    return "failed", masked(str(error)) if isinstance(error, QaError) else f"{type(error).__name__}: {error}"


def _left_out(rows: int) -> Sequence[str]:
    return [f"清单里有 {rows} 行的录音不在这次的来源中，没有处理"] if rows else []


def _waiting(files: int) -> Sequence[str]:
    return [f"{files} 个录音刚有改动，可能还在写入，放到最后处理"] if files else []


@contextlib.contextmanager
def _log(path: Path | None) -> Iterator[JsonLog | None]:
    if path is None:
        yield None
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        stream: TextIO = path.open("a", encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            "写不了日志文件", where=str(path), why=str(error), next_step="检查 --log 或设置 batch.log 的路径与权限"
        ) from error
    with stream:
        yield JsonLog(stream)


def _tell(record: RunRecord, tally: Tally, settings: Settings) -> list[str]:
    """Write the summary and send word; what went wrong with that."""
    if not settings.batch.summary and not wanted(settings.batch, problems=True):
        return []
    from qa.report.runpage import run_json, write_run_page

    problems = []
    if settings.batch.summary:
        try:
            write_run_page(record, tally.quarantined, settings.batch.summary, settings)
        except OSError as error:
            problems.append(f"写不了运行摘要 {settings.batch.summary}：{error}")
    bad = record.outcome != "done" or bool(record.review) or bool(record.counts.get("quarantined"))
    if wanted(settings.batch, problems=bad):
        problems += notify(settings.batch, run_json(record))
    return problems
