"""Where fine-tuning starts: the first token has gathered the turn's own words, and the classifier already reads it."""

from __future__ import annotations

import numpy as np
import pytest

from training import pooling
from training.dataset import Batch

torch = pytest.importorskip("torch")


def batches(count: int, labels: int) -> list[Batch]:
    """Texts of four tokens with two more of context; each label is one token that is in the text, or is not."""
    chance = np.random.default_rng(7)
    made = []
    for _ in range(count):
        ids = chance.integers(10, 60, (16, 6))
        given = {"input_ids": ids, "token_type_ids": np.array([[0, 0, 0, 0, 1, 1]] * 16), "attention_mask": np.ones((16, 6), np.int64)}
        wanted = np.stack([(ids[:, :4] < 20 + 5 * label).any(axis=1) for label in range(labels)], axis=1).astype(np.float32)
        made.append(Batch(given, wanted, np.ones_like(wanted)))
    return made


def test_the_last_layer_gathers_the_first_text_and_the_classifier_is_fitted() -> None:
    from transformers import BertConfig, BertForSequenceClassification

    torch.manual_seed(3)
    sizes = {"vocab_size": 60, "hidden_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
    model = BertForSequenceClassification(BertConfig(**sizes, num_labels=2, type_vocab_size=2))
    with torch.no_grad():
        model.bert.embeddings.token_type_embeddings.weight[1] += 0.5  # as a trained encoder's states tell the texts apart
    told = batches(24, 2)
    pooling.prepare(model, told, seed=1)

    model.set_attn_implementation("eager")
    given = {name: torch.from_numpy(value) for name, value in told[0].given.items()}
    with torch.inference_mode():
        attention = model.bert(**given, output_attentions=True).attentions[-1]
        logits = np.concatenate([model(**{k: torch.from_numpy(v) for k, v in one.given.items()}).logits.numpy() for one in told])
    own = attention[:, 0, 0, :4].sum(dim=-1)  # of the first head, from the first token: what falls on the first text
    assert float(own.min()) > 0.9
    wanted = np.concatenate([one.targets for one in told]) > 0.5
    assert ((logits > 0) == wanted).mean() > max(wanted.mean(), 1 - wanted.mean())
