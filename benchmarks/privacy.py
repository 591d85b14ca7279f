"""What masking costs when calls are judged again: ``python benchmarks/privacy.py [FOLDER] --calls 160``.

Calls of five minutes are put together as in ``benchmarks/judging.py``, each with a telephone number and a name said in it, and
lie in a store. Each is judged again as ``qa score`` does it (read, judged, written), sixteen by sixteen in turn so that all ways
meet the same machine:

* ``kept as said``: by the default settings the store keeps what was said, and masking happens where a call is shown;
* ``kept masked``: with ``privacy.store = "masked"``, in a store that holds masked texts already, as it does from then on;
* ``masked for the first time``: the same in a store that held what was said until then.

Seconds are the processor's, of one thread, the median over the sixteens; the ratios are to the first row.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import argparse
import contextlib
import gc
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from judging import TRANSCRIPTS, compose, recording

from qa.batch.rejudge import judge_again
from qa.calls import Heard, Turn, Word
from qa.config import PrivacySettings, Settings, shipped
from qa.pipeline import judge_call
from qa.privacy import masked_call
from qa.scoring.rubric import Rubric, load_rubric
from qa.sentiment.tracks import Tracks
from qa.store.again import TOGETHER, groups, keep_verdicts, words_of
from qa.store.store import Keys, Store

KEYS = Keys("hearing", "judging")
#: Answers that are put in place of two turns of the customer.
SAID = ("我的手机号是幺三八，零零零零，五六七九", "我叫陈志远")
WARM_UP = TOGETHER


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", default=TRANSCRIPTS, help="transcripts as JSON")
    parser.add_argument("--rubric", type=Path, default=shipped("rubrics", "general_inbound.yaml"))
    parser.add_argument("--calls", type=int, default=160)
    options = parser.parse_args()
    rubric = load_rubric(options.rubric)
    calls = [planted(heard) for heard in compose(options.folder, options.calls + WARM_UP)]
    plain, masking = Settings(), Settings(privacy=PrivacySettings(store="masked"))
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as opened:
        said, masked, turned = (opened.enter_context(Store.open(Path(folder) / name)) for name in ("said", "masked", "turned"))
        for number, heard in enumerate(calls):
            call = judge_call(recording(number), heard, rubric, plain)
            said.save(call, KEYS)
            turned.save(call, KEYS)
            masked.save(judge_call(recording(number), heard, rubric, masking), KEYS)
        gc.freeze()
        ways = [(said, plain), (masked, masking), (turned, masking)]
        spent: list[list[float]] = [[] for _ in range(len(ways) + 1)]
        for number, group in enumerate(groups([recording(number).call_id for number in range(len(calls))])):
            for turn in range(len(ways)):  # whoever comes second finds warm caches, so they take turns
                which = (number + turn) % len(ways)
                store, settings = ways[which]
                spent[which].append(judged_again(store, group, rubric, settings) / len(group))
            shown = [said.expect(call_id) for call_id in group]
            began = time.process_time()
            for call in shown:
                masked_call(call, plain.privacy)
            spent[-1].append((time.process_time() - began) / len(group))
    medians = [statistics.median(seconds[1:]) for seconds in spent]
    turns = sum(len(heard.turns) for heard in calls) / len(calls)
    print(f"{options.calls} calls of {turns:.0f} turns; ms of processor for each, and the ratio:")
    names = ("judged again, kept as said", "judged again, kept masked", "judged again, masked for the first time", "masked to be shown")
    for name, seconds in zip(names, medians, strict=True):
        print(f"  {name:42s} {1000 * seconds:6.2f} {seconds / medians[0]:6.3f}")


def judged_again(store: Store, call_ids: Sequence[str], rubric: Rubric, settings: Settings) -> float:
    """Read, judge and keep some calls, as ``qa score`` does; seconds of the processor."""
    tracks = Tracks.of(settings.sentiment)
    began = time.process_time()
    keep_verdicts(store, [judge_again(words, rubric, settings, tracks) for words in words_of(store, call_ids)])
    return time.process_time() - began


def planted(heard: Heard) -> Heard:
    """The call with two turns that say who calls."""
    places = [index for index, turn in enumerate(heard.turns) if turn.role == "customer"][1 : 1 + len(SAID)]
    turns = list(heard.turns)
    for place, text in zip(places, SAID, strict=False):
        turns[place] = spoken(turns[place], text)
    return replace(heard, turns=tuple(turns))


def spoken(turn: Turn, text: str) -> Turn:
    """The turn with other words, evenly over its time."""
    start, end = turn.start or 0.0, turn.end or 1.0
    step = (end - start) / len(text)
    words = (Word(one, round(start + step * at, 2), round(start + step * (at + 1), 2), 0.9) for at, one in enumerate(text))
    return replace(turn, text=text, words=tuple(words))


if __name__ == "__main__":
    main()
