"""Cases without end for what reads other people's files: ``python tests/fuzzing.py --minutes 10 [--seed 1] [--only manifest]``.

Four readers, each with a strategy of :mod:`hypothesis` and what must hold for whatever it makes: a manifest gives a batch inside
its folders or is refused in words; a rubric judges or is refused; a file of transcripts gives calls or reasons; a recording is
decoded or refused. Each case lies in a file before it is read, so that one that brings the process down is found there.
``tests/test_fuzzing.py`` runs some of the same cases each time.
"""

from __future__ import annotations

import argparse
import faulthandler
import io
import json
import random
import resource
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import hypothesis
from hypothesis import HealthCheck
from hypothesis import strategies as st
from intake.test_hostile import FILES, calls_or_reasons, twisted
from recorded import write_wav
from scoring.test_fuzz import DAMAGE, WHOLE, damaged, judged_or_refused

from qa.config import IntakeSettings, Settings
from qa.errors import QaError, RecordingError
from qa.intake.audio import decode
from qa.intake.codecs import CODECS, sample
from qa.intake.headers import describe
from qa.intake.manifest import plan

#: Cases of one seed; the next batch has the next seed, so that a finding is repeated by its seed in seconds.
BATCH = 200

EDITS = st.lists(
    st.tuples(
        st.sampled_from(["set", "cut", "drop", "insert", "repeat", "swap"]), st.floats(0, 1, exclude_max=True), st.binary(max_size=8)
    ),
    min_size=1,
    max_size=8,
)


def edited(data: bytes, edits: list[tuple[str, float, bytes]]) -> bytes:
    """The bytes with some overwritten, cut off, left out, put in, repeated or moved; places are shares of the length."""
    changed = bytearray(data)
    for kind, share, piece in edits:
        place = int(share * len(changed))
        if kind == "set":
            changed[place : place + len(piece)] = piece
        elif kind == "cut":
            del changed[place:]
        elif kind == "drop":
            del changed[place : place + 1 + len(piece) * 8]
        elif kind == "insert":
            changed[place:place] = piece
        elif kind == "repeat":
            changed[place:place] = changed[place : place + 64 * (1 + len(piece))]
        else:
            changed = changed[place:] + changed[:place]
    return bytes(changed)


@dataclass(frozen=True)
class Reader:
    """A reader of files under fuzzing: what to give it as a file's name and bytes, and what must hold of that file."""

    cases: st.SearchStrategy[tuple[str, bytes]]
    holds: Callable[[Path], None]
    memory: int = 0  # bytes of address space, 0 for no limit


TEXTS = st.text(max_size=12) | st.sampled_from(
    ["", "../x.wav", "/etc/passwd", "a.wav", "b.wav", "2026-11-20 09:00:00", "2026/13/45", "=1+1", "inbound", "呼出", "左", "1",
     "x" * 5000, "\u202e", "a\0b", "99999999999999999999", "46341.5", "1e400"]
)  # fmt: skip
HEADINGS = st.sampled_from(
    [
        "file",
        "录音文件",
        "agent_id",
        "工号",
        "started_at",
        "通话时间",
        "call_id",
        "direction",
        "customer_id",
        "agent_channel",
        "team",
        "备注",
        "",
    ]
)


@st.composite
def manifests(draw: st.DrawFn) -> tuple[str, bytes]:
    """A table with odd headings and cells as CSV, JSONL or XLSX, now and then with damaged bytes."""
    heads = draw(st.lists(HEADINGS, min_size=1, max_size=6) | st.just(["file", "agent_id", "started_at"]))
    rows = draw(st.lists(st.lists(TEXTS, min_size=0, max_size=7), max_size=5))
    kind = draw(st.sampled_from(["csv", "jsonl", "xlsx"]))
    if kind == "csv":
        quote = draw(st.booleans())
        lines = [",".join(f'"{cell}"' if quote else cell for cell in row) for row in (heads, *rows)]
        data = "\n".join(lines).encode(draw(st.sampled_from(["utf-8", "gbk", "utf-16"])), "replace")
    elif kind == "jsonl":
        odd = st.none() | st.integers() | st.floats() | st.lists(st.integers(), max_size=2) | TEXTS
        data = "\n".join(json.dumps(dict(zip(heads, [*row, draw(odd)], strict=False))) for row in rows).encode()
    else:
        data = workbook((heads, *rows))
    return f"m.{kind}", edited(data, draw(EDITS)) if draw(st.integers(0, 3)) == 0 else data


