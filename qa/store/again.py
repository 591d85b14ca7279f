"""What judging again reads of a stored call and what it writes: the words stay as they are, only the verdict is another.

Calls are read and written a few at a time, each group in one transaction, because to begin and end one costs more than
what is done in it. Whoever dies between two groups leaves every call whole, with the old verdict or the new one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, select, update

from qa.calls import Call, Heard, Outcome, Recording, Score, SentimentTrack
from qa.store.store import JUDGED, Keys, Store, judged_columns, load
from qa.store.tables import CallRow

#: Calls that are read, or written, in one transaction.
TOGETHER = 16


@dataclass(frozen=True, slots=True)
class Ruled:
    """The outcome of one criterion."""

    criterion: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Earlier:
    """What the verdict that a call has comes to, without its reasons."""

    score: Score
    findings: tuple[Ruled, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """What is stored of a call but its analysis and reasons."""

    recording: Recording
    heard: Heard
    track: SentimentTrack | None
    hearing_key: str
    earlier: Earlier


def groups(call_ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """The ids, :data:`TOGETHER` at a time.

    >>> [len(group) for group in groups([f"call-{number}" for number in range(20)])]
    [16, 4]
    """
    return (call_ids[i : i + TOGETHER] for i in range(0, len(call_ids), TOGETHER))


def words_of(store: Store, call_ids: Sequence[str]) -> list[Words]:
    """The words of these calls, in the order of the ids; an id without a call is left out."""
    parts = (CallRow.call_id, CallRow.recording, CallRow.heard, CallRow.track, CallRow.hearing_key, CallRow.verdict)
    asked = select(*parts).where(CallRow.call_id.in_(call_ids))
    rows = {row.call_id: row for row in store.database.read(lambda session: session.execute(asked).all())}
    return [
        Words(
            recording=load(Recording, row.recording),
            heard=load(Heard, row.heard),
            track=load(SentimentTrack, row.track) if row.track else None,
            hearing_key=row.hearing_key,
            earlier=load(Earlier, row.verdict),
        )
        for row in (rows[call_id] for call_id in call_ids if call_id in rows)
    ]


@dataclass(frozen=True, slots=True)
class Judged:
    """A call as it was judged again: from what, and what made its verdict."""

    words: Words
    call: Call
    judging_key: str


_KEEP = (
    update(CallRow)
    .where(CallRow.call_id == bindparam("of_call"))
    .values({name: bindparam(f"new_{name}") for name in ("judging_key", *JUDGED)})
    .execution_options(synchronize_session=False)
)


def keep_verdicts(store: Store, judged: Sequence[Judged]) -> None:
    """Keep these verdicts in place of the earlier ones, all of them or none; the words are not written again.

    Where words are to be kept masked and were not yet, their call is written whole, in a transaction of its own.
    """
    rows = []
    for one in judged:
        if one.call.heard is one.words.heard and one.call.recording is one.words.recording:
            kept = {"judging_key": one.judging_key, **judged_columns(one.call)}
            rows.append({"of_call": one.call.recording.call_id, **{f"new_{name}": value for name, value in kept.items()}})
        else:
            store.save(one.call, Keys(one.words.hearing_key, one.judging_key))
    if rows:
        store.database.write(lambda session: session.connection().execute(_KEEP, rows))
