"""The options of single fields: whether they make sense together."""

from collections.abc import Callable, Iterator
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import SchemaError

from trellis.kernel.errors import Finding
from trellis.kernel.messages import Message
from trellis.metadata.checks.references import field_reference
from trellis.metadata.documents import Entity
from trellis.metadata.fieldtypes import FieldType, Text
from trellis.metadata.findings import error, warning
from trellis.metadata.merged import Merged
from trellis.metadata.pointers import pointer


def limits(entity: Entity, field: FieldType, merged: Merged) -> Iterator[Finding]:
    """The smallest value is not above the largest."""
    low, high = getattr(field, "min", None), getattr(field, "max", None)
    if low is not None and high is not None and low > high:
        text = "The minimum {low} is more than the maximum {high}."
        yield error(entity, _at(field, "min"), "limits_crossed", text, low=low, high=high)


def decimals(entity: Entity, field: FieldType, merged: Merged) -> Iterator[Finding]:
    """The digits behind the point are a part of all digits."""
    precision = getattr(field, "precision", None)
    if precision is not None and field.scale >= precision:
        text = "{scale} decimals need a precision of more than {precision} digits."
        yield error(entity, _at(field, "scale"), "scale_too_large", text, scale=field.scale, precision=precision)


def pattern(entity: Entity, field: FieldType, merged: Merged) -> Iterator[Finding]:
    """The pattern of a text is a regular expression that can be run in linear time."""
    if isinstance(field, Text) and field.pattern is not None and _adapter(field) is None:
        hint = Message("Look-around and back-references are not possible.") if "(?" in field.pattern else None
        text = "'{pattern}' is not a regular expression."
        yield error(entity, _at(field, "pattern"), "pattern_invalid", text, hint=hint, pattern=field.pattern[:60])


def unique(entity: Entity, field: FieldType, merged: Merged) -> Iterator[Finding]:
    """Only single values that a database can compare are unique."""
    if field.unique and (field.multiple or not field.sortable):
        text = "A field of type '{type}' cannot be unique."
        yield error(entity, _at(field, "unique"), "unique_type", text, type=field.type)


def default(entity: Entity, field: FieldType, merged: Merged) -> Iterator[Finding]:
    """A default is a value that the field takes, or `{"expr": …}`."""
    if field.default is None or _choice_unknown(field, merged):
        return
    if not field.writable:
        text = "The platform fills a field of type '{type}'; it has no default."
        yield error(entity, _at(field, "default"), "default_unwanted", text, type=field.type)
    elif isinstance(field.default, dict) and field.type != "json":
        yield from _default_expression(entity, field)
    elif reason := refusal(field, field.default):
        text = "The default '{value}' does not fit: {reason}"
        yield error(
            entity, _at(field, "default"), "default_invalid", text, value=str(field.default)[:60], reason=reason
        )


def _default_expression(entity: Entity, field: FieldType) -> Iterator[Finding]:
    if set(field.default) != {"expr"} or not isinstance(field.default["expr"], str):
        text = "A default is a value, or an object with one expression as 'expr'."
        yield error(entity, _at(field, "default"), "default_invalid", text)


def _choice_unknown(field: FieldType, merged: Merged) -> bool:
    """Whether the options of a choice could not be read, so that no value can be judged."""
    optionset = getattr(field, "optionset", None)
    if optionset is not None:
        return optionset not in merged.documents or bool(merged.removed.get(optionset))
    place = f"/fields/{field.key}/options"
    return any(gone.startswith(place) for gone in merged.removed.get(field.entity, ()))


def required_by_people(entity: Entity, field: FieldType, merged: Merged) -> Iterator[Finding]:
    """Nobody can fill what only the platform writes."""
    if field.required and (field.system or not field.writable):
        text = "Nobody can fill '{field}', because only the platform writes it; it cannot be required."
        yield warning(entity, _at(field, "required"), "required_unwritable", text, field=field.key)


def required_hidden(entity: Entity, field: FieldType, merged: Merged) -> Iterator[Finding]:
    """What must be filled can be filled."""
    if field.hidden and field.required and field.default is None and field.writable:
        text = "'{field}' is hidden, so nobody can fill it; it cannot be required."
        hint = Message("Give it a default, or show it.")
        yield error(entity, _at(field, "hidden"), "required_hidden", text, hint=hint, field=field.key)


def mask(entity: Entity, field: FieldType, merged: Merged) -> Iterator[Finding]:
    """The rules for hiding a part of a text are few."""
    if field.mask is not None and field.mask not in ("middle4", "all"):
        text = "There is no mask '{mask}'."
        hint = Message("There are: {names}.", {"names": "middle4, all"})
        yield error(entity, _at(field, "mask"), "mask_unknown", text, hint=hint, mask=field.mask)


def change_of(entity: Entity, field: FieldType, merged: Merged) -> Iterator[Finding]:
    """The moment of a change is that of another field."""
    watched = getattr(field, "change_of", None)
    if watched is not None:
        yield from field_reference(entity, _at(field, "changeOf"), entity, watched, merged)


def refusal(field: FieldType, value: Any) -> str | None:
    """Why a field does not take a value, or None when it does."""
    adapter = _adapter(field)
    if adapter is None:
        return None
    try:
        adapter.validate_python(value)
    except ValidationError as problem:
        detail = problem.errors(include_url=False)[0]
        reason = detail.get("ctx", {}).get("error", detail["msg"])
        return str(reason).rstrip(".") + "."
    return None


def _adapter(field: FieldType) -> TypeAdapter[Any] | None:
    try:
        return TypeAdapter(field.annotation())
    except SchemaError:
        return None


def _at(field: FieldType, member: str) -> str:
    return pointer(("fields", field.key, member))


FieldCheck = Callable[[Entity, FieldType, Merged], Iterator[Finding]]

FIELD_CHECKS: tuple[FieldCheck, ...] = (
    limits,
    decimals,
    pattern,
    unique,
    default,
    required_by_people,
    required_hidden,
    mask,
    change_of,
)


def fields(entity: Entity, merged: Merged) -> Iterator[Finding]:
    """All rules about single fields, for each field."""
    for field in entity.fields.values():
        for rule in FIELD_CHECKS:
            yield from rule(entity, field, merged)


CHECKS = {Entity: (fields,)}
