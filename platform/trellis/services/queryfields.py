"""Which fields a query may name: those of which the actor may know, in filters and orders those that he may read."""

from trellis.engine.query import Query
from trellis.kernel.errors import FieldError, Invalid
from trellis.kernel.messages import Message
from trellis.kernel.names import nearest
from trellis.metadata.documents import Entity, Level
from trellis.metadata.snapshot import Snapshot
from trellis.services.context import Context
from trellis.services.portability import unknown_value


def check_names(context: Context, entity: Entity, query: Query) -> None:
    """Raises Invalid with every path that cannot be used, and why."""
    errors = [error for path in query.fields if (error := _unusable(context, entity, path, "fields"))]
    errors += [error for key in query.sort if (error := _unusable(context, entity, key.path, "sort"))]
    if query.filter:
        wanted = context.language.filter(entity.id, query.filter)
        unknown = unknown_value(context, wanted)
        errors += [FieldError("filter", unknown.code, unknown.message)] if unknown else []
        for path in wanted.paths:
            error = _unusable(context, entity, path.key.removeprefix("record."), "filter", Level.READ)
            errors += [error] if error else []
    if errors:
        raise Invalid(errors)


def _words(context: Context) -> Snapshot:
    """The release in the language of the answer."""
    return context.snapshot.localised(context.locale)


def _unusable(
    context: Context, entity: Entity, path: str, where: str, least: Level = Level.MASKED
) -> FieldError | None:
    """Why a path cannot be used by this actor, if so; a field one may not see does not exist."""
    field = context.snapshot.field_at(entity.id, path) if path.count(".") <= 3 else None
    steps = path.split(".")
    hops = [context.snapshot.field_at(entity.id, ".".join(steps[: n + 1])) for n in range(len(steps) - 1)]
    seen = [*hops, field]
    needed = Level.READ if where != "fields" else least
    if any(part is None or context.access.highest(part.entity, part.key) < needed for part in seen):
        guess, label = nearest(path, context.access.readable(entity.id)), _words(context).entity(entity.id).label
        text = "There is no field “{key}” on {entity}." + (" Did you mean “{guess}”?" if guess else "")
        return FieldError(
            where, "unknown_field", Message(text, {"key": path[:80], "entity": label, "guess": guess or ""})
        )
    if where == "sort" and field is not None and not field.sortable:
        label = _words(context).entity(field.entity).all_fields[field.key].caption
        return FieldError(where, "not_sortable", Message("One cannot sort by {label}.", {"label": label}))
    return None
