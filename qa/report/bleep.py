"""Sound with stretches of it covered: a tone where a number is said, or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Block = npt.NDArray[np.int16]

Covering = Literal["beep", "silence"]

_TONE = 1000.0  # Hz, as broadcasters do
_LOUDNESS = 2600  # of 32767: about the level of a voice on the telephone, heard and not startling


def covered(sound: Iterable[Block], spans: Sequence[tuple[float, float]], rate: int, covering: Covering = "beep") -> Iterator[Block]:
    """The blocks (channels, samples) with ``spans`` (seconds) of all channels covered; nothing of the sound beneath is left.

    >>> import numpy as np
    >>> block = np.full((1, 8), 9, dtype=np.int16)
    >>> [one.tolist() for one in covered([block[:, :4], block[:, 4:]], [(0.25, 0.75)], 8, "silence")]
    [[[9, 9, 0, 0]], [[0, 0, 9, 9]]]
    """
    import numpy as np

    edges = [(int(start * rate), -int(-end * rate // 1)) for start, end in spans]
    position = 0
    for block in sound:
        length = block.shape[1]
        here = [(max(0, begin - position), min(length, end - position)) for begin, end in edges]
        if any(begin < end for begin, end in here):
            block = block.copy()
            for begin, end in here:
                if begin < end:
                    block[:, begin:end] = 0
                    if covering == "beep":
                        at = np.arange(position + begin, position + end) / rate
                        block[:, begin:end] = np.rint(_LOUDNESS * np.sin(2 * np.pi * _TONE * at)).astype(np.int16)
        position += length
        yield block
