"""Content hashes without reading the bytes again: files that are as they were when last read."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from qa.intake.files import content_hash
from qa.intake.settling import age, stamp
from qa.store.runs import known_files, remember_files
from qa.store.store import Store

#: Seconds that a change must lie back before the hash is kept: a file changed twice within the clock's resolution keeps its times.
YOUNG = 2.0


class KnownFiles:
    """Names files by their bytes, as :class:`~qa.intake.settling.Naming` asks; what was read is kept for the next run by :meth:`keep`.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, Store.open(folder) as store:
    ...     KnownFiles(store)(Path(__file__)) == content_hash(Path(__file__))
    True
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, tuple[str, str]] = {}
        self._read: list[tuple[str, str, str]] = []

    def expect(self, paths: Sequence[Path]) -> None:
        """Look up what is known of files that will be asked for."""
        self._known |= known_files(self._store, [str(path) for path in paths])

    def __call__(self, path: Path) -> str:
        """The hash; RecordingError when the file has to be read and cannot be."""
        before = stamp(path)
        seen, digest = self._known.get(str(path), (None, ""))
        if before is not None and before == seen:
            return digest
        digest = content_hash(path)
        if before is not None and before == stamp(path) and age(before, time.time()) > YOUNG:
            self._read.append((str(path), before, digest))
        return digest

    def keep(self) -> None:
        """Keep what was read."""
        remember_files(self._store, self._read)
        self._read.clear()
