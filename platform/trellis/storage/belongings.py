"""The records that point to a person with a field: how many there are, and which."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from trellis.storage.connection import Connection, prepare
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
