"""A call can carry the sentiment model's reading of its turns."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision: str | None = "0001"


def upgrade() -> None:
    """The track, beside what was heard; calls of before have none."""
    op.add_column("calls", sa.Column("track", sa.Text))
