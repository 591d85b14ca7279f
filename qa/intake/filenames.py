"""Metadata in file names, read by a pattern with named parts: ``{agent_id}_{customer_id}_{started_at:%Y%m%d%H%M%S}``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from qa.errors import ConfigError
from qa.intake.fields import AGENT_FIELDS, CALL_FIELDS, suggestion

# Digits of strptime's directives; %f, %j and names of months do not occur in recorders' file names.
_DIRECTIVES = {"Y": r"\d{4}", "y": r"\d{2}", "m": r"\d{2}", "d": r"\d{2}", "H": r"\d{2}", "M": r"\d{2}", "S": r"\d{2}", "%": "%"}
_PART = re.compile(r"\{([^{}:]*)(?::([^{}]*))?\}")


@dataclass(frozen=True, slots=True)
class FilenamePattern:
    """A compiled pattern; ``read`` gives a file's fields as text."""

    text: str
    regex: re.Pattern[str]
    fields: tuple[tuple[str, str | None], ...]  # field and time format, in the order of the regex's groups

    @classmethod
    def compile(cls, text: str, extra: tuple[str, ...] = ()) -> FilenamePattern:
        """The pattern of ``intake.filename_pattern``; ``{}`` skips a part, ``/`` reaches into the folders above.

        Raises:
            ConfigError: an unknown field, an unknown part of a time, a brace too many, or no field at all.
        """
        known = (*(field for field in CALL_FIELDS if field != "file"), *AGENT_FIELDS, *extra)
        problems: list[str] = []
        regex, fields, position = "", [], 0
        for part in _PART.finditer(text):
            regex += re.escape(text[position : part.start()])
            position = part.end()
            field, time_format = part[1].strip(), part[2]
            if not field:
                regex += "[^/]*?"
                continue
            if field not in known:
                problems.append(f"没有字段 {field}{suggestion(field, known)}")
            if time_format and field not in ("started_at", "hired_on"):
                problems.append(f"{field} 不是时间，不能带格式 {time_format}")
            regex += f"({_time_regex(time_format, problems)})" if time_format else "([^/]+?)"
            fields.append((field, time_format))
        regex += re.escape(text[position:])
        if "{" in _PART.sub("", text) or "}" in _PART.sub("", text):
            problems.append("花括号不成对")
        elif not fields:
            problems.append("没有任何字段")
        repeated = {field for field, _ in fields if sum(field == other for other, _ in fields) > 1}
        problems += [f"字段 {field} 出现了多次" for field in sorted(repeated - {"started_at"})]
        if problems:
            raise ConfigError(
                "文件名规则有误",
                where=f"intake.filename_pattern = {text}",
                why="；".join(problems),
                next_step="例：{agent_id}_{customer_id}_{started_at:%Y%m%d%H%M%S}；可用字段：" + "、".join(dict.fromkeys(known)),
            )
        return cls(text, re.compile(regex), tuple(fields))

    def read(self, path: Path) -> dict[str, str] | None:
        """The fields of a file's name without its extension (and of its folders), None where it does not fit.

        >>> pattern = FilenamePattern.compile("{agent_id}_{customer_id}_{started_at:%Y%m%d%H%M%S}")
        >>> pattern.read(Path("8001_13800001000_20261117090000.wav"))
        {'agent_id': '8001', 'customer_id': '13800001000', 'started_at': '2026-11-17T09:00:00'}
        >>> pattern.read(Path("hello.wav")) is None
        True
        """
        depth = self.text.count("/") + 1
        match = self.regex.fullmatch("/".join(path.with_name(path.stem).parts[-depth:]))
        if match is None:
            return None
        values: dict[str, str] = {}
        moments: dict[str, tuple[str, str]] = {}  # a date and a time may stand in two places of the name
        for (field, time_format), value in zip(self.fields, match.groups(), strict=True):
            if time_format:
                text, pattern = moments.get(field, ("", ""))
                moments[field] = (f"{text} {value}".strip(), f"{pattern} {time_format}".strip())
            else:
                values[field] = value.strip()
        for field, (text, pattern) in moments.items():
            try:
                values[field] = datetime.strptime(text, pattern).isoformat()
            except ValueError:  # the 31st of a short month: said as the unparsable time that it is
                values[field] = text
        return {field: value for field, value in values.items() if value}


def _time_regex(time_format: str, problems: list[str]) -> str:
    """A time format as a regex; every directive has its full width, or 2026117 could be read two ways."""
    regex = ""
    for token in re.findall(r"%.?|[^%]+", time_format):
        if not token.startswith("%"):
            regex += re.escape(token)
        elif token[1:] in _DIRECTIVES:
            regex += _DIRECTIVES[token[1:]]
        else:
            problems.append(f"时间格式 {token} 不支持，可用 %Y %y %m %d %H %M %S")
    return regex
