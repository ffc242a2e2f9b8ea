"""Documents without what is hidden: fields that are kept but offered nowhere, and documents that are left out."""

from collections.abc import Iterable, Mapping, Set
from typing import TypeVar

from trellis.metadata.documents import Document, Entity, Form, Navigation, Role, View
from trellis.metadata.documents.form import Section
from trellis.metadata.documents.navigation import Entry

Item = TypeVar("Item")
Entities = Mapping[str, Entity]


def offered(documents: Mapping[str, Document], left_out: Set[str]) -> Mapping[str, Document]:
    """The documents, bound, as far as they offer nothing that is hidden; the same ones when nothing is."""
    entities = {key: each for key, each in documents.items() if isinstance(each, Entity)}
    hides = any(field.hidden for entity in entities.values() for field in entity.fields.values())
    if not hides and not left_out:
        return documents
    return {key: _offered(each, entities, left_out) for key, each in documents.items()}


def _offered(document: Document, entities: Entities, left_out: Set[str]) -> Document:
    match document:
        case Form():
            return _form(document, entities, left_out)
        case Role():
            menus = tuple(menu for menu in document.navigation if menu not in left_out)
            return document.model_copy(update={"navigation": menus})
        case Navigation():
            return document.model_copy(update={"items": _entries(document.items, left_out)})
        case View():
            return document.model_copy(update={"columns": _shown(document.columns, document.entity, entities)})
        case _:
            return document


def _entries(entries: Mapping[str, Entry], left_out: Set[str]) -> dict[str, Entry]:
    """The entries that lead to what is there."""
    return {
        key: entry.model_copy(update={"children": _entries(entry.children, left_out)}) if entry.children else entry
        for key, entry in entries.items()
        if entry.view not in left_out and entry.entity not in left_out
    }


def _form(form: Form, entities: Entities, left_out: Set[str]) -> Form:
    facts = tuple(_shown(dict.fromkeys(form.header.facts), form.entity, entities))
    sections = {key: _section(section, form.entity, entities, left_out) for key, section in form.sections.items()}
    return form.model_copy(update={"header": form.header.model_copy(update={"facts": facts}), "sections": sections})


def _section(section: Section, entity: str, entities: Entities, left_out: Set[str]) -> Section:
    items = {
        key: item.model_copy(update={"quick_create": None}) if item.quick_create in left_out else item
        for key, item in _shown(section.items, entity, entities).items()
    }
    update: dict[str, object] = {"items": items}
    if isinstance(section.columns, dict):
        other = (section.relation or "").rpartition(".")[0]
        update["columns"] = _shown(section.columns, other, entities)
    return section.model_copy(update=update)


def _shown(items: Mapping[str, Item], entity: str, entities: Entities) -> dict[str, Item]:
    return {path: item for path, item in items.items() if not _is_hidden(path.split("."), entity, entities)}


def _is_hidden(path: Iterable[str], entity_id: str, entities: Entities) -> bool:
    """Whether a path over lookups meets a hidden field."""
    entity = entities.get(entity_id)
    for key in path:
        field = entity.field(key) if entity else None
        if field is None:
            return False
        if field.hidden:
            return True
        entity = entities.get(field.target or "")
    return False
