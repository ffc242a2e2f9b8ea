"""Identity providers with which people sign in, and who is who there; a client secret is kept sealed."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import (
    insert,
)  # SQLite's compiler reads its ON CONFLICT too, not the other way round

from trellis.storage.connection import Connection, Row
from trellis.storage.moments import from_number, to_number
from trellis.storage.system import SystemTables, system_statement


@dataclass(frozen=True, slots=True)
class ProviderRow:
    """One identity provider; `options` is JSON."""

    id: str
    label: str
    issuer: str
    client_id: str
    client_secret: str
    options: str
    enabled: bool
    updated_at: datetime
    updated_by: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a user is at a provider."""

    provider: str
    subject: str
    user_id: str
    email: str


@dataclass(frozen=True, slots=True)
class Linked:
    """An identity of a user with its provider, since when it is linked, and when it was used last."""

    provider: ProviderRow
    subject: str
    email: str
    created_at: datetime
    signed_in_at: datetime


async def providers(connection: Connection) -> list[ProviderRow]:
    """All providers, by label."""
    return [_provider(row) for row in await connection.fetch(_providers(connection))]


async def provider(connection: Connection, provider_id: str) -> ProviderRow | None:
    """The provider of an id."""
    rows = await connection.fetch(_one_provider(connection), {"id": provider_id})
    return _provider(rows[0]) if rows else None


async def save_provider(connection: Connection, row: ProviderRow) -> None:
    """Add a provider, or change the one of this id."""
    values = {
        "id": row.id, "label": row.label, "issuer": row.issuer, "client_id": row.client_id,
        "client_secret": row.client_secret, "options": row.options, "enabled": int(row.enabled),
        "updated_at": to_number(row.updated_at), "updated_by": row.updated_by,
    }  # fmt: skip
    await connection.execute(_save_provider(connection), values)


async def remove_provider(connection: Connection, provider_id: str) -> bool:
    """Remove a provider with all that it said about people; False when there is none."""
    await connection.execute(_remove_identities(connection), {"provider": provider_id})
    return await connection.execute(_remove_provider(connection), {"id": provider_id}) == 1


async def identity(connection: Connection, provider_id: str, subject: str) -> Identity | None:
    """Who somebody of a provider is here."""
    rows = await connection.fetch(_identity(connection), {"provider": provider_id, "subject": subject})
    return Identity(*rows[0]) if rows else None


async def identities_of(connection: Connection, user_id: str) -> list[Identity]:
    """Who a user is at all providers."""
    return [Identity(*row) for row in await connection.fetch(_identities_of(connection), {"user": user_id})]


async def linked(connection: Connection, user_id: str) -> list[Linked]:
    """The identities of a user, by the labels of their providers."""
    rows = await connection.fetch(_linked(connection), {"user": user_id})
    return [
        Linked(_provider(row[4:]), str(row[0]), str(row[1]), from_number(row[2]), from_number(row[3])) for row in rows
    ]


async def lock_identities(connection: Connection, user_id: str) -> None:
    """Let nobody else unlink identities of a user until the transaction ends."""
    await connection.fetch(_lock_identities(connection), {"user": user_id})


async def remove_identity(connection: Connection, provider_id: str, subject: str, user_id: str) -> bool:
    """Nobody is this user any more by this identity; False when it was not theirs."""
    row = {"provider": provider_id, "subject": subject, "user": user_id}
    return await connection.execute(_remove_identity(connection), row) == 1


async def save_identity(connection: Connection, found: Identity, now: datetime) -> None:
    """The user signed in as this one; the first time links both."""
    row = {
        "provider": found.provider, "subject": found.subject, "user": found.user_id, "email": found.email,
        "now": to_number(now),
    }  # fmt: skip
    await connection.execute(_save_identity(connection), row)