def workbook(rows: tuple[list[str], ...]) -> bytes:
    """The rows as an Excel file."""
    import openpyxl
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for number, row in enumerate(rows, 1):
        for column, cell in enumerate(row, 1):
            sheet.cell(number, column).value = ILLEGAL_CHARACTERS_RE.sub("", cell.encode("utf-8", "replace").decode())[:30_000]
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def told_what_to_do(error: QaError) -> None:
    """A refusal is in words, with the next step, and no longer than a person reads."""
    assert "处理：" in str(error)
    assert len(str(error)) < 100_000


def planned_or_refused(manifest: Path) -> None:
    """The batch lies inside the folder of the manifest, or the refusal says what to do; with and without what is required."""
    folder = manifest.parent / "录音"
    if not folder.exists():
        for number, name in enumerate(("a.wav", "b.wav", "sub/c.wav")):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            write_wav(folder / name, number)
    for forgiving in (False, True):
        try:
            batch = plan([folder], manifest, Settings(intake=IntakeSettings(allow_missing_metadata=forgiving, settle_seconds=0)))
        except QaError as error:
            told_what_to_do(error)
            continue
        for recording in batch.recordings:
            assert Path(str(recording.path)).resolve().is_relative_to(folder.resolve())
            recording.call_id.encode()


@st.composite
def rubrics(draw: st.DrawFn) -> tuple[str, bytes]:
    """A sheet damaged in its values, or in its bytes."""
    if draw(st.booleans()):
        return "r.yaml", damaged(draw(DAMAGE)).encode()
    return "r.yaml", edited(WHOLE.encode(), draw(EDITS))


@cache
def transcripts() -> dict[str, bytes]:
    """Files of all formats that are read, by name."""
    turn = {"start": 0.5, "end": 2.0, "speaker": "agent", "text": "您好，请讲。"}
    own = {"schema": "transcript/1", "call_id": "r1", "agent_id": "8001", "started_at": "2026-11-20T09:00:00", "turns": [turn, turn]}
    files = {path.name: path.read_bytes() for path in sorted(FILES.iterdir())}
    files["own.jsonl"] = "\n".join(json.dumps(own | {"call_id": f"r{n}"}, ensure_ascii=False) for n in range(3)).encode()
    files["sheet.xlsx"] = workbook((["通话编号", "角色", "内容", "开始"], ["1", "坐席", "您好", "0.5"], ["1", "客户", "喂", "2"]))
    return files


@st.composite
def written(draw: st.DrawFn) -> tuple[str, bytes]:
    """A file of transcripts with damaged bytes or, where it is JSON, with values of other kinds; now and then under another ending."""
    name = draw(st.sampled_from(sorted(transcripts())))
    data = transcripts()[name]
    if name.endswith(".json") and draw(st.booleans()):
        data = json.dumps(twisted(json.loads(data), random.Random(draw(st.integers(0, 2**32))))).encode()
    else:
        data = edited(data, draw(EDITS))
    ending = draw(st.sampled_from([*[name.rpartition(".")[2]] * 6, "json", "csv", "srt", "vtt", "txt", "xlsx"]))
    return f"t.{ending}", data


@cache
def recordings() -> dict[str, tuple[bytes, str]]:
    """A short recording of each codec that this build encodes, with its ending."""
    made = {}
    for codec in CODECS:
        try:
            data = sample(codec, 0.6)
        except (ValueError, OSError):  # libav's errors are one of the two
            continue
        made[codec.name] = (data, {"adts": "aac", "asf": "wma"}.get(codec.container, codec.container))
    return made


