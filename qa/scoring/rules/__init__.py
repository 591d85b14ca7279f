"""The operators: one module a family, one pure function an operator, and the table that names them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from qa.scoring.rules.answers import gap, speaker, turns
from qa.scoring.rules.base import Context, Result
from qa.scoring.rules.entity import entity
from qa.scoring.rules.events import event
from qa.scoring.rules.feeling import sentiment
from qa.scoring.rules.llm import llm
from qa.scoring.rules.logic import count, every, negation, sequence, some
from qa.scoring.rules.loudness import loudness
from qa.scoring.rules.meaning import meaning
from qa.scoring.rules.metadata import complaint, metadata
from qa.scoring.rules.metrics import metric, rate
from qa.scoring.rules.pattern import pattern
from qa.scoring.rules.repetition import repetition
from qa.scoring.rules.say import say
from qa.scoring.rules.turnwise import each_turn

#: The field of a check -> what it means. A new operator is a field, a function and a line here.
RULES: Mapping[str, Callable[[Any, Context], Result]] = {
    "say": say,
    "pattern": pattern,
    "metric": metric,
    "event": event,
    "rate": rate,
    "loudness": loudness,
    "sentiment": sentiment,
    "metadata": metadata,
    "complaint": complaint,
    "repetition": repetition,
    "entity": entity,
    "meaning": meaning,
    "gap": gap,
    "turns": turns,
    "speaker": speaker,
    "llm": llm,
    "all": every,
    "any": some,
    "not_": negation,
    "count": count,
    "every": each_turn,
    "sequence": sequence,
}
