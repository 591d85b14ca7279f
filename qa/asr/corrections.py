"""A site's own words put right after recognition: product names, the company, places.

A text file, one correction a line::

    # 错词=>正确词
    优鲜商城=>优选商城
    =>顺通快递

The wrong words are replaced wherever they stand. With nothing before the arrow, whatever *sounds* the same
(other characters, same syllables and tones) becomes the right word; that takes at least three syllables, because
homophones of two are everywhere. Lines are applied longest first, so that a correction never breaks a longer one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path

from qa.calls import Word
from qa.errors import ConfigError
from qa.text.normalize import normalize, simplify
from qa.text.sound import Reading, find, read

ARROW = "=>"
HOMOPHONE = 0.97  # closeness from which every syllable is the phrase's own
SYLLABLES = 3


@dataclass(frozen=True)
class Correction:
    """What stands there, and what should; ``wrong`` is empty where sound decides."""

    wrong: str
    right: str

    @cached_property
    def _sound(self) -> Reading:
        return read(normalize(self.right).text)

    def places(self, text: str) -> list[tuple[int, int]]:
        """Where in a text something is to be replaced.

        >>> Correction("", "顺通快递").places("我的顺同快递呢，顺通快递")
        [(2, 6)]
        """
        if self.wrong:
            starts, start = [], text.find(self.wrong)
            while start >= 0:
                starts.append((start, start + len(self.wrong)))
                start = text.find(self.wrong, start + len(self.wrong))
            return starts
        normal = normalize(text)
        spans = [normal.original(match.begin, match.end) for match in find(self._sound, read(normal.text), HOMOPHONE)]
        return [span for span in spans if text[slice(*span)] != self.right]


def corrected(words: Sequence[Word], corrections: Sequence[Correction]) -> list[Word]:
    """The words of a turn with the corrections applied; words that one correction touches become one.

    >>> words = [Word("我", 0.0, 0.2, 0.9), Word("优", 0.2, 0.4, 0.8), Word("鲜，", 0.4, 0.6, 0.5)]
    >>> corrected(words, [Correction("优鲜", "优选")])
    [Word(text='我', start=0.0, end=0.2, confidence=0.9), Word(text='优选，', start=0.2, end=0.6, confidence=0.5)]
    """
    found = list(words)
    for correction in corrections:
        text = "".join(word.text for word in found)
        for begin, end in reversed(correction.places(text)):
            found = _replaced(found, begin, end, correction.right)
    return found


def _replaced(words: Sequence[Word], begin: int, end: int, right: str) -> list[Word]:
    before: list[Word] = []
    touched: list[Word] = []
    after: list[Word] = []
    position, offset = 0, 0
    for word in words:
        if position + len(word.text) <= begin:
            before.append(word)
        elif position >= end:
            after.append(word)
        else:
            offset = offset if touched else begin - position
            touched.append(word)
        position += len(word.text)
    joined = "".join(word.text for word in touched)
    text = joined[:offset] + right + joined[offset + end - begin :]
    merged = replace(touched[0], text=text, end=touched[-1].end, confidence=min(word.confidence for word in touched))
    return [*before, merged, *after]


@lru_cache(maxsize=4)  # hearing asks for it call by call
def load_corrections(path: Path | None) -> tuple[Correction, ...]:
    """The corrections of a file, longest first; none without a file.

    Raises:
        ConfigError: the file cannot be read, or lines are not corrections; all faulty lines are named at once.
    """
    if path is None:
        return ()
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError("读不了纠错词表", where=str(path), why=str(error), next_step="检查路径，文件用 UTF-8 编码") from error
    found: dict[str, Correction] = {}
    faults: list[str] = []
    for number, line in enumerate(lines, start=1):
        if not (content := line.strip()) or content.startswith("#"):
            continue
        wrong, arrow, right = (part.strip() for part in content.partition(ARROW))
        if not arrow or not right or wrong == right:
            faults.append(f"第 {number} 行“{content}”不是“错词=>正确词”")
        elif not wrong and len(read(normalize(right).text)) < SYLLABLES:
            faults.append(f"第 {number} 行“{right}”不足 {SYLLABLES} 个音节，不能只按读音纠正")
        elif wrong and found.get(wrong, Correction(wrong, right)).right != right:
            faults.append(f"第 {number} 行“{wrong}”有两种改法")
        else:
            found[wrong or ARROW + right] = Correction(simplify(wrong), right)
    if faults:
        raise ConfigError(
            "纠错词表有误", where=str(path), why="；".join(faults), next_step="每行写一条 错词=>正确词；只写 =>正确词 则按读音找"
        )
    return tuple(sorted(found.values(), key=lambda one: (-len(one.wrong or one.right), one.wrong, one.right)))
