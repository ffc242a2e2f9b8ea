"""A record as the asker sees it: whose it is, and what the conditions of rules read of it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from trellis.engine.access.rules import holder
from trellis.engine.query import Record
from trellis.kernel.errors import Forbidden, NotFound
from trellis.metadata.documents import Entity, Level
from trellis.services import queries
from trellis.services.context import Context
from trellis.services.explanations import Place
from trellis.services.sight import Sight, title_text

USER, TEAM = "core.user", "core.team"
Names = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Ways:
    """The paths from a record to what has an owner: itself, or the whole that it is a part of."""

    up: str
    owner: str
    team: str
    about: str
    """The entity of what has an owner."""

    @classmethod
    def of(cls, context: Context, entity: Entity) -> "Ways":
        """The paths for records of an entity."""
        whole = holder(context.snapshot, entity)
        up = f"{entity.traits.child_of}." if whole is not None and whole is not entity else ""
        if whole is None:
            return cls(up, "created_by", "created_by.team", entity.id)
        return cls(up, f"{up}owner", f"{up}owner_team", whole.id)


@dataclass(frozen=True)
class Looked:
    """What the asker sees: the record's place, who owns it, of which team it is."""

    place: Place
    ways: Ways
    whole: str
    """The id of the record that has an owner."""
    owner: str | None = None
    owner_name: str | None = None
    team: str | None = None
    team_name: str | None = None
    sight: Sight | None = field(default=None, repr=False)
    """What conditions read; None where that was not looked at."""


async def look(context: Context, entity_id: str, record: str) -> Looked | None:
    """The record as far as the asker sees it, in the bin or not; None when there is none for him."""
    entity = context.snapshot.entity(entity_id)
    ways, sight = Ways.of(context, entity), Sight(context, entity_id, record, {}, {}, {})
    title = sight.title_field(entity_id)
    wanted = [path for path in (ways.owner, ways.team, f"{ways.up}id") if sight.may(path)]
    try:
        found = await _either(context, entity_id, record, [*title, *wanted])
    except (NotFound, Forbidden):
        return None
    words = context.snapshot.localised(context.locale).entity(entity_id)
    place = Place(entity_id, found.id, title_text(words.title, found.values, found.labels) if title else None)

    def value(path: str) -> tuple[str | None, str | None]:
        given = found.values.get(path)
        label = found.labels.get(path)
        return (None, None) if given is None else (str(given), None if label is None else str(label))

    whole, _ = value(f"{ways.up}id") if ways.up else (found.id, None)
    return Looked(place, ways, whole or "", *value(ways.owner), *value(ways.team))


async def names(context: Context, entity: str, ids: Collection[str], *, only: str | None = None) -> Names:
    """The titles of records as far as the asker may see them; `only` those that meet a condition."""
    known = context.snapshot.entity(entity).title_field
    if not ids or not context.access.allows(entity, "read") or context.access.highest(entity, known) < Level.READ:
        return {}
    found = await queries.choices(context, entity, ids=sorted(set(ids)), limit=len(set(ids)), filter=only)
    return {choice.id: choice.label for choice in found if choice.titled}


async def _either(context: Context, entity: str, record: str, fields: list[str]) -> Record:
    """The record among all others, or in the bin."""
    try:
        return await queries.get_record(context, entity, record, fields)
    except NotFound:
        return await queries.get_record(context, entity, record, fields, deleted=True)
