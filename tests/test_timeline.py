"""Timelines behave like sets of moments."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.timeline import Interval, Timeline

moments = st.integers(0, 40).map(lambda quarter: quarter / 4)
timelines = st.lists(st.tuples(moments, moments)).map(Timeline)


def has(timeline: Timeline, moment: float) -> bool:
    return any(interval.start < moment < interval.end for interval in timeline)


@given(timelines, timelines, moments)
def test_operations_agree_with_moments(a: Timeline, b: Timeline, quarter: float) -> None:
    moment = quarter + 0.1  # never on a bound
    assert has(a | b, moment) == (has(a, moment) or has(b, moment))
    assert has(a & b, moment) == (has(a, moment) and has(b, moment))
    assert has(a - b, moment) == (has(a, moment) and not has(b, moment))
    assert has(a.gaps(0.0, 10.0), moment) == (moment < 10.0 and not has(a, moment))


@given(timelines, timelines)
def test_union_and_intersection_are_symmetric_and_account_for_all_time(a: Timeline, b: Timeline) -> None:
    assert a | b == b | a
    assert a & b == b & a
    assert (a | b).duration + (a & b).duration == pytest.approx(a.duration + b.duration)


@given(timelines, st.sampled_from([0.0, 0.25, 1.0, 3.0]))
def test_merge_only_adds_the_short_gaps(a: Timeline, collar: float) -> None:
    merged = a.merge(collar)
    assert merged - a == Timeline((gap.start, gap.end) for gap in merged - a if gap.duration <= collar)
    assert merged.merge(collar) == merged


def test_empty_timelines() -> None:
    empty = Timeline()
    assert (empty | empty, empty & empty, empty - empty, empty.merge(1.0)) == (empty,) * 4
    assert empty.gaps(1.0, 2.0) == Timeline([(1.0, 2.0)])
    assert empty.gaps(2.0, 2.0) == empty
    assert Timeline([(1.0, 1.0)]) == empty


def test_an_interval_must_end_after_it_starts() -> None:
    with pytest.raises(ValueError, match=r"got 2.0 \.\. 2.0"):
        Interval(2.0, 2.0)
