"""When what was heard is not good enough to hold against the agent.

Three doubts, each with its number. They are conservative: a verdict that is always "unsure" helps nobody.

* a forbidden phrase matched by likeness of sound (not by the very sounds), in words that the recogniser itself did not trust;
* a required phrase that is missing by a hair, in words of which the same holds;
* a required phrase that is missing from speech of which most was hardly understood.
"""

from __future__ import annotations

from qa.calls import Heard, Hit

#: From this closeness on every syllable sounds as it should, whatever characters were written for them.
HOMOPHONE = 0.97
#: Below this the recogniser's word is as likely wrong as right where it matters: homophones.
LOW_WORD = 0.5
#: How far under a phrase's own closeness a near miss still may be the phrase, misheard.
GREY_BAND = 0.04
#: Mean confidence, weighted by characters, under which a turn counts as hardly understood ...
LOW_TURN = 0.4
#: ... and the share of the window's characters in such turns from which an absence says nothing.
LOW_SHARE = 0.5


def doubtful(hit: Hit, heard: Heard) -> bool:
    """Whether a place matches, or nearly matches, by a likeness of sound, in words of low confidence; never in an imported text."""
    if hit.closeness >= HOMOPHONE or hit.turn is None or hit.span is None:
        return False
    certainty = heard.turns[hit.turn].certainty(*hit.span)
    return certainty is not None and certainty < LOW_WORD


def hardly_understood(turns: tuple[int, ...], heard: Heard) -> bool:
    """Whether most of what was said in these turns was heard with low confidence; imported turns never are."""
    spoken = [heard.turns[index] for index in turns]
    low = sum([len(turn.text) for turn in spoken if turn.confidence is not None and turn.confidence < LOW_TURN])
    return low > 0 and low >= LOW_SHARE * sum([len(turn.text) for turn in spoken])
