"""The names of people on the pages of the Studio."""

from trellis.services import queries
from trellis.services.context import Context


async def name_of_user(context: Context, user: str) -> str:
    """What a user is called; '' for nobody."""
    found = await queries.choices(context.as_system(), "core.user", ids=[user]) if user else []
    return found[0].label if found else ""
