"""The records that point to a person with a field: how many there are, and which."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from trellis.storage.connection import Connection, Prepared, prepare
from trellis.storage.lists import numbered, rounded
from trellis.storage.statements import Statements

BRANCHES = 200
"""So many links one statement counts; SQLite takes 500."""


@dataclass(frozen=True, slots=True)
class Pointing:
    """A field of an entity that leads to one user; records with one of the options `closed` in `status` do not count."""

    entity: str
    key: str
    status: str = ""
    closed: tuple[str, ...] = ()


async def counted(
    connection: Connection, statements: Statements, links: Sequence[Pointing], user: str
) -> dict[Pointing, int]:
    """How many records outside the bin point to a user; links without any are left out."""
    found: dict[Pointing, int] = {}
    for start in range(0, len(links), BRANCHES):
        found |= await _counted(connection, statements, tuple(links[start : start + BRANCHES]), user)
    return found


async def _counted(
    connection: Connection, statements: Statements, links: tuple[Pointing, ...], user: str
) -> dict[Pointing, int]:
    prepared = statements.get(
        ("belongings counted", links), lambda: prepare(_counting(statements, links), statements.tables.dialect)
    )
    rows = await connection.fetch(prepared, {"user": user})
    return {links[int(place)]: int(number) for place, number in rows if number}


async def counted_by(
    connection: Connection, statements: Statements, links: Sequence[Pointing], user: str, group: str
) -> dict[str, int]:
    """How many of all these records there are by what another of their links holds."""
    found: dict[str, int] = {}
    for start in range(0, len(links), BRANCHES):
        part = tuple(links[start : start + BRANCHES])
        prepared = _kept(statements, part, group)
        for value, number in await connection.fetch(prepared, {"user": user}):
            if value is not None:
                found[str(value)] = found.get(str(value), 0) + int(number)
    return found


async def pointing(
    connection: Connection, statements: Statements, link: Pointing, user: str, also: Sequence[str] = ()
) -> list[tuple[str, ...]]:
    """The records outside the bin that point to a user by id, with the ids in other link fields."""
    prepared = statements.get(
        ("belongings", link, tuple(also)),
        lambda: prepare(_pointing(statements, link, also), statements.tables.dialect),
    )
    rows = await connection.fetch(prepared, {"user": user})
    return [tuple(value and str(value) for value in row) for row in rows]


async def leading_to(
    connection: Connection, statements: Statements, link: Pointing, ids: Sequence[str]
) -> list[tuple[str, str, str | None]]:
    """The records outside the bin that point to others with a field: their ids, where they point, and their owners."""
    padded = rounded(ids)
    prepared = statements.get(
        ("leading to", link, len(padded)),
        lambda: prepare(_leading_to(statements, link, len(padded)), statements.tables.dialect),
    )
    rows = await connection.fetch(prepared, numbered("id", padded))
    return [(str(record), str(target), owner and str(owner)) for record, target, owner in rows]


async def values_by_id(
    connection: Connection, statements: Statements, entity: str, key: str, ids: Sequence[str]
) -> dict[str, str]:
    """What a link of records holds, where it holds anything."""
    padded = rounded(ids)
    prepared = statements.get(
        ("link by id", entity, key, len(padded)),
        lambda: prepare(_by_id(statements, entity, key, len(padded)), statements.tables.dialect),
    )
    return {str(record): str(value) for record, value in await connection.fetch(prepared, numbered("id", padded))}


def _leading_to(statements: Statements, link: Pointing, count: int) -> Any:
    columns = statements.tables.entity(link.entity).columns
    shown: Any = sa.select(columns["id"], columns[link.key], columns["owner"])
    shown = shown.where(_among(columns[link.key], count))
    return shown.where(columns["deleted_at"].is_(None)) if "deleted_at" in columns else shown


def _by_id(statements: Statements, entity: str, key: str, count: int) -> Any:
    columns = statements.tables.entity(entity).columns
    shown: Any = sa.select(columns["id"], columns[key])
    return shown.where(_among(columns["id"], count), columns[key].is_not(None))


def _among(column: sa.Column[Any], count: int) -> sa.ColumnElement[bool]:
    return column.in_([sa.bindparam(f"id{number}", type_=column.type) for number in range(count)])


def _kept(statements: Statements, links: tuple[Pointing, ...], group: str) -> Prepared:
    key = ("belongings counted by", links, group)
    return statements.get(key, lambda: prepare(_counting_by(statements, links, group), statements.tables.dialect))


def _counting_by(statements: Statements, links: Sequence[Pointing], group: str) -> Any:
    branches = []
    for link in links:
        column = statements.tables.entity(link.entity).columns[group]
        shown: Any = sa.select(column.label("value"), sa.func.count().label("number"))
        branches.append(shown.where(*_conditions(statements, link)).group_by(column))
    return branches[0] if len(branches) == 1 else sa.union_all(*branches)


def _counting(statements: Statements, links: Sequence[Pointing]) -> Any:
    branches = []
    for place, link in enumerate(links):
        shown: Any = sa.select(sa.literal_column(str(place), sa.Integer()), sa.func.count())
        branches.append(shown.select_from(_table(statements, link)).where(*_conditions(statements, link)))
    return branches[0] if len(branches) == 1 else sa.union_all(*branches)


def _pointing(statements: Statements, link: Pointing, also: Sequence[str]) -> Any:
    columns = statements.tables.entity(link.entity).columns
    shown: Any = sa.select(columns["id"], *(columns[key] for key in also))
    return shown.where(*_conditions(statements, link)).order_by(columns["id"])


def _table(statements: Statements, link: Pointing) -> sa.Table:
    return statements.tables.entity(link.entity).table


def _conditions(statements: Statements, link: Pointing) -> list[sa.ColumnElement[bool]]:
    columns = statements.tables.entity(link.entity).columns
    conditions = [columns[link.key] == sa.bindparam("user", type_=columns[link.key].type)]
    if "deleted_at" in columns:
        conditions.append(columns["deleted_at"].is_(None))
    if link.status:
        status = columns[link.status]
        conditions.append(
            sa.or_(status.is_(None), status.not_in([sa.literal(one, status.type) for one in link.closed]))
        )
    return conditions
