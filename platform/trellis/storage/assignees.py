"""People who may become owners: their teams, and how they stand to whoever gives records away."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from trellis.storage.connection import Connection, prepare
from trellis.storage.lists import numbered, rounded
from trellis.storage.organisation import PEOPLE, TEAMS
from trellis.storage.statements import Statements


@dataclass(frozen=True, slots=True)
class Assignee:
    """A user outside the bin; `reports` to the giver, `below` the giver's team or in it."""

    id: str
    team: str | None
    active: bool
    reports: bool
    below: bool


async def assignees(
    connection: Connection, statements: Statements, ids: Iterable[str], giver: str, team: str | None
) -> dict[str, Assignee]:
    """The users of these ids, seen from somebody in a team."""
    known = sorted(set(ids))
    if not known:
        return {}
    wanted = rounded(known)
    prepared = statements.get(
        ("assignees", len(wanted)), lambda: prepare(_assignees(statements, len(wanted)), statements.tables.dialect)
    )
    rows = await connection.fetch(prepared, {**numbered("id", wanted), "giver": giver or None, "team": team})
    return {
        str(user): Assignee(str(user), own and str(own), bool(active), bool(reports), bool(below))
        for user, own, active, reports, below in rows
    }


async def teams_below(connection: Connection, statements: Statements, team: str | None) -> frozenset[str]:
    """A team and all below it."""
    prepared = statements.get(("teams below",), lambda: prepare(_teams_below(statements), statements.tables.dialect))
    return frozenset(str(row[0]) for row in await connection.fetch(prepared, {"team": team}))


def _teams_below(statements: Statements) -> Any:
    tree = TEAMS.pairs(statements)
    return sa.select(tree.c[TEAMS.below]).where(
        tree.c[TEAMS.above] == sa.bindparam("team", type_=tree.c[TEAMS.above].type)
    )


def _assignees(statements: Statements, count: int) -> Any:
    user = statements.tables.entity(PEOPLE.entity).columns
    line, tree = PEOPLE.pairs(statements), TEAMS.pairs(statements)
    kind = user["id"].type
    reports = sa.exists().where(
        line.c[PEOPLE.above] == sa.bindparam("giver", type_=kind), line.c[PEOPLE.below] == user["id"]
    )
    below = sa.exists().where(
        tree.c[TEAMS.above] == sa.bindparam("team", type_=kind), tree.c[TEAMS.below] == user["team"]
    )
    shown: Any = sa.select(user["id"], user["team"], user["active"], _flag(reports), _flag(below))
    wanted = user["id"].in_([sa.bindparam(f"id{number}", type_=kind) for number in range(count)])
    return shown.where(wanted, user["deleted_at"].is_(None))


def _flag(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[Any]:
    return sa.case((condition, sa.literal_column("1")), else_=sa.literal_column("0"))
