"""Mandarin syllables as codes, and what it costs to hear one for another.

A syllable is initial + final + tone. The final is taken apart further (medial, nucleus, coda), because that is
how it is misheard: 今/经 differ in the coda alone, 官/甘 in the medial. Costs are whole hundredths, so that sums are exact
and the same everywhere; 100 is a wholly different syllable. Where they come from: the accents of Mandarin (平翘舌
zh/z, 前后鼻音 in/ing, n/l, f/h, r/l) are nearly free, because speakers themselves do not keep them apart and an 8 kHz line keeps
them even less; aspirated pairs (b/p, d/t, zh/ch …), which share all but a burst of noise above the telephone's band, come
next; everything else is a different sound.
"""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import numpy.typing as npt

SEPARATOR, OTHER = 0, 1  # between two texts; a character without a reading
FIRST_LETTER = 2
DIGIT_ONE = FIRST_LETTER + 26  # 1 is read yi or yao
DIGIT_TWO = DIGIT_ONE + 1  # 2 is read er or liang
FIRST_SYLLABLE = DIGIT_TWO + 1

DIFFERENT = 100
SAME_SOUND = 3  # another character of the same sound: not quite the same, so that the very characters win
TONE = 6
NEUTRAL_TONE = 3
NEVER = 1500  # more than any phrase may cost: no match reaches from one text into the next

INITIALS = ("", *["b", "p", "m", "f", "d", "t", "n", "l", "g", "k", "h", "j", "q", "x", "zh", "ch", "sh", "r", "z", "c", "s"])
_INITIAL_DEFAULT = 60
_INITIAL_COSTS = {
    8: "zh-z ch-c sh-s",
    10: "n-l",
    15: "f-h",
    20: "r-l b-p d-t g-k j-q zh-ch z-c",
    25: "j-zh q-ch x-sh j-z q-c x-s zh-c ch-z",
    30: "m-n k-h sh-ch s-c x-q r-n",
    40: "g-h b-m b-d p-t d-g t-k d-l r-sh zh-sh z-s j-x",
}

# (medial, nucleus, coda); ï is the vowel of zhi and zi
FINALS: dict[str, tuple[str, str, str]] = {
    "a": ("", "a", ""), "o": ("u", "o", ""), "e": ("", "e", ""), "ê": ("", "ê", ""), "i": ("", "i", ""), "ï": ("", "ï", ""),
    "u": ("", "u", ""), "ü": ("", "ü", ""), "er": ("", "e", "r"),
    "ai": ("", "a", "i"), "ei": ("", "e", "i"), "ao": ("", "a", "u"), "ou": ("", "o", "u"),
    "an": ("", "a", "n"), "en": ("", "e", "n"), "ang": ("", "a", "ng"), "eng": ("", "e", "ng"), "ong": ("u", "e", "ng"),
    "ia": ("i", "a", ""), "ie": ("i", "ê", ""), "iao": ("i", "a", "u"), "iou": ("i", "o", "u"),
    "ian": ("i", "a", "n"), "in": ("", "i", "n"), "iang": ("i", "a", "ng"), "ing": ("", "i", "ng"), "iong": ("ü", "e", "ng"),
    "ua": ("u", "a", ""), "uo": ("u", "o", ""), "uai": ("u", "a", "i"), "uei": ("u", "e", "i"),
    "uan": ("u", "a", "n"), "uen": ("u", "e", "n"), "uang": ("u", "a", "ng"), "ueng": ("u", "e", "ng"),
    "üe": ("ü", "ê", ""), "üan": ("ü", "a", "n"), "ün": ("", "ü", "n"), "io": ("i", "o", ""),
    "m": ("", "m", ""), "n": ("", "n", ""), "ng": ("", "n", ""),
}  # fmt: skip
_FINAL_NAMES = tuple(FINALS)
_FINAL_MOST = 60
_MEDIAL, _MEDIAL_IU = 20, 12
_NUCLEUS, _NUCLEUS_COSTS = (
    40,
    {("e", "o"): 12, ("e", "ê"): 15, ("i", "ü"): 20, ("i", "ï"): 25, ("e", "ï"): 25, ("o", "u"): 20, ("a", "ê"): 25},
)
_CODA, _CODA_COSTS = 30, {("n", "ng"): 8, ("", "n"): 25, ("", "ng"): 28, ("", "r"): 10, ("", "u"): 25, ("", "i"): 25}

_ZERO_INITIAL = {"y": {"i": "i", "in": "in", "ing": "ing", "u": "ü", "ue": "üe", "uan": "üan", "un": "ün", "o": "io"}, "w": {"u": "u"}}
_CONTRACTED = {"iu": "iou", "ui": "uei", "un": "uen"}
_SPELLING = re.compile(r"(zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw]?)([a-zêü]+)")


