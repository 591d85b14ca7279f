"""Fine-tuning the encoder on the rows: one thread, fixed seeds, bfloat16 where it is safe."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from qa.sentiment.labels import BUILT_IN
from qa.sentiment.network import LONGEST
from qa.sentiment.window import Stretch
from qa.sentiment.words import GRAMS, WEIGHTS, Words
from training import dataset, encoder, pooling
from training.measure import Scorer, Scores
from training.mixture import Mixture

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import BertForSequenceClassification


@dataclass(frozen=True, slots=True)
class Recipe:
    """How it is trained; every number that decides the weights."""

    layers: tuple[int, ...] = encoder.CHOSEN
    frozen: int = 4  # layers from below that stay as they are, and the embeddings with them
    epochs: int = 5
    batch: int = 32
    rate: float = 1e-4  # of the topmost layer; each one below learns more slowly by ``fading``
    fading: float = 0.94
    head_rate: float = 3e-4
    warm: float = 0.06
    decay: float = 0.01
    dropout: float = 0.0  # words misheard anew in each pass are enough; the classifier alone has some
    seed: int = 20261122
    text_seed: int = 1


def prepare(recipe: Recipe) -> tuple[BertForSequenceClassification, Tokenizer]:
    """The encoder with a fresh classifier, and its tokenizer."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    torch.manual_seed(recipe.seed)
    file = encoder.parse(encoder.carried())
    ids = encoder.keep(file.pieces)
    body = encoder.body(file, ids, recipe.layers)
    settings = body.config.to_dict() | {
        "num_hidden_layers": len(recipe.layers) + 1,  # the last one is training.pooling's
        "id2label": dict(enumerate(BUILT_IN)),
        "label2id": {name: i for i, name in enumerate(BUILT_IN)},
        "problem_type": "multi_label_classification",
        "hidden_dropout_prob": recipe.dropout,
        "classifier_dropout": 0.1,
        "attention_probs_dropout_prob": 0.05,
    }
    model = BertForSequenceClassification(BertConfig.from_dict(settings))
    missing, unexpected = model.bert.load_state_dict(body.state_dict(), strict=False)
    if unexpected or any(not name.startswith(("pooler", f"encoder.layer.{len(recipe.layers)}.")) for name in missing):
        raise ValueError(f"the body does not fit: {missing} {unexpected}")
    tokenizer = encoder.tokenizer(file.pieces, ids)
    tokenizer.enable_truncation(LONGEST, strategy="longest_first")
    return model, tokenizer


def fit(
    mixture: Mixture, recipe: Recipe, say: Callable[[str], None] = print, judged: Callable[[Scorer], str] | None = None
) -> tuple[BertForSequenceClassification, Tokenizer]:
    """The trained classifier; ``judged`` is told after each pass how to ask it, and its answer is said.

    Words keep the vectors they have: what was not seen in training stays beside what was.
    """
    import torch

    torch.set_num_threads(1)
    model, tokenizer = prepare(recipe)
    pooling.prepare(model, list(dataset.batches(mixture.rows(recipe.seed), tokenizer, recipe.batch, recipe.seed)), recipe.seed)
    if judged is not None:
        say(f"before: {judged(scorer(model, tokenizer))}")
    optimizer = torch.optim.AdamW(_groups(model, recipe), fused=True)
    steps = recipe.epochs * -(-mixture.size // recipe.batch)
    warm = max(1, int(recipe.warm * steps))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min((step + 1) / warm, max(0.02, (steps - step) / (steps - warm))))
    started, done, running = time.monotonic(), 0, 0.0
    model.train()
    for epoch in range(recipe.epochs):
        for batch in dataset.batches(mixture.rows(recipe.seed + epoch), tokenizer, recipe.batch, recipe.seed + epoch):
            with torch.autocast("cpu", dtype=torch.bfloat16):
                logits = model(**{name: torch.from_numpy(value) for name, value in batch.given.items()}).logits
            losses = torch.nn.functional.binary_cross_entropy_with_logits(
                logits.float(), torch.from_numpy(batch.targets), torch.from_numpy(batch.weights), reduction="sum"
            )
            loss = losses / len(batch.targets)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            done += 1
            running = loss.item() if done == 1 else 0.98 * running + 0.02 * loss.item()
            if done % 50 == 0:
                seconds = time.monotonic() - started
                rows = done * recipe.batch / seconds
                say(f"epoch {epoch + 1} step {done}/{steps} loss {running:.3f} {rows:.0f} rows/s {seconds:.0f} s")
        if judged is not None:
            say(f"epoch {epoch + 1}: {judged(scorer(model, tokenizer))}")
            model.train()
    model.train(False)
    return model, tokenizer


