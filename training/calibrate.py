"""Making the probabilities mean what they say: a scale and a shift an output, fitted on held-out rows, folded into the classifier."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from qa.sentiment.labels import BUILT_IN
from training import dataset
from training.corpus import Row

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import BertForSequenceClassification

LEAST = 15  # examples of either kind, else an output keeps its numbers
Reals = npt.NDArray[np.float64]


def calibrate(model: BertForSequenceClassification, tokenizer: Tokenizer, rows: Sequence[Row], seed: int) -> dict[str, tuple[float, float]]:
    """Changes the classifier's last layer; gives scale and shift of the log-odds by output."""
    import torch

    logits, wanted, counts = [], [], []
    with torch.inference_mode():
        for batch in dataset.batches(rows, tokenizer, 32, seed):
            logits.append(model(**{name: torch.from_numpy(value) for name, value in batch.given.items()}).logits.double().numpy())
            wanted.append(batch.targets)
            counts.append(batch.weights > 0)
    odds, truth, said = np.concatenate(logits), np.concatenate(wanted).astype(float), np.concatenate(counts)
    found = {}
    for i, name in enumerate(BUILT_IN):
        here = said[:, i]
        if min((truth[here, i] > 0.6).sum(), (truth[here, i] < 0.4).sum()) >= LEAST:
            scale, shift = _fitted(odds[here, i], truth[here, i])
            found[name] = scale, shift
            with torch.no_grad():
                model.classifier.weight[i] *= scale
                model.classifier.bias[i] = model.classifier.bias[i] * scale + shift
    return found


def _fitted(odds: Reals, truth: Reals) -> tuple[float, float]:
    """Scale and shift with the least cross-entropy."""
    from scipy.optimize import minimize  # type: ignore[import-untyped]

    def loss(given: Reals) -> float:
        z = given[0] * odds + given[1]
        return float(np.mean(np.logaddexp(0, z) - truth * z) + 1e-3 * ((given[0] - 1) ** 2 + given[1] ** 2))

    best = minimize(loss, np.array([1.0, 0.0]), method="Nelder-Mead").x
    return float(np.clip(best[0], 0.3, 2.0)), float(np.clip(best[1], -2.0, 2.0))
