"""The palette: what can be put on a form."""

from collections.abc import Callable
from dataclasses import dataclass

from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity
from trellis.metadata.fieldtypes import fieldtypes
from trellis.metadata.snapshot import Snapshot
from trellis.services.studio.formedits import Raw, is_related, items_of
from trellis.services.studio.formparts import place_for_item, place_for_section, taken_off
from trellis.web.studio.form_words import TYPES, type_icon, type_word

UNUSUAL = frozenset({"id", "version", "deleted_at", "currency"})
"""System fields that no form shows."""


@dataclass(frozen=True, slots=True)
class Offered:
    """Something to put on the form."""

    key: str
    label: str
    icon: str
    detail: str | Message = ""
    own: bool = False


@dataclass(frozen=True)
class Palette:
    """All that can be put on the form, and where it goes if nobody says where."""

    fields: tuple[Offered, ...]
    system: tuple[Offered, ...]
    types: tuple[tuple[str, str, Message], ...]
    relations: tuple[Offered, ...]
    taken_off: tuple[Offered, ...]
    into: str
    before: str | None
    before_section: str | None


def palette_of(
    form: Raw, below: Raw | None, entity: Entity | None, snapshot: Snapshot, words: Callable[[str], str], chosen: str
) -> Palette:
    """The palette for a form when an element is chosen; entity and snapshot are in the reader's language."""
    into, before = place_for_item(form, chosen)
    fields, system = _fields(form, entity, words)
    hidden = tuple(
        Offered(name, section.get("label") or name, "table" if is_related(section) else "layout-rows")
        for name, section in taken_off(form, below).items()
    )
    types = tuple((name, type_icon(name), type_word(name)) for name in dict.fromkeys([*TYPES, *fieldtypes.names]))
    known = tuple(item for item in types if item[0] in fieldtypes.names)
    relations = _relations(form, entity, snapshot)
    return Palette(fields, system, known, relations, hidden, into, before, place_for_section(form, chosen))


def _fields(
    form: Raw, entity: Entity | None, words: Callable[[str], str]
) -> tuple[tuple[Offered, ...], tuple[Offered, ...]]:
    if entity is None:
        return (), ()
    used = {key for _, key in items_of(form)}
    offered = {
        key: Offered(key, words(field.caption), type_icon(field.type), type_word(field.type), key.startswith("x_"))
        for key, field in entity.all_fields.items()
        if key not in used and key not in UNUSUAL and not getattr(field, "hidden", False)
    }
    own = sorted((item for key, item in offered.items() if key in entity.fields), key=lambda item: item.label)
    return tuple(own), tuple(item for key, item in offered.items() if key not in entity.fields)


def _relations(form: Raw, entity: Entity | None, snapshot: Snapshot) -> tuple[Offered, ...]:
    if entity is None:
        return ()
    used = {section.get("relation") for section in form.get("sections", {}).values()}
    found = (relation for relation in snapshot.relations.get(entity.id, ()) if relation.id not in used)
    return tuple(
        Offered(relation.id, relation.label, "table", snapshot.entity(relation.entity).plural) for relation in found
    )
