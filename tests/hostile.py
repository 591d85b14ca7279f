"""A folder of recordings as no recording system should leave it, and manifests as nobody should write them.

``python tests/hostile.py FOLDER`` makes it to look at.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import os
import random
import socket
import struct
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from recorded import write_wav

from qa.intake.codecs import CODECS, sample

#: The ids of recordings that are in order: whatever lies beside them, they must come out.
GOOD = ("good0", "good1", "good2")


def recordings(folder: Path, seed: int = 0) -> int:
    """Fill a folder; gives the number of files."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(GOOD):
        write_wav(folder / f"{name}.wav", number)
    for number, (name, data) in enumerate(files(random.Random(seed))):
        (folder / f"{number:03d}-{name}").write_bytes(data)
    for number, name in enumerate(names()):
        path = os.fsencode(folder) + b"/" + name
        write_wav(folder / "made.wav", 100 + number)
        with contextlib.suppress(OSError):  # a file system may refuse a name
            (folder / "made.wav").rename(Path(os.fsdecode(path)))
    (folder / "made.wav").unlink(missing_ok=True)
    odd_files(folder)
    return sum(len(names) for _, _, names in os.walk(folder))


def files(lot: random.Random) -> Iterator[tuple[str, bytes]]:
    """Names and contents of files that are broken in themselves."""
    made = {}
    for codec in CODECS:
        with contextlib.suppress(Exception):  # this build has no such encoder
            made[codec.encoder or codec.name] = (sample(codec, 1.0), {"adts": "aac", "asf": "wma"}.get(codec.container, codec.container))
    for name, (data, extension) in made.items():
        for _ in range(3):
            yield f"cut-{name}.{extension}", data[: lot.randrange(1, len(data))]
        for _ in range(4):
            changed = bytearray(data)
            for _ in range(lot.randrange(1, 40)):
                changed[lot.randrange(len(changed))] = lot.randrange(256)
            yield f"changed-{name}.{extension}", bytes(changed)
        head = bytearray(data)
        for place in range(min(64, len(head))):
            if lot.random() < 0.3:
                head[place] = lot.randrange(256)
        yield f"head-{name}.{extension}", bytes(head)
        yield f"named-otherwise-{name}.{lot.choice([other for _, other in made.values() if other != extension])}", data
    yield from no_recordings()
    yield from impossible_headers()
    yield from bombs()


