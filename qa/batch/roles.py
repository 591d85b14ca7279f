"""Who is the agent, by a person's word: kept beside the calls, so that it outlives another hearing, and judged again at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qa.asr.parties import decided, parties, with_agent
from qa.batch.plan import judging_key
from qa.calls import Call, Heard, Recording
from qa.config import Settings
from qa.errors import QaError
from qa.pipeline import judge_call
from qa.report.wording import ROLE_METHODS, ROLES
from qa.scoring.choice import Rubrics
from qa.sentiment.tracks import Tracks
from qa.store.store import REMOVED, Keys, Store


def set_agent(store: Store, call_id: str, number: int | None, settings: Settings, rubrics: Sequence[Path]) -> Call:
    """The call judged again with that party as the agent; None forgets the person's word and decides from what is said.

    Raises:
        StoreError: there is no such call.
        QaError: nobody in it has that number, or it was judged by another rubric than this.
    """
    stored = store.expect(call_id)
    recording = stored.recording
    hearing = store.kept()[call_id].keys.hearing
    if hearing == REMOVED:
        raise QaError("这通电话的逐句文字已按保存期限删除", where=call_id, why="没有文字可以重新评分", next_step="原来的得分与结论仍在")
    sheet = Rubrics.load(rubrics, settings.zone).of(recording)
    if stored.verdict.rubric.id != sheet.id:
        why = f"评分表是 {stored.verdict.rubric.id}，现在给出的是 {sheet.id}"
        raise QaError("这通电话是按另一张评分表评分的", where=call_id, why=why, next_step="用 --rubric 给出原来的评分表")
    heard = decided(stored.heard, recording.agent_channel) if number is None else with_agent(stored.heard, number)
    tracks = Tracks.of(settings.sentiment)
    call = judge_call(recording, heard, sheet, settings, tracks.track(heard, stored.track))
    store.save(call, Keys(hearing, judging_key(recording, hearing, settings, sheet.hash, tracks.fingerprint)))
    if number is None:
        store.forget_agent(call_id)
    else:
        store.remember_agent(call_id, recording.content_hash, number)
    return call


def agent_number(text: str) -> int | None:
    """The number that ``--agent`` says, None for ``auto``.

    >>> agent_number("1"), agent_number("auto")
    (1, None)

    Raises:
        QaError: it is neither.
    """
    if text == "auto":
        return None
    if not text.isascii() or not text.isdecimal():
        raise QaError("看不懂 --agent", why=f"写的是 {text}", next_step="写说话人的号（0、1……，见 qa roles 通话编号），或 auto")
    return int(text)


def by_hand(heard: Heard, recording: Recording, store: Store) -> Heard:
    """What was just heard or imported, with the agent that a person has named for these very bytes.

    A person's word on a recording that has been replaced by another says nothing about the new one; nor does a
    number that nobody has any more, when another hearing finds fewer voices. Then the decision stays as it is.
    """
    number = store.named_agent(recording.call_id, recording.content_hash)
    if number is None:
        return heard
    try:
        return with_agent(heard, number)
    except QaError:
        return heard


def described(call: Call) -> list[str]:
    """How it was decided who is the agent, in lines for a terminal: the parties, then the evidence."""
    roles = call.heard.roles
    lines = [f"{call.recording.call_id}：按{ROLE_METHODS[roles.method]}判断，把握 {roles.confidence:.0%}"]
    for party in parties(call.heard):
        first = call.heard.turns[party.turns[0]]
        lines.append(f"  {party.number}  {ROLES[party.role]}  {len(party.turns)} 句 {party.characters} 字  “{first.text[:24]}”")
    lines += (
        ["依据："] if roles.evidence else ["依据：没有（把握低时，取决于角色的条目记为存疑）" if roles.confidence < 1 else "依据：不需要"]
    )
    for hit in roles.evidence:
        when = "" if hit.start is None else f"{hit.start:>7.2f}s  "
        lines.append(f"  {when}像{ROLES[hit.role]}：{hit.text}（{hit.phrase}）")
    return lines
