"""Calls as the JSON of speech services: most give a list of sentences and differ only in the names of its fields.

Names are compared without case and underscores, so that BeginTime, beginTime and begin_time are one. Sources:

- alibaba  录音文件识别 https://help.aliyun.com/document_detail/90727.htm, 智能对话分析 GetResult
  https://help.aliyun.com/zh/sca/developer-reference/api-qualitycheck-2019-01-15-getresult, Paraformer
  https://www.alibabacloud.com/help/en/model-studio/paraformer-recorded-speech-recognition-restful-api
- tencent  SentenceDetail https://www.tencentcloud.com/document/api/1118/66926 (times of words count from the sentence's start)
- aws      Call Analytics and Contact Lens https://docs.aws.amazon.com/transcribe/latest/dg/tca-output-batch.html;
  plain Transcribe is in :mod:`qa.intake.wordlists`
- huawei   https://support.huaweicloud.com/api-sis/sis_03_0093.html
- volcengine https://www.volcengine.com/docs/6561/120559
- xunfei   语音转写 https://www.xfyun.cn/doc/asr/lfasr/Java-SDK.html
- funasr   sentence_info of https://github.com/modelscope/FunASR
- whisper  openai-whisper, faster-whisper (https://github.com/SYSTRAN/faster-whisper/issues/94), whisperX
  (https://github.com/m-bain/whisperX/issues/398) and whisper.cpp
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from qa.intake.tables import plain
from qa.intake.utterances import RawWord, Script, Telling, seconds, share
from qa.intake.wordlists import is_aws, is_google, read_aws, read_google

MILLISECONDS = 0.001
#: Lists whose name alone says what they are, so that a recording in which nobody spoke is a call without sentences.
LISTS = frozenset({"sentences", "segments", "resultdetail", "transcript", "utterances", "asrresult", "sentenceinfo", "transcription"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Where a service keeps its sentences and what it calls their parts; paths go through objects, ``*`` through a list."""

    service: str
    sentences: tuple[str, ...]
    text: tuple[str, ...]
    start: str
    end: str
    unit: float
    who: tuple[str, ...] = ()
    channel: str | None = None
    confidence: tuple[str, ...] = ()
    words: str | None = None
    word: tuple[str, ...] = ()
    word_start: str = ""
    word_end: str = ""
    word_confidence: tuple[str, ...] = ()
    words_from_sentence: bool = False


#: The first shape that fits is taken, so the particular ones stand before the general.
SHAPES = (
    Shape(
        service="alibaba",
        sentences=("result.sentences", "data.sentences", "payload.sentences", "data.results", "sentences"),
        text=("text",),
        start="begintime",
        end="endtime",
        unit=MILLISECONDS,
        who=("speakerid",),
        channel="channelid",
        words="words",
        word=("word",),
        word_start="begintime",
        word_end="endtime",
    ),
    Shape(  # Paraformer: a transcript for each channel
        service="alibaba",
        sentences=("transcripts.*.sentences",),
        text=("text",),
        start="begintime",
        end="endtime",
        unit=MILLISECONDS,
        who=("speakerid",),
        channel="channelid",
        words="words",
        word=("text",),
        word_start="begintime",
        word_end="endtime",
    ),
    Shape(  # 智能对话分析: the sentence is called words
        service="alibaba",
        sentences=("asrresult.asrresult", "asrresult", "data.asrresult", "data.dialogues.dialogue", "dialogues.dialogue", "dialogues"),
        text=("words", "text"),
        start="begin",
        end="end",
        unit=MILLISECONDS,
        who=("role", "identity"),
    ),
    Shape(
        service="tencent",
        sentences=("response.data.resultdetail", "data.resultdetail", "resultdetail"),
        text=("finalsentence",),
        start="startms",
        end="endms",
        unit=MILLISECONDS,
        who=("speakerid",),
        words="words",
        word=("word",),
        word_start="offsetstartms",
        word_end="offsetendms",
        words_from_sentence=True,
    ),
    Shape(
        service="aws",
        sentences=("transcript",),
        text=("content",),
        start="beginoffsetmillis",
        end="endoffsetmillis",
        unit=MILLISECONDS,
        who=("participantrole", "participantid"),
        words="items",
        word=("content",),
        word_start="beginoffsetmillis",
        word_end="endoffsetmillis",
        word_confidence=("confidence",),
    ),
    Shape(
        service="huawei",
        sentences=("asrresult.segments", "segments"),
        text=("result.text",),
        start="starttime",
        end="endtime",
        unit=MILLISECONDS,
        who=("result.analysisinfo.role", "result.analysisinfo.speaker"),
        confidence=("result.score",),
        words="result.wordinfo",
        word=("word",),
        word_start="starttime",
        word_end="endtime",
    ),
    Shape(
        service="volcengine",
        sentences=("result.utterances", "result.*.utterances", "resp.utterances", "utterances"),
        text=("text",),
        start="starttime",
        end="endtime",
        unit=MILLISECONDS,
        who=("additions.speaker", "speaker"),
        channel="additions.channelid",
        words="words",
        word=("text",),
        word_start="starttime",
        word_end="endtime",
        word_confidence=("confidence",),
    ),
    Shape(service="xunfei", sentences=("data", "result", ""), text=("onebest",), start="bg", end="ed", unit=MILLISECONDS, who=("speaker",)),
    Shape(
        service="funasr",
        sentences=("sentenceinfo", "result.sentenceinfo"),
        text=("text", "sentence"),
        start="start",
        end="end",
        unit=MILLISECONDS,
        who=("spk",),
    ),
    Shape(  # whisper.cpp
        service="whisper",
        sentences=("transcription",),
        text=("text",),
        start="offsets.from",
        end="offsets.to",
        unit=MILLISECONDS,
        who=("speaker",),
    ),
    Shape(
        service="whisper",
        sentences=("segments", "result.segments", ""),
        text=("text",),
        start="start",
        end="end",
        unit=1.0,
        who=("speaker",),
        words="words",
        word=("word", "text"),
        word_start="start",
        word_end="end",
        word_confidence=("probability", "score", "confidence"),
    ),
)


