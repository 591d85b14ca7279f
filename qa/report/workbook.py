"""The workbook for the meeting: the same tables as the pages, in XLSX.

Rows are written one after another and let go (``constant_memory``), so that the size of the archive does not matter.
Text stays text: nothing that a caller's system put into a name becomes a formula or a link.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from qa.calls import Call, Finding
from qa.config import Settings
from qa.errors import ConfigError
from qa.report import wording
from qa.report.callpage import speaker
from qa.report.figures import Figures
from qa.report.language import Language, language
from qa.report.shown import Shown
from qa.scoring.attention import Case
from qa.scoring.periods import Comparison
from qa.scoring.reasons import record
from qa.scoring.scorecard import Scorecards, parts, records
from qa.store.store import Store

#: A cell of XLSX holds so many characters and no more.
_LONGEST = 32_767

_PERCENT, _SCORE, _WHOLE, _POINTS, _SECONDS, _HOURS, _FELT = "0.0%", "0.0", "0", "0.0#", "0.0", "0.00", "+0.00;-0.00;0.00"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a sheet: its heading, where its value comes from, its width in characters, its number format."""

    title: str
    key: str
    width: int = 10
    format: str | None = None


_CARD = (
    Column("通话", "calls", 7, _WHOLE),
    Column("计分通话", "scored", 9, _WHOLE),
    Column("平均得分", "score", 9, _SCORE),
    Column("区间下限", "score_low", 9, _SCORE),
    Column("区间上限", "score_high", 9, _SCORE),
    Column("合格率", "pass_rate", 9, _PERCENT),
    Column("一票否决通话", "fatal_calls", 12, _WHOLE),
    Column("一票否决率", "fatal_rate", 11, _PERCENT),
    Column("投诉", "complaints", 7, _WHOLE),
    Column("投诉率", "complaint_rate", 9, _PERCENT),
    Column("升级风险", "threats", 9, _WHOLE),
    Column("存疑占比", "unsure_share", 9, _PERCENT),
    Column("失分最多的项", "weakest_name", 18),
    Column("该项每通失分", "weakest_lost", 12, _POINTS),
    Column("时长（小时）", "hours", 11, _HOURS),
    Column("坐席平均语速", "agent_rate", 12, _WHOLE),
    Column("坐席说话占比", "agent_share", 12, _PERCENT),
    Column("静音合计（秒）", "silence", 13, _SECONDS),
    Column("坐席抢话（次）", "interruptions_by_agent", 13, _SCORE),
)
_AGENTS = (
    Column("工号", "agent_id", 12),
    Column("姓名", "agent_name", 12),
    Column("班组", "team", 14),
    Column("名次", "rank", 7, _WHOLE),
    Column("阶段", "stage_word", 8),
    Column("服务类型", "type_word", 12),
    Column("程序面", "procedure", 8, _PERCENT),
    Column("个人面", "personal", 8, _PERCENT),
    *_CARD,
)
_TEAMS = (Column("班组", "team", 16), Column("班组长", "team_leader", 12), Column("坐席数", "agents", 8, _WHOLE), *_CARD)
_CALLS = (
    Column("开始时间", "started", 17),
    Column("通话号", "call_id", 22),
    Column("工号", "agent_id", 10),
    Column("姓名", "agent_name", 10),
    Column("班组", "team", 12),
    Column("时长（秒）", "duration", 10, _SECONDS),
    Column("得分", "score", 8, _SCORE),
    Column("等级", "band", 8),
    Column("合格", "passed_word", 7),
    Column("得分点", "points", 8, _POINTS),
    Column("可得分", "possible", 8, _POINTS),
    Column("类型", "call_type", 10),
    Column("一票否决", "fatal_items", 18),
    Column("投诉可能性", "complaint_probability", 11, _PERCENT),
    Column("投诉类别", "complaint_categories", 16),
    Column("升级风险", "threat_word", 9),
    Column("客户情绪", "sentiment", 9, _FELT),
    Column("未达标项", "missed_items", 40),
    Column("存疑项数", "unsure", 9, _WHOLE),
    Column("标记", "flag_words", 22),
    Column("静音合计（秒）", "silence", 13, _SECONDS),
    Column("坐席平均语速", "agent_rate", 12, _WHOLE),
    Column("坐席抢话（次）", "interruptions_by_agent", 13, _WHOLE),
    Column("评分标准", "rubric_version", 12),
)
_FINDINGS = (
    Column("通话号", "call_id", 22),
    Column("工号", "agent_id", 10),
    Column("评分项", "name", 20),
    Column("环节", "section", 14),
    Column("结果", "outcome", 8),
    Column("得分", "points", 7, _POINTS),
    Column("满分", "max_points", 7, _POINTS),
    Column("时间", "time", 9),
    Column("谁", "role", 7),
    Column("原话", "text", 48),
    Column("对照词", "phrase", 18),
    Column("相近度", "closeness", 8, _PERCENT),
    Column("说明", "reason", 40),
)
_COMPLAINTS = (
    Column("开始时间", "started", 17),
    Column("通话号", "call_id", 22),
    Column("工号", "agent_id", 10),
    Column("姓名", "agent_name", 10),
    Column("班组", "team", 12),
    Column("严重程度", "intensity", 9, _SCORE),
    Column("升级风险", "threat", 9),
    Column("扬言", "threats", 12),
    Column("可能性", "probability", 8, _PERCENT),
    Column("类别", "categories", 18),
    Column("应回应", "respond_by", 17),
    Column("应办结", "close_by", 17),
    Column("客户", "customer_id", 16),
    Column("此前来电（次）", "calls_before", 12, _WHOLE),
    Column("此前投诉（次）", "complained_before", 12, _WHOLE),
    Column("客户情绪", "feeling", 14),
    Column("原话", "text", 60),
    Column("时间", "time", 9),
    Column("得分", "score", 8, _SCORE),
    Column("处理有缺", "neglected", 9, _WHOLE),
    Column("坐席的处理", "handling", 60),
)
_REASONS = (
    Column("原因", "name", 30),
    Column("特别的词", "words", 40),
    Column("通话", "calls", 8, _WHOLE),
    Column("占比", "share", 8, _PERCENT),
    Column("本期", "now", 8, _WHOLE),
    Column("上期", "before", 8, _WHOLE),
    Column("投诉", "complaints", 8, _WHOLE),
    Column("平均得分", "score", 9, _SCORE),
    Column("客户怎么说", "example", 60),
)
_RISING = (
    Column("词", "word", 16),
    Column("本期", "now", 8, _WHOLE),
    Column("上期", "before", 8, _WHOLE),
    Column("本期占比", "share_now", 10, _PERCENT),
    Column("上期占比", "share_before", 10, _PERCENT),
)
_CHANGES = (
    Column("指标", "name", 22),
    Column("本期", "now", 10, _POINTS),
    Column("上期", "before", 10, _POINTS),
    Column("变化", "difference", 10, _POINTS),
    Column("结论", "verdict", 14),
)
_QUARANTINE = (Column("通话号", "call_id", 24), Column("文件", "path", 50), Column("原因与处理", "message", 80))


