"""JSON Schemas (2020-12) of the documents, for completion and checks in editors; generated from the models."""

import json
from collections.abc import Iterator
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, models_json_schema
from pydantic_core import core_schema

from trellis.kernel.names import DOCUMENT_ID, KEY, PACK_ID
from trellis.metadata.documents import KINDS, Entity
from trellis.metadata.fieldtypes import Element, FieldType, FieldTypes, fieldtypes, type_name
from trellis.metadata.glossary import meaning
from trellis.metadata.layers.places import policy_of

Schema = dict[str, Any]

DRAFT = "https://json-schema.org/draft/2020-12/schema"
KEYED = frozenset(
    {"Badge", "DuplicateRule", "Entry", "Field", "Index", "Option", "QuickFilter", "Section", "Validation"}
)
_REFERENCE = "#/$defs/"
LAYER = "x-layer"
"""What other layers may do with a member: nothing, anything, make it stricter, or anything for good."""


def schema_files(types: FieldTypes = fieldtypes) -> dict[str, str]:
    """The schema of each kind as text, by file name."""
    return {f"{kind}.json": _text(schema(kind, types)) for kind in KINDS}


def schema(kind: str, types: FieldTypes = fieldtypes) -> Schema:
    """The schema of one kind of documents."""
    cls = KINDS[kind]
    field_classes: list[type[FieldType]] = list(types) if cls is Entity else []
    _, definitions = models_json_schema(
        [(model, "validation") for model in (cls, *field_classes)], schema_generator=_Generator
    )
    parts: dict[str, Schema] = definitions["$defs"]
    if field_classes:
        parts["Field"] = _dispatch(field_classes)
        del parts["FieldType"]
    root = parts.pop(cls.__name__)
    for name, part in [(cls.__name__, root), *parts.items()]:
        _explain(part, _element(name))
    root["properties"] = {"$schema": {"type": "string"}, **root["properties"]}
    root["properties"]["id"]["pattern"] = (PACK_ID if kind == "pack" else DOCUMENT_ID).pattern
    finished = {"$schema": DRAFT, **root, "title": f"Trellis {kind}", "$defs": dict(sorted(parts.items()))}
    if not parts:
        del finished["$defs"]
    return {key: _tidy(value) for key, value in finished.items()}


class _Generator(GenerateJsonSchema):
    """Schemas for what people write: no titles, no nulls, decimals as text."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def nullable_schema(self, schema: core_schema.NullableSchema) -> Schema:
        return self.generate_inner(schema["schema"])

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> Schema:
        return {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}


def _dispatch(classes: list[type[FieldType]]) -> Schema:
    """A field is what its type says: one condition per type, so that errors stand at the member."""
    rules = [
        {
            "if": {"properties": {"type": {"const": type_name(cls)}}, "required": ["type"]},
            "then": {"$ref": _REFERENCE + cls.__name__},
        }
        for cls in classes
    ]
    names = {"type": {"enum": [type_name(cls) for cls in classes]}}
    text = "One field of an entity; its type decides its members."
    return {"description": text, "type": "object", "required": ["type"], "properties": names, "allOf": rules}


def _element(name: str) -> type[Element] | None:
    return next((cls for cls in _elements(Element) if cls.__name__ == name), None)


def _elements(cls: type[Element]) -> Iterator[type[Element]]:
    for child in cls.__subclasses__():
        yield child
        yield from _elements(child)


def _explain(part: Schema, cls: type[Element] | None) -> None:
    """Adds the sentences for the members, and keeps the first paragraph of the class's own."""
    if "description" in part:
        part["description"] = part["description"].partition("\n\n")[0]
    for name, member in part.get("properties", {}).items():
        text = meaning(cls, name) if cls else ""
        if text:
            member["description"] = text
        if cls:
            member[LAYER] = policy_of(cls, name).name
        if isinstance(member.get("default"), dict):
            del member["default"]


def _tidy(value: Any) -> Any:
    """Without titles and empty defaults, simple unions as a list of types, maps with the pattern of their keys."""
    if isinstance(value, list):
        return [_tidy(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {key: _tidy(item) for key, item in value.items() if not _noise(key, item)}
    if _is_fields(kept):
        kept["additionalProperties"] = {"$ref": _REFERENCE + "Field"}
    if _keyed(kept):
        kept["propertyNames"] = {"pattern": KEY.pattern}
    arms = kept.get("anyOf")
    if isinstance(arms, list) and all(isinstance(arm, dict) and set(arm) == {"type"} for arm in arms):
        kept = {"type": [arm["type"] for arm in kept.pop("anyOf")], **kept}
    return kept


def _noise(key: str, item: Any) -> bool:
    if key == "title":
        return isinstance(item, str)
    return key == "default" and (item is None or item in ("", [], {}) and item is not False)


def _is_fields(part: Schema) -> bool:
    return _item_name(part) == "FieldType"


def _keyed(part: Schema) -> bool:
    return _item_name(part) in KEYED


def _item_name(part: Schema) -> str:
    """The definition that the values of a map have."""
    values = part.get("additionalProperties")
    return str(values.get("$ref", "")).removeprefix(_REFERENCE) if isinstance(values, dict) else ""


def _text(value: Schema) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