@st.composite
def sounds(draw: st.DrawFn) -> tuple[str, bytes]:
    """A recording with damaged bytes, many of them in its head."""
    data, ending = recordings()[draw(st.sampled_from(sorted(recordings())))]
    edits = draw(EDITS)
    if draw(st.booleans()):
        head = min(len(data), 400)
        data = edited(data[:head], edits) + data[head:]
    else:
        data = edited(data, edits)
    return f"s.{ending}", data


def decoded_or_refused(path: Path) -> None:
    """The sound is finite and of one or two channels, or the refusal says what to do."""
    describe(path)
    try:
        audio = decode(path)
    except RecordingError as error:
        told_what_to_do(error)
        return
    with audio:
        assert audio.channels in (1, 2)
        assert 0 <= audio.duration < 7 * 86_400
        assert len(audio.window(0)) == audio.window(audio.channels - 1).shape[0]


READERS = {
    "manifest": Reader(manifests(), planned_or_refused),
    "rubric": Reader(rubrics(), judged_or_refused),
    "transcript": Reader(written(), calls_or_reasons),
    "container": Reader(sounds(), decoded_or_refused, memory=6 * 2**30),
}


@dataclass
class Tally:
    """How many cases were run, and the slowest."""

    cases: int = 0
    slowest: float = 0.0
    kinds: set[str] = field(default_factory=set)


def run(reader: Reader, folder: Path, *, seed: int, examples: int, tally: Tally | None = None) -> Tally:
    """So many cases of a seed; raises what the first that does not hold raises, made small."""
    tally = tally or Tally()

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck), print_blob=True, derandomize=False
    )
    @hypothesis.given(reader.cases)
    def one(case: tuple[str, bytes]) -> None:
        name, data = case
        path = folder / name
        path.write_bytes(data)
        began = time.process_time()  # by the clock, a busy machine would make findings
        try:
            reader.holds(path)
        finally:
            taken = time.process_time() - began
            tally.cases += 1
            tally.slowest = max(tally.slowest, taken)
        assert taken < 20, f"{taken:.0f} s"

    one()
    return tally


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10.0, help="for all readers together")
    parser.add_argument("--seed", type=int, default=0, help="of the first batch of cases; 0 for one by the clock")
    parser.add_argument("--only", choices=sorted(READERS), help="one reader alone")
    parser.add_argument("--keep", type=Path, help="folder for the files; a temporary one, kept after a finding, by default")
    options = parser.parse_args()
    faulthandler.enable()
    names = [options.only] if options.only else list(READERS)
    first = options.seed or int(time.time())
    home = options.keep or Path(tempfile.mkdtemp(prefix="qa-fuzz-"))
    print(f"seed {first}, files in {home}", flush=True)
    failed, all_cases, began = False, 0, time.process_time()
    for name in names:
        folder = home / name
        folder.mkdir(parents=True, exist_ok=True)
        reader, tally, until = READERS[name], Tally(), time.monotonic() + options.minutes * 60 / len(names)
        if reader.memory:
            resource.setrlimit(resource.RLIMIT_AS, (reader.memory, resource.getrlimit(resource.RLIMIT_AS)[1]))
        seed = first
        while time.monotonic() < until:
            try:
                run(reader, folder, seed=seed, examples=BATCH, tally=tally)
            except Exception:
                failed = True
                print(f"{name}: seed {seed} found:", flush=True)
                print("".join(line[:500] for line in traceback.format_exc().splitlines(keepends=True)), flush=True)
            seed += 1
        all_cases += tally.cases
        print(f"{name}: {tally.cases} cases, seeds {first} to {seed - 1}, slowest {tally.slowest:.2f} s of processor", flush=True)
    print(f"{all_cases} cases, {(time.process_time() - began) / 60:.1f} minutes of processor", flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
