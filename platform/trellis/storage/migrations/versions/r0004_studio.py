"""What people change in the Studio before it is published, and what releases remember of it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TEXT = sa.TEXT()
LONG = sa.BIGINT().with_variant(sa.INTEGER(), "sqlite")


def upgrade() -> None:
    """Add the tables and columns; what is there stays as it is."""
    op.add_column("ledger", sa.Column("former", TEXT, server_default="[]", nullable=False))
    op.add_column("release", sa.Column("plan", TEXT, nullable=True))
    op.add_column("release", sa.Column("restored", LONG, nullable=True))
    _draft()
    op.create_table(
        "quarantine",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("release", LONG, nullable=False),
        sa.Column("entity", TEXT, nullable=False),
        sa.Column("field", TEXT, nullable=False),
        sa.Column("record", TEXT, nullable=False),
        sa.Column("value", TEXT, nullable=False),
        sa.Column("at", LONG, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index("quarantine_of_field", "quarantine", ["entity", "field"])
    op.create_table(
        "data_migration",
        sa.Column("pack", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("checksum", TEXT, nullable=False),
        sa.Column("release", LONG, nullable=False),
        sa.Column("at", LONG, nullable=False),
        sa.PrimaryKeyConstraint("pack", "id"),
        sqlite_strict=True,
    )


def _draft() -> None:
    op.create_table(
        "draft_document",
        sa.Column("document", TEXT, nullable=False),
        sa.Column("body", TEXT, nullable=True),
        sa.Column("base_hash", TEXT, nullable=False),
        sa.Column("version", LONG, nullable=False),
        sa.Column("revision", LONG, nullable=False),
        sa.Column("created_by", TEXT, nullable=False),
        sa.Column("updated_by", TEXT, nullable=False),
        sa.Column("updated_at", LONG, nullable=False),
        sa.PrimaryKeyConstraint("document"),
        sqlite_strict=True,
    )
    op.create_table(
        "draft_revision",
        sa.Column("document", TEXT, nullable=False),
        sa.Column("number", LONG, nullable=False),
        sa.Column("body", TEXT, nullable=True),
        sa.Column("at", LONG, nullable=False),
        sa.Column("by", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("document", "number"),
        sqlite_strict=True,
    )
