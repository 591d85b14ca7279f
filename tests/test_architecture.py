"""Data flows one way, and starting the command is instant."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "qa"

#: From the ground up: a module may import from its own level or below.
LEVELS = (
    "errors",
    "timeline",
    "calls",
    "config",
    "text",
    "privacy",
    "intake",
    "asr",
    "sentiment",
    "analysis",
    "scoring",
    "store",
    "report",
    "pipeline",
    "batch",
    "doctor",
    "cli_shared",
    "cli_rubric",
    "cli_care",
    "cli",
)

MODULES = sorted(PACKAGE.rglob("*.py"))


def level(module: str) -> int:
    parts = module.split(".")
    return LEVELS.index(parts[1]) if len(parts) > 1 else -1  # the package itself holds only the version and the switches


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= (
                {node.module} if node.module != "qa" else {f"qa.{alias.name}" for alias in node.names if not alias.name.startswith("__")}
            )
    return {name for name in names if name.split(".")[0] == "qa"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_what_lies_below_it(path: Path) -> None:
    if path == PACKAGE / "__init__.py":
        assert imported(path) == set()
        return
    own = level(".".join(("qa", *path.relative_to(PACKAGE).with_suffix("").parts)))
    above = {name for name in imported(path) if level(name) > own}
    assert above == set()


def test_the_data_model_imports_nothing_of_ours() -> None:
    assert imported(PACKAGE / "calls.py") == imported(PACKAGE / "timeline.py") == imported(PACKAGE / "errors.py") == set()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_stay_readable_in_one_sitting(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 450


def test_help_loads_nothing_heavy() -> None:
    heavy = "torch numpy pandas av faster_whisper ctranslate2 senko jieba pypinyin opencc numba sqlalchemy jinja2"
    code = f"import sys, qa.cli; print(*[name for name in '{heavy}'.split() if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
