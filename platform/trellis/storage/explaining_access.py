"""What a database says of one record when it is asked rule by rule, with the very conditions that narrow lists."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from trellis.engine.access import Access
from trellis.engine.expr.nodes import Expression
from trellis.storage.connection import Connection, prepare
from trellis.storage.expressions import NotPortable
from trellis.storage.moments import from_number
from trellis.storage.sources import Sources, entitled, right_flag
from trellis.storage.statements import Statements
from trellis.storage.system import SystemTables, system_statement

Questions = Mapping[str, Expression]
"""Conditions of rights by a name; the same names always stand for the same conditions of an access."""


@dataclass(frozen=True, slots=True)
class Verdicts:
    """For one record: which actions are allowed, and which of the conditions hold; a condition that nobody can ask is left out."""

    in_bin: bool
    allowed: Mapping[str, bool]
    holds: Mapping[str, bool]


async def verdicts(
    connection: Connection,
    statements: Statements,
    access: Access,
    entity: str,
    record: str,
    actions: Iterable[str],
    questions: Questions,
    parameters: Mapping[str, object],
) -> Verdicts | None:
    """The answers for a record, in one statement; None when there is no such record. `parameters` are those of the actor."""
    asked, names = tuple(actions), tuple(questions)
    key = ("verdicts", entity, asked, names, access.key)
    prepared, known = statements.get(key, lambda: _prepared(statements, access, entity, asked, questions))
    rows = await connection.fetch(prepared, {**parameters, "record": record})
    if not rows:
        return None
    deleted, *flags = rows[0]
    allowed = dict(zip(asked, map(bool, flags[: len(asked)]), strict=True))
    return Verdicts(deleted is not None, allowed, dict(zip(known, map(bool, flags[len(asked) :]), strict=True)))


def _prepared(
    statements: Statements, access: Access, entity: str, actions: tuple[str, ...], questions: Questions
) -> tuple[Any, tuple[str, ...]]:
    sources = Sources.of(statements.tables, access, entity)
    columns = sources.base.columns
    flags = [right_flag(sources, entity, action).label(f"may_{action}") for action in actions]
    answers = {}
    for number, (name, condition) in enumerate(questions.items()):
        answer = _answer(condition, sources, number)
        if answer is not None:
            answers[name] = answer.label(f"q{number}")
    identity = columns["id"]
    deleted = columns["deleted_at"] if "deleted_at" in columns else sa.null()
    statement = sa.select(deleted.label("gone"), *flags, *answers.values()).select_from(sources.from_clause())
    statement = statement.where(identity == sa.bindparam("record", type_=identity.type))
    return prepare(statement, statements.tables.dialect), tuple(answers)


def _answer(condition: Expression, sources: Sources, number: int) -> sa.ColumnElement[Any] | None:
    try:
        holds = entitled(condition, sources, prefix=f"q{number}_")
    except NotPortable:
        return None
    return sa.case((holds, sa.literal_column("1")), else_=sa.literal_column("0"))


@dataclass(frozen=True, slots=True)
class ShareSeen:
    """A share of a record: for what, by whom, and until when."""

    grantee: str
    actions: int
    by: str
    expires: datetime | None


async def shares(connection: Connection, entity: str, record: str, grantees: Iterable[str]) -> tuple[ShareSeen, ...]:
    """The shares of a record with one of these, those that have ended as well."""
    wanted = frozenset(grantees)
    rows = await connection.fetch(_shares(connection), {"entity": entity, "record": record})
    return tuple(
        ShareSeen(grantee, int(actions), by, from_number(expires) if expires is not None else None)
        for grantee, actions, by, expires in rows
        if grantee in wanted
    )


async def managers(connection: Connection, user: str) -> tuple[str, ...]:
    """Everybody above a user, the nearest first."""
    return tuple(str(manager) for manager, _ in await connection.fetch(_managers(connection), {"report": user}))


async def users_with(connection: Connection, roles: Iterable[str]) -> tuple[str, ...]:
    """Everybody who was given one of some roles, in the order of their ids."""
    wanted = frozenset(roles)
    given = await connection.fetch(_assignments(connection))
    return tuple(sorted({str(user) for user, role in given if role in wanted}))


@system_statement
def _assignments(tables: SystemTables) -> sa.Executable:
    given = tables.role_assignment
    return sa.select(given.c.user_id, given.c.role)


@system_statement
def _shares(tables: SystemTables) -> sa.Executable:
    share = tables.share
    shown = sa.select(share.c.grantee, share.c.actions, share.c.created_by, share.c.expires_at)
    return shown.where(
        share.c.entity == sa.bindparam("entity", type_=sa.TEXT),
        share.c.record == sa.bindparam("record", type_=share.c.record.type),
    )


@system_statement
def _managers(tables: SystemTables) -> sa.Executable:
    line = tables.reporting_line
    report = sa.bindparam("report", type_=line.c.report.type)
    return sa.select(line.c.manager, line.c.depth).where(line.c.report == report).order_by(line.c.depth, line.c.manager)
