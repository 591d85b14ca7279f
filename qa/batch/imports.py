"""Transcripts that came from elsewhere, judged and kept like recordings; the same again changes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from qa.asr.parties import decided, undecided
from qa.batch.plan import judging_key, set_aside
from qa.batch.roles import by_hand
from qa.calls import Heard, Quarantined, Recording
from qa.config import Settings
from qa.errors import RecordingError
from qa.intake.transcripts import Item, TranscriptReader
from qa.pipeline import judge_call
from qa.scoring.choice import Rubrics
from qa.sentiment.tracks import Tracks
from qa.store.store import Kept, Keys, Store

#: Raise when a change to the code of reading changes what is read, so that files imported again are read anew.
IMPORT_REVISION = 1


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did, in calls: new, replaced by what the file says now, judged again by what has changed, as before.

    >>> print(Imported(new=2, unchanged=1))
    导入：新 2 通，未变 1 通
    """

    new: int = 0
    replaced: int = 0
    judged: int = 0
    unchanged: int = 0
    quarantined: int = 0

    def __str__(self) -> str:
        counted = (("新", self.new), ("代替", self.replaced), ("重新评分", self.judged), ("未变", self.unchanged))
        told = "，".join(f"{name} {count} 通" for name, count in counted if count) or "没有可用的通话"
        return f"导入：{told}" + (f"；{self.quarantined} 条有问题已隔离（qa report 的隔离页写明原因）" if self.quarantined else "")

    @property
    def exit_status(self) -> int:
        """0 all in order, 1 some quarantined, 2 nothing could be used."""
        if not self.quarantined:
            return 0
        return 1 if self.new + self.replaced + self.judged + self.unchanged else 2


def import_files(
    files: Iterable[Path], reader: TranscriptReader, store: Store, settings: Settings, rubrics: Sequence[Path], *, over: bool
) -> Imported:
    """Read, judge and keep the calls of the files; a faulty one is quarantined and the others go on.

    A call that is in the store from another file, or as a recording, is refused unless ``over`` says that it is to be
    replaced. What was quarantined from these files before and is in order now is released.

    Raises:
        ModelError, RubricError, StoreError: what would fail for every call alike.
    """
    sheets, tracks = Rubrics.load(rubrics, settings.zone), Tracks.of(settings.sentiment)
    kept, sources = store.kept(), store.import_sources()
    held_before = {held.call_id: held.path for held in store.quarantined()}
    held_now: set[str] = set()
    read: set[str] = set()
    done = Imported()
    for file in files:
        source = str(file.absolute())
        read.add(source)
        for item in reader.read(file):
            item = _with_a_rubric(item if over else _unless_anothers(item, source, kept, sources), sheets)
            if isinstance(item, Quarantined):
                store.quarantine(item)
                held_now.add(item.call_id)
                done = replace(done, quarantined=done.quarantined + 1)
            else:
                done = _keep(item, source, kept.get(item[0].call_id), store, settings, sheets, tracks, done)
    for call_id, source in held_before.items():
        if source in read and call_id not in held_now:
            store.release(call_id)
    return done


def _with_a_rubric(item: Item, sheets: Rubrics) -> Item:
    """The item, or a refusal where no rubric is meant for such a call."""
    if isinstance(item, Quarantined):
        return item
    try:
        sheets.of(item[0])
    except RecordingError as error:
        return set_aside(item[0], str(error))
    return item


def _unless_anothers(item: Item, source: str, kept: dict[str, Kept], sources: dict[str, str]) -> Item:
    """The item, or a refusal where its id belongs to another call of the store."""
    if isinstance(item, Quarantined):
        return item
    recording = item[0]
    stored = kept.get(recording.call_id)
    origin = stored.path or sources.get(recording.call_id) if stored else None
    if stored is None or origin is None or origin == source or stored.content_hash == recording.content_hash:
        return item
    message = (
        f"通话编号 {recording.call_id} 在结果库里已属于另一{'个录音' if stored.path else '份文字记录'}\n  位置：{source}\n"
        f"  原因：库中的来自 {origin}，内容不同\n"
        "  处理：在文件或清单里给它另一个 call_id，或换一个 --store 目录；确实要用它代替时加 --replace"
    )
    # A quarantine entry under the same id would stand beside the good result as if that had failed.
    call_id = f"{recording.call_id}@{recording.content_hash[:8]}"
    return Quarantined(call_id=call_id, path=source, content_hash=recording.content_hash, message=message)


def _keep(
    item: tuple[Recording, Heard],
    source: str,
    stored: Kept | None,
    store: Store,
    settings: Settings,
    sheets: Rubrics,
    tracks: Tracks,
    done: Imported,
) -> Imported:
    recording, heard = item
    sheet = sheets.of(recording)
    hearing = hashlib.sha256(f"transcript {IMPORT_REVISION} {recording.content_hash} {recording.agent_channel}".encode()).hexdigest()
    keys = Keys(hearing, judging_key(recording, hearing, settings, sheet.hash, tracks.fingerprint))
    if stored is not None and stored.keys == keys:
        store.release(recording.call_id)
        return replace(done, unchanged=done.unchanged + 1)
    if undecided(heard):
        heard = decided(heard, recording.agent_channel)
    heard = by_hand(heard, recording, store)
    before = store.call(recording.call_id) if stored is not None else None
    store.save(judge_call(recording, heard, sheet, settings, tracks.track(heard, before.track if before else None)), keys)
    store.remember_import(recording.call_id, source)
    if stored is None:
        return replace(done, new=done.new + 1)
    if stored.keys.hearing == hearing:
        return replace(done, judged=done.judged + 1)
    return replace(done, replaced=done.replaced + 1)
