"""What is known about one call, from text to the fields of a Recording, joined with the roster of agents."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qa.calls import UNKNOWN
from qa.config import Settings
from qa.intake.fields import AGENT_FIELDS, FIELDS, parse_channel, parse_date, parse_direction, parse_time, resolve_columns
from qa.intake.tables import read_table

REQUIRED = ("agent_id", "started_at")


@dataclass(frozen=True, slots=True)
class Roster:
    """The agents by staff number; an agent's values are text by field name.

    >>> roster = Roster("roster.csv", {"8001": {"agent_id": "8001", "team": "一组"}})
    >>> roster.join({"agent_id": "8001", "team": ""}), "8002" in roster
    ({'agent_id': '8001', 'team': '一组'}, False)
    """

    name: str
    agents: Mapping[str, Mapping[str, str]]

    def __contains__(self, agent_id: str) -> bool:
        return agent_id in self.agents

    def join(self, values: Mapping[str, str]) -> dict[str, str]:
        """The values with what the roster knows of the agent; the call's own go first (a team as of that day)."""
        own = {name: value for name, value in values.items() if value}
        return {**self.agents.get(own.get("agent_id", ""), {}), **own}


@dataclass(frozen=True, slots=True)
class Metadata:
    """``known``: arguments for a Recording; ``missing``: required fields without a value; ``wrong``: faults in words."""

    known: Mapping[str, Any]
    missing: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict)


def load_roster(path: Path, settings: Settings) -> tuple[Roster, list[str]]:
    """The roster of ``intake.roster`` and everything that is wrong with it, row by row.

    Raises:
        ManifestError: the file cannot be read as a table.
    """
    table = read_table(path)
    columns, faults = resolve_columns(table.columns, AGENT_FIELDS, settings.intake.columns, settings.intake.extra_columns)
    problems = [f"名册 {path.name} 表头：{fault}" for fault in faults]
    if "agent_id" not in columns.values():
        return Roster(path.name, {}), [*problems, f"名册 {path.name} 没有 agent_id（坐席工号）这一列"]
    agents: dict[str, dict[str, str]] = {}
    rows: dict[str, int] = {}
    for row in table.rows:
        values = tidy({columns[column]: value for column, value in row.values.items() if column in columns})
        place = f"名册 {path.name} 第 {row.number} 行"
        agent = values.get("agent_id")
        if agent is None:
            problems.append(f"{place}：缺少 agent_id（坐席工号）")
            continue
        if agent in agents:
            problems.append(f"{place}：坐席 {agent} 与第 {rows[agent]} 行重复")
            continue
        if "hired_on" in values:
            try:
                values["hired_on"] = parse_date(values["hired_on"])
            except ValueError as error:
                problems.append(f"{place}：{error}")
        agents[agent], rows[agent] = values, row.number
    return Roster(path.name, agents), problems


def complete(values: Mapping[str, str], roster: Roster | None, settings: Settings) -> Metadata:
    """One call's values, parsed; a value that is missing or wrong stays unknown and is reported.

    >>> complete({"agent_id": "8001", "started_at": "2026-11-17 09:00", "direction": "?"}, None, Settings()).wrong
    ('呼叫方向 ? 认不出来，可写 inbound（呼入）或 outbound（呼出）',)
    """
    values = tidy(values)
    wrong: list[str] = []
    if roster is not None and (agent := values.get("agent_id")) is not None and agent not in roster:
        wrong.append(f"坐席 {agent} 不在名册 {roster.name} 中")
    joined = roster.join(values) if roster is not None else values
    known: dict[str, Any] = {"agent_id": UNKNOWN}
    parsers = {
        "started_at": lambda text: parse_time(text, settings.zone),
        "direction": parse_direction,
        "agent_channel": parse_channel,
        "hired_on": parse_date,
    }
    for name in FIELDS:
        if name in joined and name not in ("file", "call_id"):
            try:
                known[name] = parsers[name](joined[name]) if name in parsers else joined[name]
            except ValueError as error:
                wrong.append(str(error))
    extra = {name: value for name, value in sorted(joined.items()) if name not in FIELDS}
    return Metadata(known, tuple(name for name in REQUIRED if name not in joined), tuple(wrong), extra)


def tidy(values: Mapping[str, str]) -> dict[str, str]:
    """The values that say something, their staff number in half-width characters, so that ８００１ is 8001."""
    kept = {name: value.strip() for name, value in values.items() if value.strip()}
    if "agent_id" in kept:
        kept["agent_id"] = unicodedata.normalize("NFKC", kept["agent_id"])
    return kept
