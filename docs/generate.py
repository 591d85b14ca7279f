"""Writes docs/settings.md and docs/commands.md from the code, so that they cannot fall behind it.

python docs/generate.py            write them
python docs/generate.py --check    exit 1 when they are out of date (a test runs this)
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click
import typer.main
from pydantic import BaseModel

from qa.cli import app
from qa.config import Settings

HERE = Path(__file__).parent


def settings_page() -> str:
    lines = [
        "# 设置 qa.toml",
        "",
        "`qa` 读取当前目录的 `qa.toml`，或 `--config` 指定的文件；命令行选项优先。写错的键会被拒绝，并提示最接近的键。",
        "设置文件里的相对路径以该文件所在目录为准。时间单位一律为秒。",
        "",
        "| 键 | 默认值 | 说明 |",
        "| --- | --- | --- |",
        *_rows(Settings, ""),
        "",
    ]
    return "\n".join(lines)


def _rows(model: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        default = field.get_default(call_default_factory=True)
        if isinstance(default, BaseModel):
            yield from _rows(type(default), f"{prefix}{name}.")
        else:
            yield f"| `{prefix}{name}` | `{default!r}` | {field.description or ''} |"


def commands_page() -> str:
    lines = ["# 命令", "", "退出状态：0 全部完成；1 有录音被隔离；2 什么也没能运行。", ""]
    for path, command in _commands(typer.main.get_command(app), "qa"):
        lines += [f"## `{path}`", "", (command.help or "").strip(), ""]
        for parameter in command.params:
            hint = "、".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))
            text = getattr(parameter, "help", None) or ""
            if parameter.name != "help":
                lines.append(f"- {hint}：{text}")
        lines.append("")
    return "\n".join(lines)


def _commands(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    children = getattr(command, "commands", None)
    if not children:
        yield path, command
        return
    for name, child in children.items():
        yield from _commands(child, f"{path} {name}")


PAGES = {"settings.md": settings_page, "commands.md": commands_page}


def main() -> int:
    stale = [name for name, page in PAGES.items() if not (HERE / name).exists() or (HERE / name).read_text(encoding="utf-8") != page()]
    if "--check" in sys.argv:
        print("、".join(stale) or "文档与代码一致")
        return bool(stale)
    for name in stale:
        (HERE / name).write_text(PAGES[name](), encoding="utf-8")
        print(f"docs/{name}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
