"""``python -m training``: text, training, calibration, figures and the model folder, in one go (about half an hour on a core)."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from qa.sentiment.window import Stretch
from training import calibrate, measure, mixture, train
from training.corpus import Row

OUT = Path(__file__).parents[1] / "qa" / "sentiment" / "builtin"


def figures(folder: Path, everything: Sequence[Row], reviews: Sequence[Path]) -> str:
    """The table of the model card: the model and the word statistic on held-out turns, plain and misheard."""
    from qa.sentiment.model import resolve
    from qa.sentiment.network import load_network

    network = load_network(resolve(str(folder)))

    def ours(stretches: Sequence[Stretch]) -> measure.Scores:
        return np.asarray(network.scores([(stretch.text, stretch.context) for stretch in stretches]))

    held_out = mixture.choosing(everything)
    shown = {}
    for title, score in (("built-in", ours), ("TF-IDF + logistic regression", measure.word_statistics(mixture.training(everything)))):
        plain, misheard = measure.figures(held_out, score), measure.figures(held_out, score, noise=measure.HEARD)
        shown[title] = plain | {f"{name}, misheard": value for name, value in misheard.items()}
        shown[title] |= {path.stem: measure.reviews(path, score) for path in reviews}
    return measure.table(shown)


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT, help="where the model is written")
    parser.add_argument("--reviews", type=Path, nargs="*", default=[], help="CSV files of reviews (label,review) to measure on")
    parser.add_argument("--epochs", type=int, default=train.Recipe().epochs)
    chosen = parser.parse_args()
    recipe = train.Recipe(epochs=chosen.epochs)
    everything = mixture.everything(recipe.text_seed)
    held_out, rows = mixture.choosing(everything), mixture.training(everything)
    print(recipe)
    print(f"{len(rows.spoken)} turns by hand, {len(held_out)} more held out, {len(rows.generated)} generated ones")
    print(f"{len(rows.opinions)} opinions of things, {len(rows.feelings)} lines of the emotion set", flush=True)
    say = partial(print, flush=True)
    model, tokenizer = train.fit(rows, recipe, say, lambda score: measure.table({"held out": measure.figures(held_out[::3], score)}))
    for name, (scale, shift) in calibrate.calibrate(model, tokenizer, held_out, recipe.seed).items():
        print(f"{name}: scale {scale:.2f} shift {shift:+.2f}")
    train.save(model, tokenizer, chosen.out)
    print(figures(chosen.out, everything, chosen.reviews))


if __name__ == "__main__":
    main()
