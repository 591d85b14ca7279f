"""A folder of some two hundred hostile recordings, and manifests: each is processed or refused with its reason, none stops the rest."""

from __future__ import annotations

import json
from pathlib import Path

import hostile
import pytest
from nursing import Nursery
from recorded import AT_ONCE, a_kit

from qa.batch.night import Order, carry_out
from qa.batch.watch import Silent
from qa.config import BatchSettings, IntakeSettings, Settings
from qa.errors import QaError
from qa.intake.manifest import plan
from qa.intake.sources import find
from qa.report.export import export_calls
from qa.store.store import Store

pytestmark = pytest.mark.slow


def test_a_hostile_folder(tmp_path: Path, nursery: Nursery) -> None:
    folder = tmp_path / "录音"
    assert hostile.recordings(folder) >= 200
    batch = BatchSettings(timeout=120, memory=1.5, retries=0, log=tmp_path / "log.jsonl", summary=tmp_path / "summary")
    order = Order(
        sources=(str(folder),),
        store=str(tmp_path / "store"),
        settings=AT_ONCE.model_copy(update={"batch": batch}),
        rubrics=(nursery.rubric,),
        kit=a_kit,
    )
    record = carry_out(order, Silent())
    with Store.open(tmp_path / "store") as store:
        held = {one.call_id: one.message for one in store.quarantined()}
        done = set(store.kept())
        assert export_calls(store, "jsonl", tmp_path / "calls.jsonl") == len(done)
    files = find([folder]).files
    assert len(files) >= 200
    assert len(done) + len(held) == len(files) == record.counts["heard"] + record.counts["quarantined"]
    assert done.isdisjoint(held)
    assert set(hostile.GOOD) <= done
    assert [message for message in held.values() if "位置：" not in message or "处理：" not in message] == []
    # Reasons, not symptoms: no recording had to be given up by the guard, and nothing was unforeseen.
    assert [message for message in held.values() if "没能做完" in message or "程序出错" in message] == []
    events = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    assert sum(event["event"] in ("call", "quarantined") for event in events) == len(files)
    assert (tmp_path / "summary" / "latest.html").stat().st_size > 1000


def test_hostile_manifests(tmp_path: Path) -> None:
    folder = tmp_path / "录音"
    folder.mkdir()
    for number, name in enumerate(hostile.GOOD):
        hostile.write_wav(folder / f"{name}.wav", number)
    tried = 0
    for manifest, word in hostile.manifests(folder):
        tried += 1
        with pytest.raises(QaError) as refused:
            plan([folder], manifest, Settings(intake=IntakeSettings()))
        assert word in str(refused.value), str(refused.value)[:500]
        assert "处理：" in str(refused.value)
        assert len(str(refused.value)) < 20_000, manifest.name
    assert tried >= 20
