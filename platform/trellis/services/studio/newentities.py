"""A new kind of record as documents: the entity, and what makes it usable at once."""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from trellis.services.studio.fieldedits import id_for, key_for, parts_in
from trellis.services.studio.ordering import following

Raw = Mapping[str, Any]

MENU = "x.menu"
"""The menu that is made for own kinds of records when they are put into no other."""


@dataclass(frozen=True, slots=True)
class NewEntity:
    """What people say about a new kind of record; `menu` is the menu that leads to it, '' for none."""

    label: str
    plural: str = ""
    name: str = ""
    icon: str = "database"
    title: str = "Name"
    owned: bool = True
    form: bool = True
    view: bool = True
    menu: str = MENU
    menu_label: str = "More"
    all_label: str = "All"


def entity_name(label: str, taken: Iterable[str]) -> str:
    """The part of the id that follows `x.`, out of a label; `taken` are the ids that there are."""
    return id_for(label, taken, fallback="entity").partition(".")[2]


def new_documents(wanted: NewEntity, documents: Mapping[str, Raw]) -> Iterator[Raw]:
    """The entity with a title field, then its form, its list and the menu that leads there."""
    entity = f"x.{wanted.name or entity_name(wanted.label, documents)}"
    yield _entity(entity, wanted)
    if wanted.form:
        yield _form(entity, wanted)
    if wanted.view:
        yield _view(entity, wanted)
    if wanted.menu:
        yield _menu(entity, wanted, documents.get(wanted.menu))


def belongings(entity: str, documents: Mapping[str, Raw]) -> Iterator[Raw]:
    """The customer's documents that make no sense without an entity, and menus without their entries for it."""
    views = {key for key, raw in documents.items() if raw.get("kind") == "view" and raw.get("entity") == entity}
    for key, raw in documents.items():
        if raw.get("kind") in ("form", "view", "seed") and raw.get("entity") == entity and key.startswith("x."):
            yield raw
    for raw in documents.values():
        if raw.get("kind") == "navigation":
            left = _entries_without(parts_in(raw, "items"), entity, views)
            if left != parts_in(raw, "items"):
                yield {**raw, "items": left}


def _entity(entity: str, wanted: NewEntity) -> Raw:
    title = {"type": "text", "label": wanted.title, "required": True, "maxLength": 200, "search": True}
    return {
        "kind": "entity",
        "id": entity,
        "label": wanted.label,
        "labelPlural": wanted.plural or wanted.label,
        "icon": wanted.icon,
        "titleField": "name",
        "traits": {"owned": wanted.owned},
        "fields": {"name": title},
    }


def _form(entity: str, wanted: NewEntity) -> Raw:
    items = {"name": {"order": 10, "span": 2}} | ({"owner": {"order": 20}} if wanted.owned else {})
    return {
        "kind": "form",
        "id": f"{entity}_form",
        "label": wanted.label,
        "entity": entity,
        "use": ["create", "edit", "detail"],
        "sections": {"main": {"order": 10, "label": wanted.label, "items": items}},
    }


def _view(entity: str, wanted: NewEntity) -> Raw:
    owner = {"owner": {"order": 20}} if wanted.owned else {}
    return {
        "kind": "view",
        "id": f"{entity}_all",
        "label": wanted.all_label,
        "entity": entity,
        "type": "list",
        "default": True,
        "columns": {"name": {"order": 10, "link": True}, **owner, "updated_at": {"order": 30}},
        "sort": [{"field": "updated_at", "dir": "desc"}],
    }


def _menu(entity: str, wanted: NewEntity, known: Raw | None) -> Raw:
    menu = known or {"kind": "navigation", "id": MENU, "label": wanted.menu_label, "order": 500, "items": {}}
    items = parts_in(menu, "items")
    prefix = "" if str(menu["id"]).startswith("x.") else "x_"
    key = key_for(entity.partition(".")[2], items, prefix=prefix, fallback="entry")
    leads = {"view": f"{entity}_all"} if wanted.view else {"entity": entity}
    entry = {"order": following(items), "label": wanted.plural or wanted.label, "icon": wanted.icon, **leads}
    return {**menu, "items": {**items, key: entry}}


def _entries_without(items: Mapping[str, Raw], entity: str, views: Container[str]) -> dict[str, Any]:
    found = {}
    for key, entry in items.items():
        if entry.get("entity") == entity or entry.get("view") in views:
            continue
        children = parts_in(entry, "children")
        left = _entries_without(children, entity, views)
        found[key] = {**entry, "children": left} if left != children else dict(entry)
    return found
