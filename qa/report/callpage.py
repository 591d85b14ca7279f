"""What the page of one call shows, made ready for its template: the judged call laid out, nothing judged anew."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from markupsafe import Markup, escape

from qa.analysis.metrics import METRICS
from qa.calls import Call, Event, Finding, Hit, Role, Turn
from qa.report.language import CHINESE, Language
from qa.report.media import Playable
from qa.report.mood import drawn, mood_line, moving_words
from qa.report.wording import EVENTS, ROLES, clock, number, percent, plain
from qa.scoring.attention import sentences
from qa.scoring.lexicon import Phrase

#: Below these the recogniser was guessing; the page shades the words so that nobody takes them for certain.
DOUBTFUL, WEAK = 0.35, 0.6
#: Events that stand between the lines of the transcript; the others are on the time line alone.
_BETWEEN_LINES = ("silence", "hold", "interruption")
_URGENCY = {"missed": 0, "unsure": 1, "met": 2, "na": 3}


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of characters of a turn that look alike: how sure they are, and what rests on them."""

    text: str
    sureness: Literal["sure", "weak", "doubtful"]
    mark: Literal["", "met", "missed", "unsure", "complaint", "moved"]
    title: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the transcript: a turn with its pieces, or an event that lies between turns."""

    start: float | None
    end: float | None
    index: int | None = None
    turn: Turn | None = None
    event: Event | None = None
    pieces: tuple[Piece, ...] = ()


def call_view(call: Call, playable: Playable, say: Language = CHINESE) -> dict[str, Any]:
    """The variables of ``call.html`` that depend on the call alone."""
    duration = call.heard.duration or playable.duration or 0.0
    return {
        "call": call,
        "lines": transcript(call, say),
        "findings": sorted(call.verdict.findings, key=_urgency),
        "complained": sentences(call),
        "counts": {outcome: sum(f.outcome == outcome for f in call.verdict.findings) for outcome in _URGENCY},
        "lost": sum(f.lost for f in call.verdict.findings),
        "fatal_names": [f.name for f in call.verdict.findings if f.criterion in call.verdict.score.fatal],
        "metrics": [(label, call.analysis.metrics.get(name), unit) for name, (label, unit) in METRICS.items() if name != "duration"],
        "duration": duration,
        "lanes": _lanes(call, duration, say),
        "mood": drawn(mood_line(call, duration, say)),
        "marks": _marks(call, duration, say),
        "ticks": _ticks(duration),
        "playable": playable,
        "data": {"duration": duration, "peaks": _peaks(call, playable), "lanes": _waveform_roles(call, playable)},
    }


def transcript(call: Call, say: Language = CHINESE) -> list[Line]:
    """Turns and the events between them in order of time; without times, the turns as they came."""
    marks = _marks_by_turn(call, say)
    lines = [
        Line(turn.start, turn.end, index=index, turn=turn, pieces=pieces(turn, marks.get(index, ())))
        for index, turn in enumerate(call.heard.turns)
    ]
    lines += [Line(event.start, event.end, event=event) for event in call.analysis.events if event.type in _BETWEEN_LINES]
    if call.heard.timed:
        lines.sort(key=lambda line: (line.start or 0.0, line.event is not None))
    return lines


def pieces(turn: Turn, marks: Sequence[tuple[int, int, str, str]]) -> tuple[Piece, ...]:
    """A turn's text cut where its sureness or its marks change; ``marks`` are (begin, end, kind, title), the gravest first.

    >>> from qa.calls import Word
    >>> words = (Word("您好，", 1.0, 1.6, 0.9), Word("请讲", 1.6, 2.0, 0.2))
    >>> [(p.text, p.sureness, p.mark) for p in pieces(Turn(role="agent", text="您好，请讲", words=words), [(0, 2, "met", "问候")])]
    [('您好', 'sure', 'met'), ('，', 'sure', ''), ('请讲', 'doubtful', '')]
    """
    sureness = _sureness_by_character(turn)
    length = len(turn.text)
    edges = {0, *(place for place in range(1, length) if sureness[place] != sureness[place - 1])}
    edges.update(edge for begin, end, _, _ in marks for edge in (begin, end) if 0 < edge < length)
    starts = sorted(edges) if length else []
    cut: list[Piece] = []
    for start, stop in zip(starts, [*starts[1:], length], strict=True):
        kind, title = next(((kind, title) for begin, end, kind, title in marks if begin <= start < end), ("", ""))
        look, text = (sureness[start], kind, title), turn.text[start:stop]
        if cut and (cut[-1].sureness, cut[-1].mark, cut[-1].title) == look:
            cut[-1] = Piece(cut[-1].text + text, *look)
        else:
            cut.append(Piece(text, *look))  # type: ignore[arg-type]
    return tuple(cut)


def marked(cut: Sequence[Piece]) -> Markup:
    """A turn's pieces as markup, escaped; made here because a long call has thousands of them.

    >>> marked((Piece("<b>", "sure", "", ""), Piece("您好", "weak", "met", "问候")))
    Markup('&lt;b&gt;<mark class="met weak" title="问候">您好</mark>')
    """
    parts: list[str] = []
    for piece in cut:
        text = escape(piece.text)
        if piece.mark:
            parts.append(f'<mark class="{piece.mark} {piece.sureness}" title="{escape(piece.title)}">{text}</mark>')
        else:
            parts.append(text if piece.sureness == "sure" else f'<span class="{piece.sureness}">{text}</span>')
    return Markup("".join(parts))


def blocks(lane: Sequence[Mapping[str, Any]]) -> Markup:
    """The blocks of a lane of the time line as markup, for the same reason."""
    return Markup(
        "".join(
            f'<i class="{block["kind"]}" style="left:{block["left"]}%;width:{block["width"]}%" title="{escape(block["title"])}"></i>'
            for block in lane
        )
    )


def searched_in(finding: Finding, say: Language = CHINESE) -> str:
    """The window an absence is pinned to, in words.

    >>> from qa.calls import Searched
    >>> searched_in(Finding(criterion="greeting", name="问候", section="开场", outcome="missed", points=0, max_points=5,
    ...                     searched=Searched(role="agent", start=0.0, end=15.0, turns=3)))
    '坐席 0:00–0:15 的 3 句话'
    """
    if (window := finding.searched) is None:
        return ""
    who = say(ROLES[window.role] if window.role else "双方")
    span = f" {clock(window.start)}–{clock(window.end)}" if window.start is not None and window.end is not None else say("全程")
    text = "{who}{span} 的 {n} 句话" if window.turns else "{who}{span}（其间没有说话）"
    return say(text, who=who, span=span, n=window.turns)


def event_words(event: Event, say: Language = CHINESE) -> str:
    """An event in words.

    >>> event_words(Event("silence", 24.3, 40.9)), event_words(Event("interruption", 12.5, 14.1, by="agent"))
    ('静音 16.6 秒', '坐席抢话 1.6 秒')
    """
    who = say(ROLES[event.by]) if event.by in ("agent", "customer") and event.type == "interruption" else ""
    return say("{who}{what} {seconds} 秒", who=who, what=say(EVENTS[event.type]), seconds=number(event.duration)).strip()


def apart(hits: Sequence[Hit]) -> list[Hit]:
    """The hits without those whose words lie within another's of the same turn: one place is told once, by its longest words.

    >>> short, long = Hit(role="agent", text="您好", turn=0, span=(0, 2)), Hit(role="agent", text="您好，请讲", turn=0, span=(0, 5))
    >>> [hit.text for hit in apart([short, long])]
    ['您好，请讲']
    """
    kept: list[Hit] = []
    for place, hit in enumerate(hits):
        if hit.turn is None or hit.span is None or not any(_within(hit, place, other, at) for at, other in enumerate(hits)):
            kept.append(hit)
    return kept


def _within(hit: Hit, place: int, other: Hit, at: int) -> bool:
    if at == place or other.turn != hit.turn or other.span is None or hit.span is None:
        return False
    inside = other.span[0] <= hit.span[0] and hit.span[1] <= other.span[1]
    return inside and (hit.span != other.span or at < place)


def speaker(hit: Hit, say: Language = CHINESE) -> str:
    """Who said the words of a hit; nothing for evidence in time alone (a silence), which nobody said.

    >>> speaker(Hit(role="agent", text="您好", turn=0)), speaker(Hit(role="unknown", text="静音 15.0 秒"))
    ('坐席', '')
    """
    return "" if hit.role == "unknown" and hit.turn is None else say(ROLES[hit.role])


def against(hit: Hit, say: Language = CHINESE) -> str:
    """What a hit was compared with, as one says it, and how near it came; nothing where it is one of the very wordings.

    >>> against(Hit(role="agent", text="投次", phrase="投诉", closeness=0.83)), against(Hit(role="agent", text="投诉", phrase="投诉"))
    ('对照“投诉” · 相近 83%', '')
    >>> against(Hit(role="customer", text="你们就是在推荐", phrase="你们<这是|就是>在<抢钱|推卸>", closeness=0.87))
    '对照“你们就是在推卸” · 相近 87%'
    """
    if not hit.phrase or hit.closeness >= 0.9995:
        return ""
    wording, near = plain(_nearest_wording(hit.phrase, hit.text), 32), percent(hit.closeness, 0)
    return say("对照“{phrase}” · 相近 {share}", phrase=wording, share=near)


@lru_cache(maxsize=4096)
def _nearest_wording(phrase: str, said: str) -> str:
    """One wording of a phrase in the notation of word lists; what is not in that notation stays as it is."""
    try:
        return _phrase(phrase).nearest_to(said)
    except ValueError:
        return phrase


@lru_cache(maxsize=2048)
def _phrase(text: str) -> Phrase:
    return Phrase.of(text)


def _urgency(finding: Finding) -> tuple[int, bool, float]:
    return _URGENCY[finding.outcome], not (finding.fatal and finding.outcome == "missed"), -finding.lost


def _sureness_by_character(turn: Turn) -> list[str]:
    def grade(confidence: float | None) -> str:
        if confidence is None or confidence >= WEAK:
            return "sure"
        return "weak" if confidence >= DOUBTFUL else "doubtful"

    grades = [grade(word.confidence) for word in turn.words for _ in word.text]
    return (grades + [grade(None)] * len(turn.text))[: len(turn.text)] if grades else [grade(turn.confidence)] * len(turn.text)


def _marks_by_turn(call: Call, say: Language) -> dict[int, list[tuple[int, int, str, str]]]:
    """What rests on the words of each turn: faults before praise, so that the gravest colours the word."""
    found: dict[int, list[tuple[int, int, str, str]]] = {}

    def put(hits: Iterable[Hit], kind: str, title: str) -> None:
        for hit in hits:
            if hit.turn is not None and hit.span is not None:
                found.setdefault(hit.turn, []).append((*hit.span, kind, title))

    for outcome in ("missed", "unsure"):
        for finding in call.verdict.findings:
            if finding.outcome == outcome:
                put(finding.hits, outcome, finding.name)
    for turn, begin, end, title in moving_words(call, say):
        found.setdefault(turn, []).append((begin, end, "moved", title))
    put(call.verdict.complaint.hits, "complaint", say("投诉依据"))
    for finding in call.verdict.findings:
        if finding.outcome == "met":
            put(finding.hits, "met", finding.name)
    return found


def _share(seconds: float, duration: float) -> float:
    return round(100 * min(max(seconds, 0.0), duration) / duration, 3) if duration else 0.0


def _lanes(call: Call, duration: float, say: Language) -> list[dict[str, Any]]:
    """The time line: who speaks when, and what happened, in percent of the whole."""
    roles: list[Role] = ["agent", "customer"] + (["unknown"] if any(turn.role == "unknown" for turn in call.heard.turns) else [])  # type: ignore[assignment]
    lanes: list[dict[str, Any]] = []
    for role in roles:
        spoken = [
            (turn.start, turn.end, f"{clock(turn.start)} {say(ROLES[role])}")
            for turn in call.heard.turns
            if turn.role == role and turn.start is not None and turn.end is not None
        ]
        lanes.append({"label": say(ROLES[role]), "blocks": [_block(*span, role, duration) for span in spoken]})
    happened = [
        _block(event.start, event.end, f"{clock(event.start)} {event_words(event, say)}", event.type, duration)
        for event in call.analysis.events
    ]
    lanes.append({"label": say("事件"), "blocks": happened})
    return lanes


def _block(start: float, end: float, title: str, kind: str, duration: float) -> dict[str, Any]:
    left = _share(start, duration)
    return {"left": left, "width": max(0.15, round(_share(end, duration) - left, 3)), "title": title, "kind": kind, "start": start}


def _marks(call: Call, duration: float, say: Language) -> list[dict[str, Any]]:
    """The places on the time line that a fault, a doubt or a complaint rests on."""
    marks = [
        {"left": _share(hit.start, duration), "start": hit.start, "kind": finding.outcome, "title": f"{clock(hit.start)} {finding.name}"}
        for finding in call.verdict.findings
        if finding.outcome in ("missed", "unsure")
        for hit in finding.hits
        if hit.start is not None
    ]
    marks += [
        {
            "left": _share(hit.start, duration),
            "start": hit.start,
            "kind": "complaint",
            "title": f"{clock(hit.start)} {say('投诉')} {hit.text[:40]}",
        }
        for hit in call.verdict.complaint.hits
        if hit.start is not None
    ]
    return sorted(marks, key=lambda mark: (mark["start"], mark["title"]))


def _ticks(duration: float) -> list[dict[str, Any]]:
    step = next((step for step in (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800) if duration / step <= 10), 3600)
    return [{"left": _share(second, duration), "label": clock(second)} for second in range(0, int(duration) + 1, step)]


def _waveform_roles(call: Call, playable: Playable) -> list[str]:
    """Whose voice each waveform is, top to bottom; one for both where the channels do not part them."""
    if len(playable.peaks) != 2 or not call.heard.parted or call.heard.roles.agent_channel is None:
        return ["both"] * len(playable.peaks)
    return ["agent", "customer"]


def _peaks(call: Call, playable: Playable) -> list[list[int]]:
    peaks = [list(channel) for channel in playable.peaks]
    return peaks[::-1] if _waveform_roles(call, playable) == ["agent", "customer"] and call.heard.roles.agent_channel == 1 else peaks
