"""Records that were shared with somebody one by one: with whom, for what, until when and by whom."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert  # SQLite's compiler reads its ON CONFLICT too

from trellis.storage.connection import Connection
from trellis.storage.moments import from_number, optional_moment, to_number
from trellis.storage.system import SystemTables, system_statement

Named = dict[str, object]


@dataclass(frozen=True, slots=True)
class Share:
    """One record shared with one grantee.

    The grantee is `u:<user>`, `t:<team>`, `b:<team>` (the team and those below) or `r:<role>`; `actions` is the sum of
    their bits (engine.access.actions); `part` is what the grantee does for the record.
    """

    id: str
    entity: str
    record: str
    grantee: str
    actions: int
    created_by: str
    created_at: datetime
    part: str | None = None
    expires_at: datetime | None = None

    def is_over(self, now: datetime) -> bool:
        """Whether it has expired."""
        return self.expires_at is not None and self.expires_at <= now


async def of_record(connection: Connection, entity: str, record: str) -> list[Share]:
    """All shares of a record, expired ones too, the oldest first."""
    rows = await connection.fetch(_of_record(connection), {"entity": entity, "record": record})
    return [_share(row) for row in rows]


async def with_id(connection: Connection, share: str) -> Share | None:
    """One share."""
    rows = await connection.fetch(_with_id(connection), {"id": share})
    return _share(rows[0]) if rows else None


async def shares_to(connection: Connection, user: str) -> list[Share]:
    """Everything that was shared with a user himself, expired or not, the oldest first."""
    return [_share(row) for row in await connection.fetch(_of_grantee(connection), {"grantee": f"u:{user}"})]


async def shares_by(connection: Connection, user: str) -> list[Share]:
    """Everything that a user has shared, the oldest first."""
    return [_share(row) for row in await connection.fetch(_of_giver(connection), {"created_by": user})]


async def save(connection: Connection, shares: Sequence[Share]) -> None:
    """Keep shares; one with the same record and grantee is replaced and keeps its id."""
    if shares:
        await connection.execute_many(_save(connection), [_row(share) for share in shares])


async def move(connection: Connection, share: Share, grantee: str) -> Share | None:
    """Somebody else takes a share over; what he could do already stays. Returns the share that he had, if any.

    To undo it, revoke what he has now and `save` both shares as they were.
    """
    known = await of_record(connection, share.entity, share.record)
    before = next((one for one in known if one.grantee == grantee), None)
    await revoke(connection, [share.id])
    await save(connection, [_joined(share, before) if before else replace(share, grantee=grantee)])
    return before


async def revoke(connection: Connection, ids: Collection[str]) -> None:
    """Shares end."""
    if ids:
        await connection.execute_many(_revoke(connection), [{"id": one} for one in ids])


async def forget_records(connection: Connection, entity: str, records: Collection[str]) -> None:
    """The shares of records that are erased for good go with them."""
    if records:
        await connection.execute_many(_forget(connection), [{"entity": entity, "record": one} for one in records])


async def forget_entity(connection: Connection, entity: str, until: datetime) -> None:
    """The shares of all records of an entity go with it; those of one that came after it stay."""
    await connection.execute(_forget_entity(connection), {"entity": entity, "until": to_number(until)})


async def rename_entities(connection: Connection, renames: Mapping[str, str]) -> None:
    """Shares follow the new names of their entities; `renames` leads from path to path in the ledger."""
    for before, after in renames.items():
        if "#" not in before:
            await connection.execute(_rename(connection), {"entity": before, "new_entity": after})


async def remove_expired(connection: Connection, now: datetime) -> int:
    """Remove what has expired; the number."""
    return await connection.execute(_remove_expired(connection), {"now": to_number(now)})


def _joined(share: Share, other: Share) -> Share:
    """What both shares give together, as the second."""
    until = None if None in (share.expires_at, other.expires_at) else _later(share, other)
    return replace(other, actions=share.actions | other.actions, part=other.part or share.part, expires_at=until)


def _later(share: Share, other: Share) -> datetime | None:
    return max((moment for one in (share, other) if (moment := one.expires_at)), default=None)


def _share(row: Sequence[object]) -> Share:
    values = dict(zip(_COLUMNS, row, strict=True))
    created, expires = values.pop("created_at"), values.pop("expires_at")
    return Share(**values, created_at=from_number(created), expires_at=optional_moment(expires))  # type: ignore[arg-type]


def _row(share: Share) -> Named:
    kept = {name: getattr(share, name) for name in _COLUMNS}
    until = None if share.expires_at is None else to_number(share.expires_at)
    return kept | {"created_at": to_number(share.created_at), "expires_at": until}


_COLUMNS = ("id", "entity", "record", "grantee", "actions", "created_by", "created_at", "part", "expires_at")
_REPLACED = ("actions", "created_by", "created_at", "part", "expires_at")


def _bind(tables: SystemTables, name: str) -> sa.BindParameter[object]:
    return sa.bindparam(name, type_=tables.share.c[name].type)


def _selected(tables: SystemTables, *names: str) -> sa.Select[tuple[object, ...]]:
    table = tables.share
    found = sa.select(*(table.c[name] for name in _COLUMNS))
    return found.where(*(table.c[name] == _bind(tables, name) for name in names))


@system_statement
def _of_record(tables: SystemTables) -> sa.Executable:
    return _selected(tables, "entity", "record").order_by(tables.share.c.created_at, tables.share.c.id)


@system_statement
def _with_id(tables: SystemTables) -> sa.Executable:
    return _selected(tables, "id")


@system_statement
def _of_grantee(tables: SystemTables) -> sa.Executable:
    return _selected(tables, "grantee").order_by(tables.share.c.created_at, tables.share.c.id)


@system_statement
def _of_giver(tables: SystemTables) -> sa.Executable:
    return _selected(tables, "created_by").order_by(tables.share.c.created_at, tables.share.c.id)


@system_statement
def _save(tables: SystemTables) -> sa.Executable:
    table = tables.share
    new = insert(table).values({name: _bind(tables, name) for name in _COLUMNS})
    return new.on_conflict_do_update(
        index_elements=[table.c.entity, table.c.record, table.c.grantee],
        set_={name: new.excluded[name] for name in _REPLACED},
    )


@system_statement
def _revoke(tables: SystemTables) -> sa.Executable:
    return sa.delete(tables.share).where(tables.share.c.id == _bind(tables, "id"))


@system_statement
def _forget(tables: SystemTables) -> sa.Executable:
    table = tables.share
    return sa.delete(table).where(table.c.entity == _bind(tables, "entity"), table.c.record == _bind(tables, "record"))


@system_statement
def _forget_entity(tables: SystemTables) -> sa.Executable:
    table = tables.share
    made = table.c.created_at <= sa.bindparam("until", type_=table.c.created_at.type)
    return sa.delete(table).where(table.c.entity == _bind(tables, "entity"), made)


@system_statement
def _rename(tables: SystemTables) -> sa.Executable:
    table = tables.share
    named = sa.update(table).where(table.c.entity == _bind(tables, "entity"))
    return named.values(entity=sa.bindparam("new_entity", type_=table.c.entity.type))


@system_statement
def _remove_expired(tables: SystemTables) -> sa.Executable:
    table = tables.share
    return sa.delete(table).where(table.c.expires_at <= sa.bindparam("now", type_=table.c.expires_at.type))