def _provider(row: Row) -> ProviderRow:
    provider_id, label, issuer, client_id, secret, options, enabled, updated_at, updated_by = row
    return ProviderRow(
        provider_id, label, issuer, client_id, secret, options, bool(enabled), from_number(updated_at), updated_by
    )


_ID = sa.bindparam("id", type_=sa.TEXT)
_PROVIDER = sa.bindparam("provider", type_=sa.TEXT)
_SUBJECT = sa.bindparam("subject", type_=sa.TEXT)
_USER = sa.bindparam("user", type_=sa.TEXT)
_NAMES = (
    "id", "label", "issuer", "client_id", "client_secret", "options", "enabled", "updated_at", "updated_by",
)  # fmt: skip


@system_statement
def _providers(tables: SystemTables) -> sa.Executable:
    table = tables.identity_provider
    return sa.select(*(table.c[name] for name in _NAMES)).order_by(table.c.label, table.c.id)


@system_statement
def _one_provider(tables: SystemTables) -> sa.Executable:
    table = tables.identity_provider
    return sa.select(*(table.c[name] for name in _NAMES)).where(table.c.id == _ID)


@system_statement
def _save_provider(tables: SystemTables) -> sa.Executable:
    table = tables.identity_provider
    values = {name: sa.bindparam(name, type_=table.c[name].type) for name in _NAMES}
    changed = {name: value for name, value in values.items() if name != "id"}
    return insert(table).values(values).on_conflict_do_update(index_elements=[table.c.id], set_=changed)


@system_statement
def _remove_provider(tables: SystemTables) -> sa.Executable:
    return sa.delete(tables.identity_provider).where(tables.identity_provider.c.id == _ID)


@system_statement
def _remove_identities(tables: SystemTables) -> sa.Executable:
    return sa.delete(tables.identity).where(tables.identity.c.provider == _PROVIDER)


@system_statement
def _identity(tables: SystemTables) -> sa.Executable:
    table = tables.identity
    columns = (table.c.provider, table.c.subject, table.c.user_id, table.c.email)
    return sa.select(*columns).where(table.c.provider == _PROVIDER, table.c.subject == _SUBJECT)


@system_statement
def _identities_of(tables: SystemTables) -> sa.Executable:
    table = tables.identity
    columns = (table.c.provider, table.c.subject, table.c.user_id, table.c.email)
    return sa.select(*columns).where(table.c.user_id == _USER).order_by(table.c.provider, table.c.subject)


@system_statement
def _linked(tables: SystemTables) -> sa.Executable:
    identity, provider = tables.identity, tables.identity_provider
    columns = (identity.c.subject, identity.c.email, identity.c.created_at, identity.c.signed_in_at)
    joined = identity.join(provider, provider.c.id == identity.c.provider)
    found = sa.select(*columns, *(provider.c[name] for name in _NAMES)).select_from(joined)
    return found.where(identity.c.user_id == _USER).order_by(provider.c.label, provider.c.id, identity.c.subject)


@system_statement
def _lock_identities(tables: SystemTables) -> sa.Executable:
    table = tables.identity
    found = sa.select(table.c.subject).where(table.c.user_id == _USER)
    return found.order_by(table.c.provider, table.c.subject).with_for_update()


@system_statement
def _remove_identity(tables: SystemTables) -> sa.Executable:
    table = tables.identity
    mine = (table.c.provider == _PROVIDER, table.c.subject == _SUBJECT, table.c.user_id == _USER)
    return sa.delete(table).where(*mine)


@system_statement
def _save_identity(tables: SystemTables) -> sa.Executable:
    table = tables.identity
    now, email = sa.bindparam("now", type_=sa.BIGINT), sa.bindparam("email", type_=sa.TEXT)
    new = insert(table).values(
        provider=_PROVIDER, subject=_SUBJECT, user_id=_USER, email=email, created_at=now, signed_in_at=now
    )
    key = [table.c.provider, table.c.subject]
    return new.on_conflict_do_update(index_elements=key, set_={"signed_in_at": now, "email": email})
