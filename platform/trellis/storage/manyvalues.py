"""Fields with several values: their side tables as one JSON column, so that a list needs no further query."""

from typing import Any

import msgspec
import sqlalchemy as sa

from trellis.engine.access import Access
from trellis.metadata.documents import Level
from trellis.storage.connection import POSTGRESQL
from trellis.storage.sources import Sources, title_path
from trellis.storage.tables import Tables

_read = msgspec.json.Decoder(list[Any]).decode


def side_values(side: sa.Table, record: sa.ColumnElement[Any], dialect: str) -> sa.ColumnElement[Any]:
    """The values of a record in their order, as JSON text."""
    rows = side.alias()
    if dialect == POSTGRESQL:
        value = sa.func.json_agg(sa.cast(rows.c.value, sa.Text).op("ORDER BY")(rows.c.position))
        return sa.select(sa.cast(value, sa.Text)).where(rows.c.record == record).scalar_subquery()
    ordered = _of_record(sa.select(rows.c.value), rows, record)
    return sa.select(sa.func.json_group_array(ordered.c.value)).scalar_subquery()


def side_labels(
    tables: Tables, access: Access, side: sa.Table, record: sa.ColumnElement[Any], target: str
) -> sa.ColumnElement[Any]:
    """Pairs of id and title of the linked records in their order, as JSON text; a title one may not read is null."""
    rows = side.alias()
    linked = Sources.of(tables, access, target, "linked")
    title = _title(tables, access, linked, target)
    on = linked.base.columns["id"] == rows.c.value
    base = rows.outerjoin(linked.from_clause(), on)
    if tables.dialect == POSTGRESQL:
        pair = sa.func.json_build_array(sa.cast(rows.c.value, sa.Text), title)
        value = sa.func.json_agg(pair.op("ORDER BY")(rows.c.position))
        return sa.select(sa.cast(value, sa.Text)).select_from(base).where(rows.c.record == record).scalar_subquery()
    pairs = sa.func.json_array(rows.c.value, title).label("pair")
    ordered = _of_record(sa.select(pairs).select_from(base), rows, record)
    return sa.select(sa.func.json_group_array(sa.func.json(ordered.c.pair))).scalar_subquery()


def _of_record(statement: sa.Select[Any], rows: sa.FromClause, record: sa.ColumnElement[Any]) -> sa.Subquery:
    """The rows that belong to the record of the statement around, in their order."""
    around: sa.FromClause = record.table
    return statement.where(rows.c.record == record).order_by(rows.c.position).correlate(around).subquery()


def _title(tables: Tables, access: Access, linked: Sources, target: str) -> sa.ColumnElement[Any]:
    path = ".".join(title_path(tables.snapshot, tables.snapshot.entity(target)))
    field = tables.snapshot.field_at(target, path)
    if field is None or not access.allows(target, "read") or access.highest(field.entity, field.key) < Level.READ:
        return sa.null()
    return linked.at(path)[0]


def list_decoder(form: str) -> Any:
    """Reads a JSON list of values: a list for the API, a tuple in the domain."""
    if form == "json":
        return lambda text: [] if text is None else _read(text)
    return lambda text: () if text is None else tuple(_read(text))


def pairs_decoder(text: Any) -> list[tuple[str, str | None]]:
    """Reads a JSON list of pairs of id and title."""
    return [] if text is None else [(identity, title) for identity, title in _read(text)]
