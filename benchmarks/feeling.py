"""Who reads complaints, threats and sentiment in spoken Chinese best: ``python benchmarks/feeling.py [--model DIR] [--reviews DIR]``.

One table over ``benchmarks/feeling/turns.jsonl`` (written for measuring, see its README), each turn with the agent's
turn before it, as it was said and as a recogniser would have misheard it:

* ``ours``: what the product says, the model and the word lists together (:mod:`qa.scoring.complaint`);
* ``model alone``: the model without the word lists;
* ``TF-IDF``: characters 1 to 3, logistic regression, on the same training rows, half of them misheard alike: what the built-in
  model holds besides its network, alone;
* ``word lists``: the product without a model (``sentiment.model = "none"``);
* ``snownlp``, ``cnsenti``: sentiment only. A complaint is for them what is negative enough, and they are given the
  thresholds that are best for them on these very rows; threats they do not know.

Sentiment is right when negative, neutral or positive is. The reviews (two CSV files of ``label,review``, not part of
the project) show how far it carries: right when the side is. ``±`` is the half width of the 95 % interval from resampled rows.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import argparse
import csv
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from qa.calls import Heard, Roles, SentimentTrack, Turn
from qa.config import SentimentSettings, shipped
from qa.scoring.complaint import detect
from qa.scoring.dialogue import Dialogue
from qa.scoring.rubric import load_rubric
from qa.sentiment.labels import BUILT_IN, COMPLAINT, NEGATIVE, POSITIVE, THREAT
from qa.sentiment.tracks import Tracks
from qa.sentiment.window import stretches
from qa.text.normalize import normalize
from training import words
from training.measure import HEARD, Scorer, f1, word_statistics
from training.mixture import Mixture
from training.noise import corrupt

TURNS = Path(__file__).with_name("feeling") / "turns.jsonl"
REVIEWS = Path(__file__).parents[2] / "shared/data"
SEED = 20261122  # of the noise, and of the resampling
SIDES = ("neg", "neutral", "pos")
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Row:
    """A customer's turn with what it says, and what was said before."""

    text: str
    agent: str
    customer: str
    complaint: bool
    threat: bool
    sentiment: str

    @property
    def turns(self) -> tuple[Turn, ...]:
        said = (("customer", self.customer), ("agent", self.agent), ("customer", self.text))
        return tuple(Turn(role=role, text=text) for role, text in said if text)  # type: ignore[arg-type]

    def noisy(self) -> Row:
        """The row as a recogniser would have heard it."""
        said = {name: plain(getattr(self, name)) for name in ("text", "agent", "customer")}
        return Row(**(vars(self) | {name: corrupt(text, HEARD, random.Random(f"{SEED} {text}")) for name, text in said.items()}))


@dataclass(frozen=True)
class Answers:
    """A row each: complaint and threat as found (None: it does not say), sentiment from -1 to 1."""

    complaint: npt.NDArray[np.bool_] | None
    threat: npt.NDArray[np.bool_] | None
    sentiment: Numbers | None
    bounds: tuple[float, float] = (-1 / 3, 1 / 3)  # below: negative; above: positive


