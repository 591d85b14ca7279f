"""Costs of hearing one syllable for another."""

from __future__ import annotations

import numpy as np
import pytest
from pypinyin import pinyin_dict

from qa.text import syllables
from qa.text.syllables import code_of, substitution_costs, tone_costs


def test_costs_are_symmetrical_and_nothing_costs_less_than_itself() -> None:
    costs = substitution_costs()
    assert np.array_equal(costs, costs.T)
    real = costs[syllables.FIRST_SYLLABLE :, syllables.FIRST_SYLLABLE :]
    assert (np.diag(real) == 0).all()
    assert real.min() == 0
    assert real.max() == syllables.DIFFERENT
    assert np.array_equal(tone_costs(), tone_costs().T)


def test_every_syllable_of_the_dictionary_has_a_code() -> None:
    tones = str.maketrans("āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜńňǹḿế", "aaaaeeeeiiiioooouuuuüüüünnnmê")
    spelled = {
        reading.translate(tones).replace("ü", "v") for code, readings in pinyin_dict.pinyin_dict.items() if 0x4E00 <= code <= 0x9FA5
        for reading in readings.split(",")
    }  # fmt: skip
    unknown = {spelling for spelling in spelled if code_of(spelling) == syllables.OTHER}
    assert {spelling for spelling in unknown if set(spelling) <= set("abcdefghijklmnopqrstuvwxyz")} <= {
        "hm",
        "hng",
        "m",
        "n",
        "ng",
    }  # 哼, 呣


@pytest.mark.parametrize(
    ("nearer", "farther"),
    [
        (("zhi", "zi"), ("zhi", "di")),
        (("jin", "jing"), ("jin", "jia")),
        (("nan", "lan"), ("nan", "kan")),
        (("ba", "pa"), ("ba", "sa")),
        (("fu", "hu"), ("fu", "du")),
        (("guan", "gan"), ("guan", "gei")),
    ],
)
def test_accents_are_nearer_than_other_sounds(nearer: tuple[str, str], farther: tuple[str, str]) -> None:
    costs = substitution_costs()
    assert costs[code_of(nearer[0]), code_of(nearer[1])] < costs[code_of(farther[0]), code_of(farther[1])]


def test_digits_have_both_their_readings() -> None:
    costs = substitution_costs()
    assert costs[syllables.DIGIT_ONE, code_of("yi")] == costs[syllables.DIGIT_ONE, code_of("yao")] == 0
    assert costs[syllables.DIGIT_TWO, code_of("er")] == costs[syllables.DIGIT_TWO, code_of("liang")] == 0
