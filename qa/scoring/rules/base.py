"""What every operator is given and what it gives back.

An operator is a pure function ``(rule, context) -> Result``. It never decides about points: that is the engine's.
Its state is one of four: the check ``holds``, ``fails``, cannot be told (``unsure``), or cannot be asked of this
call at all (``na``, with the reason).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from qa.calls import Analysis, Complaint, Heard, Hit, Recording, Searched, Seconds, SentimentTrack
from qa.config import LlmSettings
from qa.scoring.checks import Check, Scope, Unless
from qa.scoring.dialogue import Dialogue
from qa.scoring.lexicon import Lexicon
from qa.scoring.rules.windows import Window, opened, words_for

State = Literal["holds", "fails", "unsure", "na"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What an operator found: where, or how near to it, in which window, and what the places alone do not say."""

    state: State
    hits: tuple[Hit, ...] = ()
    searched: Searched | None = None
    nearest: Hit | None = None
    reason: str | None = None


#: Stands between who asks and what answers: gets the check, the context and the way to its result, gives that result.
Watch = Callable[[Check, "Context", Callable[[Check], Result]], Result]


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """A call as an operator sees it, through the window it may look through.

    ``accusing`` says that the check counts against the agent when it holds, so that a doubtful hit must not be
    believed; otherwise it counts against the agent when it fails, and a doubtful absence must not. ``watch``, where
    there is one, sees every check that is evaluated, those inside others too.
    """

    recording: Recording
    heard: Heard
    analysis: Analysis
    dialogue: Dialogue
    lexicons: Mapping[str, Lexicon]
    complaint: Complaint
    window: Window
    rules: Mapping[str, Callable[[Any, Context], Result]]
    accusing: bool = False
    span: tuple[Seconds, Seconds] | None = None
    watch: Watch | None = None
    llm: LlmSettings | None = None
    track: SentimentTrack | None = None

    def evaluate(self, check: Check) -> Result:
        """The result of a check. A scope of its own stands in place of its criterion's; only the role is inherited."""
        return self.watch(check, self, self._evaluate) if self.watch else self._evaluate(check)

    def _evaluate(self, check: Check) -> Result:
        if check.scope is not None:
            return self.inside(check.scope, lambda context: context._apply(check))
        return self._apply(check)

    def inside(self, scope: Scope, ask: Callable[[Context], Result]) -> Result:
        """What ``ask`` finds in the window of ``scope``; ``na`` or ``unsure`` where there is no such window."""
        role = scope.role or self.window.searched.role or "any"
        window = (
            self._window(role) if self.span is None else Window.whole(self.heard).between(self.heard, *self.span).for_role(role, self.heard)
        )
        if scope.edges:
            narrowed = opened(scope, window, self.heard)
            if narrowed is None:
                return Result(state="na", reason="转写没有时间，无法按秒限定范围")
            window = narrowed
        for anchor, side in scope.anchors:
            found = replace(self, window=self._window("any"), accusing=True).evaluate(anchor)
            if found.state in ("na", "unsure"):
                return found
            if found.state == "fails" or not found.hits:
                return Result(state="na", reason=found.reason or "没有出现作为前提的情形")
            window = window.beside(found.hits, self.heard, scope, side)
        return ask(replace(self, window=window))

    def _window(self, role: str) -> Window:
        """All of a party's turns; found out once for each call."""
        key = "window", role
        window = self.dialogue.memory.get(key)
        if not isinstance(window, Window):
            window = self.dialogue.memory[key] = Window.whole(self.heard).for_role(role, self.heard)
        return window

    def during(self, start: Seconds, end: Seconds) -> Context:
        """The same, looking only at turns that share a moment with ``start`` .. ``end``, whatever scopes say."""
        span = (round(max(0.0, start), 2), round(end, 2))
        return replace(self, span=span, window=self.window.between(self.heard, *span))

    def excused(self, excuses: Sequence[Unless], start: Seconds, end: Seconds) -> Result | None:
        """None when nothing excuses what lasts from ``start`` to ``end``; else a result that fails (excused) or is unsure."""
        doubt: Result | None = None
        for unless in excuses:
            span = (start - unless.before, start + unless.after) if unless.after_end is None else (end, end + unless.after_end)
            result = self.against().during(*span).evaluate(unless)
            if result.state == "holds":
                return Result(state="fails", hits=result.hits)
            doubt = result if result.state == "unsure" else doubt
        return doubt

    def against(self) -> Context:
        """The same for a check whose meaning is turned round."""
        return replace(self, accusing=not self.accusing)

    def _apply(self, check: Check) -> Result:
        return self.rules[check.operator](getattr(check, check.operator), self)

    def silent(self) -> Result | None:
        """``na`` when the party that this window is about never speaks, so that nothing can be asked of its words."""
        role = self.window.searched.role
        if any(normal.text and role in (None, turn.role) for turn, normal in zip(self.heard.turns, self.dialogue.normals, strict=True)):
            return None
        return Result(state="na", searched=self.window.searched, reason=f"全程没有听到{words_for(role)}说话")
