"""Words of call-centre speech."""

from __future__ import annotations

import subprocess
import sys

import pytest

from qa.text.segment import words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("请问投诉电话是多少", ["请问", "投诉电话", "是", "多少"]),
        ("工信部和银保监会", ["工信部", "和", "银保监会"]),
        ("不能保证", ["不能保证"]),
        ("霸王条款踢皮球", ["霸王条款", "踢皮球"]),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert [word for word, _, _ in words(text)] == expected


def test_words_cover_the_text() -> None:
    text = "麻烦您提供一下登记的手机号码后4位abc123"
    found = words(text)
    assert "".join(word for word, _, _ in found) == text
    assert all(text[begin:end] == word for word, begin, end in found)


def test_nothing_is_printed() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from qa.text.segment import words; words('我要投诉')"], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("", "")
