"""Numbers: exact, never floating point."""

import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from trellis.kernel.messages import Message
from trellis.metadata.fieldtypes.base import PLAIN, FieldType, Formats, Reading, Refused, excerpt
from trellis.metadata.fieldtypes.operators import NUMERIC, Operator
from trellis.metadata.policies import LIMITS, TIGHTEN_DOWN, Policies
from trellis.metadata.storagekinds import DecimalKind, IntegerKind, StorageKind

_LIMIT = 2**53 - 1  # what every reader of JSON keeps exactly, with room to calculate in 64 bits
_MOST_DIGITS = 60
_MARKS = re.compile(r"[€$£¥￥元%％\s\u00a0\u202f]|CNY|RMB|USD|EUR")


def number_from_text(text: str, reading: Reading) -> Decimal | None:
    """The number that a person wrote, with group marks, currency signs or brackets for negatives; raises Refused."""
    plain = _MARKS.sub("", text.strip().replace("−", "-"))
    if not plain:
        return None
    negative = plain.startswith("(") and plain.endswith(")")
    plain = plain[1:-1] if negative else plain
    for mark in reading.group_marks:
        plain = plain.replace(mark, "")
    number = _exact(plain.replace(reading.decimal_mark, "."))
    if number is None:
        raise Refused("number", Message("“{text}” is not a number.", {"text": excerpt(text)}))
    return -number if negative else number


def _exact(text: str) -> Decimal | None:
    """The number of a plain text, or None; never one whose digits could not be written down."""
    if "_" in text or len(text) > _MOST_DIGITS:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) <= _MOST_DIGITS else None


def _number(value: object) -> object:
    """The input, unless it is yes or no, or a number that takes forever to write down."""
    if isinstance(value, bool | bytes):
        raise Refused("number", Message("This is not a number."))
    if isinstance(value, Decimal) and value.is_finite() and value.adjusted() > _MOST_DIGITS:
        raise _too_large()
    return value


def _too_large() -> Refused:
    return Refused("decimal_size", Message("This number is too large."))


class Integer(FieldType):
    """A whole number, exact in JSON: at most 9007199254740991."""

    title: ClassVar[str] = "Whole number"
    expression_kind: ClassVar[str] = "number"
    operators: ClassVar[tuple[Operator, ...]] = NUMERIC
    numeric: ClassVar[bool] = True
    type: Literal["integer"]
    policies: ClassVar[Policies] = LIMITS
    min: int | None = None
    max: int | None = None

    @property
    def storage(self) -> StorageKind:
        return IntegerKind()

    def annotation(self) -> Any:
        low = -_LIMIT if self.min is None else max(self.min, -_LIMIT)
        high = _LIMIT if self.max is None else min(self.max, _LIMIT)
        return Annotated[int, Field(ge=low, le=high), BeforeValidator(_number)]

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
    policies: ClassVar[Policies] = {**LIMITS, "precision": TIGHTEN_DOWN}
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
            BeforeValidator(_number),
            AfterValidator(self._fitted),
        ]

    def _fitted(self, value: Decimal) -> Decimal:
        """The value with all its places, rounded half up, zero without a sign."""
        if not value:
            return _STEPS[self.scale] * 0
        if value.adjusted() >= self.precision - self.scale:
            raise _too_large()
        if value.as_tuple().exponent == -self.scale:
            return value
        fitted = value.quantize(_STEPS[self.scale], rounding=ROUND_HALF_UP)
        if fitted.adjusted() >= self.precision - self.scale:
            raise _too_large()
        return fitted or _STEPS[self.scale] * 0

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
