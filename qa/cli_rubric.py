"""The commands about rubrics: is it right, does it judge as it should, why did it judge so."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qa.cli_shared import ConfigOption, RubricOption, StoreOption, console, said_plainly, settings_and_rubrics
from qa.config import load_settings
from qa.errors import ConfigError

rubric_app = typer.Typer(help="检查、测试与解释评分表。", no_args_is_help=True)


@rubric_app.command("check")
@said_plainly
def rubric_check(file: Annotated[Path, typer.Argument(help="评分表 YAML")]) -> None:
    """检查评分表：一次列出全部错误，含行号。"""
    from qa.scoring.rubric import load_rubric

    sheet = load_rubric(file)
    items = sum(1 for _ in sheet.criteria())
    console.print(f"评分表无误：{sheet.name} {sheet.version}，{items} 项，共 {sheet.total:g} 分", highlight=False)


@rubric_app.command("schema")
@said_plainly
def rubric_schema(
    out: Annotated[Path | None, typer.Option(help="写到文件；不写则打印", metavar="FILE")] = None,
) -> None:
    """评分表的 JSON Schema，供编辑器补全与检查（VS Code 用法见 docs/rubric-tools.md）。"""
    from qa.scoring.schema import schema_text

    if out is None:
        print(schema_text(), end="")
        return
    try:
        out.write_text(schema_text(), encoding="utf-8")
    except OSError as error:
        raise ConfigError("Schema 写不了", where=str(out), why=error.strerror, next_step="换一个 --out 位置") from error
    console.print(f"已写到 {out}", soft_wrap=True, markup=False, highlight=False)


@rubric_app.command("test")
@said_plainly
def rubric_test(
    file: Annotated[Path, typer.Argument(help="评分表 YAML")],
    calls: Annotated[Path | None, typer.Option(help="人工标注过的通话：transcript/1，另加 labels", metavar="GOLD.jsonl")] = None,
    config: ConfigOption = None,
) -> None:
    """测试评分表：逐条判断表内的正反例；有标注的通话则给出每项的精确率与召回率。正反例有误时退出状态为 1。"""
    from qa.report.testing import show_agreements, show_tried
    from qa.scoring.examples import agreements, read_golden, try_examples
    from qa.scoring.rubric import load_rubric

    settings, sheet = load_settings(config), load_rubric(file)
    cases = read_golden(calls, sheet, settings) if calls else []
    tried = list(try_examples(sheet))
    show_tried(tried, console)
    if calls:
        show_agreements(agreements(cases, sheet, settings.analysis, settings.zone), len(cases), console)
    if not all(example.right for example in tried):
        raise typer.Exit(1)


@rubric_app.command("explain")
@said_plainly
def rubric_explain(
    criterion: Annotated[str, typer.Argument(help="评分项的 id", metavar="CRITERION")],
    call: Annotated[str, typer.Argument(help="通话编号", metavar="CALL")],
    rubric: RubricOption = None,
    store: StoreOption = "qa-data",
    config: ConfigOption = None,
) -> None:
    """解释一项结论：规则读出来是什么，每一步成立与否，依据在哪里，差多少才算。"""
    from qa.privacy import Hidden
    from qa.report.explaining import masked_explanation, show_explanation
    from qa.report.shown import Shown
    from qa.scoring.choice import Rubrics
    from qa.scoring.explain import explain
    from qa.store.store import Store

    settings, sheets = settings_and_rubrics(config, rubric)
    with Store.open(store, must_exist=True) as opened:
        found = opened.expect(Shown.of(opened, settings).true_id(call))
    why = explain(found, criterion, Rubrics.load(sheets, settings.zone).of(found.recording), settings.llm, settings.zone)
    show_explanation(masked_explanation(why, Hidden.of(found.heard, settings.privacy)), console)
