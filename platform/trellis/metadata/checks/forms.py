"""Forms: their items, related lists, and what they refer to."""

from collections.abc import Iterator

from trellis.kernel.errors import Finding
from trellis.kernel.messages import Message
from trellis.metadata.checks.references import field_reference, follow, reference
from trellis.metadata.documents import Entity, Form, Role
from trellis.metadata.documents.form import Section
from trellis.metadata.findings import did_you_mean, error, warning
from trellis.metadata.merged import Merged
from trellis.metadata.pointers import pointer


def entity(form: Form, merged: Merged) -> Iterator[Finding]:
    """A form is for an entity."""
    yield from reference(form, "/entity", form.entity, Entity, merged)


def used(form: Form, merged: Merged) -> Iterator[Finding]:
    """A form is used for something."""
    if not form.use and not merged.was_removed(form.id, "/use/0"):
        hint = Message("There are: {names}.", {"names": "create, edit, detail"})
        yield warning(form, "/use", "form_unused", "The form is used for nothing.", hint=hint)


def audience(form: Form, merged: Merged) -> Iterator[Finding]:
    """The roles that get a form exist."""
    for index, role in enumerate(form.audience.roles):
        yield from reference(form, f"/audience/roles/{index}", role, Role, merged)


def items(form: Form, merged: Merged) -> Iterator[Finding]:
    """Items are fields of the entity."""
    found = merged.entity(form.entity)
    if found is None:
        return
    for name, section in form.sections.items():
        for key in section.items:
            yield from field_reference(form, pointer(("sections", name, "items", key)), found, key, merged)


def items_once(form: Form, merged: Merged) -> Iterator[Finding]:
    """A field stands in one section only: two inputs of one name would overwrite each other."""
    places: dict[str, str] = {}
    for name, section in form.sections.items():
        for key in section.items:
            first = places.setdefault(key, name)
            if first != name:
                place = pointer(("sections", name, "items", key))
                yield error(
                    form,
                    place,
                    "item_twice",
                    "'{field}' already stands in the section '{first}'.",
                    field=key,
                    first=first,
                )


def refresh(form: Form, merged: Merged) -> Iterator[Finding]:
    """What is refreshed stands on the form."""
    known = {key for section in form.sections.values() for key in section.items}
    for name, section in form.sections.items():
        for key, item in section.items.items():
            for index, other in enumerate(item.refresh):
                if other not in known and not _item_removed(form, other, merged):
                    place = pointer(("sections", name, "items", key, "refresh", index))
                    text = "There is no item '{item}' on this form to refresh."
                    yield error(form, place, "refresh_unknown", text, hint=did_you_mean(other, known), item=other)


def _item_removed(form: Form, key: str, merged: Merged) -> bool:
    return any(merged.was_removed(form.id, pointer(("sections", name, "items", key))) for name in form.sections)


def facts(form: Form, merged: Merged) -> Iterator[Finding]:
    """Facts in the head are fields of the entity."""
    found = merged.entity(form.entity)
    if found is None:
        return
    for index, key in enumerate(form.header.facts):
        yield from field_reference(form, f"/header/facts/{index}", found, key, merged)


def quick_create(form: Form, merged: Merged) -> Iterator[Finding]:
    """A lookup creates new records with a form of the entity that it leads to."""
    found = merged.entity(form.entity)
    for name, section in form.sections.items():
        for key, item in section.items.items():
            if item.quick_create is not None:
                place = pointer(("sections", name, "items", key, "quickCreate"))
                yield from reference(form, place, item.quick_create, Form, merged)
                yield from _quick_create_entity(form, place, item.quick_create, found, key, merged)


def _quick_create_entity(
    form: Form, place: str, target: str, found: Entity | None, key: str, merged: Merged
) -> Iterator[Finding]:
    other = merged.documents.get(target)
    field = found.field(key) if found else None
    if isinstance(other, Form) and field is not None and field.target != other.entity:
        text = "The form '{form}' is for {entity}, but '{field}' leads elsewhere."
        yield error(form, place, "quick_create_entity", text, form=target, entity=other.entity, field=key)


