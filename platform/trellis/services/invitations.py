"""People are invited: an account is made, and a letter lets its owner choose a password once, within a week."""

from collections.abc import Sequence

from trellis.kernel.errors import FieldError, Invalid, NotFound, TooManyRequests
from trellis.kernel.messages import Message
from trellis.services import accounts, audit
from trellis.services.accountlinks import INVITATION, address_of, link_address, new_link
from trellis.services.administering import require_users
from trellis.services.context import Context
from trellis.services.identities import actor_of
from trellis.services.mail import send_later
from trellis.services.throttling import INVITE, INVITES, tried
from trellis.storage import accountlinks, accountrows, people
from trellis.storage.accountrows import SERVICE
from trellis.storage.connection import Connection
from trellis.storage.people import USER, Person


async def invite(
    context: Context, *, email: str, name: str, roles: Sequence[str] = (), team: str | None = None, locale: str = ""
) -> str:
    """A new user who gets a letter; the id. Raises Invalid, Forbidden, TooManyRequests."""
    require_users(context)
    if not email.strip():
        raise Invalid([FieldError("email", "required", Message("{label} is required.", {"label": Message("Email")}))])
    user = await accounts.create_user(context, email=email.strip(), name=name, roles=roles, team=team, locale=locale)
    await send_invitation(context, user)
    return user


async def send_invitation(context: Context, user: str) -> str:
    """Send the letter, or send it again with a new link, which makes the old one useless; the link. Raises Invalid."""
    require_users(context)
    async with context.database.write(context.workspace) as connection:
        now = context.clock.now()
        by_user = await tried(connection, INVITE, user, now)
        by_actor = context.actor.is_system or await tried(connection, INVITES, context.actor.id, now)
        if by_user and by_actor:
            return await _send(context, connection, user)
    raise TooManyRequests(Message("Too many invitations. Try again later."))


async def withdraw_invitation(context: Context, user: str) -> None:
    """The link in the letter leads nowhere any more; raises NotFound when there is none."""
    require_users(context)
    async with context.database.write(context.workspace) as connection:
        if not await accountlinks.withdraw(connection, user, INVITATION):
            raise NotFound
        await accountrows.mark_invited(connection, user, None)
        await audit.note(context, connection, "account.invitation_withdrawn", entity=USER, record=user)


async def _send(context: Context, connection: Connection, user: str) -> str:
    person = await _invitable(context, connection, user)
    link = link_address(context, await new_link(context, connection, user, INVITATION))
    await accountrows.add_account(connection, user, accountrows.PERSON, context.now(), context.actor.id)
    await accountrows.mark_invited(connection, user, context.now())
    data = {
        "name": person.name,
        "who": context.actor.name if not context.actor.is_system else person.name,
        "site": address_of(context, "/"),
        "link": link,
    }
    locale = actor_of(person, context).locale
    await send_later(context, connection, to=person.email, template="invitation", data=data, locale=locale)
    await audit.note(context, connection, "account.invited", entity=USER, record=user)
    return link


async def _invitable(context: Context, connection: Connection, user: str) -> Person:
    person = await people.with_id(connection, context.release.statements, user)
    if person is None:
        raise NotFound
    account = await accountrows.account_of(connection, user)
    if not person.active or not person.email or account.kind == SERVICE:
        text = Message("Only active people with an address can be invited.")
        raise Invalid([FieldError("email", "not_invitable", text)])
    if await accounts.has_signed_in(connection, user):
        text = Message("This user signs in already.")
        raise Invalid([FieldError("email", "not_invitable", text)])
    return person
