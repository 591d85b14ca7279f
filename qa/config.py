"""Every setting with its default, in one immutable object.

Read from ``qa.toml`` beside the recordings or named with ``--config``; options of the command line win. A key
that does not exist is refused with the nearest one that does, because a misspelt setting that is silently
ignored is found out months later. Descriptions are in Chinese because
``docs/settings.md`` is made from them.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from qa.errors import ConfigError

Engine = Literal["local", "ray"]


class Section(BaseModel):
    """A table of qa.toml: immutable, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class IntakeSettings(Section):
    """How recordings and their metadata are found."""

    columns: dict[str, str] = Field(default_factory=dict, description='清单列名对应：我们的字段 = "清单里的列名"')
    extra_columns: tuple[str, ...] = Field((), description="清单与名册里另外要保留的列，供评分表使用；其他不认识的列会被拒绝")
    filename_pattern: str | None = Field(None, description="文件名格式，例如 {agent_id}_{customer_id}_{started_at:%Y%m%d%H%M%S}")
    allow_missing_metadata: bool = Field(False, description="缺少坐席、时间等信息时照常质检")
    roster: Path | None = Field(None, description="坐席名册（CSV、XLSX 或 JSONL）：agent_id, agent_name, team, team_leader, hired_on")
    settle_seconds: float = Field(5.0, ge=0, description="多少秒内有改动的录音视为还在写入，等到最后再处理；0 不等")


class HearingSettings(Section):
    """How speech is found and recognised. Whatever changes what is heard belongs here: it makes the hearing key."""

    model: str = Field("base", description="识别模型：自带的 base、faster-whisper 的型号名、模型目录或 hub 编号")
    device: str = Field("auto", description="auto、cpu 或 cuda")
    compute_type: str = Field("default", description="CTranslate2 的数值类型；default 在 CPU 上是 int8，在 GPU 上是 float16")
    language: str = Field("zh", description="通话语言")
    beam_size: int = Field(2, ge=1, le=10, description="束宽；在电话语音上 2 与 5 的错字率相差不到 0.4 个百分点，却快五分之一")
    batch_size: int = Field(8, ge=1, description="一次一起识别的窗口数")
    threads: int = Field(0, ge=0, description="线程数；0 表示与核数相同")
    hotwords: str | None = Field(None, description="提示识别模型的词，用空格隔开；专名更常写对，按音匹配却并不多找到，默认不用")
    prompt: str | None = Field(None, description="给识别模型看的前文：一小段这类通话的普通对话。不写则中文用自带的几句，写空字符串则不用")
    corrections: Path | None = Field(None, description="纠错词表，每行一条 错词=>正确词；只写 =>正确词 则把读音相同的字改成它")
    second_hearing: bool = Field(True, description="单声道录音听两遍，逐字取更有把握的一个：错字约少 4%，单声道的识别时间约加倍")
    turn_gap: float = Field(0.3, ge=0.0, description="同一方停顿不超过多少秒仍算同一话轮")


class AnalysisSettings(Section):
    """Limits of the events in time."""

    silence: float = Field(3.0, gt=0, description="无人说话多少秒算静音")
    hold: float = Field(10.0, gt=0, description="等待音乐多少秒算等待")
    overtalk: float = Field(0.3, gt=0, description="双方同时说话多少秒算重叠")
    interruption: float = Field(0.8, gt=0, description="在对方说话时开口、重叠多少秒算抢话")
    interruption_characters: int = Field(4, ge=1, description="少于多少字的话（嗯、好的）不算抢话")
    rate_characters: int = Field(12, ge=1, description="少于多少字的话轮不算语速")


class SentimentSettings(Section):
    """The model that reads how the customer feels and whether they complain."""

    model: str = Field("none", description="情绪与投诉模型：builtin 自带、模型目录、hub 编号，或 none 不用（投诉只按词表判断）")
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="情绪与投诉模型在哪里算：auto（有可用的 GPU 就用）、cpu 或 cuda")


class ComplaintSettings(Section):
    """By when somebody must have seen to a complaint."""

    respond: float = Field(24.0, gt=0, description="通话后多少小时内要回应投诉的客户")
    close: float = Field(48.0, gt=0, description="通话后多少小时内要办结投诉")
    repeat_days: int = Field(30, ge=1, description="同一客户编号在多少天内的来电算重复来电")


