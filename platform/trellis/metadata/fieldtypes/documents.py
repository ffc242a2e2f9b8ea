"""Structured values."""

import json
import re
from collections.abc import Callable
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal

import msgspec
from pydantic import AfterValidator, field_validator

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
        if schema is not None:
            from trellis.metadata.fieldtypes.jsonschemas import check_schema  # few workspaces need it, every start pays

            check_schema(schema)
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
        reason = self._complaint(value)
        if reason is not None:
            raise Refused("json_schema", Message("{reason}", {"reason": _DECIMAL.sub(r"\1", reason)[:200]}))

    @cached_property
    def _complaint(self) -> Callable[[Any], str | None]:
        from trellis.metadata.fieldtypes.jsonschemas import complaints

        return complaints(self.value_schema or {})

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


def _no_constant(name: str) -> object:
    raise ValueError(name)
