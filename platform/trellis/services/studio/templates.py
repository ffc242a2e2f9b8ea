"""The least that a document of each kind needs, to begin with."""

from collections.abc import Mapping
from typing import Any

from trellis.services.studio.fieldedits import id_for
from trellis.services.studio.layering import is_own

Raw = Mapping[str, Any]

EDITABLE = ("entity", "optionset", "form", "view", "navigation", "role", "seed", "translation")
"""The kinds of which the customer can have documents."""

_STEMS = {"optionset": "list", "navigation": "menu", "translation": "texts", "seed": "records"}


def template(kind: str, documents: Mapping[str, Raw]) -> Raw:
    """A minimal document of a kind with a free id; what it refers to is what comes first."""
    stem = _STEMS.get(kind, kind)
    identity = id_for(f"new {stem}", documents)
    entities = [key for key, raw in documents.items() if raw.get("kind") == "entity"]
    entity = next((key for key in entities if is_own(key)), entities[-1] if entities else "x.entity")
    title = str(documents.get(entity, {}).get("titleField", "name"))
    return {"kind": kind, "id": identity, **_members(kind, entity, title)}


def _members(kind: str, entity: str, title: str) -> Raw:
    match kind:
        case "entity":
            fields: Raw = {"name": {"type": "text", "label": "Name", "required": True}}
            return {"label": "New", "labelPlural": "New", "titleField": "name", "fields": fields}
        case "optionset":
            return {"label": "New", "options": {"first": {"order": 10, "label": "First"}}}
        case "form":
            sections: Raw = {"main": {"order": 10, "label": "Main", "items": {title: {"order": 10}}}}
            return {"label": "New", "entity": entity, "use": ["create", "edit", "detail"], "sections": sections}
        case "view":
            columns: Raw = {title: {"order": 10, "link": True}}
            return {"label": "New", "entity": entity, "type": "list", "columns": columns}
        case "navigation":
            items: Raw = {"first": {"order": 10, "label": "First", "entity": entity}}
            return {"label": "New", "order": 500, "items": items}
        case "role":
            rights: Raw = {
                "create": True,
                "read": {"scopes": ["all"]},
                "edit": {"scopes": ["all"]},
                "fields": {"*": "edit"},
            }
            return {"label": "New", "inherits": [], "entities": {entity: rights}}
        case "seed":
            return {"entity": entity, "match": [title], "policy": "insertOnly", "rows": []}
        case _:
            return {"locale": "zh-CN", "of": "x", "entries": {}}