class Method(Protocol):
    """One line of the table."""

    def __call__(self, rows: Sequence[Row]) -> Answers: ...


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="builtin", help="as sentiment.model")
    parser.add_argument("--reviews", type=Path, default=REVIEWS, help="folder of reviews_food_eval.csv and reviews_shop_eval.csv")
    parser.add_argument("--errors", action="store_true", help="print the turns that ours gets wrong")
    parser.add_argument("--run", action="store_true", help="also time qa run on the samples, with and without reading the calls")
    parser.add_argument("--only", nargs="*", help="lines of the table, for example: ours TF-IDF")
    options = parser.parse_args()
    everything = read_rows()
    shared = in_training(everything)
    rows = [row for row in everything if plain(row.text) not in shared]
    if len(everything) - len(rows) > len(everything) / 100:
        sys.exit("too many test turns stand in the training rows, too:\n" + "\n".join(sorted(shared)))
    noisy = [row.noisy() for row in rows]
    reviews = {name: read_reviews(options.reviews / f"reviews_{name}_eval.csv") for name in ("food", "shop")}
    complaints, threats = share(row.complaint for row in rows), share(row.threat for row in rows)
    print(f"{len(rows)} turns, {complaints} complaints, {threats} threats")
    print(f"{len(everything) - len(rows)} more were left out because training has them, too")
    print(f"{'':12s}{'as said':^32s}{'as misheard':^32s}{'reviews':^16s}{'turns':>8s}")
    print(f"{'':12s}" + 2 * f"{'complaint':>12s}{'threat':>11s}{'feeling':>9s}" + f"{'food':>8s}{'shop':>8s}{'per s':>8s}")
    tracks = Tracks.of(SentimentSettings(model=options.model))
    methods: Mapping[str, Callable[[], Method]] = {
        "ours": lambda: Product(tracks),
        "model alone": lambda: ModelAlone(tracks),
        "TF-IDF": TfIdf,
        "word lists": lambda: Product(Tracks.of(SentimentSettings(model="none"))),
        "snownlp": lambda: SnowNlp(rows),
        "cnsenti": lambda: CnSenti(rows),
    }
    for name, make in methods.items():
        if options.only and name not in options.only:
            continue
        method = make()
        method(rows[:3])  # whatever is loaded on first use
        begin = time.perf_counter()
        clean = method(rows)
        speed = len(rows) / (time.perf_counter() - begin)
        heard = method(noisy)
        far = [side(method(found), found) if found else "-" for found in reviews.values()]
        print(f"{name:12s}{line(clean, rows)}{line(heard, noisy)}{far[0]:>8s}{far[1]:>8s}{speed:8.0f}", flush=True)
        if name == "ours" and options.errors:
            print_errors(clean, rows)
    turns, seconds = pace(tracks, rows)
    print(f"one thread, with context and evidence: {turns / seconds:.0f} turns a second of the processor")
    print(f"first answer of a new process: {first_answer(options.model):.1f} s")
    if options.run:
        print(f"share of the processor's time that qa run on the samples takes: {share_of_run(options.model):.1%}")


class Product:
    """What the product says of the last turn of each row."""

    def __init__(self, tracks: Tracks) -> None:
        self.tracks = tracks
        self.lexicons = load_rubric(shipped("rubrics", "general_inbound.yaml")).lexicons

    def __call__(self, rows: Sequence[Row]) -> Answers:
        found = [self._one(row) for row in rows]
        feeling = [feeling for _, _, feeling in found if feeling is not None]
        return Answers(
            np.array([complaint for complaint, _, _ in found]),
            np.array([threat for _, threat, _ in found]),
            np.array(feeling) if len(feeling) == len(rows) else None,
        )

    def _one(self, row: Row) -> tuple[bool, bool, float | None]:
        turns = row.turns
        heard = heard_of(turns)
        track = self.tracks.track(heard)
        last = [one for one in track.turns if one.turn == len(turns) - 1] if track else []
        only = SentimentTrack(key="", model="", turns=tuple(last)) if track else None
        # Only the last turn is asked about: what the customer said before is context.
        quiet = heard_of(
            tuple(
                Turn(role=turn.role, text=turn.text if i == len(turns) - 1 or turn.role == "agent" else "") for i, turn in enumerate(turns)
            )
        )
        complaint = detect(Dialogue.of(quiet), self.lexicons, only)
        return complaint.detected, complaint.threat, last[0].sentiment if last else 0.0 if track else None


class ModelAlone:
    """The model's own probabilities, halved at a half."""

    def __init__(self, tracks: Tracks) -> None:
        self.tracks = tracks

    def __call__(self, rows: Sequence[Row]) -> Answers:
        tracks = [self.tracks.track(heard_of(row.turns)) for row in rows]
        last = [
            next((one for one in track.turns if one.turn == len(row.turns) - 1), None)
            for track, row in zip(tracks, rows, strict=True)
            if track
        ]
        return Answers(
            np.array([one is not None and one.complaint >= 0.5 for one in last]),
            np.array([one is not None and one.threat >= 0.5 for one in last]),
            np.array([one.sentiment if one else 0.0 for one in last]),
        )


