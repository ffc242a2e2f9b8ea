"""All users for whoever manages them: lists of them, and one with all that belongs to the account."""

from dataclasses import dataclass, replace
from datetime import datetime

from trellis.kernel.errors import NotFound
from trellis.services import queries
from trellis.services.administering import as_administrator, require_users
from trellis.services.context import Context
from trellis.services.identities import actor_of
from trellis.storage import accountlinks, accountrows, accounts, people, sessions, tokens
from trellis.storage import directory as storage
from trellis.storage.accountlinks import AccountLink
from trellis.storage.accountrows import Account
from trellis.storage.connection import Connection
from trellis.storage.directory import ACTIVE, DISABLED, INVITED, STATES, WITHOUT, UserLine, Wanted
from trellis.storage.people import USER, Person
from trellis.storage.sessions import Session
from trellis.storage.tokens import Token

__all__ = [
    "STATES", "UserCard", "UserLine", "UsersFound", "Wanted",
    "addresses", "find_users", "user_card", "user_state", "user_with_email",
]  # fmt: skip

PAGE = 50


@dataclass(frozen=True, slots=True)
class UsersFound:
    """A page of users, and how many there are."""

    lines: tuple[UserLine, ...]
    total: int
    page: int

    @property
    def pages(self) -> int:
        """How many pages there are, one at least."""
        return max(1, -(-self.total // PAGE))


@dataclass(frozen=True, slots=True)
class UserCard:
    """One user with the account; `person.roles` are those that were given."""

    person: Person
    account: Account
    state: str
    locale: str
    has_password: bool
    must_change: bool
    sessions: tuple[Session, ...]
    tokens: tuple[Token, ...]
    links: tuple[AccountLink, ...]
    manager: Person | None = None
    title: str = ""
    version: int = 0

    @property
    def invitation_until(self) -> datetime | None:
        """How long an open invitation is good."""
        return next((link.expires_at for link in self.links if link.kind == "invitation"), None)


async def find_users(context: Context, wanted: Wanted, page: int = 1) -> UsersFound:
    """A page of the users of a sort; raises Forbidden. An unknown state means any."""
    require_users(context)
    known = wanted if wanted.state in STATES else Wanted(wanted.text, wanted.role, wanted.team)
    statements, offset = context.release.statements, (max(page, 1) - 1) * PAGE
    async with context.database.read(context.workspace) as connection:
        total = await storage.count(connection, statements, known)
        lines = await storage.lines(connection, statements, known, limit=PAGE, offset=offset)
    return UsersFound(tuple(lines), total, max(page, 1))


async def user_card(context: Context, user: str) -> UserCard:
    """One user with all that belongs to the account; raises Forbidden, NotFound."""
    record = await queries.get_record(as_administrator(context), USER, user, ("manager", "title"), labels=False)
    manager = record.values.get("manager")
    async with context.database.read(context.workspace) as connection:
        person = await people.with_id(connection, context.release.statements, record.id)
        above = await people.with_id(connection, context.release.statements, str(manager)) if manager else None
        if person is None:
            raise NotFound
        card = await _card(context, connection, person)
    return replace(card, manager=above, title=str(record.values.get("title") or ""), version=record.version)


async def user_with_email(context: Context, email: str) -> str | None:
    """The id of the user with an address; None for nobody, raises Forbidden."""
    require_users(context)
    async with context.database.read(context.workspace) as connection:
        person = await people.with_email(connection, context.release.statements, email)
    return person.id if person else None


async def addresses(context: Context) -> tuple[tuple[str, str], ...]:
    """Addresses and names of some users, for choosing one."""
    found = await find_users(context, Wanted(state=ACTIVE))
    return tuple((line.email, line.name) for line in found.lines if line.email)


async def _card(context: Context, connection: Connection, person: Person) -> UserCard:
    account = await accountrows.account_of(connection, person.id)
    credential = await accounts.credential_of(connection, person.id)
    now = context.now()
    found = [item for item in await sessions.sessions_of(connection, person.id) if item.expires_at > now]
    return UserCard(
        person,
        account,
        user_state(person, account, has_password=credential is not None),
        actor_of(person, context).locale,
        has_password=credential is not None,
        must_change=credential is not None and credential.must_change,
        sessions=tuple(found),
        tokens=tuple(await tokens.tokens_of(connection, person.id)),
        links=tuple(await accountlinks.open_of(connection, person.id, now)),
    )


def user_state(person: Person, account: Account, *, has_password: bool) -> str:
    """One of STATES, as the list tells it."""
    if not person.active:
        return DISABLED
    if account.kind == accountrows.SERVICE:
        return accountrows.SERVICE
    if account.signed_in_at is not None or has_password:
        return ACTIVE
    return INVITED if account.invited_at is not None else WITHOUT
