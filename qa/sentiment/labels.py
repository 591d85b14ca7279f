"""Which of a classifier's outputs say what, found by their names in its ``config.json``.

A model that is to serve here names at least ``positive`` and ``negative``, or ``complaint``, in ``id2label``:

===================  ==============================================================================
``complaint``        the customer complains about whom they are speaking to
``kind:服务态度`` …   what about (:data:`KINDS`); the highest one counts
``threat:监管`` …     where the customer threatens to go (:data:`THREATS`)
``positive``, ``negative``, (``neutral``)   how they feel; sentiment = positive - negative
===================  ==============================================================================

With ``"problem_type": "multi_label_classification"`` each output is a probability of its own, otherwise they share one
(softmax), as in the common three-way sentiment models.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from qa.errors import ModelError

COMPLAINT, POSITIVE, NEGATIVE = "complaint", "positive", "negative"
KINDS = ("服务态度", "处理时效", "产品质量", "费用争议", "欺骗误导", "推诿扯皮", "其他")
THREATS = ("监管", "媒体", "法律", "流失")
KIND, THREAT = "kind:", "threat:"
#: The outputs of the built-in model, in order.
BUILT_IN = (COMPLAINT, *(KIND + kind for kind in KINDS), *(THREAT + threat for threat in THREATS), NEGATIVE, POSITIVE)

_ALIASES = {
    "pos": POSITIVE, "正面": POSITIVE, "积极": POSITIVE, "好评": POSITIVE,
    "neg": NEGATIVE, "负面": NEGATIVE, "消极": NEGATIVE, "差评": NEGATIVE, "投诉": COMPLAINT,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Labels:
    """Places of the outputs; None or empty where the model does not offer them."""

    names: tuple[str, ...]
    exclusive: bool  # the outputs share one probability
    complaint: int | None
    positive: int | None
    negative: int | None
    kinds: Mapping[str, int]
    threats: Mapping[str, int]


def of(config: Mapping[str, object], where: str) -> Labels:
    """The labels of a model's configuration.

    >>> found = of({"id2label": {"0": "Negative", "1": "Positive"}}, "m/config.json")
    >>> found.negative, found.positive, found.complaint, found.exclusive
    (0, 1, None, True)

    Raises:
        ModelError: neither ``complaint`` nor both of ``positive`` and ``negative`` are there.
    """
    listed = config.get("id2label")
    named = {int(number): str(name) for number, name in listed.items()} if isinstance(listed, Mapping) else {}
    names = tuple(_plain(named.get(i, "")) for i in range(max(named, default=-1) + 1))
    place = {name: i for i, name in enumerate(names)}
    if COMPLAINT not in place and not (POSITIVE in place and NEGATIVE in place):
        shown = "、".join(named.values()) or "（没有 id2label）"
        raise ModelError(
            "这个模型不能用来读情绪",
            where=where,
            why=f"它的输出是 {shown}，里面没有 complaint，也没有成对的 positive 和 negative",
            next_step="换一个文本分类模型，或把 config.json 的 id2label 改成 docs/sentiment.md 列出的名字；内置模型写 builtin",
        )
    return Labels(
        names=names,
        exclusive=config.get("problem_type") != "multi_label_classification",
        complaint=place.get(COMPLAINT),
        positive=place.get(POSITIVE) if NEGATIVE in place else None,
        negative=place.get(NEGATIVE) if POSITIVE in place else None,
        kinds={kind: place[KIND + kind] for kind in KINDS if KIND + kind in place},
        threats={threat: place[THREAT + threat] for threat in THREATS if THREAT + threat in place},
    )


def _plain(name: str) -> str:
    lower = name.strip().lower()
    first = lower.split(" ")[0].split("(")[0]  # "negative (stars 1, 2 and 3)"
    return _ALIASES.get(first, first)
