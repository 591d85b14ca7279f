"""Finding a phrase in a text by how it sounds: recognisers of Chinese err by sound far more than by shape.

A phrase is aligned with the text syllable by syllable (Sellers' approximate search: the phrase whole, the text
from anywhere to anywhere). What the alignment costs, divided by the phrase's length, is its distance::

    phrase   请    您   稍    等    一   下
    text     请    -    烧    等    以   下        cost 0 + .4 + .03 + 0 + .09 + 0 = 0.52 of 6: closeness 0.913

* another character of the same sound 0.03, another tone up to 0.06 more, confusable initials and finals little,
  wholly different syllables 1: see :mod:`qa.text.syllables`;
* a syllable of the phrase that is not in the text 0.85, one of the text that is not in the phrase 0.7; particles
  come and go more cheaply, 您 slips in for 0.4;
* 不, 没 and their like may be misheard but neither come nor go: with them the meaning turns round.

A *strict* phrase may be misheard but must be whole: no syllable comes, goes, or is another one altogether, save
particles that slip in. Real speech is full of real words a syllable away from an accusation (什么东西, 什么破东西).

The very characters of the phrase are always closeness 1.0. A phrase of one or two syllables is found by its
characters alone: a fifth of all turns has some homophone of it.

Costs are whole numbers, so the same texts give the same matches on any machine. All phrases are searched
together: a lower bound (each syllable of the phrase against the best of a stretch of text, order ignored)
leaves few stretches, and only these are aligned, all at once, in numpy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from qa.text import syllables
from qa.text.normalize import MEASURE

Ints = npt.NDArray[np.int32]

_MISSING, _EXTRA = 85, 70
_PARTICLES = frozenset("的了吧呢啊呀嘛啦哈哎唉额")
_MISSING_PARTICLE, _EXTRA_PARTICLE = 60, 30
_EXTRA_PERSON = dict.fromkeys("您你就也那这是", 40)  # slip in without changing what is said
_NEGATION = frozenset("不没别未无非莫勿")
_TURNED = 200  # a negation that came or went
_MISHEARD = 69  # of a strict phrase each syllable must be there: at most its initial or its final may be wholly wrong
_SAME_PERSON = 4  # 您 and 你
_NEGATIONS = np.array(sorted(map(ord, _NEGATION)), dtype=np.int32)
_PERSONS = np.array([ord("您"), ord("你")], dtype=np.int32)

_STRIDE = 4  # syllables between the stretches that are looked at
_BITS = 8  # of a packed cell, for where its alignment began; so no stretch is longer than 255 syllables
LONGEST = 100  # syllables of a phrase
# how many strides a stretch has for phrases of up to so many syllables: room for half as much again
_STRETCHES = ((4, 8), (7, 16), (14, 34), (40, LONGEST))
_TAIL = 7 * _STRIDE  # separators behind the last text, so that the stretches nearly always fit


def default_closeness(syllables_: int, *, strict: bool = False) -> float:
    """How close a phrase of so many syllables must come to count, when the rubric does not say.

    Short phrases have more accidental neighbours and must come closer; up to two syllables only their characters
    count. Chosen on whisper-base transcripts of telephone speech, where precision stays above 0.99 down to these
    figures; the strict ones on what real agents say, because an accusation must be surer than a courtesy.

    >>> [default_closeness(n) for n in (2, 3, 4, 6, 12)], default_closeness(4, strict=True)
    ([1.0, 0.86, 0.82, 0.78, 0.76], 0.9)
    """
    if syllables_ <= 2:
        return 1.0
    if strict:
        return {3: 0.9, 4: 0.9, 5: 0.88, 6: 0.87}.get(syllables_, 0.85)
    return {3: 0.86, 4: 0.82, 5: 0.8, 6: 0.78}.get(syllables_, 0.76)


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """A normalised text as syllables; syllable ``i`` is the characters ``begins[i] .. ends[i]`` of ``text``."""

    text: str
    codes: Ints
    tones: Ints
    characters: Ints  # code points of what is spoken: the same means the very same character
    begins: Ints
    ends: Ints

    def __len__(self) -> int:
        return len(self.codes)


@dataclass(frozen=True, slots=True, order=True)
class Match:
    """A place in a normalised text, in characters, and how close it comes (1.0 the same, 0.0 nothing in common)."""

    begin: int
    end: int
    closeness: float


_RUN = re.compile(r"(?P<digits>\d+)|(?P<letters>[a-z]+)|(?P<rest>[^\da-z]+)")
_SPOKEN_DIGIT = "零一二三四五六七八九"


def read(text: str) -> Reading:
    """The syllables of a normalised text. Numbers are read as they are spoken, Latin letters by their names.

    A run of digits is a number (24: er shi si) when it is short, round, or counts something; else it is read digit
    by digit (12315), where 1 is yi or yao.

    >>> [len(read(text)) for text in ("您好", "24小时", "12315", "100", "")]
    [2, 5, 5, 2, 0]
    """
    found: list[tuple[int, int, int, int, int]] = []  # code, tone, character, begin, end
    for run in _RUN.finditer(text):
        if run.lastgroup == "digits":
            found += _read_number(run[0], run.start(), text[run.end() :], after_percent=text.endswith("百分之", 0, run.start()))
        elif run.lastgroup == "letters":
            found += [(syllables.letter_code(letter), 0, ord(letter), i, i + 1) for i, letter in enumerate(run[0], run.start())]
        else:
            sounds = _pinyin(run[0])
            found += [
                (*sound, ord(character), i, i + 1) for i, (sound, character) in enumerate(zip(sounds, run[0], strict=True), run.start())
            ]
    columns = np.array(found, dtype=np.int32).reshape(-1, 5).T
    return Reading(text, *(np.ascontiguousarray(column) for column in columns))


@lru_cache(maxsize=20_000)
def _pinyin(text: str) -> list[tuple[int, int]]:
    """Code and tone of each character, polyphones by the phrases they stand in."""
    from pypinyin import Style, lazy_pinyin

    spelled = lazy_pinyin(text, style=Style.TONE3, neutral_tone_with_five=True, errors=list)  # type: ignore[arg-type]
    return [_code_and_tone(spelling) for spelling in spelled]


@lru_cache(maxsize=20_000)
def _code_and_tone(spelling: str) -> tuple[int, int]:
    if spelling[-1:].isascii() and spelling[-1:].isdigit():
        return syllables.code_of(spelling[:-1]), int(spelling[-1])
    return syllables.code_of(spelling), 0


def _read_number(digits: str, begin: int, after: str, *, after_percent: bool) -> Iterator[tuple[int, int, int, int, int]]:
    counts = after_percent or re.match(MEASURE, after) is not None
    whole = digits[0] != "0" and (len(digits) <= 2 or digits.endswith("00") or (counts and len(digits) <= 4)) and len(digits) <= 8
    if not whole or len(digits) == 1:
        for i, digit in enumerate(digits, begin):
            special = {"1": syllables.DIGIT_ONE, "2": syllables.DIGIT_TWO}.get(digit)
            code, tone = (special, 0) if special else _pinyin(_SPOKEN_DIGIT[int(digit)])[0]
            yield code, tone, ord(digit), i, i + 1
        return
    spoken = _spoken(int(digits))
    last = len(spoken) - 1
    for i, (character, (code, tone)) in enumerate(zip(spoken, _pinyin(spoken), strict=True)):
        code, tone = (syllables.DIGIT_TWO, 0) if character == "二" else (code, tone)
        yield (
            code,
            tone,
            ord(character),
            begin + min(i, len(digits) - 1),
            begin + (len(digits) if i == last else min(i, len(digits) - 1) + 1),
        )


def _spoken(number: int) -> str:
    """A whole number as it is said.

    >>> [_spoken(number) for number in (10, 24, 105, 300, 2500, 20000)]
    ['十', '二十四', '一百零五', '三百', '二千五百', '二万']
    """
    if number >= 10_000:
        rest = number % 10_000
        return _spoken(number // 10_000) + "万" + (("零" if rest < 1000 else "") + _spoken(rest) if rest else "")
    said, zero = "", False
    for value, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, value)
        if digit:
            said += ("零" if zero else "") + _SPOKEN_DIGIT[digit] + unit
            zero = False
        else:
            zero = bool(said)
    return said.removeprefix("一") if said.startswith("一十") else said


class Passage:
    """Several readings (the turns of a call) laid one after the other, to be searched in one go."""

    def __init__(self, readings: Sequence[Reading]) -> None:
        self.readings = tuple(readings)
        gap = [np.array([syllables.SEPARATOR], dtype=np.int32)]
        zero = [np.array([0], dtype=np.int32)]
        parts = [(r.codes, r.tones, r.characters, r.begins, r.ends) for r in self.readings]
        tail = [np.zeros(_TAIL, dtype=np.int32)]
        columns = []
        for kind in range(5):
            pieces = [piece for part in parts for piece in (part[kind], *(gap if kind == 0 else zero))]
            columns.append(np.concatenate(pieces + tail))
        self.codes, self.tones, self.characters, self.begins, self.ends = columns
        self.text_of = np.repeat(np.arange(len(parts) + 1), [*(len(r) + 1 for r in self.readings), _TAIL])
        self.size = len(self.codes) - _TAIL
        self.turning = np.isin(self.characters, _NEGATIONS)

    @cached_property
    def joined(self) -> str:
        """All texts with a line break after each."""
        return "".join(f"{reading.text}\n" for reading in self.readings)

    @cached_property
    def starts(self) -> npt.NDArray[np.int64]:
        """Where each text starts in ``joined``."""
        return np.concatenate([[0], np.cumsum([len(reading.text) + 1 for reading in self.readings])]).astype(np.int64)

    def extra(self, *, strict: bool) -> Ints:
        """What each syllable costs when the phrase does not have it."""
        content = _TURNED if strict else _EXTRA
        costs = np.full(len(self.characters), content, dtype=np.int32)
        for i, code_point in enumerate(self.characters.tolist()):
            character = chr(code_point)
            if character in _PARTICLES:
                costs[i] = _EXTRA_PARTICLE
            elif character in _EXTRA_PERSON:
                costs[i] = _EXTRA_PERSON[character]
        costs[self.turning] = _TURNED
        costs[self.codes == syllables.SEPARATOR] = syllables.NEVER
        return costs

    @cached_property
    def extras(self) -> tuple[Ints, Ints]:
        """:meth:`extra` for ordinary and for strict phrases."""
        return self.extra(strict=False), self.extra(strict=True)


class Phrasebook:
    """Phrases prepared to be searched for together: each with the closeness it must reach (1.0: its characters only)."""

    def __init__(self, phrases: Sequence[Reading], at_least: Sequence[float], strict: Sequence[bool] = ()) -> None:
        self.phrases = tuple(phrases)
        self.at_least = tuple(at_least)
        self.strict = np.array(strict or [False] * len(self.phrases), dtype=bool)
        units: dict[tuple[int, int, int, bool], int] = {}
        rows = []
        for phrase, firm in zip(self.phrases, self.strict.tolist(), strict=True):
            spoken = zip(phrase.codes.tolist(), phrase.tones.tolist(), phrase.characters.tolist(), [firm] * len(phrase), strict=True)
            rows.append([units.setdefault(unit, len(units)) for unit in spoken])
        self.lengths = np.array([len(row) for row in rows], dtype=np.int32)
        self.rows = np.full((len(rows), max(map(len, rows), default=0)), len(units), dtype=np.int32)  # filled up with no unit at all
        for p, row in enumerate(rows):
            self.rows[p, : len(row)] = row
        self.codes, self.tones, self.characters = (np.array([unit[i] for unit in units], dtype=np.int32) for i in range(3))
        self.firm = np.array([unit[3] for unit in units], dtype=bool)
        self.missing = np.array(
            [
                _TURNED if firm or chr(c) in _NEGATION else _MISSING_PARTICLE if chr(c) in _PARTICLES else _MISSING
                for _, _, c, firm in units
            ],
            dtype=np.int32,
        )

    @cached_property
    def budgets(self) -> Ints:
        """The most that each phrase may cost; below 0 where only its characters count."""
        room = [
            -1 if at_least >= 1.0 else int((1.0 - at_least) * 100 * n + 1e-6)
            for at_least, n in zip(self.at_least, self.lengths, strict=True)
        ]
        return np.array(room, dtype=np.int32)

    def costs(self, passage: Passage) -> Ints:
        """Units of the phrases × syllables of the passage: what it costs to hear the one for the other."""
        base = syllables.substitution_costs()[self.codes[:, None], passage.codes[None, :]].astype(np.int32)
        tones = syllables.tone_costs()[self.tones[:, None], passage.tones[None, :]]
        same = self.characters[:, None] == passage.characters[None, :]
        costs: Ints = np.where(base < syllables.DIFFERENT, np.minimum(base + tones + syllables.SAME_SOUND, syllables.DIFFERENT), base)
        for unit in np.nonzero(np.isin(self.characters, _PERSONS))[0]:
            costs[unit, np.isin(passage.characters, _PERSONS)] = _SAME_PERSON
        turned = np.isin(self.characters, _NEGATIONS)[:, None] | passage.turning[None, :]
        turned = (turned & (costs > 30)) | (self.firm[:, None] & (costs > _MISHEARD))
        costs[turned & (costs < syllables.NEVER)] = _TURNED
        costs[same & (costs < syllables.NEVER)] = 0
        return costs


def spot(book: Phrasebook, passage: Passage) -> list[tuple[int, int, Match]]:
    """Every phrase wherever it is close enough: (phrase, text, match), the best of overlapping matches of a phrase, in order."""
    found = list(_by_characters(book, passage))
    exact = {(p, text, match.begin, match.end) for p, text, match in found}
    for p, text, match in _by_sound(book, passage):
        if (p, text, match.begin, match.end) not in exact:
            found.append((p, text, match))
    found.sort(key=lambda one: (one[0], one[1], -one[2].closeness, one[2].begin, one[2].end))
    kept: list[tuple[int, int, Match]] = []
    for p, text, match in found:
        same = [other for q, t, other in kept if q == p and t == text] if kept and kept[-1][:2] == (p, text) else []
        if all(match.end <= other.begin or match.begin >= other.end for other in same):
            kept.append((p, text, match))
    return sorted(kept)


def find(phrase: Reading, text: Reading, at_least: float) -> list[Match]:
    """The best places of ``phrase`` in ``text`` that reach the closeness ``at_least``; none overlap, in order.

    >>> find(read("请您稍等"), read("好的请你烧等一下"), 0.85)
    [Match(begin=2, end=6, closeness=0.983)]
    >>> find(read("能保证"), read("不能保证"), 0.9), find(read("我会处理"), read("我不处理"), 0.6)
    ([Match(begin=1, end=4, closeness=1.0)], [])
    """
    return [match for _, _, match in spot(Phrasebook([phrase], [at_least]), Passage([text]))]


def nearest(phrase: Reading, text: Reading) -> Match | None:
    """The closest place whatever its closeness; None when either is empty.

    >>> nearest(read("祝您生活愉快"), read("好的祝您愉快再见"))
    Match(begin=2, end=6, closeness=0.717)
    """
    found = closest([phrase], Passage([text]))
    return found[2] if found else None


def closest(phrases: Sequence[Reading], passage: Passage) -> tuple[int, int, Match] | None:
    """The single closest place of any of the phrases: (phrase, text, match); None when there is nothing to compare."""
    for at_least in (0.75, 0.5, 0.25, 0.0):
        book = Phrasebook(phrases, [min(at_least, 0.999)] * len(phrases))
        found = [*_by_characters(book, passage), *_by_sound(book, passage)]
        if found:
            return min(found, key=lambda one: (-one[2].closeness, one[1], one[2].begin, one[0], one[2].end))
    return None


def _by_characters(book: Phrasebook, passage: Passage) -> Iterator[tuple[int, int, Match]]:
    for p, phrase in enumerate(book.phrases):
        if not phrase.text:
            continue
        at = passage.joined.find(phrase.text)
        while at >= 0:
            if _whole_number(phrase.text, passage.joined, at, at + len(phrase.text)):
                text = int(np.searchsorted(passage.starts, at, side="right")) - 1
                begin = at - int(passage.starts[text])
                yield p, text, Match(begin, begin + len(phrase.text), 1.0)
                at += len(phrase.text) - 1
            at = passage.joined.find(phrase.text, at + 1)


def _whole_number(phrase: str, text: str, begin: int, end: int) -> bool:
    """Whether the short number that the phrase begins or ends with is not the middle of a longer one (110 in 1381101)."""
    if len(phrase) > 4 and phrase.isdigit():
        return True
    cut_before = phrase[0].isdigit() and begin > 0 and text[begin - 1].isdigit() and text[begin].isdigit()
    cut_after = phrase[-1].isdigit() and text[end - 1].isdigit() and text[end : end + 1].isdigit()
    return not (cut_before or cut_after)


def _by_sound(book: Phrasebook, passage: Passage) -> Iterator[tuple[int, int, Match]]:
    chosen = np.nonzero((book.budgets >= 0) & (book.lengths > 0) & (book.lengths <= LONGEST))[0]
    if not len(chosen) or not len(passage.readings):
        return
    costs = book.costs(passage)
    shortest = 0
    for strides, longest in _STRETCHES:
        group = chosen[(book.lengths[chosen] > shortest) & (book.lengths[chosen] <= longest)]
        shortest = longest
        if len(group):
            yield from _align(book, passage, costs, group, strides)


def _align(book: Phrasebook, passage: Passage, costs: Ints, group: npt.NDArray[np.int64], strides: int) -> Iterator[tuple[int, int, Match]]:
    """Align the phrases of ``group`` with every stretch of ``strides`` × 8 syllables that a lower bound leaves."""
    width = strides * _STRIDE
    total = -(-passage.size // _STRIDE) * _STRIDE + width - _STRIDE
    pad = max(0, total - len(passage.codes))
    extra, codes = np.stack(passage.extras), passage.codes
    if pad:
        costs = np.pad(costs, ((0, 0), (0, pad)), constant_values=syllables.NEVER)
        extra = np.pad(extra, ((0, 0), (0, pad)), constant_values=syllables.NEVER)
        codes = np.pad(codes, (0, pad))
    costs, extra, codes = costs[:, :total], extra[:, :total], codes[:total]

    best = costs.reshape(len(costs), -1, _STRIDE).min(axis=2)
    blocks = total // _STRIDE - strides + 1
    bound = np.min([best[:, i : i + blocks] for i in range(strides)], axis=0)
    bound = np.concatenate([np.minimum(bound, book.missing[:, None]), np.zeros((1, blocks), dtype=np.int32)])
    least = np.zeros((len(group), blocks), dtype=np.int32)  # summed row by row: a matrix product would wake a pool of threads
    for i in range(int(book.lengths[group].max())):
        least += bound[book.rows[group, i]]
    which, block = np.nonzero(least <= book.budgets[group][:, None])
    if not len(which):
        return
    phrases = group[which]
    order = np.lexsort((block, phrases, -book.lengths[phrases]))
    phrases, block = phrases[order], block[order]
    lengths = book.lengths[phrases]

    places = block[:, None] * _STRIDE + np.arange(width)[None, :]
    added = np.zeros((len(places), width + 1), dtype=np.int32)
    added[:, 1:] = np.cumsum(extra[book.strict[phrases].astype(np.int32)[:, None], places], axis=1) << _BITS
    # a cell is cost << BITS | (255 - start): of two alignments of the same cost the shorter one is the smaller number
    cells = np.broadcast_to(255 - np.arange(width + 1, dtype=np.int32), added.shape).copy()
    for i in range(int(lengths[0])):
        live = int(np.searchsorted(-lengths, -i, side="left"))  # phrases longer than i; sorted longest first
        unit = book.rows[phrases[:live], i]
        before = cells[:live]
        now = before + (book.missing[unit] << _BITS)[:, None]
        heard = before[:, :-1] + (costs[unit[:, None], places[:live]] << _BITS)
        np.minimum(now[:, 1:], heard, out=now[:, 1:])
        going = int(np.searchsorted(-lengths, -(i + 1), side="left"))  # after its last syllable nothing more may come in
        inside = now[:going] - added[:going]
        now[:going] = np.minimum.accumulate(inside, axis=1) + added[:going]
        cells[:live] = now
    spent = cells >> _BITS
    row, end = np.nonzero(spent <= book.budgets[phrases][:, None])
    start = 255 - (cells[row, end] & 255)
    first, last = places[row, 0] + start, places[row, 0] + end - 1
    filled = (start < end) & (codes[np.minimum(last, total - 1)] != syllables.SEPARATOR)
    seen: set[tuple[int, int, int]] = set()
    for k in np.nonzero(filled)[0]:
        p, begin, finish = int(phrases[row[k]]), int(first[k]), int(last[k])
        if (p, begin, finish) in seen:
            continue
        seen.add((p, begin, finish))
        text, match = (
            int(passage.text_of[begin]),
            Match(
                int(passage.begins[begin]),
                int(passage.ends[finish]),
                round(1.0 - int(spent[row[k], end[k]]) / (100 * int(book.lengths[p])), 3),
            ),
        )
        if _whole_number(book.phrases[p].text, passage.readings[text].text, match.begin, match.end):
            yield p, text, match
