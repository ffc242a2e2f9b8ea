"""Whom an actor reaches, in SQL: teams below his, people who report to him, records that are shared with him."""

from collections.abc import Iterable, Sequence
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
"""The parameter with the names under which something may be shared with the actor, but for those of roles."""

MOMENT = "p_now_number"
"""The parameter with this moment as fixed tables keep it."""

TEAM = "core.team"
Element = sa.ColumnElement[Any]


def grantees(user: str, team: str | None, teams: Iterable[str]) -> tuple[str, ...]:
    """Under which names something may be shared with a user of a team; `teams` are the team and all above it.

    The names of their roles are part of what the rights of these roles say.
    """
    return (f"u:{user}", *([f"t:{team}"] if team else []), *(f"b:{above}" for above in teams))


def reached(node: Reached, element: Element, tables: Tables) -> sa.ColumnElement[bool]:
    """Whether what a path leads to, `element`, is within the reach of the actor."""
    fixed = system_tables(tables.schema)
    match node.way:
        case "team_tree":
            below = fixed.team_tree
            return _has(below.c.descendant, element, below.c.ancestor == _me("team", tables))
        case "subordinates":
            line = fixed.reporting_line
            return _has(line.c.report, element, line.c.manager == _me("id", tables))
        case "shared":
            share = fixed.share
            return _has(share.c.record, element, *_shared(share, node, tables))
    raise ValueError(node.way)


def _has(column: sa.Column[Any], element: Element, *conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Whether one of the rows has the element: SQLite finds it by its key, PostgreSQL may look into a set made once."""
    found: sa.Select[Any] = sa.select(sa.literal_column("1")).select_from(column.table)
    return found.where(column == element, *conditions).correlate_except(column.table).exists()


def _shared(share: sa.Table, node: Reached, tables: Tables) -> list[sa.ColumnElement[bool]]:
    return [
        share.c.entity == sa.literal(node.entity, sa.TEXT()),
        _granted(share.c.grantee, node.roles, tables.dialect),
        share.c.actions.bitwise_and(sa.literal_column(str(SHARED[node.action]))) != sa.literal_column("0"),
        sa.or_(share.c.expires_at.is_(None), share.c.expires_at > sa.bindparam(MOMENT, type_=sa.BIGINT())),
    ]


def _granted(grantee: sa.Column[Any], roles: Sequence[str], dialect: str) -> sa.ColumnElement[bool]:
    with_roles = grantee.in_([sa.bindparam(None, role, sa.TEXT(), literal_execute=True) for role in roles])
    if dialect == POSTGRESQL:
        return sa.or_(grantee == sa.any_(sa.bindparam(GRANTEES, type_=postgresql.ARRAY(sa.TEXT()))), with_roles)
    given = sa.func.json_each(sa.bindparam(GRANTEES, type_=sa.TEXT())).table_valued("value", name="mine")
    return sa.or_(grantee.in_(sa.select(given.c.value)), with_roles)


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
