"""The tables of version 0.1.0, which kept no record of its schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None


def upgrade() -> None:
    """Calls, quarantine, what people said of agents, where imports came from."""
    op.create_table(
        "calls",
        sa.Column("call_id", sa.String, primary_key=True),
        sa.Column("started_at", sa.String, nullable=False),
        sa.Column("agent_id", sa.String, nullable=False),
        sa.Column("team", sa.String),
        sa.Column("path", sa.Text),
        sa.Column("content_hash", sa.String, nullable=False),
        sa.Column("scaled", sa.Float),
        sa.Column("passed", sa.Boolean),
        sa.Column("complaint", sa.Boolean, nullable=False),
        sa.Column("hearing_key", sa.String, nullable=False),
        sa.Column("judging_key", sa.String, nullable=False),
        sa.Column("recording", sa.Text, nullable=False),
        sa.Column("heard", sa.Text, nullable=False),
        sa.Column("analysis", sa.Text, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
    )
    op.create_index("calls_in_order", "calls", ["started_at", "call_id"])
    op.create_index("calls_by_agent", "calls", ["agent_id", "started_at"])
    op.create_table(
        "quarantine",
        sa.Column("call_id", sa.String, primary_key=True),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("content_hash", sa.String),
        sa.Column("hearing_key", sa.String),
        sa.Column("message", sa.Text, nullable=False),
    )
    op.create_table(
        "named_agents",
        sa.Column("call_id", sa.String, primary_key=True),
        sa.Column("content_hash", sa.String, nullable=False),
        sa.Column("agent", sa.Integer, nullable=False),
    )
    op.create_table("imports", sa.Column("call_id", sa.String, primary_key=True), sa.Column("path", sa.Text, nullable=False))