def code_of(spelling: str) -> int:
    """The code of a toneless syllable as pinyin spells it; OTHER when it is none.

    >>> code_of("zhi") == code_of("zi"), code_of("yuan") == code_of("üan"), code_of("?") == OTHER
    (False, True, True)
    """
    found = _SPELLING.fullmatch(spelling.replace("v", "ü"))
    if not found:
        return OTHER
    initial, final = found.groups()
    if initial in _ZERO_INITIAL:
        final = _ZERO_INITIAL[initial].get(final, {"y": "i", "w": "u"}[initial] + final)
        final, initial = {"iong": "iong", "ie": "ie"}.get(final, final), ""
    elif initial in ("j", "q", "x") and final.startswith("u"):
        final = "ü" + final[1:]
    elif initial in ("zh", "ch", "sh", "r", "z", "c", "s") and final == "i":
        final = "ï"
    final = _CONTRACTED.get(final, final)
    if final not in FINALS:
        return OTHER
    return FIRST_SYLLABLE + INITIALS.index(initial) * len(FINALS) + _FINAL_NAMES.index(final)


def letter_code(letter: str) -> int:
    """The code of a Latin letter a..z, said by its name."""
    return FIRST_LETTER + ord(letter) - ord("a")


@cache
def substitution_costs() -> npt.NDArray[np.int16]:
    """What each code costs for each other one, tones aside: a symmetrical matrix, 0 on the diagonal.

    >>> costs = substitution_costs()
    >>> [int(costs[code_of(a), code_of(b)]) for a, b in (("zhi", "zi"), ("jin", "jing"), ("nan", "lan"), ("tou", "tui"), ("bu", "dao"))]
    [8, 8, 10, 60, 100]
    """
    initials, finals = _initial_costs(), _final_costs()
    syllables = initials[:, None, :, None] + finals[None, :, None, :]
    size = len(INITIALS) * len(FINALS)
    costs = np.full((FIRST_SYLLABLE + size, FIRST_SYLLABLE + size), DIFFERENT, dtype=np.int16)
    costs[FIRST_SYLLABLE:, FIRST_SYLLABLE:] = np.minimum(syllables, DIFFERENT).reshape(size, size)
    np.fill_diagonal(costs, 0)
    costs[OTHER, OTHER] = DIFFERENT  # two characters that nobody can read are equal only when they are the same
    for digit, readings in ((DIGIT_ONE, ("yi", "yao")), (DIGIT_TWO, ("er", "liang"))):
        costs[digit] = costs[:, digit] = np.min([costs[code_of(reading)] for reading in readings], axis=0)
        costs[digit, digit] = 0
    costs[SEPARATOR] = costs[:, SEPARATOR] = NEVER
    return costs


@cache
def tone_costs() -> npt.NDArray[np.int16]:
    """What tones 0 (has none) to 5 (neutral) cost for one another."""
    costs = np.full((6, 6), TONE, dtype=np.int16)
    costs[5] = costs[:, 5] = NEUTRAL_TONE
    costs[0] = costs[:, 0] = 0
    np.fill_diagonal(costs, 0)
    return costs


def _initial_costs() -> npt.NDArray[np.int16]:
    costs = np.full((len(INITIALS), len(INITIALS)), _INITIAL_DEFAULT, dtype=np.int16)
    for cost, pairs in _INITIAL_COSTS.items():
        for pair in pairs.split():
            a, b = (INITIALS.index(initial) for initial in pair.split("-"))
            costs[a, b] = costs[b, a] = cost
    np.fill_diagonal(costs, 0)
    return costs


def _final_costs() -> npt.NDArray[np.int16]:
    def cost(a: tuple[str, str, str], b: tuple[str, str, str]) -> int:
        medial = 0 if a[0] == b[0] else _MEDIAL if "" in (a[0], b[0]) or "u" in (a[0], b[0]) else _MEDIAL_IU
        nucleus = 0 if a[1] == b[1] else _NUCLEUS_COSTS.get(_pair(a[1], b[1]), _NUCLEUS)
        coda = 0 if a[2] == b[2] else _CODA_COSTS.get(_pair(a[2], b[2]), _CODA)
        return min(_FINAL_MOST, medial + nucleus + coda)

    return np.array([[cost(a, b) for b in FINALS.values()] for a in FINALS.values()], dtype=np.int16)


def _pair(a: str, b: str) -> tuple[str, str]:
    return (a, b) if a < b else (b, a)
