"""What belongs to records besides their own tables."""

import sqlalchemy as sa

from trellis.storage.fixed.columns import Parts, number, running, text

_CLAIMED = sa.text("claim IS NOT NULL")
_RARE = sa.text("action <> 'update'")


def _history() -> list[sa.schema.SchemaItem]:
    return [
        running("seq"),
        text("id"),
        text("entity"),
        text("record"),
        text("action"),
        number("at"),
        text("actor"),
        text("causation"),
        text("changes"),
        sa.Index("history_of_record", "entity", "record", "seq"),
        sa.Index("history_by_time", "at", "seq"),
        sa.Index("history_by_actor", "actor", "at", "seq"),
        sa.Index("history_by_entity", "entity", "at", "seq"),
        sa.Index("history_by_action", "action", "at", "seq", sqlite_where=_RARE, postgresql_where=_RARE),
    ]


def _counter() -> list[sa.schema.SchemaItem]:
    return [text("scope", key=True), text("period", key=True), number("value")]


def _duplicate_key() -> list[sa.schema.SchemaItem]:
    return [
        text("rule", key=True),
        text("record", key=True),
        text("key"),
        text("claim", null=True),
        sa.Index("duplicate_key_by_key", "key", "record"),
        sa.Index("duplicate_key_by_claim", "claim", unique=True, sqlite_where=_CLAIMED, postgresql_where=_CLAIMED),
    ]


def _stale() -> list[sa.schema.SchemaItem]:
    return [
        text("id", key=True),
        text("entity"),
        text("keys"),
        text("cause", null=True),
        text("after", null=True),
        number("done", default="0"),
        number("since"),
    ]


def _import_run() -> list[sa.schema.SchemaItem]:
    counts = ("position", "created", "updated", "unchanged", "rejected", "warned")
    return [
        text("id", key=True),
        text("entity"),
        text("file_name"),
        text("file_hash"),
        text("mapping"),
        text("options"),
        text("state"),
        number("total", null=True),
        *(number(name, default="0") for name in counts),
        text("error", null=True),
        text("reject_file", null=True),
        number("created_at"),
        number("finished_at", null=True),
        text("actor"),
        sa.Index("import_run_by_age", "created_at"),
    ]


PARTS: Parts = {
    "history": _history,
    "counter": _counter,
    "duplicate_key": _duplicate_key,
    "stale": _stale,
    "import_run": _import_run,
}
