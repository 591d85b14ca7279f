"""The word statistic beside the network: character n-grams by TF-IDF and a logistic regression for each output."""

from __future__ import annotations

import random

import numpy as np

from qa.sentiment.labels import BUILT_IN
from qa.sentiment.words import LONGEST, Words
from training import dataset
from training.mixture import Mixture

PASSES = (1, 2)  # seeds of the passes that are read
LEAST = 3  # texts that an n-gram must stand in
FREEDOM = 10.0  # of the regression: the inverse of its penalty


def fit(mixture: Mixture) -> Words:
    """The statistic of two passes over the mixture, heard and weighted as the network hears and weighs them."""
    from sklearn.feature_extraction.text import TfidfVectorizer  # type: ignore[import-untyped]
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

    chance = random.Random(11)
    rows = [row for seed in PASSES for row in mixture.rows(seed)]
    texts = [dataset.framed(row, noise=dataset.noise_of(chance), chance=chance).text for row in rows]
    vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(1, LONGEST), min_df=LEAST, sublinear_tf=True)
    matrix = vectorizer.fit_transform(texts)
    wanted, counts = (np.array(part) for part in zip(*(dataset.targets(row) for row in rows), strict=True))
    weights, bias = np.zeros((matrix.shape[1], len(BUILT_IN))), np.zeros(len(BUILT_IN))
    for place in range(len(BUILT_IN)):
        use = counts[:, place] > 0
        label = wanted[use, place] > 0.6
        if label.any() and not label.all():
            found = LogisticRegression(C=FREEDOM, max_iter=400).fit(matrix[use], label, counts[use, place])
            weights[:, place], bias[place] = found.coef_[0], found.intercept_[0]
    return Words({gram: int(place) for gram, place in vectorizer.vocabulary_.items()}, vectorizer.idf_, weights, bias)
