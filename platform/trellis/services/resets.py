"""A new password by mail, for whoever asks.

Whether an address is known is found out by the worker only: what answers the person who asks does the same for all.
"""

from trellis.kernel.errors import Forbidden, NotFound, TooManyRequests
from trellis.kernel.messages import Message
from trellis.services import audit
from trellis.services.accountlinks import RESET, address_of, link_address, new_link
from trellis.services.administering import require_power_over, require_users
from trellis.services.context import Context
from trellis.services.identities import actor_of
from trellis.services.mail import send_later
from trellis.services.throttling import RESET as RESET_LIMIT
from trellis.services.throttling import RESET_NETWORK, network_of, tried
from trellis.services.worker import Job
from trellis.storage import accountrows, people, timers
from trellis.storage.accountrows import SERVICE
from trellis.storage.connection import Connection
from trellis.storage.people import USER, Person
from trellis.storage.timers import Wanted

KIND = "account.reset"


async def ask_for_reset(context: Context, email: str) -> None:
    """Send a link to this address if it is that of a user; raises TooManyRequests by network, never by address."""
    async with context.database.write(context.workspace) as connection:
        now = context.clock.now()
        free = not context.address or await tried(connection, RESET_NETWORK, network_of(context.address), now)
        if free and await tried(connection, RESET_LIMIT, email.strip().casefold(), now):
            payload = {"email": email.strip()[:320], "address": context.address}
            await timers.enqueue(connection, Wanted(KIND, payload), now)
    if not free:
        raise TooManyRequests(Message("Too many tries. Wait a few minutes."))


async def answer_reset(job: Job) -> None:
    """Find out whose address it is and send the link; nothing happens for one that is nobody's."""
    context = job.context
    async with context.database.write(context.workspace) as connection:
        person = await people.with_email(connection, context.release.statements, str(job.timer.payload["email"]))
        if person is not None and person.active and await _is_person(connection, person):
            link = link_address(context, await new_link(context, connection, person.id, RESET))
            data = {"name": person.name, "site": address_of(context, "/"), "link": link}
            locale = actor_of(person, context).locale
            await send_later(context, connection, to=person.email, template="reset", data=data, locale=locale)
            await audit.note(context, connection, "password.reset_asked", entity=USER, record=person.id)
        await job.finish(connection)


async def reset_link(context: Context, user: str) -> str:
    """A link to choose a password with, to be given to the user by hand; raises Forbidden, NotFound."""
    require_users(context)
    async with context.database.write(context.workspace) as connection:
        person = await people.with_id(connection, context.release.statements, user)
        if person is None:
            raise NotFound
        if not person.active or not await _is_person(connection, person):
            raise Forbidden(Message("Only active people sign in with a password."))
        await require_power_over(context, connection, user)
        link = link_address(context, await new_link(context, connection, user, RESET))
        await audit.note(context, connection, "password.reset_asked", entity=USER, record=user)
    return link


async def send_reset(context: Context, user: str) -> None:
    """Send the user a letter with such a link; raises Forbidden, NotFound."""
    require_users(context)
    async with context.database.read(context.workspace) as connection:
        person = await people.with_id(connection, context.release.statements, user)
    if person is None or not person.email:
        raise NotFound
    async with context.database.write(context.workspace) as connection:
        await timers.enqueue(connection, Wanted(KIND, {"email": person.email}), context.clock.now())


async def _is_person(connection: Connection, person: Person) -> bool:
    return (await accountrows.account_of(connection, person.id)).kind != SERVICE


HANDLERS = {KIND: answer_reset}
