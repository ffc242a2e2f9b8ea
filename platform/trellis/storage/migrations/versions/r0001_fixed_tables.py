"""The fixed tables of a workspace."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TEXT = sa.TEXT()
LONG = sa.BIGINT().with_variant(sa.INTEGER(), "sqlite")


def upgrade() -> None:
    """Create all."""
    op.create_table(
        "counter",
        sa.Column("scope", TEXT, nullable=False),
        sa.Column("period", TEXT, nullable=False),
        sa.Column("value", LONG, nullable=False),
        sa.PrimaryKeyConstraint("scope", "period"),
        sqlite_strict=True,
    )
    op.create_table(
        "credential",
        sa.Column("user_id", TEXT, nullable=False),
        sa.Column("password_hash", TEXT, nullable=False),
        sa.Column("failed", LONG, server_default="0", nullable=False),
        sa.Column("locked_until", LONG, nullable=True),
        sa.Column("changed_at", LONG, nullable=False),
        sa.PrimaryKeyConstraint("user_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "document",
        sa.Column("hash", TEXT, nullable=False),
        sa.Column("body", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("hash"),
        sqlite_strict=True,
    )
    op.create_table(
        "history",
        sa.Column("seq", LONG, autoincrement=True, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("entity", TEXT, nullable=False),
        sa.Column("record", TEXT, nullable=False),
        sa.Column("action", TEXT, nullable=False),
        sa.Column("at", LONG, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("causation", TEXT, nullable=False),
        sa.Column("changes", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sqlite_strict=True,
    )
    op.create_index("history_of_record", "history", ["entity", "record", "seq"])
    op.create_table(
        "idempotency",
        sa.Column("user", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("fingerprint", TEXT, nullable=False),
        sa.Column("status", LONG, nullable=True),
        sa.Column("body", TEXT, nullable=True),
        sa.Column("created_at", LONG, nullable=False),
        sa.PrimaryKeyConstraint("user", "key"),
        sqlite_strict=True,
    )
    op.create_index("idempotency_by_age", "idempotency", ["created_at"])
    op.create_table(
        "import_run",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("entity", TEXT, nullable=False),
        sa.Column("file_name", TEXT, nullable=False),
        sa.Column("file_hash", TEXT, nullable=False),
        sa.Column("mapping", TEXT, nullable=False),
        sa.Column("options", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("total", LONG, nullable=True),
        sa.Column("position", LONG, server_default="0", nullable=False),
        sa.Column("created", LONG, server_default="0", nullable=False),
        sa.Column("updated", LONG, server_default="0", nullable=False),
        sa.Column("unchanged", LONG, server_default="0", nullable=False),
        sa.Column("rejected", LONG, server_default="0", nullable=False),
        sa.Column("error", TEXT, nullable=True),
        sa.Column("reject_file", TEXT, nullable=True),
        sa.Column("created_at", LONG, nullable=False),
        sa.Column("finished_at", LONG, nullable=True),
        sa.Column("actor", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index("import_run_by_age", "import_run", ["created_at"])
    op.create_table(
        "ledger",
        sa.Column("uid", LONG, autoincrement=False, nullable=False),
        sa.Column("path", TEXT, nullable=False),
        sa.Column("physical", TEXT, nullable=False),
        sa.Column("signature", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("retired", LONG, nullable=True),
        sa.PrimaryKeyConstraint("uid"),
        sqlite_strict=True,
    )
    op.create_table(
        "pointer",
        sa.Column("id", LONG, autoincrement=False, nullable=False),
        sa.Column("release", LONG, autoincrement=False, nullable=False),
        sa.CheckConstraint("id = 1", name="pointer_is_one"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_table(
        "preference",
        sa.Column("user_id", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("value", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "key"),
        sqlite_strict=True,
    )
    op.create_table(
        "release",
        sa.Column("number", LONG, autoincrement=False, nullable=False),
        sa.Column("base", LONG, nullable=False),
        sa.Column("hash", TEXT, nullable=False),
        sa.Column("created_at", LONG, nullable=False),
        sa.Column("created_by", TEXT, nullable=False),
        sa.Column("note", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sqlite_strict=True,
    )
    op.create_table(
        "role_assignment",
        sa.Column("user_id", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "role"),
        sqlite_strict=True,
    )
    op.create_table(
        "session",
        sa.Column("token_hash", TEXT, nullable=False),
        sa.Column("user_id", TEXT, nullable=False),
        sa.Column("created_at", LONG, nullable=False),
        sa.Column("seen_at", LONG, nullable=False),
        sa.Column("expires_at", LONG, nullable=False),
        sa.Column("agent", TEXT, nullable=False),
        sa.Column("data", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("token_hash"),
        sqlite_strict=True,
    )
    op.create_index("session_of_user", "session", ["user_id"])
    op.create_table(
        "setting",
        sa.Column("key", TEXT, nullable=False),
        sa.Column("value", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("key"),
        sqlite_strict=True,
    )
    op.create_table(
        "timer",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=True),
        sa.Column("payload", TEXT, nullable=False),
        sa.Column("due_at", LONG, nullable=False),
        sa.Column("attempts", LONG, server_default="0", nullable=False),
        sa.Column("max_attempts", LONG, nullable=False),
        sa.Column("lease_owner", TEXT, nullable=True),
        sa.Column("lease_until", LONG, nullable=True),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("error", TEXT, nullable=True),
        sa.Column("created_at", LONG, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index("timer_by_key", "timer", ["key"], unique=True)
    op.create_index("timer_due", "timer", ["state", "due_at"])
    op.create_table(
        "token",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("user_id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("hash", TEXT, nullable=False),
        sa.Column("prefix", TEXT, nullable=False),
        sa.Column("created_at", LONG, nullable=False),
        sa.Column("expires_at", LONG, nullable=True),
        sa.Column("last_used_at", LONG, nullable=True),
        sa.Column("revoked_at", LONG, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index("token_by_hash", "token", ["hash"], unique=True)
    op.create_index("token_of_user", "token", ["user_id"])
    op.create_table(
        "release_document",
        sa.Column("release", LONG, autoincrement=False, nullable=False),
        sa.Column("place", LONG, autoincrement=False, nullable=False),
        sa.Column("document", TEXT, nullable=False),
        sa.Column("hash", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["hash"], ["document.hash"], name="release_document_hash"),
        sa.ForeignKeyConstraint(["release"], ["release.number"], name="release_document_release"),
        sa.PrimaryKeyConstraint("release", "place"),
        sqlite_strict=True,
    )


def downgrade() -> None:
    """Drop all."""
    for table in (
        "release_document",
        "token",
        "timer",
        "setting",
        "session",
        "role_assignment",
        "release",
        "preference",
        "pointer",
        "ledger",
        "import_run",
        "idempotency",
        "history",
        "document",
        "credential",
        "counter",
    ):
        op.drop_table(table)
