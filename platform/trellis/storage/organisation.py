"""Who is above whom: teams in a tree and people in reporting lines, each with a table of all pairs of above and below.

`team_tree` holds every team above itself at depth 0, `reporting_line` only others. Both are kept with set-based statements:
the pairs across the links that change go, then those across the new links come.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import (
    insert,
)  # SQLite's compiler reads its ON CONFLICT too, not the other way round

from trellis.storage.connection import Connection, Prepared, prepare
from trellis.storage.lists import numbered, rounded
from trellis.storage.statements import Statements
from trellis.storage.system import SystemTables, system_statement, system_tables

AT_ONCE = 1_000
SOUND = "sound"
CIRCULAR = "circular"
"""Some records are above themselves, saved so before that was refused."""

Pairs = Mapping[tuple[str, str], int]
"""For each pair of above and below how far apart they are."""


@dataclass(frozen=True, slots=True)
class Tree:
    """An entity whose records point to the one above them with the field `link`; `table` holds all pairs."""

    entity: str
    link: str
    table: str
    above: str
    below: str
    reflexive: bool

    def is_in(self, statements: Statements) -> bool:
        """Whether the release has this entity with this link."""
        tables = statements.tables
        return self.entity in tables.snapshot.entities and self.link in tables.entity(self.entity).columns

    def pairs(self, statements: Statements) -> sa.Table:
        """The table of all pairs."""
        found: sa.Table = getattr(system_tables(statements.tables.schema), self.table)
        return found


TEAMS = Tree("core.team", "parent", "team_tree", "ancestor", "descendant", reflexive=True)
PEOPLE = Tree("core.user", "manager", "reporting_line", "manager", "report", reflexive=False)
TREES = {tree.entity: tree for tree in (TEAMS, PEOPLE)}


async def state(connection: Connection, tree: Tree) -> str | None:
    """`sound` or `circular`; None when the pairs were never written."""
    rows = await connection.fetch(_state(connection), {"key": tree.table})
    return str(rows[0][0]) if rows else None


async def hold(connection: Connection, tree: Tree) -> str | None:
    """The state, and nobody else changes who is above whom in this tree until the transaction ends."""
    await connection.execute(_begin(connection), {"key": tree.table, "value": ""})
    rows = await connection.fetch(_held(connection), {"key": tree.table})
    return str(rows[0][0]) or None


async def parents_above(
    connection: Connection, statements: Statements, tree: Tree, ids: Iterable[str]
) -> dict[str, str | None]:
    """For these records and all above them the one right above, as the pairs have it."""
    wanted = rounded(sorted(set(ids)))
    prepared = statements.get(
        ("above", tree.table, len(wanted)), lambda: _compiled(statements, _above(statements, tree, len(wanted)))
    )
    rows = await connection.fetch(prepared, numbered("id", wanted))
    return {str(record): None if parent is None else str(parent) for record, parent in rows}


async def place(
    connection: Connection, statements: Statements, tree: Tree, *, new: Sequence[str], moved: Sequence[str]
) -> None:
    """The pairs of records that were saved with another link; they are as they stand in their table by now."""
    if new and tree.reflexive:
        await _add(connection, statements, tree, {(record, record): 0 for record in new})
    if moved:
        await _run(connection, statements, tree, "cut", moved)
    if new or moved:
        await _run(connection, statements, tree, "join", sorted({*new, *moved}))


async def parents(connection: Connection, statements: Statements, tree: Tree) -> dict[str, str | None]:
    """Every record, in the bin or not, with the one right above it."""
    columns = statements.tables.entity(tree.entity).columns
    prepared = statements.get(
        ("parents", tree.entity), lambda: _compiled(statements, sa.select(columns["id"], columns[tree.link]))
    )
    rows = await connection.fetch(prepared)
    return {str(record): None if parent is None else str(parent) for record, parent in rows}


async def pairs(connection: Connection, statements: Statements, tree: Tree) -> dict[tuple[str, str], int]:
    """All pairs as they are kept."""
    table = tree.pairs(statements)
    columns = (table.c[tree.above], table.c[tree.below], table.c.depth)
    prepared = statements.get(("pairs", tree.table), lambda: _compiled(statements, sa.select(*columns)))
    return {(str(above), str(below)): int(depth) for above, below, depth in await connection.fetch(prepared)}


async def replace(connection: Connection, statements: Statements, tree: Tree, found: Pairs, state: str) -> None:
    """Keep just these pairs."""
    table = tree.pairs(statements)
    await connection.execute(statements.get(("no pairs", tree.table), lambda: _compiled(statements, sa.delete(table))))
    await _add(connection, statements, tree, found)
    await connection.execute(_save_state(connection), {"key": tree.table, "value": state})


async def _add(connection: Connection, statements: Statements, tree: Tree, found: Pairs) -> None:
    add = statements.get(("pair", tree.table), lambda: _compiled(statements, _pair(tree, tree.pairs(statements))))
    rows = [{"above": above, "below": below, "depth": depth} for (above, below), depth in found.items()]
    if rows:
        await connection.execute_many(add, rows)


async def _run(connection: Connection, statements: Statements, tree: Tree, name: str, ids: Sequence[str]) -> None:
    write = {"cut": _cut, "join": _join}[name]
    padded = rounded(ids)
    prepared = statements.get(
        (name, tree.table, len(padded)), lambda: _compiled(statements, write(statements, tree, len(padded)))
    )
    await connection.execute(prepared, numbered("id", padded))


def _compiled(statements: Statements, statement: sa.Executable) -> Prepared:
    return prepare(statement, statements.tables.dialect)


def _among(column: sa.Column[Any], count: int) -> sa.ColumnElement[bool]:
    return column.in_([sa.bindparam(f"id{number}", type_=column.type) for number in range(count)])


def _pair(tree: Tree, table: sa.Table) -> sa.Insert:
    kind = table.c[tree.above].type
    return sa.insert(table).values(
        {
            tree.above: sa.bindparam("above", type_=kind),
            tree.below: sa.bindparam("below", type_=kind),
            "depth": sa.bindparam("depth", type_=sa.BIGINT),
        }
    )


def _above(statements: Statements, tree: Tree, count: int) -> Any:
    """The records themselves and all above them."""
    columns, table = statements.tables.entity(tree.entity).columns, tree.pairs(statements)
    over = sa.select(table.c[tree.above]).where(_among(table.c[tree.below], count))
    return sa.select(columns["id"], columns[tree.link]).where(_among(columns["id"], count) | columns["id"].in_(over))


def _cut(statements: Statements, tree: Tree, count: int) -> sa.Delete:
    """No pair leads across the old links of these records."""
    table = tree.pairs(statements)
    over = table.alias("over")
    under = _under(statements, tree, count)
    across = sa.select(over.c[tree.above], under.c.below).select_from(
        over.join(under, under.c.top == over.c[tree.below])
    )
    whole = sa.tuple_(table.c[tree.above], table.c[tree.below]).in_(across.where(over.c.depth > 0))
    return sa.delete(table).where(whole)


def _join(statements: Statements, tree: Tree, count: int) -> sa.Insert:
    """Pairs lead across the new links of these records, from all above to all below them."""
    columns, table = statements.tables.entity(tree.entity).columns, tree.pairs(statements)
    identity, link = columns["id"], columns[tree.link]
    first = sa.select(identity.label("top"), link.label("above"), sa.literal_column("1", sa.BIGINT).label("depth"))
    reached = first.where(_among(identity, count), link.is_not(None)).cte("reached", recursive=True)
    further = sa.select(reached.c.top, link, (reached.c.depth + sa.literal_column("1", sa.BIGINT)))
    step = further.select_from(reached.join(identity.table, identity == reached.c.above)).where(link.is_not(None))
    reached = reached.union_all(step)
    under = _under(statements, tree, count)
    rows = sa.select(reached.c.above, under.c.below, reached.c.depth + under.c.depth)
    whole = rows.select_from(reached.join(under, under.c.top == reached.c.top))
    return sa.insert(table).from_select([tree.above, tree.below, "depth"], whole)


def _under(statements: Statements, tree: Tree, count: int) -> sa.CTE:
    """These records (`top`) with all below them, themselves included."""
    table, identity = tree.pairs(statements), statements.tables.entity(tree.entity).columns["id"]
    zero = sa.literal_column("0", sa.BIGINT).label("depth")
    own = sa.select(identity.label("top"), identity.label("below"), zero).where(_among(identity, count))
    below = sa.select(table.c[tree.above], table.c[tree.below], table.c.depth)
    rest = below.where(_among(table.c[tree.above], count), table.c.depth > 0)
    return own.union_all(rest).cte("under")


_KEY = sa.bindparam("key", type_=sa.TEXT)
_VALUE = sa.bindparam("value", type_=sa.TEXT)


@system_statement
def _state(tables: SystemTables) -> sa.Executable:
    return sa.select(tables.setting.c.value).where(tables.setting.c.key == _KEY, tables.setting.c.value != "")


@system_statement
def _held(tables: SystemTables) -> sa.Executable:
    return sa.select(tables.setting.c.value).where(tables.setting.c.key == _KEY).with_for_update()


@system_statement
def _begin(tables: SystemTables) -> sa.Executable:
    return insert(tables.setting).values(key=_KEY, value=_VALUE).on_conflict_do_nothing()


@system_statement
def _save_state(tables: SystemTables) -> sa.Executable:
    new = insert(tables.setting).values(key=_KEY, value=_VALUE)
    return new.on_conflict_do_update(index_elements=[tables.setting.c.key], set_={"value": _VALUE})
