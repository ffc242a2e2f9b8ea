"""Help for whoever writes an expression: is it right, what does it give, can a database run it, what could come next."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from trellis.engine import completions
from trellis.engine.catalogue import type_of
from trellis.engine.completions import Completions
from trellis.engine.computed import fitting
from trellis.engine.cost import Cost, cost
from trellis.engine.expr.checker import check as checked
from trellis.engine.expr.evaluator import value_or_null
from trellis.engine.expr.fitting import fitted
from trellis.engine.expr.nodes import Expression, Parameter
from trellis.engine.expr.problems import ExprError
from trellis.engine.expr.scope import EntityScope
from trellis.engine.expr.types import BOOL, INTEGER, Kind, Type
from trellis.engine.language import language
from trellis.engine.mistakes import Mistake, mistakes
from trellis.engine.query import Masked
from trellis.engine.readable import ReadableCatalogue
from trellis.kernel.errors import FieldError, Invalid
from trellis.kernel.identity import canonical_id
from trellis.kernel.messages import Message, Translate
from trellis.kernel.names import nearest
from trellis.metadata.documents import Level
from trellis.metadata.fieldtypes import FieldType
from trellis.services.context import Context
from trellis.services.portability import SqlForm, sql_form
from trellis.services.queries import MAX_FIELDS, choices, get_record
from trellis.services.refusing import denied

FIELD = "field:"
PREVIOUS, CHANGED = "prev.", "changed."
TYPES: Mapping[str, Type] = {"integer": INTEGER, **{kind.value: Type(kind) for kind in Kind if kind is not Kind.NULL}}


class Purpose(StrEnum):
    """What an expression is for, which decides what it may read and must give."""

    CONDITION = "condition"
    FILTER = "filter"
    FORMULA = "formula"
    VALIDATION = "validation"
    LOOKUP_FILTER = "lookup_filter"


@dataclass(frozen=True, slots=True)
class Place:
    """Where an expression will stand: about which records, what for, and for the filter of a lookup in which field."""

    entity: str
    purpose: Purpose | None = None
    field: str | None = None


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """A source to check; `expect` is the name of a type or `field:` with a key, `record` the id of a record to try it on.

    With `nulls_as_zero` numbers that are empty count as zero, as a formula field may want.
    """

    place: Place
    source: str
    record: str | None = None
    expect: str | None = None
    nulls_as_zero: bool = False


@dataclass(frozen=True, slots=True)
class CompleteRequest:
    """A source that is being written, and where the cursor stands (in characters)."""

    place: Place
    source: str
    cursor: int


@dataclass(frozen=True, slots=True)
class Read:
    """One value that an expression reads: as it is written, and in people's words."""

    path: str
    label: str


