"""The ledger of a workspace in its database."""

import json
from collections.abc import Sequence

import sqlalchemy as sa

from trellis.metadata.ledger import Ledger, LedgerEntry, State
from trellis.storage.connection import Connection
from trellis.storage.system import system_statement

_COLUMNS = ("uid", "path", "physical", "signature", "state", "retired", "former")

_select = system_statement(
    lambda tables: sa.select(*(tables.ledger.c[name] for name in _COLUMNS)).order_by(tables.ledger.c.uid)
)
_delete = system_statement(
    lambda tables: sa.delete(tables.ledger).where(tables.ledger.c.uid == sa.bindparam("number", type_=sa.BigInteger))
)
_insert = system_statement(
    lambda tables: sa.insert(tables.ledger).values({name: sa.bindparam(name) for name in _COLUMNS})
)


async def read_ledger(connection: Connection) -> Ledger:
    """All entries in the order of their numbers."""
    rows = await connection.fetch(_select(connection))
    return Ledger(
        tuple(
            LedgerEntry(uid, path, physical, signature, State(state), retired, _former(former))
            for uid, path, physical, signature, state, retired, former in rows
        )
    )


async def write_ledger(connection: Connection, written: Sequence[LedgerEntry], removed: Sequence[int]) -> None:
    """Put entries in the place of those with the same number, and forget others."""
    numbers = [{"number": uid} for uid in (*(entry.uid for entry in written), *removed)]
    if numbers:
        await connection.execute_many(_delete(connection), numbers)
    if written:
        await connection.execute_many(_insert(connection), [_row(entry) for entry in written])


def _former(text: str) -> tuple[tuple[int, str], ...]:
    return () if text == "[]" else tuple((until, path) for until, path in json.loads(text))


def _row(entry: LedgerEntry) -> dict[str, object]:
    return {
        "uid": entry.uid,
        "path": entry.path,
        "physical": entry.physical,
        "signature": entry.signature,
        "state": entry.state.value,
        "retired": entry.retired,
        "former": json.dumps(entry.former),
    }
