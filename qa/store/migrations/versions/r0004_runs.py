"""Runs are on record, and files that have not changed need not be read to be known."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision: str | None = "0003"


def upgrade() -> None:
    """The two tables, empty."""
    op.create_table(
        "runs",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("started_at", sa.String, nullable=False),
        sa.Column("ended_at", sa.String),
        sa.Column("outcome", sa.String, nullable=False),
        sa.Column("record", sa.Text, nullable=False),
    )
    op.create_table(
        "files",
        sa.Column("path", sa.Text, primary_key=True),
        sa.Column("stamp", sa.String, nullable=False),
        sa.Column("content_hash", sa.String, nullable=False),
    )
