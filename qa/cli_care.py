"""The commands that look after a store: what is kept too long, copies, soundness."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qa.cli_shared import ConfigOption, StoreOption, console, said_plainly, settings_from

if TYPE_CHECKING:
    from qa.batch.retention import Purge

care_app = typer.Typer()


@care_app.command()
@said_plainly
def purge(
    older_than: Annotated[str | None, typer.Option(help="多久以前的通话，例如 180d；不写则按设置 [retention]", metavar="DAYS")] = None,
    only: Annotated[str | None, typer.Option(help="只删 audio 录音副本、transcripts 逐句文字或 results 整通结果", metavar="WHAT")] = None,
    report: Annotated[Path | None, typer.Option(help="报告目录：其中的录音副本一并删除；不写则下次 qa report 时删", metavar="DIR")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="真正删除；不写只列出会删什么")] = False,
    store: StoreOption = "qa-data",
    config: ConfigOption = None,
) -> None:
    """删除超过保存期限的录音副本、逐句文字或整通结果，并留下删除记录；先列出，--yes 才删。"""
    from qa.batch.lock import locked
    from qa.batch.retention import carry_out, part_named, plan_purge, terms
    from qa.store.store import Store

    days = terms(settings_from(config).retention, older_than, part_named(only))
    now = datetime.now(UTC)
    with Store.open(store, must_exist=True) as opened:
        if not yes:
            _told(plan_purge(opened, days, now))
            console.print("以上只是列出；加 --yes 才会删除，删除后不能恢复（备份除外）")
            return
        with locked(opened, "qa purge"):
            planned = plan_purge(opened, days, now)
            _told(planned)
            trouble = carry_out(opened, planned, report, now)
    console.print(f"已删除；涉及 {planned.calls} 通，删除记录留在库里。请重新生成报告（qa report），使旧网页不再含有已删除的内容")
    if trouble:
        console.print(f"[yellow]腾出的空间没能归还，删掉的内容可能还留在数据库文件里：{trouble}[/]", soft_wrap=True)
        raise typer.Exit(1)


def _told(planned: Purge) -> None:
    from qa.batch.retention import NAMES

    for part, due in planned.due.items():
        span = f"，通话时间 {due[0].started_at[:10]} 至 {due[-1].started_at[:10]}（UTC）" if due else ""
        console.print(f"{NAMES[part]}（{planned.reasons[part]}）：{len(due)} 通{span}", highlight=False)
    if planned.undated:
        console.print(f"{planned.undated} 通没有通话时间，无法按期限判断，保持不动", highlight=False)


@care_app.command()
@said_plainly
def erase(
    customer: Annotated[str | None, typer.Option(help="客户编号（或录音文件名里的客户号码）", metavar="ID")] = None,
    call: Annotated[str | None, typer.Option(help="只删这一通", metavar="CALL")] = None,
    report: Annotated[list[Path] | None, typer.Option(help="报告目录，删后重新生成；可写几个", metavar="DIR")] = None,
    reason: Annotated[str, typer.Option(help="删除的缘由，写进记录", metavar="TEXT")] = "个人要求删除",
    yes: Annotated[bool, typer.Option("--yes", help="真正删除；不写只列出会删什么")] = False,
    store: StoreOption = "qa-data",
    config: ConfigOption = None,
) -> None:
    """应个人要求删除其全部通话（结果、隔离、导入与人工指定），重新生成报告，并留下不含身份的记录；先列出，--yes 才删。"""
    from qa.batch.erasing import erase as take_out
    from qa.batch.erasing import erased_before, expect_reports, plan_erasure, rewritten
    from qa.batch.lock import locked
    from qa.report.shown import Shown
    from qa.store.store import Store

    settings = settings_from(config)
    expect_reports(report or ())
    with Store.open(store, must_exist=True) as opened:
        shown = Shown.of(opened, settings)
        true_id = shown.true_id(call) if call else None
        entries = plan_erasure(opened, customer=customer, call_id=true_id)
        for entry in entries:
            console.print(f"{shown.shown_id(entry.call_id)}（按{entry.why}）", highlight=False, markup=False, soft_wrap=True)
        before = erased_before(opened, customer or true_id or "")
        if before:
            console.print(f"以前已应要求删除过 {len(before)} 通，最近一次在 {before[-1]:%Y-%m-%d %H:%M}（UTC）", highlight=False)
        if not yes or not entries:
            console.print(f"共 {len(entries)} 通" + ("；以上只是列出，加 --yes 才会删除，删除后不能恢复" if entries else "，没有要删的"))
            return
        with locked(opened, "qa erase"):
            gone, trouble = take_out(opened, entries, customer or true_id or "", reason)
        problems = rewritten(opened, report or (), settings)
    console.print(f"已删除 {gone} 通，并留下不含身份的删除记录")
    left = [entry.path for entry in entries if entry.path and Path(entry.path).exists()]
    if left:
        console.print("录音与导入文件的原件不归听检保管，请一并删除，否则再次导入会重新出现：", markup=False)
        for path in left:
            console.print(f"  {path}", soft_wrap=True, markup=False, highlight=False)
    if not report:
        console.print("没有写 --report：已有的报告、工作簿、导出与单通证据里可能还有，请重新生成或删除", markup=False)
    for problem in [*problems, *([f"腾出的空间没能归还，删掉的内容可能还留在数据库文件里：{trouble}"] if trouble else [])]:
        console.print(problem, style="yellow", markup=False, highlight=False, soft_wrap=True)
    if problems or trouble:
        raise typer.Exit(1)


@care_app.command()
@said_plainly
def backup(
    out: Annotated[Path, typer.Option(help="备份成哪个文件（SQLite 文件，任何机器都能打开）", metavar="FILE")],
    store: StoreOption = "qa-data",
) -> None:
    """备份结果库；运行中也能做，写完并检查过才有这个文件。"""
    from qa.store.backup import backup as write_backup
    from qa.store.store import Store

    with Store.open(store, must_exist=True) as opened:
        calls = write_backup(opened, out)
    console.print(f"已备份 {calls} 通到 {out}", soft_wrap=True, markup=False, highlight=False)


@care_app.command()
@said_plainly
def restore(
    copy: Annotated[Path, typer.Argument(help="qa backup 做出的文件", metavar="FILE")],
    store: StoreOption = "qa-data",
) -> None:
    """从备份恢复到空的目录或数据库；也用来在 SQLite 与 PostgreSQL 之间搬家。"""
    from qa.store.backup import restore as read_backup

    console.print(f"已恢复 {read_backup(copy, store)} 通", highlight=False)


@care_app.command()
@said_plainly
def check(store: StoreOption = "qa-data") -> None:
    """检查结果库是否完好：数据库本身，以及每通结果能否读出、与列相符。"""
    from qa.store.integrity import examine
    from qa.store.store import Store

    with Store.open(store, must_exist=True) as opened:
        found = examine(opened)
    console.print(f"结构版本 {found.schema}；" + "，".join(f"{name} {count} 行" for name, count in found.counts.items()), highlight=False)
    for fault in found.faults:
        console.print(fault, style="red", soft_wrap=True, markup=False, highlight=False)
    console.print(f"发现 {len(found.faults)} 处问题：从备份恢复（qa restore），或用 qa run 重新质检这些录音" if found.faults else "完好")
    if found.faults:
        raise typer.Exit(2)
