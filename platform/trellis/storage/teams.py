"""All teams with how many people are in them, for those who look after them."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from trellis.storage.connection import Connection, prepare
from trellis.storage.organisation import PEOPLE, TEAMS
from trellis.storage.statements import Statements


@dataclass(frozen=True, slots=True)
class TeamRow:
    """A team outside the bin; `members` belong to it, `all_members` also to those below it."""

    id: str
    name: str
    version: int
    parent: str | None
    manager: str | None
    members: int
    all_members: int


async def teams(connection: Connection, statements: Statements) -> list[TeamRow]:
    """All teams by name."""
    prepared = statements.get(
        ("teams",), lambda: prepare(_teams(statements), statements.tables.dialect)
    )  # fmt: skip
    rows = await connection.fetch(prepared)
    return [
        TeamRow(str(team), name, int(version), parent and str(parent), manager, int(own or 0), int(whole or 0))
        for team, name, version, parent, manager, own, whole in rows
    ]


def _teams(statements: Statements) -> Any:
    team = statements.tables.entity(TEAMS.entity).columns
    leader_columns = statements.tables.entity(PEOPLE.entity).columns
    leader = leader_columns["id"].table.alias("leader")
    counted = _counted(statements)
    shown = sa.select(
        team["id"], team["name"], team["version"], team["parent"],
        leader.c[leader_columns["name"].name], counted.c.own, counted.c.whole,
    )  # fmt: skip
    whole = team["id"].table.outerjoin(
        leader,
        sa.and_(
            leader.c[leader_columns["id"].name] == team["manager"],
            leader.c[leader_columns["deleted_at"].name].is_(None),
        ),
    )
    whole = whole.outerjoin(counted, counted.c.team == team["id"])
    return shown.select_from(whole).where(team["deleted_at"].is_(None)).order_by(sa.func.lower(team["name"]))


def _counted(statements: Statements) -> sa.Subquery:
    """The active users of each team."""
    user, tree = statements.tables.entity(PEOPLE.entity).columns, TEAMS.pairs(statements)
    own = sa.func.sum(sa.case((tree.c.depth == 0, 1), else_=0)).label("own")
    counted = sa.select(tree.c.ancestor.label("team"), own, sa.func.count().label("whole"))
    counted = counted.select_from(tree.join(user["id"].table, user["team"] == tree.c.descendant))
    return (
        counted.where(user["deleted_at"].is_(None), user["active"].is_(sa.true())).group_by(tree.c.ancestor).subquery()
    )
