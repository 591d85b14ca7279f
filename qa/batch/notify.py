"""Saying that a run has ended, to whom the settings name: a web address, a program. Nothing is sent that is not asked for."""

from __future__ import annotations

import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

from qa.config import BatchSettings, read_secret
from qa.errors import ConfigError

#: Seconds that each may take; a run is over and must not hang on its messengers.
TIMEOUT = 30.0


def wanted(settings: BatchSettings, *, problems: bool) -> bool:
    """Whether anybody is to be told of such an end.

    >>> wanted(BatchSettings(), problems=True), wanted(BatchSettings(command=("mail",)), problems=False)
    (False, True)
    """
    return bool(settings.webhook or settings.command) and (problems or settings.notify == "always")


def unready(settings: BatchSettings) -> list[str]:
    """What stands in the way of telling anybody, before there is anything to tell: in Chinese, nothing when all is well.

    >>> unready(BatchSettings(webhook="@/no/such/file"))[0].splitlines()[0]
    '运行结束后无法通知：读不了存放密钥的文件'
    """
    if not settings.webhook or not settings.webhook.startswith("@"):
        return []
    try:
        read_secret(Path(settings.webhook[1:]))
    except ConfigError as error:
        return [f"运行结束后无法通知：{error}"]
    return []


def notify(settings: BatchSettings, told: str) -> list[str]:
    """Post and pipe ``told``, a JSON object, to those who are to be told; what went wrong with that, in Chinese."""
    problems = []
    if settings.webhook:
        try:
            address = read_secret(Path(settings.webhook[1:])) if settings.webhook.startswith("@") else settings.webhook
            if why := _post(address, told):
                problems.append(f"运行结果没有送到 {_host(address)}：{why}")
        except ConfigError as error:
            problems.append(f"运行结果没有送出：{error}")
    if settings.command and (why := _pipe(settings.command, told)):
        problems.append(f"运行结束后的命令 {settings.command[0]} 没有成功：{why}")
    return problems


def _host(address: str) -> str:
    """Whom an address means, for people: its path and query are often the key to it."""
    try:
        return urlsplit(address).hostname or "网址"
    except ValueError:
        return "网址"


def _post(address: str, told: str) -> str | None:
    if not address.startswith(("http://", "https://")):
        return "不是 http:// 或 https:// 网址"
    try:
        request = urllib.request.Request(address, told.encode(), {"Content-Type": "application/json; charset=utf-8"})
        with urllib.request.urlopen(request, timeout=TIMEOUT):
            return None
    except (OSError, ValueError) as error:  # URLError and time-outs are OSErrors
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        return str(reason).replace(address, _host(address))


def _pipe(command: tuple[str, ...], told: str) -> str | None:
    try:
        done = subprocess.run(command, input=told.encode(), capture_output=True, timeout=TIMEOUT, check=False)
    except (OSError, subprocess.SubprocessError) as error:
        return str(error)
    said = done.stderr.decode(errors="replace").strip().splitlines()
    return None if done.returncode == 0 else f"状态 {done.returncode} {said[-1] if said else ''}".strip()