def write_workbook(store: Store | Shown, out: Path, settings: Settings, figures: Figures | None = None) -> Path:
    """Write the workbook to ``out`` (its folder is made if need be) and give its path.

    ``figures`` are those of the store, where the caller has them already.

    Raises:
        ConfigError: the file cannot be written, for instance because Excel has it open.
    """
    import xlsxwriter

    store = Shown.of(store, settings)
    figures = figures or Figures.of(store.calls(), settings)
    unfinished = out.with_name(f"{out.name}.tmp")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with xlsxwriter.Workbook(unfinished, {"constant_memory": True, "strings_to_urls": False, "nan_inf_to_errors": True}) as book:
            _Book(book, settings).write(store, figures)
        unfinished.replace(out)
    except (OSError, xlsxwriter.exceptions.XlsxFileError) as error:
        raise ConfigError(
            "工作簿写不了", where=str(out), why=str(error), next_step="若正在 Excel 里打开，先关掉；再检查权限与磁盘空间"
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)
    return out


class _Book:
    def __init__(self, book: Any, settings: Settings) -> None:
        self.book, self.settings = book, settings
        self.say = language(settings.report.language)
        self.heading = book.add_format(
            {"bold": True, "bg_color": "#E9EFFC", "font_color": "#1B2430", "bottom": 1, "valign": "vcenter", "text_wrap": True}
        )
        self.formats: dict[str, Any] = {}

    def write(self, store: Shown, figures: Figures) -> None:
        cards, say = figures.cards, self.say
        self._overview(cards, len(store.quarantined()))
        self._sheet("坐席", _AGENTS, (self._agent_row(agent_id, row) for agent_id, row in records(figures.agents)))
        self._sheet("班组", _TEAMS, (row | {"team": wording.team_title(team, say)} for team, row in records(cards.teams)))
        self._matrix(cards)
        if figures.comparison:
            self._sheet("与上期相比", _CHANGES, _change_rows(figures.comparison, cards, say))
        self._sheet("通话", _CALLS, (_call_row(row, self.settings, say) for row in cards.calls.to_dict("records")))
        self._sheet("评分明细", _FINDINGS, (row for call in store.calls() for row in _finding_rows(call, say)))
        self._sheet("投诉", _COMPLAINTS, (_complaint_row(case, self.settings, say) for case in cards.cases))
        self._sheet("来电原因", _REASONS, map(record, figures.reasons.reasons))
        self._sheet("上升的词", _RISING, map(asdict, figures.reasons.rising))
        self._sheet("隔离", _QUARANTINE, ({"call_id": q.call_id, "path": q.path, "message": q.message} for q in store.quarantined()))

    def _agent_row(self, agent_id: str, row: dict[str, Any]) -> dict[str, Any]:
        return row | {
            "agent_id": agent_id,
            "stage_word": self.say(wording.STAGES[row["stage"]]) if row["stage"] else "",
            "type_word": self.say(wording.SERVICE_TYPES[row["service_type"]]) if row["service_type"] else "",
        }

    def _overview(self, cards: Scorecards, quarantined: int) -> None:
        settings, say = self.settings, self.say
        sheet, overall = self.book.add_worksheet(say("概览")), cards.overall
        sheet.set_column(0, 0, 22)
        sheet.set_column(1, 1, 26)
        sheet.write_string(0, 0, settings.report.title[:_LONGEST], self.book.add_format({"bold": True, "font_size": 15}))
        lines: Sequence[tuple[str, Any, str | None]] = (
            ("期间", f"{wording.when(overall['first'], settings.zone)} {say('至')} {wording.when(overall['last'], settings.zone)}", None),
            ("通话", overall["calls"], _WHOLE),
            ("时长（小时）", overall["hours"], _HOURS),
            ("坐席", overall["agents"], _WHOLE),
            ("平均得分", overall["score"], _SCORE),
            ("区间下限（95%）", overall["score_low"], _SCORE),
            ("区间上限（95%）", overall["score_high"], _SCORE),
            ("合格率", overall["pass_rate"], _PERCENT),
            ("一票否决通话", overall["fatal_calls"], _WHOLE),
            ("投诉", overall["complaints"], _WHOLE),
            ("投诉率", overall["complaint_rate"], _PERCENT),
            ("升级风险", overall["threats"], _WHOLE),
            ("存疑判定占比", overall["unsure_share"], _PERCENT),
            ("待复核通话", overall["review"], _WHOLE),
            ("识别把握低的通话", overall["low_confidence"], _WHOLE),
            ("单声道通话", overall["mono"], _WHOLE),
            ("坐席未知的通话", overall["unknown_agent"], _WHOLE),
            ("隔离的录音", quarantined, _WHOLE),
        )
        for place, (label, value, format_) in enumerate(lines, start=2):
            sheet.write_string(place, 0, say(label), self.heading)
            self._cell(sheet, place, 1, value, format_)

    def _matrix(self, cards: Scorecards) -> None:
        """Share met of every item and agent, red to teal through white; empty where nothing was judged."""
        sheet = self.book.add_worksheet(self.say("评分项×坐席"))
        agents = {agent_id: row["agent_name"] for agent_id, row in records(cards.agents)}
        titles = [wording.agent_title(agent_id, name, self.say) for agent_id, name in agents.items()]
        self._heading(
            sheet, [self.say("评分项"), self.say("环节"), self.say("全部"), *titles], [22, 16, 9, *([11] * len(agents))], freeze=3
        )
        rates = {(criterion, agent): row["met_rate"] for (agent, criterion), row in records(cards.agent_items)}
        items = dict(records(cards.items))
        for place, (criterion, item) in enumerate(items.items(), start=1):
            values = [item["name"], item["section"], item["met_rate"], *(rates.get((criterion, agent)) for agent in agents)]
            for column, value in enumerate(values):
                self._cell(sheet, place, column, value, _PERCENT if column > 1 else None)
        if items:
            colours = {"min_color": "#F4A58A", "mid_color": "#FFFFFF", "max_color": "#7FCDBB"}
            limits = {"min_value": 0, "mid_value": 0.75, "max_value": 1}
            kinds = {"min_type": "num", "mid_type": "num", "max_type": "num"}
            sheet.conditional_format(1, 2, len(items), 2 + len(agents), {"type": "3_color_scale", **kinds, **limits, **colours})
        sheet.autofilter(0, 0, max(1, len(items)), 2 + len(agents))

    def _sheet(self, name: str, columns: Sequence[Column], rows: Iterable[Mapping[str, Any]]) -> None:
        sheet = self.book.add_worksheet(self.say(name))
        self._heading(sheet, [self.say(column.title) for column in columns], [column.width for column in columns], freeze=1)
        place = 0
        for place, row in enumerate(rows, start=1):
            for number, column in enumerate(columns):
                self._cell(sheet, place, number, row[column.key], column.format)
        sheet.autofilter(0, 0, max(1, place), len(columns) - 1)

    def _heading(self, sheet: Any, titles: Sequence[str], widths: Sequence[int], freeze: int) -> None:
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        sheet.set_row(0, 32)
        for column, title in enumerate(titles):
            sheet.write_string(0, column, title[:_LONGEST], self.heading)
        sheet.freeze_panes(1, freeze)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)

    def _cell(self, sheet: Any, row: int, column: int, value: Any, format_: str | None) -> None:
        """A number as a number, anything else as text whatever it begins with, nothing for what is not known."""
        if not wording.known(value) or value == "":
            return
        if format_ is not None:
            sheet.write_number(row, column, float(value), self._format(format_))
        else:
            sheet.write_string(row, column, str(value)[:_LONGEST])

    def _format(self, pattern: str) -> Any:
        if pattern not in self.formats:
            self.formats[pattern] = self.book.add_format({"num_format": pattern})
        return self.formats[pattern]