class LlmSettings(Section):
    """A language model that rubrics may ask (``llm``); nothing is ever sent unless ``url`` is written."""

    url: str | None = Field(
        None, pattern=r"^https?://[^\s@?#]+$", description="OpenAI 兼容接口的地址，例如 http://127.0.0.1:8000/v1；不写就不用"
    )
    model: str = Field("", description="接口的模型名")
    key_env: str | None = Field(None, description="存放密钥的环境变量名")
    timeout: float = Field(30.0, gt=0, le=600, description="等待回答多少秒")
    unmasked: bool = Field(False, description="把转写原样发给接口；默认先遮盖号码、姓名、地址再发，引文按遮盖后的文字核对")


class BatchSettings(Section):
    """How a run over many recordings goes on whatever happens. Nothing here changes a result."""

    timeout: float = Field(3600.0, ge=0, description="一通最多处理多少秒（从工作进程就绪算起），超过则换进程重试；0 不限")
    memory: float | None = Field(None, ge=0, description="一个工作进程最多用多少 GB 内存；不写为本机内存的九成按进程数平分，0 不限")
    retries: int = Field(1, ge=0, le=10, description="弄垮工作进程的一通再试几次，之后隔离")

    log: Path | None = Field(None, description="把每次运行的 JSON 日志（每行一个事件）追加到这个文件")
    metrics: Path | None = Field(None, description="运行中与结束时写出 Prometheus 文本指标的文件（供 textfile collector 读取）")
    summary: Path | None = Field(None, description="每次运行结束后写摘要（HTML 与 JSON，可作邮件发送）的目录")
    webhook: str | None = Field(
        None,
        pattern=r"^(https?://[^\s]+|@.+)$",
        description="运行结束或失败时把 JSON 摘要 POST 到这个网址；不写则不发。网址里有密钥时写 @文件，网址放在文件第一行",
    )
    command: tuple[str, ...] = Field((), description="运行结束或失败时执行的命令与参数；JSON 摘要从标准输入给出")
    notify: Literal["always", "problems"] = Field("always", description="何时通知：always 每次；problems 仅在失败、有隔离或需要复核时")

    @property
    def guarded(self) -> bool:
        """Whether any call may be given up, which takes a process of its own."""
        return self.timeout > 0 or self.memory != 0


class ClusterSettings(Section):
    """What each worker of ``--engine ray`` asks the cluster for. Nothing here changes a result."""

    cpus: float = Field(2.0, gt=0, description="集群上一个工作进程占多少核；识别线程数与它相同（hearing.threads 为 0 时）")
    gpus: float = Field(
        0.0, ge=0, description="集群上一个工作进程占多少块 GPU，例如 1，或两个进程合用一块写 0.5；同时把 hearing.device 设为 cuda"
    )
    ahead: int = Field(2, ge=1, le=16, description="每个工作进程手里最多几通（一通在做，其余等着），使内存不随批次变大")


class RetentionSettings(Section):
    """How long results are kept; ``qa purge`` removes what is older."""

    audio: int | None = Field(None, ge=1, description="报告里的录音副本保留多少天（按通话时间）；不写为一直保留；原始录音从不改动")
    transcripts: int | None = Field(None, ge=1, description="逐句文字与引文保留多少天，得分与结论不受影响；不写为一直保留")
    results: int | None = Field(None, ge=1, description="整通结果保留多少天；不写为一直保留")


class ReportSettings(Section):
    """What the report shows."""

    title: str = Field("通话质检报告", description="报告标题")
    audio: bool = Field(True, description="在报告旁放一份浏览器能播放的录音")
    language: Literal["zh", "en"] = Field("zh", description="报告界面的语言：zh 或 en；评分表与通话里的文字保持原样")
    period: Literal["day", "week", "month"] = Field("week", description="总览里“与上期相比”按日、周还是月：day、week 或 month")
    min_calls: int = Field(5, ge=2, description="计分通话少于多少通的坐席不排名次、不归服务类型")
    personal: tuple[str, ...] = Field((), description="服务类型里算“个人面”的评分项（编号或环节名），代替评分表里的 side；不写则按评分表")
    good_share: float = Field(0.8, gt=0, le=1, description="程序面、个人面各得到多少比例的分数算高")
    handling: tuple[str, ...] = Field(
        (), description="投诉页里说明坐席怎样处理投诉的评分项（编号），代替评分表里的 handling；不写则按评分表"
    )


