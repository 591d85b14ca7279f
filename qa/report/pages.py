"""The templates, ready to be filled: filters in the language of the report, escaping on, scripts and styles by name.

Labels go through the filter ``t``; as it is pure, Jinja translates constant labels once, when a template is compiled.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

import jinja2

from qa.config import Settings
from qa.report import wording
from qa.report.callpage import against, apart, blocks, event_words, marked, searched_in, speaker
from qa.report.language import CHINESE, Language, language
from qa.report.mood import signed
from qa.report.names import page_name
from qa.scoring.scorecard import parts

STATIC = Path(__file__).parent / "static"
_TEMPLATES = Path(__file__).parent / "templates"


def environment(settings: Settings) -> jinja2.Environment:
    """The environment that every page is rendered in."""
    say = language(settings.report.language)
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        undefined=jinja2.StrictUndefined,
    )
    made.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "separators": (",", ":"), "allow_nan": False}
    plain = (wording.number, wording.percent, wording.points, wording.clock, wording.plain, wording.span, wording.gravest_first)
    for plainly in (*plain, page_name, parts, marked, blocks, signed, apart):
        made.filters[plainly.__name__] = plainly
    for worded in (wording.measure, wording.hours, wording.team_title, searched_in, event_words, speaker, against):
        made.filters[worded.__name__] = partial(worded, say=say)
    made.filters["t"] = say
    made.filters["when"] = lambda moment: wording.when(moment_or_none(moment), settings.zone)
    made.tests["known"] = wording.known
    made.globals |= {
        "wording": wording,
        "agent_title": partial(wording.agent_title, say=say),
        "with_sign": wording.with_sign,
        "lang": say.tag,
        "script_words": script_words(say),
        "title": settings.report.title,
        "min_calls": settings.report.min_calls,
        "repeat_days": settings.complaint.repeat_days,
        "bundle": None,
        "overall": None,
        "workbook": None,
        "has": frozenset(),
    }
    return made


def moment_or_none(value: Any) -> datetime | None:
    """A time from a table or from a call; None for pandas' NaT."""
    return value if wording.known(value) else None


@cache
def script_words(say: Language) -> dict[str, str]:
    """What the scripts say, where that is not Chinese: every ``say("…")`` of theirs in the language."""
    if say is CHINESE:
        return {}
    return {text: say(text) for text in sorted({text for path in STATIC.glob("*.js") for text in words_of_script(path)})}


def words_of_script(path: Path) -> list[str]:
    """The labels in a script.

    >>> "上一页" in words_of_script(STATIC / "site.js")
    True
    """
    return re.findall(r"""\bsay\("([^"]+)"\)""", path.read_text(encoding="utf-8"))