def _call_row(row: Mapping[Any, Any], settings: Settings, say: Language) -> dict[str, Any]:
    words = {
        "started": wording.when(row["started_at"], settings.zone),
        "passed_word": say({1.0: "合格", 0.0: "不合格"}.get(row["passed"], "")),
        "threat_word": say("是") if row["threat"] else "",
        "flag_words": say("、").join(say(wording.FLAGS.get(flag, flag)) for flag in wording.gravest_first(parts(row["flags"]))),
    }
    return dict(row) | words


def _finding_rows(call: Call, say: Language) -> Iterable[dict[str, Any]]:
    """A row for every place a verdict rests on; one row, without a place, for a verdict on something that was not there."""
    for finding in call.verdict.findings:
        whole = {
            "call_id": call.recording.call_id,
            "agent_id": call.recording.agent_id,
            "name": finding.name,
            "section": finding.section,
            "outcome": say(wording.OUTCOMES[finding.outcome]),
            "points": finding.points,
            "max_points": finding.max_points,
            "reason": _reason(finding, say),
        }
        if not finding.hits:
            yield whole | {"time": "", "role": "", "text": "", "phrase": "", "closeness": None}
        for place, hit in enumerate(finding.hits):
            # Points stand on the first row alone, so that a sum over the column is right.
            counted = {} if place == 0 else {"points": None, "max_points": None}
            yield (
                whole
                | counted
                | {
                    "time": wording.clock(hit.start),
                    "role": speaker(hit, say),
                    "text": hit.text,
                    "phrase": hit.phrase or "",
                    "closeness": hit.closeness if hit.phrase else None,
                }
            )


