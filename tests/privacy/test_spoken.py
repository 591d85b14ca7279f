"""Identifiers are planted in sound: a call is spoken, heard by the shipped model and reported, and nothing that was written holds
them; what the report lets one listen to is heard again, and does not hold them either."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from planted import run, texts_of
from rapidfuzz.distance import Levenshtein
from support import QA, ROOT

from qa.calls import Call
from qa.config import Settings
from qa.privacy import masked_call
from qa.store.store import Store
from qa.text.dictation import plain
from qa.text.mask import STAR
from qa.text.normalize import normalize
from qa.text.sound import nearest, read

pytestmark = pytest.mark.slow

SPOKEN = ROOT / "tests" / "data" / "spoken"
NAME = "8006_13800005679_20261120090000"
#: What is said in the whole call, as digits; of an identity card and a bank card the first and the last may be shown.
NUMBERS = {"phone": "13800005679", "id_card": "110199198503120274", "card": "6217001268437501964"}
_MARK = re.compile(r"\{(\w+)\|([^}]*)\}")


@dataclass(frozen=True)
class Plant:
    """What one turn says of a person: its kind, its words, and when the turn is spoken."""

    kind: str
    said: str
    start: float
    end: float


def plants() -> list[Plant]:
    turns = [json.loads(line) for line in (SPOKEN / "call.jsonl").read_text(encoding="utf-8").splitlines()]
    return [Plant(mark[1], mark[2], turn["start"], turn["end"]) for turn in turns for mark in _MARK.finditer(turn["text"])]


def qa(*arguments: str | Path) -> str:
    done = subprocess.run([*QA, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The call heard and reported; then what a reader may listen to, heard as a recording of its own, in ``again``."""
    home = tmp_path_factory.mktemp("spoken")
    (home / "rec").mkdir()
    (home / "rec" / f"{NAME}.mp3").write_bytes((SPOKEN / f"{NAME}.mp3").read_bytes())
    out = home / "out"
    settings = home / "qa.toml"
    pattern = 'filename_pattern = "{agent_id}_{customer_id}_{started_at:%Y%m%d%H%M%S}"'
    settings.write_text(
        f'[intake]\n{pattern}\n[batch]\nsummary = "{out / "summary"}"\nmetrics = "{out / "qa.prom"}"\n',
        encoding="utf-8",
    )
    (out / "summary").mkdir(parents=True)
    given = ("--store", str(home / "store"), "--config", str(settings))
    said = qa("run", home / "rec", *given, "--log", out / "run.jsonl", "--json-log")
    said += run("report", *given, "--out", str(out / "report"))
    with Store.open(home / "store") as store:
        [call] = store.calls()
    said += run("report", *given, "--call", call.recording.call_id, "--single-file", "--out", str(out / "evidence.html"))
    for what in ("calls", "complaints"):
        for form in ("jsonl", "csv", "parquet"):
            said += run("export", what, *given, "--format", form, "--out", str(out / f"{what}.{form}"))
    said += run("show", call.recording.call_id, *given)
    (out / "said.txt").write_text(said, encoding="utf-8")
    [copy] = (out / "report" / "audio").glob("*.mp3")
    (home / "again").mkdir()
    (home / "again" / "copy.mp3").write_bytes(copy.read_bytes())
    qa("run", home / "again", "--store", home / "store2", "--allow-missing-metadata", "--quiet")
    return home


def only(store: Path) -> Call:
    with Store.open(store) as opened:
        [call] = opened.calls()
    return call


def heard_as(call: Call, plant: Plant) -> tuple[int, int, int] | None:
    """The turn and span in which the recogniser wrote something that sounds like the plant; None where it heard nothing like it."""
    found = []
    for index, turn in enumerate(call.heard.turns):
        if turn.start is not None and turn.end is not None and turn.start < plant.end and plant.start < turn.end:
            normal = normalize(turn.text)
            if match := nearest(read(normalize(plant.said).text), read(normal.text)):
                found.append((match.closeness, index, *normal.original(match.begin, match.end)))
    closeness, *place = max(found, default=(0.0,))
    return (place[0], place[1], place[2]) if closeness >= 0.8 else None


