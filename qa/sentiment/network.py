"""Running a classifier: pairs of texts in, probabilities out.

Any model of Hugging Face's goes through ``transformers``. Importing that costs five seconds, more than reading a day
of calls' worth of turns, so a plain BERT classifier, which the built-in model is, runs on :mod:`qa.sentiment.bert`
instead: the same files, the same numbers (a test holds the two against each other), two seconds sooner.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from qa.errors import ModelError
from qa.sentiment.model import TOKENIZER, Model
from qa.sentiment.words import GRAMS, Words
from qa.sentiment.words import WEIGHTS as WORD_WEIGHTS

if TYPE_CHECKING:
    import torch
    from tokenizers import Encoding

Device = Literal["auto", "cpu", "cuda"]
Pair = tuple[str, str]  # text, context; the context may be empty
LONGEST = 160  # tokens of both together, of which a stretch takes at most 90 characters
_AT_ONCE = 16


class Network(Protocol):
    """Probabilities for pairs of texts: a row a pair and a column an output; a pair's company changes no digit that is kept."""

    def scores(self, pairs: Sequence[Pair]) -> npt.NDArray[np.float64]: ...


def load_network(model: Model, wanted: Device = "auto") -> Network:
    """The model ready to run, on the device wanted.

    Raises:
        ModelError: the weights do not fit the configuration, it is no classifier that can be run, or there is no such device.
    """
    network: Network = PlainBert(model, wanted) if _plain(model) else Transformer(model, wanted)
    said = _words(model)
    return Together(network, said) if said else network


def verify(model: Model, wanted: Device = "auto") -> None:
    """Whether :func:`load_network` will be able to: a plain BERT is held against its configuration by the headers of its
    weights, in milliseconds; any other is loaded once, which takes seconds.

    Raises:
        ModelError: as :func:`load_network`.
    """
    from qa.sentiment import bert

    _words(model)
    if not _plain(model):
        Transformer(model, wanted)
        return
    with refused(model):
        bert.check(model.path, model.config)
    if wanted == "cuda":
        device(wanted)


def _words(model: Model) -> Words | None:
    from safetensors import SafetensorError

    try:
        with refused(model):
            said = Words.load(model.path)
            if said and (model.labels.exclusive or len(said.bias) != len(model.labels.names)):
                raise ValueError(f"{GRAMS} 的词频只能配各算各的 {len(said.bias)} 个输出")
            return said
    except SafetensorError as error:
        raise ModelError(
            "情绪模型的权重损坏", where=str(model.path / WORD_WEIGHTS), why=str(error), next_step="重新下载这个模型；内置模型请重新安装听检"
        ) from error


def _plain(model: Model) -> bool:
    from qa.sentiment import bert

    return bert.fits(model.config) and (model.path / TOKENIZER).is_file()


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread for the numbers' sake and because a batch runs a process a core; what was set before comes back."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.inference_mode():
            yield
    finally:
        torch.set_num_threads(before)


def device(wanted: Device = "auto") -> str:
    """``cuda`` where there is a usable GPU, else ``cpu``; or what is wanted.

    Raises:
        ModelError: ``cuda`` is wanted and there is none.
    """
    import torch

    if wanted == "cuda" and not torch.cuda.is_available():
        raise ModelError(
            "情绪模型要用的 GPU 不可用",
            where="sentiment.device = cuda",
            why="torch 找不到可用的 CUDA 设备",
            next_step="把 sentiment.device 写成 auto 或 cpu，或检查显卡驱动和带 CUDA 的 torch",
        )
    return "cuda" if wanted != "cpu" and torch.cuda.is_available() else "cpu"


