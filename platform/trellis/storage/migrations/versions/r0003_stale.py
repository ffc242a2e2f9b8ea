"""Computed fields that wait to be worked out."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TEXT = sa.TEXT()
LONG = sa.BIGINT().with_variant(sa.INTEGER(), "sqlite")


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "stale",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("entity", TEXT, nullable=False),
        sa.Column("keys", TEXT, nullable=False),
        sa.Column("cause", TEXT, nullable=True),
        sa.Column("after", TEXT, nullable=True),
        sa.Column("done", LONG, server_default="0", nullable=False),
        sa.Column("since", LONG, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
