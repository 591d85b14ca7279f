"""The training text: sentences drawn from the grammars in ``data/``, each with what it means and what was said before it.

A grammar is a list of families (``@ name | label=value``), a family a list of lines. In a line ``<a|b>`` is one of,
``(a)`` may be left out, ``{slot}`` is filled from ``slots.txt`` or, when a trade knows the slot, from one trade for the
whole sentence. Everything was written for this project. What is kept for measuring is chosen by line and by
trade, never by row: a line whose hash falls into the held-out part is never trained on in any of its forms, and neither is any
sentence of the held-out trades.

What matters most is not drawn from anything: ``spoken_*.jsonl``, turns that people wrote down one by one, each with its labels.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from qa.text.normalize import normalize

DATA = Path(__file__).with_name("data")
GRAMMARS = (
    "complaints.txt", "threats.txt", "calm.txt", "more_calm.txt", "hand_complaints.txt", "context.txt", "direct.txt",
    "second_complaints.txt", "second_threats.txt", "second_calm.txt", "second_hand.txt",
    "third_complaints.txt", "third_calm.txt",
)  # fmt: skip
HELD_OUT_TRADES = ("水电气",)
HELD_OUT_SHARE = 16  # one line in so many
SPOKEN, SPOKEN_HELD_OUT = "spoken_", 10  # one turn in ten is for choosing and calibrating, never for training
Slots = Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class Row:
    """A customer's turn with what came before it and what it means; None: this row does not say.

    ``sentiment`` is -1..1. ``kind`` is only meant where there is a complaint.
    """

    text: str
    agent: str = ""
    customer: str = ""
    complaint: float | None = None
    kind: str | None = None
    threat: str | None = None
    sentiment: float | None = None
    family: str = ""
    held_out: bool = False


@dataclass(frozen=True, slots=True)
class Family:
    """Lines that mean the same."""

    name: str
    labels: Mapping[str, str]
    lines: tuple[str, ...]

    def row(self, text: str, agent: str, held_out: bool) -> Row:
        labels = self.labels
        complaint = float(labels.get("complaint", 0))
        return Row(
            text=text,
            agent=agent,
            complaint=complaint,
            kind=labels.get("kind") if complaint else None,
            threat=labels.get("threat"),
            sentiment=float(labels["sentiment"]) / 2,
            family=self.name,
            held_out=held_out,
        )


def sections(name: str, mark: str) -> Iterator[tuple[str, list[str]]]:
    """A data file's parts: the heading after ``mark`` and the lines below it."""
    title = ""
    lines: list[str] = []
    for line in (DATA / name).read_text(encoding="utf-8").splitlines():
        if line.startswith(mark):
            if lines:
                yield title, lines
            title, lines = line.removeprefix(mark).strip(" ]"), []
        elif line.strip() and not line.startswith("#"):
            lines.append(line.strip())
    if lines:
        yield title, lines


def slots(lines: Iterable[str]) -> dict[str, list[str]]:
    """``name: a|b|c`` lines as a mapping."""
    pairs = (line.split(":", 1) for line in lines)
    return {name.strip(): values.strip().split("|") for name, values in pairs}


def families(name: str) -> list[Family]:
    """The families of a grammar file."""
    found = []
    for title, lines in sections(name, "@"):
        heading, _, labels = title.partition("|")
        found.append(Family(heading.strip(), dict(part.split("=") for part in labels.split()), tuple(lines)))
    return found


class Grammar:
    """Fills lines in; the same seed gives the same sentences."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.common = slots(line for _, lines in sections("slots.txt", "[") for line in lines)
        self.trades = {title: slots(lines) for title, lines in sections("trades.txt", "[")}

    def fill(self, line: str, trade: Slots) -> str:
        """One form of the line."""
        text = line
        while found := re.search(r"<([^<>()]*)>|\(([^<>()]*)\)", text):
            if found[1] is not None:
                instead = self.random.choice(found[1].split("|"))
            else:
                instead = self.random.choice(found[2].split("|")) if self.random.random() < 0.5 else ""
            text = text[: found.start()] + instead + text[found.end() :]
        while found := re.search(r"\{(\w+)\}", text):
            text = text[: found.start()] + self.random.choice(self.slot(found[1], trade)) + text[found.end() :]
        return text

    def slot(self, name: str, trade: Slots) -> list[str]:
        """What may stand for the slot, the trade's own words first."""
        return trade[name] if name in trade else self.common[name]

    def trade(self, line: str) -> str:
        """A trade that knows all that the line asks for."""
        asked = [name for name in re.findall(r"\{(\w+)\}", line) if name not in self.common]
        return self.random.choice([title for title, known in self.trades.items() if all(name in known for name in asked)])


def spoken_rows() -> list[Row]:
    """What was written by hand, file by file: turns with the words before them where the writer gave any, and opinions of things."""
    rows = []
    for path in [*sorted(DATA.glob(f"{SPOKEN}[0-9].jsonl")), DATA / "reviews_spoken.jsonl"]:
        for line in path.read_text(encoding="utf-8").splitlines():
            said = json.loads(line)
            rows.append(
                Row(
                    text=said["text"],
                    agent=said.get("agent", ""),
                    customer=said.get("customer", ""),
                    complaint=float(said["complaint"]) if "complaint" in said else None,
                    kind=said.get("kind"),
                    threat=said.get("threat"),
                    sentiment=said["sentiment"] / 2,
                    family=SPOKEN + path.stem.removeprefix(SPOKEN),
                    held_out=kept_apart(normalize(said["text"]).text, SPOKEN_HELD_OUT),
                )
            )
    return rows


