"""Which format a file of transcripts has, told from its content; its name only decides between what reads alike."""

from __future__ import annotations

import codecs
import json
import re
from pathlib import Path

from qa.errors import QaError
from qa.intake.chats import looks_like_chat
from qa.intake.clouds import services
from qa.intake.sources import EXTENSIONS
from qa.intake.tables import decode_text
from qa.intake.turnsheets import is_turnsheet

#: What ``--format`` may be: kinds of files, and services whose JSON is to be read as theirs.
FORMATS = ("transcript", "srt", "vtt", "table", "chat", *services())

SUFFIXES = frozenset({".json", ".jsonl", ".ndjson", ".srt", ".vtt", ".csv", ".tsv", ".xlsx", ".xlsm", ".txt", ".log"})
LARGEST = 64 * 2**20  # bytes of a file that is read as a whole
_HEAD = 256 * 1024


def kind_of(path: Path, forced: str | None = None) -> str:
    """``jsonl``, ``json``, ``srt``, ``vtt``, ``table`` or ``chat``.

    With ``forced``, only what it leaves open is looked at (a service's JSON may be one value or one a line).

    Raises:
        QaError: it cannot be read, is empty, or is nothing of these; says what was found.
    """
    data = head(path)
    if forced in ("srt", "vtt", "table", "chat"):
        return forced
    if forced is None and data.startswith(b"PK\x03\x04"):
        return "table"
    if b"\0" in data and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        sound = path.suffix.lower() in EXTENSIONS
        raise QaError(
            "这不是文字记录",
            where=str(path),
            why="内容不是文字",
            next_step="录音请用 qa run" if sound else "旧的 .xls 请另存为 .xlsx；其他格式见 docs/import.md",
        )
    text = _beginning(data)
    if not text:
        raise QaError("文字记录是空的", where=str(path), next_step="检查导出是否完整")
    if re.match(r"\{|\[\s*(\{|\[|\])|\[$", text) or forced is not None:
        return _json_kind(text, path, whole=len(data) < _HEAD)
    if text.startswith("WEBVTT"):
        return "vtt"
    if re.search(r"\d[.,]\d{1,3}\s*-->\s*\d", text):
        return "srt"
    first = text.split("\n", 1)[0]
    if is_turnsheet([cell.strip().strip('"') for cell in first.split(max(",\t;", key=first.count))]):
        return "table"
    if looks_like_chat(text):
        return "chat"
    raise QaError(
        "认不出文字记录的格式",
        where=str(path),
        why=f"开头是：{first[:60]}",
        next_step=f"支持的格式见 docs/import.md；可用 --format 指定：{'、'.join(FORMATS)}",
    )


def head(path: Path) -> bytes:
    """The first bytes of a file.

    Raises:
        QaError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(_HEAD)
    except OSError as error:
        raise QaError("读不了文字记录", where=str(path), why=error.strerror, next_step="检查路径和读权限") from error


def whole_text(path: Path) -> tuple[bytes, str]:
    """A whole file, as bytes and as text.

    Raises:
        QaError: it cannot be read, is larger than any call, or is of no encoding we know.
    """
    refuse_large(path)
    try:
        data = path.read_bytes()
        return data, decode_text(data)
    except OSError as error:
        raise QaError("读不了文字记录", where=str(path), why=error.strerror, next_step="检查路径和读权限") from error
    except UnicodeDecodeError as error:
        raise QaError(
            "文字记录的编码不认识", where=str(path), why="既不是 UTF-8 也不是 GBK/GB18030", next_step="另存为 UTF-8 后重试"
        ) from error


def refuse_large(path: Path) -> None:
    """Nothing for a file that can be read as a whole.

    Raises:
        QaError: it is too large for that.
    """
    if (size := path.stat().st_size) > LARGEST:
        why = f"有 {size / 2**20:.0f} MB，上限是 {LARGEST // 2**20} MB"
        raise QaError("文字记录太大", where=str(path), why=why, next_step="拆成几个文件，或写成 JSONL（一行一通，逐行读取）")


def _beginning(data: bytes) -> str:
    """The head as text, whatever character it was cut in."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data[: len(data) // 2 * 2].decode("utf-16", errors="replace").strip()
    try:
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(data)
    except UnicodeDecodeError:
        text = data.decode("gb18030", errors="replace")
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _json_kind(text: str, path: Path, *, whole: bool) -> str:
    """One value a line, or one value."""
    first, _, rest = text.partition("\n")
    if not rest and not whole:  # a line longer than the head
        return "jsonl" if text.startswith("{") and _has_more_lines(path) else "json"
    try:
        value = json.loads(first)
        return "jsonl" if isinstance(value, dict) and (rest or "turns" in value) else "json"
    except (ValueError, RecursionError):
        pass
    lines_of_objects = (first.startswith("{") and rest.startswith("{")) or (
        path.suffix.lower() in (".jsonl", ".ndjson") and first.strip() not in ("[", "{", "[{")
    )
    return "jsonl" if lines_of_objects else "json"


def _has_more_lines(path: Path) -> bool:
    """Whether something stands after the first line, or that is too long to look."""
    with path.open("rb") as file:
        return len(file.readline(LARGEST)) == LARGEST or bool(file.read(_HEAD).strip())
