"""The commands: parse, call, print. Whatever needs a comment here belongs in the library."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, ParamSpec

import typer
from rich.console import Console

from qa import __version__
from qa.config import Settings, load_settings, shipped
from qa.errors import QaError

if TYPE_CHECKING:
    from qa.batch.watch import Telling

app = typer.Typer(
    name="qa",
    help="听检：离线、批量的中文通话录音质检。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
rubric_app = typer.Typer(help="检查与查看评分表。", no_args_is_help=True)
app.add_typer(rubric_app, name="rubric")

console = Console()
P = ParamSpec("P")

StoreOption = Annotated[str, typer.Option("--store", help="结果目录，或 SQLAlchemy 网址", metavar="DIR|URL")]
RubricOption = Annotated[Path | None, typer.Option("--rubric", help="评分表 YAML；不写则用自带的呼入通用表", metavar="FILE")]
ConfigOption = Annotated[Path | None, typer.Option("--config", help="设置文件；不写则读当前目录的 qa.toml（若有）", metavar="FILE")]


def main() -> None:
    """The command ``qa``."""
    app()


def _said_plainly(command: Callable[P, None]) -> Callable[P, None]:
    """Turns the library's errors into a message and exit status 2, and Ctrl-C into a clean stop."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except QaError as error:
            Console(stderr=True).print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
            raise typer.Exit(2) from error
        except KeyboardInterrupt:
            Console(stderr=True).print("已停止；处理完的通话都已保存，再次运行同一命令即可接着做")
            raise typer.Exit(130) from None

    return wrapped


def _settings(config: Path | None, rubric: Path | None = None) -> tuple[Settings, Path]:
    settings = load_settings(config)
    return settings, rubric or settings.rubric or shipped("rubrics", "general_inbound.yaml")


@app.callback(invoke_without_command=True)
def _top(version: Annotated[bool, typer.Option("--version", help="版本")] = False) -> None:
    if version:
        console.print(f"tingjian {__version__}", highlight=False)
        raise typer.Exit


@app.command()
@_said_plainly
def run(
    sources: Annotated[list[str], typer.Argument(help="录音：目录、通配符或文件", metavar="SOURCE…")],
    manifest: Annotated[Path | None, typer.Option(help="清单：CSV、XLSX 或 JSONL", metavar="FILE")] = None,
    rubric: RubricOption = None,
    store: StoreOption = "qa-data",
    model: Annotated[str | None, typer.Option(help="识别模型：base、模型目录或型号名", metavar="NAME|DIR")] = None,
    workers: Annotated[int, typer.Option(help="并行进程数", min=1)] = 1,
    roster: Annotated[Path | None, typer.Option(help="坐席名册：CSV、XLSX 或 JSONL", metavar="FILE")] = None,
    allow_missing_metadata: Annotated[bool, typer.Option("--allow-missing-metadata", help="缺少坐席、时间等信息时照常质检")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="不显示进度")] = False,
    json_log: Annotated[bool, typer.Option("--json-log", help="逐行输出 JSON 日志（供定时任务）")] = False,
    config: ConfigOption = None,
) -> None:
    """质检录音：转写、评分、存结果。重复运行只处理新增或改动的录音。"""
    settings, sheet = _settings(config, rubric)
    settings = settings.overridden(model=model, roster=roster, allow_missing_metadata=allow_missing_metadata)
    _run(sources, manifest, store, settings, sheet, workers, watch="json" if json_log else "silent" if quiet else "bar")


def _run(
    sources: list[str],
    manifest: Path | None,
    store: str,
    settings: Settings,
    rubric: Path,
    workers: int,
    watch: Telling,
) -> None:
    from qa.batch.run import run as run_batch
    from qa.batch.watch import watcher
    from qa.intake.manifest import plan
    from qa.store.store import Store

    batch = plan(sources, manifest, settings)
    if watch != "silent":
        for note in batch.notes:
            Console(stderr=True).print(note, style="yellow", markup=False, highlight=False, soft_wrap=True)
    with Store.open(store) as opened:
        summary = run_batch(batch, opened, settings, rubric, watcher=watcher(watch, console), workers=workers)
    if summary.exit_status:
        raise typer.Exit(summary.exit_status)


@app.command()
@_said_plainly
def demo(out: Annotated[Path, typer.Option(help="放结果与报告的目录", metavar="DIR")] = Path("demo")) -> None:
    """在自带的样例录音上跑一遍，并生成报告。"""
    settings, rubric = Settings(), shipped("rubrics", "general_inbound.yaml")
    settings = settings.overridden(roster=shipped("samples", "roster.csv"))
    _run([str(shipped("samples"))], shipped("samples", "manifest.csv"), str(out / "qa-data"), settings, rubric, 1, "bar")
    _report(str(out / "qa-data"), out / "report", settings)


