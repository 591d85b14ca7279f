"""What one pass of training reads: every turn written by hand, and some of the generated ones, drawn anew each time.

Generated turns come by the thousand but share their templates, and whoever reads them all learns the templates. So a pass
takes only :data:`GENERATED` of them. Two thirds of the turns written by hand stand alone; in calls nearly none does, so
a pass puts the usual words of an agent before half of those, which must not change what they mean, and
takes the context away now and then where the turn says enough by itself.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from training import corpus
from training.corpus import Row

GENERATED, THINGS, FEELINGS = 1_000, 400, 300  # rows a pass draws of the generated turns, the opinions, and the emotion set
SERVICE, OPINIONS = 15_500, 3_400  # generated rows there are to draw from
ALONE = 5  # characters from which a turn means the same after anything an agent usually says
CLEAR = 8  # and from which it is mostly understood without what was asked
ASKED, EARLIER, FORGOTTEN = 0.5, 0.15, 0.15  # how often words are put before a turn, by the agent, by the customer; and taken away


@dataclass(frozen=True, slots=True)
class Mixture:
    """Rows to train on, by how they are used."""

    spoken: Sequence[Row]
    generated: Sequence[Row]
    opinions: Sequence[Row]
    feelings: Sequence[Row]

    @property
    def everything(self) -> list[Row]:
        """All rows, whether a pass draws them or not."""
        return [*self.spoken, *self.generated, *self.opinions, *self.feelings]

    @property
    def size(self) -> int:
        """Rows of one pass."""
        return len(self.spoken) + sum(min(count, len(some)) for some, count in self._drawn())

    def _drawn(self) -> tuple[tuple[Sequence[Row], int], ...]:
        return (self.generated, GENERATED), (self.opinions, THINGS), (self.feelings, FEELINGS)

    def rows(self, seed: int) -> list[Row]:
        """The rows of one pass; another seed draws other generated ones and other contexts."""
        chance = random.Random(seed)
        before = [line for _, lines in corpus.sections("before.txt", "@") for line in lines]
        said = {flag: [row.text for row in self.spoken if row.complaint is not None and row.complaint == flag] for flag in (False, True)}
        return [
            *(_in_context(row, before, said[chance.random() < 0.5], chance) for row in self.spoken),
            *(row for some, count in self._drawn() for row in chance.sample(list(some), min(count, len(some)))),
        ]


def _in_context(row: Row, before: Sequence[str], earlier: Sequence[str], chance: random.Random) -> Row:
    agent, customer = row.agent, row.customer
    if agent and len(row.text) >= CLEAR and chance.random() < FORGOTTEN:
        agent = customer = ""
    if not agent and len(row.text) >= ALONE and chance.random() < ASKED:
        agent = chance.choice(before)
    if not customer and len(row.text) >= ALONE and earlier and chance.random() < EARLIER:
        customer = chance.choice(earlier)
    return replace(row, agent=agent, customer=customer)


def everything(seed: int) -> list[Row]:
    """All rows there are, those held out among them."""
    generated = corpus.service_rows(seed, SERVICE) + corpus.opinion_rows(seed + 1, OPINIONS)
    return corpus.spoken_rows() + generated + corpus.emotion_rows(corpus.DATA / "emotion_dialogue.csv")


def training(rows: Sequence[Row]) -> Mixture:
    """What of the rows is trained on."""
    kept = [row for row in rows if not row.held_out]
    spoken, opinions, feelings = ([row for row in kept if row.family.startswith(kind)] for kind in (corpus.SPOKEN, "review_", "emotion"))
    generated = [row for row in kept if not row.family.startswith((corpus.SPOKEN, "review_", "emotion"))]
    return Mixture(spoken, generated, opinions, feelings)


def choosing(rows: Sequence[Row]) -> list[Row]:
    """The held-out turns written by hand: for choosing and calibrating."""
    return [row for row in rows if row.held_out and row.family.startswith(corpus.SPOKEN)]
