"""When a rule about duplicates is published, the records that are there already get their keys, in the same transaction."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from trellis.engine.normalization import fingerprint, rule_names
from trellis.metadata.snapshot import Snapshot
from trellis.storage.codecs import decoder
from trellis.storage.connection import Connection, prepare
from trellis.storage.duplicatekeys import Kept, drop_rules, keep
from trellis.storage.ledger import read_ledger
from trellis.storage.tables import EntityTable, Tables

CHUNK = 2_000


async def refill(connection: Connection, snapshot: Snapshot, gone: Collection[str], fresh: Collection[str]) -> None:
    """No keys any more for the rules that are `gone`, and keys for the `fresh` ones of a release; both by name."""
    await drop_rules(connection, sorted(gone))
    if not fresh:
        return
    rules = rule_names(snapshot)
    tables = Tables.of(snapshot, await read_ledger(connection), connection.schema, connection.dialect)
    for name in sorted(fresh):
        entity, key = rules[name]
        await _fill(connection, tables.entity(entity), name, key)


async def _fill(connection: Connection, table: EntityTable, name: str, key: str) -> None:
    """The keys of all live records; of those that are the same already, the first one has the claim."""
    rule, key_of, claimed = table.entity.duplicates[key], fingerprint(table.entity, key), set[str]()
    async for records in _records(connection, table, rule.match):
        rows = []
        for record, values in records.items():
            found = key_of(values)
            if found is not None:
                claims = rule.action == "block" and found not in claimed
                rows.append(Kept(name, record, found, found if claims else None))
                claimed.update([found] if claims else [])
        await keep(connection, rows)


async def _records(
    connection: Connection, table: EntityTable, fields: Sequence[str]
) -> AsyncIterator[dict[str, Mapping[str, Any]]]:
    """The values of these fields of all live records, by id, some at a time."""
    first, following = (prepare(_reading(table, fields, after), connection.dialect) for after in (False, True))
    decoders = [decoder(table.kinds[field], connection.dialect) for field in fields]
    rows = await connection.fetch(first, {"most": CHUNK})
    while rows:
        yield {
            str(record): {
                field: decode(value) if decode else value
                for field, value, decode in zip(fields, values, decoders, strict=True)
            }
            for record, *values in rows
        }
        rows = await connection.fetch(following, {"most": CHUNK, "after": rows[-1][0]}) if len(rows) == CHUNK else []


def _reading(table: EntityTable, fields: Sequence[str], after: bool) -> sa.Select[Any]:
    columns = table.columns
    wanted = [columns["id"], *(columns[field] for field in fields)]
    statement: Any = sa.select(*wanted)
    if "deleted_at" in columns:
        statement = statement.where(columns["deleted_at"].is_(None))
    if after:
        statement = statement.where(columns["id"] > sa.bindparam("after", type_=columns["id"].type))
    found: sa.Select[Any] = statement.order_by(columns["id"]).limit(sa.bindparam("most", type_=sa.Integer))
    return found