def no_recordings() -> Iterator[tuple[str, bytes]]:
    """Other things under a recording's name."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("zeros", bytes(20_000_000))
    things = {
        "empty": b"",
        "one-byte": b"R",
        "zeros": bytes(100_000),
        "text": "您好，这里是客服中心".encode(),
        "gbk": "您好，这里是客服中心".encode("gbk"),
        "html": b"<!doctype html><title>404</title><script>alert(1)</script>",
        "json": b'{"error": "not found"}',
        "zip": archive.getvalue(),
        "gzip": gzip.compress(bytes(20_000_000)),
        "png": b"\x89PNG\r\n\x1a\n" + bytes(200),
        "pdf": b"%PDF-1.7\n" + bytes(200),
        "elf": b"\x7fELF" + bytes(200),
        "sqlite": b"SQLite format 3\x00" + bytes(200),
        "playlist": b"#EXTM3U\nhttp://127.0.0.1:9/a.mp3\nfile:///etc/passwd\n",
        "concat": b"ffconcat version 1.0\nfile /etc/passwd\n",
        "sdp": b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nm=audio 9 RTP/AVP 0\n",
    }
    for number, (name, data) in enumerate(things.items()):
        yield f"{name}.{('wav', 'mp3', 'm4a', 'ogg')[number % 4]}", data


def impossible_headers() -> Iterator[tuple[str, bytes]]:
    """Headers that promise what no file holds."""

    def wav(data: bytes = b"\x01\x02" * 4000, **said: int) -> bytes:
        one = {"size": 36 + len(data), "form": 16, "tag": 1, "channels": 1, "rate": 8000, "bytes": 16_000, "align": 2, "bits": 16} | said
        length = said.get("length", len(data))
        form = struct.pack("<HHIIHH", one["tag"], one["channels"], one["rate"], one["bytes"], one["align"], one["bits"])
        return (
            struct.pack("<4sI4s4sI", b"RIFF", one["size"], b"WAVE", b"fmt ", one["form"])
            + form
            + struct.pack("<4sI", b"data", length)
            + data
        )

    most = 0xFFFFFFFF
    for name, said in {
        "size": {"size": most},
        "length": {"length": most},
        "both": {"size": most, "length": most},
        "form": {"form": most},
        "rate-none": {"rate": 0},
        "rate-huge": {"rate": most},
        "channels-none": {"channels": 0},
        "channels-many": {"channels": 65_535},
        "bits-none": {"bits": 0},
        "bits-many": {"bits": 65_535},
        "align-none": {"align": 0},
        "align-huge": {"align": 65_535},
        "tag": {"tag": 0x1234},
        "tag-mp3": {"tag": 0x55},
    }.items():
        yield f"says-{name}.wav", wav(**said)
    box = struct.pack(">I4s", 24, b"ftyp") + b"M4A \0\0\0\0M4A mp42"
    yield "box-huge.m4a", box + struct.pack(">I4sQ", 1, b"moov", 2**62) + bytes(64)
    yield "box-none.m4a", box + struct.pack(">I4s", 0, b"moov") + bytes(64)
    yield "box-in-box.m4a", box + b"".join(struct.pack(">I4s", 8 * (900 - n), b"moov") for n in range(900))
    yield "flac-huge.flac", b"fLaC\x84\xff\xff\xff" + bytes(400)
    yield "ogg-pages.ogg", b"OggS\0\x02" + bytes(20) + b"\xff" + b"\xff" * 255 + bytes(100)
    yield "id3-huge.mp3", b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + bytes(400)
    yield "matroska-huge.mka", b"\x1aE\xdf\xa3\x01\xff\xff\xff\xff\xff\xff\xfe" + bytes(400)


def bombs() -> Iterator[tuple[str, bytes]]:
    """Small files that grow: much silence in little, as some codecs allow."""
    codecs = {codec.name: codec for codec in CODECS}
    for name, extension, seconds in (("FLAC", "flac", 1800.0), ("Opus", "ogg", 600.0)):
        with contextlib.suppress(Exception):
            yield f"long-{name}.{extension}", sample(codecs[name], seconds)


def names() -> Iterator[bytes]:
    """Names that break what is not careful with names."""
    quoting = "a'b|a\"b|a`b|a\\b|a;b|a&b|a$(id)b|a%s%d|a{b}|a[b]|a*b|a?b|a#b|a,b|a=b|=1+1|@a|+a|-rf|--help|a<b>&amp;b|%2e%2e%2f"
    space = ["a\nb", "a\rb", "a\tb", "a b ", "a|b", "a\x07b", "a\x1b[31mb", "a\u202eb", "a\u3000b"]
    letters = ["a😀b", "e\u0301", "\u00e9", "张三的录音", "录音（1）", "％２０", "NUL", "con", "..a", "a..b", "中" * 80, "x" * 246]
    for name in (*quoting.split("|"), *space, *letters):
        yield name.encode() + b".wav"
    yield "录音".encode("gbk") + b".wav"
    yield "張三".encode("big5") + b".wav"
    yield b"\xff\xfe\xfd.wav"
    yield b"half-\xe5\xbd.wav"


def odd_files(folder: Path) -> None:
    """What is in a folder and is no file, or cannot be read."""
    (folder / "loop-a.wav").symlink_to("loop-b.wav")
    (folder / "loop-b.wav").symlink_to("loop-a.wav")
    (folder / "nowhere.wav").symlink_to("/nowhere/at/all.wav")
    (folder / "zero.wav").symlink_to("/dev/zero")
    (folder / "null.mp3").symlink_to("/dev/null")
    (folder / "around").symlink_to(folder, target_is_directory=True)
    (folder / "deep").mkdir()
    (folder / "deep" / "up").symlink_to("..", target_is_directory=True)
    (folder / "folder.wav").mkdir()
    os.mkfifo(folder / "pipe.wav")
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as listener:  # a path too long for a socket
        listener.bind(str(folder / "socket.wav"))
    write_wav(folder / "secret.wav", 99)
    (folder / "secret.wav").chmod(0)


def manifests(folder: Path) -> Iterator[tuple[Path, str]]:
    """Manifests beside the recordings of :data:`GOOD`, each with a word that the refusal must hold, or "" where it may pass."""
    head, good = "file,agent_id,started_at", "good0.wav,8001,2026-11-20 09:00:00"

    def written(name: str, content: str | bytes) -> Path:
        path = folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    for number, path in enumerate(
        ("../../../../etc/passwd", "/etc/passwd", "..\\..\\secret.wav", "good0.wav/../../x.wav", "/proc/self/environ", "//etc//passwd")
    ):
        (folder.parent / "x.wav").write_bytes(b"outside")
        yield written(f"outside{number}.csv", f"{head}\n{path},8001,2026-11-20 09:00:00\n"), "之外"
    yield written("nul.csv", f"{head}\ngood0\0.wav,8001,2026-11-20 09:00:00\n"), "清单"
    yield written("twice.csv", f"{head}\n{good}\n{good}\n"), "重复"
    yield written("two-ways.csv", f"{head}\n{good}\n./good0.wav,8001,2026-11-20 09:00:00\n"), "重复"
    yield written("nothing.csv", ""), "空的"
    yield written("headless.csv", f"{good}\n"), "file"
    yield written("broken.xlsx", b"PK\x03\x04 not a workbook"), "broken.xlsx"
    yield written("broken.jsonl", '{"file": "good0.wav"\n'), "broken.jsonl"
    yield written("bytes.csv", bytes(range(256)) * 40), "bytes.csv"
    yield written("wide.csv", ",".join(f"c{n}" for n in range(20_000)) + "\n" + "," * 19_999 + "\n"), "file"
    yield written("long-cell.csv", f"{head}\n{'x' * 200_000},8001,2026-11-20 09:00:00\n"), "long-cell.csv"
    yield written("years.csv", f"{head}\ngood0.wav,8001,99999-99-99\n"), "99999-99-99"
    yield written("gbk.csv", "录音文件,坐席工号,通话时间,备注\ngood0.wav,8001,2026-11-20 09:00:00,好\n".encode("gbk")), "备注"
    yield written("halves.jsonl", json.dumps({"file": "good0.wav", "agent_id": "\ud800", "started_at": "2026-11-20 09:00:00"})), "不成字"
    yield written("bomb.xlsx", workbook_bomb()), "bomb.xlsx"


def workbook_bomb() -> bytes:
    """A workbook of some hundred kilobytes whose sheet unpacks to 300 megabytes."""
    package, office = (
        "http://schemas.openxmlformats.org/package/2006",
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"

    def relation(kind: str, target: str) -> str:
        one = f'<Relationship Id="r1" Type="{office}/{kind}" Target="{target}"/>'
        return f'<Relationships xmlns="{package}/relationships">{one}</Relationships>'

    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    override, only = f'<Override PartName="/xl/workbook.xml" ContentType="{kind}"/>', '<sheet name="s" sheetId="1" r:id="r1"/>'
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">{override}</Types>',
        "_rels/.rels": relation("officeDocument", "xl/workbook.xml"),
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>{only}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relation("worksheet", "worksheets/sheet1.xml"),
    }
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for name, text in parts.items():
            packed.writestr(name, text)
        with packed.open("xl/worksheets/sheet1.xml", "w") as sheet:
            sheet.write(f'<worksheet xmlns="{main}"><sheetData><row r="1">'.encode())
            for _ in range(300):
                sheet.write(b'<c t="inlineStr"><is><t>aaaaaaaaaaaaaaaa</t></is></c>' * 20_000)
            sheet.write(b"</row></sheetData></worksheet>")
    return target.getvalue()


if __name__ == "__main__":
    print(recordings(Path(sys.argv[1])), "files")
