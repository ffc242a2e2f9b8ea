"""Accounts, sharing and the audit log."""

import sqlalchemy as sa
from alembic import op

from trellis.storage.migrations.guards import guards

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TEXT = sa.TEXT()
LONG = sa.BIGINT().with_variant(sa.INTEGER(), "sqlite")
RECORD = sa.TEXT().with_variant(sa.Uuid(as_uuid=False), "postgresql")


def upgrade() -> None:
    """Add the tables and columns; what is there stays as it is."""
    op.add_column("session", sa.Column("address", TEXT, nullable=True))
    op.add_column("session", sa.Column("method", TEXT, nullable=True))
    op.add_column("session", sa.Column("impersonator", TEXT, nullable=True))
    op.add_column("token", sa.Column("roles", TEXT, nullable=True))
    op.add_column("token", sa.Column("created_by", TEXT, nullable=True))
    op.add_column("token", sa.Column("method", TEXT, nullable=True))
    op.drop_column("credential", "failed")
    op.drop_column("credential", "locked_until")
    op.add_column("credential", sa.Column("must_change", LONG, server_default="0", nullable=False))
    _sharing()
    _accounts()
    _audit()
    for statement in guards(op.get_bind().dialect.name):
        op.execute(statement)


def _sharing() -> None:
    op.create_table(
        "team_tree",
        sa.Column("ancestor", RECORD, nullable=False),
        sa.Column("descendant", RECORD, nullable=False),
        sa.Column("depth", LONG, nullable=False),
        sa.PrimaryKeyConstraint("ancestor", "descendant"),
        sqlite_strict=True,
    )
    op.create_index("team_tree_upwards", "team_tree", ["descendant", "ancestor"])
    op.create_table(
        "reporting_line",
        sa.Column("manager", RECORD, nullable=False),
        sa.Column("report", RECORD, nullable=False),
        sa.Column("depth", LONG, nullable=False),
        sa.PrimaryKeyConstraint("manager", "report"),
        sqlite_strict=True,
    )
    op.create_index("reporting_line_upwards", "reporting_line", ["report", "manager"])
    op.create_table(
        "share",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("entity", TEXT, nullable=False),
        sa.Column("record", RECORD, nullable=False),
        sa.Column("grantee", TEXT, nullable=False),
        sa.Column("actions", LONG, nullable=False),
        sa.Column("part", TEXT, nullable=True),
        sa.Column("created_by", TEXT, nullable=False),
        sa.Column("created_at", LONG, nullable=False),
        sa.Column("expires_at", LONG, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index("share_by_grantee", "share", ["grantee", "entity", "record"])
    op.create_index("share_of_record", "share", ["entity", "record", "grantee"], unique=True)
    op.create_table(
        "handover",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("user_id", TEXT, nullable=True),
        sa.Column("request", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("total", LONG, server_default="0", nullable=False),
        sa.Column("done", LONG, server_default="0", nullable=False),
        sa.Column("error", TEXT, nullable=True),
        sa.Column("created_by", TEXT, nullable=False),
        sa.Column("created_at", LONG, nullable=False),
        sa.Column("finished_at", LONG, nullable=True),
        sa.Column("undone_by", TEXT, nullable=True),
        sa.Column("undone_at", LONG, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index("handover_by_age", "handover", ["created_at"])
    op.create_table(
        "handover_item",
        sa.Column("handover", TEXT, nullable=False),
        sa.Column("place", LONG, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("entity", TEXT, nullable=False),
        sa.Column("record", TEXT, nullable=False),
        sa.Column("before", TEXT, nullable=False),
        sa.Column("after", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("problem", TEXT, nullable=True),
        sa.PrimaryKeyConstraint("handover", "place"),
        sqlite_strict=True,
    )
    op.create_index("handover_item_by_state", "handover_item", ["handover", "state", "place"])


def _accounts() -> None:
    op.create_table(
        "token_use",
        sa.Column("token", TEXT, nullable=False),
        sa.Column("entity", TEXT, nullable=False),
        sa.Column("field", TEXT, nullable=False),
        sa.Column("wrote", LONG, nullable=False),
        sa.Column("used_on", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("token", "entity", "field", "wrote"),
        sqlite_strict=True,
    )
    op.create_index("token_use_of_entity", "token_use", ["entity", "field"])
    op.create_table(
        "account",
        sa.Column("user_id", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("created_at", LONG, nullable=False),
        sa.Column("created_by", TEXT, nullable=False),
        sa.Column("invited_at", LONG, nullable=True),
        sa.Column("signed_in_at", LONG, nullable=True),
        sa.Column("disabled_at", LONG, nullable=True),
        sa.Column("disabled_by", TEXT, nullable=True),
        sa.PrimaryKeyConstraint("user_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "account_link",
        sa.Column("token_hash", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("user_id", TEXT, nullable=False),
        sa.Column("created_by", TEXT, nullable=False),
        sa.Column("created_at", LONG, nullable=False),
        sa.Column("expires_at", LONG, nullable=False),
        sa.Column("used_at", LONG, nullable=True),
        sa.PrimaryKeyConstraint("token_hash"),
        sqlite_strict=True,
    )
    op.create_index("account_link_of_user", "account_link", ["user_id"])
    op.create_table(
        "attempt",
        sa.Column("key", TEXT, nullable=False),
        sa.Column("count", LONG, nullable=False),
        sa.Column("seen_at", LONG, nullable=False),
        sa.Column("locked_until", LONG, nullable=True),
        sa.PrimaryKeyConstraint("key"),
        sqlite_strict=True,
    )
    op.create_index("attempt_by_age", "attempt", ["seen_at"])
    op.create_table(
        "second_factor",
        sa.Column("user_id", TEXT, nullable=False),
        sa.Column("secret", TEXT, nullable=False),
        sa.Column("created_at", LONG, nullable=False),
        sa.Column("confirmed_at", LONG, nullable=True),
        sa.Column("last_step", LONG, server_default="0", nullable=False),
        sa.Column("failed", LONG, server_default="0", nullable=False),
        sa.Column("locked_until", LONG, nullable=True),
        sa.PrimaryKeyConstraint("user_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "recovery_code",
        sa.Column("user_id", TEXT, nullable=False),
        sa.Column("hash", TEXT, nullable=False),
        sa.Column("used_at", LONG, nullable=True),
        sa.PrimaryKeyConstraint("user_id", "hash"),
        sqlite_strict=True,
    )
    op.create_table(
        "identity",
        sa.Column("provider", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("user_id", TEXT, nullable=False),
        sa.Column("email", TEXT, nullable=False),
        sa.Column("created_at", LONG, nullable=False),
        sa.Column("signed_in_at", LONG, nullable=False),
        sa.PrimaryKeyConstraint("provider", "subject"),
        sqlite_strict=True,
    )
    op.create_index("identity_of_user", "identity", ["user_id"])
    op.create_table(
        "identity_provider",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("label", TEXT, nullable=False),
        sa.Column("issuer", TEXT, nullable=False),
        sa.Column("client_id", TEXT, nullable=False),
        sa.Column("client_secret", TEXT, nullable=False),
        sa.Column("options", TEXT, nullable=False),
        sa.Column("enabled", LONG, server_default="1", nullable=False),
        sa.Column("updated_at", LONG, nullable=False),
        sa.Column("updated_by", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("seq", LONG, autoincrement=True, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("at", LONG, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("impersonator", TEXT, nullable=True),
        sa.Column("entity", TEXT, nullable=True),
        sa.Column("record", TEXT, nullable=True),
        sa.Column("address", TEXT, nullable=True),
        sa.Column("detail", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sqlite_strict=True,
    )
    for name in ("actor", "kind", "entity", "address"):
        op.create_index(f"audit_by_{name}", "audit", [name, "at", "seq"])
    op.create_index("audit_by_time", "audit", ["at", "seq"])
    op.create_index("audit_of_record", "audit", ["record", "at", "seq"])
    op.create_index("history_by_time", "history", ["at", "seq"])
    op.create_index("history_by_actor", "history", ["actor", "at", "seq"])
    op.create_index("history_by_entity", "history", ["entity", "at", "seq"])
    rare = sa.text("action <> 'update'")
    op.create_index("history_by_action", "history", ["action", "at", "seq"], sqlite_where=rare, postgresql_where=rare)
    op.create_table(
        "audit_block",
        sa.Column("number", LONG, nullable=False),
        sa.Column("at", LONG, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("ranges", TEXT, nullable=False),
        sa.Column("count", LONG, nullable=False),
        sa.Column("previous", TEXT, nullable=False),
        sa.Column("content", TEXT, nullable=False),
        sa.Column("hash", TEXT, nullable=False),
        sa.Column("tags", TEXT, nullable=False),
        sa.Column("changed_at", LONG, nullable=True),
        sa.Column("purged_at", LONG, nullable=True),
        sa.Column("seal", TEXT, nullable=True),
        sa.PrimaryKeyConstraint("number"),
        sqlite_strict=True,
    )
