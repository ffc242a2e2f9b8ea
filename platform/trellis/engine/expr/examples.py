"""The small world in which the examples of functions are computed."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal

from trellis.engine.expr.checker import check
from trellis.engine.expr.evaluator import evaluator
from trellis.engine.expr.functions import STANDARD, FunctionRegistry
from trellis.engine.expr.library import formats
from trellis.engine.expr.scope import EntityScope, FieldInfo
from trellis.engine.expr.types import INTEGER, Kind, Type

FIELDS: Mapping[str, FieldInfo] = {
    "amount": FieldInfo(Type(Kind.MONEY, scale=2), label="Amount"),
    "stage": FieldInfo(
        Type(Kind.OPTION, options=frozenset({"open", "won"})), label="Stage", labels={"open": "Open", "won": "Won"}
    ),
    "tags": FieldInfo(Type(Kind.OPTIONS, options=frozenset({"cold", "hot", "new"})), label="Tags"),
}
VALUES: Mapping[str, object] = {
    "amount": Decimal("120.50"),
    "stage": "won",
    "tags": ("hot", "new"),
    "today": date(2024, 2, 29),
    "now": datetime(2024, 2, 29, 12, 30, tzinfo=UTC),
    "zone": "Asia/Shanghai",
    "me.roles": ("sales.rep",),
    "me.team": "01920000-0000-7000-8000-000000000001",
    "changed.amount": True,
    "setting.limit": 50,
}


class _Deals:
    """The one entity of the examples."""

    def field_type(self, entity_id: str, field_key: str) -> FieldInfo | None:
        return FIELDS.get(field_key)

    def field_keys(self, entity_id: str) -> Iterable[str]:
        return FIELDS

    def label(self, entity_id: str) -> str:
        return "Deal"


SCOPE = EntityScope(_Deals(), "deal", previous=True, parameters={"setting.limit": INTEGER})


def result_of(source: str, functions: FunctionRegistry = STANDARD) -> str:
    """What an example gives, as text."""
    expression = check(source, SCOPE, functions=functions)
    return shown(evaluator(expression)(VALUES), expression.type)


def shown(value: object, kind: Type) -> str:
    """A value of this type as text: `null`, 1.5, 2024-02-29, 1:30:00, true."""
    if value is None:
        return "null"
    if kind.kind is Kind.DURATION and isinstance(value, int):
        return formats.clock(value)
    return formats.plain(value)
