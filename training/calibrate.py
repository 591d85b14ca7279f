"""Putting network and word statistic together so that the probabilities mean what they say.

For each output, how much either counts and a shift are fitted on held-out rows and folded into the weights of both, so
that their log-odds need only be added.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from qa.sentiment.labels import BUILT_IN
from qa.sentiment.words import Words
from training import dataset
from training.corpus import Row
from training.train import scorer

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import BertForSequenceClassification

LEAST = 15  # examples of either kind, else network and words count for half each
HALVES = np.array([0.5, 0.5, 0.0])  # what is fitted starts here, and is drawn back to it a little
HEARD = 2  # times each row is heard
Reals = npt.NDArray[np.float64]


def calibrate(
    model: BertForSequenceClassification, tokenizer: Tokenizer, words: Words, rows: Sequence[Row], seed: int
) -> tuple[Words, dict[str, tuple[float, float, float]]]:
    """Changes the classifier's last layer and gives the words changed alike; and by output what the network counts for, the words,
    and the shift.
    """
    import torch

    chance = random.Random(seed)
    stretches = [dataset.framed(row, noise=dataset.noise_of(chance), chance=chance) for row in rows for _ in range(HEARD)]
    wanted, counts = (np.array(part, float) for part in zip(*(dataset.targets(row) for row in rows for _ in range(HEARD)), strict=True))
    scores = np.clip(scorer(model, tokenizer)(stretches), 1e-9, 1 - 1e-9)
    read, said = np.log(scores / (1 - scores)), words.logits([stretch.text for stretch in stretches])
    found = np.tile(HALVES, (len(BUILT_IN), 1))
    for i in range(len(BUILT_IN)):
        here = counts[:, i] > 0
        if min((wanted[here, i] > 0.6).sum(), (wanted[here, i] < 0.4).sum()) >= LEAST * HEARD:
            found[i] = _fitted(read[here, i], said[here, i], wanted[here, i])
        with torch.no_grad():
            model.classifier.weight[i] *= found[i, 0]
            model.classifier.bias[i] = model.classifier.bias[i] * found[i, 0] + found[i, 2]
    together = replace(words, weights=words.weights * found[:, 1], bias=words.bias * found[:, 1])
    return together, {name: (float(found[i, 0]), float(found[i, 1]), float(found[i, 2])) for i, name in enumerate(BUILT_IN)}


def _fitted(read: Reals, said: Reals, truth: Reals) -> Reals:
    """The two factors and the shift with the least cross-entropy."""
    from scipy.optimize import minimize  # type: ignore[import-untyped]

    def loss(given: Reals) -> float:
        z = given[0] * read + given[1] * said + given[2]
        return float(np.mean(np.logaddexp(0, z) - truth * z) + 1e-3 * ((given - HALVES) ** 2).sum())

    best = minimize(loss, HALVES, method="L-BFGS-B", bounds=((0.0, 2.0), (0.0, 2.0), (-3.0, 3.0))).x
    return np.asarray(best, dtype=np.float64)
