"""Rows as what the network is trained on: spelt and framed as :mod:`qa.sentiment.window` does it, with targets and their weights."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from qa.sentiment.labels import BUILT_IN, COMPLAINT, KIND, KINDS, NEGATIVE, POSITIVE, THREAT, THREATS
from qa.sentiment.window import LONGEST, Stretch, frame
from qa.text.normalize import normalize
from training.corpus import Row
from training.noise import corrupt

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

PLACE = {name: i for i, name in enumerate(BUILT_IN)}
_WEIGHTS = {
    COMPLAINT: 2.0,
    **{KIND + kind: 0.6 for kind in KINDS},
    **{THREAT + threat: 1.0 for threat in THREATS},
    NEGATIVE: 0.7,
    POSITIVE: 0.7,
}
_VAGUE = 0.25
_RARE = 3.0  # how much more it counts to find a threat than not to invent one: one turn in thirty holds one of a kind
NOISY_SHARE, LEAST_NOISE, MOST_NOISE = 0.5, 0.04, 0.3
Numbers = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of a batch: what the network is given, and the targets with their weights."""

    given: dict[str, npt.NDArray[np.int64]]
    targets: Numbers
    weights: Numbers


def framed(row: Row, *, noise: float = 0.0, chance: random.Random | None = None) -> Stretch:
    """The row as the reader would frame it, misheard at a rate of ``noise``."""
    chance = chance or random.Random(0)
    parts = [normalize(corrupt(normalize(part).text, noise, chance)).text for part in (row.text, row.agent, row.customer)]
    return frame(parts[0][:LONGEST], parts[1], parts[2])


def noise_of(chance: random.Random) -> float:
    """How noisy a row is heard in training: half not at all."""
    return chance.uniform(LEAST_NOISE, MOST_NOISE) if chance.random() < NOISY_SHARE else 0.0


def targets(row: Row) -> tuple[Numbers, Numbers]:
    """What each output should say, and how much it counts; nothing where the row does not say."""
    wanted, counts = np.zeros(len(BUILT_IN), np.float32), np.zeros(len(BUILT_IN), np.float32)

    def say(name: str, value: float) -> None:
        wanted[PLACE[name]], counts[PLACE[name]] = value, _WEIGHTS[name] * (_RARE if value and name.startswith(THREAT) else 1.0)

    if row.complaint is not None:
        say(COMPLAINT, row.complaint)
        for threat in THREATS:
            say(THREAT + threat, float(threat == row.threat))
    if row.complaint and row.kind and not row.threat:
        for kind in KINDS:
            say(KIND + kind, float(kind == row.kind))
        if row.kind == KINDS[-1]:  # written down as 其他 often means that nobody asked what about
            counts[[PLACE[KIND + kind] for kind in KINDS]] *= _VAGUE
    if row.sentiment is not None:
        say(NEGATIVE, max(0.0, -row.sentiment))
        say(POSITIVE, max(0.0, row.sentiment))
    return wanted, counts


def batches(rows: Sequence[Row], tokenizer: Tokenizer, size: int, seed: int) -> Iterator[Batch]:
    """One pass over the rows in a shuffled order, each heard anew; rows of like length share a batch."""
    chance = random.Random(seed)
    stretches = [framed(row, noise=noise_of(chance), chance=chance) for row in rows]
    encoded = tokenizer.encode_batch([(one.text, one.context) if one.context else one.text for one in stretches])
    order = list(range(len(rows)))
    chance.shuffle(order)
    pools = [order[i : i + size * 40] for i in range(0, len(order), size * 40)]
    lists = [
        some[i : i + size]
        for pool in pools
        for some in [sorted(pool, key=lambda i: len(encoded[i].ids))]
        for i in range(0, len(some), size)
    ]
    chance.shuffle(lists)
    for chosen in lists:
        wanted, counts = zip(*(targets(rows[i]) for i in chosen), strict=True)
        yield Batch(padded([encoded[i] for i in chosen]), np.stack(wanted), np.stack(counts))


def padded(encoded: Sequence[Encoding]) -> dict[str, npt.NDArray[np.int64]]:
    """Texts as a network is given them, padded with 1 to one length: token ids, types, and which tokens are there."""
    longest = max(len(one.ids) for one in encoded)
    ids, types, mask = (np.full((len(encoded), longest), value, np.int64) for value in (1, 0, 0))
    for place, one in enumerate(encoded):
        length = len(one.ids)
        ids[place, :length], types[place, :length], mask[place, :length] = one.ids, one.type_ids, 1
    return {"input_ids": ids, "token_type_ids": types, "attention_mask": mask}
