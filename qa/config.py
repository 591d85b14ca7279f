"""Every setting with its default, in one immutable object.

Read from ``qa.toml`` beside the recordings or named with ``--config``; options of the command line win. A key
that does not exist is refused with the nearest one that does, because a misspelt setting that is silently
ignored is found out months later. A setting says its unit in its description.
"""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from qa.errors import ConfigError


class Section(BaseModel):
    """A table of qa.toml: immutable, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class IntakeSettings(Section):
    """How recordings and their metadata are found."""

    columns: dict[str, str] = Field(default_factory=dict, description="our field name -> the manifest's column name")
    extra_columns: tuple[str, ...] = Field((), description="further columns of manifest and roster, kept for rubrics to ask about; others are refused")
    filename_pattern: str | None = Field(None, description="named parts, e.g. {agent_id}_{customer_id}_{started_at:%Y%m%d%H%M%S}")
    allow_missing_metadata: bool = False
    roster: Path | None = Field(None, description="CSV, XLSX or JSONL of agents: agent_id, agent_name, team, team_leader, hired_on")


class HearingSettings(Section):
    """How speech is found and recognised. Whatever changes what is heard belongs here: it makes the hearing key."""

    model: str = Field("base", description="built-in base, a faster-whisper size name, a directory, or a hub id")
    device: str = Field("auto", description="auto, cpu or cuda")
    compute_type: str = Field("default", description="CTranslate2 type; default is int8 on a CPU, float16 on a GPU")
    language: str = "zh"
    beam_size: int = Field(5, ge=1, le=10)
    batch_size: int = Field(8, ge=1, description="windows decoded at once")
    threads: int = Field(0, ge=0, description="0: as many as there are cores")
    hotwords: str | None = None
    turn_gap: float = Field(0.4, ge=0.0, description="seconds of silence within one party that still belong to the same turn")


class AnalysisSettings(Section):
    """Limits of the events in time."""

    silence: float = Field(3.0, gt=0, description="seconds without any voice that count as a silence")
    hold: float = Field(10.0, gt=0, description="seconds of music or of announced waiting that count as a hold")
    overtalk: float = Field(0.3, gt=0, description="seconds both speak at once that count as overtalk")
    interruption: float = Field(0.8, gt=0, description="seconds of overtalk, begun while the other speaks, that count as an interruption")
    interruption_characters: int = Field(4, ge=1, description="shorter utterances (嗯, 好的) do not interrupt")
    rate_characters: int = Field(12, ge=1, description="shorter turns have no speaking rate")


class ReportSettings(Section):
    """What the report shows."""

    title: str = "通话质检报告"
    audio: bool = Field(True, description="put a playable copy of each recording beside the report")


class Settings(Section):
    """All of qa.toml.

    >>> Settings().hearing.model
    'base'
    """

    timezone: str = Field("Asia/Shanghai", description="of times that do not say theirs, and of the report")
    rubric: Path | None = Field(None, description="the rubric; the shipped general_inbound.yaml without it")
    intake: IntakeSettings = IntakeSettings()
    hearing: HearingSettings = HearingSettings()
    analysis: AnalysisSettings = AnalysisSettings()
    report: ReportSettings = ReportSettings()

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError) as error:
            message = f"没有名为 {name} 的时区，例如可写 Asia/Shanghai"
            raise ValueError(message) from error
        return name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def overridden(self, *, model: str | None = None, roster: Path | None = None, allow_missing_metadata: bool = False) -> Settings:
        """These settings with what the command line says on top; None and False leave a setting as it is.

        >>> Settings().overridden(model="small").hearing.model
        'small'
        """
        hearing = {"model": model} if model else {}
        intake: dict[str, object] = {"roster": roster} if roster else {}
        intake |= {"allow_missing_metadata": True} if allow_missing_metadata else {}
        return self.model_copy(update={"hearing": self.hearing.model_copy(update=hearing), "intake": self.intake.model_copy(update=intake)})


def load_settings(path: Path | None = None) -> Settings:
    """The settings of a qa.toml; the defaults when there is none.

    With ``path`` None, ``qa.toml`` of the current directory is read where it exists.

    Raises:
        ConfigError: the file is missing, is not TOML, or has a wrong key or value; all faults are named at once.
    """
    if path is None:
        path = Path("qa.toml")
        if not path.exists():
            return Settings()
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError("读不了设置文件", where=str(path), why=str(error), next_step="检查路径与 TOML 语法（UTF-8 编码）") from error
    try:
        settings = Settings.model_validate(table)
    except ValidationError as error:
        faults = "；".join(describe_fault(Settings, list(fault["loc"]), fault["type"], fault["msg"]) for fault in error.errors())
        raise ConfigError("设置文件有误", where=str(path), why=faults, next_step="改正后重试；可用的键见 docs/settings.md") from error
    return settings.model_copy(update=_anchored(settings, path.parent))


def describe_fault(model: type[BaseModel], location: list[int | str], kind: str, message: str) -> str:
    """One validation fault in a sentence, with the nearest known key where a key is unknown.

    >>> describe_fault(Settings, ["hearing", "modle"], "extra_forbidden", "")
    'hearing.modle：没有这个键，是否想写 model？'
    """
    path = ".".join(str(part) for part in location)
    if kind != "extra_forbidden":
        return f"{path}：{message}"
    owner: type[BaseModel] | None = model
    for part in location[:-1]:
        annotation = owner.model_fields[str(part)].annotation if owner and str(part) in owner.model_fields else None
        owner = annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None
    near = difflib.get_close_matches(str(location[-1]), owner.model_fields if owner else (), n=1, cutoff=0.5)
    return f"{path}：没有这个键" + (f"，是否想写 {near[0]}？" if near else "")


def _anchored(settings: Settings, folder: Path) -> dict[str, object]:
    """Paths in a settings file are relative to that file, not to where the command happens to run."""
    changes: dict[str, object] = {}
    if settings.rubric is not None:
        changes["rubric"] = folder / settings.rubric
    if settings.intake.roster is not None:
        changes["intake"] = settings.intake.model_copy(update={"roster": folder / settings.intake.roster})
    return changes


def shipped(*parts: str) -> Path:
    """A file that comes with the program (``rubrics``, ``samples``): beside the package in a checkout, inside it when installed.

    >>> shipped("rubrics").name
    'rubrics'
    """
    installed = Path(__file__).parent / "_shipped"
    root = installed if installed.is_dir() else Path(__file__).parent.parent
    return root.joinpath(*parts)
