"""A handful of calls built by hand: all four outcomes, a fatal item, a complaint, a silent call, an imported one, hostile metadata."""

from __future__ import annotations

import math
import struct
import wave
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

from qa.analysis.metrics import analyse
from qa.calls import (
    Call,
    Complaint,
    Dropped,
    Finding,
    Heard,
    Hit,
    Quarantined,
    Recording,
    Roles,
    RubricRef,
    Score,
    Searched,
    SentimentTrack,
    Speech,
    Turn,
    TurnSentiment,
    Verdict,
    Word,
)
from qa.config import Settings
from qa.intake.files import content_hash
from qa.sentiment.summary import summarise
from qa.store.store import Keys, Store

CHINA = timezone(timedelta(hours=8))
HOSTILE = '<script>document.title="owned"</script>"\'</script><img src=x onerror=alert(1)>'
FORMULA = "=cmd|' /C calc'!A0"
TURNED = "正常\u202e倒过来\u2066"
ENDLESS = "很长的名字" * 2000

GREETING = Hit(role="agent", text="您好", start=0.5, end=1.0, phrase="您好", closeness=1.0, turn=0, span=(0, 2))
REFUSAL = Hit(role="agent", text="不归我管", start=6.0, end=7.0, phrase="这不归我管", closeness=0.86, turn=2, span=(1, 5))
THREAT = Hit(role="customer", text="投诉你们", start=4.0, end=5.0, phrase="投诉", closeness=1.0, turn=1, span=(2, 6), category="服务态度")

TURNS = (
    Turn(
        role="agent",
        text="您好，请讲",
        start=0.5,
        end=2.0,
        confidence=0.8,
        words=(Word("您好，", 0.5, 1.0, 0.95), Word("请讲", 1.0, 2.0, 0.2)),
        channel=0,
    ),
    Turn(role="customer", text="我要投诉你们", start=3.0, end=5.0, confidence=0.9, channel=1),
    Turn(role="agent", text="这不归我管", start=5.5, end=7.0, confidence=0.7, channel=0),
)


def finding(criterion: str, outcome: str, points: float, max_points: float, **more: object) -> Finding:
    names = {
        "greeting": "问候语",
        "forbidden_phrases": "服务禁语",
        "empathy": "共情安抚",
        "interruption": "不抢话",
        "overpromise": "过度承诺",
    }
    return Finding(
        criterion=criterion,
        name=names[criterion],
        section="态度",
        outcome=outcome,  # type: ignore[arg-type]
        points=points,
        max_points=max_points,
        side=None if criterion in ("greeting", "overpromise") else "personal",
        handling=criterion in ("empathy", "interruption"),
        **more,  # type: ignore[arg-type]
    )


def make_call(
    call_id: str, *, day: int = 17, good: bool = False, fatal: bool = False, path: Path | None = None, **recording: object
) -> Call:
    """A stereo call of ten seconds; the bad one refuses and hears a complaint, the good one does everything."""
    findings = (
        finding("greeting", "met", 5.0, 5.0, hits=(GREETING,), searched=Searched(role="agent", start=0.0, end=5.0, turns=1)),
        finding("forbidden_phrases", "met" if good else "missed", 7.0 if good else 0.0, 7.0, hits=() if good else (REFUSAL,)),
        finding(
            "empathy",
            "met" if good else "missed",
            6.0 if good else 0.0,
            6.0,
            searched=Searched(role="agent", start=0.0, end=10.0, turns=2),
            nearest=None if good else replace(REFUSAL, phrase="非常抱歉", closeness=0.41),
            reason="客户不满之后没有安抚",
        ),
        finding("interruption", "unsure", 0.0, 0.0, reason="识别把握不足"),
        finding("overpromise", "missed" if fatal else "na", 0.0, 0.0, fatal=True, reason="没有办理业务"),
    )
    total = 18.0 if good else 5.0
    scaled = 0.0 if fatal else round(100 * total / 18.0, 2)
    flags = ("fatal",) * fatal + (() if good else ("complaint", "low_score")) + ("review",)
    defaults: dict[str, object] = {
        "agent_id": "8001",
        "agent_name": "王小丽",
        "team": "一组",
        "team_leader": "赵敏",
        "customer_id": "13800001000",
        "direction": "inbound",
        "started_at": datetime(2026, 11, day, 9, 0, tzinfo=CHINA),
    }
    heard = Heard(
        duration=10.0,
        channels=2,
        turns=TURNS,
        roles=Roles(method="channel", confidence=0.98, agent_channel=0, evidence=(GREETING,)),
        speech=(Speech("agent", ((0.5, 2.0), (5.5, 7.0)), 0), Speech("customer", ((3.0, 5.0),), 1)),
        dropped=(Dropped(8.0, 9.5, "请不吝点赞订阅", "watermark"),),
        parted=True,
        codec="pcm_s16le",
        sample_rate=8000,
        models={"asr": "whisper-base"},
    )
    angry = TurnSentiment(turn=1, sentiment=-0.7, complaint=0.93, kind="服务态度", evidence=((2, 4, 1.6), (0, 2, -0.4)))
    track = SentimentTrack(key="k", model="builtin@12ab", turns=(TurnSentiment(turn=1, sentiment=0.2) if good else angry,))
    return Call(
        recording=Recording(
            call_id=call_id,
            content_hash=content_hash(path) if path else f"{call_id:0<8}",
            path=str(path) if path else None,
            **(defaults | recording),  # type: ignore[arg-type]
        ),
        heard=heard,
        track=track,
        analysis=replace(analyse(heard, Settings().analysis), sentiment=summarise(heard, track)),
        verdict=Verdict(
            findings=findings,
            score=Score(
                total=total,
                possible=18.0,
                scaled=scaled,
                band="优秀" if good else "不合格",
                passed=good and not fatal,
                fatal=("overpromise",) if fatal else (),
            ),
            complaint=Complaint(detected=False, probability=0.04)
            if good
            else Complaint(
                detected=True,
                probability=0.93,
                threat=fatal,
                categories=("服务态度",),
                hits=(THREAT,),
                threats=("监管",) if fatal else (),
                intensity=81.5 if fatal else 62.0,
            ),
            call_type="咨询" if good else "投诉",
            rubric=RubricRef("general-inbound", "2026.11", "ab" * 32),
            flags=flags,
        ),
    )


