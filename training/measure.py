"""How good a reading is, and what a plain word statistic makes of the same rows."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from qa.sentiment.labels import COMPLAINT, KIND, KINDS, NEGATIVE, POSITIVE, THREAT, THREATS
from qa.sentiment.window import LONGEST, Stretch
from qa.sentiment.words import Words
from training import dataset
from training.corpus import Row

Scores = npt.NDArray[np.float64]
Scorer = Callable[[Sequence[Stretch]], Scores]  # probabilities: a row a stretch, a column a label of BUILT_IN
PLACE = dataset.PLACE
HEARD = 0.18  # of the characters are misheard in the noisy column: what whisper-base makes of a telephone line


def f1(truth: npt.NDArray[np.bool_], found: npt.NDArray[np.bool_]) -> float:
    """Harmonic mean of precision and recall; 1 where there is nothing to find and nothing is found."""
    hits, wrong = int((truth & found).sum()), int((truth ^ found).sum())
    return 1.0 if hits == wrong == 0 else 2 * hits / (2 * hits + wrong)


def figures(rows: Sequence[Row], score: Scorer, *, noise: float = 0.0) -> dict[str, float]:
    """F1 of complaint and threat, accuracy of kind where there is a complaint, and of the sign of clear sentiments."""
    chance = random.Random(7)
    scores = score([dataset.framed(row, noise=noise, chance=chance) for row in rows])
    said = np.array([row.complaint is not None for row in rows])
    complaint = np.array([bool(row.complaint) for row in rows])
    threat = np.array([row.threat is not None for row in rows])
    threats = scores[:, [PLACE[THREAT + name] for name in THREATS]]
    kinds = scores[:, [PLACE[KIND + name] for name in KINDS]]
    feeling = scores[:, PLACE[POSITIVE]] - scores[:, PLACE[NEGATIVE]]
    clear = np.array([abs(row.sentiment or 0) > 0.6 for row in rows])
    sign = np.array([(row.sentiment or 0) > 0 for row in rows])
    kind = np.array([KINDS.index(row.kind) if row.complaint and row.kind and row.kind != "其他" else -1 for row in rows])
    return {
        "complaint_f1": f1(complaint[said], scores[said, PLACE[COMPLAINT]] >= 0.5),
        "threat_f1": f1(threat[said], threats[said].max(axis=1) >= 0.5),
        "kind": float((kinds.argmax(axis=1) == kind)[kind >= 0].mean()) if (kind >= 0).any() else float("nan"),
        "sentiment": float(((feeling > 0) == sign)[clear].mean()) if clear.any() else float("nan"),
    }


def reviews(path: Path, score: Scorer) -> float:
    """Share of reviews whose label the sign of the sentiment meets: 1 positive, 0 negative."""
    from qa.calls import Turn
    from qa.sentiment.window import stretches

    with path.open(encoding="utf-8-sig", newline="") as source:
        listed = [(int(line["label"]), line["review"]) for line in csv.DictReader(source)]
    right = 0
    parts = [stretches((Turn(role="customer", text=text),), 0) for _, text in listed]
    scores = score([part for some in parts for part in some])
    at = 0
    for (label, _), some in zip(listed, parts, strict=True):
        own = scores[at : at + len(some)]
        at += len(some)
        lengths = np.array([len(part.text) for part in some], float)
        feeling = float((own[:, PLACE[POSITIVE]] - own[:, PLACE[NEGATIVE]]) @ lengths) if some else 0.0
        right += (feeling > 0) == bool(label)
    return right / len(listed)


def word_statistics(said: Words) -> Scorer:
    """What the words alone say: characters 1 to 3 by TF-IDF and a logistic regression a label (:mod:`training.words`)."""

    def score(stretches: Sequence[Stretch]) -> Scores:
        scores: Scores = 1 / (1 + np.exp(-said.logits([stretch.text[:LONGEST] for stretch in stretches])))
        return scores

    return score


def table(rows: dict[str, dict[str, float]]) -> str:
    """Figures as Markdown, a row a method."""
    columns = list(dict.fromkeys(name for values in rows.values() for name in values))
    lines = ["| | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for title, values in rows.items():
        lines.append(f"| {title} | " + " | ".join(f"{values[name]:.3f}" if name in values else "–" for name in columns) + " |")
    return "\n".join(lines)
