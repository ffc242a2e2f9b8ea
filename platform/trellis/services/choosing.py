"""What a link to one's account opens: a page on which its owner chooses a password, and at first a name."""

from dataclasses import dataclass

from trellis.kernel.errors import FieldError, Invalid, NotFound, TooManyRequests
from trellis.kernel.messages import Message
from trellis.services import accounts, audit
from trellis.services.accountlinks import INVITATION, RESET
from trellis.services.commands import Update
from trellis.services.context import Context
from trellis.services.identities import actor_of, hash_of
from trellis.services.passwords import check_password
from trellis.services.records import write
from trellis.services.signing_in import LINK, Facts, Outcome, signed_in
from trellis.services.throttling import LINK_NETWORK, network_of, tried
from trellis.storage import accountlinks, people
from trellis.storage.people import USER


@dataclass(frozen=True, slots=True)
class Opened:
    """A link that is good: of which kind, and whose it is."""

    kind: str
    user: str
    name: str
    email: str
    locale: str


async def opened(context: Context, secret: str) -> Opened:
    """What a link opens; raises NotFound for one that is not good any more, TooManyRequests for who guesses."""
    async with context.database.read(context.workspace) as connection:
        link = await accountlinks.find(connection, hash_of(secret), context.now())
        person = await people.with_id(connection, context.release.statements, link.user_id) if link else None
    if link is None or person is None or not person.active:
        await _guessed(context)
        raise NotFound(Message("This link was used, withdrawn or is too old. Ask for a new one."))
    return Opened(link.kind, person.id, person.name, person.email, actor_of(person, context).locale)


async def choose(context: Context, secret: str, *, password: str, name: str, facts: Facts) -> Outcome | None:
    """Set the password, once; who was invited or had to change it is in then, others sign in. Raises Invalid, NotFound."""
    found = await opened(context, secret)
    name = name.strip()
    if found.kind == INVITATION and not name:
        raise Invalid([FieldError("name", "required", Message("{label} is required.", {"label": Message("Name")}))])
    shortest = context.preferences.accounts.shortest_password
    check_password(password, shortest=shortest, about=(found.email, found.name, name))
    system = context.as_system()
    async with context.database.write(context.workspace) as connection:
        if not await accountlinks.use(connection, hash_of(secret), context.now()):
            raise NotFound(Message("This link was used, withdrawn or is too old. Ask for a new one."))
    if found.kind == INVITATION and name != found.name:
        await write(system, USER, [Update(found.user, {"name": name})])
    await accounts.replace_password(system, found.user, password)
    if found.kind == INVITATION:
        await audit.noted(system, "account.accepted", entity=USER, record=found.user)
    return None if found.kind == RESET else await signed_in(system, found.user, method=LINK, facts=facts)


async def _guessed(context: Context) -> None:
    if not context.address:
        return
    async with context.database.write(context.workspace) as connection:
        free = await tried(connection, LINK_NETWORK, network_of(context.address), context.clock.now())
    if not free:
        raise TooManyRequests(Message("Too many tries. Wait a few minutes."))
