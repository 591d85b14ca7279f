"""The commands: parse, call, print. Whatever needs a comment here belongs in the library."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from qa import __version__
from qa.cli_care import care_app
from qa.cli_rubric import rubric_app
from qa.cli_shared import (
    ConfigOption,
    RubricOption,
    StoreOption,
    UnmaskedOption,
    console,
    said_plainly,
    settings_and_rubrics,
    settings_from,
)
from qa.config import Engine, Settings, shipped
from qa.errors import ConfigError

if TYPE_CHECKING:
    from qa.batch.watch import Telling
    from qa.store.store import Store

app = typer.Typer(
    name="qa",
    help="听检：离线、批量的中文通话录音质检。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(rubric_app, name="rubric")
app.add_typer(care_app)


def main() -> None:
    """The command ``qa``."""
    app()


@app.callback(invoke_without_command=True)
def _top(version: Annotated[bool, typer.Option("--version", help="版本")] = False) -> None:
    if version:
        console.print(f"tingjian {__version__}", highlight=False)
        raise typer.Exit


@app.command()
@said_plainly
def run(
    sources: Annotated[list[str], typer.Argument(help="录音：目录、通配符或文件", metavar="SOURCE…")],
    manifest: Annotated[Path | None, typer.Option(help="清单：CSV、XLSX 或 JSONL", metavar="FILE")] = None,
    rubric: RubricOption = None,
    store: StoreOption = "qa-data",
    model: Annotated[str | None, typer.Option(help="识别模型：base、模型目录或型号名", metavar="NAME|DIR")] = None,
    workers: Annotated[int, typer.Option(help="并行进程数", min=1)] = 1,
    engine: Annotated[Engine, typer.Option(help="在哪里处理：local 本机进程，ray 集群")] = "local",
    address: Annotated[str | None, typer.Option(help="Ray 集群的地址，例如 auto；不写则在本机起一个", metavar="ADDRESS")] = None,
    roster: Annotated[Path | None, typer.Option(help="坐席名册：CSV、XLSX 或 JSONL", metavar="FILE")] = None,
    allow_missing_metadata: Annotated[bool, typer.Option("--allow-missing-metadata", help="缺少坐席、时间等信息时照常质检")] = False,
    retry_quarantined: Annotated[bool, typer.Option("--retry-quarantined", help="隔离的录音也再试一次")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="不显示进度")] = False,
    json_log: Annotated[bool, typer.Option("--json-log", help="逐行输出 JSON 日志（供定时任务）")] = False,
    log: Annotated[Path | None, typer.Option(help="把 JSON 日志追加到文件；也可写在设置 batch.log", metavar="FILE")] = None,
    config: ConfigOption = None,
) -> None:
    """质检录音：转写、评分、存结果。重复运行只处理新增或改动的录音。"""
    settings, sheets = settings_and_rubrics(config, rubric)
    settings = settings.overridden(model=model, roster=roster, allow_missing_metadata=allow_missing_metadata, log=log)
    watch: Telling = "json" if json_log else "silent" if quiet else "bar"
    _run(sources, manifest, store, settings, sheets, watch, workers, engine, address, retry_quarantined)


def _run(
    sources: list[str],
    manifest: Path | None,
    store: str,
    settings: Settings,
    rubrics: tuple[Path, ...],
    watch: Telling = "bar",
    workers: int = 1,
    engine: Engine = "local",
    address: str | None = None,
    retry: bool = False,
) -> None:
    from qa.batch.night import Order, carry_out, summary_of
    from qa.batch.watch import watcher

    order = Order(
        sources=tuple(sources),
        manifest=manifest,
        store=store,
        settings=settings,
        rubrics=rubrics,
        workers=workers,
        engine=engine,
        address=address,
        retry_quarantined=retry,
    )
    with watcher(watch, console) as told:
        summary = summary_of(carry_out(order, told))
    if summary.exit_status:
        raise typer.Exit(summary.exit_status)


@app.command()
@said_plainly
def demo(out: Annotated[Path, typer.Option(help="放结果与报告的目录", metavar="DIR")] = Path("demo")) -> None:
    """在自带的样例录音上跑一遍，并生成报告。"""
    settings, rubrics = Settings(), (shipped("rubrics", "general_inbound.yaml"),)
    settings = settings.overridden(roster=shipped("samples", "roster.csv"))
    _run([str(shipped("samples"))], shipped("samples", "manifest.csv"), str(out / "qa-data"), settings, rubrics)
    _report(str(out / "qa-data"), out / "report", settings)


@app.command()
@said_plainly
def score(
    rubric: RubricOption = None,
    compare: Annotated[bool, typer.Option("--compare", help="只试算：列出哪些项目、坐席、通话的结果会变，不改结果库")] = False,
    out: Annotated[Path | None, typer.Option(help="试算结果另存为一个可转发的网页（与 --compare 一起用）", metavar="FILE.html")] = None,
    store: StoreOption = "qa-data",
    config: ConfigOption = None,
) -> None:
    """用（新的）评分表对已转写的通话重新评分，不重新转写。"""
    from qa.batch.lock import locked
    from qa.batch.rejudge import rejudge
    from qa.store.store import Store

    if out and not compare:
        raise ConfigError("--out 只与 --compare 一起用", next_step="加上 --compare；正式重新评分后用 qa report 生成网页")
    settings, sheets = settings_and_rubrics(config, rubric)
    with Store.open(store, must_exist=True) as opened:
        if compare:
            _compare(opened, settings, sheets, out)
            return
        with locked(opened, "qa score"):
            result = rejudge(opened, settings, sheets)
    left = f"；{result.left} 通没有适用的评分表，保持原样" if result.left else ""
    console.print(f"已重新评分 {result.judged} 通，其中 {result.changed} 通的结果有变化{left}")


def _compare(store: Store, settings: Settings, rubrics: tuple[Path, ...], out: Path | None) -> None:
    from qa.batch.rejudge import compare_rubrics
    from qa.report.comparison import show_comparison, write_comparison
    from qa.report.language import language

    compared = compare_rubrics(store, settings, rubrics)
    show_comparison(compared, console, language(settings.report.language))
    if out:
        page = write_comparison(compared, out, settings)
        console.print(f"网页：{page.resolve()}", soft_wrap=True, markup=False, highlight=False)


@app.command("import")
@said_plainly
def import_(
    files: Annotated[list[Path], typer.Argument(help="文字记录：文件或目录；格式见 docs/import.md", metavar="FILE…")],
    manifest: Annotated[Path | None, typer.Option(help="清单：CSV、XLSX 或 JSONL，按通话编号或文件名对应", metavar="FILE")] = None,
    format: Annotated[str | None, typer.Option(help="指定格式，不按内容识别", metavar="NAME")] = None,
    store: StoreOption = "qa-data",
    rubric: RubricOption = None,
    roster: Annotated[Path | None, typer.Option(help="坐席名册：CSV、XLSX 或 JSONL", metavar="FILE")] = None,
    allow_missing_metadata: Annotated[bool, typer.Option("--allow-missing-metadata", help="缺少坐席、时间等信息时照常质检")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="允许代替库中来自别处的同编号通话")] = False,
    config: ConfigOption = None,
) -> None:
    """导入别处转写好的文字记录，像录音一样评分；重复导入不会改变结果。"""
    from qa.batch.imports import import_files
    from qa.batch.lock import locked
    from qa.intake.transcripts import TranscriptReader, transcript_files
    from qa.store.store import Store

    settings, sheets = settings_and_rubrics(config, rubric)
    settings = settings.overridden(roster=roster, allow_missing_metadata=allow_missing_metadata)
    reader, found = TranscriptReader(settings, manifest, format), transcript_files(files)
    with Store.open(store) as opened, locked(opened, "qa import"):
        result = import_files(found, reader, opened, settings, sheets, over=replace)
    console.print(str(result), highlight=False)
    if result.exit_status:
        raise typer.Exit(result.exit_status)


@app.command()
@said_plainly
def roles(
    call_id: Annotated[str, typer.Argument(metavar="CALL", help="通话编号")],
    agent: Annotated[str | None, typer.Option(help="谁是坐席：声道号或说话人号；auto 取消人工指定", metavar="N|auto")] = None,
    store: StoreOption = "qa-data",
    rubric: RubricOption = None,
    config: ConfigOption = None,
) -> None:
    """看怎样判断的谁是坐席；用 --agent 改正，并立即重新评分。"""
    from qa.batch.lock import locked
    from qa.batch.roles import agent_number, described, set_agent
    from qa.report.shown import Shown
    from qa.store.store import Store

    settings, sheets = settings_and_rubrics(config, rubric)
    with Store.open(store, must_exist=True) as opened:
        shown = Shown.of(opened, settings)
        call_id = shown.true_id(call_id)
        if agent is None:
            call = opened.expect(call_id)
        else:
            with locked(opened, "qa roles"):
                call = set_agent(opened, call_id, agent_number(agent), settings, sheets)
        call = shown.shown(call)
    for line in described(call):
        console.print(line, soft_wrap=True, markup=False, highlight=False)
    if agent is not None:
        console.print(
            f"已重新评分：{'无法评分' if call.verdict.score.scaled is None else f'{call.verdict.score.scaled:g} 分'}", highlight=False
        )


@app.command()
@said_plainly
def report(
    store: StoreOption = "qa-data",
    out: Annotated[Path | None, typer.Option(help="报告目录；单通证据则为文件", metavar="DIR|FILE")] = None,
    call: Annotated[str | None, typer.Option(help="只出这一通（与 --single-file 同用）", metavar="CALL")] = None,
    single_file: Annotated[bool, typer.Option("--single-file", help="单通证据：一个网页文件，录音在内，供申诉复核")] = False,
    summary: Annotated[bool, typer.Option("--summary", help="只在终端里看总览，不写文件")] = False,
    unmasked: UnmaskedOption = False,
    config: ConfigOption = None,
) -> None:
    """生成网页报告与工作簿：总览、班组、坐席、评分项、投诉、通话；或单通证据；或终端总览。"""
    settings = settings_from(config)
    if summary:
        _summary(store, settings, unmasked)
    elif call is None and not single_file:
        _report(store, out or Path("qa-report"), settings, unmasked)
    elif call is None or not single_file:
        raise ConfigError("--call 与 --single-file 要一起用", next_step="qa report --call 通话号 --single-file --out 证据.html")
    else:
        _evidence(store, call, out, settings, unmasked)


def _report(store: str, out: Path, settings: Settings, unmasked: bool = False) -> None:
    from qa.report.report import write_report
    from qa.report.shown import for_showing
    from qa.store.store import Store

    with Store.open(store, must_exist=True) as opened:
        index, workbook = write_report(for_showing(opened, settings, f"report {out}", unmasked=unmasked), out, settings)
    console.print(f"工作簿：{workbook.resolve()}", soft_wrap=True, markup=False, highlight=False)
    console.print(f"报告：{index.resolve()}", soft_wrap=True, markup=False, highlight=False)


def _evidence(store: str, call: str, out: Path | None, settings: Settings, unmasked: bool) -> None:
    from qa.report.evidence import write_evidence
    from qa.report.names import page_name
    from qa.report.shown import for_showing
    from qa.store.store import Store

    with Store.open(store, must_exist=True) as opened:
        shown = for_showing(opened, settings, f"report --call {call}", unmasked=unmasked)
        written = write_evidence(shown, call, out or Path(page_name(shown.shown_id(call))), settings)
    console.print(f"单通证据：{written.resolve()}", soft_wrap=True, markup=False, highlight=False)


def _summary(store: str, settings: Settings, unmasked: bool) -> None:
    from qa.report.shown import for_showing
    from qa.report.summary import show_summary
    from qa.store.store import Store

    with Store.open(store, must_exist=True) as opened:
        show_summary(for_showing(opened, settings, "report --summary", unmasked=unmasked), console, settings)


@app.command()
@said_plainly
def show(
    call_id: Annotated[str, typer.Argument(metavar="CALL", help="通话编号")],
    store: StoreOption = "qa-data",
    unmasked: UnmaskedOption = False,
    config: ConfigOption = None,
) -> None:
    """在终端里看一通电话：得分、各项结论与依据、逐句文字。"""
    from qa.report.shown import for_showing
    from qa.report.terminal import show_call
    from qa.store.store import Store

    settings = settings_from(config)
    with Store.open(store, must_exist=True) as opened:
        show_call(for_showing(opened, settings, f"show {call_id}", unmasked=unmasked).expect(call_id), console, settings)


@app.command()
@said_plainly
def export(
    what: Annotated[
        Literal["calls", "complaints", "reasons"],
        typer.Argument(help="导出什么：每通电话、投诉队列，或来电原因", metavar="calls|complaints|reasons"),
    ],
    out: Annotated[Path, typer.Option(help="导出到的文件", metavar="FILE")],
    format: Annotated[Literal["jsonl", "csv", "parquet"], typer.Option(help="格式")] = "jsonl",
    store: StoreOption = "qa-data",
    unmasked: UnmaskedOption = False,
    config: ConfigOption = None,
) -> None:
    """导出每通电话的完整结果（字段见 call/1）、按严重程度排好的投诉队列（complaint/1），或归好组的来电原因（reason/1）。"""
    from qa.report.export import export_calls
    from qa.report.queue import export_complaints
    from qa.report.shown import for_showing
    from qa.report.why import export_reasons
    from qa.store.store import Store

    settings = settings_from(config)
    write = {"calls": export_calls, "complaints": export_complaints, "reasons": export_reasons}[what]
    with Store.open(store, must_exist=True) as opened:
        shown = for_showing(opened, settings, f"export {what} {out}", unmasked=unmasked)
        count = write(shown, format, out, settings)
    console.print(f"已导出 {count} {'类原因' if what == 'reasons' else '通'}到 {out}", soft_wrap=True, markup=False)


@app.command()
@said_plainly
def doctor(
    model: Annotated[str, typer.Option(help="要检查的识别模型", metavar="NAME|DIR")] = "base", store: StoreOption = "qa-data"
) -> None:
    """体检：装了什么、模型是否齐全且校验无误、能解码哪些音频、磁盘余量，以及每个问题怎么办。"""
    from qa.doctor import examine, print_findings

    if not print_findings(examine(model, store), console):
        sys.exit(2)


if __name__ == "__main__":
    main()
