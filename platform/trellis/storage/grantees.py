"""How many people stand behind roles and teams."""

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from trellis.storage.connection import Connection, prepare
from trellis.storage.lists import numbered, rounded
from trellis.storage.organisation import PEOPLE, TEAMS
from trellis.storage.statements import Statements
from trellis.storage.system import system_tables

Shape = tuple[int, int, int, int]


async def count_people(
    connection: Connection,
    statements: Statements,
    *,
    roles: Collection[str] = (),
    teams: Collection[str] = (),
    trees: Collection[str] = (),
    holding: Collection[str] | None = None,
) -> int:
    """How many active users were given one of the roles, or are in one of the teams (by code), or of the trees or below.

    With `holding` only those who were given one of these roles besides.
    """
    given = [rounded(sorted(set(names))) if names else [] for names in (roles, teams, trees, holding or ())]
    if not any(given[:3]) or (holding is not None and not holding):
        return 0
    shape: Shape = (len(given[0]), len(given[1]), len(given[2]), len(given[3]))
    prepared = statements.get(
        ("count people", shape), lambda: prepare(_counting(statements, shape), statements.tables.dialect)
    )
    params: dict[str, object] = {}
    for name, names in zip(("role", "team", "tree", "held"), given, strict=True):
        params |= numbered(name, names)
    return int((await connection.fetch(prepared, params))[0][0])


def _counting(statements: Statements, shape: Shape) -> sa.Select[Any]:
    user = statements.tables.entity(PEOPLE.entity).columns
    roles, teams, trees, held = shape
    found = [
        *([_assigned(statements, user["id"], "role", roles)] if roles else []),
        *([_member(statements, user["team"], "team", teams, below=False)] if teams else []),
        *([_member(statements, user["team"], "tree", trees, below=True)] if trees else []),
    ]
    counted: sa.Select[Any] = sa.select(sa.func.count()).select_from(user["id"].table)
    counted = counted.where(sa.or_(*found), user["active"].is_(sa.true()), user["deleted_at"].is_(None))
    return counted.where(_assigned(statements, user["id"], "held", held)) if held else counted


def _assigned(statements: Statements, user: sa.ColumnElement[Any], name: str, count: int) -> sa.ColumnElement[bool]:
    given = system_tables(statements.tables.schema).role_assignment
    return user.cast(sa.TEXT).in_(sa.select(given.c.user_id).where(given.c.role.in_(_binds(name, count))))


def _member(
    statements: Statements, own: sa.ColumnElement[Any], name: str, count: int, *, below: bool
) -> sa.ColumnElement[bool]:
    team, tree = statements.tables.entity(TEAMS.entity).columns, TEAMS.pairs(statements)
    codes = sa.and_(team["code"].in_(_binds(name, count)), team["deleted_at"].is_(None))
    found = sa.select(tree.c.descendant).select_from(tree.join(team["id"].table, team["id"] == tree.c.ancestor))
    return own.in_(found.where(codes) if below else found.where(codes, tree.c.depth == sa.literal_column("0")))


def _binds(name: str, count: int) -> Sequence[sa.BindParameter[str]]:
    return [sa.bindparam(f"{name}{number}", type_=sa.TEXT) for number in range(count)]