def section_kind(form: Form, merged: Merged) -> Iterator[Finding]:
    """A section has items, or is a related list with a relation."""
    for name, section in form.sections.items():
        place = ("sections", name)
        if section.kind == "related" and section.items:
            text = "A related list has 'columns', not 'items'."
            yield error(form, pointer((*place, "items")), "section_mixed", text)
        if section.kind == "fields" and section.relation is not None:
            hint = Message('Add "kind": "related".')
            yield error(
                form, pointer((*place, "relation")), "section_mixed", "Only a related list has a relation.", hint=hint
            )
        if section.kind == "fields" and isinstance(section.columns, dict):
            hint = Message("Columns of a section with items are a number, like 2.")
            yield error(
                form, pointer((*place, "columns")), "section_mixed", "Only a related list names its columns.", hint=hint
            )
        if (
            section.kind == "related"
            and section.relation is None
            and not merged.was_removed(form.id, pointer((*place, "relation")))
        ):
            hint = Message("Write it as <entity>.<field>, like 'sales.contact.account'.")
            yield error(form, pointer(place), "relation_missing", "A related list needs a 'relation'.", hint=hint)


def relations(form: Form, merged: Merged) -> Iterator[Finding]:
    """A related list shows records of another entity whose lookup leads to this one."""
    for name, section in form.sections.items():
        if section.relation is not None and merged.entity(form.entity) is not None:
            yield from _relation(form, name, section.relation, merged)


def _relation(form: Form, name: str, relation: str, merged: Merged) -> Iterator[Finding]:
    place = pointer(("sections", name, "relation"))
    entity_id, _, key = relation.rpartition(".")
    if "." not in entity_id:
        text = "'{relation}' is not a relation, written as <entity>.<field>."
        yield error(form, place, "relation_shape", text, hint=_relation_hint(form, relation, merged), relation=relation)
        return
    yield from reference(form, place, entity_id, Entity, merged)
    other = merged.entity(entity_id)
    if other is None or (key not in other.all_fields and not merged.lacks_field(other, key)):
        return
    field = other.field(key)
    if field is None:
        text = "There is no field '{field}' on {entity}."
        hint = _relation_hint(form, relation, merged)
        yield error(form, place, "relation_unknown", text, hint=hint, field=key, entity=other.label or other.id)
    elif field.target != form.entity:
        text = "'{relation}' does not lead to {entity}."
        yield error(
            form,
            place,
            "relation_elsewhere",
            text,
            hint=_relation_hint(form, relation, merged),
            relation=relation,
            entity=form.entity,
        )


def _relation_hint(form: Form, relation: str, merged: Merged) -> Message | None:
    known = [other.id for other in merged.snapshot.relations.get(form.entity, ())]
    here = [name for name in known if name.startswith(relation.rpartition(".")[0] + ".")]
    if len(here) == 1:
        return Message("Did you mean '{name}'?", {"name": here[0]})
    return did_you_mean(relation, known)


def related_columns(form: Form, merged: Merged) -> Iterator[Finding]:
    """Columns of related lists are fields of the other entity, or paths from there."""
    for name, section in form.sections.items():
        other = _other_side(section, merged)
        if other is not None and isinstance(section.columns, dict):
            for path in section.columns:
                reached = follow(form, pointer(("sections", name, "columns", path)), other, path, merged)
                if reached.finding:
                    yield reached.finding


def _other_side(section: Section, merged: Merged) -> Entity | None:
    return merged.entity((section.relation or "").rpartition(".")[0])


def required_fields(form: Form, merged: Merged) -> Iterator[Finding]:
    """A form that creates records offers every field that must be filled."""
    found = merged.entity(form.entity)
    if found is None or "create" not in form.use or merged.removed.get(form.id):
        return
    offered = {key for section in form.sections.values() for key in section.items}
    for key, field in found.fields.items():
        if field.required and field.default is None and field.writable and not field.hidden and key not in offered:
            text = "'{field}' is required, but this form, which creates records, does not offer it."
            hint = Message("Add it to a section, or give the field a default.")
            yield warning(form, "/sections", "required_not_offered", text, hint=hint, field=key)


CHECKS = {
    Form: (
        entity, used, audience, items, items_once, refresh, facts, quick_create, section_kind, relations,
        related_columns, required_fields,
    )
}  # fmt: skip
