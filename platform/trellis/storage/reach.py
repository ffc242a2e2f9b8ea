"""Whom an actor reaches, in SQL: teams below his, people who report to him, records that are shared with him."""

from collections.abc import Iterable
from typing import Any, assert_never

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from trellis.engine.access.actions import SHARED
from trellis.engine.expr.nodes import MemberOf, Reached
from trellis.metadata.storagekinds import IdKind
from trellis.storage.columntypes import column_type
from trellis.storage.connection import POSTGRESQL
from trellis.storage.system import system_tables
from trellis.storage.tables import Tables

GRANTEES = "p_me_grantees"
"""The parameter with everything under which something may be shared with the actor."""

MOMENT = "p_now_number"
"""The parameter with this moment as fixed tables keep it."""

TEAM = "core.team"
Element = sa.ColumnElement[Any]


def grantees(user: str, team: str | None, teams: Iterable[str], roles: Iterable[str]) -> tuple[str, ...]:
    """Everything under which something may be shared with a user of a team; `teams` are the team and all above it.

    `roles` are the names for their roles: `r:` and the id.
    """
    return (
        f"u:{user}",
        *([f"t:{team}"] if team else []),
        *(f"b:{above}" for above in teams),
        *roles,
    )


def reached(node: Reached, element: Element, tables: Tables) -> sa.ColumnElement[bool]:
    """Whether what a path leads to, `element`, is within the reach of the actor."""
    fixed = system_tables(tables.schema)
    match node.way:
        case "team_tree":
            below = fixed.team_tree
            return element.in_(sa.select(below.c.descendant).where(below.c.ancestor == _me("team", tables)))
        case "subordinates":
            line = fixed.reporting_line
            return element.in_(sa.select(line.c.report).where(line.c.manager == _me("id", tables)))
        case "shared":
            return element.in_(_shared(node, tables))
    raise ValueError(node.way)


def _shared(node: Reached, tables: Tables) -> sa.Select[Any]:
    share = system_tables(tables.schema).share
    return sa.select(share.c.record).where(
        share.c.entity == sa.literal(node.entity, sa.TEXT()),
        _granted(share.c.grantee, tables.dialect),
        share.c.actions.bitwise_and(sa.literal_column(str(SHARED[node.action]))) != sa.literal_column("0"),
        sa.or_(share.c.expires_at.is_(None), share.c.expires_at > sa.bindparam(MOMENT, type_=sa.BIGINT())),
    )


def _granted(grantee: sa.Column[Any], dialect: str) -> sa.ColumnElement[bool]:
    if dialect == POSTGRESQL:
        return grantee == sa.any_(sa.bindparam(GRANTEES, type_=postgresql.ARRAY(sa.TEXT())))
    given = sa.func.json_each(sa.bindparam(GRANTEES, type_=sa.TEXT())).table_valued("value", name="mine")
    return grantee.in_(sa.select(given.c.value))


def member(node: MemberOf, tables: Tables) -> sa.ColumnElement[bool]:
    """Whether the actor is in a team, or below it; the same for every record of a statement."""
    tree, team = system_tables(tables.schema).team_tree, tables.entity(TEAM)
    found: sa.Select[Any] = (
        sa.select(sa.literal_column("1"))
        .select_from(tree.join(team.table, team.columns["id"] == tree.c.ancestor))
        .where(
            team.columns["code"] == sa.literal(node.team, sa.TEXT()),
            team.columns["deleted_at"].is_(None),
            tree.c.descendant == _me("team", tables),
        )
    )
    return sa.exists(found if node.below else found.where(tree.c.depth == sa.literal_column("0")))


def _me(name: str, tables: Tables) -> sa.BindParameter[Any]:
    return sa.bindparam(f"p_me_{name}", type_=column_type(IdKind(), tables.dialect))


def where_reached(node: Reached | MemberOf, element: Element | None, tables: Tables) -> sa.ColumnElement[bool]:
    """The SQL of a node that only rights contain."""
    match node:
        case Reached():
            if element is None:
                raise KeyError(node.path.key)
            return reached(node, element, tables)
        case MemberOf():
            return member(node, tables)
        case _:
            assert_never(node)
