"""A call full of identifiers, every one invented: as a transcript with times, and as a store with a sound of its own."""

from __future__ import annotations

import json
import math
import re
import struct
import wave
import zipfile
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from typer.testing import CliRunner

from qa.calls import Call, Dropped, Heard, Quarantined, Recording, Roles, Turn, Word
from qa.cli import app
from qa.config import Settings, shipped
from qa.intake.files import content_hash
from qa.pipeline import judge_call
from qa.scoring.rubric import load_rubric
from qa.store.store import Keys, Store

CALL_ID = "8001_13800001234_20261120093000"
CUSTOMER = "13800001234"

#: What was said, and by whom; the numbers also in the forms in which they must not be found anywhere.
TURNS: tuple[tuple[str, str], ...] = (
    ("agent", "您好，工号8001为您服务，请问您贵姓？"),
    ("customer", "免贵姓欧阳，叫欧阳震华。"),
    ("agent", "欧阳震华先生您好，请报一下手机号码。"),
    ("customer", "幺三八零零零零"),
    ("agent", "嗯"),
    ("customer", "幺二三四"),
    ("agent", "跟您确认，13800001234，对吗？"),
    ("customer", "对，身份证号是11019919900307013X，卡号是6217 0000 0000 0000 012。"),
    ("agent", "地址呢？"),
    ("customer", "浙江省杭州市西湖区文三路九十号三栋二单元，车牌浙A00C01，邮箱zhenhua@example.com，我要投诉你们！"),
    ("agent", "好的，订单号20261120123456给您登记了，感谢您的来电，再见。"),
)

#: None of these may stand in anything that is shown: enough of each to know the person by.
SECRETS = (
    "13800001234",
    "零零零零",
    "11019919900307013",
    "19900307",
    "6217 0000 0000",
    "6217000000000000012",
    "欧阳震华",
    "震华",
    "文三路",
    "三栋二单元",
    "00C01",
    "zhenhua",
)


def write_sound(path: Path, seconds: float) -> None:
    """A tone of 200 Hz on both channels, so that what is covered can be told from what is not."""
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 8000, 0, "NONE", ""))
        samples = (int(9000 * math.sin(2 * math.pi * 200 * i / 8000)) for i in range(int(8000 * seconds)))
        file.writeframes(b"".join(struct.pack("<hh", sample, sample) for sample in samples))


def heard() -> Heard:
    """The call as hearing would give it: a second a turn and a word a character."""
    turns = []
    for index, (role, text) in enumerate(TURNS):
        start, step = 2.0 * index, 1.8 / len(text)
        words = tuple(
            Word(character, round(start + i * step, 2), round(start + (i + 1) * step, 2), 0.9) for i, character in enumerate(text)
        )
        turns.append(
            Turn(role=role, text=text, start=start, end=words[-1].end, confidence=0.9, words=words, channel=int(role == "customer"))  # type: ignore[arg-type]
        )
    return Heard(
        duration=2.0 * len(TURNS),
        channels=2,
        turns=tuple(turns),
        roles=Roles(method="channel", confidence=1.0, agent_channel=0),
        dropped=(Dropped(0.5, 1.0, "电话13800001234", "loop"),),
        parted=True,
    )


def planted(folder: Path, settings: Settings) -> Call:
    """The call, judged by the shipped rubric, with its recording in ``folder``."""
    sound = folder / f"{CALL_ID}.wav"
    write_sound(sound, 2.0 * len(TURNS))
    recording = Recording(
        call_id=CALL_ID,
        content_hash=content_hash(sound),
        path=str(sound),
        agent_id="8001",
        agent_name="李强",
        team="一组",
        customer_id=CUSTOMER,
        started_at=datetime(2026, 11, 20, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai")),
        extra={"回电号码": CUSTOMER},
    )
    return judge_call(recording, heard(), load_rubric(shipped("rubrics", "general_inbound.yaml")), settings)


def planted_store(folder: Path, settings: Settings | None = None) -> Path:
    """A workspace that holds the call, and a quarantined recording with the number in its name; the place of the store."""
    settings = settings or Settings()
    folder.mkdir(parents=True, exist_ok=True)
    with Store.open(folder / "qa-data") as store:
        store.save(planted(folder, settings), Keys("h", "j"))
        path = f"/录音/8001_{CUSTOMER}_20261121.wav"
        store.quarantine(Quarantined(call_id=f"8001_{CUSTOMER}_20261121", path=path, content_hash=None, message=f"读不了\n  位置：{path}"))
    return folder / "qa-data"


def texts_of(path: Path) -> list[tuple[str, str]]:
    """Everything readable in a file, parts of archives and packed columns included: (where, text)."""
    data = path.read_bytes()
    found = [(path.name, path.name)]
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            found += [(f"{path.name}/{name}", archive.read(name).decode("utf-8", "ignore")) for name in archive.namelist()]
    elif path.suffix == ".parquet":
        import pyarrow.parquet as pq

        found.append((path.name, json.dumps(pq.read_table(path).to_pylist(), ensure_ascii=False, default=str)))
    else:
        found.append((path.name, data.decode("utf-8", "ignore")))
    return found


def leaks(text: str) -> list[str]:
    plain = text.replace("\\u", "\\\\u")
    flat = re.sub(r"[\s,，]", "", text)
    return [secret for secret in SECRETS if secret in plain or secret.replace(" ", "") in flat]


def run(*arguments: str, status: int = 0) -> str:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == status, result.output
    return result.output
