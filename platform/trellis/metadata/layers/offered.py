"""Forms and views without the fields that are hidden: those are kept, but offered nowhere."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from trellis.metadata.documents import Document, Entity, Form, View
from trellis.metadata.documents.form import Section

Item = TypeVar("Item")
Entities = Mapping[str, Entity]


def offered(documents: Mapping[str, Document]) -> Mapping[str, Document]:
    """The documents, bound, with forms and views that offer no hidden field; the same ones when nothing is hidden."""
    entities = {key: each for key, each in documents.items() if isinstance(each, Entity)}
    if not any(field.hidden for entity in entities.values() for field in entity.fields.values()):
        return documents
    return {key: _offered(each, entities) for key, each in documents.items()}


def _offered(document: Document, entities: Entities) -> Document:
    match document:
        case Form():
            return _form(document, entities)
        case View():
            return document.model_copy(update={"columns": _shown(document.columns, document.entity, entities)})
        case _:
            return document


def _form(form: Form, entities: Entities) -> Form:
    facts = tuple(_shown(dict.fromkeys(form.header.facts), form.entity, entities))
    sections = {key: _section(section, form.entity, entities) for key, section in form.sections.items()}
    return form.model_copy(update={"header": form.header.model_copy(update={"facts": facts}), "sections": sections})


def _section(section: Section, entity: str, entities: Entities) -> Section:
    update: dict[str, object] = {"items": _shown(section.items, entity, entities)}
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
