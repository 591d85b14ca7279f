"""The word statistic beside a network: what it says, and that damaged or foreign files are refused before a batch."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from qa.config import SentimentSettings
from qa.errors import ModelError
from qa.sentiment.model import FOLDER
from qa.sentiment.network import Together
from qa.sentiment.tracks import Tracks
from qa.sentiment.words import GRAMS, WEIGHTS, Words

WORDS = Words(
    {"投": 0, "投诉": 1, "谢": 2}, np.array([1.0, 2.0, 1.0]), np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 3.0]]), np.array([-1.0, 0.5])
)


def test_known_words_move_the_outputs_and_unknown_ones_do_not() -> None:
    found = WORDS.logits(["投诉", "谢谢", "你好", ""])
    assert found[0] == pytest.approx([-1 + (1 * 1 + 2 * 2) / 5**0.5, 0.5])
    assert found[1] == pytest.approx([-1.0, 3.5])
    assert found[2:].tolist() == [[-1.0, 0.5]] * 2


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    assert Words.load(tmp_path) is None
    WORDS.save(tmp_path)
    loaded = Words.load(tmp_path)
    assert loaded is not None
    assert loaded.logits(["我要投诉", "谢谢"]) == pytest.approx(WORDS.logits(["我要投诉", "谢谢"]))


def test_log_odds_are_added() -> None:
    class Half:
        def scores(self, pairs: object) -> object:
            return np.full((1, 2), 0.5)

    scores = Together(Half(), WORDS).scores([("投诉", "")])  # type: ignore[arg-type]
    assert scores == pytest.approx(1 / (1 + np.exp(-WORDS.logits(["投诉"]))))


@pytest.mark.parametrize("damage", [b"", b"not weights"])
def test_damaged_words_are_refused_before_anything_is_read(tmp_path: Path, damage: bytes) -> None:
    place = tmp_path / "copy"
    shutil.copytree(FOLDER, place)
    (place / "SHA256SUMS").unlink()
    (place / WEIGHTS).write_bytes(damage)
    with pytest.raises(ModelError, match="情绪模型的权重损坏"):
        Tracks.of(SentimentSettings(model=str(place)))
    WORDS.save(place)
    with pytest.raises(ModelError, match="情绪模型装不起来"):
        Tracks.of(SentimentSettings(model=str(place)))
    (place / GRAMS).write_text("[]", encoding="utf-8")
    with pytest.raises(ModelError, match="情绪模型装不起来"):
        Tracks.of(SentimentSettings(model=str(place)))
