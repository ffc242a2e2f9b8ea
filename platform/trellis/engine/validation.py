"""Input becomes clean values, or all errors by field."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Optional

from pydantic import ConfigDict, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from trellis.kernel.errors import FieldError
from trellis.kernel.messages import Message
from trellis.kernel.names import nearest
from trellis.metadata.documents import Entity
from trellis.metadata.fieldtypes import FieldType, Refused

_SENTENCES = {
    "string_too_long": "At most {max_length} characters.",
    "string_type": "This must be text.",
    "string_unicode": "This text is not valid Unicode.",
    "string_pattern_mismatch": "This does not have the right form.",
    "int_parsing": "This must be a whole number.",
    "int_parsing_size": "This number is too large.",
    "int_type": "This must be a whole number.",
    "int_from_float": "This must be a whole number.",
    "decimal_parsing": "This is not a number.",
    "decimal_type": "This is not a number.",
    "finite_number": "This is not a number.",
    "greater_than_equal": "This must be at least {ge}.",
    "less_than_equal": "This must be at most {le}.",
    "date_from_datetime_parsing": "This is not a date. Write it like 2026-11-21.",
    "date_parsing": "This is not a date. Write it like 2026-11-21.",
    "date_type": "This is not a date. Write it like 2026-11-21.",
    "tuple_type": "This must be a list.",
}


@dataclass(frozen=True, slots=True)
class Checked:
    """Clean values by field key, and what was wrong with the others."""

    values: dict[str, Any]
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, eq=False)
class Validator:
    """Checks input for a set of writable fields of one entity; made once per release and rights."""

    entity: Entity
    writable: Mapping[str, FieldType]

    @cached_property
    def _adapter(self) -> TypeAdapter[Any]:
        members = {key: Optional[field.annotation()] for key, field in self.writable.items()}  # noqa: UP045
        shape = TypedDict("Values", members, total=False)  # type: ignore[misc]
        shape.__pydantic_config__ = ConfigDict(extra="forbid", str_strip_whitespace=False)  # type: ignore[attr-defined]
        return TypeAdapter(shape)

    def check(self, values: Mapping[str, object]) -> Checked:
        """Clean values: empty text is None, no values are (), numbers are exact and rounded to their scale."""
        given = {key: None if isinstance(value, str) and not value else value for key, value in values.items()}
        try:
            clean = self._adapter.validate_python(given)
        except ValidationError as error:
            return self._with_errors(values, error)
        for key, value in clean.items():
            if value is None or value == "":
                clean[key] = () if self.writable[key].multiple else None
        return Checked(clean)

    def _with_errors(self, values: Mapping[str, object], error: ValidationError) -> Checked:
        errors = tuple(self._field_error(detail) for detail in error.errors(include_url=False, include_input=False))
        bad = {found.path.partition("/")[0] for found in errors}
        good = {key: value for key, value in values.items() if key not in bad}
        unique = {(found.path, found.code): found for found in errors}
        return Checked(self.check(good).values if bad and len(good) < len(values) else {}, tuple(unique.values()))

    def _field_error(self, detail: Any) -> FieldError:
        key = str(detail["loc"][0]) if detail["loc"] else ""
        if detail["type"] == "extra_forbidden":
            return self._unknown(key)
        field = self.writable.get(key)
        context = {name: str(value) for name, value in (detail.get("ctx") or {}).items()}
        refused = (detail.get("ctx") or {}).get("error")
        if isinstance(refused, Refused):
            return FieldError(key, refused.code, refused.message)
        if detail["type"] == "string_pattern_mismatch" and field is not None and field.help:
            return FieldError(key, detail["type"], Message("{help}", {"help": field.help}))
        template = _SENTENCES.get(detail["type"])
        if template is None:
            template = _templated(detail["msg"], context)
        message = Message(template, context)
        return FieldError(key, detail["type"], message)

    def _unknown(self, key: str) -> FieldError:
        if self.entity.field(key) is not None:
            return FieldError(key, "not_writable", Message("This field cannot be changed here."))
        guess = nearest(key, self.writable)
        if guess:
            message = Message("There is no field “{key}”. Did you mean “{guess}”?", {"key": key[:60], "guess": guess})
        else:
            message = Message("There is no field “{key}”.", {"key": key[:60]})
        return FieldError(key, "unknown_field", message)


def _templated(text: str, context: Mapping[str, str]) -> str:
    """A sentence that pydantic has filled in, back as a template, so that it can be translated."""
    escaped = text.replace("{", "{{").replace("}", "}}")
    for name, value in context.items():
        if value:
            escaped = escaped.replace(value, "{" + name + "}")
    return escaped


def missing(entity: Entity, keys: Mapping[str, object], required: set[str] | frozenset[str]) -> tuple[FieldError, ...]:
    """One error for each required field without a value in `keys`."""
    if all(keys.get(key) not in (None, (), "") for key in required):
        return ()
    return tuple(
        FieldError(key, "required", Message("{label} is required.", {"label": entity.all_fields[key].caption}))
        for key in entity.all_fields
        if key in required and keys.get(key) in (None, (), "")
    )
