"""The types of the expression language."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What sort of value an expression gives."""

    NUMBER = "number"
    MONEY = "money"
    PERCENT = "percent"
    TEXT = "text"
    BOOL = "bool"
    DATE = "date"
    DATETIME = "datetime"
    DURATION = "duration"
    OPTION = "option"
    OPTIONS = "options"
    REF = "ref"
    NULL = "null"


NUMERIC = frozenset({Kind.NUMBER, Kind.MONEY, Kind.PERCENT})
ORDERED = NUMERIC | {Kind.DATE, Kind.DATETIME, Kind.DURATION}
ANY = frozenset(Kind)
SINGLE = ANY - {Kind.OPTIONS}


@dataclass(frozen=True, slots=True)
class Type:
    """A kind with what narrows it: decimals of a number, target of a reference, keys of a choice."""

    kind: Kind
    scale: int = 0
    entity: str | None = None
    options: frozenset[str] | None = None
    integer: bool = False

    def __str__(self) -> str:
        if self.integer:
            return "integer"
        if self.entity is not None:
            return f"{self.kind.value} to {self.entity}"
        return self.kind.value

    @property
    def numeric(self) -> bool:
        """Whether one can calculate with it."""
        return self.kind in NUMERIC


INTEGER = Type(Kind.NUMBER, integer=True)
NUMBER = Type(Kind.NUMBER)
TEXT = Type(Kind.TEXT)
BOOL = Type(Kind.BOOL)
DATE = Type(Kind.DATE)
DATETIME = Type(Kind.DATETIME)
DURATION = Type(Kind.DURATION)
NULL = Type(Kind.NULL)


def common(left: Type, right: Type) -> Type | None:
    """The type that holds values of both, or None when there is none."""
    if left.kind is Kind.NULL:
        return right
    if right.kind is Kind.NULL:
        return left
    if left.numeric and right.numeric:
        return _common_number(left, right)
    if left.kind is not right.kind:
        return None
    if left.kind in (Kind.OPTION, Kind.OPTIONS) and left.entity == right.entity:
        return Type(left.kind, entity=left.entity, options=_union(left.options, right.options))
    if left.kind is Kind.REF and None not in (left.entity, right.entity) and left.entity != right.entity:
        return None
    return left


def comparable(left: Type, right: Type) -> bool:
    """Whether `==` between the two makes sense; money compares with a plain number."""
    if left.numeric and right.numeric:
        return True
    return common(left, right) is not None


def fits(given: Type, expected: Type) -> bool:
    """Whether a value of type `given` may stand where `expected` is wanted."""
    if given.kind is Kind.NULL:
        return True
    if expected.kind is Kind.MONEY:
        return given.kind is Kind.MONEY
    if expected.numeric:
        return given.kind in (Kind.NUMBER, Kind.PERCENT) and (given.integer or not expected.integer)
    if given.kind is not expected.kind:
        return False
    if expected.kind is Kind.REF:
        return expected.entity is None or given.entity is None or given.entity == expected.entity
    if expected.options is not None and given.options is not None:
        return given.options <= expected.options
    return True


def _common_number(left: Type, right: Type) -> Type | None:
    if (left.kind is Kind.MONEY) != (right.kind is Kind.MONEY):
        return None
    kind = left.kind if left.kind is right.kind else Kind.NUMBER
    return Type(kind, scale=max(left.scale, right.scale), integer=left.integer and right.integer)


def _union(left: frozenset[str] | None, right: frozenset[str] | None) -> frozenset[str] | None:
    return None if left is None or right is None else left | right
