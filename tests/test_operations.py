"""What docs/operations.md tells people to write works: units, timetables, commands, settings."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer.main
from support import ROOT

from qa.cli import app
from qa.config import Settings

PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
QA = re.compile(r"(?:^|\s)(?:/opt/tingjian/\.venv/bin/)?qa ((?:run|report|export|backup|restore|check|purge|doctor|score|import)\b.*)")


def blocks(kind: str) -> list[str]:
    return [re.sub(r"^ {3}", "", block, flags=re.MULTILINE) for block in re.findall(rf"```{kind}\n(.*?)\n *```", PAGE, flags=re.DOTALL)]


def commands() -> list[str]:
    lines = [line for kind in ("bash", "ini", "cron") for block in blocks(kind) for line in block.splitlines()]
    return [
        found[1].split(" #")[0]
        for line in lines
        if not line.startswith("#") and (found := QA.search(line.split("=", 1)[-1] if line.startswith("Exec") else line))
    ]


def test_there_is_something_to_test() -> None:
    assert len(commands()) >= 18
    assert {command.split()[0] for command in commands()} >= {"run", "report", "backup", "restore", "check", "purge"}


@pytest.mark.parametrize("command", sorted(set(commands())))
def test_every_command_is_one_of_ours(command: str) -> None:
    name, *arguments = shlex.split(re.sub(r"\$\([^)]*\)", "today", command))
    group: Any = typer.main.get_command(app)
    group.commands[name].make_context(name, arguments)  # an unknown option or a missing argument is an error


def test_the_timetable_is_one_of_cron() -> None:
    (table,) = blocks("cron")
    ranges = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
    entries = [line.split(maxsplit=6) for line in table.splitlines() if not line.startswith("#")]
    assert len(entries) == 4
    for *times, user, command in entries:
        assert all(text == "*" or low <= int(text) <= high for text, (low, high) in zip(times, ranges, strict=True))
        assert user == "tingjian"
        assert not re.search(r"(?<!\\)%", command)  # which cron takes for the end of a line
        subprocess.run(["bash", "-n", "-c", command.replace(r"\%", "%")], check=True)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze (apt-get install systemd)")
def test_the_units_are_accepted_by_systemd(tmp_path: Path) -> None:
    service, timer = blocks("ini")
    true = shutil.which("true")
    (tmp_path / "tingjian.service").write_text(service.replace("/opt/tingjian/.venv/bin/qa", str(true)), encoding="utf-8")
    (tmp_path / "tingjian.timer").write_text(timer, encoding="utf-8")
    units = [str(tmp_path / name) for name in ("tingjian.service", "tingjian.timer")]
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True, check=False)
    said = [line for line in done.stderr.splitlines() if "tingjian" in line]
    assert (done.returncode, said) == (0, [])
    (when,) = re.findall(r"^OnCalendar=(.+)$", timer, flags=re.MULTILINE)
    subprocess.run(["systemd-analyze", "calendar", when], check=True, capture_output=True)


@pytest.mark.parametrize("block", blocks("toml"))
def test_the_settings_exist(block: str) -> None:
    Settings.model_validate(tomllib.loads(block))
