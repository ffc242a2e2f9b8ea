"""The normalised values by which records are compared, one row for each record and rule.

`claim` is the key again where no second record may have it; the index over it holds when two writers come at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from trellis.storage.connection import Connection, prepare
from trellis.storage.lists import numbered, rounded
from trellis.storage.statements import Statements
from trellis.storage.system import SystemTables, system_statement, system_tables

MOST = 6
"""How many records with a key are found; people look at a few."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One record under one rule."""

    rule: str
    record: str
    key: str
    claim: str | None = None


async def holders(connection: Connection, statements: Statements, keys: Sequence[str]) -> dict[str, list[str]]:
    """The first records that have each of the keys."""
    padded = rounded(list(dict.fromkeys(keys)))
    prepared = statements.get(
        ("duplicate keys", len(padded)),
        lambda: prepare(_holders(system_tables(connection.schema), len(padded)), connection.dialect),
    )
    found: dict[str, list[str]] = {}
    for key, record in await connection.fetch(prepared, numbered("key", padded)):
        found.setdefault(key, []).append(record)
    return found


def _holders(tables: SystemTables, count: int) -> sa.Select[tuple[str, str]]:
    table = tables.duplicate_key
    place = sa.func.row_number().over(partition_by=table.c.key, order_by=table.c.record).label("place")
    wanted = table.c.key.in_([sa.bindparam(f"key{number}", type_=sa.TEXT) for number in range(count)])
    ranked = sa.select(table.c.key, table.c.record, place).where(wanted).subquery()
    most = sa.literal_column(str(MOST), sa.Integer)
    return sa.select(ranked.c.key, ranked.c.record).where(ranked.c.place <= most).order_by(ranked.c.record)


async def keep(connection: Connection, rows: Sequence[Kept]) -> None:
    """Add rows; raises UniqueViolation when another writer was faster with a claim."""
    values = [_row(row) for row in sorted(rows, key=lambda row: row.key)]
    if len(values) == 1:
        await connection.execute_later(_keep(connection), values[0])
    elif values:
        await connection.execute_many(_keep(connection), values)


async def drop(connection: Connection, rows: Sequence[Kept]) -> None:
    """Remove rows by rule and record, before others may take their place."""
    values: list[dict[str, object]] = [{"of_rule": row.rule, "of_record": row.record} for row in rows]
    if len(values) == 1:
        await connection.execute(_drop(connection), values[0])
    elif values:
        await connection.execute_many(_drop(connection), values)


async def drop_rules(connection: Connection, rules: Sequence[str]) -> None:
    """Remove all rows of rules that are no longer in force."""
    for rule in rules:
        await connection.execute(_drop_rule(connection), {"of_rule": rule})


async def has_keys(connection: Connection, rule: str) -> bool:
    """Whether any record has a key under a rule."""
    return bool(await connection.fetch(_any_key(connection), {"of_rule": rule}))


async def keep_unclaimed(connection: Connection, rows: Sequence[Kept]) -> None:
    """Add rows or put them in the place of those of the same rule and record, all without a claim."""
    values: list[dict[str, object]] = [
        {"rule": row.rule, "record": row.record, "key": row.key} for row in sorted(rows, key=lambda row: row.record)
    ]
    if values:
        await connection.execute_many(_keep_unclaimed(connection), values)


async def give_claims(connection: Connection, rule: str, after: str, most: int) -> str | None:
    """Give free claims on keys of a rule to the first records that have them, of those behind `after`; None at the end."""
    rows = await connection.fetch(_give_claims(connection), {"of_rule": rule, "after": after, "most": most})
    return max(record for (record,) in rows) if rows else None


def _row(kept: Kept) -> dict[str, object]:
    return {"rule": kept.rule, "record": kept.record, "key": kept.key, "claim": kept.claim}


@system_statement
def _keep(tables: SystemTables) -> sa.Executable:
    table = tables.duplicate_key
    return sa.insert(table).values({column.name: sa.bindparam(column.name, type_=sa.TEXT) for column in table.c})


@system_statement
def _drop(tables: SystemTables) -> sa.Executable:
    table = tables.duplicate_key
    rule, record = sa.bindparam("of_rule", type_=sa.TEXT), sa.bindparam("of_record", type_=sa.TEXT)
    return sa.delete(table).where(table.c.rule == rule, table.c.record == record)


@system_statement
def _drop_rule(tables: SystemTables) -> sa.Executable:
    table = tables.duplicate_key
    return sa.delete(table).where(table.c.rule == sa.bindparam("of_rule", type_=sa.TEXT))


@system_statement
def _any_key(tables: SystemTables) -> sa.Executable:
    table = tables.duplicate_key
    found: sa.Select[Any] = sa.select(sa.literal_column("1"))
    found = found.where(table.c.rule == sa.bindparam("of_rule", type_=sa.TEXT))
    return found.limit(sa.literal_column("1"))


@system_statement
def _keep_unclaimed(tables: SystemTables) -> sa.Executable:
    table = tables.duplicate_key
    row = {name: sa.bindparam(name, type_=sa.TEXT) for name in ("rule", "record", "key")}
    new = insert(table).values(row)
    changed = {"key": new.excluded.key, "claim": sa.null()}
    return new.on_conflict_do_update(index_elements=[table.c.rule, table.c.record], set_=changed)


@system_statement
def _give_claims(tables: SystemTables) -> sa.Executable:
    table, rule = tables.duplicate_key, sa.bindparam("of_rule", type_=sa.TEXT)
    free, others, holders = (table.alias(name) for name in ("free", "others", "holders"))
    first = sa.select(sa.func.min(others.c.record)).where(others.c.key == free.c.key).scalar_subquery()
    taken = sa.select(sa.literal_column("1")).where(holders.c.claim == free.c.key).correlate(free).exists()
    behind = free.c.record > sa.bindparam("after", type_=sa.TEXT)
    found = sa.select(free.c.record).where(
        free.c.rule == rule, free.c.claim.is_(None), behind, free.c.record == first, ~taken
    )
    some = found.order_by(free.c.record).limit(sa.bindparam("most", type_=sa.Integer)).scalar_subquery()
    given = sa.update(table).where(table.c.rule == rule, table.c.record.in_(some)).values(claim=table.c.key)
    return given.returning(table.c.record)
