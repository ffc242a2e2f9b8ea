"""Which programs use which fields, and when they did so last; by token, and by the keys that hold now."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert  # SQLite's compiler reads its ON CONFLICT too

from trellis.storage.connection import Connection, Prepared, Row
from trellis.storage.lists import numbered, rounded
from trellis.storage.system import SystemTables, system_statement

ALL = "*"
"""The key that stands for all fields a program gets when it names none."""
WHOLE = ""
"""The key that stands for the entity as such."""


@dataclass(frozen=True, slots=True, order=True)
class TokenUse:
    """The last day on which a token read or wrote a field; `field` may be ALL or WHOLE."""

    token: str
    entity: str
    field: str
    wrote: bool
    on: date


@dataclass(frozen=True, slots=True)
class UsedBy:
    """A use with what the token is called, whose it is, and the only roles that it may use, as JSON."""

    use: TokenUse
    name: str
    user: str
    roles: str | None


async def keep_uses(connection: Connection, uses: Iterable[TokenUse]) -> None:
    """Keep uses of tokens that are not revoked; of several on one field the latest day stays."""
    rows = [_row(use) for use in sorted(uses)]  # in one order, so that two processes never wait for each other
    if rows:
        await connection.execute_many(_keep(connection), rows)


async def uses_of(connection: Connection, entities: Collection[str]) -> list[UsedBy]:
    """What programs use of some entities, by the names of the tokens."""
    if not entities:
        return []
    wanted = rounded(list(entities))
    found = await connection.fetch(_of_entities(len(wanted))(connection), numbered("entity", wanted))
    return [UsedBy(_use(row[:5]), *row[5:]) for row in found]


async def forget_before(connection: Connection, day: date) -> None:
    """Forget what nobody has used since a day, and the uses of tokens that are gone."""
    await connection.execute(_forget_old(connection), {"day": day.isoformat()})
    await connection.execute(_forget_lost(connection), {})


async def forget_token(connection: Connection, token: str) -> None:
    """The uses of a token go with it."""
    await connection.execute(_forget_token(connection), {"token": token})


async def forget_tokens(connection: Connection, user: str) -> None:
    """The uses of all tokens of a user go with them."""
    await connection.execute(_forget_tokens(connection), {"user": user})


async def rename_uses(connection: Connection, renames: Mapping[str, str]) -> None:
    """Keep uses under the new names of their entities and fields; `renames` leads from path to path in the ledger."""
    for entity in sorted({path.partition("#")[0] for path in renames}):
        rows = await connection.fetch(_all_of_entity(connection), {"entity": entity})
        moved = [(use, to) for row in rows if (to := renamed(use := _use(row), renames)) != use]
        if moved:
            await connection.execute_many(_forget_one(connection), [_key(use) for use, _ in moved])
            await keep_uses(connection, [to for _, to in moved])


def renamed(use: TokenUse, renames: Mapping[str, str]) -> TokenUse:
    """The use under the names after the renames, those of fields first."""
    path = f"{use.entity}#/fields/{use.field}"
    field = renames.get(path, path).rpartition("/")[2] if use.field else use.field
    return replace(use, entity=renames.get(use.entity, use.entity), field=field)


def _use(row: Row) -> TokenUse:
    token, entity, field, wrote, used_on = row
    return TokenUse(token, entity, field, bool(wrote), date.fromisoformat(used_on))


def _key(use: TokenUse) -> dict[str, Any]:
    return {"token": use.token, "entity": use.entity, "field": use.field, "wrote": int(use.wrote)}


def _row(use: TokenUse) -> dict[str, Any]:
    return _key(use) | {"used_on": use.on.isoformat()}


_COLUMNS = ("token", "entity", "field", "wrote", "used_on")


def _bind(tables: SystemTables, name: str) -> sa.BindParameter[Any]:
    return sa.bindparam(name, type_=tables.token_use.c[name].type)


@system_statement
def _keep(tables: SystemTables) -> sa.Executable:
    table, token = tables.token_use, tables.token
    live = sa.select(*(_bind(tables, name).label(name) for name in _COLUMNS)).where(
        sa.exists().where(token.c.id == _bind(tables, "token"), token.c.revoked_at.is_(None))
    )
    new = insert(table).from_select(list(_COLUMNS), live)
    keys = [table.c[name] for name in _COLUMNS[:4]]
    later = new.excluded.used_on > table.c.used_on
    return new.on_conflict_do_update(index_elements=keys, set_={"used_on": new.excluded.used_on}, where=later)


@cache
def _of_entities(count: int) -> Callable[[Connection], Prepared]:
    """The statement for that many entities."""

    def build(tables: SystemTables) -> sa.Executable:
        table, token = tables.token_use, tables.token
        shown = (*(table.c[name] for name in _COLUMNS), token.c.name, token.c.user_id, token.c.roles)
        wanted = table.c.entity.in_([sa.bindparam(f"entity{number}", type_=sa.TEXT) for number in range(count)])
        found = sa.select(*shown).join_from(table, token, token.c.id == table.c.token)
        found = found.where(wanted, token.c.revoked_at.is_(None))
        return found.order_by(token.c.name, token.c.id, table.c.field, table.c.wrote)

    return system_statement(build)


@system_statement
def _all_of_entity(tables: SystemTables) -> sa.Executable:
    table = tables.token_use
    return sa.select(*(table.c[name] for name in _COLUMNS)).where(table.c.entity == _bind(tables, "entity"))


@system_statement
def _forget_one(tables: SystemTables) -> sa.Executable:
    table = tables.token_use
    return sa.delete(table).where(*(table.c[name] == _bind(tables, name) for name in _COLUMNS[:4]))


@system_statement
def _forget_old(tables: SystemTables) -> sa.Executable:
    return sa.delete(tables.token_use).where(tables.token_use.c.used_on < sa.bindparam("day", type_=sa.TEXT))


@system_statement
def _forget_lost(tables: SystemTables) -> sa.Executable:
    live = sa.select(tables.token.c.id).where(tables.token.c.revoked_at.is_(None))
    return sa.delete(tables.token_use).where(tables.token_use.c.token.not_in(live))


@system_statement
def _forget_token(tables: SystemTables) -> sa.Executable:
    return sa.delete(tables.token_use).where(tables.token_use.c.token == _bind(tables, "token"))


@system_statement
def _forget_tokens(tables: SystemTables) -> sa.Executable:
    mine = sa.select(tables.token.c.id).where(tables.token.c.user_id == sa.bindparam("user", type_=sa.TEXT))
    return sa.delete(tables.token_use).where(tables.token_use.c.token.in_(mine))