class PrivacySettings(Section):
    """What is hidden of what points to a person, where and how."""

    store: Literal["original", "masked"] = Field(
        "original", description="结果库里存原文还是遮盖后的文字：original 或 masked；masked 时评分用原文，存盘前遮盖，之后无法还原"
    )
    allow_unmasked: bool = Field(False, description="允许用 --unmasked 显示、导出未遮盖的内容；每次都会记录谁、何时、看了什么")
    order_numbers: bool = Field(False, description="订单号、工单号等编号也遮盖")
    leave: tuple[str, ...] = Field(
        (), description="不遮盖的种类：phone、id_card、card、passport、plate、email、wechat、qq、address、name、secret 中的几个"
    )
    shared: bool = Field(
        False,
        description="命令写出的文件（报告、导出、日志、备份等）默认只有本账户能读写（0600，目录 0700）；true 时按系统的 umask，"
        "供同组的人读。结果库的目录总是 0700，确要共用请自行 chmod",
    )
    sound: Literal["beep", "silence"] = Field("beep", description="报告里的录音在说到号码等处：beep 换成蜂鸣，silence 静音")
    padding: float = Field(0.25, ge=0.15, le=5, description="录音中这些地方前后各多盖多少秒")


class Settings(Section):
    """All of qa.toml.

    >>> Settings().hearing.model
    'base'
    """

    timezone: str = Field("Asia/Shanghai", description="没有写时区的时间按它理解；报告也用它")
    rubric: tuple[Path, ...] = Field((), description="评分表，一张或几张（按 applies_to 选用）；不写则用自带的 general_inbound.yaml")
    intake: IntakeSettings = IntakeSettings()
    hearing: HearingSettings = HearingSettings()
    analysis: AnalysisSettings = AnalysisSettings()
    sentiment: SentimentSettings = SentimentSettings()
    complaint: ComplaintSettings = ComplaintSettings()
    batch: BatchSettings = BatchSettings()
    cluster: ClusterSettings = ClusterSettings()
    retention: RetentionSettings = RetentionSettings()
    report: ReportSettings = ReportSettings()
    llm: LlmSettings = LlmSettings()
    privacy: PrivacySettings = PrivacySettings()

    @field_validator("rubric", mode="before")
    @classmethod
    def _one_or_several(cls, value: object) -> object:
        return (value,) if isinstance(value, str | Path) else value

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

    def overridden(
        self, *, model: str | None = None, roster: Path | None = None, allow_missing_metadata: bool = False, log: Path | None = None
    ) -> Settings:
        """These settings with what the command line says on top; None and False leave a setting as it is.

        >>> Settings().overridden(model="small").hearing.model
        'small'
        """
        hearing = {"model": model} if model else {}
        intake: dict[str, object] = {"roster": roster} if roster else {}
        intake |= {"allow_missing_metadata": True} if allow_missing_metadata else {}
        batch = {"log": log} if log else {}
        changes = {"hearing": hearing, "intake": intake, "batch": batch}
        return self.model_copy(update={name: getattr(self, name).model_copy(update=change) for name, change in changes.items()})


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
    if settings.rubric:
        changes["rubric"] = tuple(folder / rubric for rubric in settings.rubric)
    if settings.intake.roster is not None:
        changes["intake"] = settings.intake.model_copy(update={"roster": folder / settings.intake.roster})
    if settings.hearing.corrections is not None:
        changes["hearing"] = settings.hearing.model_copy(update={"corrections": folder / settings.hearing.corrections})
    files: dict[str, object] = {
        name: folder / path for name in ("log", "metrics", "summary") if (path := getattr(settings.batch, name)) is not None
    }
    if settings.batch.webhook and settings.batch.webhook.startswith("@"):
        files["webhook"] = f"@{folder / settings.batch.webhook[1:]}"
    if files:
        changes["batch"] = settings.batch.model_copy(update=files)
    return changes


def read_secret(path: Path) -> str:
    """The first line of a file that holds a password or a key, which nobody but its owner may read.

    Raises:
        ConfigError: it cannot be read, is empty, or others may read it.
    """
    try:
        with path.open(encoding="utf-8") as file:
            mode = os.fstat(file.fileno()).st_mode
            line = file.readline().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError("读不了存放密钥的文件", where=str(path), why=str(error), next_step="检查路径与权限") from error
    if os.name == "posix" and mode & 0o077:
        raise ConfigError(
            "存放密钥的文件别人也能读", where=str(path), why=f"权限是 {mode & 0o777:04o}，应为 0600", next_step=f"执行 chmod 600 {path}"
        )
    if not line:
        raise ConfigError("存放密钥的文件是空的", where=str(path), next_step="第一行写密钥或带密钥的网址")
    return line


def shipped(*parts: str) -> Path:
    """A file that comes with the program (``rubrics``, ``samples``): beside the package in a checkout, inside it when installed.

    >>> shipped("rubrics").name
    'rubrics'
    """
    installed = Path(__file__).parent / "_shipped"
    root = installed if installed.is_dir() else Path(__file__).parent.parent
    return root.joinpath(*parts)
