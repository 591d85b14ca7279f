"""Where a check looks: the turns inside a scope, and how that is said."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from qa.calls import Heard, Hit, Role, Searched, Seconds
from qa.scoring.checks import Scope, Side
from qa.timeline import Timeline

NAMES = {"agent": "坐席", "customer": "客户", "unknown": "未知说话人"}
SIDES: Mapping[Side, str] = {"after": "随后", "before": "此前", "around": "前后"}


def words_for(role: str | None) -> str:
    """The party's name in Chinese.

    >>> words_for("agent"), words_for(None)
    ('坐席', '双方')
    """
    return NAMES.get(role or "", "双方")


@dataclass(frozen=True, slots=True)
class Window:
    """The turns that are looked through, by index, and what is reported about an absence in them.

    ``note`` says the window in words where it is not the whole call; ``moments`` is then the time in which events
    are looked for, which reaches beyond the turns: a silence begins where a turn ends.
    """

    turns: tuple[int, ...]
    searched: Searched
    note: str = ""
    moments: Timeline | None = None

    def has(self, moment: Seconds) -> bool:
        """Whether something that begins at this moment lies in the window."""
        return self.moments is None or any(part.start <= moment <= part.end for part in self.moments)

    @classmethod
    def whole(cls, heard: Heard) -> Window:
        """All of the call, either party."""
        searched = Searched(start=0.0 if heard.timed else None, end=heard.duration if heard.timed else None, turns=len(heard.turns))
        return cls(tuple(range(len(heard.turns))), searched)

    def for_role(self, role: str, heard: Heard) -> Window:
        """Only the turns of ``role``; of either for "any"."""
        if role == "any":
            return replace(self, searched=replace(self.searched, role=None))
        party: Role = "agent" if role == "agent" else "customer"
        turns = tuple(index for index in self.turns if heard.turns[index].role == party)
        return replace(self, turns=turns, searched=replace(self.searched, role=party, turns=len(turns)))

    def between(self, heard: Heard, start: Seconds, end: Seconds) -> Window:
        """Only the turns that share a moment with ``start`` .. ``end``."""
        turns = tuple(index for index in self.turns if _overlaps(heard, index, start, end))
        searched = replace(self.searched, start=round(start, 2), end=round(end, 2), turns=len(turns))
        return replace(self, turns=turns, searched=searched, moments=Timeline([(start, end)]))

    def beside(self, hits: Sequence[Hit], heard: Heard, scope: Scope, side: Side) -> Window:
        """Only the turns after (before, around) any of ``hits``, as near to it as ``scope`` demands."""
        chosen: set[int] = set()
        moments = []
        for hit in hits:
            here = [index for index in self.turns if side == "around" and _at(heard, index, hit)]
            chosen.update(here)
            for later in (True, False) if side == "around" else (side == "after",):
                near = [index for index in self.turns if index not in here and _beyond(heard, index, hit, later=later)]
                if scope.within_seconds is not None:
                    near = [index for index in near if _apart(heard, index, hit, later=later) <= scope.within_seconds]
                near = (near if later else near[::-1])[: scope.within_turns]
                chosen.update(near)
                moments.append(_reach(heard, hit, near, scope, later=later))
        turns = tuple(sorted(chosen))
        times = [heard.turns[index] for index in turns]
        start, end = (times[0].start, times[-1].end) if times else (hits[0].end, hits[-1].end)
        note = SIDES[side] + (f" {scope.within_turns} 句" if scope.within_turns else "")
        searched = replace(self.searched, start=start, end=end, turns=len(turns))
        time = Timeline(pair for pair in moments if pair)
        time = time if self.moments is None else self.moments & time
        return replace(self, turns=turns, searched=searched, note=self.note or note, moments=time)


def opened(scope: Scope, window: Window, heard: Heard) -> Window | None:
    """The part of ``window`` at the beginning or end of the call; None when only times bound it and there are none.

    >>> from qa.calls import Roles, Turn
    >>> turns = [Turn(role="agent", text="您好", start=start, end=start + 1) for start in (1.0, 5.0, 20.0)]
    >>> heard = Heard(duration=30.0, channels=1, turns=tuple(turns), roles=Roles(method="manual", confidence=1.0))
    >>> opened(Scope(first_seconds=15), Window.whole(heard), heard).turns
    (0, 1)
    """
    indices: set[int] = set()
    start: Seconds | None = None
    end: Seconds | None = None
    notes = []
    moments: list[tuple[Seconds, Seconds]] = []
    if heard.timed and heard.duration is not None:
        for size, note in ((scope.first_seconds, "前 {:g} 秒"), (scope.first_percent, "前 {:g}%")):
            if size is not None:
                limit = round(heard.duration * size / 100, 2) if "%" in note else size
                start, end = 0.0, max(end or 0.0, min(limit, heard.duration))
                moments.append((0.0, limit))
                indices.update(index for index in window.turns if (heard.turns[index].start or 0.0) < limit)
                notes.append(note.format(size))
        for size, note in ((scope.last_seconds, "最后 {:g} 秒"), (scope.last_percent, "最后 {:g}%")):
            if size is not None:
                limit = round(max(0.0, heard.duration - (heard.duration * size / 100 if "%" in note else size)), 2)
                start, end = (limit if start is None else min(start, limit)), heard.duration
                moments.append((limit, heard.duration))
                indices.update(index for index in window.turns if (heard.turns[index].end or 0.0) > limit)
                notes.append(note.format(size))
    elif all(limit is None for limit in (scope.first_turns, scope.last_turns, scope.first_percent, scope.last_percent)):
        return None
    else:
        whole = len(heard.turns)
        if scope.first_percent is not None:
            indices.update(index for index in window.turns if index < math.ceil(whole * scope.first_percent / 100))
            notes.append(f"前 {scope.first_percent:g}%")
        if scope.last_percent is not None:
            indices.update(index for index in window.turns if index >= whole - math.ceil(whole * scope.last_percent / 100))
            notes.append(f"最后 {scope.last_percent:g}%")
    if scope.first_turns is not None:
        indices.update(window.turns[: scope.first_turns])
        moments += [(0.0, stop) for index in window.turns[: scope.first_turns] if (stop := heard.turns[index].end) is not None]
        notes.append(f"前 {scope.first_turns} 句")
    if scope.last_turns is not None:
        indices.update(window.turns[-scope.last_turns :])
        last = heard.duration or 0.0
        moments += [(begin, last) for index in window.turns[-scope.last_turns :] if (begin := heard.turns[index].start) is not None]
        notes.append(f"最后 {scope.last_turns} 句")
    turns = tuple(sorted(indices))
    starts = [time for index in turns if (time := heard.turns[index].start) is not None]
    ends = [time for index in turns if (time := heard.turns[index].end) is not None]
    if heard.timed:
        start = min([*starts, *([] if start is None else [start])], default=None)
        end = max([*ends, *([] if end is None else [end])], default=None)
    searched = replace(window.searched, start=start, end=end, turns=len(turns))
    return Window(turns, searched, "或".join(notes), Timeline(moments))


def _reach(heard: Heard, hit: Hit, near: Sequence[int], scope: Scope, *, later: bool) -> tuple[Seconds, Seconds] | None:
    """The time after (before) a hit that ``scope`` covers: so many seconds, or until the last of the turns ``near``."""
    if hit.start is None or hit.end is None or heard.duration is None:
        return None
    times = [time for index in near if (time := heard.turns[index].end if later else heard.turns[index].start) is not None]
    if scope.within_seconds is not None:
        return (hit.end, hit.end + scope.within_seconds) if later else (hit.start - scope.within_seconds, hit.start)
    if scope.within_turns is not None:
        return (hit.end, max(times, default=hit.end)) if later else (min(times, default=hit.start), hit.start)
    return (hit.end, heard.duration) if later else (0.0, hit.start)


def _overlaps(heard: Heard, index: int, start: Seconds, end: Seconds) -> bool:
    turn = heard.turns[index]
    return turn.start is not None and turn.end is not None and turn.start < end and turn.end > start


def _beyond(heard: Heard, index: int, hit: Hit, *, later: bool) -> bool:
    """Whether a turn comes after (before) a hit: by their order when both are turns, else by time."""
    if hit.turn is not None:
        return index > hit.turn if later else index < hit.turn
    turn = heard.turns[index]
    if turn.start is None or turn.end is None or hit.start is None or hit.end is None:
        return False
    return turn.end > hit.end if later else turn.start < hit.start


def _at(heard: Heard, index: int, hit: Hit) -> bool:
    """Whether a hit lies in a turn, or at its time."""
    if hit.turn is not None:
        return index == hit.turn
    return hit.start is not None and hit.end is not None and _overlaps(heard, index, hit.start, hit.end)


def _apart(heard: Heard, index: int, hit: Hit, *, later: bool) -> Seconds:
    turn = heard.turns[index]
    if turn.start is None or turn.end is None or hit.start is None or hit.end is None:
        return 0.0
    return max(0.0, turn.start - hit.end if later else hit.start - turn.end)
