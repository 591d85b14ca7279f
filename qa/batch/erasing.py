"""Taking a person's calls out of a workspace because that person asks for it (PIPL, article 47), with a record that it was done.

The record does not say who: it holds a salted hash that only somebody who knows the customer's number can compare,
so that the question whether a certain person's calls were deleted can be answered later.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from qa.config import Settings
from qa.errors import ConfigError, QaError
from qa.report.report import write_report
from qa.report.shown import Shown
from qa.report.site import CONTENTS
from qa.store.removals import compact, removals, remove_call
from qa.store.store import Store

# OWASP's least for scrypt is N=2^17; a telephone number has some 10^10 values, and each guess takes a tenth of a second.
_COST = {"n": 2**15, "r": 8, "p": 1, "maxmem": 2**26}
_KNOWN_AS = re.compile("erased:(?P<salt>[0-9a-f]{32}):(?P<digest>[0-9a-f]{32})")


@dataclass(frozen=True, slots=True)
class Entry:
    """Something kept of a person's call: the call, or a recording in quarantine; ``why`` it is taken for this person's."""

    call_id: str
    path: str | None
    why: str


def plan_erasure(store: Store, *, customer: str | None = None, call_id: str | None = None) -> tuple[Entry, ...]:
    """What would be erased, in order of id: calls whose customer is ``customer``, or that have it in their id or file's name.

    Parts of a name count as wholes: customer 1380 is not in 8001_13800001000_1.wav. ``call_id`` names one call instead.

    >>> import tempfile
    >>> with Store.open(tempfile.mkdtemp()) as store:
    ...     plan_erasure(store, customer="13800001000")
    ()

    Raises:
        ConfigError: neither or both are given.
    """
    if (customer is None) == (call_id is None) or not (customer or call_id):
        raise ConfigError("要删谁的通话没有说清楚", next_step="写 --customer 客户编号 或 --call 通话编号，二者选一")
    paths: dict[str, str | None] = {held.call_id: held.path for held in store.quarantined()}
    paths |= {known: kept.path for known, kept in store.kept().items()}
    for known, source in store.import_sources().items():
        paths[known] = paths.get(known) or source
    if call_id is not None:
        return (Entry(call_id, paths[call_id], "通话编号"),) if call_id in paths else ()
    wanted = str(customer).strip()
    customers = store.customers()
    found = []
    for known, path in sorted(paths.items()):
        if customers.get(known, "").strip() == wanted:
            found.append(Entry(known, path, "客户编号"))
        elif wanted in _parts(known) or (path and known not in customers and wanted in _parts(Path(path).stem)):
            found.append(Entry(known, path, "编号或文件名"))
    return tuple(found)


def erase(store: Store, entries: Iterable[Entry], subject: str, reason: str, now: datetime | None = None) -> tuple[int, str | None]:
    """Take everything of the entries out of the store: how many calls went, and why freed space stays where it does.

    ``subject`` is what was asked for (the customer's number, the call's id); the record keeps it as a salted hash.
    """
    known_as = stand_in(subject)
    gone = sum(remove_call(store, entry.call_id, action="erase", reason=reason, known_as=known_as, now=now) for entry in entries)
    return gone, compact(store) if gone else None


def rewritten(store: Store, reports: Sequence[Path], settings: Settings) -> list[str]:
    """Write the reports anew, so that pages, quotations, workbook and copies of recordings of what was erased are gone.

    Gives what went wrong, in words.
    """
    problems = []
    for report in reports:
        try:
            write_report(Shown.of(store, settings), report, settings)
        except QaError as error:
            problems.append(str(error))
    return problems


def expect_reports(reports: Sequence[Path]) -> None:
    """Before anything is erased: every one is the folder of a report of ours.

    Raises:
        ConfigError: one is not.
    """
    for report in reports:
        if not (report / CONTENTS).is_file():
            raise ConfigError("这里没有质检报告", where=str(report), next_step="--report 写 qa report 生成的目录；什么都还没有删")


def erased_before(store: Store, subject: str) -> list[datetime]:
    """When calls of this subject were erased, one moment a call.

    >>> import tempfile
    >>> with Store.open(tempfile.mkdtemp()) as store:
    ...     erased_before(store, "13800001000")
    []
    """
    known: dict[str, bool] = {}
    moments = []
    for removal in removals(store):
        if removal.action == "erase" and (record := _KNOWN_AS.fullmatch(removal.call_id)):
            if removal.call_id not in known:
                known[removal.call_id] = secrets.compare_digest(_digest(subject, record["salt"]), record["digest"])
            if known[removal.call_id]:
                moments.append(removal.removed_at)
    return moments


def stand_in(subject: str) -> str:
    """What the record calls a subject: a salted hash, another one each time."""
    salt = secrets.token_hex(16)
    return f"erased:{salt}:{_digest(subject, salt)}"


def _digest(subject: str, salt: str) -> str:
    return hashlib.scrypt(subject.strip().encode(), salt=bytes.fromhex(salt), dklen=16, **_COST).hex()


def _parts(name: str) -> frozenset[str]:
    return frozenset(re.split(r"[^0-9A-Za-z一-鿿]+", name))