def services() -> tuple[str, ...]:
    """The services whose JSON is read, for ``--format``.

    >>> services()
    ('alibaba', 'tencent', 'aws', 'huawei', 'volcengine', 'xunfei', 'funasr', 'whisper', 'google')
    """
    return (*dict.fromkeys(shape.service for shape in SHAPES), "google")


def calls_in(value: Any) -> Iterator[Any]:
    """The calls of a JSON value: the value itself, the entries of a list of calls, the results of a page of results.

    >>> list(calls_in([{"segments": []}, {"segments": []}]))
    [{'segments': []}, {'segments': []}]
    """
    found = _dig(folded(value), "data.resultinfo") or _dig(folded(value), "resultinfo")
    if isinstance(found, list):
        yield from found
    elif isinstance(value, list) and value and all(isinstance(one, dict) and recognise(one) for one in value):
        yield from value
    else:
        yield value


def recognise(value: Any) -> str | None:
    """The service whose JSON this is, None where it is nobody's.

    >>> recognise({"segments": [{"start": 0.0, "end": 1.0, "text": "喂"}]}), recognise({"turns": []})
    ('whisper', None)
    """
    entry = folded(value)
    if is_aws(entry):
        return "aws"
    if is_google(entry):
        return "google"
    found = _shape(entry, None)
    return found[0].service if found else None


def read_cloud(value: Any, content: bytes, *, place: str = "", number: int = 0, service: str | None = None) -> Script:
    """The call of one JSON value; ``service`` forces the reading.

    A value that is nobody's, or not the forced service's, is a Script with that as its problem.
    """
    entry = folded(value)
    if service in (None, "aws") and is_aws(entry):
        return replace(read_aws(entry), content=content, place=place, number=number)
    if service in (None, "google") and is_google(entry):
        return replace(read_google(entry), content=content, place=place, number=number)
    found = _shape(entry, service)
    if found is None:
        known = f"{service} 的" if service else "认识的"
        names = "、".join(list(entry)[:8]) if isinstance(entry, dict) else type(value).__name__
        return Script(content=content, place=place, number=number, problems=(f"不是{known}转写结果（有的键：{names}）",))
    shape, sentences = found
    telling = Telling()
    for sentence in sentences:
        if not isinstance(sentence, dict):
            telling.fault("不是 JSON 对象")
            continue
        _add(telling, sentence, shape, entry)
    call_id, values = _metadata(entry)
    return Script(
        content=content,
        place=place,
        number=number,
        said=tuple(telling.said),
        call_id=call_id,
        duration=_duration(entry),
        values=values,
        problems=tuple(telling.problems),
    )


def folded(value: Any) -> Any:
    """A JSON value with its keys in small letters and without underscores.

    >>> folded({"Begin_Time": [{"Text": 1}]})
    {'begintime': [{'text': 1}]}
    """
    if isinstance(value, dict):
        return {str(key).replace("_", "").lower(): folded(inner) for key, inner in value.items()}
    return [folded(inner) for inner in value] if isinstance(value, list) else value


def _shape(entry: Any, service: str | None) -> tuple[Shape, list[Any]] | None:
    """The shape that fits, with its sentences; a result without any sentence fits by its list alone."""
    empty: tuple[Shape, list[Any]] | None = None
    for shape in SHAPES:
        if service not in (None, shape.service):
            continue
        for path in shape.sentences:
            found = _collect(entry, path)
            if found and _fits(found, shape):
                return shape, found
            if found == [] and path.rpartition(".")[2] in LISTS and empty is None:
                empty = shape, []
    return empty


def _fits(sentences: list[Any], shape: Shape) -> bool:
    objects = [one for one in sentences if isinstance(one, dict)]
    return any(_first(one, shape.text) is not None and _dig(one, shape.start) is not None for one in objects)


