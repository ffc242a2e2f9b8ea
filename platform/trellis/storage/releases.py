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
from trellis.storage.connection import Connection, Row
from trellis.storage.ledger import read_ledger
from trellis.storage.moments import from_number, to_number
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
    plan: str | None = None
    """The plan that was carried out, as JSON."""
    restored: int | None = None
    """The release whose documents were taken up again."""


@dataclass(frozen=True, slots=True)
class Release:
    """The documents of a release as they are kept: bodies by hash, hashes by id."""

    number: int
    hash: str
    bodies: Mapping[str, str]
    members: Mapping[str, str]


async def read_pointer(connection: Connection) -> int | None:
    """The number of the release in force; None before the first publish."""
    rows = await connection.fetch(_pointer(connection))
    return rows[0][0] if rows else None


@dataclass(frozen=True, slots=True)
class Published:
    """One line of the history of releases."""

    number: int
    base: int
    kind: str
    at: datetime
    actor: str
    text: str
    plan: str | None
    restored: int | None


async def list_releases(connection: Connection, *, before: int | None = None, limit: int = 50) -> list[Published]:
    """Releases, the newest first; with `before` only older ones than that."""
    rows = await connection.fetch(_history(connection), {"number": before or 2**62, "most": limit})
    return [_published(row) for row in rows]


async def find_release(connection: Connection, number: int) -> Published | None:
    """One release, None when there is none of that number."""
    rows = await connection.fetch(_one(connection), {"number": number})
    return _published(rows[0]) if rows else None


def _published(row: Row) -> Published:
    number, base, kind, at, actor, text, plan, restored = row
    return Published(number, base, kind, from_number(at), actor, text, plan, restored)


async def load_sources(connection: Connection, number: int) -> tuple[Raw, ...]:
    """The documents of any release as they are stored."""
    rows = await connection.fetch(_documents(connection), {"number": number})
    return tuple(_read(body) for _, body in rows)


async def versions_of(connection: Connection, document: str) -> list[Raw]:
    """Every version of a document that any release had."""
    rows = await connection.fetch(_versions(connection), {"key": document})
    return [_read(body) for (body,) in rows]


async def load_snapshot(connection: Connection) -> tuple[Snapshot, Ledger] | None:
    """The release in force; None before the first publish."""
    number = await read_pointer(connection)
    return None if number is None else await load_release(connection, number)


async def load_release(
    connection: Connection, number: int, previous: Snapshot | None = None
) -> tuple[Snapshot, Ledger]:
    """Any release, with the ledger as that release needs it; what `previous` shares with it is not read again."""
    members = await connection.fetch(_members(connection), {"number": number})
    known = _stored(previous) if previous is not None else {}
    missing = {key for _, key in members} - known.keys()
    bodies = await _bodies(connection, number, missing, len(members))
    ledger = await read_ledger(connection)
    snapshot = await asyncio.to_thread(_compiled, number, members, bodies, known, previous)
    return snapshot, ledger.as_of(number)


async def _bodies(connection: Connection, number: int, missing: set[str], all_of_them: int) -> dict[str, str]:
    """The texts of documents by hash: one by one for a few, else all of the release."""
    if len(missing) * 4 > all_of_them:
        return dict(await connection.fetch(_documents(connection), {"number": number}))
    return {key: (await connection.fetch(_body(connection), {"key": key}))[0][0] for key in sorted(missing)}


def _compiled(
    number: int,
    members: Iterable[Row],
    bodies: Mapping[str, str],
    known: Mapping[str, Raw],
    previous: Snapshot | None,
) -> Snapshot:
    stored = {key: known[key] if key in known else _read(bodies[key]) for _, key in members}
    snapshot = Snapshot.of(number, [stored[key] for _, key in members], previous=previous)
    snapshot.derived[_Stored] = stored
    return snapshot


class _Stored:
    """The key under which a snapshot remembers its sources by the hash of their text."""


def _stored(snapshot: Snapshot) -> Mapping[str, Raw]:
    found: Mapping[str, Raw] = snapshot.derived.get(_Stored, {})
    return found


def packed(snapshot: Snapshot) -> Release:
    """A release made ready for writing; the work that nobody has to wait for."""
    bodies = {key: _write(document).decode() for key, document in snapshot.sources.items()}
    members = {key: hashlib.sha256(body.encode()).hexdigest() for key, body in bodies.items()}
    return Release(snapshot.release, snapshot.hash, {members[key]: bodies[key] for key in bodies}, members)


