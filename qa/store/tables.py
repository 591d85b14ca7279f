"""The tables. A call is kept whole as JSON by step (recording, heard, track, analysis, verdict), with a few columns beside it to ask by.

Keeping what was heard apart from what was judged is what lets a new rubric be applied without hearing again.
A change here needs a step in :mod:`qa.store.migrations`.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Float, Index, Integer, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

#: Text that is sorted by: in the order of its bytes in every database, so that exports agree.
Ordered = String().with_variant(String(collation="C"), "postgresql")


class Base(DeclarativeBase):
    """The metadata of all tables."""


class CallRow(Base):
    """One inspected call.

    ``started_at`` is UTC in ISO form, so that it sorts as text in every database; empty when unknown.
    ``hearing_key`` and ``judging_key`` name everything that made the two halves of the result.
    """

    __tablename__ = "calls"

    call_id: Mapped[str] = mapped_column(Ordered, primary_key=True)
    started_at: Mapped[str] = mapped_column(Ordered)
    agent_id: Mapped[str] = mapped_column(String)
    team: Mapped[str | None] = mapped_column(String)
    path: Mapped[str | None] = mapped_column(Text)
    content_hash: Mapped[str] = mapped_column(String)
    scaled: Mapped[float | None] = mapped_column(Float)
    passed: Mapped[bool | None] = mapped_column(Boolean)
    complaint: Mapped[bool] = mapped_column(Boolean)
    hearing_key: Mapped[str] = mapped_column(String)
    judging_key: Mapped[str] = mapped_column(String)
    recording: Mapped[str] = mapped_column(Text)
    heard: Mapped[str] = mapped_column(Text)
    analysis: Mapped[str] = mapped_column(Text)
    verdict: Mapped[str] = mapped_column(Text)
    track: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        Index("calls_in_order", "started_at", "call_id"),
        Index("calls_by_agent", "agent_id", "started_at"),
        Index("calls_by_content", "content_hash"),
    )


class QuarantineRow(Base):
    """A recording that could not be inspected. ``hearing_key`` is what was tried; the same is not tried again."""

    __tablename__ = "quarantine"

    call_id: Mapped[str] = mapped_column(Ordered, primary_key=True)
    path: Mapped[str] = mapped_column(Text)
    content_hash: Mapped[str | None] = mapped_column(String)
    hearing_key: Mapped[str | None] = mapped_column(String)
    message: Mapped[str] = mapped_column(Text)


class NamedAgentRow(Base):
    """Which party a person has said is the agent, of which recording; outlives hearing the call again."""

    __tablename__ = "named_agents"

    call_id: Mapped[str] = mapped_column(String, primary_key=True)
    content_hash: Mapped[str] = mapped_column(String)
    agent: Mapped[int] = mapped_column(Integer)


class ImportRow(Base):
    """The file that an imported transcript came from, so that no other file writes over it unasked."""

    __tablename__ = "imports"

    call_id: Mapped[str] = mapped_column(String, primary_key=True)
    path: Mapped[str] = mapped_column(Text)


class RemovalRow(Base):
    """What was taken out of a call, when and why: by policy (``purge``) or because somebody asked (``erase``).

    ``removed_at`` is UTC in ISO form. ``parts`` names what went, by comma: ``audio`` (the report's copy), ``transcript``, ``result``.
    ``call_id`` is what the call was known by; an erasure keeps a stand-in where the id itself would tell who called.
    ``content_hash`` lets a later run know the recording again, so that what was removed is not made anew.
    """

    __tablename__ = "removals"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    removed_at: Mapped[str] = mapped_column(String)
    action: Mapped[str] = mapped_column(String)
    call_id: Mapped[str] = mapped_column(String)
    content_hash: Mapped[str | None] = mapped_column(String)
    parts: Mapped[str] = mapped_column(String)
    reason: Mapped[str] = mapped_column(Text)

    __table_args__ = (Index("removals_by_content", "content_hash"),)


class DisclosureRow(Base):
    """Who has had unmasked results shown (the name of the account), when (UTC in ISO form), and what."""

    __tablename__ = "disclosures"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    shown_at: Mapped[str] = mapped_column(String)
    who: Mapped[str] = mapped_column(String)
    what: Mapped[str] = mapped_column(Text)


class RunRow(Base):
    """One run: when, with what outcome, and the whole record as JSON. ``number`` gives their order, whatever the clock did."""

    __tablename__ = "runs"

    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    started_at: Mapped[str] = mapped_column(String)
    ended_at: Mapped[str | None] = mapped_column(String)
    outcome: Mapped[str] = mapped_column(String)
    record: Mapped[str] = mapped_column(Text)


class FileRow(Base):
    """A recording's bytes by their hash, as long as the file is as it was: the same size, and times to the nanosecond."""

    __tablename__ = "files"

    path: Mapped[str] = mapped_column(Text, primary_key=True)
    stamp: Mapped[str] = mapped_column(String)
    content_hash: Mapped[str] = mapped_column(String)
