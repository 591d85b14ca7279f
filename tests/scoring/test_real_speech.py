"""Forbidden words and overpromises on what real agents say: nearly all of it must be innocent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from qa.calls import Heard, Roles, Turn
from qa.config import shipped
from qa.scoring.dialogue import Dialogue
from qa.scoring.lexicon import load_lexicons
from qa.scoring.phrases import search

CALLS = Path(__file__).parents[3] / "shared" / "data" / "real_calls_text.jsonl"


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.skipif(not CALLS.exists(), reason="the real calls are kept outside the project")
@pytest.mark.parametrize(("lexicon", "most"), [("forbidden", 10), ("overpromise", 1)])
def test_hits_stay_as_few_as_a_reader_agreed_with(lexicon: str, most: int) -> None:
    wanted = load_lexicons([shipped("rubrics", "lexicons")])[lexicon]
    hits = []
    for line in CALLS.read_text(encoding="utf-8").splitlines():
        turns = tuple(Turn(role="agent", text=text) for party, text in json.loads(line)["turns"] if party == "客服")
        dialogue = Dialogue.of(Heard(duration=None, channels=0, turns=turns, roles=Roles(method="manual", confidence=1.0)))
        hits += search(dialogue, range(len(turns)), wanted.phrases, wanted.excluding)
    assert len(hits) <= most
