"""Roll-ups in SQL: one subquery over the records that point to a record, with the same exact result on both databases."""

from collections.abc import Mapping
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by

from trellis.engine.computed import LARGEST_INTEGER, Rollup
from trellis.engine.expr.nodes import Path
from trellis.engine.expr.types import Kind
from trellis.metadata.fieldtypes import FieldType
from trellis.metadata.storagekinds import BooleanKind, ColumnKind, DecimalKind, IntegerKind
from trellis.storage.codecs import encoder
from trellis.storage.columntypes import column_type
from trellis.storage.connection import POSTGRESQL
from trellis.storage.expressions.contract import SqlColumn
from trellis.storage.expressions.numbers import divided, whole

Element = sa.ColumnElement[Any]
_HALF = 10**9
_MOST = 9 * 10**17
"""Sums up to here can be doubled within 64 bits."""


class Rows(Protocol):
    """The records of an entity as a statement reads them."""

    @property
    def dialect(self) -> str:
        """The kind of database."""

    @property
    def columns(self) -> Mapping[str, Element]:
        """The columns of the entity's own table by field key."""

    def column(self, path: Path) -> SqlColumn:
        """The value of a path."""

    def from_clause(self) -> sa.FromClause:
        """The table with everything that paths have joined."""


def rolled_up(item: Rollup, child: Rows, record: Element, where: sa.ColumnElement[bool] | None) -> SqlColumn:
    """The aggregate over the children of a record, or what stands for nothing; `child` starts at their table."""
    dialect = child.dialect
    columns = child.columns
    value = child.column(item.value) if item.value is not None else None
    conditions: list[sa.ColumnElement[bool]] = [columns[item.source.link] == record]
    if "deleted_at" in columns:
        conditions.append(columns["deleted_at"].is_(None))
    conditions += [where] if where is not None else []
    conditions += [value.element.is_not(None)] if value is not None and item.source.agg in _LISTS else []
    around: Any = getattr(record, "table", None)
    found: Element = _aggregated(item, child, value, conditions, around).scalar_subquery()
    if item.source.agg in _LISTS and (empty := _empty(item, dialect)) is not None:
        found = sa.func.coalesce(found, empty)
    return SqlColumn(found, item.field.kind)


def _aggregated(
    item: Rollup,
    child: Rows,
    value: SqlColumn | None,
    conditions: list[sa.ColumnElement[bool]],
    around: sa.FromClause | None,
) -> sa.Select[Any]:
    dialect, agg = child.dialect, item.source.agg
    if value is None:
        return _selected(_counted(sa.func.count(), sa.func.count(), item, dialect), child, conditions, around)
    if agg == "concat":
        texts: Element = value.element
        chosen = _selected(texts.label("value"), child, conditions, around).distinct().order_by(texts)
        inner = chosen.subquery("chosen")
        separator: Any = sa.literal_column(_quoted(item.source.separator), sa.Text())
        if dialect == POSTGRESQL:
            return sa.select(sa.func.string_agg(inner.c.value, aggregate_order_by(separator, inner.c.value)))
        return sa.select(sa.func.group_concat(inner.c.value, separator))
    if agg in ("first", "last"):
        identity = child.columns["id"]
        ordered = identity.asc() if agg == "first" else identity.desc()
        one = _sized(_extreme(value.element, value, item.field, dialect), item, dialect)
        return _selected(one, child, conditions, around).order_by(ordered).limit(sa.literal_column("1"))
    element = _of_one_currency(_AGGREGATES[agg](value, item.field, dialect), item, child)
    return _selected(_counted(element, sa.func.count(value.element), item, dialect), child, conditions, around)


def _counted(element: Element, number: Element, item: Rollup, dialect: str) -> Element:
    """The result where at least one value counts, else what stands for nothing."""
    sized, empty = _sized(element, item, dialect), _empty(item, dialect)
    return sized if empty is None else sa.case((number == whole(0), empty), else_=sized)


def _sized(element: Element, item: Rollup, dialect: str) -> Element:
    """The result, in the unit of its field already, if it is not too large for it."""
    return fit(SqlColumn(element, item.field.kind), item.field.kind, dialect).element


def _selected(
    element: Element, child: Rows, conditions: list[sa.ColumnElement[bool]], around: sa.FromClause | None
) -> sa.Select[Any]:
    statement = sa.select(element).select_from(child.from_clause()).where(*conditions)
    return statement.correlate(around) if around is not None else statement


def _of_one_currency(element: Element, item: Rollup, child: Rows) -> Element:
    """Amounts in several currencies cannot be added or compared: null."""
    currency = child.columns.get("currency")
    money = item.value is not None and item.value.type.kind is Kind.MONEY
    if currency is None or not money:
        return element
    return sa.case((sa.func.count(currency.distinct()) <= whole(1), element))


