"""How many stored calls are judged again per second on one core: ``python benchmarks/judging.py [FOLDER] --calls 300``.

Calls of five minutes are put together from transcripts (JSON files with ``turns`` of ``role``, ``text``, ``start``, ``end``;
those of the tests when no folder is given), each with its own sound-alike mistakes, as a recogniser makes them. The sheet is
the general one with 40 criteria: where it has fewer, one for each of its lexicons follows, and for their categories.

Four rows, each in processor time of one thread (on a machine that does other things as well a row may still come out
half as slow again, because caches are shared; the first row, measured beside the others, shows by how much):

* ``plain regex``: every phrase as one compiled regular expression, over the text of the call, and nothing else: no
  sound, no normalisation, no scopes, no reasons. The baseline, because it is what one would write first.
* ``judged``: judging alone, once a call is read: measures of time, every criterion, complaint, reasons;
* ``read and judged``: the same from a store on disk, reading included;
* ``written, too``: and the verdict kept: the whole of re-judging.

``--calls 100000`` shows that memory stays flat: the distinct calls are taken in turn, and resident memory is printed
after every tenth of the calls. ``--minutes 10`` stops the row ``judged`` after so many, however far it has come.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import argparse
import dataclasses
import gc
import itertools
import json
import random
import re
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import yaml

from qa.batch.rejudge import judge_again
from qa.calls import Heard, Recording, Role, Roles, Turn, Word
from qa.config import SentimentSettings, Settings, shipped
from qa.pipeline import judge_call
from qa.scoring.lexicon import Lexicon, Phrase
from qa.scoring.rubric import Rubric, load_rubric
from qa.sentiment.tracks import Tracks
from qa.store.again import groups, keep_verdicts, words_of
from qa.store.store import Keys, Store
from qa.text.normalize import normalize
from qa.text.readings import read, unpack
from qa.text.syllables import substitution_costs

MINUTES = 5
CRITERIA = 40
MISHEARD, DROPPED, SLIPPED_IN = 0.05, 0.01, 0.01  # of all characters
TRANSCRIPTS = Path(__file__).parents[1] / "tests/data/truth"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", default=TRANSCRIPTS, help="transcripts as JSON")
    parser.add_argument("--rubric", type=Path, default=shipped("rubrics", "general_inbound.yaml"))
    parser.add_argument("--calls", type=int, default=300, help="calls to judge")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop judging after so many minutes by the clock")
    parser.add_argument("--distinct", type=int, default=100, help="calls to put together")
    parser.add_argument("--warm-up", type=int, default=30, help="calls judged before the clock starts")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        rubric = sheet(options.rubric, Path(folder))
        phrases = [phrase for lexicon in rubric.lexicons.values() for phrase in (*lexicon.phrases, *lexicon.excluding)]
        calls = list(compose(options.folder, options.distinct + options.warm_up))
        fresh, calls = calls[: options.warm_up], calls[options.warm_up :]
        characters = sum(len(turn.text) for heard in calls for turn in heard.turns) / len(calls)
        ways = sum(len(slot) for phrase in set(phrases) for slot in phrase.slots)
        print(f"{len(calls)} distinct calls of {MINUTES} minutes, {characters:.0f} characters, {turns(calls):.0f} turns each")
        print(f"{sum(1 for _ in rubric.criteria())} criteria, {len(set(phrases))} phrases, {ways} ways to say them")
        print(f"{'':16s} {'calls':>7s} {'ms/call':>8s} {'calls/s':>8s} {'ratio':>6s}")

        settings = Settings()
        store = Store.open(Path(folder) / "store")
        for number, heard in enumerate([*fresh, *calls]):
            call = judge_call(recording(number), heard, rubric, settings)
            if number >= len(fresh):
                store.save(call, Keys("hearing", "judging"))
        gc.freeze()  # the calls put together here are no part of what is measured
        expressions = [expression(phrase) for phrase in dict.fromkeys(phrases)]
        count = min(options.calls, 300)
        base = measure("plain regex", alone(calls, count), lambda heard: plain(heard[0], expressions), None)
        measure(
            "judged",
            alone(calls, options.calls),
            lambda heard: judge_call(RECORDING, heard[0], rubric, settings),
            base,
            until=time.monotonic() + options.minutes * 60,
            tell=options.calls // 10 if options.calls >= 1000 else 0,
        )
        ids = [recording(number).call_id for number in range(len(fresh), len(fresh) + len(calls))]
        chosen = list(itertools.islice(itertools.cycle(ids), count))
        tracks = Tracks.of(SentimentSettings(model="none"))
        for name, keep in (("read and judged", False), ("written, too", True)):

            def again(group: Sequence[str], keep: bool = keep) -> None:
                judged = [judge_again(words, rubric, settings, tracks) for words in words_of(store, group)]
                if keep:
                    keep_verdicts(store, judged)

            measure(name, groups(chosen), again, base)


def measure(
    name: str, groups: Iterable[Sequence[object]], work: Callable[..., object], base: float | None, *,
    until: float = float("inf"), tell: int = 0,
) -> float:  # fmt: skip
    """Do the work for every group of calls, or ``until`` then, and print a row; the seconds it took for each call.

    ``tell``: after how many calls each the resident memory is printed.
    """
    started, done = time.process_time(), 0
    for group in groups:
        work(group)
        before, done = done, done + len(group)
        if tell and done // tell > before // tell:
            print(f"{'':16s} {done:7d} calls judged, resident {resident():.0f} MiB", flush=True)
        if time.monotonic() > until:
            break
    seconds = (time.process_time() - started) / done
    print(f"{name:16s} {done:7d} {seconds * 1000:8.2f} {1 / seconds:8.1f} {base / seconds if base else 1:6.2f}", flush=True)
    return seconds


def alone(calls: Sequence[Heard], count: int) -> Iterator[Sequence[Heard]]:
    """So many of the calls in turn, each in a group of its own."""
    return ((heard,) for heard in itertools.islice(itertools.cycle(calls), count))


def resident() -> float:
    """Resident memory of this process in MiB; where the system does not say, the most it ever was."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


