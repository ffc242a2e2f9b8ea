"""Reading the `fields` of an entity: dispatch by type, so that errors point at the member."""

from typing import Any

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from trellis.metadata.fieldtypes import FieldType, FieldTypes, fieldtypes


def read_fields(raw: Any, registry: FieldTypes | None = None) -> dict[str, FieldType]:
    """All fields of an entity, or one ValidationError with everything that is wrong in any of them."""
    known = registry or fieldtypes
    if not isinstance(raw, dict):
        raise PydanticCustomError("dict_type", "Fields are a map from key to field.")
    fields: dict[str, FieldType] = {}
    errors: list[InitErrorDetails] = []
    for key, definition in raw.items():
        try:
            fields[key] = _read(definition, known)
        except ValidationError as error:
            errors += [_moved(detail, str(key)) for detail in error.errors(include_url=False)]
        except PydanticCustomError as error:
            where = (str(key),) if error.type == "field_shape" else (str(key), "type")
            errors.append(InitErrorDetails(type=error, loc=where, input=definition))
    if errors:
        raise ValidationError.from_exception_data("fields", errors)
    return fields


def _read(definition: Any, known: FieldTypes) -> FieldType:
    if isinstance(definition, FieldType):
        return definition
    if not isinstance(definition, dict):
        raise PydanticCustomError("field_shape", "A field is an object with a type.")
    name = definition.get("type")
    cls = known.get(name) if isinstance(name, str) else None
    if cls is None:
        raise PydanticCustomError(
            "field_type",
            "There is no field type “{name}”.",
            {"name": str(name), "nearest": known.nearest(str(name)) or "", "names": ", ".join(known.names)},
        )
    return cls.model_validate(definition)


def _moved(detail: Any, key: str) -> InitErrorDetails:
    """An error of one field, seen from the entity; kept with its type and context."""
    custom = PydanticCustomError(detail["type"], detail["msg"], _context(detail))
    return InitErrorDetails(type=custom, loc=(key, *detail["loc"]), input=detail["input"])


def _context(detail: Any) -> dict[str, Any]:
    return {key: str(value) for key, value in (detail.get("ctx") or {}).items()}
