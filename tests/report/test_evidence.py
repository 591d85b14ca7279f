"""One call as one file."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import pytest
from showing import HOSTILE

from qa.config import Settings
from qa.errors import ConfigError, StoreError
from qa.report.evidence import write_evidence
from qa.store.store import Store


def test_a_file_holds_everything_and_allows_just_that(store: Store, tmp_path: Path) -> None:
    page = write_evidence(store, "c1", tmp_path / "new" / "c1.html", Settings()).read_text(encoding="utf-8")
    policy = re.findall(r'http-equiv="Content-Security-Policy" content="(.*?)"', page)[0].replace("&#39;", "'")
    scripts = re.findall(r"<script>(.*?)</script>", page, flags=re.DOTALL)
    assert len(scripts) == 3
    for script in scripts:
        assert f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" in policy
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe-inline" not in policy.split("style-src-attr")[0]
    sound = re.findall(r'<audio [^>]*src="data:audio/mpeg;base64,([^"]+)"', page)[0]
    assert base64.b64decode(sound)[:3] in (b"ID3", b"\xff\xfb", b"\xff\xf3") or base64.b64decode(sound)[0] == 0xFF
    assert not re.findall(r'(?:src|href)="(?!data:|#)', re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL))
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["c1.html"]


def test_a_call_without_sound_says_so(store: Store, tmp_path: Path) -> None:
    page = write_evidence(store, "imported", tmp_path / "i.html", Settings()).read_text(encoding="utf-8")
    assert "单通证据 · 无录音" in page
    assert "<audio" not in page


def test_hostile_metadata_stays_text(store: Store, tmp_path: Path) -> None:
    page = write_evidence(store, f"../../{HOSTILE}", tmp_path / "h.html", Settings()).read_text(encoding="utf-8")
    assert "<script>document.title" not in page
    assert "<img" not in page


def test_what_cannot_be_is_told(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="没有编号为 nope 的通话"):
        write_evidence(store, "nope", tmp_path / "n.html", Settings())
    (tmp_path / "folder").mkdir()
    with pytest.raises(ConfigError, match="证据文件写不了"):
        write_evidence(store, "c1", tmp_path / "folder", Settings())
