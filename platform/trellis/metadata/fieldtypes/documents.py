"""Structured values."""

import json
import re
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal

import msgspec
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from jsonschema.protocols import Validator
from jsonschema.validators import extend
from pydantic import AfterValidator, field_validator
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from trellis.kernel.messages import Message
from trellis.metadata.fieldtypes.base import PLAIN, FieldType, Reading, Refused
from trellis.metadata.fieldtypes.operators import Operator
from trellis.metadata.storagekinds import JsonKind, StorageKind

_MAX_SIZE = 100_000
_MAX_DEPTH = 100
_MAX_DIGITS = 100
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_DECIMAL = re.compile(r"Decimal\('([^']*)'\)")

_write = msgspec.json.Encoder(decimal_format="number").encode


class Json(FieldType):
    """A JSON document, checked against a JSON Schema (2020-12) when one is given; fractions stay exact."""

    title: ClassVar[str] = "JSON"
    expression_kind: ClassVar[str] = "json"
    operators: ClassVar[tuple[Operator, ...]] = ()
    sortable: ClassVar[bool] = False
    type: Literal["json"]
    value_schema: dict[str, Any] | None = None

    model_config = {
        "alias_generator": lambda name: {"value_schema": "schema", "max_length": "maxLength"}.get(name, name)
    }

    @field_validator("value_schema")
    @classmethod
    def _is_a_schema(cls, schema: dict[str, Any] | None) -> dict[str, Any] | None:
        try:
            if schema is not None:
                Draft202012Validator.check_schema(schema)
                _follow_references(schema)
        except SchemaError as error:
            raise ValueError(f"is not a JSON Schema: {error.message}") from None
        except Unresolvable as error:
            raise ValueError(f"refers to {error.ref}, which is not in it") from None
        return schema

    @property
    def storage(self) -> StorageKind:
        return JsonKind()

    def annotation(self) -> Any:
        return Annotated[Any, AfterValidator(self._fitting)]

    def _fitting(self, value: Any) -> Any:
        if value is None:
            return None
        plain = _plain(value, _MAX_DEPTH)
        if len(_write(plain)) > _MAX_SIZE:
            raise Refused("json", Message("This JSON value is too large."))
        if self.value_schema is not None:
            self._matching(plain)
        return plain

    def _matching(self, value: Any) -> None:
        try:
            error = next(iter(self._validator.iter_errors(value)), None)
        except (ArithmeticError, Unresolvable):
            raise Refused("json", Message("This JSON value cannot be checked.")) from None
        if error is not None:
            reason = _DECIMAL.sub(r"\1", error.message)[:200]
            raise Refused("json_schema", Message("{reason}", {"reason": reason}))

    @cached_property
    def _validator(self) -> Validator:
        made: Validator = _Exact(self.value_schema or {}, registry=Registry())
        return made

    def from_text(self, text: str, reading: Reading = PLAIN) -> object:
        try:
            return json.loads(text, parse_float=Decimal, parse_constant=_no_constant) if text.strip() else None
        except (ValueError, RecursionError):
            raise Refused("json", Message("This is not a JSON value.")) from None

    def to_text(self, value: Any) -> str:
        return "" if value is None else msgspec.json.format(_write(value), indent=0).decode()

    def json_schema(self) -> dict[str, Any]:
        if self.value_schema is None:
            return {}
        named = {"$id": f"urn:trellis:{self.entity}:{self.key}", **self.value_schema}
        return {"anyOf": [named, {"type": "null"}]}


def _plain(value: Any, depth: int) -> Any:
    """The value as JSON has it: lists, text keys, exact fractions; raises Refused for what JSON or a database cannot hold."""
    if depth == 0:
        raise Refused("json", Message("This JSON value is too deep."))
    match value:
        case None | bool():
            return value
        case str():
            return _text(value)
        case int() | float() | Decimal():
            return _number(value)
        case list() | tuple():
            return [_plain(item, depth - 1) for item in value]
        case dict():
            return {_text(key): _plain(item, depth - 1) for key, item in value.items()}
    raise Refused("json", Message("This is not a JSON value."))


def _text(value: object) -> str:
    if not isinstance(value, str) or _UNSTORABLE.search(value):
        raise Refused("json", Message("A text in this JSON value holds characters that cannot be stored."))
    return value


def _number(value: int | float | Decimal) -> int | Decimal:
    exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not exact.is_finite() or abs(exact.adjusted()) > _MAX_DIGITS or len(exact.as_tuple().digits) > _MAX_DIGITS:
        raise Refused("json", Message("A number in this JSON value is too large."))
    return value if isinstance(value, int) else exact


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


def _no_constant(name: str) -> object:
    raise ValueError(name)
