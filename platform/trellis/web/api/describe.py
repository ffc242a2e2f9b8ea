"""What a client needs to build lists and forms, as plain values."""

from collections.abc import Iterable
from typing import Any

from trellis.engine.access import ACTIONS, Access
from trellis.metadata.documents import Entity, Form, Level, View
from trellis.metadata.documents.base import in_order
from trellis.metadata.fieldtypes import FieldType
from trellis.metadata.snapshot import Snapshot


def may_know(access: Access, entity: Entity) -> bool:
    """Whether someone may know that an entity exists."""
    return any(access.allows(entity.id, action) for action in ACTIONS)


def entity_summary(entity: Entity, access: Access) -> dict[str, Any]:
    """One entry of the list of entities."""
    return {
        "id": entity.id,
        "label": entity.label,
        "labelPlural": entity.plural,
        "description": entity.description,
        "icon": entity.icon,
        "titleField": entity.title_field,
        "actions": [action for action in ACTIONS if access.allows(entity.id, action)],
        "href": f"/api/v1/metadata/entities/{entity.id}",
        "records": f"/api/v1/records/{entity.id}",
    }


def entity_details(snapshot: Snapshot, entity: Entity, access: Access) -> dict[str, Any]:
    """An entity with every field that the actor may know of."""
    return {
        **entity_summary(entity, access),
        "summaryFields": [key for key in entity.summary_fields if access.highest(entity.id, key) >= Level.READ],
        "traits": entity.traits.model_dump(mode="json", by_alias=True),
        "fields": [describe_field(field, access) for field in visible_fields(entity, access)],
        "views": [view.id for view in shown_views(snapshot, access, entity.id)],
        "forms": [form.id for form in snapshot.forms.values() if form.entity == entity.id],
        "schemas": {
            "read": record_schema(entity, access),
            "create": write_schema(entity, access, "create"),
            "update": write_schema(entity, access, "update"),
        },
    }


def visible_fields(entity: Entity, access: Access) -> list[FieldType]:
    """The fields that the actor may know of, masked ones included."""
    return [entity.all_fields[key] for key in access.visible(entity.id) if key in entity.all_fields]


def describe_field(field: FieldType, access: Access) -> dict[str, Any]:
    """One field: what it is, what it offers, and how far the actor may go with it."""
    highest = access.highest(field.entity, field.key)
    described: dict[str, Any] = {
        "key": field.key,
        "type": field.type,
        "label": field.caption,
        "help": field.help,
        "required": field.required,
        "unique": field.unique,
        "multiple": field.multiple,
        **_levels(access, field.entity, field.key),
        "writable": {least: _writable(field, access, least) for least in ("create", "update")},
        "sortable": field.sortable and highest >= Level.READ,
        "operators": [{"key": item.key, "label": item.label, "operands": item.operands} for item in field.operators],
        "schema": field.json_schema(),
    }
    if field.target is not None:
        described["target"] = field.target
    choices = getattr(field, "choices", None)
    if choices is not None:
        described["options"] = [
            {
                "key": key,
                "label": option.label or key,
                "tone": option.tone,
                "active": option.active,
                "when": option.when,
            }
            for key, option in choices.items()
        ]
    if field.default is not None and not isinstance(field.default, dict):
        described["default"] = field.default
    return described


def _levels(access: Access, entity: str, key: str) -> dict[str, Any]:
    """How far a field is open on every record, how far on some where that is more, and whether masked values may be shown."""
    level, highest = access.level(entity, key), access.highest(entity, key)
    sometimes = {"sometimes": highest.name.lower()} if highest > level else {}
    reveal = {"reveal": True} if access.field(entity, key).reveal else {}
    return {"level": level.name.lower(), **sometimes, **reveal}


def _writable(field: FieldType, access: Access, use: str) -> bool:
    """Whether a field of new records, or of some records there are, may be written."""
    if use == "create":
        level, least = access.level(field.entity, field.key), Level.CREATE
    else:
        level, least = access.highest(field.entity, field.key), Level.EDIT
    return field.writable and not field.system and level >= least


