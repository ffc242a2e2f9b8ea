"""Whom and what a text may mean in a search of the log: people, records, addresses of the network."""

import ipaddress

from trellis.kernel.errors import Forbidden
from trellis.kernel.identity import canonical_id
from trellis.services import queries
from trellis.services.context import Context
from trellis.storage.people import USER

PER_ENTITY = 5
MOST = 40

Subject = tuple[tuple[str, str], ...]
"""Columns of the log with their values."""


async def subjects(context: Context, text: str) -> tuple[Subject, ...]:
    """Everything that a text may mean, as far as the reader may see it; people are found by everybody."""
    text = text.strip()
    known = canonical_id(text)
    if known:
        return ((("actor", known),), *anywhere(context, known))
    if _is_address(text):
        return ((("address", text),),)
    people = [choice.id for choice in await queries.choices(context.as_system(), USER, text, limit=PER_ENTITY)]
    found: list[Subject] = [(("actor", person),) for person in people]
    found += [_record(USER, person) for person in people]
    for entity in context.snapshot.entities.values():
        if entity.id != USER and entity.traits.child_of is None and context.access.allows(entity.id, "read"):
            found += [_record(entity.id, record) for record in await _records(context, entity.id, text)]
    return tuple(found[:MOST])


def anywhere(context: Context, record: str) -> tuple[Subject, ...]:
    """A record of which only the id is known."""
    return tuple(_record(entity, record) for entity in context.snapshot.entities)


def _record(entity: str, record: str) -> Subject:
    return ("entity", entity), ("record", record)


async def _records(context: Context, entity: str, text: str) -> list[str]:
    try:
        return [choice.id for choice in await queries.choices(context, entity, text, limit=PER_ENTITY)]
    except Forbidden:
        return []


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
