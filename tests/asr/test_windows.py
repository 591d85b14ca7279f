"""Turns are packed into windows and words find their way back."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.asr.confidence import calibrated
from qa.asr.recognizer import Spoken
from qa.asr.windows import Piece, Window, pack, placed
from qa.calls import Word
from qa.timeline import Interval


def numbered(*pairs: tuple[float, float]) -> list[tuple[int, Interval]]:
    return [(number, Interval(*pair)) for number, pair in enumerate(pairs)]


def test_turns_keep_a_margin_and_share_the_pause_between_neighbours() -> None:
    assert pack(numbered((0.1, 2.0), (2.2, 4.0), (9.0, 9.9)), 1, 10.0) == [
        Window(1, (Piece(0, 0.0, 2.1), Piece(1, 2.1, 4.2), Piece(2, 8.8, 10.0)))
    ]


def test_windows_are_of_about_equal_length() -> None:
    windows = pack(numbered(*((10.0 * i, 10.0 * i + 5.6) for i in range(6))), 0, 100.0)
    assert [[piece.turn for piece in window.pieces] for window in windows] == [[0, 1, 2], [3, 4, 5]]


def test_a_turn_longer_than_a_window_is_cut() -> None:
    (first, second) = pack(numbered((1.0, 41.0)), 0, 50.0, longest=28.0)
    assert (first.pieces, second.pieces) == ((Piece(0, 0.8, 21.0),), (Piece(0, 21.0, 41.2),))


def test_no_turns_no_windows() -> None:
    assert pack([], 0, 60.0) == []


@given(st.lists(st.tuples(st.floats(0.1, 40.0), st.floats(0.05, 9.0)), max_size=30), st.sampled_from([15.0, 28.0]))
def test_every_turn_is_in_the_windows_once_and_no_window_is_too_long(steps: list[tuple[float, float]], longest: float) -> None:
    turns, moment = [], 0.0
    for length, gap in steps:
        turns.append((moment + gap, moment + gap + length))
        moment += gap + length
    windows = pack(numbered(*turns), 0, moment + 1.0, longest)
    assert all(0 < window.duration <= longest + 1e-6 for window in windows)
    pieces = [piece for window in windows for piece in window.pieces]
    assert pieces == sorted(pieces, key=lambda piece: piece.start)
    assert [number for number, _ in numbered(*turns)] == sorted({piece.turn for piece in pieces})
    for number, turn in numbered(*turns):
        own = [piece for piece in pieces if piece.turn == number]
        assert own[0].start <= turn.start + 1e-3
        assert own[-1].end >= turn.end - 1e-3
        assert all(one.end == other.start for one, other in itertools.pairwise(own))


WINDOW = Window(0, (Piece(0, 0.8, 2.2), Piece(1, 7.8, 9.2)))  # 1.4 s each
TURNS = [Interval(1.0, 2.0), Interval(8.0, 9.0)]


def test_words_get_the_times_of_the_recording_within_their_turn() -> None:
    spoken = [Spoken("您", 0.0, 0.5, 0.9), Spoken("好，", 0.5, 1.1, 0.8), Spoken("请", 1.7, 2.0, 0.7), Spoken("讲", 2.0, 2.8, 0.61239)]
    assert placed(WINDOW, spoken, TURNS) == [
        (0, Word("您", 1.0, 1.3, calibrated(0.9))),
        (0, Word("好，", 1.3, 1.9, calibrated(0.8))),
        (1, Word("请", 8.1, 8.4, calibrated(0.7))),
        (1, Word("讲", 8.4, 9.0, calibrated(0.61239))),
    ]


def test_a_word_stretched_over_a_pause_belongs_to_the_turn_it_ends_in() -> None:
    assert placed(WINDOW, [Spoken("好", 0.4, 1.3, 0.9), Spoken("请", 1.3, 1.7, 0.9)], TURNS) == [
        (0, Word("好", 1.2, 2.0, calibrated(0.9))),
        (1, Word("请", 8.0, 8.1, calibrated(0.9))),
    ]


def test_words_never_go_back_to_an_earlier_turn() -> None:
    places = placed(WINDOW, [Spoken("一", 1.5, 1.9, 0.9), Spoken("二", 0.2, 0.4, 0.9)], TURNS)
    assert [turn for turn, _ in places] == [1, 1]


@pytest.mark.parametrize("moment", [0.0, 1.4, 2.8, 99.0])
def test_every_moment_of_a_window_has_a_place(moment: float) -> None:
    piece, place = WINDOW.locate(moment)
    assert piece.start <= place <= piece.end