def silent(call_id: str) -> Call:
    """A recording in which nobody speaks: nothing can be judged."""
    heard = Heard(duration=5.0, channels=1, turns=(), roles=Roles(method="script", confidence=0.0))
    verdict = Verdict(
        findings=(finding("greeting", "na", 0.0, 0.0, reason="没有听到说话"),),
        score=Score(total=0.0, possible=0.0, scaled=None, band=None, passed=None),
        complaint=Complaint(detected=False, probability=0.0),
        rubric=RubricRef("general-inbound", "2026.11", "ab" * 32),
    )
    return Call(
        recording=Recording(call_id=call_id, content_hash="51"), heard=heard, analysis=analyse(heard, Settings().analysis), verdict=verdict
    )


def imported(call_id: str) -> Call:
    """A transcript without times or sound."""
    call = make_call(call_id, day=20, agent_id="8003", agent_name=None, team=None)
    turns = tuple(replace(turn, start=None, end=None, words=(), confidence=None) for turn in TURNS)
    heard = Heard(duration=None, channels=0, turns=turns, roles=Roles(method="manual", confidence=1.0))
    untimed = tuple(
        replace(f, hits=tuple(replace(hit, start=None, end=None) for hit in f.hits), searched=None, nearest=None)
        for f in call.verdict.findings
    )
    return replace(
        call,
        heard=heard,
        analysis=analyse(heard, Settings().analysis),
        verdict=replace(call.verdict, findings=untimed, flags=("complaint",)),
    )


def hostile(path: Path | None = None) -> Call:
    """Every field from outside tries something."""
    call = make_call(
        f"../../{HOSTILE}",
        day=21,
        path=path,
        agent_id=f"{HOSTILE}/..",
        agent_name=ENDLESS,
        team=FORMULA,
        team_leader=TURNED,
        customer_id="@SUM(1)",
        extra={HOSTILE: FORMULA, "ключ": TURNED},
    )
    hit = replace(REFUSAL, text=HOSTILE, phrase=HOSTILE)
    turns = (*TURNS, Turn(role="customer", text=HOSTILE, start=7.5, end=9.0, confidence=0.4))
    greeting, *others = call.verdict.findings
    findings = (
        replace(greeting, reason=HOSTILE, hits=(hit,)),
        *(replace(other, name=HOSTILE, section=FORMULA, reason=HOSTILE, hits=(hit,) if other.hits else ()) for other in others),
    )
    return replace(call, heard=replace(call.heard, turns=turns), verdict=replace(call.verdict, findings=findings))


def tone(path: Path, seconds: float = 10.0, rate: int = 8000) -> Path:
    """A stereo recording: a loud left channel, a quiet right one."""
    frames = b"".join(struct.pack("<hh", int(20000 * math.sin(i / 3)), int(4000 * math.sin(i / 7))) for i in range(int(seconds * rate)))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(frames)
    return path


def filled(folder: Path, calls: list[Call]) -> Store:
    store = Store.open(folder)
    for call in calls:
        store.save(call, Keys("h", "j"))
    store.quarantine(Quarantined(call_id=f"bad{HOSTILE}", path="/录音/坏.wav", content_hash=None, message=f"录音打不开\n  原因：{HOSTILE}"))
    return store