async def write_release(connection: Connection, release: Release, note: ReleaseNote) -> None:
    """Keep a release and move the pointer to it; within the transaction of the publish."""
    await connection.execute(_new_release(connection), _release_row(release, note))
    await _write_documents(connection, release.bodies)
    members = [
        {"release": release.number, "place": place, "document": key, "hash": release.members[key]}
        for place, key in enumerate(release.members)
    ]
    if members:
        await connection.execute_many(_new_member(connection), members)
    if not await connection.execute(_move_pointer(connection), {"number": release.number}):
        await connection.execute(_first_pointer(connection), {"number": release.number})


async def release_moment(connection: Connection, number: int) -> datetime | None:
    """When a release was published."""
    rows = await connection.fetch(_moment(connection), {"number": number})
    return from_number(rows[0][0]) if rows else None


async def _write_documents(connection: Connection, bodies: Mapping[str, str]) -> None:
    """Keep what is not kept yet."""
    known = {row[0] for row in await connection.fetch(_known(connection))}
    fresh = [{"hash": key, "body": body} for key, body in bodies.items() if key not in known]
    if fresh:
        await connection.execute_many(_new_document(connection), fresh)


def _release_row(release: Release, note: ReleaseNote) -> Mapping[str, object]:
    return {
        "number": release.number,
        "base": note.base,
        "hash": release.hash,
        "created_at": to_number(note.at),
        "created_by": note.actor,
        "note": note.text,
        "kind": note.kind,
        "plan": note.plan,
        "restored": note.restored,
    }


def _documents_of(tables: SystemTables) -> sa.Executable:
    member, document = tables.release_document, tables.document
    source = member.join(document, member.c.hash == document.c.hash)
    this = member.c.release == sa.bindparam("number", type_=sa.BigInteger)
    return sa.select(document.c.hash, document.c.body).select_from(source).where(this).order_by(member.c.place)


_NOTED = ("number", "base", "kind", "created_at", "created_by", "note", "plan", "restored")


def _members_of(tables: SystemTables) -> sa.Executable:
    member = tables.release_document
    chosen = sa.select(member.c.document, member.c.hash)
    return chosen.where(member.c.release == sa.bindparam("number", type_=sa.BigInteger)).order_by(member.c.place)


def _body_of(tables: SystemTables) -> sa.Executable:
    return sa.select(tables.document.c.body).where(tables.document.c.hash == sa.bindparam("key", type_=sa.TEXT))


def _noted(tables: SystemTables) -> sa.Select[Any]:
    return sa.select(*(tables.release.c[name] for name in _NOTED))


def _history_of(tables: SystemTables) -> sa.Executable:
    most = sa.bindparam("most", type_=sa.BigInteger)
    return _noted(tables).where(tables.release.c.number < _number).order_by(tables.release.c.number.desc()).limit(most)


def _versions_of(tables: SystemTables) -> sa.Executable:
    member, document = tables.release_document, tables.document
    used = sa.select(member.c.hash).where(member.c.document == sa.bindparam("key", type_=sa.TEXT))
    return sa.select(document.c.body).where(document.c.hash.in_(used))


def _inserted(table: sa.Table) -> sa.Executable:
    return sa.insert(table).values({column.name: sa.bindparam(column.name) for column in table.columns})


_number = sa.bindparam("number", type_=sa.BigInteger)
_pointer = system_statement(lambda tables: sa.select(tables.pointer.c.release))
_documents = system_statement(_documents_of)
_members = system_statement(_members_of)
_body = system_statement(_body_of)
_known = system_statement(lambda tables: sa.select(tables.document.c.hash))
_new_release = system_statement(lambda tables: _inserted(tables.release))
_new_document = system_statement(lambda tables: _inserted(tables.document))
_new_member = system_statement(lambda tables: _inserted(tables.release_document))
_history = system_statement(_history_of)
_one = system_statement(lambda tables: _noted(tables).where(tables.release.c.number == _number))
_versions = system_statement(_versions_of)
_moment = system_statement(
    lambda tables: sa.select(tables.release.c.created_at).where(tables.release.c.number == _number)
)
_move_pointer = system_statement(lambda tables: sa.update(tables.pointer).values(release=_number))
_first_pointer = system_statement(lambda tables: sa.insert(tables.pointer).values(id=1, release=_number))