class TfIdf:
    """The word statistic of :mod:`training.measure`, fitted to the model's own training rows; each probability halved at a half."""

    def __init__(self) -> None:
        self._score: Scorer = word_statistics(words.fit(trained_on()))

    def __call__(self, rows: Sequence[Row]) -> Answers:
        parts = [stretches(row.turns, len(row.turns) - 1) for row in rows]
        scores = self._score([part for own in parts for part in own])
        ends = np.cumsum([len(own) for own in parts])
        highest = np.array([scores[end - len(own) : end].max(axis=0, initial=0.0) for own, end in zip(parts, ends, strict=True)])
        threats = [place for place, name in enumerate(BUILT_IN) if name.startswith(THREAT)]
        feeling = highest[:, BUILT_IN.index(POSITIVE)] - highest[:, BUILT_IN.index(NEGATIVE)]
        return Answers(highest[:, BUILT_IN.index(COMPLAINT)] >= 0.5, highest[:, threats].max(axis=1) >= 0.5, feeling)


class Thresholded:
    """A tool that gives one number for a sentiment; its thresholds are the best there are for the rows it is measured on."""

    middle = 0.0  # of its own scale

    def __init__(self, rows: Sequence[Row]) -> None:
        scores = self.scores([row.text for row in rows])
        cuts = np.unique(np.quantile(scores, np.linspace(0, 1, 101)))
        complaint = np.array([row.complaint for row in rows])
        sides = np.array([SIDES.index(row.sentiment) for row in rows])
        self._complains = max(cuts, key=lambda cut: f1(complaint, scores <= cut))
        pairs = [(low, high) for low in cuts for high in cuts if low <= high]
        self._bounds = max(pairs, key=lambda pair: float(np.mean(np.digitize(scores, pair, right=True) == sides)))

    def scores(self, texts: Sequence[str]) -> Numbers:
        raise NotImplementedError

    def __call__(self, rows: Sequence[Row]) -> Answers:
        scores = self.scores([row.text for row in rows])
        # centred on the tool's own middle, so that the reviews are judged as its documentation says
        return Answers(
            scores <= self._complains, None, scores - self.middle, (self._bounds[0] - self.middle, self._bounds[1] - self.middle)
        )


class SnowNlp(Thresholded):
    """snownlp's sentiments: the probability that a text is positive."""

    middle = 0.5

    def scores(self, texts: Sequence[str]) -> Numbers:
        from snownlp import SnowNLP

        return np.array([SnowNLP(text).sentiments if text.strip() else 0.5 for text in texts])


class CnSenti(Thresholded):
    """cnsenti's count of positive words less negative ones, weighed by degree and negation."""

    def scores(self, texts: Sequence[str]) -> Numbers:
        counts = [_cnsenti().sentiment_calculate(text) for text in texts]
        return np.array([count["pos"] - count["neg"] for count in counts], dtype=np.float64)


@cache
def _cnsenti() -> Any:
    from cnsenti import Sentiment

    return Sentiment()


def heard_of(turns: tuple[Turn, ...]) -> Heard:
    return Heard(duration=None, channels=0, turns=turns, roles=Roles(method="manual", confidence=1.0))


def plain(text: str) -> str:
    return normalize(text).text


@cache
def trained_on() -> Mixture:
    """What the built-in model was trained on."""
    from training import mixture
    from training.train import Recipe

    return mixture.training(mixture.everything(Recipe().text_seed))


def read_rows() -> list[Row]:
    """The test set."""
    lines = [json.loads(line) for line in TURNS.read_text(encoding="utf-8").splitlines()]
    return [Row(one["text"], one["agent"], one.get("customer", ""), one["complaint"], one["threat"], one["sentiment"]) for one in lines]


