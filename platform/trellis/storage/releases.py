"""Releases: their documents, kept once by content, and the pointer to the one in force."""

import asyncio
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
import sqlalchemy as sa

from trellis.metadata.ledger import Ledger
from trellis.metadata.snapshot import Raw, Snapshot
from trellis.storage.connection import Connection
from trellis.storage.ledger import read_ledger
from trellis.storage.system import SystemTables, system_statement

_write = msgspec.json.Encoder(decimal_format="number").encode
_read = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal).decode


@dataclass(frozen=True, slots=True)
class ReleaseNote:
    """Who made a release out of which, when and why; `base` is the one before it, 0 for the first."""

    base: int
    kind: str
    at: datetime
    actor: str
    text: str


async def read_pointer(connection: Connection) -> int | None:
    """The number of the release in force; None before the first publish."""
    rows = await connection.fetch(_pointer(connection))
    return rows[0][0] if rows else None


async def load_snapshot(connection: Connection) -> tuple[Snapshot, Ledger] | None:
    """The release in force; None before the first publish."""
    number = await read_pointer(connection)
    return None if number is None else await load_release(connection, number)


async def load_release(connection: Connection, number: int) -> tuple[Snapshot, Ledger]:
    """Any release, with the ledger as that release needs it."""
    rows = await connection.fetch(_documents(connection), {"number": number})
    ledger = await read_ledger(connection)
    snapshot = await asyncio.to_thread(_compiled, number, [body for (body,) in rows])
    return snapshot, ledger.as_of(number)


def _compiled(number: int, bodies: Iterable[str]) -> Snapshot:
    return Snapshot.of(number, [_read(body) for body in bodies])


async def write_release(connection: Connection, snapshot: Snapshot, note: ReleaseNote) -> None:
    """Keep a release and move the pointer to it; within the transaction of the publish."""
    await connection.execute(_new_release(connection), _release_row(snapshot, note))
    hashes = await _write_documents(connection, snapshot.raw)
    members = [
        {"release": snapshot.release, "place": place, "document": key, "hash": hashes[key]}
        for place, key in enumerate(snapshot.raw)
    ]
    if members:
        await connection.execute_many(_new_member(connection), members)
    if not await connection.execute(_move_pointer(connection), {"number": snapshot.release}):
        await connection.execute(_first_pointer(connection), {"number": snapshot.release})


async def _write_documents(connection: Connection, raw: Mapping[str, Raw]) -> dict[str, str]:
    """Keep what is not kept yet; the hash of each document by its id."""
    bodies = {key: _write(document).decode() for key, document in raw.items()}
    hashes = {key: hashlib.sha256(body.encode()).hexdigest() for key, body in bodies.items()}
    known = {row[0] for row in await connection.fetch(_known(connection))}
    fresh = {hashes[key]: body for key, body in bodies.items() if hashes[key] not in known}
    if fresh:
        await connection.execute_many(_new_document(connection), [{"hash": key, "body": fresh[key]} for key in fresh])
    return hashes


def _release_row(snapshot: Snapshot, note: ReleaseNote) -> Mapping[str, object]:
    return {
        "number": snapshot.release,
        "base": note.base,
        "hash": snapshot.hash,
        "created_at": int(note.at.timestamp() * 1000),
        "created_by": note.actor,
        "note": note.text,
        "kind": note.kind,
        "plan": None,
        "restored": None,
    }


def _documents_of(tables: SystemTables) -> sa.Executable:
    member, document = tables.release_document, tables.document
    source = member.join(document, member.c.hash == document.c.hash)
    this = member.c.release == sa.bindparam("number", type_=sa.BigInteger)
    return sa.select(document.c.body).select_from(source).where(this).order_by(member.c.place)


def _inserted(table: sa.Table) -> sa.Executable:
    return sa.insert(table).values({column.name: sa.bindparam(column.name) for column in table.columns})


_number = sa.bindparam("number", type_=sa.BigInteger)
_pointer = system_statement(lambda tables: sa.select(tables.pointer.c.release))
_documents = system_statement(_documents_of)
_known = system_statement(lambda tables: sa.select(tables.document.c.hash))
_new_release = system_statement(lambda tables: _inserted(tables.release))
_new_document = system_statement(lambda tables: _inserted(tables.document))
_new_member = system_statement(lambda tables: _inserted(tables.release_document))
_move_pointer = system_statement(lambda tables: sa.update(tables.pointer).values(release=_number))
_first_pointer = system_statement(lambda tables: sa.insert(tables.pointer).values(id=1, release=_number))
