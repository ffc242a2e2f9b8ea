"""Imports and exports run in somebody's name, also where nobody is signed in."""

from trellis.kernel.errors import NotFound
from trellis.kernel.messages import Message
from trellis.services.context import Context
from trellis.services.identities import actor_of
from trellis.storage import people


async def as_user(context: Context, email: str) -> Context:
    """The context for the user with this address; raises NotFound."""
    async with context.database.read(context.workspace) as connection:
        person = await people.with_email(connection, context.release.statements, email)
    if person is None:
        raise NotFound(Message("There is no user with the address {email}.", {"email": email}))
    return context.with_actor(actor_of(person, context))


async def as_user_id(context: Context, user_id: str) -> Context:
    """The context for a user, or for the system when the id is empty; raises NotFound."""
    if not user_id:
        return context.as_system()
    async with context.database.read(context.workspace) as connection:
        person = await people.with_id(connection, context.release.statements, user_id)
    if person is None:
        raise NotFound(Message("There is no such user."))
    return context.with_actor(actor_of(person, context))
