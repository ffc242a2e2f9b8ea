"""The records of core.user as the sign-in needs them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from trellis.kernel.identity import canonical_id
from trellis.storage.connection import Connection, Prepared, Row, prepare
from trellis.storage.lists import numbered, rounded
from trellis.storage.statements import Statements
from trellis.storage.system import system_tables

USER = "core.user"

_NOTHING = (sa.null(), sa.null(), sa.null(), sa.null(), sa.null(), sa.null())
_SHOWN = ("id", "name", "email", "active", "team", "locale", "time_zone")


@dataclass(frozen=True, slots=True)
class Person:
    """A user who is not in the bin; `seen_at` and what follows are those of the session or token that led here."""

    id: str
    name: str
    email: str
    active: bool
    team: str | None
    locale: str | None
    zone: str | None
    roles: frozenset[str] = frozenset()
    teams: tuple[str, ...] = ()
    """The own team and all above it, nearest first."""
    seen_at: int | None = None
    expires_at: int | None = None
    impersonator: str = ""
    """Who acts in the user's place in this session."""
    limited_to: str | None = None
    """The only roles that the token may use, as JSON."""
    method: str = ""
    """How the user had signed in."""
    token: str = ""
    """The id of the token that led here."""


async def with_email(connection: Connection, statements: Statements, email: str) -> Person | None:
    """The user with this address, however it is capitalised."""
    if "\x00" in email:  # no text of a database holds one
        return None
    prepared = statements.get("user with email", lambda: _with_email(statements))
    return _person(await connection.fetch(prepared, {"email": email.strip().lower()}))


async def with_id(connection: Connection, statements: Statements, user_id: str) -> Person | None:
    """The user of an id; nobody for what is no id."""
    known = canonical_id(user_id)
    if known is None:
        return None
    prepared = statements.get("user with id", lambda: _with_id(statements))
    return _person(await connection.fetch(prepared, {"user": known}))


async def with_ids(connection: Connection, statements: Statements, ids: Sequence[str]) -> dict[str, Person]:
    """The users of some ids."""
    wanted = rounded(ids)
    prepared = statements.get(("users with ids", len(wanted)), lambda: _with_ids(statements, len(wanted)))
    found: dict[str, list[Row]] = {}
    for row in await connection.fetch(prepared, numbered("user", wanted)) if wanted else ():
        found.setdefault(str(row[0]), []).append(row)
    return {user: person for user, rows in found.items() if (person := _person(rows)) is not None}


async def of_session(connection: Connection, statements: Statements, token_hash: str) -> Person | None:
    """Whose session this is."""
    prepared = statements.get("user of session", lambda: _of_session(statements))
    return _person(await connection.fetch(prepared, {"hash": token_hash}))


async def of_token(connection: Connection, statements: Statements, token_hash: str) -> Person | None:
    """Whose token this is, unless it was revoked."""
    prepared = statements.get("user of token", lambda: _of_token(statements))
    return _person(await connection.fetch(prepared, {"hash": token_hash}))


def _person(rows: list[Row]) -> Person | None:
    """One row for each role and each team."""
    if not rows:
        return None
    user_id, name, email, active, team, locale, zone, _, _, _, *more = rows[0]
    seen_at, expires_at, impersonator, limited_to, method, token = more
    roles = frozenset(row[7] for row in rows if row[7] is not None)
    above = sorted({(row[9], str(row[8])) for row in rows if row[8] is not None})
    teams = tuple(one for _, one in above)
    return Person(
        user_id, name, email or "", bool(active), team, locale, zone, roles, teams,
        seen_at, expires_at, impersonator or "", limited_to, method or "", token or "",
    )  # fmt: skip


def _with_email(statements: Statements) -> Prepared:
    email = statements.tables.entity(USER).columns["email"]
    return _compiled(statements, _users(statements).where(sa.func.lower(email) == sa.bindparam("email", type_=sa.TEXT)))


def _with_id(statements: Statements) -> Prepared:
    user_id = statements.tables.entity(USER).columns["id"]
    return _compiled(statements, _users(statements).where(user_id == sa.bindparam("user", type_=user_id.type)))


def _with_ids(statements: Statements, count: int) -> Prepared:
    user_id = statements.tables.entity(USER).columns["id"]
    binds = [sa.bindparam(f"user{number}", type_=user_id.type) for number in range(count)]
    return _compiled(statements, _users(statements).where(user_id.in_(binds)))


def _of_session(statements: Statements) -> Prepared:
    session = system_tables(statements.tables.schema).session
    more = (session.c.seen_at, session.c.expires_at, session.c.impersonator, sa.null(), session.c.method, sa.null())
    found = _users(statements, session.c.user_id, more)
    return _compiled(statements, found.where(session.c.token_hash == sa.bindparam("hash", type_=sa.TEXT)))


def _of_token(statements: Statements) -> Prepared:
    token = system_tables(statements.tables.schema).token
    more = (token.c.last_used_at, token.c.expires_at, sa.null(), token.c.roles, token.c.method, token.c.id)
    found = _users(statements, token.c.user_id, more)
    same = token.c.hash == sa.bindparam("hash", type_=sa.TEXT)
    return _compiled(statements, found.where(same, token.c.revoked_at.is_(None)))


def _users(
    statements: Statements,
    holder: sa.Column[str] | None = None,
    more: Sequence[sa.ColumnElement[Any]] = _NOTHING,
) -> "sa.Select[*tuple[object, ...]]":
    """Users with their roles and the teams above them; `holder` is the column of another table with their ids.

    `more` are columns of that table: last seen, end, impersonator, roles, way of signing in, id of the token.
    """
    columns = statements.tables.entity(USER).columns
    fixed = system_tables(statements.tables.schema)
    roles, tree = fixed.role_assignment, fixed.team_tree
    shown = [columns[key] for key in _SHOWN]
    given = roles.c.user_id == sa.cast(columns["id"], sa.TEXT)
    whole = columns["id"].table.outerjoin(roles, given).outerjoin(tree, tree.c.descendant == columns["team"])
    if holder is not None:
        whole = holder.table.join(whole, columns["id"] == sa.cast(holder, columns["id"].type))
    found = sa.select(
        *shown,
        roles.c.role,
        tree.c.ancestor,
        tree.c.depth,
        *more,
    )
    return found.select_from(whole).where(columns["deleted_at"].is_(None))


def _compiled(statements: Statements, statement: sa.Executable) -> Prepared:
    return prepare(statement, statements.tables.dialect)
