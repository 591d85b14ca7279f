"""Why customers call: groups of calls whose customers begin alike, named by their own words, and words that are heard more.

What a customer says first, up to :data:`LONGEST` characters, is put into a space of meaning by latent semantic analysis
(TF-IDF of its words, then a truncated singular value decomposition), and the calls are grouped there by k-means. Vectors
of the sentiment model's encoder were tried instead and beside, and grouped calls no better. How many groups there are
is what the silhouette says. A call that lies far from every group's middle stays without one.
"""

from __future__ import annotations

import math
import re
import sys
from array import array
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qa.calls import Call
from qa.scoring.periods import PeriodKind, period_of
from qa.text.normalize import normalize
from qa.text.segment import words

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

LONGEST = 80  # characters of what a customer says first
FEWEST = 12  # calls: fewer are read faster than grouped
MOST_GROUPS = 12
_SUBSTANCE = 6  # characters: a shorter turn (喂, 你好) says nothing
_DIMENSIONS = 48
_EXAMPLES = 3
_WORDS = 6
_NAME = 3  # words
_NEAR = 0.25  # cosine to the middle of its group
_RISING = 12  # words at most
_HEARD = 3  # calls of a period: fewer are chance
_SIGMA = 1.96
_COUNTED = re.compile("[0-9]|^[一两几半第每各]")  # 一份, 几次, 第八天
_STOPWORDS = Path(__file__).with_name("stopwords.txt")