@dataclass(frozen=True, slots=True)
class Result:
    """What an expression gives on a record, or on none when it reads none; `label` is what people read for keys and ids."""

    value: object
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """What is known of a source: everything but `errors` is there only as far as it could be read."""

    type: Type | None = None
    result: Result | None = None
    sql: SqlForm | None = None
    cost: Cost | None = None
    reads: tuple[Read, ...] = ()
    volatile: bool = False
    errors: tuple[Mistake, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether it can be used for its purpose."""
        return not self.errors


async def check(context: Context, request: CheckRequest) -> Checked:
    """What is right and wrong about a source; raises NotFound, Forbidden and Invalid for what is asked about it.

    What the actor may not read does not exist for it; the words are in the language of the context.
    """
    desk = _Desk.at(context, request.place)
    wanted, field = desk.wanted(request.expect)
    try:
        expression = checked(request.source, desk.scope, expect=wanted, nulls_as_zero=request.nulls_as_zero)
    except ExprError as error:
        await _values(context, request, ())
        return Checked(errors=mistakes(error, request.source, desk.scope, desk.catalogue))
    if request.place.purpose is Purpose.FORMULA and wanted is not None:
        expression = fitted(expression, wanted)
    given = expression.parameters if request.place.purpose is Purpose.LOOKUP_FILTER else ()
    sql = sql_form(context, expression, desk.rows, given=given)
    must = request.place.purpose in (Purpose.FILTER, Purpose.LOOKUP_FILTER)
    return Checked(
        expression.type,
        await _result(context, request, expression, desk.catalogue, field),
        sql,
        cost(expression),
        tuple(desk.read(name) for name in desk.names(expression)),
        expression.volatile,
        (sql.reason,) if must and not sql.filter and sql.reason else (),
    )


async def complete(context: Context, request: CompleteRequest, translate: Translate = str) -> Completions:
    """What can be written at the cursor; raises NotFound, Forbidden and Invalid for what is asked about it."""
    desk = _Desk.at(context, request.place)
    return completions.complete(request.source, request.cursor, desk.scope, desk.catalogue, translate=translate)


@dataclass(frozen=True, slots=True)
class _Desk:
    """The names that a place knows, as far as the actor may."""

    catalogue: ReadableCatalogue
    scope: EntityScope
    purpose: Purpose | None

    @classmethod
    def at(cls, context: Context, place: Place) -> "_Desk":
        """The desk for a place."""
        words = language(context.snapshot.localised(context.locale)).catalogue
        entity = words.snapshot.entity(place.entity)
        if not context.access.allows(entity.id, "read"):
            raise denied(context, entity.id, "You may not see {entity}.")
        catalogue = ReadableCatalogue(context.language.catalogue, words, context.access)
        target = _target(catalogue, place) if place.purpose is Purpose.LOOKUP_FILTER else None
        scope = EntityScope(catalogue, entity.id, target, place.purpose is Purpose.VALIDATION)
        return cls(catalogue, scope, place.purpose)

    @property
    def rows(self) -> str:
        """The entity whose records are asked."""
        return self.scope.target or self.scope.entity

    def wanted(self, expect: str | None) -> tuple[Type | None, FieldType | None]:
        """The type that must come out, and the field that will hold it."""
        if self.purpose not in (None, Purpose.FORMULA):
            return BOOL, None
        if expect is None:
            return None, None
        if expect.startswith(FIELD):
            field = _field(self.catalogue, self.scope.entity, expect.removeprefix(FIELD), "expect")
            return type_of(field), field
        if expect not in TYPES:
            text = Message("This must be one of {choices}.", {"choices": ", ".join([*TYPES, FIELD + "…"])})
            raise Invalid([FieldError("expect", "choice", text)])
        return TYPES[expect], None

    def names(self, expression: Expression) -> list[str]:
        """The fields that an expression reads: paths, and parameters that are values of the record."""
        others = [name for name in sorted(expression.parameters) if self._of_record(name)]
        return list(dict.fromkeys([*(path.key for path in expression.paths), *others]))

    def _of_record(self, name: str) -> bool:
        known = self.scope.target is not None and isinstance(self.scope.resolve(tuple(name.split("."))), Parameter)
        return name.startswith((PREVIOUS, CHANGED)) or (known and not name.startswith(("me.", "record.exists")))

    def read(self, name: str) -> Read:
        """A name in people's words: the labels along its path."""
        root, _, rest = name.partition(".")
        entity, words = self.scope.entity, []
        if root == "target" and self.scope.target is not None:
            entity, words = self.scope.target, [self.catalogue.label(self.scope.target)]
        for key in (rest if root in ("target", "prev", "changed") and rest else name).split("."):
            info = self.catalogue.field_type(entity, key)
            words.append(info.label if info and info.label else key)
            entity = (info.target if info else None) or entity
        return Read(name, " › ".join(words))


def _target(catalogue: ReadableCatalogue, place: Place) -> str:
    field = _field(catalogue, place.entity, place.field or "", "field")
    if field.target is None:
        raise Invalid([FieldError("field", "no_lookup", Message("This field is not a lookup."))])
    return field.target


def _field(catalogue: ReadableCatalogue, entity_id: str, key: str, where: str) -> FieldType:
    """A field that the actor may read; raises Invalid."""
    entity = catalogue.words.snapshot.entity(entity_id)
    field = entity.field(key)
    if field is not None and catalogue.access.highest(entity_id, key) >= Level.READ:
        return field
    guess = nearest(key, catalogue.field_keys(entity_id))
    text = "There is no field “{key}” on {entity}." + (" Did you mean “{guess}”?" if guess else "")
    params = {"key": key[:80], "entity": entity.label, "guess": guess or ""}
    raise Invalid([FieldError(where, "unknown_field", Message(text, params))])


async def _result(
    context: Context,
    request: CheckRequest,
    expression: Expression,
    catalogue: ReadableCatalogue,
    field: FieldType | None,
) -> Result | None:
    """The value on the record that was chosen; none for the filter of a lookup, whose candidate nobody chose."""
    lookup = request.place.purpose is Purpose.LOOKUP_FILTER
    names = () if lookup else _own_names(expression)
    values = await _values(context, request, names)
    if lookup or (values is None and names):
        return None
    known = {**context.parameters(), "record.exists": values is not None, **(values or {})}
    known |= {
        name: known.get(name.removeprefix(PREVIOUS)) for name in expression.parameters if name.startswith(PREVIOUS)
    }
    known |= {name: False for name in expression.parameters if name.startswith(CHANGED)}
    value = value_or_null(expression)(known)
    if field is not None:
        value = fitting(field)(value)
    return Result(value, await _label(context, expression, catalogue, value))


def _own_names(expression: Expression) -> tuple[str, ...]:
    """What has to be known of the record."""
    before = {name.removeprefix(PREVIOUS) for name in expression.parameters if name.startswith(PREVIOUS)}
    return tuple(sorted({path.key for path in expression.paths} | before))


async def _values(context: Context, request: CheckRequest, names: tuple[str, ...]) -> dict[str, Any] | None:
    """Some values of the chosen record as the actor may see them; raises NotFound when he may not see it."""
    if request.record is None:
        return None
    if canonical_id(request.record) is None:
        raise Invalid([FieldError("record", "record_id", Message("This is not the id of a record."))])
    found: dict[str, Any] = {}
    for start in range(0, max(len(names), 1), MAX_FIELDS):
        part = names[start : start + MAX_FIELDS]
        record = await get_record(context, request.place.entity, request.record, part, labels=False)
        found |= {key: None if isinstance(value, Masked) else value for key, value in record.values.items()}
    return found


async def _label(context: Context, expression: Expression, catalogue: ReadableCatalogue, value: object) -> str | None:
    """What people read for the key of an option or the id of a record."""
    keys: tuple[str, ...] = value if isinstance(value, tuple) else (value,) if isinstance(value, str) else ()
    if expression.type.kind in (Kind.OPTION, Kind.OPTIONS) and expression.type.entity is None:
        labels: dict[str, str] = {}
        for path in expression.paths:
            labels |= catalogue.choices(path.entity, path.field)
        return ", ".join(labels.get(key, key) for key in keys) or None
    entity = expression.type.entity
    if entity is None or not keys or not context.access.allows(entity, "read"):
        return None
    found = await choices(context, entity, ids=keys, limit=len(keys))
    return ", ".join(choice.label for choice in found) or None
