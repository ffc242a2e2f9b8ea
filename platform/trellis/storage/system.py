"""The fixed tables of every workspace. Moments are milliseconds since 1970 (UTC), ids and JSON are text.

A change here needs a revision in `migrations/versions`; a test compares both.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cache

import sqlalchemy as sa

from trellis.storage.connection import Connection, Prepared, prepare


@dataclass(frozen=True, slots=True)
class SystemTables:
    """One SQLAlchemy table for each fixed table of a workspace."""

    release: sa.Table
    release_document: sa.Table
    document: sa.Table
    pointer: sa.Table
    ledger: sa.Table
    history: sa.Table
    credential: sa.Table
    session: sa.Table
    token: sa.Table
    role_assignment: sa.Table
    timer: sa.Table
    idempotency: sa.Table
    counter: sa.Table
    duplicate_key: sa.Table
    import_run: sa.Table
    preference: sa.Table
    setting: sa.Table
    stale: sa.Table
    draft_document: sa.Table
    draft_revision: sa.Table
    quarantine: sa.Table
    data_migration: sa.Table

    @property
    def schema(self) -> sa.MetaData:
        """All of them together."""
        return self.release.metadata


@cache
def system_tables(schema: str | None) -> SystemTables:
    """The fixed tables in a schema; None on SQLite."""
    all_tables = sa.MetaData(schema=schema)
    return SystemTables(**{item.name: _table(item.name, all_tables) for item in fields(SystemTables)})


def system_statement(
    build: Callable[[SystemTables], sa.Executable],
) -> Callable[[Connection], Prepared]:
    """A statement over the fixed tables, compiled once for each schema and ready for a connection to it."""

    @cache
    def compiled(schema: str | None, dialect: str) -> Prepared:
        return prepare(build(system_tables(schema)), dialect)

    return lambda connection: compiled(connection.schema, connection.dialect)


def _table(name: str, all_tables: sa.MetaData) -> sa.Table:
    return sa.Table(name, all_tables, *_PARTS[name](), sqlite_strict=True)


def _text(name: str, *, key: bool = False, null: bool = False, default: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.TEXT, primary_key=key, nullable=null, server_default=default)


def _number(name: str, *, key: bool = False, null: bool = False, default: str | None = None) -> sa.Column[int]:
    return sa.Column(name, _LONG, primary_key=key, nullable=null, autoincrement=False, server_default=default)


# SQLite's STRICT tables know INTEGER only, and make a row number of an INTEGER PRIMARY KEY only.
_LONG = sa.BIGINT().with_variant(sa.INTEGER(), "sqlite")


def _release() -> list[sa.schema.SchemaItem]:
    return [
        _number("number", key=True),
        _number("base"),
        _text("hash"),
        _number("created_at"),
        _text("created_by"),
        _text("note"),
        _text("kind"),
        _text("plan", null=True),
        _number("restored", null=True),
    ]


def _release_document() -> list[sa.schema.SchemaItem]:
    return [
        _number("release", key=True),
        _number("place", key=True),
        _text("document"),
        _text("hash"),
        sa.ForeignKeyConstraint(["release"], ["release.number"], name="release_document_release"),
        sa.ForeignKeyConstraint(["hash"], ["document.hash"], name="release_document_hash"),
    ]


def _document() -> list[sa.schema.SchemaItem]:
    return [_text("hash", key=True), _text("body")]


def _pointer() -> list[sa.schema.SchemaItem]:
    return [_number("id", key=True), _number("release"), sa.CheckConstraint("id = 1", name="pointer_is_one")]


def _ledger() -> list[sa.schema.SchemaItem]:
    return [
        _number("uid", key=True),
        _text("path"),
        _text("physical"),
        _text("signature"),
        _text("state"),
        _number("retired", null=True),
        _text("former", default="[]"),
    ]


def _history() -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("seq", _LONG, primary_key=True, autoincrement=True),
        _text("id"),
        _text("entity"),
        _text("record"),
        _text("action"),
        _number("at"),
        _text("actor"),
        _text("causation"),
        _text("changes"),
        sa.Index("history_of_record", "entity", "record", "seq"),
    ]


def _credential() -> list[sa.schema.SchemaItem]:
    return [
        _text("user_id", key=True),
        _text("password_hash"),
        _number("failed", default="0"),
        _number("locked_until", null=True),
        _number("changed_at"),
    ]


def _session() -> list[sa.schema.SchemaItem]:
    return [
        _text("token_hash", key=True),
        _text("user_id"),
        _number("created_at"),
        _number("seen_at"),
        _number("expires_at"),
        _text("agent"),
        _text("data"),
        sa.Index("session_of_user", "user_id"),
    ]


def _token() -> list[sa.schema.SchemaItem]:
    return [
        _text("id", key=True),
        _text("user_id"),
        _text("name"),
        _text("hash"),
        _text("prefix"),
        _number("created_at"),
        _number("expires_at", null=True),
        _number("last_used_at", null=True),
        _number("revoked_at", null=True),
        sa.Index("token_by_hash", "hash", unique=True),
        sa.Index("token_of_user", "user_id"),
    ]


def _role_assignment() -> list[sa.schema.SchemaItem]:
    return [_text("user_id", key=True), _text("role", key=True)]


def _timer() -> list[sa.schema.SchemaItem]:
    return [
        _text("id", key=True),
        _text("kind"),
        _text("key", null=True),
        _text("payload"),
        _number("due_at"),
        _number("attempts", default="0"),
        _number("max_attempts"),
        _text("lease_owner", null=True),
        _number("lease_until", null=True),
        _text("state"),
        _text("error", null=True),
        _number("created_at"),
        sa.Index("timer_by_key", "key", unique=True),
        sa.Index("timer_due", "state", "due_at"),
    ]


def _idempotency() -> list[sa.schema.SchemaItem]:
    return [
        _text("user", key=True),
        _text("key", key=True),
        _text("fingerprint"),
        _number("status", null=True),
        _text("body", null=True),
        _number("created_at"),
        sa.Index("idempotency_by_age", "created_at"),
    ]


def _counter() -> list[sa.schema.SchemaItem]:
    return [_text("scope", key=True), _text("period", key=True), _number("value")]


_CLAIMED = sa.text("claim IS NOT NULL")


def _duplicate_key() -> list[sa.schema.SchemaItem]:
    return [
        _text("rule", key=True),
        _text("record", key=True),
        _text("key"),
        _text("claim", null=True),
        sa.Index("duplicate_key_by_key", "key", "record"),
        sa.Index("duplicate_key_by_claim", "claim", unique=True, sqlite_where=_CLAIMED, postgresql_where=_CLAIMED),
    ]


def _import_run() -> list[sa.schema.SchemaItem]:
    counts = ("position", "created", "updated", "unchanged", "rejected", "warned")
    return [
        _text("id", key=True),
        _text("entity"),
        _text("file_name"),
        _text("file_hash"),
        _text("mapping"),
        _text("options"),
        _text("state"),
        _number("total", null=True),
        *(_number(name, default="0") for name in counts),
        _text("error", null=True),
        _text("reject_file", null=True),
        _number("created_at"),
        _number("finished_at", null=True),
        _text("actor"),
        sa.Index("import_run_by_age", "created_at"),
    ]


def _preference() -> list[sa.schema.SchemaItem]:
    return [_text("user_id", key=True), _text("key", key=True), _text("value")]


def _stale() -> list[sa.schema.SchemaItem]:
    return [
        _text("id", key=True),
        _text("entity"),
        _text("keys"),
        _text("cause", null=True),
        _text("after", null=True),
        _number("done", default="0"),
        _number("since"),
    ]


def _setting() -> list[sa.schema.SchemaItem]:
    return [_text("key", key=True), _text("value")]


def _draft_document() -> list[sa.schema.SchemaItem]:
    return [
        _text("document", key=True),
        _text("body", null=True),
        _text("base_hash"),
        _number("version"),
        _number("revision"),
        _text("created_by"),
        _text("updated_by"),
        _number("updated_at"),
    ]


def _draft_revision() -> list[sa.schema.SchemaItem]:
    return [
        _text("document", key=True),
        _number("number", key=True),
        _text("body", null=True),
        _number("at"),
        _text("by"),
    ]


def _quarantine() -> list[sa.schema.SchemaItem]:
    return [
        _text("id", key=True),
        _number("release"),
        _text("entity"),
        _text("field"),
        _text("record"),
        _text("value"),
        _number("at"),
        sa.Index("quarantine_of_field", "entity", "field"),
    ]


def _data_migration() -> list[sa.schema.SchemaItem]:
    return [_text("pack", key=True), _text("id", key=True), _text("checksum"), _number("release"), _number("at")]


_PARTS: dict[str, Callable[[], list[sa.schema.SchemaItem]]] = {
    "release": _release,
    "release_document": _release_document,
    "document": _document,
    "pointer": _pointer,
    "ledger": _ledger,
    "history": _history,
    "credential": _credential,
    "session": _session,
    "token": _token,
    "role_assignment": _role_assignment,
    "timer": _timer,
    "idempotency": _idempotency,
    "counter": _counter,
    "duplicate_key": _duplicate_key,
    "import_run": _import_run,
    "preference": _preference,
    "setting": _setting,
    "stale": _stale,
    "draft_document": _draft_document,
    "draft_revision": _draft_revision,
    "quarantine": _quarantine,
    "data_migration": _data_migration,
}
