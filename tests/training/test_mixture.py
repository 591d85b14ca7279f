"""What a pass of training reads: all that was written by hand, a draw of the rest, nothing that is held out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from qa.sentiment.labels import KINDS, THREATS
from training import corpus, mixture
from training.corpus import Row

SPOKEN = [Row(f"第{i}次打电话了还没有人管", "您好" if i % 3 == 0 else "", complaint=float(i % 2), family="spoken_1") for i in range(40)]
GENERATED = [Row(f"生成的{i}", complaint=0.0, family="calm") for i in range(mixture.GENERATED + 50)]
OPINIONS = [Row("这水果新鲜", sentiment=1.0, family="review_plus")] * 2
FEELINGS = [Row("真好", sentiment=1.0, family="emotion")] * 3
MIXTURE = mixture.Mixture(SPOKEN, GENERATED, OPINIONS, FEELINGS)


def test_a_pass_has_every_turn_written_by_hand_and_some_of_the_rest() -> None:
    rows = MIXTURE.rows(1)
    assert len(rows) == MIXTURE.size == 40 + mixture.GENERATED + 2 + 3
    assert [(row.text, row.complaint) for row in rows[:40]] == [(row.text, row.complaint) for row in SPOKEN]
    assert len({row.text for row in rows[40:-5]}) == mixture.GENERATED


def test_the_same_seed_gives_the_same_pass_and_another_draws_anew() -> None:
    assert MIXTURE.rows(1) == MIXTURE.rows(1)
    assert MIXTURE.rows(1)[40:] != MIXTURE.rows(2)[40:]
    contexts = [[(row.agent, row.customer) for row in MIXTURE.rows(seed)[:40]] for seed in (1, 2)]
    assert contexts[0] != contexts[1]


def test_a_short_answer_keeps_the_words_it_answers() -> None:
    short = [Row("对", "您是要投诉吗", complaint=1.0, family="spoken_1"), Row("嗯", complaint=0.0, family="spoken_1")]
    for seed in range(20):
        rows = mixture.Mixture(short, [], [], []).rows(seed)
        assert [(row.agent, row.customer) for row in rows] == [("您是要投诉吗", ""), ("", "")]


@pytest.mark.parametrize("path", sorted(corpus.DATA.glob("spoken_*.jsonl")), ids=lambda path: path.stem)
def test_every_line_written_by_hand_has_labels_that_the_model_has(path: Path) -> None:
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for line in lines:
        assert set(line) == {"text", "agent", "customer", "complaint", "kind", "threat", "sentiment"}, line
        assert line["text"].strip(), line
        assert line["complaint"] in (0, 1), line
        assert (line["kind"] in KINDS) if line["complaint"] else line["kind"] is None, line
        assert line["threat"] in (None, *THREATS), line
        assert line["sentiment"] in (-2, -1, 0, 1, 2), line


def test_what_is_held_out_is_not_trained_on() -> None:
    spoken = corpus.spoken_rows()
    held_out = mixture.choosing(spoken)
    trained = mixture.training(spoken).spoken
    assert len(held_out) + len(trained) == len(spoken) > 4000
    assert 0.08 < len(held_out) / len(spoken) < 0.11
    assert not {row.text for row in held_out} & {row.text for row in trained}
