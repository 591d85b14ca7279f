"""The files themselves: opened with every refusal explained, and named by their bytes."""

from __future__ import annotations

import hashlib
import stat
from io import BufferedReader
from pathlib import Path

from qa.errors import RecordingError


def content_hash(path: Path) -> str:
    """SHA-256 of the file's bytes, in hex.

    Raises:
        RecordingError: the file cannot be read.
    """
    with opened(path) as file:
        try:
            return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise _unreadable(path, error) from error


def encodable(text: str) -> bool:
    """Whether a text can be written anywhere: a file's name that is no UTF-8 comes with halves of characters in it.

    >>> encodable("录音.wav"), encodable(chr(0xDCC2) + ".wav")
    (True, False)
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def opened(path: Path) -> BufferedReader:
    """The file, open for reading bytes.

    Raises:
        RecordingError: it is no readable, non-empty, ordinary file; the message says which.
    """
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise RecordingError("这是目录，不是录音文件", where=str(path), next_step="作为来源给出目录即可，程序会找出其中的录音")
        if not stat.S_ISREG(status.st_mode):
            raise RecordingError("这不是普通文件", where=str(path), why="管道、设备和套接字不能作为录音", next_step="请先存成文件")
        if status.st_size == 0:
            raise RecordingError("录音文件是空的", where=str(path), why="大小为 0 字节", next_step="请从录音系统重新导出，或从批次中移除")
        return path.open("rb")
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError | ValueError) -> RecordingError:
    if isinstance(error, FileNotFoundError):
        return RecordingError("找不到录音文件", where=str(path), next_step="检查路径；若是符号链接，检查它指向的文件")
    if isinstance(error, PermissionError):
        return RecordingError("没有权限读取录音文件", where=str(path), next_step="给运行 qa 的用户加上读权限")
    reason = getattr(error, "strerror", None) or str(error)
    return RecordingError("读不了录音文件", where=str(path), why=reason, next_step="检查磁盘或网络存储后重试")
