"""Intervals of time as values, so that a metric reads like its definition.

A :class:`Timeline` is a set of moments, kept as sorted intervals that neither touch nor overlap::

    a            |-----|        |----|
    b               |------|
    a | b        |---------|    |----|      union
    a & b           |--|                    both at once
    a - b        |--|           |----|      a without b
    a.gaps(0,t)         |-------|           the silence inside a window

The vocabulary follows pyannote.core's (segment, timeline, gaps, support with a collar).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

Seconds = float


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """A stretch of time, ``start`` before ``end``.

    >>> Interval(1.0, 3.5).duration
    2.5
    """

    start: Seconds
    end: Seconds

    def __post_init__(self) -> None:
        if not self.start < self.end:
            message = f"an interval must end after it starts, got {self.start} .. {self.end}"
            raise ValueError(message)

    @property
    def duration(self) -> Seconds:
        return self.end - self.start

    def overlap(self, start: Seconds, end: Seconds) -> Seconds:
        """Seconds shared with ``start`` .. ``end``, 0.0 when apart."""
        return max(0.0, min(self.end, end) - max(self.start, start))


class Timeline:
    """Sorted, disjoint intervals; built from any pairs, in any order, empty ones left out.

    >>> talk = Timeline([(5.0, 6.0), (1.0, 2.0), (1.5, 3.0)])
    >>> talk
    Timeline([(1.0, 3.0), (5.0, 6.0)])
    >>> talk.duration, bool(Timeline()), talk.gaps(0.0, 7.0)
    (3.0, False, Timeline([(0.0, 1.0), (3.0, 5.0), (6.0, 7.0)]))
    """

    __slots__ = ("intervals",)

    def __init__(self, pairs: Iterable[tuple[Seconds, Seconds]] = ()) -> None:
        merged: list[tuple[Seconds, Seconds]] = []
        for start, end in sorted((start, end) for start, end in pairs if end > start):
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(merged[-1][1], end))
            else:
                merged.append((start, end))
        self.intervals: tuple[Interval, ...] = tuple(Interval(start, end) for start, end in merged)

    def __iter__(self) -> Iterator[Interval]:
        return iter(self.intervals)

    def __len__(self) -> int:
        return len(self.intervals)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Timeline) and self.intervals == other.intervals

    def __hash__(self) -> int:
        return hash(self.intervals)

    def __repr__(self) -> str:
        return f"Timeline({self.pairs()!r})"

    def pairs(self) -> list[tuple[Seconds, Seconds]]:
        """The intervals as (start, end) pairs."""
        return [(interval.start, interval.end) for interval in self.intervals]

    @property
    def duration(self) -> Seconds:
        return sum(interval.duration for interval in self.intervals)

    def __or__(self, other: Timeline) -> Timeline:
        """Moments of either.

        >>> Timeline([(0.0, 2.0)]) | Timeline([(1.0, 3.0)])
        Timeline([(0.0, 3.0)])
        """
        return Timeline(self.pairs() + other.pairs())

    def __and__(self, other: Timeline) -> Timeline:
        """Moments of both.

        >>> Timeline([(0.0, 2.0), (4.0, 6.0)]) & Timeline([(1.0, 5.0)])
        Timeline([(1.0, 2.0), (4.0, 5.0)])
        """
        shared, i, j = [], 0, 0
        while i < len(self) and j < len(other):
            a, b = self.intervals[i], other.intervals[j]
            shared.append((max(a.start, b.start), min(a.end, b.end)))
            if a.end <= b.end:
                i += 1
            else:
                j += 1
        return Timeline(shared)

    def __sub__(self, other: Timeline) -> Timeline:
        """Moments of this one that the other has not.

        >>> Timeline([(0.0, 5.0)]) - Timeline([(1.0, 2.0)])
        Timeline([(0.0, 1.0), (2.0, 5.0)])
        """
        if not self:
            return Timeline()
        return self & other.gaps(self.intervals[0].start, self.intervals[-1].end)

    def gaps(self, start: Seconds, end: Seconds) -> Timeline:
        """What lies between ``start`` and ``end`` and not in here."""
        free, reach = [], start
        for interval in self.intervals:
            free.append((reach, min(interval.start, end)))
            reach = max(reach, interval.end)
        free.append((reach, end))
        return Timeline(free)

    def merge(self, collar: Seconds) -> Timeline:
        """The same with gaps of at most ``collar`` seconds closed.

        >>> Timeline([(0.0, 1.0), (1.25, 2.0), (4.0, 5.0)]).merge(0.25)
        Timeline([(0.0, 2.0), (4.0, 5.0)])
        """
        joined: list[tuple[Seconds, Seconds]] = []
        for interval in self.intervals:
            if joined and interval.start - joined[-1][1] <= collar:
                joined[-1] = (joined[-1][0], interval.end)
            else:
                joined.append((interval.start, interval.end))
        return Timeline(joined)

    def crop(self, start: Seconds, end: Seconds) -> Timeline:
        """The part inside ``start`` .. ``end``."""
        return self & Timeline([(start, end)])

    def overlap(self, start: Seconds, end: Seconds) -> Seconds:
        """Seconds shared with ``start`` .. ``end``: the duration of the part inside.

        >>> Timeline([(0.0, 1.0), (2.0, 4.0), (5.0, 6.0)]).overlap(0.5, 3.0)
        1.5
        """
        shared: Seconds = 0
        for interval in self.intervals[bisect_right(self.intervals, start, key=lambda one: one.end) :]:
            if interval.start >= end:
                break
            shared += min(interval.end, end) - max(interval.start, start)
        return shared

    def longer_than(self, seconds: Seconds) -> Timeline:
        """Only the intervals of at least ``seconds``."""
        return Timeline((i.start, i.end) for i in self.intervals if i.duration >= seconds)