@dataclass(frozen=True, slots=True)
class Opening:
    """What a customer said first, and what is told of the call."""

    call_id: str
    started_at: datetime | None
    text: str
    words: tuple[str, ...]  # in order, each once
    start: float | None
    complaint: bool
    score: float | None


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason to call: its name, its telling words, how many calls, and of them how many lately and before.

    ``now`` and ``before`` count the calls of the latest period and the one before; ``examples`` are nearest to its middle.
    """

    name: str
    words: tuple[str, ...]
    calls: int
    share: float
    now: int
    before: int
    complaints: int
    score: float | None
    examples: tuple[Opening, ...]


@dataclass(frozen=True, slots=True)
class Rising:
    """A word that customers begin with more often than in the period before: in so many calls of so many each."""

    word: str
    now: int
    before: int
    share_now: float
    share_before: float


@dataclass(frozen=True, slots=True)
class Reasons:
    """All reasons, the commonest first; the words that rise, the surest first; what fits no group.

    ``period`` and ``previous`` are first and last days; None where there is nothing to compare.
    """

    reasons: tuple[Reason, ...] = ()
    rising: tuple[Rising, ...] = ()
    calls: int = 0
    other: int = 0
    period: tuple[date, date] | None = None
    previous: tuple[date, date] | None = None


def opening(call: Call) -> Opening | None:
    """What the customer of a call says first; None where nothing of substance is said."""
    said, start = "", None
    for turn in call.heard.turns:
        if turn.role != "customer" or len(said) >= LONGEST:
            continue
        text = normalize(turn.text).text
        if len(text) >= _SUBSTANCE:
            start = turn.start if start is None else start
            said += ("，" if said else "") + turn.text.strip("，。？！ ")
    if not said:
        return None
    complaint, score = call.verdict.complaint.detected, call.verdict.score.scaled
    return Opening(call.recording.call_id, call.recording.started_at, said[:LONGEST], content(said[:LONGEST]), start, complaint, score)


def content(text: str) -> tuple[str, ...]:
    """The words of a text that tell what it is about, in order of their letters.

    >>> content("您好，我想问一下我家的宽带怎么又断了")
    ('宽带',)
    """
    found = (word for word, _, _ in words(normalize(text).text))
    return tuple(sorted({sys.intern(word) for word in found if len(word) > 1 and word not in _stopwords() and not _COUNTED.search(word)}))


def find_reasons(openings: Sequence[Opening], zone: tzinfo, kind: PeriodKind = "week") -> Reasons:
    """The reasons of these calls; without groups where there are fewer than :data:`FEWEST`."""
    told = [one for one in sorted(openings, key=lambda one: one.call_id) if one.words]
    periods = sorted({_first(one, zone, kind) for one in told} - {None}, key=lambda day: day or date.min)
    now, before = (periods[-1], periods[-2]) if len(periods) > 1 else (periods[-1] if periods else None, None)
    firsts = {one.call_id: _first(one, zone, kind) for one in told}
    lately = [one for one in told if now and firsts[one.call_id] == now]
    earlier = [one for one in told if before and firsts[one.call_id] == before]
    groups, other = _groups(told) if len(told) >= FEWEST else ([], len(told))
    everywhere = Counter(word for one in told for word in one.words)
    rarities = _rarities(everywhere.keys()) if groups else {}
    return Reasons(
        reasons=tuple(
            sorted(
                (_reason(group, everywhere, rarities, len(told), lately, earlier) for group in groups),
                key=lambda reason: (-reason.calls, reason.name),
            )
        ),
        rising=_rising(lately, earlier),
        calls=len(told),
        other=other,
        period=period_of(now, kind) if now else None,
        previous=period_of(before, kind) if before else None,
    )


def _first(one: Opening, zone: tzinfo, kind: PeriodKind) -> date | None:
    return period_of(one.started_at.astimezone(zone).date(), kind)[0] if one.started_at else None


def _groups(told: Sequence[Opening]) -> tuple[list[list[Opening]], int]:
    """The groups, each ordered by nearness to its middle, and how many calls belong to none."""
    import numpy as np
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score

    # Those who say the very same are one point that weighs more, or each such point would look like a fine group.
    same = Counter(one.words for one in told)
    distinct = sorted(same)
    space, weights = _space(distinct), np.array([same[said] for said in distinct], dtype=np.float64)
    best, labels, middles = -1.0, np.zeros(len(distinct), dtype=np.int64), np.average(space, axis=0, weights=weights)[None]
    for count in range(2, min(MOST_GROUPS, len(distinct) // 2) + 1):
        found = KMeans(count, n_init=4, random_state=0).fit(space, sample_weight=weights)
        if len(set(found.labels_.tolist())) < 2:
            continue
        quality = float(silhouette_score(space, found.labels_, sample_size=min(len(distinct), 1000), random_state=0))
        if quality > best + 0.005:  # more groups must earn their place
            best, labels, middles = quality, found.labels_, found.cluster_centers_
    lengths = np.linalg.norm(middles, axis=1)
    nearness = np.einsum("ij,ij->i", space, middles[labels]) / np.maximum(1e-9, lengths[labels])
    groups: list[list[Opening]] = []
    for label in range(len(middles)):
        near = {distinct[i]: -nearness[i] for i in range(len(distinct)) if labels[i] == label and nearness[i] >= _NEAR}
        group = sorted((one for one in told if one.words in near), key=lambda one: (near[one.words], one.call_id))
        if group:
            groups.append(group)
    return groups, len(told) - sum(map(len, groups))


def _space(told: Sequence[tuple[str, ...]]) -> npt.NDArray[np.float64]:
    import numpy as np
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    weighed = TfidfVectorizer(analyzer=list, sublinear_tf=True).fit_transform(told)
    wide = min(_DIMENSIONS, min(weighed.shape) - 1)
    if wide < 1:
        return np.ones((len(told), 1))
    space: npt.NDArray[np.float64] = TruncatedSVD(wide, random_state=0).fit_transform(weighed)
    space /= np.maximum(1e-9, np.linalg.norm(space, axis=1, keepdims=True))
    return space


def _reason(
    group: Sequence[Opening],
    everywhere: Counter[str],
    rarities: Mapping[str, float],
    total: int,
    lately: Sequence[Opening],
    earlier: Sequence[Opening],
) -> Reason:
    own = Counter(word for one in group for word in one.words)
    worth = {word: _tells(own[word], len(group), everywhere[word], total) * rarities[word] for word in own}
    telling = sorted(own, key=lambda word: (-worth[word], word))[:_WORDS]
    ids = {one.call_id for one in group}
    scores = [one.score for one in group if one.score is not None]
    return Reason(
        name="、".join(telling[:_NAME]),
        words=tuple(telling),
        calls=len(group),
        share=len(group) / total,
        now=sum(one.call_id in ids for one in lately),
        before=sum(one.call_id in ids for one in earlier),
        complaints=sum(one.complaint for one in group),
        score=round(sum(scores) / len(scores), 2) if scores else None,
        examples=tuple(group[:_EXAMPLES]),
    )


def _tells(own: int, group: int, everywhere: int, total: int) -> float:
    """How well a word tells a group from the rest: how common it is there, times how much commoner than elsewhere."""
    here, elsewhere = own / group, (everywhere - own + 0.5) / (total - group + 1)
    return here * math.log(here / elsewhere) if here > elsewhere else 0.0


def _rising(lately: Sequence[Opening], earlier: Sequence[Opening]) -> tuple[Rising, ...]:
    """Words in a larger share of the calls than before, by more than chance (two proportions, 95 %)."""
    if not lately or not earlier:
        return ()
    now, before = (Counter(word for one in half for word in one.words) for half in (lately, earlier))
    found: list[tuple[float, Rising]] = []
    for word in sorted(now):
        a, b, n, m = now[word], before[word], len(lately), len(earlier)
        pooled = (a + b) / (n + m)
        spread = math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
        sureness = (a / n - b / m) / spread if spread else 0.0
        if a >= _HEARD and sureness >= _SIGMA:
            found.append((sureness, Rising(word, a, b, a / n, b / m)))
    return tuple(rising for _, rising in sorted(found, key=lambda pair: (-pair[0], pair[1].word))[:_RISING])


def _rarities(wanted: Collection[str]) -> dict[str, float]:
    """How rare each word is in the language at large: of words that tell a group equally well, the rarer says more.

    From jieba's table, read line by line: kept whole, with the tagger that comes with its reader, it would take 150 MB.
    """
    found: dict[str, float] = {}
    every = array("d")
    with (files("jieba") / "analyse" / "idf.txt").open(encoding="utf-8") as lines:
        for line in lines:
            word, _, rarity = line.partition(" ")
            every.append(float(rarity))
            if word in wanted:
                found[word] = every[-1]
    middle = sorted(every)[len(every) // 2]
    return {word: found.get(word, middle) for word in wanted}


@cache
def _stopwords() -> frozenset[str]:
    return frozenset(_STOPWORDS.read_text(encoding="utf-8").split())


def record(reason: Reason) -> dict[str, Any]:
    """A reason as a flat row for tables."""
    return {
        "name": reason.name,
        "words": "、".join(reason.words),
        "calls": reason.calls,
        "share": reason.share,
        "now": reason.now,
        "before": reason.before,
        "complaints": reason.complaints,
        "score": reason.score,
        "example": reason.examples[0].text if reason.examples else "",
    }
