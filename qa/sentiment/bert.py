"""A BERT classifier's forward pass on torch alone, from the files that ``transformers`` writes.

Post-norm BERT with absolute positions and the exact GELU; the classifier reads the pooled first token.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

ARCHITECTURE = "BertForSequenceClassification"
_FIXED = {"hidden_act": "gelu", "position_embedding_type": "absolute", "is_decoder": False, "add_cross_attention": False}


def fits(config: Mapping[str, object]) -> bool:
    """Whether this is the plain BERT classifier that the arithmetic here is for.

    >>> fits({"architectures": ["BertForSequenceClassification"], "hidden_act": "gelu"}), fits({"architectures": ["GPT2Model"]})
    (True, False)
    """
    return config.get("architectures") == [ARCHITECTURE] and all(config.get(key, value) == value for key, value in _FIXED.items())


class Bert:
    """The network; see :meth:`load`."""

    def __init__(self, weights: dict[str, torch.Tensor], layers: int, heads: int, epsilon: float) -> None:
        self._weights, self._heads, self._epsilon = weights, heads, epsilon
        self._layers = [f"bert.encoder.layer.{i}" for i in range(layers)]
        self._fused = {layer: (self._joined(layer, "weight"), self._joined(layer, "bias")) for layer in self._layers}

    @classmethod
    def load(cls, folder: Path, config: Mapping[str, object], device: str) -> Bert:
        """The weights in the folder, as single precision on the device.

        Raises:
            ValueError: see :func:`check`.
        """
        import torch
        from safetensors.torch import load_file

        check(folder, config)
        weights: dict[str, torch.Tensor] = {}
        for file in _files(folder):
            weights |= load_file(file, device=device)
        return cls(
            {name: weights[name].to(torch.float32).contiguous() for name in _shapes(config)},
            layers=_number(config, "num_hidden_layers"),
            heads=_number(config, "num_attention_heads"),
            epsilon=float(str(config.get("layer_norm_eps", 1e-12))),
        )

    def logits(self, ids: torch.Tensor, types: torch.Tensor, seen: torch.Tensor | None = None) -> torch.Tensor:
        """A row of outputs for each row of token ids.

        ``types`` says which text a token belongs to, ``seen`` which tokens are there at all (the rest is padding).
        """
        from torch.nn.functional import gelu, scaled_dot_product_attention, tanh

        place = self._weights["bert.embeddings.word_embeddings.weight"].device
        ids, types = ids.to(place), types.to(place)
        mask = seen[:, None, None, :].to(place) if seen is not None else None
        count, length = ids.shape
        states = (
            self._weights["bert.embeddings.word_embeddings.weight"][ids]
            + self._weights["bert.embeddings.position_embeddings.weight"][:length]
            + self._weights["bert.embeddings.token_type_embeddings.weight"][types]
        )
        states = self._norm(states, "bert.embeddings.LayerNorm")
        for layer in self._layers:
            weight, bias = self._fused[layer]
            mixed = (states @ weight.T + bias).view(count, length, 3, self._heads, -1).permute(2, 0, 3, 1, 4)
            heard = scaled_dot_product_attention(mixed[0], mixed[1], mixed[2], attn_mask=mask).transpose(1, 2).reshape(count, length, -1)
            states = self._norm(states + self._linear(heard, f"{layer}.attention.output.dense"), f"{layer}.attention.output.LayerNorm")
            inner = gelu(self._linear(states, f"{layer}.intermediate.dense"))
            states = self._norm(states + self._linear(inner, f"{layer}.output.dense"), f"{layer}.output.LayerNorm")
        pooled = tanh(self._linear(states[:, 0], "bert.pooler.dense"))
        return self._linear(pooled, "classifier")

    def _joined(self, layer: str, kind: str) -> torch.Tensor:
        import torch

        return torch.cat([self._weights[f"{layer}.attention.self.{part}.{kind}"] for part in ("query", "key", "value")])

    def _linear(self, states: torch.Tensor, name: str) -> torch.Tensor:
        from torch.nn.functional import linear

        return linear(states, self._weights[f"{name}.weight"], self._weights[f"{name}.bias"])

    def _norm(self, states: torch.Tensor, name: str) -> torch.Tensor:
        from torch.nn.functional import layer_norm

        weight = self._weights[f"{name}.weight"]
        return layer_norm(states, weight.shape, weight, self._weights[f"{name}.bias"], self._epsilon)


def check(folder: Path, config: Mapping[str, object]) -> None:
    """Holds the headers of the weights in the folder against the configuration; the weights themselves are not read.

    Raises:
        ValueError: a tensor is missing or has another shape than the configuration says.
    """
    from safetensors import safe_open

    found: dict[str, tuple[int, ...]] = {}
    for file in _files(folder):
        with safe_open(file, framework="numpy") as tensors:
            found |= {name: tuple(tensors.get_slice(name).get_shape()) for name in tensors.keys()}  # noqa: SIM118 - no mapping
    shapes = _shapes(config)
    if absent := sorted(set(shapes) - set(found)):
        raise ValueError(f"权重里缺少 {'、'.join(absent[:5])}")
    if odd := [name for name in sorted(shapes) if found[name] != shapes[name]]:
        raise ValueError(f"{odd[0]} 的形状是 {found[odd[0]]}，config.json 说的是 {shapes[odd[0]]}")


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("model*.safetensors"))


def _number(config: Mapping[str, object], name: str) -> int:
    value = config.get(name)
    if not isinstance(value, int) or value < 1:
        raise ValueError(f"config.json 的 {name} 应是正整数，实为 {value!r}")
    return value


def _shapes(config: Mapping[str, object]) -> dict[str, tuple[int, ...]]:
    hidden, inner = _number(config, "hidden_size"), _number(config, "intermediate_size")
    outputs = config.get("id2label")
    wide = len(outputs) if isinstance(outputs, Mapping) else 2
    shapes: dict[str, tuple[int, ...]] = {
        "bert.embeddings.word_embeddings.weight": (_number(config, "vocab_size"), hidden),
        "bert.embeddings.position_embeddings.weight": (_number(config, "max_position_embeddings"), hidden),
        "bert.embeddings.token_type_embeddings.weight": (_number(config, "type_vocab_size"), hidden),
    }
    matrices = {"bert.pooler.dense": (hidden, hidden), "classifier": (wide, hidden)}
    norms = ["bert.embeddings.LayerNorm"]
    for i in range(_number(config, "num_hidden_layers")):
        layer = f"bert.encoder.layer.{i}"
        matrices |= {f"{layer}.attention.self.{part}": (hidden, hidden) for part in ("query", "key", "value")}
        matrices |= {f"{layer}.attention.output.dense": (hidden, hidden), f"{layer}.intermediate.dense": (inner, hidden)}
        matrices |= {f"{layer}.output.dense": (hidden, inner)}
        norms += [f"{layer}.attention.output.LayerNorm", f"{layer}.output.LayerNorm"]
    for name, shape in matrices.items():
        shapes |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    for name in norms:
        shapes |= {f"{name}.weight": (hidden,), f"{name}.bias": (hidden,)}
    return shapes