def kept_apart(line: str, share: int = HELD_OUT_SHARE) -> bool:
    """Whether a line belongs to the held-out part, one in ``share``: by what it says, so that the same words never stand on both sides."""
    return hashlib.sha256(line.encode()).digest()[0] % share == 0


def service_rows(seed: int, size: int) -> list[Row]:
    """About ``size`` turns of calls, complaints and threats among them, with the words before them."""
    grammar = Grammar(seed)
    drawn: list[Row] = []
    everything = [family for name in GRAMMARS for family in families(name)]
    shares = {line: _share(line) * float(family.labels.get("weight", 1)) for family in everything for line in family.lines}
    scale = size / sum(shares.values())
    seen: set[tuple[str, str]] = set()
    for family in everything:
        for line in family.lines:
            for _ in range(max(1, round(shares[line] * scale))):
                trade = grammar.trade(line)
                asked, _, said = line.rpartition("=>")
                text = grammar.fill(said.strip(), grammar.trades[trade])
                agent = grammar.fill(asked.strip(), grammar.trades[trade]) if asked else ""
                if not text or (text, agent) in seen:
                    continue
                seen.add((text, agent))
                drawn.append(family.row(text, agent, kept_apart(line) or trade in HELD_OUT_TRADES))
    return with_context(grammar, drawn + joined_rows(seed, drawn, size // 8))


def _share(line: str) -> float:
    """How often a line is drawn: by how many forms it has, so that none is said a hundred times over."""
    forms = 1.0
    for choice in re.findall(r"<([^<>]*)>", line):
        forms *= choice.count("|") + 1
    forms *= 1.5 ** line.count("(") * 6.0 ** line.count("{")
    return float(min(forms, 4000.0) ** 0.42)


PLAIN = ("business", "trouble_calm", "calm_detail", "wait_calm", "hand_trouble", "you_neutral", "third_flat", "smalltalk")


def joined_rows(seed: int, rows: Sequence[Row], size: int) -> list[Row]:
    """Long turns: plain telling with or without a complaint in it. One accusation makes a complaint of all of it."""
    chance = random.Random(seed)
    plain = [row for row in rows if row.family in PLAIN]
    sharp = [row for row in rows if row.complaint and not row.agent and not row.family.startswith("ctx")]
    result = []
    for _ in range(size):
        parts = [chance.choice(plain) for _ in range(chance.choice((1, 2, 2, 3, 4)))]
        found = chance.choice(sharp) if chance.random() < 0.55 else None
        if found:
            parts.insert(chance.choice((0, len(parts), len(parts))), found)
        feeling = -1.0 if found else sum(part.sentiment or 0.0 for part in parts) / len(parts)
        result.append(
            replace(
                found or parts[0],
                text="，".join(part.text for part in parts),
                agent="",
                customer="",
                sentiment=feeling,
                family="joined",
                held_out=any(part.held_out for part in parts),
            )
        )
    return result


def with_context(grammar: Grammar, rows: list[Row]) -> list[Row]:
    """What was said before: the agent's usual words and some earlier words of the customer's, chosen without regard to the meaning."""
    before = [line for _, lines in sections("before.txt", "@") for line in lines]
    questions = [question for trade in grammar.trades.values() for question in trade["agent"]]
    angry = [row.text for row in rows if row.complaint and not row.held_out]
    calm = [row.text for row in rows if row.complaint == 0 and not row.held_out]
    chance = grammar.random
    result = []
    for row in rows:
        agent, customer = row.agent, ""
        if not agent and chance.random() < 0.5:
            agent = chance.choice(before if chance.random() < 0.6 else questions)
        if (agent and chance.random() < 0.4) or row.family == "ctx_after_anger":
            customer = chance.choice(angry if row.family == "ctx_after_anger" or chance.random() < 0.4 else calm)
        result.append(replace(row, agent=agent, customer=customer))
    return result


def opinion_rows(seed: int, size: int) -> list[Row]:
    """Opinions about things and services; what they say of a complaint to an agent is left open where they blame."""
    grammar = Grammar(seed)
    subjects = {title: slots(lines) for title, lines in sections("reviews.txt", "[")}
    frames = families("review_frames.txt")
    weighted = [(family, line, float(family.labels.get("weight", 1))) for family in frames for line in family.lines]
    counts = {family.name: len(family.lines) for family in frames}
    rows = []
    for family, line, weight in weighted:
        for _ in range(max(1, round(size * weight / counts[family.name] / 2))):
            subject = subjects[grammar.random.choice(list(subjects))]
            pool = {name: list(values) for name, values in subject.items()}
            text = grammar.fill(line, pool)
            blamed = family.name != "plus"
            row = family.row(text, "", kept_apart(line))
            rows.append(replace(row, complaint=None if blamed else 0.0, family=f"review_{family.name}"))
    return rows


def emotion_rows(path: Path) -> list[Row]:
    """Lines of the emotion set (Apache-2.0): how they feel; whether they complain it does not say, save the calm and glad ones.

    A tenth is held out.
    """
    import csv

    values = {"开心": 1.0, "平静": 0.0, "疑问": 0.0, "关心": 0.1, "生气": -1.0, "厌恶": -0.9, "伤心": -0.7}
    rows = []
    with path.open(encoding="utf-8-sig", newline="") as source:
        for line in csv.DictReader(source):
            if (feeling := values.get(line["label"])) is not None:
                calm = line["label"] in ("开心", "平静", "关心")
                apart = kept_apart(line["text"])
                rows.append(Row(line["text"], complaint=0.0 if calm else None, sentiment=feeling, family="emotion", held_out=apart))
    return rows
