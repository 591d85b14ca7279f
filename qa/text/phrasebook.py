"""Phrases and texts prepared so that all phrases are looked for at once, and most of them cost nothing.

What it costs to hear one syllable for another is kept in a table that the phrases of a book and all texts share:
a row for each syllable that a text may have, a column (a *unit*) for each that the phrases have. Rows are made when
a text first needs them; there are no more of them than Mandarin has syllables and the phrases have characters.

**Seeds.** Nearly all phrases are nowhere near in nearly all calls. They are left out without loss by the pigeonhole
principle: cut a phrase that may cost ``B`` into ``k`` pairs of neighbouring syllables (one syllable may be left over).
Were each pair to cost more than ``t = B // k``, together they would cost at least ``k * (t + 1) > B``. So a place of
the phrase has a pair that costs at most ``t``. Where ``t`` is less than it costs to leave out either syllable, both
are heard, one behind the other, with as much between them as ``t`` allows: nothing for 0, one particle or 您 for 30
or more, two for 60 or more, never three (90). That is a question about two bits for each pair and place, asked for
64 pairs in one machine word. Phrases that may cost too much for such pairs (:attr:`Phrasebook.loose`) are compared
everywhere.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from qa.text import syllables
from qa.text.readings import Reading, Sound, unpack

Ints = npt.NDArray[np.int64]
Costs = npt.NDArray[np.uint8]
Shorts = npt.NDArray[np.uint16]
Words = npt.NDArray[np.uint64]
Bools = npt.NDArray[np.bool_]
Reals = npt.NDArray[np.float64]

MISSING, EXTRA = 85, 70
PARTICLES = frozenset("的了吧呢啊呀嘛啦哈哎唉额")
MISSING_PARTICLE, EXTRA_PARTICLE = 60, 30
EXTRA_PERSON = dict.fromkeys("您你就也那这是", 40)  # slip in without changing what is said
NEGATION = frozenset("不没别未无非莫勿")
TURNED = 200  # a negation that came or went
MISHEARD = 69  # of a strict phrase each syllable must be there: at most its initial or its final may be wholly wrong
SAME_PERSON = 4  # 您 and 你
BARRED = 255  # in the tables, where costs have one byte: the end of a text, which nothing is heard for
MOST_BETWEEN = 2  # syllables inside a seed
_SEED_LIMIT = EXTRA_PARTICLE * (MOST_BETWEEN + 1)  # a seed must cost less, or more could stand inside it
LONGEST = 100  # syllables of a phrase that is matched by sound
NEVER = 101 * LONGEST  # more than any phrase may cost: no match reaches from one text into the next
_END = syllables.SEPARATOR

_PERSONS = np.array([ord("您"), ord("你")])
_NEGATIONS = np.array(sorted(map(ord, NEGATION)))
_SPECIAL = PARTICLES | NEGATION | frozenset(EXTRA_PERSON) | frozenset("您你")


class Passage:
    """Several readings (the turns of a call) laid one after the other, to be searched in one go."""

    def __init__(self, readings: Sequence[Reading]) -> None:
        self.readings = tuple(readings)
        self.sounds: list[Sound] = list(chain.from_iterable((*reading.sounds, _END) for reading in self.readings))
        starts = [0]
        for reading in self.readings:
            starts.append(starts[-1] + len(reading.sounds) + 1)
        self.starts = starts  # where each text starts in ``sounds``

    def __len__(self) -> int:
        return len(self.sounds)

    @cached_property
    def joined(self) -> str:
        """All texts with a line break after each."""
        return "".join([f"{reading.text}\n" for reading in self.readings])

    @cached_property
    def begins(self) -> Ints:
        """Where each syllable begins in its text."""
        return np.array(list(chain.from_iterable((*reading.begins, 0) for reading in self.readings)), dtype=np.int64)

    @cached_property
    def ends(self) -> Ints:
        """Where each syllable ends in its text."""
        return np.array(list(chain.from_iterable((*reading.ends, 0) for reading in self.readings)), dtype=np.int64)

    @cached_property
    def text_of(self) -> Ints:
        """Which text each syllable is of."""
        return np.repeat(np.arange(len(self.readings)), np.diff(self.starts))

    @cached_property
    def text_starts(self) -> Ints:
        """Where each text starts in ``joined``."""
        return np.cumsum([0, *[len(reading.text) + 1 for reading in self.readings]])

    @cached_property
    def characters(self) -> Ints:
        """The code points of ``joined``."""
        return np.frombuffer(self.joined.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.int64)

    @cached_property
    def digits(self) -> Bools:
        """Which characters of ``joined`` are digits."""
        return np.fromiter(map(str.isdigit, self.joined), dtype=np.bool_, count=len(self.joined))


@dataclass(frozen=True, slots=True)
class Seeds:
    """The pairs of units that places are found by, and for each the phrases it is cut from.

    ``first``, ``second``, ``limits``: one entry a pair. Rows ``at[q] .. at[q + 1]`` of ``cuts`` belong to pair ``q``: what
    it may cost (the most first), what the phrase may, how many syllables of it come before the pair, how many it has, what
    the cheapest of them costs when it is missing, the phrase (two numbers), and the kinds of its syllables: those behind
    the pair, then those before it, each from the pair on. All that is read together lies together.
    """

    first: Ints
    second: Ints
    limits: Ints
    at: Ints
    cuts: Shorts


class Phrasebook:
    """Phrases prepared to be searched for together: each with the closeness it must reach (1.0: its characters only).

    >>> from qa.text.readings import read
    >>> book = Phrasebook([read("请您稍等一下"), read("稍等")], [0.78, 1.0])
    >>> book.budgets.tolist(), len(book.seeds.first), book.loose.tolist()
    ([132, -1], 3, [])
    """

    def __init__(self, phrases: Sequence[Reading], at_least: Sequence[float], strict: Sequence[bool] = ()) -> None:
        self.phrases = tuple(phrases)
        self.at_least = tuple(at_least)
        self.strict = np.array(strict or [False] * len(self.phrases), dtype=bool)
        units: dict[tuple[Sound, bool], int] = {}
        rows = [
            [units.setdefault((sound, firm), len(units)) for sound in phrase.sounds]
            for phrase, firm in zip(self.phrases, self.strict.tolist(), strict=True)
        ]
        self.lengths: Ints = np.array([len(row) for row in rows], dtype=np.int64)
        self.rows: Ints = np.full((len(rows), max(map(len, rows), default=0)), len(units), dtype=np.int64)  # filled up with no unit at all
        for p, row in enumerate(rows):
            self.rows[p, : len(row)] = row
        spoken = [unpack(sound) for sound, _ in units]
        self._codes, self._tones, self._characters = (np.array([one[i] for one in spoken], dtype=np.int64) for i in range(3))
        self._firm = np.array([firm for _, firm in units], dtype=bool)
        #: what each unit costs when the text does not have it; the last one, no unit at all, costs nothing
        self.missing: Ints = np.array([*(_missing(chr(c), firm) for (_, _, c), firm in zip(spoken, self._firm, strict=True)), 0])
        self._known = frozenset(chr(c) for _, _, c in spoken) | _SPECIAL
        self._row_of: dict[Sound, int] = {}
        self._row_of_key: dict[Sound, int] = {}
        self._making = threading.Lock()
        # for the lower bound units that differ in tone or character alone are one kind; the last kind costs nothing
        order = np.argsort(self._codes, kind="stable")
        fresh = np.flatnonzero(np.append(True, np.diff(self._codes[order]) != 0)[: len(order)])
        kinds = np.zeros(len(units) + 1, dtype=np.int64)
        kinds[order] = np.cumsum(np.isin(np.arange(len(order)), fresh)) - 1
        kinds[-1] = len(fresh)
        self._by_kind = order, fresh
        self.least_missing: Costs = np.append(_least(self.missing[None, order], fresh)[0], 0).astype(np.uint8)
        #: the kind of each syllable of each phrase
        self.kinds: Ints = kinds[self.rows]
        self._tables = Tables(len(units) + 1, len(fresh) + 1, len(self.seeds.first))

    @cached_property
    def budgets(self) -> Ints:
        """The most that each phrase may cost; below 0 where only its characters count."""
        room = [
            -1 if at_least >= 1.0 or not 0 < n <= LONGEST else int((1.0 - at_least) * 100 * n + 1e-6)
            for at_least, n in zip(self.at_least, self.lengths.tolist(), strict=True)
        ]
        return np.array(room, dtype=np.int64)

    @cached_property
    def loose(self) -> Ints:
        """The phrases matched by sound that no seed can be given for."""
        return np.array([p for p in np.flatnonzero(self.budgets >= 0).tolist() if not self._pairs(p)], dtype=np.int64)

    @cached_property
    def slack(self) -> Ints:
        """How many syllables more than the phrase a place of it may have, and how far each may so be from where it belongs."""
        slack: Ints = np.maximum(self.budgets, 0) // EXTRA_PARTICLE
        return slack

    def _pairs(self, p: int) -> list[tuple[int, int]]:
        """(offset, what it may cost) of the pairs that phrase ``p`` is cut into; none when they would be no seeds."""
        length, budget = int(self.lengths[p]), int(self.budgets[p])
        if length < 2:
            return []
        room = budget // (length // 2)
        row = self.rows[p]
        missing = self.missing[row]
        cuts = [[*range(0, skipped, 2), *range(skipped + 1, length - 1, 2)] for skipped in range(0, length, 2)] if length % 2 else []
        # of the cuts of an odd phrase, the one whose units are the rarest in the book: they are so in speech, too
        offsets = min(cuts, key=lambda cut: sum(self._frequency[row[i]] * self._frequency[row[i + 1]] for i in cut), default=None)
        offsets = list(range(0, length - 1, 2)) if offsets is None else offsets
        fits = room < _SEED_LIMIT and all(room < min(missing[i], missing[i + 1]) for i in offsets)
        return [(i, room) for i in offsets] if fits else []

    @cached_property
    def _frequency(self) -> Ints:
        return np.bincount(self.rows.ravel(), minlength=len(self.missing))

    @cached_property
    def seeds(self) -> Seeds:
        """The seeds of all phrases that have some."""
        pairs: dict[tuple[int, int], list[tuple[int, int, int]]] = {}
        for p in np.flatnonzero(self.budgets >= 0).tolist():
            for offset, room in self._pairs(p):
                key = int(self.rows[p, offset]), int(self.rows[p, offset + 1])
                pairs.setdefault(key, []).append((p, offset, room))
        cuts = np.zeros((sum(map(len, pairs.values())), 5 + max(2, self.rows.shape[1])), dtype=np.uint16)
        ordered = (one for of_pair in pairs.values() for one in sorted(of_pair, key=lambda one: (-one[2], one)))
        for cut, (p, offset, room) in zip(cuts, ordered, strict=True):
            length, kinds = int(self.lengths[p]), self.kinds[p]
            cut[:7] = room, self.budgets[p], offset, length, self.least[p], p >> 16, p & 0xFFFF
            cut[7 : 5 + length] = [*kinds[offset + 2 : length], *kinds[:offset][::-1]]
        return Seeds(
            first=np.array([one for one, _ in pairs], dtype=np.int64),
            second=np.array([other for _, other in pairs], dtype=np.int64),
            limits=np.array([max(room for _, _, room in of_pair) for of_pair in pairs.values()], dtype=np.int64),
            at=np.cumsum([0, *map(len, pairs.values())]),
            cuts=cuts,
        )

    @cached_property
    def least(self) -> Ints:
        """What the cheapest syllable of each phrase costs when the text does not have it."""
        least: Ints = np.append(self.missing[:-1], NEVER)[self.rows].min(axis=1, initial=NEVER)
        return least

    @cached_property
    def gone(self) -> Ints:
        """How many of its syllables may be missing where a phrase is found."""
        gone: Ints = np.maximum(self.budgets, 0) // self.least
        return gone

    @cached_property
    def rims(self) -> Bools:
        """Which phrases begin, and which end, with a number so short that it may be cut out of a longer one."""
        cut = [
            (phrase.text[:1].isdigit(), phrase.text[-1:].isdigit())
            if not (len(phrase.text) > 4 and phrase.text.isdigit())
            else (False, False)
            for phrase in self.phrases
        ]
        return np.array(cut, dtype=np.bool_).reshape(-1, 2)

    @cached_property
    def spellings(self) -> Spellings:
        """The phrases that must be looked for by characters. The others an alignment finds: the very characters cost
        nothing. Digits may be read in two ways.
        """
        return Spellings(
            {
                p: phrase.text
                for p, (phrase, budget) in enumerate(zip(self.phrases, self.budgets.tolist(), strict=True))
                if phrase.text and (budget < 0 or any(map(str.isdigit, phrase.text)))
            },
            len(self.phrases),
        )

    @cached_property
    def closeness(self) -> tuple[Reals, Ints]:
        """How close each phrase comes for each cost that it may have, and where the figures of each phrase begin."""
        most: dict[int, int] = {}
        for length, budget in zip(self.lengths.tolist(), self.budgets.tolist(), strict=True):
            most[length] = max(most.get(length, -1), budget)
        begins, figures = dict.fromkeys(most, 0), list[float]()
        for length, budget in most.items():
            begins[length] = len(figures)
            figures += [round(1.0 - cost / (100 * length), 3) for cost in range(budget + 1)]
        return np.array(figures, dtype=np.float64), np.array([begins[length] for length in self.lengths.tolist()], dtype=np.int64)

    def tables(self, sounds: Sequence[Sound]) -> tuple[Tables, Ints]:
        """The tables, and which of their rows these sounds have."""
        row_of = self._row_of
        try:
            rows = [row_of[sound] for sound in sounds]
        except KeyError:
            self._learn(sounds)
            rows = [row_of[sound] for sound in sounds]
        return self._tables, np.array(rows, dtype=np.int64)

    def _learn(self, sounds: Sequence[Sound]) -> None:
        """Make the rows of sounds that no text had before."""
        with self._making:
            unknown = {sound: self._key(sound) for sound in dict.fromkeys(sounds) if sound not in self._row_of}
            keys = [key for key in dict.fromkeys(unknown.values()) if key not in self._row_of_key]
            if keys:
                first = len(self._row_of_key)
                spoken = np.array([unpack(key) for key in keys], dtype=np.int64)
                costs = self._costs(*spoken.T)
                extras = [(_extra(key, strict=False), _extra(key, strict=True)) for key in keys]
                order, fresh = self._by_kind
                floors = np.pad(_least(costs[:, order], fresh), ((0, 0), (0, 1)))
                self._tables = self._tables.with_rows(first, costs, floors, np.array(extras), self.seeds)
                self._row_of_key.update({key: first + i for i, key in enumerate(keys)})
            self._row_of.update({sound: self._row_of_key[key] for sound, key in unknown.items()})

    def _key(self, sound: Sound) -> Sound:
        """The sound without its character where that makes no difference to any phrase."""
        return sound if chr(sound >> 13) in self._known else sound & 0x1FFF

    def _costs(self, codes: Ints, tones: Ints, characters: Ints) -> Costs:
        """Syllables of a text × units of the phrases: what it costs to hear the one for the other."""
        base = syllables.substitution_costs()[codes[:, None], self._codes[None, :]].astype(np.int64)
        toned = base + syllables.tone_costs()[tones[:, None], self._tones[None, :]] + syllables.SAME_SOUND
        costs = np.where(base < syllables.DIFFERENT, np.minimum(toned, syllables.DIFFERENT), base)
        costs[np.isin(characters, _PERSONS)[:, None] & np.isin(self._characters, _PERSONS)[None, :]] = SAME_PERSON
        turned = np.isin(characters, _NEGATIONS)[:, None] | np.isin(self._characters, _NEGATIONS)[None, :]
        costs[(turned & (costs > 30)) | (self._firm[None, :] & (costs > MISHEARD))] = TURNED
        costs[characters[:, None] == self._characters[None, :]] = 0
        costs[codes == _END] = BARRED
        return np.concatenate([costs, np.zeros((len(codes), 1), dtype=np.int64)], axis=1).astype(np.uint8)


class Spellings:
    """Texts by the characters they begin with: two, or one where they have no more.

    ``said[said_at[p] : said_at[p + 1]]`` are the characters of phrase ``p``; ``listed[group_at[g] : group_at[g + 1]]`` the
    phrases with the ``g``-th opening.
    """

    def __init__(self, texts: Mapping[int, str], size: int) -> None:
        self.said: Ints = np.array([ord(character) for p in range(size) for character in texts.get(p, "")], dtype=np.int64)
        self.said_at: Ints = np.cumsum([0, *[len(texts.get(p, "")) for p in range(size)]])
        openings: dict[int, list[int]] = {}
        for p, text in texts.items():
            openings.setdefault(ord(text[0]) << 32 | (ord(text[1]) if len(text) > 1 else 0), []).append(p)
        groups = sorted(openings.items())
        self._openings: Ints = np.array([opening for opening, _ in groups], dtype=np.int64)
        self.group_at: Ints = np.cumsum([0, *[len(of_group) for _, of_group in groups]])
        self.listed: Ints = np.array([p for _, of_group in groups for p in of_group], dtype=np.int64)

    def groups(self, characters: Ints) -> Ints:
        """Which group two characters open at each place (row 0), and which the one (row 1); -1: none."""
        alone = characters << 32
        keys = np.stack([alone, alone])
        keys[0, :-1] |= characters[1:]
        if not len(self._openings):
            return np.full_like(keys, -1)
        at = np.minimum(np.searchsorted(self._openings, keys), len(self._openings) - 1)
        found: Ints = np.where(self._openings[at] == keys, at, -1)
        return found


class Tables:
    """By row: ``costs`` of the units (:data:`BARRED` at the end of a text), ``floors`` of the kinds of units, ``extras``
    for ordinary and for strict phrases, and as bits whether the row may be the first or the second syllable of each seed.
    """

    def __init__(self, units: int, kinds: int, pairs: int, room: int = 0) -> None:
        words = -(-pairs // 64)
        self.costs = np.zeros((room, units), dtype=np.uint8)
        self.floors = np.zeros((room, kinds), dtype=np.uint8)
        self.extras = np.zeros((room, 2), dtype=np.int64)
        self.first = np.zeros((room, words), dtype=np.uint64)
        self.second = np.zeros((room, words), dtype=np.uint64)

    def with_rows(self, at: int, costs: Costs, floors: Costs, extras: Ints, seeds: Seeds) -> Tables:
        """The tables with these rows from ``at`` on; the old ones remain as they are for who reads them."""
        tables, needed = self, at + len(costs)
        if needed > len(self.costs):
            tables = Tables(self.costs.shape[1], self.floors.shape[1], len(seeds.first), max(1024, 2 * len(self.costs), needed))
            for name in ("costs", "floors", "extras", "first", "second"):
                getattr(tables, name)[:at] = getattr(self, name)[:at]
        rows = slice(at, needed)
        tables.costs[rows], tables.floors[rows], tables.extras[rows] = costs, floors, extras
        tables.first[rows] = _as_bits(costs[:, seeds.first] <= seeds.limits, self.first.shape[1])
        tables.second[rows] = _as_bits(costs[:, seeds.second] <= seeds.limits, self.first.shape[1])
        return tables


def _least(values: npt.NDArray[Any], groups: Ints) -> npt.NDArray[Any]:
    """In each row the least value of each group of neighbouring columns; groups are given by where they begin."""
    return np.minimum.reduceat(values, groups, axis=1) if len(groups) else values[:, :0]


def _as_bits(flags: npt.NDArray[np.bool_], words: int) -> npt.NDArray[np.uint64]:
    packed = np.zeros((len(flags), words * 8), dtype=np.uint8)
    bits = np.packbits(flags, axis=1, bitorder="little")
    packed[:, : bits.shape[1]] = bits
    return packed.view(np.uint64)


def _missing(character: str, firm: bool) -> int:
    if firm or character in NEGATION:
        return TURNED
    return MISSING_PARTICLE if character in PARTICLES else MISSING


def _extra(sound: Sound, *, strict: bool) -> int:
    """What a syllable of the text costs when the phrase does not have it."""
    code, _, code_point = unpack(sound)
    character = chr(code_point)
    if code == _END:
        return NEVER
    if character in NEGATION:
        return TURNED
    if character in PARTICLES:
        return EXTRA_PARTICLE
    return EXTRA_PERSON.get(character, TURNED if strict else EXTRA)
