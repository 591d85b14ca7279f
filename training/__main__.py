"""``python -m training``: text, training, calibration, figures and the model folder, in one go (about 25 minutes on a core)."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from qa.sentiment.window import Stretch
from training import calibrate, corpus, measure, train

SERVICE, OPINIONS = 15_500, 3_400
EMOTION = corpus.DATA / "emotion_dialogue.csv"
OUT = Path(__file__).parents[1] / "qa" / "sentiment" / "builtin"


def rows(seed: int = train.Recipe().text_seed) -> list[corpus.Row]:
    """All text that the model is made of."""
    return corpus.service_rows(seed, SERVICE) + corpus.opinion_rows(seed + 1, OPINIONS) + corpus.emotion_rows(EMOTION)[::2]


def figures(folder: Path, everything: Sequence[corpus.Row], reviews: Sequence[Path]) -> str:
    """The table of the model card: the model and the word statistic on held-out lines and trades, plain and misheard."""
    from qa.sentiment.model import resolve
    from qa.sentiment.network import load_network

    network = load_network(resolve(str(folder)))

    def ours(stretches: Sequence[Stretch]) -> measure.Scores:
        return np.asarray(network.scores([(stretch.text, stretch.context) for stretch in stretches]))

    kept = [row for row in everything if not row.held_out]
    service = [row for row in everything if row.held_out and not row.family.startswith(("review", "emotion"))]
    shown = {}
    for title, score in (("built-in", ours), ("TF-IDF + logistic regression", measure.word_statistics(kept))):
        plain, misheard = measure.figures(service, score), measure.figures(service, score, noise=measure.HEARD)
        shown[title] = plain | {f"{name}, misheard": value for name, value in misheard.items()}
        shown[title] |= {path.stem: measure.reviews(path, score) for path in reviews}
    return measure.table(shown)


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT, help="where the model is written")
    parser.add_argument("--reviews", type=Path, nargs="*", default=[], help="CSV files of reviews (label,review) to measure on")
    parser.add_argument("--epochs", type=int, default=train.Recipe().epochs)
    parser.add_argument("--start", type=Path, help="a model folder to go on from instead of the bare encoder")
    chosen = parser.parse_args()
    recipe = train.Recipe(epochs=chosen.epochs)
    everything = rows(recipe.text_seed)
    model, tokenizer = train.fit([row for row in everything if not row.held_out], recipe, start=chosen.start)
    service = [row for row in everything if row.held_out and not row.family.startswith(("review", "emotion"))]
    for name, (scale, shift) in calibrate.calibrate(model, tokenizer, service, recipe.seed).items():
        print(f"{name}: scale {scale:.2f} shift {shift:+.2f}")
    train.save(model, tokenizer, chosen.out)
    print(figures(chosen.out, everything, chosen.reviews))


if __name__ == "__main__":
    main()
