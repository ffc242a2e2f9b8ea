"""Showing one masked value in full to somebody whose role lets him: it is on record before the value is given out."""

from dataclasses import dataclass

from trellis.engine.query import Record
from trellis.kernel.errors import Forbidden, NotFound, TooManyRequests
from trellis.kernel.messages import Message
from trellis.metadata.documents import Level
from trellis.metadata.fieldtypes import FieldType
from trellis.services import audit, queries
from trellis.services.access.refusing import advised
from trellis.services.apiclients.noting import note_record
from trellis.services.context import Context
from trellis.services.retrying import Attempt, persistently
from trellis.services.sight import as_platform
from trellis.services.throttling import REVEAL, tried
from trellis.storage.connection import Connection, Contention


@dataclass(frozen=True, slots=True)
class Revealed:
    """A value in full."""

    record: str
    field: FieldType
    """In the reader's language."""
    value: object
    label: object
    """What stands behind a link, as far as the reader may see it: a title, or pairs of id and title."""
    recorded: bool
    """Whether it was masked, so that the log says who saw it."""


def is_revealable(context: Context, entity: str, key: str, level: Level, value: object) -> bool:
    """Whether the actor may have a value revealed that has this level on a record."""
    return level is Level.MASKED and value is not None and bool(context.access.field(entity, key).reveal)


async def reveal(context: Context, entity_id: str, record_id: str, key: str) -> Revealed:
    """The value of a field that is masked for the actor; the log tells of it first.

    Raises NotFound for a record or field of which the actor may not know, Forbidden (with whom to ask) where no role
    lets the value be revealed, TooManyRequests for who asks for one value after the other.
    """

    async def attempt(one: Attempt) -> Revealed:
        found = await _looked_up(one.context, entity_id, record_id, key)
        if found.recorded:
            async with one.transaction() as connection:
                await _recorded(one.context, connection, entity_id, found)
        return found

    try:
        found = await persistently(context, attempt)
    except Forbidden as error:
        raise await advised(context, error, entity_id, record_id, key) from error
    note_record(context, entity_id, (key,))
    return found


async def _looked_up(context: Context, entity_id: str, record_id: str, key: str) -> Revealed:
    """The value, after the actor's right to have it revealed on this record was checked."""
    field = context.snapshot.localised(context.locale).entity(entity_id).field(key)
    if field is None or field.hidden or context.access.highest(entity_id, key) < Level.MASKED:
        raise NotFound()
    seen = await queries.get_record(context, entity_id, record_id, (key,), labels=False)
    masked = _is_masked(context, seen, field)
    found = await queries.get_record(as_platform(context), entity_id, seen.id, (key,), labels=False)
    if found.version != seen.version:  # the rights of a moment ago say nothing about what is there now
        raise Contention()
    value = found.values[key]
    return Revealed(seen.id, field, value, await _label(context, field, value), masked)


def _is_masked(context: Context, seen: Record, field: FieldType) -> bool:
    """Whether there is something to reveal; raises Forbidden where that is not allowed."""
    level = seen.levels.get(field.key, context.access.level(seen.entity, field.key))
    if level < Level.MASKED:
        raise Forbidden(Message("{field} of this record is hidden from you.", {"field": field.caption}))
    if level is not Level.MASKED or seen.values[field.key] is None:
        return False
    if not context.access.field(seen.entity, field.key).reveal:
        text = "{field} is masked for you, and none of your roles lets you show it in full."
        raise Forbidden(Message(text, {"field": field.caption}))
    return True


async def _recorded(context: Context, connection: Connection, entity_id: str, found: Revealed) -> None:
    who = context.actor.impersonator or context.actor.id
    if not await tried(connection, REVEAL, who, context.clock.now()):
        raise TooManyRequests(Message("You have shown many masked values. Try again in a few minutes."), retry_after=60)
    await audit.note(
        context, connection, "field.revealed", entity=entity_id, record=found.record, field=found.field.key
    )


async def _label(context: Context, field: FieldType, value: object) -> object:
    ids = [value] if isinstance(value, str) else list(value) if isinstance(value, tuple) else []
    if field.target is None or not ids:
        return None
    known: dict[str, str] = {}
    if context.access.allows(field.target, "read"):
        known = {one.id: one.label for one in await queries.choices(context, field.target, ids=ids, limit=len(ids))}
    return [(one, known.get(one)) for one in ids] if field.multiple else known.get(ids[0])
