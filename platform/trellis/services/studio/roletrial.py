"""A drafted role tried out: how many records of each entity somebody could read and change with it."""

from dataclasses import dataclass, replace

from trellis.services.access.explaining import subject_of
from trellis.services.access.proofs import Subject
from trellis.services.studio.drafts import Draft
from trellis.services.studio.trial import as_if_published
from trellis.storage.extents import extent

ACTIONS = ("read", "edit", "delete")


@dataclass(frozen=True, slots=True)
class Extent:
    """How many records of an entity there are, and how many of them are open; None where nobody can say so yet."""

    entity: str
    creates: bool
    total: int | None = None
    counts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Trial:
    """Who tries which roles, and what comes out."""

    subject: Subject
    roles: tuple[str, ...]
    extents: tuple[Extent, ...]


async def try_role(draft: Draft, role: str, user: str, *, alone: bool) -> Trial:
    """What a person could do with a role as the draft has it, with it alone or with all other roles besides.

    One statement for each entity; raises Forbidden and NotFound.
    """
    asked = await subject_of(draft.context, user)
    actor = asked.context.actor
    roles = frozenset({role}) | (frozenset() if alone else actor.roles)
    context = as_if_published(draft).with_actor(replace(actor, roles=roles))
    parameters = context.sql_parameters()
    found = []
    async with context.database.read(context.workspace) as connection:
        for entity in context.snapshot.entities:
            creates = context.access.allows(entity, "create")
            numbers = await extent(connection, context.tables, context.access, entity, ACTIONS, parameters)
            found.append(Extent(entity, creates, numbers[0], numbers[1:]) if numbers else Extent(entity, creates))
    return Trial(asked.shown, (role, *sorted(roles - {role})), tuple(found))
