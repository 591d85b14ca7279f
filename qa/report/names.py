"""File names for anything: whatever an id holds, its page has a name that every file system takes."""

from __future__ import annotations

import hashlib
import re

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")
_SLUG_LENGTH = 40


def page_name(identifier: str) -> str:
    """A file name of plain ASCII, the same every time, different for every id on any file system.

    The readable part is for people; the hash tells apart ids that differ in case, slashes or emoji alone. A name
    never begins with a dot or a dash and never is one that Windows reserves.

    >>> page_name("dev004")
    'dev004-4f5829be3f5e.html'
    >>> page_name("../../etc/passwd").startswith("etc-passwd-"), page_name("A") == page_name("a")
    (True, False)
    """
    return f"{_stem(identifier)}.html"


def _stem(identifier: str) -> str:
    digest = hashlib.sha256(identifier.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    slug = _UNSAFE.sub("-", identifier)[:_SLUG_LENGTH].strip("-")
    return f"{slug}-{digest}" if slug else f"x-{digest}"