def _collect(entry: Any, path: str) -> list[Any] | None:
    """The list at a path; through ``*`` the lists of all entries, each sentence with the channel of what it stood in."""
    head, star, tail = path.partition(".*.")
    found = _dig(entry, head) if head else entry
    if not isinstance(found, list):
        return None
    if not star:
        return found
    sentences = []
    for parent in found:
        inner = _dig(parent, tail)
        for sentence in inner if isinstance(inner, list) else []:
            own = {"channelid": parent.get("channelid")} if isinstance(sentence, dict) and "channelid" not in sentence else {}
            sentences.append({**own, **sentence} if own else sentence)
    return sentences


def _add(telling: Telling, sentence: Mapping[str, Any], shape: Shape, entry: Any) -> None:
    who = _first(sentence, shape.who)
    channel = _dig(sentence, shape.channel) if shape.channel else None
    start = _dig(sentence, shape.start)
    telling.add(
        _first(sentence, shape.text),
        start,
        _dig(sentence, shape.end),
        unit=shape.unit,
        who=plain(who) or None if not isinstance(who, dict | list) else None,
        channel=int(str(channel)) if re.fullmatch(r"\d|1[0-5]", str(channel), re.ASCII) else None,
        confidence=_first(sentence, shape.confidence),
        words=_words(sentence, shape, entry, start),
    )


def _words(sentence: Mapping[str, Any], shape: Shape, entry: Any, start: object) -> list[RawWord]:
    if shape.words is None:
        return []
    given = _dig(sentence, shape.words)
    if given is None and shape.service == "alibaba":  # one list of words for the whole recording, told apart by time and channel
        whole = _dig(entry, "result.words") or _dig(entry, "words")
        given = [word for word in whole if _inside(word, sentence)] if isinstance(whole, list) else None
    origin = seconds(start, shape.unit) or 0.0 if shape.words_from_sentence else 0.0
    words: list[RawWord] = []
    for word in given if isinstance(given, list) else []:
        if not isinstance(word, dict) or not isinstance(text := _first(word, shape.word), str):
            return []
        begin, end = (seconds(_dig(word, name), shape.unit) for name in (shape.word_start, shape.word_end))
        words.append(
            (
                text,
                None if begin is None else origin + begin,
                None if end is None else origin + end,
                share(_first(word, shape.word_confidence)),
            )
        )
    return words


def _inside(word: Any, sentence: Mapping[str, Any]) -> bool:
    if not isinstance(word, dict) or word.get("channelid") != sentence.get("channelid"):
        return False
    bounds = [seconds(value) for value in (sentence.get("begintime"), word.get("begintime"), sentence.get("endtime"))]
    return None not in bounds and bounds[0] <= bounds[1] < bounds[2]  # type: ignore[operator]


def _first(entry: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((value for name in names if (value := _dig(entry, name)) is not None), None)


def _dig(value: Any, path: str) -> Any:
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _metadata(entry: Any) -> tuple[str | None, dict[str, str]]:
    """Call id and metadata where a service has them: 智能对话分析, Call Analytics and Contact Lens do."""
    recording, agent = _dig(entry, "recording"), _dig(entry, "agent")
    values: dict[str, str] = {}
    if isinstance(agent, dict):
        values |= {"agent_id": plain(agent.get("id")), "agent_name": plain(agent.get("name")), "team": plain(agent.get("skillgroup"))}
    if isinstance(recording, dict):
        outbound = plain(recording.get("calltype")) == "1"  # 1 外呼, 3 呼入
        values |= {
            "started_at": _since_1970(recording.get("calltime")),
            "direction": {"1": "outbound", "3": "inbound"}.get(plain(recording.get("calltype")), ""),
            "customer_id": plain(recording.get("callee" if outbound else "caller")),
        }
        return plain(recording.get("callid") or recording.get("primaryid") or recording.get("name")) or None, values
    call_id = _dig(entry, "jobname") or _dig(entry, "customermetadata.contactid")
    return (call_id if isinstance(call_id, str) else None), {name: value for name, value in values.items() if value}


def _since_1970(value: Any) -> str:
    """A moment that is written in milliseconds since 1970 as ISO text; what is written otherwise stays."""
    text = plain(value)
    if not text.isdecimal() or len(text) != 13:
        return text
    return datetime.fromtimestamp(int(text) / 1000, UTC).isoformat()


def _duration(entry: Any) -> float | None:
    """The recording's length, where it is told with its unit in the name."""
    for path, unit in (
        ("bizduration", MILLISECONDS),
        ("response.data.audioduration", 1.0),
        ("data.audioduration", 1.0),
        ("conversationcharacteristics.totalconversationdurationmillis", MILLISECONDS),
        ("properties.originaldurationinmilliseconds", MILLISECONDS),
        ("duration", 1.0 if isinstance(_dig(entry, "segments"), list) else MILLISECONDS),
    ):
        if (found := seconds(_dig(entry, path), unit)) is not None:
            return found
    return None
