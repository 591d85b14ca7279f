"""What there is to do: hear again only if hearing changed, judge again only if judging changed.

Each half of a result has a key, the hash of everything that made it. A run over the same folder compares keys
and is done in a moment; a changed rubric re-judges without hearing; a replaced recording is heard anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pydantic import TypeAdapter

import qa
from qa.asr.corrections import load_corrections
from qa.calls import Quarantined, Recording
from qa.config import HearingSettings, Settings
from qa.errors import RecordingError
from qa.intake.remote import there
from qa.scoring.vocabulary import Kept as Known
from qa.store.removals import removed_contents
from qa.store.store import REMOVED, Kept, Keys, Store

if TYPE_CHECKING:
    from qa.scoring.choice import Rubrics

#: Raise when a change to the code of hearing changes what is heard, so that stored calls are heard again.
HEARING_REVISION = 10

#: Settings that change how fast it goes and not what comes out.
_SPEED_ONLY = {"threads", "batch_size"}


@dataclass(frozen=True, slots=True)
class Task:
    """One call that needs work, and from which step on.

    ``heard_as`` is the id under which the same recording has been heard, where that is another; ``renamed`` says that
    there is no such file any more, so that this call takes its place.
    """

    recording: Recording
    keys: Keys
    step: Literal["hear", "judge"]
    heard_as: str | None = None
    renamed: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """The work of a run.

    ``refused`` were found wrong while planning, ``released`` are in order again without any work, and
    ``still_quarantined`` have been tried with the very same settings before.
    """

    tasks: tuple[Task, ...]
    up_to_date: int
    refused: tuple[Quarantined, ...]
    released: tuple[str, ...]
    still_quarantined: int

    @property
    def to_hear(self) -> int:
        return sum(task.step == "hear" for task in self.tasks)


def hearing_key(recording: Recording, settings: HearingSettings, model: str) -> str:
    """Names what was heard: the recording's bytes, who is on which channel, the model and the settings; a list of
    corrections counts by what it says and not by where it lies.

    >>> one = Recording(call_id="c", content_hash="aa")
    >>> settings = HearingSettings()
    >>> hearing_key(one, settings, "m") == hearing_key(one, settings.model_copy(update={"threads": 7}), "m")
    True
    """
    made_of = settings.model_dump_json(exclude=_SPEED_ONLY | {"corrections"}) + repr(load_corrections(settings.corrections))
    return _digest(recording.content_hash, str(recording.agent_channel), model, made_of, str(HEARING_REVISION))


_LIMITS = Known[str](most=16)


def judging_key(recording: Recording, hearing: str, settings: Settings, rubric: str, feeling: str) -> str:
    """Names what was judged: what was heard, the metadata, the rubric's hash, the limits, the models asked, the version.

    ``feeling`` is the fingerprint of the sentiment model, empty where none is used.
    """
    limits = _LIMITS.of((settings,), lambda: settings.model_dump_json(include={"analysis", "llm", "timezone"}))
    return _digest(hearing, _RECORDING.dump_json(recording).decode(), rubric, limits, feeling, qa.__version__)


def plan_run(
    recordings: Sequence[Recording],
    store: Store,
    settings: Settings,
    *,
    model: str,
    rubrics: Rubrics,
    feeling: str = "",
    retry: bool = False,
) -> Plan:
    """Compare what is wanted with what is stored.

    ``model`` is the recogniser's fingerprint and ``feeling`` the sentiment model's. A recording that no rubric is meant
    for is refused; so is one whose id belongs to another recording in the store, rather than written over it. One that
    is in the store under another id is not heard again, nor is one that was removed from it. What is quarantined is
    tried again when something about it has changed, or with ``retry``.
    """
    kept, tried, removed = store.kept(), store.quarantine_keys(), removed_contents(store)
    others = _Others(kept, {recording.call_id for recording in recordings})
    tasks: list[Task] = []
    refused: list[Quarantined] = []
    released: list[str] = []
    up_to_date = still_quarantined = 0
    for recording in recordings:
        hearing = hearing_key(recording, settings.hearing, model)
        try:
            keys = Keys(hearing, judging_key(recording, hearing, settings, rubrics.of(recording).hash, feeling))
        except RecordingError as error:
            refused.append(set_aside(recording, str(error)))
            continue
        stored = kept.get(recording.call_id)
        if _removed(recording, stored, removed):
            up_to_date += 1
        elif stored and _another_recording(recording, stored):
            refused.append(_clash(recording, stored))
        elif stored and stored.keys == keys:
            up_to_date += 1
            if recording.call_id in tried:
                released.append(recording.call_id)
        elif stored and stored.keys.hearing == hearing:
            tasks.append(Task(recording, keys, "judge"))
        elif tried.get(recording.call_id) == hearing and not retry:
            still_quarantined += 1
        elif stored is None and (other := others.heard(hearing)):
            tasks.append(Task(recording, keys, "judge", heard_as=other, renamed=others.gone(other)))
        else:
            tasks.append(Task(recording, keys, "hear"))
    return Plan(tuple(tasks), up_to_date, tuple(refused), tuple(released), still_quarantined)


class _Others:
    """The stored calls by what was heard, to find a recording under another id."""

    def __init__(self, kept: Mapping[str, Kept], wanted: Set[str]) -> None:
        self._kept, self._wanted = kept, wanted
        self._by_hearing = {stored.keys.hearing: call_id for call_id, stored in sorted(kept.items(), reverse=True)}

    def heard(self, hearing: str) -> str | None:
        return self._by_hearing.get(hearing)

    def gone(self, call_id: str) -> bool:
        """Whether a call's file is no longer where it was, and the id is not that of another file of this run."""
        path = self._kept[call_id].path
        return path is not None and call_id not in self._wanted and not there(path)


def set_aside(recording: Recording, message: str) -> Quarantined:
    """The quarantine entry of a recording."""
    return Quarantined(call_id=recording.call_id, path=recording.path or "", content_hash=recording.content_hash, message=message)


def _removed(recording: Recording, stored: Kept | None, removed: Set[str]) -> bool:
    """Whether these very bytes were inspected and their words or their whole result removed on purpose."""
    if stored is None:
        return recording.content_hash in removed
    return stored.keys.hearing == REMOVED and stored.content_hash == recording.content_hash


def _another_recording(recording: Recording, stored: Kept) -> bool:
    """The same id from another place with other bytes; a moved file keeps its bytes, a corrected one its place."""
    return stored.path != recording.path and stored.content_hash != recording.content_hash


def _clash(recording: Recording, stored: Kept) -> Quarantined:
    message = (
        f"通话编号 {recording.call_id} 在结果库里已属于另一个录音\n  位置：{recording.path}\n"
        f"  原因：库中的录音来自 {stored.path}，内容不同\n  处理：在清单里给它另一个 call_id，或换一个 --store 目录"
    )
    # A quarantine entry under the same id would replace the good result, so the refused one is kept by its bytes.
    call_id = f"{recording.call_id}@{recording.content_hash[:8]}"
    return Quarantined(call_id=call_id, path=recording.path or "", content_hash=recording.content_hash, message=message)


_RECORDING = TypeAdapter(Recording)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