# ---- what is judged

RECORDING = Recording(call_id="benchmark", content_hash="00")


def recording(number: int) -> Recording:
    return dataclasses.replace(RECORDING, call_id=f"benchmark-{number:06d}")


def sheet(path: Path, folder: Path) -> Rubric:
    """The sheet, with :data:`CRITERIA` criteria."""
    general = load_rubric(path)
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    missing = CRITERIA - sum(1 for _ in general.criteria())
    if missing > 0:
        content["sections"].append(
            {"id": "benchmark", "name": "词库逐项", "criteria": list(itertools.islice(further(general.lexicons.values()), missing))}
        )
    content["lexicons"] = str(path.parent / content["lexicons"])
    content.pop("total", None)
    written = folder / "sheet.yaml"
    written.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return load_rubric(written)


def further(lexicons: Iterable[Lexicon]) -> Iterator[dict[str, object]]:
    """A criterion for each lexicon, then for each category of each."""
    known = list(lexicons)
    for lexicon in known:
        yield criterion(lexicon.id, {"lexicon": lexicon.id})
    for lexicon in known:
        for number, category in enumerate(dict.fromkeys(phrase.category for phrase in lexicon.phrases if phrase.category)):
            yield criterion(f"{lexicon.id}_{number}", {"lexicon": lexicon.id, "categories": [category]})


def criterion(name: str, say: dict[str, object]) -> dict[str, object]:
    return {
        "id": f"benchmark_{name}",
        "name": name,
        "why": "把整个词库都查一遍",
        "points": 1,
        "scope": {"role": "any"},
        "require": {"say": say},
    }


# ---- the baseline


def expression(phrase: Phrase) -> re.Pattern[str]:
    """The phrase as it would be written by hand: its ways as alternatives, its gaps as so many characters."""
    slots = ["(?:" + "|".join(map(re.escape, sorted(slot, key=len, reverse=True))) + ")" for slot in phrase.slots]
    return re.compile(f".{{0,{phrase.gap}}}?".join(slots))


def plain(heard: Heard, expressions: Sequence[re.Pattern[str]]) -> int:
    text = "\n".join(turn.text for turn in heard.turns)
    return sum(1 for one in expressions for _ in one.finditer(text))


# ---- the calls


def turns(calls: Sequence[Heard]) -> float:
    return sum(len(heard.turns) for heard in calls) / len(calls)


def compose(folder: Path, count: int) -> Iterator[Heard]:
    """Calls of five minutes from transcripts in changing order, every one misheard in its own way."""
    transcripts = [json.loads(path.read_text(encoding="utf-8"))["turns"] for path in sorted(folder.glob("*.json"))]
    mishear = Mishearing(turn["text"] for transcript in transcripts for turn in transcript)
    for number in range(count):
        chance = random.Random(number)  # the same calls every time
        said: list[Turn] = []
        start = 1.0
        while start < MINUTES * 60:
            for turn in chance.choice(transcripts):
                text = mishear(turn["text"], chance)
                length = round(turn["end"] - turn["start"], 2)
                if text and start + length <= MINUTES * 60 + 10:
                    said.append(spoken(turn["role"], text, round(start, 2), round(start + length, 2), chance))
                start += length + 0.4
        yield Heard(duration=said[-1].end, channels=2, turns=tuple(said), roles=Roles(method="channel", confidence=1.0), parted=True)


def spoken(role: Role, text: str, start: float, end: float, chance: random.Random) -> Turn:
    """A turn with words of two characters, as a recogniser gives them."""
    pieces = [text[i : i + 2] for i in range(0, len(text), 2)]
    step = (end - start) / len(pieces)
    words = tuple(
        Word(piece, round(start + i * step, 2), round(start + (i + 1) * step, 2), round(chance.uniform(0.4, 1.0), 3))
        for i, piece in enumerate(pieces)
    )
    return Turn(role=role, text=text, start=start, end=end, confidence=0.8, words=words)


class Mishearing:
    """Puts characters that sound alike in one another's place, drops some and lets particles slip in."""

    def __init__(self, texts: Iterable[str]) -> None:
        characters = sorted(set("".join(normalize(text).text for text in texts)))
        sounds = {character: unpack(read(character).sounds[0])[0] for character in characters if "一" <= character <= "鿿"}
        costs = substitution_costs()
        self.alike = {one: [other for other, code in sounds.items() if other != one and costs[sounds[one], code] <= 20] for one in sounds}

    def __call__(self, text: str, chance: random.Random) -> str:
        heard = []
        for character in text:
            luck = chance.random()
            if luck < MISHEARD and self.alike.get(character):
                heard.append(chance.choice(self.alike[character]))
            elif luck >= MISHEARD + DROPPED:
                heard.append(character)
            if luck > 1 - SLIPPED_IN:
                heard.append(chance.choice("啊的呢吧"))
        return "".join(heard)


if __name__ == "__main__":
    main()
