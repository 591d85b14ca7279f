"""Voiceprints: the features are Kaldi's, the network tells voices apart."""

from __future__ import annotations

import numpy as np
import pytest
from asr.sounds import RATE, noise, tone

from qa.asr import voiceprints
from qa.asr.voiceprints import embed, fbank
from qa.errors import ModelError


def test_a_tone_lies_in_its_band() -> None:
    energies = fbank(tone(0.5, 1000).astype(np.float32)).mean(axis=0)
    edges = np.linspace(1127 * np.log(1 + 20 / 700), 1127 * np.log(1 + 8000 / 700), 82)
    band = int(np.searchsorted(edges, 1127 * np.log(1 + 1000 / 700))) - 1
    assert abs(int(energies.argmax()) - band) <= 1


def test_even_a_moment_has_features() -> None:
    assert fbank(np.zeros(1, dtype=np.float32)).shape == (23, 80)


def test_a_package_without_its_weights_is_said_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    voiceprints._network.cache_clear()
    monkeypatch.setattr(voiceprints.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match="声纹模型装不上"):
        embed([np.zeros(RATE, dtype=np.float32)], 1)


@pytest.mark.slow
def test_the_same_sound_has_the_same_voiceprint_in_any_company() -> None:
    one, other = noise(1.0).astype(np.float32), tone(1.0, 300, 600, 900).astype(np.float32)
    alone, together = embed([one], 1), embed([other, one, one], 1)
    assert np.allclose(together[1], alone[0], atol=1e-4)
    assert np.array_equal(together[1], together[2])
