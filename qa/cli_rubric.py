"""The commands about rubrics: is it right, does it judge as it should, why did it judge so."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qa.cli_shared import console, said_plainly

rubric_app = typer.Typer(help="检查、测试与解释评分表。", no_args_is_help=True)


@rubric_app.command("check")
@said_plainly
def rubric_check(file: Annotated[Path, typer.Argument(help="评分表 YAML")]) -> None:
    """检查评分表：一次列出全部错误，含行号。"""
    from qa.scoring.rubric import load_rubric

    sheet = load_rubric(file)
    items = sum(1 for _ in sheet.criteria())
    console.print(f"评分表无误：{sheet.name} {sheet.version}，{items} 项，共 {sheet.total:g} 分", highlight=False)
