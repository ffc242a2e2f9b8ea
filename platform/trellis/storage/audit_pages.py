"""Pages of the log, newest first: each part of a search is found by an index of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from trellis.storage.audit_blocks import AUDIT, COLUMNS, HISTORY, Row
from trellis.storage.connection import Connection, Prepared, prepare
from trellis.storage.system import system_tables

LAST = 2**62
UPDATE = "update"
KIND = {HISTORY: "action", AUDIT: "kind"}
"""In which column each table says what happened."""


Pairs = tuple[tuple[str, str], ...]
"""Columns with the values they must have."""


@dataclass(frozen=True, slots=True)
class Slice:
    """What is wanted of one table: all of `equal`, all of one of `any_of`, one of `kinds`, where they say anything.

    A record is named together with its entity, because history is indexed so.
    """

    source: str
    equal: Pairs = ()
    any_of: tuple[Pairs, ...] = ()
    kinds: tuple[str, ...] = ()
    since: int = -LAST
    before: tuple[int, int] = (LAST, LAST)
    """The moment and the number of the row before which it begins."""


_Branch = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Shape:
    """What makes the statement: the columns compared in each branch, and how many kinds are allowed in each."""

    source: str
    branches: tuple[_Branch, ...]
    kinds: int
    rare: bool


async def page(connection: Connection, wanted: Slice, limit: int) -> list[Row]:
    """The rows of one table, newest first."""
    branches, kinds = _branches(wanted)
    rare = wanted.source == HISTORY and bool(wanted.kinds) and UPDATE not in wanted.kinds
    shape = _Shape(wanted.source, tuple(tuple(branch) for branch in branches), len(kinds), rare)
    at, seq = wanted.before
    params: dict[str, object] = {"since": wanted.since, "at": at, "seq": seq, "limit": limit}
    params |= {f"kind{place}": kind for place, kind in enumerate(kinds)}
    for number, branch in enumerate(branches):
        params |= {f"{column}_{number}": value for column, value in branch.items()}
    rows = await connection.fetch(_statement(connection.schema, connection.dialect, shape), params)
    return _newest(wanted.source, rows, limit)


def _branches(wanted: Slice) -> tuple[list[Mapping[str, str]], tuple[str, ...]]:
    """One branch for each way to be found; kinds are branches themselves unless something narrower is."""
    equal, kind = dict(wanted.equal), KIND[wanted.source]
    if wanted.any_of:
        return [{**equal, **dict(pairs)} for pairs in wanted.any_of], wanted.kinds
    if wanted.kinds:
        return [{**equal, kind: value} for value in wanted.kinds], ()
    return [equal], ()


def _newest(source: str, rows: Sequence[Any], limit: int) -> list[Row]:
    at = COLUMNS[source].index("at")
    found = {row[0]: tuple(row) for row in rows}
    return sorted(found.values(), key=lambda row: (row[at], row[0]), reverse=True)[:limit]


@lru_cache(1_000)
def _statement(schema: str | None, dialect: str, shape: _Shape) -> Prepared:
    table = system_tables(schema).schema.tables[shape.source if schema is None else f"{schema}.{shape.source}"]
    parts = [_part(table, shape, number) for number in range(len(shape.branches))]
    if len(parts) == 1:
        return prepare(parts[0], dialect)
    return prepare(sa.union_all(*(sa.select(part.subquery()) for part in parts)), dialect)


def _part(table: sa.Table, shape: _Shape, number: int) -> sa.Select[Any]:
    moment = _moment(table, shape.branches[number])
    place = sa.tuple_(sa.bindparam("at", type_=sa.BIGINT), sa.bindparam("seq", type_=sa.BIGINT))
    conditions = [
        *(table.c[name] == sa.bindparam(f"{name}_{number}", type_=sa.TEXT) for name in shape.branches[number]),
        moment >= sa.bindparam("since", type_=sa.BIGINT),
        sa.tuple_(moment, table.c.seq) < place,
    ]
    if shape.kinds:
        kinds = [sa.bindparam(f"kind{one}", type_=sa.TEXT) for one in range(shape.kinds)]
        conditions.append(table.c[KIND[shape.source]].in_(kinds))
    if shape.rare:
        conditions.append(table.c.action != sa.literal_column(f"'{UPDATE}'"))
    columns = (table.c[name] for name in COLUMNS[shape.source])
    limit = sa.bindparam("limit", type_=sa.BIGINT)
    return sa.select(*columns).where(*conditions).order_by(moment.desc(), table.c.seq.desc()).limit(limit)


def _moment(table: sa.Table, branch: _Branch) -> sa.ColumnElement[int]:
    """When it was; for a record as a sum, or a planner reads in the order of time instead of sorting its few lines."""
    return table.c.at + sa.literal_column("0", sa.BIGINT) if "record" in branch else table.c.at
