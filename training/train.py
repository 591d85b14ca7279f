"""Fine-tuning the encoder on the rows: one thread, fixed seeds, bfloat16 where it is safe."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from qa.sentiment.labels import BUILT_IN
from qa.sentiment.network import LONGEST
from training import dataset, encoder
from training.corpus import Row

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import BertForSequenceClassification


@dataclass(frozen=True, slots=True)
class Recipe:
    """How it is trained; every number that decides the weights."""

    layers: tuple[int, ...] = encoder.CHOSEN
    epochs: int = 3
    batch: int = 16
    rate: float = 1.5e-4
    head_rate: float = 8e-4
    warm: float = 0.04
    decay: float = 0.01
    dropout: float = 0.1
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
        "id2label": dict(enumerate(BUILT_IN)),
        "label2id": {name: i for i, name in enumerate(BUILT_IN)},
        "problem_type": "multi_label_classification",
        "hidden_dropout_prob": recipe.dropout,
        "attention_probs_dropout_prob": 0.05,
    }
    model = BertForSequenceClassification(BertConfig.from_dict(settings))
    missing, unexpected = model.bert.load_state_dict(body.state_dict(), strict=False)
    if unexpected or any(not name.startswith("pooler") for name in missing):
        raise ValueError(f"the body does not fit: {missing} {unexpected}")
    tokenizer = encoder.tokenizer(file.pieces, ids)
    tokenizer.enable_truncation(LONGEST, strategy="longest_first")
    return model, tokenizer


def fit(
    rows: Sequence[Row], recipe: Recipe, say: Callable[[str], None] = print, checkpoint: Path | None = None, start: Path | None = None
) -> tuple[BertForSequenceClassification, Tokenizer]:
    """The trained classifier, from the bare encoder or from a model trained before (``start``).

    Words keep the vectors they have: what was not seen in training stays beside what was.
    """
    import torch
    from safetensors.torch import load_file

    torch.set_num_threads(1)
    model, tokenizer = prepare(recipe)
    if start is not None:
        weights = load_file(start / "model.safetensors")
        model.load_state_dict({name: weight.to(torch.float32) for name, weight in weights.items()})
    model.bert.embeddings.word_embeddings.weight.requires_grad = False
    model.bert.embeddings.position_embeddings.weight.requires_grad = False
    head = [weight for name, weight in model.named_parameters() if "pooler" in name or "classifier" in name]
    body = [
        weight for name, weight in model.named_parameters() if weight.requires_grad and "pooler" not in name and "classifier" not in name
    ]
    optimizer = torch.optim.AdamW(
        [{"params": body, "lr": recipe.rate}, {"params": head, "lr": recipe.head_rate}], weight_decay=recipe.decay, fused=True
    )
    steps = recipe.epochs * -(-len(rows) // recipe.batch)
    warm = max(1, int(recipe.warm * steps))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min((step + 1) / warm, max(0.02, (steps - step) / (steps - warm))))
    started, done, running = time.monotonic(), 0, 0.0
    model.train()
    for epoch in range(recipe.epochs):
        for batch in dataset.batches(rows, tokenizer, recipe.batch, recipe.seed + epoch):
            with torch.autocast("cpu", dtype=torch.bfloat16):
                given = {"input_ids": batch.ids, "token_type_ids": batch.types, "attention_mask": batch.mask}
                logits = model(**{name: torch.from_numpy(value) for name, value in given.items()}).logits
            losses = torch.nn.functional.binary_cross_entropy_with_logits(
                logits.float(), torch.from_numpy(batch.targets), torch.from_numpy(batch.weights), reduction="sum"
            )
            loss = losses / len(batch.ids)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            done += 1
            running = loss.item() if done == 1 else 0.98 * running + 0.02 * loss.item()
            if done % 100 == 0:
                seconds = time.monotonic() - started
                say(f"epoch {epoch + 1} step {done}/{steps} loss {running:.3f} {done * recipe.batch / seconds:.0f} rows/s {seconds:.0f} s")
        if checkpoint is not None:
            save(model, tokenizer, checkpoint / str(epoch + 1))
            tokenizer.enable_truncation(LONGEST, strategy="longest_first")
    model.train(False)
    return model, tokenizer


def save(model: BertForSequenceClassification, tokenizer: Tokenizer, folder: Path) -> None:
    """The model in Hugging Face layout, half precision, with the hashes of its files."""
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
    names = ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")
    (folder / SUMS).write_text("".join(f"{sha256([folder / name])}  {name}\n" for name in names), encoding="utf-8")
