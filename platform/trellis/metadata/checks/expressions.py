"""Where documents hold expressions; what is right about them is decided by whoever knows the language."""

from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass
from enum import Enum

from trellis.kernel.errors import Finding
from trellis.metadata.documents import Document, Entity, Form, Pack, Role, Sharing, View
from trellis.metadata.documents.role import EntityRights, FieldRule, Grant
from trellis.metadata.fieldtypes import Computation, FormulaSource, Lookup, MultiLookup, MultiSelect, Select, User
from trellis.metadata.merged import Merged
from trellis.metadata.pointers import pointer
from trellis.metadata.snapshot import Snapshot


class Purpose(Enum):
    """What an expression is for, which decides what it may do and must give."""

    CONDITION = "condition"
    FILTER = "filter"
    LOOKUP_FILTER = "lookup filter"
    DEFAULT = "default"
    VALIDATION = "validation"
    FORMULA = "formula"
    ROLLUP = "roll-up"


@dataclass(frozen=True, slots=True)
class ExpressionPlace:
    """An expression in a document: its text, and the entity (and field) whose records it is about."""

    document: str
    pointer: str
    source: str
    purpose: Purpose
    entity: str
    field: str | None = None


ExpressionChecker = Callable[[Snapshot, ExpressionPlace], Iterable[Finding]]


def nothing_wrong(snapshot: Snapshot, place: ExpressionPlace) -> Iterable[Finding]:
    """The checker for those who do not know the language."""
    return ()


def expression_places(document: Document) -> Iterator[ExpressionPlace]:
    """All expressions of a document."""
    match document:
        case Entity():
            yield from _of_entity(document)
        case Form():
            yield from _of_form(document)
        case View():
            yield from _of_view(document)
        case Pack():
            yield from _of_migrations(document)
        case Role():
            yield from _of_role(document)
        case Sharing():
            yield ExpressionPlace(document.id, "/when", document.when, Purpose.FILTER, document.entity)
        case _:
            return


def _of_entity(entity: Entity) -> Iterator[ExpressionPlace]:
    for key, field in entity.fields.items():
        if isinstance(field, Lookup | MultiLookup | User) and field.filter is not None:
            place = pointer(("fields", key, "filter"))
            yield ExpressionPlace(entity.id, place, field.filter, Purpose.LOOKUP_FILTER, entity.id, key)
        source = field.default.get("expr") if isinstance(field.default, dict) and field.type != "json" else None
        if isinstance(source, str):
            place = pointer(("fields", key, "default", "expr"))
            yield ExpressionPlace(entity.id, place, source, Purpose.DEFAULT, entity.id, key)
        if field.computed is not None:
            yield from _of_computation(entity, key, field.computed)
        if isinstance(field, Select | MultiSelect) and field.writable:
            yield from _of_options(entity, key, field)
    for key, rule in entity.validations.items():
        place = pointer(("validations", key, "fail"))
        yield ExpressionPlace(entity.id, place, rule.fail, Purpose.VALIDATION, entity.id)


def _of_computation(entity: Entity, key: str, source: Computation) -> Iterator[ExpressionPlace]:
    """The expression of a formula, and the condition of a roll-up, which is about the records that point here."""
    if isinstance(source, FormulaSource):
        place = pointer(("fields", key, "expr"))
        yield ExpressionPlace(entity.id, place, source.expr, Purpose.FORMULA, entity.id, key)
    elif source.where is not None:
        place = pointer(("fields", key, "where"))
        yield ExpressionPlace(entity.id, place, source.where, Purpose.ROLLUP, source.child, key)


def _of_options(entity: Entity, key: str, field: Select | MultiSelect) -> Iterator[ExpressionPlace]:
    """The conditions of options, also of shared ones, which must make sense on every entity that offers them."""
    document, way = (field.optionset, ()) if field.optionset else (entity.id, ("fields", key))
    for name, option in field.choices.items():
        if option.when is not None:
            place = pointer((*way, "options", name, "when"))
            yield ExpressionPlace(document, place, option.when, Purpose.CONDITION, entity.id, key)


def _of_form(form: Form) -> Iterator[ExpressionPlace]:
    conditions: dict[tuple[str, ...], bool | str] = {
        ("header", "badges", key, "when"): badge.when for key, badge in form.header.badges.items()
    }
    for name, section in form.sections.items():
        conditions["sections", name, "visible"] = section.visible
        for key, item in section.items.items():
            for member in ("visible", "required", "readonly"):
                conditions["sections", name, "items", key, member] = getattr(item, member)
    for path, condition in conditions.items():
        if isinstance(condition, str):
            yield ExpressionPlace(form.id, pointer(path), condition, Purpose.CONDITION, form.entity)


def _of_view(view: View) -> Iterator[ExpressionPlace]:
    if view.filter is not None:
        yield ExpressionPlace(view.id, "/filter", view.filter, Purpose.FILTER, view.entity)
    for key, quick in view.quick_filters.items():
        place = pointer(("quickFilters", key, "filter"))
        yield ExpressionPlace(view.id, place, quick.filter, Purpose.FILTER, view.entity)


def _of_migrations(pack: Pack) -> Iterator[ExpressionPlace]:
    for number, migration in enumerate(pack.data_migrations):
        way = ("dataMigrations", number)
        if migration.where is not None:
            place = pointer((*way, "where"))
            yield ExpressionPlace(pack.id, place, migration.where, Purpose.FILTER, migration.entity)
        for key, source in migration.values.items():
            place = pointer((*way, "set", key))
            yield ExpressionPlace(pack.id, place, source, Purpose.DEFAULT, migration.entity, key)


def _of_role(role: Role) -> Iterator[ExpressionPlace]:
    """The conditions of rights; those on all entities have none, because they would be about nothing known."""
    for entity, rights in role.entities.items():
        for path, source in _conditions(rights):
            place = pointer(("entities", entity, *path))
            yield ExpressionPlace(role.id, place, source, Purpose.FILTER, entity)


def _conditions(rights: EntityRights) -> Iterator[tuple[tuple[str, ...], str]]:
    for action in EntityRights.model_fields:
        grant = getattr(rights, action)
        if isinstance(grant, Grant) and grant.where is not None:
            yield (action, "where"), grant.where
    for key, level in rights.fields.items():
        if isinstance(level, FieldRule) and level.upgrade is not None:
            yield ("fields", key, "upgrade", "where"), level.upgrade.where


def expressions(merged: Merged, checker: ExpressionChecker, only: Set[str] | None = None) -> Iterator[Finding]:
    """What is wrong with the expressions of all documents, or some, whose names can be judged."""
    for document in merged.documents.values():
        for place in expression_places(document) if only is None or document.id in only else ():
            entity = merged.entity(place.entity)
            if entity is not None and entity.fields and not _names_removed(place.source, merged):
                yield from checker(merged.snapshot, place)


def _names_removed(source: str, merged: Merged) -> bool:
    """Whether the text mentions a field that was left out as faulty: then nothing can be said."""
    return any(key in source for key in merged.removed_keys)
