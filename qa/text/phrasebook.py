"""Phrases and texts prepared so that all phrases are looked for at once, and most of them cost nothing.

What it costs to hear one syllable for another is kept in a table that the phrases of a book and all texts share:
a row for each syllable that a text may have, a column (a *unit*) for each that the phrases have. Rows are made when
a text first needs them; there are no more of them than Mandarin has syllables and the phrases have characters.

Nearly all phrases are left out by their seeds, see :mod:`qa.text.seeds`; phrases that may cost too much for such pairs
(:attr:`Phrasebook.loose`) are compared everywhere.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from qa.text import syllables
from qa.text.passage import END, Bools, Ints, Passage, sound_of
from qa.text.readings import Reading, Sound, unpack
from qa.text.seeds import Planting, Seeds

Costs = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint64]
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

_PERSONS = np.array([ord("您"), ord("你")])
_NEGATIONS = np.array(sorted(map(ord, NEGATION)))
_SPECIAL = PARTICLES | NEGATION | frozenset(EXTRA_PERSON) | frozenset("您你")


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
        self.firm: Bools = np.array([firm for _, firm in units], dtype=bool)
        #: what each unit costs when the text does not have it; the last one, no unit at all, costs nothing
        self.missing: Ints = np.array([*(_missing(chr(c), firm) for (_, _, c), firm in zip(spoken, self.firm, strict=True)), 0])
        self._known = frozenset(chr(c) for _, _, c in spoken) | _SPECIAL
        self._row_of: Ints = np.zeros(0, dtype=np.int64)  # by number of the sound, -1 where no row is made yet
        self._row_of_key: dict[Sound, int] = {}
        self._making = threading.Lock()
        self._tables = Tables(len(units) + 1, len(self.seeds.first))

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

    def _pairs(self, p: int) -> list[int]:
        """Where the pairs begin that phrase ``p`` is cut into; none when they would be no seeds."""
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
        return offsets if fits else []

    @cached_property
    def _frequency(self) -> Ints:
        return np.bincount(self.rows.ravel(), minlength=len(self.missing))

    @cached_property
    def seeds(self) -> Seeds:
        """The seeds of all phrases that have some."""
        planting = Planting()
        for p in np.flatnonzero(self.budgets >= 0).tolist():
            if offsets := self._pairs(p):
                planting.add(p, self.rows[p, : self.lengths[p]].tolist(), int(self.budgets[p]), offsets)
        return planting.seeds(self.missing.tolist())

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

    @cached_property
    def rim(self) -> int:
        """How far beyond the ends of a passage an alignment may reach."""
        return int((self.lengths + self.slack).max(initial=0)) + 1

    def tables(self, passage: Passage) -> tuple[Tables, Ints]:
        """The tables, and which of their rows the syllables of a passage have, with a rim of ends of text on either side."""
        row_of = self._row_of
        sounds = np.empty(len(passage) + 2 * self.rim, dtype=np.int64)
        sounds[: self.rim] = sounds[len(sounds) - self.rim :] = passage.sounds[-1]
        sounds[self.rim : len(sounds) - self.rim] = passage.sounds
        if sounds.max() >= len(row_of) or (rows := row_of[sounds]).min() < 0:
            self._learn(sounds)
            rows = self._row_of[sounds]
        return self._tables, rows

    def _learn(self, sounds: Ints) -> None:
        """Make the rows of sounds that no text had before."""
        with self._making:
            known = np.full(max(len(self._row_of), int(sounds.max()) + 512), -1)
            known[: len(self._row_of)] = self._row_of
            numbers = np.unique(sounds)
            unknown = {number: self._key(sound_of(number)) for number in numbers[known[numbers] < 0].tolist()}
            keys = [key for key in dict.fromkeys(unknown.values()) if key not in self._row_of_key]
            if keys:
                first = len(self._row_of_key)
                spoken = np.array([unpack(key) for key in keys], dtype=np.int64)
                costs = self._costs(*spoken.T)
                extras = [(_extra(key, strict=False), _extra(key, strict=True)) for key in keys]
                self._tables = self._tables.with_rows(first, costs, np.array(extras), self.seeds)
                self._row_of_key.update({key: first + i for i, key in enumerate(keys)})
            known[list(unknown)] = [self._row_of_key[key] for key in unknown.values()]
            self._row_of = known  # after the tables: who reads the new rows finds them there

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
        costs[(turned & (costs > 30)) | (self.firm[None, :] & (costs > MISHEARD))] = TURNED
        costs[characters[:, None] == self._characters[None, :]] = 0
        costs[codes == END] = BARRED
        return np.concatenate([costs, np.zeros((len(codes), 1), dtype=np.int64)], axis=1).astype(np.uint8)


class Spellings:
    """Texts by the two characters they begin with.

    ``said[said_at[p] : said_at[p + 1]]`` are the characters of phrase ``p``; ``listed[listed_at[o] : listed_at[o + 1]]`` the
    phrases whose :func:`opening` is ``o``.
    """

    def __init__(self, texts: Mapping[int, str], size: int) -> None:
        self.said: Ints = np.array([ord(character) for p in range(size) for character in texts.get(p, "")], dtype=np.int64)
        self.said_at: Ints = np.cumsum([0, *[len(texts.get(p, "")) for p in range(size)]])
        openings = np.array([opening(*map(ord, text[:2])) for text in texts.values()], dtype=np.int64)
        order = np.argsort(openings, kind="stable")
        self.listed: Ints = np.array(list(texts), dtype=np.int64)[order]
        self.listed_at: Ints = np.searchsorted(openings[order], np.arange(OPENINGS + 1))


OPENINGS = 1 << 16


def opening(first: int, second: int = 0) -> int:
    """A number for what a text begins with; some share one."""
    return (first * 40_503 + second) % OPENINGS


class Tables:
    """By row: ``costs`` of the units (:data:`BARRED` at the end of a text; ``by_unit`` turned round), ``extras`` for ordinary and
    for strict phrases, and as bits whether the row may be the first or the second syllable of each seed.
    """

    def __init__(self, units: int, pairs: int, room: int = 0) -> None:
        words = -(-pairs // 64)
        self.costs = np.zeros((room, units), dtype=np.uint8)
        self.by_unit = np.zeros((units, room), dtype=np.uint8)
        self.extras = np.zeros((room, 2), dtype=np.int64)
        self.first = np.zeros((room, words), dtype=np.uint64)
        self.second = np.zeros((room, words), dtype=np.uint64)

    def with_rows(self, at: int, costs: Costs, extras: Ints, seeds: Seeds) -> Tables:
        """The tables with these rows from ``at`` on; the old ones remain as they are for who reads them."""
        tables, needed = self, at + len(costs)
        if needed > len(self.costs):
            tables = Tables(self.costs.shape[1], len(seeds.first), max(1024, 2 * len(self.costs), needed))
            for name in ("costs", "extras", "first", "second"):
                getattr(tables, name)[:at] = getattr(self, name)[:at]
            tables.by_unit[:, :at] = self.by_unit[:, :at]
        rows = slice(at, needed)
        tables.costs[rows], tables.extras[rows] = costs, extras
        tables.by_unit[:, rows] = costs.T
        tables.first[rows] = _as_bits(costs[:, seeds.first] <= seeds.limits, self.first.shape[1])
        tables.second[rows] = _as_bits(costs[:, seeds.second] <= seeds.limits, self.first.shape[1])
        return tables


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
    if code == END:
        return NEVER
    if character in NEGATION:
        return TURNED
    if character in PARTICLES:
        return EXTRA_PARTICLE
    return EXTRA_PERSON.get(character, TURNED if strict else EXTRA)