def longest_shared(digits: str, text: str) -> str:
    """The longest run of the digits of a number that stands in the text, in whatever writing."""
    flat = re.sub(r"[\s，,、。.\-]", "", plain(text))
    return max((digits[a:b] for a in range(len(digits)) for b in range(a + 1, len(digits) + 1) if digits[a:b] in flat), key=len, default="")


def readable(path: Path) -> str:
    """What a person can read in a file; packed sound and pictures would hold any six digits."""
    return "\n".join(re.sub(r"data:[a-z/-]+;base64,[A-Za-z0-9+/=]+", "", text) for _, text in texts_of(path))


def test_the_call_was_heard_well_enough_to_tell(home: Path) -> None:
    """The test can fail: the store holds what was said, most of it as it was said."""
    call = only(home / "store")
    heard = {plant.kind for plant in plants() if heard_as(call, plant)}
    assert heard >= {"phone", "address"}
    said = "".join(turn.text for turn in call.heard.turns)
    assert all(len(longest_shared(digits, said)) >= 4 for digits in NUMBERS.values())


def test_what_is_shown_hides_every_plant(home: Path) -> None:
    call = only(home / "store")
    shown = masked_call(call, Settings().privacy)
    for plant in plants():
        if place := heard_as(call, plant):
            index, begin, end = place
            piece = shown.heard.turns[index].text[begin:end]
            share = {"name": 0.6, "address": 0.5}.get(plant.kind, 0.3)
            if plant.kind not in ("name", "address") and len(piece) <= 4:
                continue  # the last four digits of a number stay readable, also where they are a turn of their own
            assert piece.count(STAR) >= share * len(piece), (plant, piece)
    said = "".join(turn.text for turn in shown.heard.turns)
    assert {kind: longest for kind, digits in NUMBERS.items() if len(longest := longest_shared(digits, said)) > 4} == {}


def test_no_file_holds_a_plant(home: Path) -> None:
    call = only(home / "store")
    as_heard = {call.heard.turns[place[0]].text[place[1] : place[2]] for plant in plants() if (place := heard_as(call, plant))}
    as_said = {plant.said for plant in plants()} | {"陈志远", "文三路九十号", "三栋二单元"}
    secrets = {text for text in as_heard | as_said if not re.fullmatch("[0-9]{,4}", plain(text))}  # the last four of a number may be shown
    files = sorted(path for path in (home / "out").rglob("*") if path.is_file())
    assert {".html", ".xlsx", ".jsonl", ".csv", ".parquet", ".json", ".prom", ".txt"} <= {path.suffix for path in files}
    for path in files:
        text = readable(path)
        assert [secret for secret in secrets if secret in text] == [], path
        assert NUMBERS["phone"] not in str(path)
        flat = re.sub(r"[\s，,、。\-]", "", text)
        assert [digits for digits in NUMBERS.values() for at in range(len(digits) - 7) if digits[at : at + 8] in flat] == [], path


def test_the_covered_sound_does_not_hold_them_and_the_rest_is_still_heard(home: Path) -> None:
    call, again = only(home / "store"), only(home / "store2")
    said = "".join(turn.text for turn in again.heard.turns)
    assert {kind: longest for kind, digits in NUMBERS.items() if len(longest := longest_shared(digits, said)) > 4} == {}
    assert [plant for plant in plants() if plant.kind != "name" and heard_as(again, plant)] == []
    assert [plant for plant in plants() if plant.said in said] == []
    shown = masked_call(call, Settings().privacy)
    open_turns = [turn.text for turn in shown.heard.turns if STAR not in turn.text and len(turn.text) > 8]
    assert len(open_turns) >= 8
    kept = [text for text in open_turns if any(Levenshtein.normalized_similarity(text, turn.text) > 0.7 for turn in again.heard.turns)]
    assert len(kept) >= 0.8 * len(open_turns)
