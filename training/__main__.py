"""``python -m training``: text, training, calibration, figures and the model folder, in one go (about half an hour on a core)."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from qa.sentiment.network import Network, Together, load_network
from qa.sentiment.window import Stretch
from qa.sentiment.words import Words
from training import calibrate, measure, mixture, train, words
from training.corpus import Row

OUT = Path(__file__).parents[1] / "qa" / "sentiment" / "builtin"


def figures(folder: Path, said: Words, held_out: Sequence[Row], reviews: Sequence[Path]) -> str:
    """The table of the model card: the model, its network alone, and the word statistic alone, on held-out turns, plain and misheard."""
    from qa.sentiment.model import resolve

    together = load_network(resolve(str(folder)))
    assert isinstance(together, Together)
    shown = {}
    rows = (("built-in", _scorer(together)), ("its network alone", _scorer(together.network)), ("TF-IDF", measure.word_statistics(said)))
    for title, score in rows:
        plain, misheard = measure.figures(held_out, score), measure.figures(held_out, score, noise=measure.HEARD)
        shown[title] = plain | {f"{name}, misheard": value for name, value in misheard.items()}
        shown[title] |= {path.stem: measure.reviews(path, score) for path in reviews}
    return measure.table(shown)


def _scorer(network: Network) -> measure.Scorer:
    def score(stretches: Sequence[Stretch]) -> measure.Scores:
        return np.asarray(network.scores([(stretch.text, stretch.context) for stretch in stretches]))

    return score


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
    said = words.fit(rows)
    together, factors = calibrate.calibrate(model, tokenizer, said, held_out, recipe.seed)
    for name, (network, word, shift) in factors.items():
        say(f"{name}: network {network:.2f} words {word:.2f} shift {shift:+.2f}")
    train.save(model, tokenizer, together, chosen.out)
    say(figures(chosen.out, said, held_out, chosen.reviews))


if __name__ == "__main__":
    main()
