"""All users as an administrator looks through them."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from trellis.storage.accountrows import PERSON, SERVICE
from trellis.storage.connection import Connection, Prepared, prepare
from trellis.storage.moments import optional_moment
from trellis.storage.people import USER
from trellis.storage.statements import Statements
from trellis.storage.system import system_tables

TEAM = "core.team"
ACTIVE, INVITED, WITHOUT, DISABLED = "active", "invited", "without", "disabled"
STATES = (ACTIVE, INVITED, WITHOUT, DISABLED, SERVICE)
"""Signs in, was invited and has not come yet, has no way in, is closed, is a program."""

_WORDS = {name: sa.literal_column(f"'{name}'", sa.TEXT) for name in STATES}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which users: those whose name or address has a text, with a role, in a team, in a state; empty means all."""

    text: str = ""
    role: str = ""
    team: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class UserLine:
    """One user, with the account."""

    id: str
    name: str
    email: str
    team: str
    state: str
    kind: str
    invited_at: datetime | None
    signed_in_at: datetime | None
    roles: tuple[str, ...]


async def count(connection: Connection, statements: Statements, wanted: Wanted) -> int:
    """How many users there are of this sort."""
    prepared = statements.get(("users counted", _shape(wanted)), lambda: _counted(statements, wanted))
    return int((await connection.fetch(prepared, _values(wanted)))[0][0])


async def lines(
    connection: Connection, statements: Statements, wanted: Wanted, *, limit: int, offset: int
) -> list[UserLine]:
    """A page of them, by name."""
    prepared = statements.get(("users listed", _shape(wanted)), lambda: _listed(statements, wanted))
    rows = await connection.fetch(prepared, {**_values(wanted), "most": limit, "skipped": offset})
    return [
        UserLine(
            str(user_id), name, email or "", team or "", state, kind or PERSON,
            optional_moment(invited), optional_moment(signed_in), tuple(sorted((roles or "").split(","))) if roles else (),
        )
        for user_id, name, email, team, state, kind, invited, signed_in, roles in rows
    ]  # fmt: skip


def _shape(wanted: Wanted) -> tuple[str, ...]:
    """What distinguishes statements: which filters there are, and the state."""
    given = tuple(spec.name for spec in fields(Wanted) if getattr(wanted, spec.name))
    return (*given, wanted.state)


def _values(wanted: Wanted) -> dict[str, object]:
    escaped = wanted.text.strip().lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    values = {"text": f"%{escaped}%" if wanted.text else "", "role": wanted.role, "team": wanted.team}
    return {key: value for key, value in values.items() if value}


def _counted(statements: Statements, wanted: Wanted) -> Prepared:
    whole, conditions, _ = _users(statements, wanted)
    return prepare(sa.select(sa.func.count()).select_from(whole).where(*conditions), statements.tables.dialect)


def _listed(statements: Statements, wanted: Wanted) -> Prepared:
    whole, conditions, state = _users(statements, wanted)
    users = statements.tables.entity(USER).columns
    teams = statements.tables.entity(TEAM).columns
    fixed = system_tables(statements.tables.schema)
    account, given = fixed.account, fixed.role_assignment
    roles = sa.select(sa.func.aggregate_strings(given.c.role, ",")).where(
        given.c.user_id == sa.cast(users["id"], sa.TEXT)
    )
    shown = (
        users["id"], users["name"], users["email"], teams["name"], state,
        account.c.kind, account.c.invited_at, account.c.signed_in_at, roles.scalar_subquery(),
    )  # fmt: skip
    found = sa.select(*shown).select_from(whole).where(*conditions).order_by(sa.func.lower(users["name"]), users["id"])
    most, skipped = sa.bindparam("most", type_=sa.INTEGER), sa.bindparam("skipped", type_=sa.INTEGER)
    return prepare(found.limit(most).offset(skipped), statements.tables.dialect)


def _users(
    statements: Statements, wanted: Wanted
) -> tuple[sa.FromClause, list[sa.ColumnElement[bool]], sa.ColumnElement[str]]:
    """The tables, what is wanted of them, and the state of a user."""
    fixed = system_tables(statements.tables.schema)
    users, teams = statements.tables.entity(USER).columns, statements.tables.entity(TEAM).columns
    user_id = sa.cast(users["id"], sa.TEXT)
    state = _state(fixed, user_id, users["active"])
    whole = users["id"].table.outerjoin(fixed.account, fixed.account.c.user_id == user_id)
    whole = whole.outerjoin(teams["id"].table, teams["id"] == users["team"])
    conditions: list[sa.ColumnElement[bool]] = [users["deleted_at"].is_(None)]
    if wanted.text:
        text = sa.bindparam("text", type_=sa.TEXT)
        likes = (sa.func.lower(users[key]).like(text, escape="\\") for key in ("name", "email"))
        conditions.append(sa.or_(*likes))
    if wanted.role:
        role = sa.bindparam("role", type_=sa.TEXT)
        given = fixed.role_assignment
        conditions.append(sa.exists().where(given.c.user_id == user_id, given.c.role == role))
    if wanted.team:
        conditions.append(users["team"] == sa.bindparam("team", type_=users["team"].type))
    if wanted.state:
        conditions.append(state == _WORDS[wanted.state])
    return whole, conditions, state


def _state(fixed: Any, user_id: sa.ColumnElement[str], active: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
    account = fixed.account
    comes_in = sa.or_(
        account.c.signed_in_at.is_not(None),
        sa.exists().where(fixed.credential.c.user_id == user_id),
        sa.exists().where(fixed.identity.c.user_id == user_id),
    )
    return sa.case(
        (sa.not_(active), _WORDS[DISABLED]),
        (account.c.kind == _WORDS[SERVICE], _WORDS[SERVICE]),
        (comes_in, _WORDS[ACTIVE]),
        (account.c.invited_at.is_not(None), _WORDS[INVITED]),
        else_=_WORDS[WITHOUT],
    )
