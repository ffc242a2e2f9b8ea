"""JSON Schema 2020-12 for the values of JSON fields; fractions stay exact."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from trellis.kernel.messages import Message
from trellis.metadata.fieldtypes.base import Refused


def check_schema(schema: dict[str, Any]) -> None:
    """Raise ValueError for what is not a schema, or refers to what is not in it."""
    try:
        Draft202012Validator.check_schema(schema)
        _follow_references(schema)
    except SchemaError as error:
        raise ValueError(f"is not a JSON Schema: {error.message}") from None
    except Unresolvable as error:
        raise ValueError(f"refers to {error.ref}, which is not in it") from None


def complaints(schema: dict[str, Any]) -> Callable[[Any], str | None]:
    """The function that says what is wrong with a value, or None; raises Refused where that cannot be told."""
    validator = _Exact(schema, registry=Registry())

    def complaint(value: Any) -> str | None:
        try:
            error = next(iter(validator.iter_errors(value)), None)
        except (ArithmeticError, Unresolvable):
            raise Refused("json", Message("This JSON value cannot be checked.")) from None
        return None if error is None else str(error.message)

    return complaint


def _follow_references(schema: dict[str, Any]) -> None:
    """Raise Unresolvable for a reference that leads out of the schema, or nowhere."""
    resolver = Registry().with_resource("", DRAFT202012.create_resource(schema)).resolver("")
    waiting: list[Any] = [schema]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            reference = part.get("$ref")
            if isinstance(reference, str):
                resolver.lookup(reference)
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part


def _is_whole(checker: object, value: object) -> bool:
    if isinstance(value, Decimal):
        return value == value.to_integral_value()
    return isinstance(value, int) and not isinstance(value, bool)


_Exact = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator, type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_whole)
)
