"""The grammars hold together: every slot is known, every label is one, the same seed gives the same text."""

from __future__ import annotations

import random
import re

from qa.sentiment.labels import KINDS, THREATS
from training import corpus, dataset, noise


def test_every_line_can_be_filled() -> None:
    grammar = corpus.Grammar(1)
    for name in corpus.GRAMMARS:
        for family in corpus.families(name):
            for line in family.lines:
                text = grammar.fill(line, grammar.trades[grammar.trade(line)])
                assert not re.search(r"[<>(){}|]", text.replace("=>", "")), (name, line, text)


def test_every_label_is_one_that_the_model_has() -> None:
    for name in corpus.GRAMMARS:
        for family in corpus.families(name):
            assert set(family.labels) <= {"complaint", "kind", "threat", "sentiment", "weight", "prior"}, family.name
            assert family.labels.get("kind", KINDS[0]) in KINDS
            assert family.labels.get("threat", THREATS[0]) in THREATS
            assert "complaint" in family.labels or "threat" not in family.labels
            assert -2 <= float(family.labels["sentiment"]) <= 2


def test_the_same_seed_gives_the_same_rows() -> None:
    assert corpus.service_rows(3, 400) == corpus.service_rows(3, 400)
    assert corpus.service_rows(3, 400) != corpus.service_rows(4, 400)


def test_no_line_stands_on_both_sides() -> None:
    rows = corpus.service_rows(3, 3000)
    assert {row.text for row in rows if row.held_out}.isdisjoint(
        row.text for row in rows if not row.held_out and row.family.startswith("hand")
    )
    assert 0.04 < sum(row.held_out for row in rows) / len(rows) < 0.3


def test_targets_leave_open_what_a_row_does_not_say() -> None:
    blame = corpus.Row("太难吃了", complaint=None, sentiment=-1.0)
    wanted, counts = dataset.targets(blame)
    assert [name for name, place in dataset.PLACE.items() if counts[place]] == ["negative", "positive"]
    assert wanted[dataset.PLACE["negative"]] == 1.0
    threat = corpus.Row("我打12315", complaint=1.0, kind="其他", threat="监管", sentiment=-1.0)
    wanted, counts = dataset.targets(threat)
    assert [name for name, place in dataset.PLACE.items() if wanted[place]] == ["complaint", "threat:监管", "negative"]
    assert [name for name, place in dataset.PLACE.items() if not counts[place]] == [f"kind:{kind}" for kind in KINDS]


def test_noise_changes_sounds_and_is_the_same_for_a_seed() -> None:
    text = "你们这是什么服务态度我要投诉你们"
    heard = {noise.corrupt(text, 0.3, random.Random(seed)) for seed in range(20)}
    assert len(heard) > 15
    assert noise.corrupt(text, 0.3, random.Random(5)) == noise.corrupt(text, 0.3, random.Random(5))
    assert noise.corrupt(text, 0.0, random.Random(5)) == text
