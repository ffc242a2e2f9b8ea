"""What is wrong with the expressions in documents, as findings."""

from collections.abc import Iterable, Iterator

from trellis.engine.catalogue import type_of
from trellis.engine.expr.nodes import Call, Expression, Path, walk
from trellis.engine.expr.problems import ExprError, Problem
from trellis.engine.expr.signatures import SqlClass
from trellis.engine.language import language
from trellis.engine.metadata_computed import check_computed
from trellis.kernel.errors import Finding
from trellis.kernel.messages import Message
from trellis.metadata.checks.expressions import ExpressionPlace, Purpose
from trellis.metadata.fieldtypes import FormulaSource
from trellis.metadata.snapshot import Snapshot


def check_expression(snapshot: Snapshot, place: ExpressionPlace) -> Iterable[Finding]:
    """The checker that `metadata.check.check_all` takes: names, types, limits, and what a database can run."""
    try:
        expression = _read(snapshot, place)
    except ExprError as error:
        return tuple(finding_of(place, problem) for problem in error.problems)
    if place.purpose in (Purpose.FILTER, Purpose.LOOKUP_FILTER):
        return tuple(_beyond_databases(place, expression))
    if place.purpose in (Purpose.FORMULA, Purpose.ROLLUP):
        return tuple(check_computed(snapshot, place, expression))
    return ()


def _read(snapshot: Snapshot, place: ExpressionPlace) -> Expression:
    words = language(snapshot)
    entity = snapshot.entity(place.entity)
    field = entity.field(place.field) if place.field else None
    match place.purpose:
        case Purpose.CONDITION | Purpose.FILTER | Purpose.ROLLUP:
            return words.condition(entity.id, place.source)
        case Purpose.VALIDATION:
            return words.validation(entity.id, place.source)
        case Purpose.LOOKUP_FILTER:
            return words.condition(entity.id, place.source, target=field.target if field else None)
        case Purpose.DEFAULT:
            return words.expression(entity.id, place.source, expect=type_of(field) if field else None)
        case Purpose.FORMULA:
            zero = field is not None and isinstance(field.computed, FormulaSource) and field.computed.zero_nulls
            wanted = type_of(field) if field else None
            return words.expression(entity.id, place.source, expect=wanted, nulls_as_zero=zero)


def finding_of(place: ExpressionPlace, problem: Problem) -> Finding:
    """A problem of an expression as a finding about its document."""
    return Finding(
        f"expr.{problem.code}",
        problem.message,
        place.document,
        place.pointer,
        problem.hint,
        span=(problem.span.start, problem.span.end),
    )


def _beyond_databases(place: ExpressionPlace, expression: Expression) -> Iterator[Finding]:
    """Calls over fields that no database can run; over constants they are known before the query."""
    for node in walk(expression.root):
        if isinstance(node, Call) and node.function.sql is SqlClass.PYTHON and _reads_fields(node):
            message = Message("'{function}' cannot be used in a filter.", {"function": node.function.name})
            span = (node.span.start, node.span.end)
            yield Finding("expr.not_in_filters", message, place.document, place.pointer, span=span)


def _reads_fields(call: Call) -> bool:
    return any(isinstance(node, Path) for node in walk(call))
