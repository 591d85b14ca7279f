"""A record of what was removed; calls found by their content; the same order in every database."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision: str | None = "0002"

#: The columns that results are sorted by. Left alone, PostgreSQL sorts them by the rules of its server's language.
SORTED = (("calls", "call_id"), ("calls", "started_at"), ("quarantine", "call_id"))


def upgrade() -> None:
    """Removals, an index by content, and byte order for what is sorted."""
    op.create_table(
        "removals",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("removed_at", sa.String, nullable=False),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("call_id", sa.String, nullable=False),
        sa.Column("content_hash", sa.String),
        sa.Column("parts", sa.String, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_index("removals_by_content", "removals", ["content_hash"])
    op.create_index("calls_by_content", "calls", ["content_hash"])
    if op.get_bind().dialect.name == "postgresql":
        for table, column in SORTED:
            op.alter_column(table, column, type_=sa.String(collation="C"))
