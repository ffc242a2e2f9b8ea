"""The log of who did what, and the chain that shows when it was touched."""

import sqlalchemy as sa

from trellis.storage.fixed.columns import Parts, number, running, text


def _audit() -> list[sa.schema.SchemaItem]:
    return [
        running("seq"),
        text("id"),
        number("at"),
        text("kind"),
        text("actor"),
        text("impersonator", null=True),
        text("entity", null=True),
        text("record", null=True),
        text("address", null=True),
        text("detail"),
        sa.Index("audit_by_time", "at", "seq"),
        sa.Index("audit_by_actor", "actor", "at", "seq"),
        sa.Index("audit_by_kind", "kind", "at", "seq"),
        sa.Index("audit_by_entity", "entity", "at", "seq"),
        sa.Index("audit_of_record", "record", "at", "seq"),
        sa.Index("audit_by_address", "address", "at", "seq"),
    ]


def _audit_block() -> list[sa.schema.SchemaItem]:
    return [
        number("number", key=True),
        number("at"),
        text("source"),
        text("ranges"),
        number("count"),
        text("previous"),
        text("content"),
        text("hash"),
        text("tags"),
        number("changed_at", null=True),
        number("purged_at", null=True),
        text("seal", null=True),
    ]


PARTS: Parts = {
    "audit": _audit,
    "audit_block": _audit_block,
}
