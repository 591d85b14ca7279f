"""Words of a Chinese text, by jieba with the vocabulary of call centres added."""

from __future__ import annotations

import logging
import tempfile
import warnings
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import jieba

DICTIONARY = Path(__file__).with_name("callcentre.dict.txt")


def words(text: str) -> list[tuple[str, int, int]]:
    """The words of ``text`` in order, each with the characters it spans; the empty text has none.

    >>> words("我要投诉客服")
    [('我要', 0, 2), ('投诉', 2, 4), ('客服', 4, 6)]
    """
    return [(word, begin, end) for word, begin, end in _tokenizer().tokenize(text)] if text else []


@cache
def _tokenizer() -> jieba.Tokenizer:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # jieba's own deprecated imports and escapes
        import jieba
    jieba.default_logger.setLevel(logging.CRITICAL)  # otherwise each start prints how the dictionary was loaded
    tokenizer = jieba.Tokenizer()
    tokenizer.tmp_dir = str(_cache_folder())
    tokenizer.initialize()
    tokenizer.load_userdict(str(DICTIONARY))
    return tokenizer


def _cache_folder() -> Path:
    """Where jieba keeps its marshalled dictionary: the user's own, since what is unmarshalled must be trusted."""
    import platformdirs

    folder = Path(platformdirs.user_cache_dir("tingjian")) / "jieba"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return Path(tempfile.mkdtemp(prefix="tingjian-"))
    return folder