class PlainBert:
    """A BERT classifier on :mod:`qa.sentiment.bert`; texts of like length are run together: one alone takes twice its share."""

    def __init__(self, model: Model, wanted: Device = "auto") -> None:
        import tokenizers

        from qa.sentiment import bert

        self._exclusive = model.labels.exclusive
        self._width = len(model.labels.names)
        self._tokenizer = tokenizers.Tokenizer.from_file(str(model.path / TOKENIZER))
        self._tokenizer.enable_truncation(LONGEST, strategy="longest_first")
        self._tokenizer.no_padding()
        self._padding = int(str(model.config.get("pad_token_id") or 0))
        with refused(model), one_thread():
            self._bert = bert.Bert.load(model.path, model.config, device(wanted))

    def scores(self, pairs: Sequence[Pair]) -> npt.NDArray[np.float64]:
        import torch

        result = np.zeros((len(pairs), self._width))
        encoded: list[Encoding] = self._tokenizer.encode_batch([pair if pair[1] else pair[0] for pair in pairs])
        order = sorted(range(len(pairs)), key=lambda i: (len(encoded[i].ids), encoded[i].ids))
        with one_thread():
            for start in range(0, len(order), _AT_ONCE):
                some = order[start : start + _AT_ONCE]
                ids, types, seen = (
                    torch.nn.utils.rnn.pad_sequence([torch.tensor(part(encoded[i])) for i in some], batch_first=True, padding_value=value)
                    for part, value in ((_ids, self._padding), (_types, 0), (_mask, 0))
                )
                mask = None if bool(seen.all()) else seen.bool()
                result[some] = probabilities(self._bert.logits(ids, types, mask), exclusive=self._exclusive)
        return result


class Together:
    """A network and a word statistic: their log-odds added up. What each counts for is in their weights."""

    def __init__(self, network: Network, said: Words) -> None:
        self.network, self.words = network, said

    def scores(self, pairs: Sequence[Pair]) -> npt.NDArray[np.float64]:
        read = np.clip(self.network.scores(pairs), 1e-12, 1 - 1e-12)
        odds = np.log(read) - np.log1p(-read) + self.words.logits([text for text, _ in pairs])
        summed: npt.NDArray[np.float64] = 1.0 / (1.0 + np.exp(-odds))
        return summed


def _ids(one: Encoding) -> list[int]:
    return list(one.ids)


def _types(one: Encoding) -> list[int]:
    return list(one.type_ids)


def _mask(one: Encoding) -> list[int]:
    return [1] * len(one.ids)


class Transformer:
    """Any sequence classifier that ``transformers`` knows."""

    def __init__(self, model: Model, wanted: Device = "auto") -> None:
        from transformers import AutoModelForSequenceClassification, AutoTokenizer
        from transformers.utils import logging

        logging.set_verbosity_error()  # type: ignore[no-untyped-call]
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        self._exclusive = model.labels.exclusive
        self._width = len(model.labels.names)
        self._device = device(wanted)
        with refused(model):
            self._tokenizer = AutoTokenizer.from_pretrained(model.path, local_files_only=True, trust_remote_code=False)
            self._network, info = AutoModelForSequenceClassification.from_pretrained(
                model.path, local_files_only=True, trust_remote_code=False, use_safetensors=True, output_loading_info=True, dtype="float32"
            )
            if info["missing_keys"]:
                raise ValueError("权重里缺少 " + "、".join(sorted(info["missing_keys"])[:5]))
        self._network = self._network.to(self._device).eval()

    def scores(self, pairs: Sequence[Pair]) -> npt.NDArray[np.float64]:
        result = np.zeros((len(pairs), self._width))
        with one_thread():
            for i, (text, context) in enumerate(pairs):  # one by one: padding would let the company in
                given: Any = self._tokenizer(text, context or None, truncation=True, max_length=LONGEST, return_tensors="pt")
                logits = self._network(**given.to(self._device)).logits
                result[i] = probabilities(logits, exclusive=self._exclusive)[0]
        return result


def probabilities(logits: torch.Tensor, *, exclusive: bool) -> npt.NDArray[np.float64]:
    """Each output's own probability, or shares of one."""
    values = logits.double().cpu()
    array: npt.NDArray[np.float64] = (values.softmax(-1) if exclusive else values.sigmoid()).numpy()
    return array


@contextmanager
def refused(model: Model) -> Iterator[None]:
    """Whatever goes wrong while weights are loaded, in words."""
    try:
        yield
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise ModelError(
            "情绪模型装不起来",
            where=str(Path(model.path)),
            why=(str(error).splitlines() or [type(error).__name__])[0],
            next_step="重新下载这个模型；它应是 transformers 认得的文本分类模型，权重与 config.json 相符。内置模型写 builtin",
        ) from error