@app.command()
@_said_plainly
def score(rubric: RubricOption = None, store: StoreOption = "qa-data", config: ConfigOption = None) -> None:
    """用（新的）评分表对已转写的通话重新评分，不重新转写。"""
    from qa.batch.rejudge import rejudge
    from qa.store.store import Store

    settings, sheet = _settings(config, rubric)
    with Store.open(store, must_exist=True) as opened:
        result = rejudge(opened, settings, sheet)
    console.print(f"已重新评分 {result.judged} 通，其中 {result.changed} 通的结果有变化")


@app.command("import")
@_said_plainly
def import_(
    files: Annotated[list[Path], typer.Argument(help="文字记录：JSONL（transcript/1）", metavar="FILE…")],
    store: StoreOption = "qa-data",
    rubric: RubricOption = None,
    config: ConfigOption = None,
) -> None:
    """导入别处转写好的文字记录，像录音一样评分。"""
    from qa.batch.rejudge import import_transcripts
    from qa.intake.transcripts import read_transcripts
    from qa.store.store import Store

    settings, sheet = _settings(config, rubric)
    with Store.open(store) as opened:
        items = (item for file in files for item in read_transcripts(file, settings))
        result = import_transcripts(items, opened, settings, sheet)
    console.print(f"已导入并评分 {result.judged} 通" + (f"，{result.quarantined} 条有问题已隔离" if result.quarantined else ""))
    if result.quarantined:
        raise typer.Exit(1 if result.judged else 2)


@app.command()
@_said_plainly
def report(
    store: StoreOption = "qa-data",
    out: Annotated[Path, typer.Option(help="报告目录", metavar="DIR")] = Path("qa-report"),
    config: ConfigOption = None,
) -> None:
    """生成网页报告与工作簿：总览、班组、坐席、通话。"""
    _report(store, out, load_settings(config))


def _report(store: str, out: Path, settings: Settings) -> None:
    from qa.report.site import write_site
    from qa.report.workbook import write_workbook
    from qa.store.store import Store

    with Store.open(store, must_exist=True) as opened:
        workbook = write_workbook(opened, out / "scorecards.xlsx", settings)
        index = write_site(opened, out, settings, workbook=workbook.name)
    console.print(f"工作簿：{workbook.resolve()}", soft_wrap=True, markup=False, highlight=False)
    console.print(f"报告：{index.resolve()}", soft_wrap=True, markup=False, highlight=False)


@app.command()
@_said_plainly
def show(call_id: Annotated[str, typer.Argument(metavar="CALL", help="通话编号")], store: StoreOption = "qa-data") -> None:
    """在终端里看一通电话：得分、各项结论与依据、逐句文字。"""
    from qa.report.terminal import show_call
    from qa.store.store import Store

    with Store.open(store, must_exist=True) as opened:
        show_call(opened.expect(call_id), console)


@app.command()
@_said_plainly
def export(
    what: Annotated[Literal["calls"], typer.Argument(help="导出什么", metavar="calls")],
    out: Annotated[Path, typer.Option(help="导出到的文件", metavar="FILE")],
    format: Annotated[Literal["jsonl", "csv", "parquet"], typer.Option(help="格式")] = "jsonl",
    store: StoreOption = "qa-data",
) -> None:
    """导出每通电话的完整结果（字段见 call/1）。"""
    from qa.report.export import export_calls
    from qa.store.store import Store

    with Store.open(store, must_exist=True) as opened:
        count = export_calls(opened, format, out)
    console.print(f"已导出 {count} 通到 {out}", soft_wrap=True, markup=False)


@rubric_app.command("check")
@_said_plainly
def rubric_check(file: Annotated[Path, typer.Argument(help="评分表 YAML")]) -> None:
    """检查评分表：一次列出全部错误，含行号。"""
    from qa.scoring.rubric import load_rubric

    sheet = load_rubric(file)
    items = sum(1 for _ in sheet.criteria())
    console.print(f"评分表无误：{sheet.name} {sheet.version}，{items} 项，共 {sheet.total:g} 分", highlight=False)


@app.command()
@_said_plainly
def doctor(
    model: Annotated[str, typer.Option(help="要检查的识别模型", metavar="NAME|DIR")] = "base", store: StoreOption = "qa-data"
) -> None:
    """体检：装了什么、模型是否齐全且校验无误、能解码哪些音频、磁盘余量，以及每个问题怎么办。"""
    from qa.doctor import examine, print_findings

    if not print_findings(examine(model, store), console):
        sys.exit(2)


if __name__ == "__main__":
    main()