def _count(value: SqlColumn, field: FieldType, dialect: str) -> Element:
    return sa.func.count(value.element)


def _sum(value: SqlColumn, field: FieldType, dialect: str) -> Element:
    return _in_unit_of(field, _total(value.element, dialect), _places(value.kind), dialect)


def _avg(value: SqlColumn, field: FieldType, dialect: str) -> Element:
    total, number = _total(value.element, dialect), sa.func.nullif(sa.func.count(value.element), whole(0))
    return _rescaled(total, number, _places(value.kind), _places(field.kind), dialect)


def _least(value: SqlColumn, field: FieldType, dialect: str) -> Element:
    return _extreme(sa.func.min(value.element), value, field, dialect)


def _greatest(value: SqlColumn, field: FieldType, dialect: str) -> Element:
    return _extreme(sa.func.max(value.element), value, field, dialect)


def _extreme(found: Element, value: SqlColumn, field: FieldType, dialect: str) -> Element:
    if not isinstance(value.kind, DecimalKind | IntegerKind):
        return found
    return _in_unit_of(field, found, _places(value.kind), dialect)


def _total(element: Element, dialect: str) -> Element:
    """The sum; on SQLite in two halves, because its own sum fails beyond 64 bits. What is too large is null."""
    if dialect == POSTGRESQL:
        return sa.cast(sa.func.sum(element), sa.Numeric())
    low: Element = sa.func.sum(element % whole(_HALF))
    high: Element = sa.func.sum(divided(element, whole(_HALF))) + divided(low, whole(_HALF))
    return sa.case((sa.func.abs(high) < whole(_MOST // _HALF), high * whole(_HALF) + low % whole(_HALF)))


def _in_unit_of(field: FieldType, number: Element, given: int, dialect: str) -> Element:
    """A number of `given` decimals in the unit of a field."""
    wanted = _places(field.kind)
    if given == wanted or (given < wanted and dialect == POSTGRESQL):
        return number
    return _rescaled(number, whole(1), given, wanted, dialect)


def _rescaled(number: Element, divisor: Element, given: int, wanted: int, dialect: str) -> Element:
    """A number of `given` decimals divided, in the unit of `wanted` decimals, half away from zero and exact."""
    if dialect == POSTGRESQL:
        unit = whole(10**wanted)
        doubled = sa.func.div(sa.func.abs(number) * unit * whole(2) + divisor, divisor * whole(2), type_=sa.Numeric())
        return sa.func.sign(number) * doubled / unit
    if wanted > given:
        factor = 10 ** (wanted - given)
        number = sa.case((sa.func.abs(number) < whole(_MOST // factor), number * whole(factor)))
    elif given > wanted:
        divisor = divisor * whole(10 ** (given - wanted))
    return sa.func.sign(number) * divided(sa.func.abs(number) * whole(2) + divisor, divisor * whole(2))


_AGGREGATES = {"count": _count, "sum": _sum, "avg": _avg, "min": _least, "max": _greatest}
_LISTS = frozenset({"first", "last", "concat"})


def fit(found: SqlColumn, kind: ColumnKind, dialect: str) -> SqlColumn:
    """A computed value as its field would keep it; null when it is too large."""
    element = found.element
    match kind:
        case DecimalKind(precision, scale) if dialect == POSTGRESQL:
            limit = whole(10 ** (precision - scale))
            number: Element = sa.cast(element, column_type(kind, dialect))
            return SqlColumn(sa.case((sa.func.abs(element) < limit, number)), kind)
        case DecimalKind(precision, scale):
            given = _places(found.kind)
            limit = whole(10 ** (precision - scale + given))
            number = element * whole(10 ** (scale - given)) if scale > given else element
            return SqlColumn(sa.case((sa.func.abs(element) < limit, number)), kind)
        case IntegerKind():
            number = sa.cast(element, sa.BigInteger()) if dialect == POSTGRESQL else element
            return SqlColumn(sa.case((sa.func.abs(element) <= whole(LARGEST_INTEGER), number)), kind)
        case BooleanKind() if dialect != POSTGRESQL:
            return SqlColumn(sa.case((element, whole(1)), (sa.not_(element), whole(0))), kind)
        case _:
            return SqlColumn(element, kind)


def _empty(item: Rollup, dialect: str) -> Element | None:
    """What stands for nothing, where that is not null."""
    if item.empty is None:
        return None
    encode = encoder(item.field.kind, dialect)
    value: Any = encode(item.empty) if encode else item.empty
    return sa.literal(value, column_type(item.field.kind, dialect))


def _places(kind: ColumnKind) -> int:
    return kind.scale if isinstance(kind, DecimalKind) else 0


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
