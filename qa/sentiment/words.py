"""What the words alone say: character n-grams weighed by a linear model, added to the log-odds of a network that comes with one.

A network reads what a sentence means and misses some of what is simply said; a word statistic knows what is said and
nothing of what is meant. Together they err less than either. A model folder may hold such a statistic next to its
network: ``words.json``, the n-grams in order, and ``words.safetensors`` with ``rarity`` (one number an n-gram), ``weights``
(a row an n-gram, a column an output) and ``bias``.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

GRAMS, WEIGHTS = "words.json", "words.safetensors"
LONGEST = 3  # characters of an n-gram
Reals = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Words:
    """TF-IDF with logarithmic counts and rows of length one, then a linear model.

    >>> words = Words({"投诉": 0, "诉": 1}, np.array([2.0, 1.0]), np.array([[3.0], [0.0]]), np.array([-1.0]))
    >>> words.logits(["我要投诉", "你好"]).round(2).tolist()
    [[1.68], [-1.0]]
    """

    places: Mapping[str, int]
    rarity: Reals
    weights: Reals
    bias: Reals

    @classmethod
    def load(cls, folder: Path) -> Words | None:
        """The statistic in a model folder; None where there is none.

        Raises:
            OSError, ValueError, KeyError, SafetensorError: the files can't be read or do not fit one another.
        """
        from safetensors.numpy import load_file

        if not (folder / GRAMS).is_file():
            return None
        grams = json.loads((folder / GRAMS).read_text(encoding="utf-8"))
        found = {name: value.astype(np.float64) for name, value in load_file(folder / WEIGHTS).items()}
        rarity, weights, bias = found["rarity"], found["weights"], found["bias"]
        if rarity.shape != (len(grams),) or weights.shape != (len(grams), len(bias)):
            raise ValueError(f"{WEIGHTS} 有 {len(rarity)} 行，{GRAMS} 有 {len(grams)} 个词")
        return cls({gram: place for place, gram in enumerate(grams)}, rarity, weights, bias)

    def save(self, folder: Path) -> None:
        """Writes what :meth:`load` reads, in half precision."""
        from safetensors.numpy import save_file

        grams = sorted(self.places, key=lambda gram: self.places[gram])
        (folder / GRAMS).write_text(json.dumps(grams, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
        parts = {"rarity": self.rarity, "weights": self.weights, "bias": self.bias}
        save_file({name: np.ascontiguousarray(value.astype(np.float16)) for name, value in parts.items()}, folder / WEIGHTS)

    def logits(self, texts: Sequence[str]) -> Reals:
        """A row a text and a column an output: log-odds."""
        result = np.tile(self.bias, (len(texts), 1))
        for row, text in zip(result, texts, strict=True):
            counts = Counter(text[i : i + size] for size in range(1, LONGEST + 1) for i in range(len(text) - size + 1))
            known = [(self.places[gram], count) for gram, count in counts.items() if gram in self.places]
            if known:
                places = [place for place, _ in known]
                values = np.array([1 + math.log(count) for _, count in known]) * self.rarity[places]
                row += values @ self.weights[places] / np.linalg.norm(values)
        return result
