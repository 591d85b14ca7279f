"""What the commands share: their options, where they print, and how a problem is told."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, ParamSpec

import typer
from rich.console import Console

from qa.config import Settings, load_settings, shipped
from qa.errors import QaError

console = Console()

#: What a command makes is its owner's alone, whatever makes it: our own files, the database's, Excel's, a worker's.
_OWNER_ALONE = 0o077
P = ParamSpec("P")

StoreOption = Annotated[
    str,
    typer.Option(
        "--store", help="结果目录，或 PostgreSQL 网址；@文件：从文件读（网址里有密码时）", metavar="DIR|URL|@FILE", envvar="TINGJIAN_STORE"
    ),
]
RubricOption = Annotated[
    list[Path] | None,
    typer.Option("--rubric", help="评分表 YAML；可给几张，按各自的 applies_to 选用；默认呼入通用表", metavar="FILE"),
]
UnmaskedOption = Annotated[
    bool, typer.Option("--unmasked", help="不遮盖个人信息；须在设置里允许（privacy.allow_unmasked），每次使用都会记录")
]
ConfigOption = Annotated[Path | None, typer.Option("--config", help="设置文件；不写则读当前目录的 qa.toml（若有）", metavar="FILE")]


def said_plainly(command: Callable[P, None]) -> Callable[P, None]:
    """Turns the library's errors into a message, its numbers masked, and exit status 2, Ctrl-C into a clean stop; files are made 0600."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        given = _Given.mask = os.umask(_OWNER_ALONE)
        try:
            command(*args, **kwargs)
        except QaError as error:
            from qa.text.mask import masked

            Console(stderr=True).print(masked(str(error)), style="red", markup=False, highlight=False, soft_wrap=True)
            raise typer.Exit(2) from error
        except KeyboardInterrupt as stop:
            Console(stderr=True).print(str(stop) or "已停止；处理完的通话都已保存，再次运行同一命令即可接着做")
            raise typer.Exit(getattr(stop, "status", 130)) from None
        finally:
            os.umask(given)

    return wrapped


class _Given:
    """What the user's shell takes from the permissions of new files."""

    mask = 0o022


def settings_from(config: Path | None) -> Settings:
    """The settings; with ``privacy.shared``, what the command makes from here on has the permissions that the shell gives."""
    settings = load_settings(config)
    if settings.privacy.shared:
        os.umask(_Given.mask)
    return settings


def settings_and_rubrics(config: Path | None, rubrics: list[Path] | None = None) -> tuple[Settings, tuple[Path, ...]]:
    """The settings, and the rubrics to judge by: those given, else those of the settings, else the shipped one for inbound calls."""
    settings = settings_from(config)
    return settings, tuple(rubrics or settings.rubric) or (shipped("rubrics", "general_inbound.yaml"),)