def read_reviews(path: Path) -> list[Row]:
    """Reviews as rows; none where the file is not there."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8") as file:
        return [Row(one["review"], "", "", False, False, "pos" if one["label"] == "1" else "neg") for one in csv.DictReader(file)]


def in_training(rows: Sequence[Row]) -> frozenset[str]:
    """Test turns of some length that the training rows hold as they are, or but for a character or two, normalised."""
    from rapidfuzz import process
    from rapidfuzz.distance import Levenshtein

    trained = sorted({plain(row.text) for row in trained_on().everything})
    known = set(trained)
    long = sorted({plain(row.text) for row in rows if len(plain(row.text)) >= 8})
    near = (process.extractOne(text, trained, scorer=Levenshtein.distance, score_cutoff=2) for text in long)
    return frozenset(text for text, found in zip(long, near, strict=True) if text in known or found)


def line(answers: Answers, rows: Sequence[Row]) -> str:
    """Three figures with how sure they are."""
    parts = []
    for found, wanted in ((answers.complaint, [row.complaint for row in rows]), (answers.threat, [row.threat for row in rows])):
        parts.append("-" if found is None else interval(f1, found, np.array(wanted)))
    sides = np.array([SIDES.index(row.sentiment) for row in rows])
    right = None if answers.sentiment is None else np.digitize(answers.sentiment, answers.bounds, right=True) == sides
    parts.append("-" if right is None else f"{np.mean(right):.3f}")
    return f"{parts[0]:>12s}{parts[1]:>11s}{parts[2]:>9s}"


def side(answers: Answers, rows: Sequence[Row]) -> str:
    """The share of reviews whose side is right."""
    if answers.sentiment is None:
        return "-"
    return f"{np.mean((answers.sentiment > 0) == np.array([row.sentiment == 'pos' for row in rows])):.3f}"


def interval(measure: Callable[..., float], found: npt.NDArray[np.bool_], wanted: npt.NDArray[np.bool_]) -> str:
    """The measure and half its 95 % interval."""
    chance = np.random.default_rng(SEED)
    drawn = [measure(wanted[some], found[some]) for some in (chance.integers(0, len(wanted), len(wanted)) for _ in range(300))]
    low, high = np.quantile(drawn, (0.025, 0.975))
    return f"{measure(wanted, found):.3f}±{(high - low) / 2:.2f}".replace("±0.", "±.")


def share(flags: Any) -> str:
    marked = list(flags)
    return f"{sum(marked) / len(marked):.0%}"


def print_errors(answers: Answers, rows: Sequence[Row]) -> None:
    for name, found in (("complaint", answers.complaint), ("threat", answers.threat)):
        if found is None:
            continue
        for row, one in zip(rows, found, strict=True):
            if one != getattr(row, name):
                print(f"  {name} {'found' if one else 'missed'}: {row.agent} / {row.text}")


def pace(tracks: Tracks, rows: Sequence[Row]) -> tuple[int, float]:
    """Customer turns read and the processor's seconds for them: the test turns in calls of twelve, one of a call's turns a complaint.

    The table's column is slower: there each turn is a call, so nothing can be read together, and four of ten complain.
    """
    sharp, calm = ([row for row in rows if row.complaint == flag] for flag in (True, False))
    calls = [[*calm[i : i + 11], sharp[i // 11]] for i in range(0, min(len(calm) - 11, 11 * len(sharp)), 11)]
    begin = time.process_time()
    for call in calls:
        tracks.track(heard_of(tuple(turn for row in call for turn in row.turns[-2:])))
    return 12 * len(calls), time.process_time() - begin


def share_of_run(model: str) -> float:
    """How much of what ``qa run`` costs on the samples is the model's: reading the calls in a process of its own, start included."""
    samples = Path(__file__).parents[1] / "samples"
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "qa.toml")
        config.write_text('[sentiment]\nmodel = "none"\n', encoding="utf-8")
        run = [str(Path(sys.executable).with_name("qa")), "run", str(samples), "--manifest", str(samples / "manifest.csv")]
        whole = processor([*run, "--store", folder + "/store", "--config", str(config), "--quiet"])
        code = (
            "from qa.config import SentimentSettings; from qa.sentiment.tracks import Tracks; from qa.store.store import Store\n"
            f"tracks = Tracks.of(SentimentSettings(model={model!r}))\n"
            f"print(sum(len(tracks.track(call.heard).turns) for call in Store.open({folder + '/store'!r}).calls()))"
        )
        feeling = processor([sys.executable, "-c", code])
    return feeling / (whole + feeling)


def processor(command: Sequence[str]) -> float:
    """Seconds of the processor that a command takes, its own processes included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def first_answer(model: str) -> float:
    """Seconds from the start of a process to the reading of one turn."""
    code = (
        "from qa.calls import Heard, Roles, Turn; from qa.config import SentimentSettings; from qa.sentiment.tracks import Tracks\n"
        "turns = (Turn(role='customer', text='你们就是这样对待顾客的吗'),)\n"
        f"Tracks.of(SentimentSettings(model={model!r})).track(Heard(duration=None, channels=0, turns=turns, "
        "roles=Roles(method='manual', confidence=1.0)))"
    )
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
