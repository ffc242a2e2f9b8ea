"""What is done later, and what must be done only once."""

import sqlalchemy as sa

from trellis.storage.fixed.columns import Parts, number, text


def _timer() -> list[sa.schema.SchemaItem]:
    return [
        text("id", key=True),
        text("kind"),
        text("key", null=True),
        text("payload"),
        number("due_at"),
        number("attempts", default="0"),
        number("max_attempts"),
        text("lease_owner", null=True),
        number("lease_until", null=True),
        text("state"),
        text("error", null=True),
        number("created_at"),
        sa.Index("timer_by_key", "key", unique=True),
        sa.Index("timer_due", "state", "due_at"),
    ]


def _idempotency() -> list[sa.schema.SchemaItem]:
    return [
        text("user", key=True),
        text("key", key=True),
        text("fingerprint"),
        number("status", null=True),
        text("body", null=True),
        number("created_at"),
        sa.Index("idempotency_by_age", "created_at"),
    ]


PARTS: Parts = {
    "timer": _timer,
    "idempotency": _idempotency,
}
