"""Recordings that lie elsewhere: any address that fsspec understands (``s3://``, ``sftp://``, ``hdfs://``, ``webdav://``…).

A :class:`RemotePath` can do what the batch asks of a :class:`~pathlib.Path`, so that manifests, file names and content
hashes mean the same for a recording on disk and one in a bucket. It is brought here for hearing, by whoever hears it, and
taken away again.
"""

from __future__ import annotations

import os
import posixpath
import re
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path, PosixPath
from typing import Any

from qa.errors import QaError, RecordingError

_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://.")

#: What file systems call the time of the last change.
_CHANGED = ("LastModified", "last_modified", "mtime", "updated", "modified", "created", "creation_time")


class RemotePath(PosixPath):
    """A file or folder elsewhere, by its address.

    >>> path = RemotePath("s3://calls/2026-11/a.wav")
    >>> str(path), path.name, str(path.parent / "b.wav")
    ('s3://calls/2026-11/a.wav', 'a.wav', 's3://calls/2026-11/b.wav')
    """

    def __str__(self) -> str:
        return super().__str__().replace(":/", "://", 1)

    def __fspath__(self) -> str:
        return str(self)

    def __reduce__(self) -> tuple[type[RemotePath], tuple[str]]:
        return type(self), (str(self),)

    def as_posix(self) -> str:
        """The address."""
        return str(self)

    def resolve(self, strict: bool = False) -> RemotePath:
        """Itself: there are no links elsewhere."""
        return self

    def absolute(self) -> RemotePath:
        """Itself."""
        return self

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        """Size and times as far as they are known there; OSError where it cannot be looked at."""
        with _as_os_error(self):
            system, name = _system(str(self))
            return _status(system.info(name))

    def is_file(self) -> bool:
        """Whether there is a file; not being allowed to look means no."""
        return _is(self, stat.S_ISREG)

    def is_dir(self) -> bool:
        """Whether there is a folder; not being allowed to look means no."""
        return _is(self, stat.S_ISDIR)

    def exists(self, *, follow_symlinks: bool = True) -> bool:
        """Whether there is anything."""
        return _is(self, lambda mode: True)

    def open(self, mode: str = "rb", *_: Any, **__: Any) -> Any:
        """The file for reading its bytes."""
        with _as_os_error(self):
            system, name = _system(str(self))
            return system.open(name, "rb")


def is_address(text: str) -> bool:
    """Whether a source or a stored path is an address and no file here.

    >>> is_address("s3://calls/a.wav"), is_address("/录音/a.wav"), is_address("C:/a.wav")
    (True, False, False)
    """
    return _ADDRESS.match(text) is not None


def located(text: str) -> Path:
    """The path that a text means: an address, or a file here (``file://`` is one).

    >>> located("file:///录音/a.wav"), located("s3://calls/a.wav").name
    (PosixPath('/录音/a.wav'), 'a.wav')
    """
    if text.startswith("file://"):
        return Path(text.removeprefix("file://"))
    return RemotePath(text) if is_address(text) else Path(text)


def there(text: str) -> bool:
    """Whether anything is at a stored path; a link counts, also one that leads nowhere."""
    path = located(text)
    return path.exists() if isinstance(path, RemotePath) else os.path.lexists(path)


def below(base: Path, relative: str) -> Path:
    """What a manifest's relative name means from a folder, ``..`` followed, whether it is there or not.

    >>> str(below(RemotePath("s3://calls/2026"), "../a.wav")), str(below(RemotePath("s3://calls"), "s3://other/a.wav"))
    ('s3://calls/a.wav', 's3://other/a.wav')
    """
    if is_address(relative):
        return located(relative)
    if isinstance(base, RemotePath):
        return RemotePath(posixpath.normpath(posixpath.join(PosixPath.__str__(base), relative)))
    return Path(os.path.normpath(base / relative))


@contextmanager
def local(path: Path) -> Iterator[Path]:
    """The file here for the time of the block: itself, or a copy of what lies elsewhere.

    Raises:
        RecordingError: it cannot be fetched. One that the block raises speaks of the address, not of the copy.
    """
    if not isinstance(path, RemotePath):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="tingjian-") as folder:
        copy = Path(folder, path.name[-100:])
        try:
            with _as_os_error(path):
                system, name = _system(str(path))
                system.get_file(name, str(copy))
        except OSError as error:
            raise RecordingError(
                "取不到录音", where=str(path), why=str(error), next_step="检查地址、网络与访问权限；修复后重跑即可"
            ) from error
        try:
            yield copy
        except RecordingError as error:
            said = {key: text.replace(str(copy), str(path)) for key, text in (("where", error.where), ("why", error.why)) if text}
            raise RecordingError(error.what, next_step=error.next_step, **said) from error


def search(address: str) -> Iterator[tuple[RemotePath, Mapping[str, Any]]]:
    """Every file at an address, below a folder or fitting a pattern, with what is known of it, in order.

    Raises:
        QaError: it cannot be looked at, or fsspec lacks the package for such addresses.
    """
    try:
        with _as_os_error(RemotePath(address)):
            system, name = _system(address)
            found = system.glob(name, detail=True) if has_magic(address) else system.find(name, detail=True)
    except OSError as error:
        next_step = "检查地址、凭据与网络；s3:// 要 pip install s3fs（凭据按 AWS 的惯例从环境读）"
        raise QaError("看不了录音来源", where=address, why=str(error), next_step=next_step) from error
    for path in sorted(found):
        if found[path]["type"] == "file":
            yield RemotePath(system.unstrip_protocol(path)), found[path]


def has_magic(address: str) -> bool:
    """Whether an address is a pattern.

    >>> has_magic("s3://calls/2026-11-*/*.wav"), has_magic("s3://calls/a.wav")
    (True, False)
    """
    return re.search(r"[*?\[]", address) is not None


def _system(address: str) -> tuple[Any, str]:
    from fsspec.core import url_to_fs

    system, name = url_to_fs(address)
    return system, str(name)


def _status(known: Mapping[str, Any]) -> os.stat_result:
    changed = next((known[name] for name in _CHANGED if known.get(name) is not None), 0.0)
    seconds = changed.timestamp() if isinstance(changed, datetime) else float(changed)
    mode = stat.S_IFDIR if known["type"] == "directory" else stat.S_IFREG
    nanoseconds = round(seconds * 1e9)
    times = {"st_atime_ns": nanoseconds, "st_mtime_ns": nanoseconds, "st_ctime_ns": nanoseconds}
    whole = int(seconds)
    return os.stat_result((mode | 0o400, 0, 0, 1, 0, 0, int(known.get("size") or 0), whole, whole, whole), times)


def _is(path: RemotePath, kind: Any) -> bool:
    try:
        return bool(kind(path.stat().st_mode))
    except OSError:
        return False


@contextmanager
def _as_os_error(path: RemotePath) -> Iterator[None]:
    """Each service raises errors of its own; here they are all the OSError that a path raises."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        raise OSError(f"{type(error).__name__}: {error}") from error
