"""The few kinds of columns that fixed tables have. Moments are milliseconds since 1970 (UTC), ids and JSON are text."""

from collections.abc import Callable, Mapping

import sqlalchemy as sa

Parts = Mapping[str, Callable[[], list[sa.schema.SchemaItem]]]

# SQLite's STRICT tables know INTEGER only, and make a row number of an INTEGER PRIMARY KEY only.
LONG = sa.BIGINT().with_variant(sa.INTEGER(), "sqlite")
RECORD = sa.TEXT().with_variant(sa.Uuid(as_uuid=False), "postgresql")


def text(name: str, *, key: bool = False, null: bool = False, default: str | None = None) -> sa.Column[str]:
    """A text."""
    return sa.Column(name, sa.TEXT, primary_key=key, nullable=null, server_default=default)


def number(name: str, *, key: bool = False, null: bool = False, default: str | None = None) -> sa.Column[int]:
    """A whole number."""
    return sa.Column(name, LONG, primary_key=key, nullable=null, autoincrement=False, server_default=default)


def record(name: str, *, key: bool = False) -> sa.Column[str]:
    """The id of a record, of the same type as in the record's own table."""
    return sa.Column(name, RECORD, primary_key=key, nullable=False)


def running(name: str) -> sa.Column[int]:
    """A number that the database gives."""
    return sa.Column(name, LONG, primary_key=True, autoincrement=True)
