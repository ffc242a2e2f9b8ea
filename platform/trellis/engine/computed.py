"""The computed fields of a release: what each one computes, and how a record's own formulas are worked out in order."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any

from trellis.engine.catalogue import type_of
from trellis.engine.expr.decimals import CONTEXT
from trellis.engine.expr.evaluator import value_or_null
from trellis.engine.expr.fitting import fitted
from trellis.engine.expr.nodes import Expression, Path
from trellis.engine.known import Known
from trellis.engine.language import language
from trellis.metadata.fieldtypes import FieldType, FormulaSource, RollupSource
from trellis.metadata.snapshot import Snapshot
from trellis.metadata.storagekinds import DecimalKind, IntegerKind

Values = Mapping[str, object]
LARGEST_INTEGER = 2**53 - 1


@dataclass(frozen=True, eq=False)
class Formula:
    """A field that is computed from its record and the records it points to."""

    field: FieldType
    source: FormulaSource
    expression: Expression

    @cached_property
    def compute(self) -> Callable[[Values], object]:
        """The value for the values of paths and parameters; null where there is none, or where it does not fit."""
        value_of, fit = value_or_null(self.expression), fitting(self.field)
        return lambda values: fit(value_of(values))

    @property
    def paths(self) -> tuple[Path, ...]:
        """What it reads."""
        return self.expression.paths


@dataclass(frozen=True, eq=False)
class Rollup:
    """A field that is computed from the records that point to its record; `value` and `where` are about those."""

    field: FieldType
    source: RollupSource
    value: Path | None
    where: Expression | None

    @property
    def paths(self) -> tuple[Path, ...]:
        """What it reads of the records that point to it."""
        return (*((self.value,) if self.value else ()), *(self.where.paths if self.where else ()))

    @cached_property
    def empty(self) -> object:
        """The value where there is nothing to add up: what the document says, 0 for counts, else null."""
        given = self.source.empty
        if given is not None:
            return self.field.from_text(given)
        return 0 if self.source.agg == "count" else None


Computed = Formula | Rollup


@dataclass(frozen=True, eq=False)
class Computations:
    """All computed fields of a release, made once; the release was checked, so all of them can be read."""

    snapshot: Snapshot
    _made: dict[tuple[str, str], Computed]

    @classmethod
    def of(cls, snapshot: Snapshot) -> "Computations":
        """The computed fields of a release."""
        found: Computations | None = snapshot.derived.get(cls)
        return found or snapshot.derived.setdefault(cls, cls(snapshot, {}))

    def at(self, entity: str, key: str) -> Computed | None:
        """The computed field of a place, or None when it is an ordinary one; raises ExprError when it is faulty."""
        place = (entity, key)
        if place not in self._made:
            found = self.snapshot.entities.get(entity)
            field = found.field(key) if found else None
            if field is None or field.computed is None:
                return None
            self._made[place] = computed(self.snapshot, field)
        return self._made[place]

    def of_entity(self, entity: str) -> Iterator[Computed]:
        """The computed fields of an entity."""
        for key, field in self.snapshot.entity(entity).fields.items():
            if field.computed is not None and (found := self.at(entity, key)) is not None:
                yield found

    def columns(self, entity: str, key: str) -> frozenset[str]:
        """The fields of the record itself whose columns are needed to compute a field, lookups it follows included."""
        item = self.at(entity, key)
        if item is None or item.field.stored:
            return frozenset({key})
        if isinstance(item, Rollup):
            return frozenset({"id"})
        return frozenset().union(*(self.columns(entity, own) for own in _own(item)), {"id"})

    def formulas(self, entity: str) -> "OwnFormulas":
        """The formulas of an entity in the order in which they are worked out."""
        key = (OwnFormulas, entity)
        found: OwnFormulas | None = self.snapshot.derived.get(key)
        return found or self.snapshot.derived.setdefault(key, OwnFormulas.of(self, entity))


def computed(snapshot: Snapshot, field: FieldType) -> Computed:
    """What a computed field computes; raises ExprError with everything that is wrong."""
    words = language(snapshot)
    wanted = type_of(field)
    match field.computed:
        case FormulaSource() as source:
            expression = words.expression(field.entity, source.expr, expect=wanted, nulls_as_zero=source.zero_nulls)
            return Formula(field, source, fitted(expression, wanted) if wanted else expression)
        case RollupSource() as source:
            value = words.expression(source.child, source.field).root if source.field else None
            where = words.condition(source.child, source.where) if source.where else None
            return Rollup(field, source, value if isinstance(value, Path) else None, where)
    raise KeyError(f"{field.entity}.{field.key}")


@dataclass(frozen=True, eq=False)
class OwnFormulas:
    """The formulas of one entity, each after those that it reads."""

    ordered: tuple[Formula, ...]

    @classmethod
    def of(cls, computations: Computations, entity: str) -> "OwnFormulas":
        """The formulas of an entity in order; those in a circle are left out."""
        waiting = {item.field.key: item for item in computations.of_entity(entity) if isinstance(item, Formula)}
        ordered: list[Formula] = []
        while ready := [item for item in waiting.values() if not _own(item) & waiting.keys()]:
            ordered += ready
            for item in ready:
                del waiting[item.field.key]
        return cls(tuple(ordered))

    @cached_property
    def inputs(self) -> frozenset[str]:
        """The fields of the record itself that stored formulas read."""
        return frozenset().union(*(_own(item) for item in self.stored))

    @cached_property
    def stored(self) -> tuple[Formula, ...]:
        """What a record with all values needs: the stored formulas and the virtual ones they read."""
        return self._needed({item.field.key for item in self.ordered if item.field.stored})

    def affected(self, changed: Collection[str]) -> tuple[Formula, ...]:
        """The stored formulas that a change of fields touches, with the virtual ones they read, in order."""
        touched = set(changed)
        for item in self.ordered:
            if _own(item) & touched:
                touched.add(item.field.key)
        wanted = {item.field.key for item in self.ordered if item.field.stored and item.field.key in touched}
        return self._needed(wanted) if wanted else ()

    def named(self, keys: Collection[str]) -> tuple[Formula, ...]:
        """Some formulas, with the virtual ones they read, in order."""
        return self._needed(set(keys))

    def closure(self, keys: Collection[str]) -> tuple[Formula, ...]:
        """Some formulas with all other formulas of the record that they read, directly or not, in order."""
        wanted = set(keys)
        for item in reversed(self.ordered):
            if item.field.key in wanted:
                wanted |= _own(item)
        return tuple(item for item in self.ordered if item.field.key in wanted)

    def joined(self, *groups: Collection[Formula]) -> tuple[Formula, ...]:
        """Several groups of formulas as one, in order."""
        wanted = {item.field.key for group in groups for item in group}
        return tuple(item for item in self.ordered if item.field.key in wanted)

    def _needed(self, wanted: set[str]) -> tuple[Formula, ...]:
        for item in reversed(self.ordered):
            if item.field.key in wanted:
                wanted |= {key for key in _own(item) if key in self._virtual}
        return tuple(item for item in self.ordered if item.field.key in wanted)

    @cached_property
    def _virtual(self) -> frozenset[str]:
        return frozenset(item.field.key for item in self.ordered if not item.field.stored)


def worked_out(formulas: Collection[Formula], known: Values, *, virtual: bool = False) -> dict[str, Any]:
    """The values of formulas in order, for the values of a record, of what is behind its lookups, and of parameters.

    Only those of stored formulas come back, unless `virtual`.
    """
    values = Known(known)
    found: dict[str, Any] = {}
    for item in formulas:
        value = item.compute(values)
        values[item.field.key] = value
        if virtual or item.field.stored:
            found[item.field.key] = value
    return found


def own_inputs(formulas: Collection[Formula]) -> frozenset[str]:
    """The fields of the record itself that formulas read."""
    return frozenset().union(*(_own(item) for item in formulas))


def _own(item: Formula) -> set[str]:
    """The fields of the record itself that a formula reads, the lookups it follows included."""
    return {path.hops[0].field_key if path.hops else path.field for path in item.paths}


def fitting(field: FieldType) -> Callable[[object], object]:
    """The last step of a computed value: rounded to the decimals of its field, null when it is too large for it."""
    match field.kind:
        case DecimalKind(precision, scale):
            step, limit = Decimal(1).scaleb(-scale), Decimal(10) ** (precision - scale)
            return lambda value: _rounded(value, step, limit)
        case IntegerKind():
            return _whole
        case _:
            return lambda value: value


def _whole(value: Any) -> Any:
    return None if value is None or abs(value) > LARGEST_INTEGER else value


def _rounded(value: object, step: Decimal, limit: Decimal) -> Decimal | None:
    if not isinstance(value, int | Decimal):
        return None
    try:
        found = CONTEXT.quantize(Decimal(value), step)
    except InvalidOperation:
        return None
    return found if abs(found) < limit else None
