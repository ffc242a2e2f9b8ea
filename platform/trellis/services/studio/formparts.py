"""New parts of forms: where they go, which keys they get, and the first proposal of a whole form."""

from collections.abc import Mapping, Sequence
from typing import Any

from trellis.metadata.documents import Entity
from trellis.metadata.pointers import parts_of, pointer
from trellis.metadata.snapshot import Relation, Snapshot
from trellis.services.studio.formedits import SECTIONS, elements, field_sections, is_related
from trellis.services.studio.ordering import GAP, in_order

Raw = Mapping[str, Any]

FEW = 8
"""As many fields as one section of a proposal holds before it becomes two."""
COLUMNS = 5


def place_for_item(form: Raw, chosen: str) -> tuple[str, str | None]:
    """Where a new item goes when something is chosen: behind it, else at the end of the last section with items.

    The place is '' where the form has no section that could hold it.
    """
    sections = field_sections(form)
    match parts_of(chosen) if chosen else []:
        case ["sections", name, "items", key] if name in sections:
            into = pointer(("sections", name, "items"))
            return into, behind(elements(form, into), key)
        case ["sections", name, *_] if name in sections:
            return pointer(("sections", name, "items")), None
    return (pointer(("sections", sections[-1], "items")), None) if sections else ("", None)


def place_for_section(form: Raw, chosen: str) -> str | None:
    """Before which section a new one goes: behind the one that is chosen, else at the end."""
    match parts_of(chosen) if chosen else []:
        case ["sections", name, *_]:
            return behind(elements(form, SECTIONS), name)
    return None


def behind(members: Mapping[str, Raw], key: str) -> str | None:
    """The key that follows another."""
    ordered = in_order(members)
    return next(iter(ordered[ordered.index(key) + 1 :]), None) if key in ordered else None


def neighbour(form: Raw, path: str) -> str:
    """What is chosen when an element goes: the one behind it, the one before it, or what it stood in."""
    *parents, key = parts_of(path)
    into = pointer(parents)
    ordered = in_order(elements(form, into))
    place = ordered.index(key) if key in ordered else 0
    left = [*ordered[place + 1 :][:1], *ordered[max(0, place - 1) : place]]
    return into + pointer((left[0],)) if left else pointer(parents[:2] if len(parents) == 3 else ())


def related_list(relation: Relation, snapshot: Snapshot) -> Raw:
    """A list of the records that point here, with the columns by which people know them."""
    other = snapshot.entity(relation.entity)
    wanted = dict.fromkeys([other.title_field, *other.summary_fields, *other.fields])
    shown = [key for key in wanted if key in other.fields and key != relation.field and is_plain(other, key)][:COLUMNS]
    columns = {key: {"order": GAP * (place + 1)} for place, key in enumerate(shown)}
    return {"label": relation.label, "kind": "related", "relation": relation.id, "columns": columns}


def is_plain(entity: Entity, key: str) -> bool:
    """Whether the values of a field are short enough for a column."""
    return entity.fields[key].type not in ("longtext", "json", "file", "multilookup", "multiselect")


def proposed_form(form_id: str, entity: Entity, uses: Sequence[str], words: tuple[str, str]) -> Raw:
    """A first form with all fields of an entity: in one section, or the long texts and everything beyond in a second."""
    keys = [key for key, field in entity.fields.items() if not field.system and not getattr(field, "hidden", False)]
    first = [key for key in keys if not _is_long(entity, key)]
    parts = (first[:FEW], [key for key in keys if key not in first[:FEW]]) if len(keys) > FEW else (keys, [])
    sections = {
        name: {"order": GAP * (place + 1), "label": label, "columns": 2, "items": _items(entity, part)}
        for place, (name, label, part) in enumerate(zip(("basics", "more"), words, parts, strict=True))
        if part or not place
    }
    return {
        "kind": "form", "id": form_id, "entity": entity.id, "label": entity.label, "use": list(uses), "sections": sections
    }  # fmt: skip


def _items(entity: Entity, keys: Sequence[str]) -> dict[str, Raw]:
    return {
        key: {"order": GAP * (place + 1), **({"span": 2} if _is_long(entity, key) else {})}
        for place, key in enumerate(keys)
    }


def _is_long(entity: Entity, key: str) -> bool:
    return entity.fields[key].type in ("longtext", "json")


def taken_off(form: Raw, below: Raw | None) -> dict[str, Raw]:
    """The pack's sections that the customer took off, by their place, without items that stand elsewhere by now."""
    if below is None:
        return {}
    present = {key for name in form.get("sections", {}) for key in form["sections"][name].get("items", {})}
    found = {}
    for name, section in below.get("sections", {}).items():
        if name not in form.get("sections", {}):
            items = {key: item for key, item in section.get("items", {}).items() if key not in present}
            found[name] = section if is_related(section) else {**section, "items": items}
    return found
