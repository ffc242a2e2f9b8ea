"""Numbers: exact, never floating point."""

import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from trellis.kernel.messages import Message
from trellis.metadata.fieldtypes.base import PLAIN, FieldType, Formats, Reading, Refused
from trellis.metadata.fieldtypes.operators import NUMERIC, Operator
from trellis.metadata.storagekinds import DecimalKind, IntegerKind, StorageKind

_LIMIT = 2**53 - 1  # what every reader of JSON keeps exactly, with room to calculate in 64 bits
_MARKS = re.compile(r"[€$£¥￥元%％\s\u00a0\u202f]|CNY|RMB|USD|EUR")


def number_from_text(text: str, reading: Reading) -> Decimal | None:
    """The number that a person wrote, with group marks, currency signs or brackets for negatives; raises Refused."""
    plain = _MARKS.sub("", text.strip().replace("−", "-"))
    if not plain:
        return None
    negative = plain.startswith("(") and plain.endswith(")")
    for mark in reading.group_marks:
        plain = plain.replace(mark, "")
    plain = plain.strip("()").replace(reading.decimal_mark, ".")
    try:
        number = Decimal(plain)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or "_" in plain or len(plain) > 60:
        raise Refused("number", Message("“{text}” is not a number.", {"text": text[:40]}))
    return -number if negative else number


def _not_boolean(value: object) -> object:
    if isinstance(value, bool):
        raise PydanticCustomError("number", "This is not a number.")
    return None if value == "" else value


class Integer(FieldType):
    """A whole number, exact in JSON: at most 9007199254740991."""

    title: ClassVar[str] = "Whole number"
    expression_kind: ClassVar[str] = "number"
    operators: ClassVar[tuple[Operator, ...]] = NUMERIC
    numeric: ClassVar[bool] = True
    type: Literal["integer"]
    min: int | None = None
    max: int | None = None

    @property
    def storage(self) -> StorageKind:
        return IntegerKind()

    def annotation(self) -> Any:
        low = -_LIMIT if self.min is None else max(self.min, -_LIMIT)
        high = _LIMIT if self.max is None else min(self.max, _LIMIT)
        return Annotated[int, Field(ge=low, le=high), BeforeValidator(_not_boolean)]

    def from_text(self, text: str, reading: Reading = PLAIN) -> object:
        number = number_from_text(text, reading)
        if number is not None and number != number.to_integral_value():
            raise Refused("int_from_float", Message("This must be a whole number."))
        return None if number is None else int(number)

    def display(self, value: Any, formats: Formats) -> str:
        return "" if value is None else formats.number(value, 0)

    def literal(self, value: Any) -> str:
        return str(int(value))

    def json_schema(self) -> dict[str, Any]:
        limits = {"minimum": self.min, "maximum": self.max}
        return {"type": ["integer", "null"]} | {key: value for key, value in limits.items() if value is not None}


class _Exact(FieldType):
    """What all exact numbers with decimals share."""

    expression_kind: ClassVar[str] = "number"
    operators: ClassVar[tuple[Operator, ...]] = NUMERIC
    numeric: ClassVar[bool] = True
    precision: int = Field(18, ge=1, le=18)
    min: Decimal | None = None
    max: Decimal | None = None

    @property
    def storage(self) -> StorageKind:
        return DecimalKind(self.precision, self.scale)

    def annotation(self) -> Any:
        return Annotated[
            Decimal,
            Field(ge=self.min, le=self.max, allow_inf_nan=False),
            BeforeValidator(_not_boolean),
            AfterValidator(self._fitted),
        ]

    def _fitted(self, value: Decimal) -> Decimal:
        if value.adjusted() >= self.precision - self.scale:
            raise PydanticCustomError("decimal_size", "This number is too large.")
        exponent = value.as_tuple().exponent
        if isinstance(exponent, int) and -exponent <= self.scale and exponent >= -self.scale:
            return value.quantize(_STEPS[self.scale]) if exponent != -self.scale else value
        return value.quantize(_STEPS[self.scale], rounding=ROUND_HALF_UP)

    def from_text(self, text: str, reading: Reading = PLAIN) -> object:
        return number_from_text(text, reading)

    def to_text(self, value: Any) -> str:
        return "" if value is None else f"{value:f}"

    def to_json(self, value: Any) -> Any:
        return None if value is None else f"{value:f}"

    def literal(self, value: Any) -> str:
        return f"{value:f}"

    def json_schema(self) -> dict[str, Any]:
        return {"type": ["string", "null"], "format": "decimal", "pattern": r"^-?\d+(\.\d+)?$"}


_STEPS = tuple(Decimal(1).scaleb(-places) for places in range(9))


class DecimalNumber(_Exact):
    """An exact number with a fixed count of decimals."""

    title: ClassVar[str] = "Decimal number"
    type: Literal["decimal"]
    decimals: int = Field(2, ge=0, le=8, alias="scale")

    @property
    def scale(self) -> int:
        return self.decimals

    def display(self, value: Any, formats: Formats) -> str:
        return "" if value is None else formats.number(value, self.scale)


class Currency(_Exact):
    """An amount of money in the currency of its record."""

    title: ClassVar[str] = "Currency"
    expression_kind: ClassVar[str] = "money"
    type: Literal["currency"]
    decimals: int = Field(2, ge=0, le=4, alias="scale")

    @property
    def scale(self) -> int:
        return self.decimals

    def display(self, value: Any, formats: Formats) -> str:
        return "" if value is None else formats.currency(value, None, self.scale)


class Percent(_Exact):
    """A share in percent: the value 35 means 35 %."""

    title: ClassVar[str] = "Percent"
    expression_kind: ClassVar[str] = "percent"
    type: Literal["percent"]
    precision: int = Field(9, ge=1, le=18)
    decimals: int = Field(2, ge=0, le=6, alias="scale")

    @property
    def scale(self) -> int:
        return self.decimals

    def display(self, value: Any, formats: Formats) -> str:
        return "" if value is None else formats.percent(value, self.scale)
