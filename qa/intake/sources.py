"""Which files a batch is about: directories, globs and single files as a sorted list of recordings."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from qa.errors import QaError
from qa.intake import remote

# Looked for in directories; a file that is named outright is taken whatever it is called.
EXTENSIONS = frozenset(
    f".{name}"
    for names in (
        ("wav", "wave", "w64", "rf64", "au", "snd", "aif", "aiff", "caf", "flac", "gsm", "g722", "amr", "awb", "mp2", "mp3"),
        ("aac", "m4a", "m4b", "ogg", "oga", "opus", "spx", "wma", "mka"),
        ("mp4", "m4v", "mov", "3gp", "3g2", "webm", "mkv", "avi", "asf", "flv"),
    )
    for name in names
)

# A directory that holds this file, as media players know it, has no recordings for us: a report's playable copies.
NOT_RECORDINGS = ".nomedia"


@dataclass(frozen=True, slots=True)
class Sources:
    """What was found.

    ``files`` are absolute, sorted, each once. ``folders`` are the directories that relative names of a manifest
    may be meant from: the given directories, and those of the given files. ``whole`` are the folders that were
    asked for as a whole, so that any file below them belongs to the batch.
    """

    files: tuple[Path, ...]
    folders: tuple[Path, ...]
    whole: tuple[Path, ...]


def find(sources: Sequence[str | Path]) -> Sources:
    """All recordings of the sources.

    Of directories, hidden and unfinished files are left out, and whatever lies beside a ``.nomedia``; links are followed once.

    Raises:
        QaError: a source does not exist, a pattern fits nothing, or a directory holds no recording; all at once.
    """
    files: dict[Path, Path] = {}  # where it really is -> as it was found
    folders: dict[Path, None] = {}
    whole: dict[Path, None] = {}
    problems: list[str] = []
    for source in sources:
        if remote.is_address(str(source)) and not str(source).startswith("file://"):
            problems += _elsewhere(str(source), files, folders, whole)
            continue
        matches = _matches(remote.located(str(source)))
        if not matches:
            problems.append(f"{source}：没有与之相符的文件" if _is_pattern(source) else f"{source}：没有这个文件或目录")
        for path in matches:
            if path.is_dir():
                folders[path] = whole[path] = None
                before = len(files)
                found = 0
                for file in _recordings(path):
                    files.setdefault(really(file), file)
                    found += 1
                if not found and len(files) == before:
                    problems.append(f"{path}：目录里没有录音")
            else:
                files.setdefault(really(path), path)
                folders[path.parent] = None
    if not sources:
        problems.append("没有给出录音来源")
    if problems:
        raise QaError(
            "找不到录音",
            why="；".join(problems),
            next_step=f"检查路径；目录中按扩展名查找（含子目录，隐藏文件除外）：{' '.join(sorted(EXTENSIONS))}；其他扩展名请直接写出文件名",
        )
    return Sources(tuple(sorted(files.values(), key=str)), tuple(folders), tuple(whole))


def really(path: Path) -> Path:
    """Where a file really is; a link that leads nowhere, or to itself, is where it is.

    >>> really(Path("/a/../b"))
    PosixPath('/b')
    """
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):
        return path


def _elsewhere(address: str, files: dict[Path, Path], folders: dict[Path, None], whole: dict[Path, None]) -> list[str]:
    """Add what an address holds; what is wrong with it."""
    found = [path for path, _ in remote.search(address)]
    root = remote.RemotePath(address)
    if not found:
        return [f"{address}：没有与之相符的文件" if remote.has_magic(address) else f"{address}：没有这个文件或目录"]
    if found != [root] and not remote.has_magic(address):
        folders[root] = whole[root] = None
        kept = {path.parent for path in found if path.name == NOT_RECORDINGS}
        found = [path for path in found if path.suffix.lower() in EXTENSIONS and not kept.intersection(path.parents)]
        found = [path for path in found if not any(_skipped(part) for part in path.relative_to(root).parts)]
        if not found:
            return [f"{address}：目录里没有录音"]
    for path in found:
        files.setdefault(path, path)
        folders.setdefault(path.parent)
    return []


def _is_pattern(source: str | Path) -> bool:
    return glob.has_magic(str(source))


def _matches(source: str | Path) -> list[Path]:
    path = Path(os.path.normpath(Path(source).expanduser().absolute()))
    if os.path.lexists(path):  # also a file whose name looks like a pattern, and a broken link, which gets its own message
        return [path]
    if not _is_pattern(source):
        return []
    # glob and not Path.glob: an absolute pattern, hidden files left out.
    matches = sorted(glob.glob(str(path), recursive=True))  # noqa: PTH207
    return [found for match in matches if not _skipped((found := Path(match)).name)]


def _recordings(folder: Path) -> Iterator[Path]:
    visited: set[tuple[int, int]] = set()
    for parent, names, files in os.walk(folder, followlinks=True):
        status = os.stat(parent)  # noqa: PTH116
        if (status.st_dev, status.st_ino) in visited:  # a link to a directory above, or a second way to the same place
            names.clear()
            continue
        if NOT_RECORDINGS in files:
            names.clear()
            continue
        visited.add((status.st_dev, status.st_ino))
        names[:] = sorted(name for name in names if not _skipped(name))
        for name in sorted(files):
            if not _skipped(name) and Path(name).suffix.lower() in EXTENSIONS:
                yield Path(parent, name)


def _skipped(name: str) -> bool:
    """Hidden files (among them the ``._x.wav`` of macOS) and the halves of unfinished copies."""
    return name.startswith((".", "~", "$")) or name.endswith("~")
