"""What a recording's own bytes say about it where libav does not tell: declared length, truncation, odd tags.

Each function reads a few kilobytes and answers None or False for files of another kind.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import TYPE_CHECKING

from qa.calls import Seconds

if TYPE_CHECKING:
    import av

HEAD = 64 * 1024
OGG_PAGE = 65_307  # the largest page: 27 bytes, 255 lacing values, 255 segments of 255 bytes (RFC 3533)

# Tags of mmreg.h that recorders write and libav has no decoder for.
UNDECODABLE_TAGS = {
    0x0133: "部分录音设备写的 G.729",
    0x0134: "Sipro ACELP",
    0x0135: "Sipro ACELP",
    0x0136: "Sipro G.729",
    0x0137: "Sipro G.729A",
    0x0072: "Voxware",
    0x0200: "Creative ADPCM",
}

# Containers whose header states the length; for the rest libav estimates it from the bit rate.
_DECLARING = {"wav", "w64", "flac", "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "aiff", "caf", "au", "asf", "avi"}


def declared_duration(path: Path, container: av.container.InputContainer, track: av.AudioStream) -> Seconds | None:
    """The length that the file itself declares, None where it declares none and libav would guess."""
    name = container.format.name
    if name not in _DECLARING and not (name == "mp3" and mp3_declares(path)):
        return None
    if track.duration is not None and track.time_base is not None:
        return float(track.duration * track.time_base)
    return None


def mp3_declares(path: Path) -> bool:
    """Whether an MP3 counts its frames in a Xing, Info or VBRI header (in the first frame after an ID3v2 tag)."""
    with path.open("rb") as file:
        head = file.read(10)
        if head[:3] == b"ID3" and len(head) == 10:
            # A 28-bit size, seven bits a byte (ID3v2.4, section 3.1)
            size = (head[6] & 127) << 21 | (head[7] & 127) << 14 | (head[8] & 127) << 7 | head[9] & 127
            file.seek(10 + size)
        else:
            file.seek(0)
        first = file.read(2048)
    return any(mark in first for mark in (b"Xing", b"Info", b"VBRI"))


def ogg_cut(path: Path) -> bool:
    """Whether the last page of an Ogg file is shorter than it says: the file was cut.

    A missing end-of-stream flag alone is no cut; recorders that are stopped often leave it out.
    """
    with path.open("rb") as file:
        if file.read(4) != b"OggS":
            return False
        size = file.seek(0, 2)
        file.seek(max(0, size - OGG_PAGE))
        tail = file.read()
    page = tail[tail.rfind(b"OggS") :]
    if len(page) < 27:
        return True
    count = page[26]
    return len(page) < 27 + count or len(page) < 27 + count + sum(page[27 : 27 + count])


def wav_tag(path: Path) -> int | None:
    """The format tag of a WAV file's ``fmt`` chunk."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    if head[:4] not in (b"RIFF", b"RIFX", b"RF64") or head[8:12] != b"WAVE":
        return None
    position = head.find(b"fmt ", 12)
    if position < 0 or position + 10 > len(head):
        return None
    return int(struct.unpack_from("<H", head, position + 8)[0])


def describe(path: Path) -> str | None:
    """What a file that libav does not open seems to be, in Chinese.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "a.wav")
    ...     _ = file.write_text("坐席：您好", encoding="utf-8")
    ...     describe(file)
    '内容是文本，不是声音'
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
    if head[4:8] == b"ftyp":
        return "MP4/M4A 缺少索引（moov），录音没有正常结束或传输中断"
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "WAV 文件头损坏或不完整"
    if head[:2] == b"PK":
        return "内容是 ZIP 压缩包（或 Office 文档），不是声音"
    if head[:4] == b"%PDF":
        return "内容是 PDF，不是声音"
    if not any(head):
        return "内容全是零字节，多半是下载或复制没有完成"
    if b"\x00" not in head and _is_text(head):
        return "内容是文本，不是声音"
    return None


def _is_text(head: bytes) -> bool:
    """Whether bytes read as UTF-8 or GB18030 without control characters; a character cut at the end is forgiven."""
    for encoding in ("utf-8", "gb18030"):
        for end in (len(head), len(head) - 1, len(head) - 2, len(head) - 3):
            try:
                text = head[: max(0, end)].decode(encoding)
            except UnicodeDecodeError:
                continue
            return all(character.isprintable() or character in "\r\n\t\ufeff" for character in text)
    return False
