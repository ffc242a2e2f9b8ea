"""The keys by which duplicates are found, and how many imported rows had a warning."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TEXT = sa.TEXT()
LONG = sa.BIGINT().with_variant(sa.INTEGER(), "sqlite")


def upgrade() -> None:
    """Add them."""
    op.create_table(
        "duplicate_key",
        sa.Column("rule", TEXT, nullable=False),
        sa.Column("record", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("claim", TEXT, nullable=True),
        sa.PrimaryKeyConstraint("rule", "record"),
        sqlite_strict=True,
    )
    op.create_index("duplicate_key_by_key", "duplicate_key", ["key", "record"])
    claimed = sa.text("claim IS NOT NULL")
    op.create_index(
        "duplicate_key_by_claim",
        "duplicate_key",
        ["claim"],
        unique=True,
        sqlite_where=claimed,
        postgresql_where=claimed,
    )
    op.add_column("import_run", sa.Column("warned", LONG, server_default="0", nullable=False))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("import_run", "warned")
    op.drop_table("duplicate_key")
