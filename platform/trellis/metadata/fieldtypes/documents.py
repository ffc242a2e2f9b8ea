"""Structured values."""

import json
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, field_validator
from pydantic_core import PydanticCustomError

from trellis.kernel.messages import Message
from trellis.metadata.fieldtypes.base import PLAIN, FieldType, Reading, Refused
from trellis.metadata.fieldtypes.operators import PRESENCE, Operator
from trellis.metadata.storagekinds import JsonKind, StorageKind

_MAX_SIZE = 100_000


class Json(FieldType):
    """A JSON document, checked against a JSON Schema (2020-12) when one is given."""

    title: ClassVar[str] = "JSON"
    expression_kind: ClassVar[str] = "json"
    operators: ClassVar[tuple[Operator, ...]] = PRESENCE
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
            _check_schema(schema)
        return schema

    @property
    def storage(self) -> StorageKind:
        return JsonKind()

    def annotation(self) -> Any:
        return Annotated[Any, AfterValidator(self._fitting)]

    def _fitting(self, value: Any) -> Any:
        if value is None:
            return None
        try:
            text = self.to_text(value)
        except (ValueError, TypeError, RecursionError):
            raise PydanticCustomError("json", "This is not a JSON value.") from None
        if len(text) > _MAX_SIZE or "\\u0000" in text:
            raise PydanticCustomError("json", "This JSON value is too large or holds a zero character.")
        if self.value_schema is not None:
            self._matching(value)
        return value

    def _matching(self, value: Any) -> None:
        from jsonschema import Draft202012Validator  # takes a while to import and few fields have a schema

        error = next(iter(Draft202012Validator(self.value_schema or {}).iter_errors(value)), None)
        if error is not None:
            raise PydanticCustomError("json_schema", "{reason}", {"reason": error.message[:200]})

    def from_text(self, text: str, reading: Reading = PLAIN) -> object:
        try:
            return json.loads(text, parse_float=Decimal, parse_constant=_no_constant) if text.strip() else None
        except (ValueError, RecursionError):
            raise Refused("json", Message("This is not a JSON value.")) from None

    def to_text(self, value: Any) -> str:
        return "" if value is None else json.dumps(value, ensure_ascii=False, default=_plain, allow_nan=False)

    def json_schema(self) -> dict[str, Any]:
        return dict(self.value_schema or {})


def _check_schema(schema: dict[str, Any]) -> None:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise ValueError(f"is not a JSON Schema: {error.message}") from None


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() and abs(value) < 2**53 else float(value)
    raise TypeError(type(value).__name__)


def _no_constant(name: str) -> object:
    raise ValueError(name)
