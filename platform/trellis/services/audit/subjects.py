"""Whom and what a text may mean in a search of the log: people, records, addresses of the network."""

import ipaddress

from trellis.kernel.errors import Forbidden
from trellis.kernel.identity import canonical_id
from trellis.services import queries
from trellis.services.context import Context
from trellis.storage.people import USER

PER_ENTITY = 5
MOST = 40

Subject = tuple[str, str]
"""A column of the log and its value."""


async def subjects(context: Context, text: str) -> tuple[Subject, ...]:
    """Everything that a text may mean, as far as the reader may see it; people are found by everybody."""
    text = text.strip()
    known = canonical_id(text)
    if known:
        return ("record", known), ("actor", known)
    if _is_address(text):
        return (("address", text),)
    people = [choice.id for choice in await queries.choices(context.as_system(), USER, text, limit=PER_ENTITY)]
    found = [("actor", person) for person in people] + [("record", person) for person in people]
    for entity in context.snapshot.entities.values():
        if entity.id != USER and entity.traits.child_of is None and context.access.allows(entity.id, "read"):
            found += [("record", record) for record in await _records(context, entity.id, text)]
    return tuple(found[:MOST])


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