def record_schema(entity: Entity, access: Access) -> dict[str, Any]:
    """The JSON Schema of a record as it is read; every member is there only when it was asked for."""
    properties: dict[str, Any] = {"id": {"type": "string", "format": "uuid"}, "version": {"type": "integer"}}
    for field in visible_fields(entity, access):
        if field.key not in properties:
            properties[field.key] = {**_readable(field, access), "title": field.caption}
    return {"type": "object", "title": entity.label, "required": ["id", "version"], "properties": properties}


def _readable(field: FieldType, access: Access) -> dict[str, Any]:
    """What comes out may be older than today's limits; only its shape is promised, and it may be masked or left out."""
    level, highest = access.level(field.entity, field.key), access.highest(field.entity, field.key)
    if highest is Level.MASKED:
        return {"type": ["string", "null"]}
    schema = field.json_schema()
    shape: dict[str, Any] = {key: schema[key] for key in ("type", "format", "items") if key in schema}
    if level >= Level.READ or "type" not in shape:
        return shape
    types = [shape["type"]] if isinstance(shape["type"], str) else list(shape["type"])
    masked = {Level.MASKED} & {level, *(upgrade.level for upgrade in access.upgrades(field.entity, field.key))}
    shape["type"] = list(dict.fromkeys([*types, *(["string"] if masked else []), "null"]))
    return {key: part for key, part in shape.items() if key != "format" or not masked}


def write_schema(entity: Entity, access: Access, use: str) -> dict[str, Any]:
    """The JSON Schema of the fields that one may send to create or to update a record."""
    fields = [field for field in visible_fields(entity, access) if _writable(field, access, use)]
    schema: dict[str, Any] = {
        "type": "object",
        "title": entity.label,
        "additionalProperties": False,
        "properties": {field.key: {**field.json_schema(), "title": field.caption} for field in fields},
    }
    needed = [field.key for field in fields if field.required and field.default is None]
    return {**schema, "required": needed} if needed and use == "create" else schema


def shown_views(snapshot: Snapshot, access: Access, entity_id: str | None = None) -> list[View]:
    """The views that are meant for the actor."""
    held = {role.id for role in access.rights.held}
    return [
        view
        for view in snapshot.views.values()
        if entity_id in (None, view.entity)
        and access.allows(view.entity, "read")
        and (access.rights.everything or not view.audience.roles or held & set(view.audience.roles))
    ]


def describe_view(view: View, access: Access) -> dict[str, Any]:
    """A view with the columns that the actor may see, in order."""
    dumped = view.model_dump(mode="json", by_alias=True)
    columns = [
        {"path": path, **column.model_dump(mode="json", by_alias=True)}
        for path, column in in_order(view.columns).items()
    ]
    shown = [
        column for column in columns if access.highest(view.entity, column["path"].partition(".")[0]) >= Level.MASKED
    ]
    kept = (
        "id",
        "label",
        "description",
        "entity",
        "type",
        "default",
        "icon",
        "filter",
        "sort",
        "quickFilters",
        "paging",
    )
    return {**{key: dumped[key] for key in kept}, "columns": shown}


def describe_form(form: Form, entity: Entity, access: Access) -> dict[str, Any]:
    """A form as a tree; conditions are expressions that the server checks again at every save."""
    return {
        "id": form.id,
        "label": form.label,
        "entity": form.entity,
        "use": list(form.use),
        "header": form.header.model_dump(mode="json", by_alias=True),
        "sections": [
            {
                "key": key,
                **section.model_dump(mode="json", by_alias=True, exclude={"items"}),
                "items": _items(section.items, entity, access),
            }
            for key, section in in_order(form.sections).items()
        ],
    }


def _items(items: dict[str, Any], entity: Entity, access: Access) -> list[dict[str, Any]]:
    known: Iterable[tuple[str, Any]] = in_order(items).items()
    return [
        {
            "field": key,
            **item.model_dump(mode="json", by_alias=True),
            **_levels(access, entity.id, key),
        }
        for key, item in known
        if access.highest(entity.id, key) >= Level.MASKED
    ]
