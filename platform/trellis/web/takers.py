"""Naming a person in a form that works without a script: by name, by email, or by a choice among those that fit."""

from collections.abc import Sequence
from dataclasses import dataclass

from trellis.engine.query import Choice
from trellis.kernel.errors import Forbidden
from trellis.kernel.identity import canonical_id
from trellis.kernel.messages import Message
from trellis.services import queries
from trellis.services.context import Context

USER = "core.user"
MOST = 20
OFFERED = 50


@dataclass(frozen=True, slots=True)
class Taker:
    """A person who was named: the id when it is clear who is meant, else who else it may be."""

    text: str = ""
    id: str = ""
    maybe: tuple[Choice, ...] = ()
    error: Message | None = None


async def taker(context: Context, text: str) -> Taker:
    """The person of a name, an email address or an id, among those whom the actor may see."""
    text = text.strip()
    if not text:
        return Taker()
    identity = canonical_id(text)
    found = await _choices(context, "" if identity else text, [identity] if identity else None)
    exact = [one for one in found if text.lower() in _names(one)] or found
    if len(exact) == 1:
        return Taker(exact[0].label, exact[0].id)
    if not found:
        return Taker(text, error=Message("Nobody of this name is found."))
    return Taker(text, maybe=tuple(found), error=Message("Several people fit. Choose one."))


async def offered(context: Context) -> tuple[Choice, ...]:
    """Some people, to choose from while typing."""
    return tuple(await _choices(context, "", None, OFFERED))


def _names(choice: Choice) -> set[str]:
    return {choice.id, choice.label.lower(), *(fact.lower() for fact in choice.facts)}


async def _choices(context: Context, text: str, ids: Sequence[str] | None, most: int = MOST) -> list[Choice]:
    try:
        return await queries.choices(context, USER, text, limit=most, filter="active", ids=ids)
    except Forbidden:
        return []
