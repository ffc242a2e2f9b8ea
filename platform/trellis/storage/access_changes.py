"""How many records somebody would gain or lose: the conditions of now and of a release to come, side by side in SQL."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.visitors import iterate, replacement_traverse

from trellis.engine.access import Access
from trellis.storage.connection import Connection, Prepared, prepare
from trellis.storage.expressions import NotPortable
from trellis.storage.people import USER
from trellis.storage.sources import Sources, right_condition
from trellis.storage.statements import Statements
from trellis.storage.system import system_tables
from trellis.storage.tables import Tables


class NotKnown(Exception):
    """A condition reads a table or a formula that is there only after publishing."""


@dataclass(frozen=True, slots=True)
class Side:
    """The rights of some roles in one release, over its tables."""

    tables: Tables
    access: Access


@dataclass(frozen=True, slots=True)
class Counting:
    """A statement that counts for some actions; `assumed` says that values which are not there yet count as empty."""

    prepared: Prepared
    actions: tuple[str, ...]
    assumed: bool


@dataclass(frozen=True, slots=True)
class Counted:
    """How many records become open for an action, and how many are open no more."""

    gained: int
    lost: int


def counting(now: Side, then: Side, entity: str, actions: Sequence[str]) -> Counting:
    """The statement for everybody with these rights; the entity is there now and then. Raises NotKnown."""
    before = _open(now, entity, actions, "o").subquery("before")
    query, assumed = _as_of_now(_open(then, entity, actions, "n"), now.tables)
    after = query.subquery("after")
    columns: list[sa.ColumnElement[Any]] = []
    zero: sa.ColumnElement[Any] = sa.literal_column("0")
    one: sa.ColumnElement[Any] = sa.literal_column("1")
    for action in actions:
        was, will = before.c[action], after.c[action]
        for less, more in ((was, will), (will, was)):
            column = sa.case((sa.and_(less == zero, more == one), one), else_=zero)
            columns.append(sa.func.coalesce(sa.func.sum(column), zero).label(f"c{len(columns)}"))
    whole = before.join(after, after.c["id"] == before.c["id"])
    prepared = prepare(sa.select(*columns).select_from(whole), now.tables.dialect)
    return Counting(prepared, tuple(actions), assumed)


async def count(connection: Connection, found: Counting, parameters: Mapping[str, object]) -> dict[str, Counted]:
    """The numbers for one person, by action; `parameters` are what rights read of them."""
    (row,) = await connection.fetch(found.prepared, parameters)
    return {action: Counted(int(row[2 * place]), int(row[2 * place + 1])) for place, action in enumerate(found.actions)}


def _open(side: Side, entity: str, actions: Sequence[str], name: str) -> sa.Select[Any]:
    """The id of every record outside the bin, and for each action whether it is open: 1 or 0."""
    sources = Sources.of(side.tables, side.access, entity, name)
    flags = [_flag(sources, entity, action).label(action) for action in actions]
    columns = sources.base.columns
    statement = sa.select(columns["id"].label("id"), *flags).select_from(sources.from_clause())
    return statement.where(columns["deleted_at"].is_(None)) if "deleted_at" in columns else statement


def _flag(sources: Sources, entity: str, action: str) -> sa.ColumnElement[Any]:
    needed = ("read",) if action == "read" else ("read", action)
    if not all(sources.access.allows(entity, one) for one in needed):
        return sa.literal_column("0")
    try:
        found = [right_condition(sources, entity, one, prefix=f"{sources.start_name}{one}_") for one in needed]
    except NotPortable as error:
        raise NotKnown from error
    conditions = [condition for condition in found if condition is not None]
    if not conditions:
        return sa.literal_column("1")
    return sa.case((sa.and_(*conditions), sa.literal_column("1")), else_=sa.literal_column("0"))


def _as_of_now(statement: sa.Select[Any], tables: Tables) -> tuple[sa.Select[Any], bool]:
    """The statement with columns that do not exist yet as nulls, and whether there are any; raises NotKnown."""
    known = dict(_columns(tables))
    missing: set[str] = set()
    for element in iterate(statement):
        if isinstance(element, sa.Table) and element.name not in known and element.name not in _fixed(tables):
            raise NotKnown

    def replace(element: Any, **_: object) -> Any:
        if not isinstance(element, sa.Column) or not isinstance(element.table, sa.Alias):
            return None
        table = element.table.element
        if not isinstance(table, sa.Table) or table.name not in known or element.name in known[table.name]:
            return None
        missing.add(element.name)
        return sa.cast(sa.null(), element.type)

    found: Any = replacement_traverse(statement, {}, replace)
    return found, bool(missing)


def _columns(tables: Tables) -> Iterator[tuple[str, frozenset[str]]]:
    """The tables of all entities with the names of their columns."""
    for entity in tables.snapshot.entities:
        found = tables.entity(entity)
        for table in (found.table, *found.sides.values()):
            yield table.name, frozenset(column.name for column in table.columns)


def _fixed(tables: Tables) -> frozenset[str]:
    return frozenset(table.name for table in system_tables(tables.schema).schema.tables.values())


async def holders(connection: Connection, statements: Statements) -> dict[str, frozenset[str]]:
    """Everybody who can sign in, with the roles that he was given."""
    prepared = statements.get("holders of roles", lambda: prepare(_holders(statements), statements.tables.dialect))
    found: dict[str, set[str]] = {}
    for user, role in await connection.fetch(prepared):
        found.setdefault(str(user), set()).add(str(role))
    return {user: frozenset(roles) for user, roles in found.items()}


def _holders(statements: Statements) -> sa.Select[Any]:
    user, given = statements.tables.entity(USER).columns, system_tables(statements.tables.schema).role_assignment
    whole = given.join(user["id"].table, given.c.user_id == sa.cast(user["id"], sa.TEXT))
    found: sa.Select[Any] = sa.select(given.c.user_id, given.c.role).select_from(whole)
    return found.where(user["deleted_at"].is_(None), user["active"])