def scorer(model: BertForSequenceClassification, tokenizer: Tokenizer) -> Scorer:
    """The model as it stands, for :mod:`training.measure`."""
    import torch

    def score(stretches: Sequence[Stretch]) -> Scores:
        model.train(False)
        encoded = tokenizer.encode_batch([(one.text, one.context) if one.context else one.text for one in stretches])
        order = sorted(range(len(encoded)), key=lambda i: len(encoded[i].ids))
        scores = np.zeros((len(encoded), len(BUILT_IN)))
        with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
            for start in range(0, len(order), 32):
                some = order[start : start + 32]
                given = dataset.padded([encoded[i] for i in some])
                scores[some] = model(**{name: torch.from_numpy(value) for name, value in given.items()}).logits.double().sigmoid().numpy()
        return scores

    return score


def _groups(model: BertForSequenceClassification, recipe: Recipe) -> list[dict[str, object]]:
    """What is learnt and how fast: the classifier fastest, each layer a little slower than the one above, the lowest not at all."""
    groups: list[dict[str, object]] = []
    for name, weight in model.named_parameters():
        layer = int(name.split(".layer.")[1].split(".")[0]) if ".layer." in name else None
        if "embeddings" in name or (layer is not None and layer < recipe.frozen):
            weight.requires_grad = False
            continue
        rate = recipe.head_rate if layer is None else recipe.rate * recipe.fading ** (len(recipe.layers) - layer)
        groups.append({"params": [weight], "lr": rate, "weight_decay": recipe.decay if weight.ndim > 1 else 0.0})
    return groups


def save(model: BertForSequenceClassification, tokenizer: Tokenizer, words: Words, folder: Path) -> None:
    """The model and the words beside it, in Hugging Face layout, half precision, with the hashes of its files."""
    import json

    import torch
    from safetensors.torch import save_file

    from qa.asr.models import SUMS, sha256

    folder.mkdir(parents=True, exist_ok=True)
    weights = {
        name: weight.detach().to(torch.float16).contiguous() for name, weight in model.state_dict().items() if "position_ids" not in name
    }
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    keys = (
        "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "max_position_embeddings", "type_vocab_size",
        "vocab_size", "layer_norm_eps", "hidden_act", "pad_token_id", "id2label", "label2id", "problem_type",
    )  # fmt: skip
    known = model.config.to_dict()
    config: dict[str, object] = {
        "architectures": ["BertForSequenceClassification"],
        "model_type": "bert",
        "reads_context": True,
        "dtype": "float16",
    }
    config |= {key: known[key] for key in keys}
    (folder / "config.json").write_text(json.dumps(config, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    tokenizer.no_truncation()
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    special: dict[str, object] = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": "<s>",
        "cls_token": "<s>",
        "eos_token": "</s>",
        "sep_token": "</s>",
        "pad_token": "<pad>",
        "unk_token": "<unk>",
        "model_max_length": 512,
        "model_input_names": ["input_ids", "token_type_ids", "attention_mask"],
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(special, indent=1) + "\n", encoding="utf-8")
    words.save(folder)
    names = (GRAMS, WEIGHTS, "config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")
    (folder / SUMS).write_text("".join(f"{sha256([folder / name])}  {name}\n" for name in names), encoding="utf-8")