def _reason(finding: Finding, say: Language) -> str:
    nearest = finding.nearest if finding.nearest and not finding.hits else None
    near = say("最接近：{where} {text}", where=wording.clock(nearest.start), text=nearest.text) if nearest else ""
    return "；".join(part for part in (finding.reason, near) if part)


def _complaint_row(case: Case, settings: Settings, say: Language) -> dict[str, Any]:
    done = (
        f"{handled.name} {say(wording.OUTCOMES[handled.outcome])}"
        + (f"“{handled.place.text}”" if handled.place and handled.place.role else "")
        for handled in case.handling
    )
    return {
        "started": wording.when(case.started_at, settings.zone),
        "call_id": case.call_id,
        "agent_id": case.agent_id,
        "agent_name": case.agent_name,
        "team": case.team,
        "intensity": case.intensity,
        "threat": say("是") if case.threat else "",
        "threats": say("、").join(map(say, case.threats)),
        "respond_by": wording.when(case.respond_by, settings.zone),
        "close_by": wording.when(case.close_by, settings.zone),
        "customer_id": case.customer_id or "",
        "calls_before": len(case.earlier),
        "complained_before": case.complained_before,
        "feeling": say(wording.TRENDS[case.sentiment.trend]) if case.sentiment else "",
        "probability": case.probability,
        "categories": say("、").join(case.categories),
        "text": " / ".join(quote.text for quote in case.quotes),
        "time": wording.clock(case.quotes[0].start) if case.quotes else "",
        "score": case.score,
        "neglected": case.neglected,
        "handling": "；".join(done),
    }


def _change_rows(comparison: Comparison, cards: Scorecards, say: Language) -> Iterable[dict[str, Any]]:
    """Figures, then the share met of every item; shares in percent, so that differences are points."""
    for change in (*comparison.figures, *comparison.items):
        scale = 1 if change.key == "score" else 100
        item = cards.items["name"].get(change.key)
        yield {
            "name": say(wording.CHANGES[change.key]) if change.key in wording.CHANGES else item,
            "now": scale * change.now,
            "before": scale * change.before,
            "difference": scale * change.difference,
            "verdict": say(wording.verdict(change.real, change.better)),
        }
