"""What stored values say about a change before it is made: how many there are, how many are missing, doubled or in use."""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from trellis.metadata.indexes import IndexShape
from trellis.metadata.shape import ColumnShape, SideShape
from trellis.metadata.storagekinds import ColumnKind, DateTimeKind, IdKind, TextKind
from trellis.storage.codecs import decoder
from trellis.storage.columntypes import column_type
from trellis.storage.connection import NOTHING, Connection, prepare
from trellis.storage.lists import numbered
from trellis.storage.tables import side_table

Place = ColumnShape | SideShape
_ID = ColumnShape("id", IdKind())
_DELETED = ColumnShape("deleted_at", DateTimeKind())


async def rows(connection: Connection, table: str) -> int:
    """All rows of a table, those in the bin included."""
    return await _count(connection, sa.select(sa.func.count()).select_from(_table(connection, table, [])))


async def filled(connection: Connection, table: str, place: Place) -> int:
    """The records that have a value in a column, or any in a side table."""
    source = _table(connection, table, [_ID, *_columns(place)])
    return await _count(connection, _counting(source).where(_holds(connection, source, place)))


async def blanks(connection: Connection, table: str, place: Place, *, with_bin: bool = False) -> int:
    """The records that have no value in a place; those of an entity `with_bin` count only if they are not in it."""
    source = _table(connection, table, [_ID, *_columns(place), *([_DELETED] if with_bin else [])])
    wanted = _counting(source).where(sa.not_(_holds(connection, source, place)))
    return await _count(connection, wanted.where(source.c.deleted_at.is_(None)) if with_bin else wanted)


async def doubles(
    connection: Connection, index: IndexShape, kinds: Sequence[ColumnKind] = (), limit: int = 5
) -> tuple[int, tuple[str, ...]]:
    """How many groups of records have equal values where an index wants them to be unique, and some of these values.

    `kinds` are those of the columns of the index, to tell values as they are.
    """
    known = list(kinds) or [TextKind()] * len(index.columns)
    names = [column.name for column in index.columns]
    rules = [ColumnShape(rule.column, DateTimeKind()) for rule in index.where if rule.column not in names]
    own = [ColumnShape(name, kind) for name, kind in zip(names, known, strict=True)]
    source = _table(connection, index.table, [*own, *rules])
    held = [
        source.c[rule.column].is_(None) if rule.blank else source.c[rule.column].is_not(None) for rule in index.where
    ]
    columns = [source.c[name] for name in names]
    groups = sa.select(*columns, sa.func.count().label("times")).where(*held, *(one.is_not(None) for one in columns))
    groups = groups.group_by(*columns).having(sa.func.count() > sa.literal_column("1"))
    found = groups.subquery("g")
    wanted = sa.select(*(found.c[name] for name in names), sa.func.count().over()).order_by(found.c.times.desc())
    samples = await connection.fetch(prepare(wanted.limit(sa.literal_column(str(int(limit)))), connection.dialect))
    readers = [decoder(kind, connection.dialect) for kind in known]
    texts = tuple(_told(row[: len(names)], readers) for row in samples)
    return (int(samples[0][-1]) if samples else 0), texts


def _told(values: Iterable[Any], readers: Iterable[Any]) -> str:
    return ", ".join(str(read(value) if read else value) for value, read in zip(values, readers, strict=True))


async def option_uses(connection: Connection, table: str, place: Place, options: Sequence[str]) -> int:
    """The records that have one of some options, alone or among others, those in the bin included."""
    kept = column_type(place.kind, connection.dialect)
    asked = [sa.bindparam(f"option{number}", type_=kept) for number in range(len(options))]
    params = numbered("option", list(options))
    if isinstance(place, SideShape):
        side = side_table(place.table, place.kind, connection.schema, connection.dialect)
        records = sa.select(sa.func.count(sa.distinct(side.c.record))).where(side.c.value.in_(asked))
        return await _count(connection, records, params)
    source = _table(connection, table, [place])
    return await _count(connection, _counting(source).where(source.c[place.name].in_(asked)), params)


async def references(connection: Connection, table: str, places: Sequence[Place]) -> int:
    """The records that link to others through any of these places."""
    source = _table(connection, table, [_ID, *(column for place in places for column in _columns(place))])
    held = [_holds(connection, source, place) for place in places]
    return await _count(connection, _counting(source).where(sa.or_(sa.false(), *held)))


def _columns(place: Place) -> list[ColumnShape]:
    return [place] if isinstance(place, ColumnShape) else []


def _holds(connection: Connection, source: sa.TableClause, place: Place) -> sa.ColumnElement[bool]:
    if isinstance(place, ColumnShape):
        return source.c[place.name].is_not(None)
    side = side_table(place.table, place.kind, connection.schema, connection.dialect)
    return sa.exists().where(side.c.record == source.c.id).correlate(source)


def _counting(source: sa.FromClause) -> sa.Select[Any]:
    return sa.select(sa.func.count()).select_from(source)


def _table(connection: Connection, name: str, columns: Iterable[ColumnShape]) -> sa.TableClause:
    kinds = {column.name: column.kind for column in columns}
    own = [sa.column(column, column_type(kind, connection.dialect)) for column, kind in kinds.items()]
    return sa.table(name, *own, schema=connection.schema)


async def _count(connection: Connection, wanted: sa.Select[Any], params: Any = NOTHING) -> int:
    return int((await connection.fetch(prepare(wanted, connection.dialect), params))[0][0])
