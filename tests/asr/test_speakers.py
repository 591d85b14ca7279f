"""Stretches of voice are shared out between the speakers; voices are linked between parts of a long recording."""

from __future__ import annotations

import numpy as np

from qa.asr.speakers import Segment, assign, link
from qa.timeline import Timeline


def test_a_stretch_goes_whole_to_who_has_most_of_it() -> None:
    segments = [Segment(0.0, 2.3, 0), Segment(2.3, 6.0, 1)]
    assert assign(Timeline([(0.5, 2.0), (2.1, 5.0)]), segments) == [(0.5, 2.0, 0), (2.1, 5.0, 1)]


def test_a_shared_stretch_is_cut_where_the_voice_changes() -> None:
    segments = [Segment(0.0, 2.0, 0), Segment(2.0, 4.0, 1), Segment(4.0, 6.0, 0)]
    assert assign(Timeline([(0.0, 6.0)]), segments) == [(0.0, 2.0, 0), (2.0, 4.0, 1), (4.0, 6.0, 0)]


def test_neighbouring_segments_of_one_voice_do_not_cut() -> None:
    segments = [Segment(0.0, 2.0, 0), Segment(2.0, 3.0, 0), Segment(3.0, 4.0, 1)]
    assert assign(Timeline([(0.0, 4.0)]), segments) == [(0.0, 3.0, 0), (3.0, 4.0, 1)]


def test_voice_that_was_not_heard_goes_to_the_nearest() -> None:
    assert assign(Timeline([(5.0, 5.4)]), [Segment(0.0, 1.0, 0), Segment(6.0, 8.0, 1)]) == [(5.0, 5.4, 1)]


def test_voices_are_numbered_alike_in_every_part() -> None:
    known: list[np.ndarray] = []
    high, low = np.array([1.0, 0.1]), np.array([0.1, 1.0])
    assert link(known, {"A": high, "B": low}) == {"A": 0, "B": 1}
    assert link(known, {"A": low, "B": high}) == {"A": 1, "B": 0}
    assert link(known, {"A": low}) == {"A": 1}
    assert len(known) == 2


def test_a_voice_that_comes_later_is_learnt() -> None:
    known: list[np.ndarray] = []
    assert link(known, {"A": np.array([1.0, 0.0])}) == {"A": 0}
    assert link(known, {"A": np.array([0.0, 1.0]), "B": np.array([1.0, 0.1])}) == {"A": 1, "B": 0}
