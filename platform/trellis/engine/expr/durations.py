"""Calculations with moments and durations, written as calculations with whole seconds."""

from trellis.engine.expr.adapt import adapt_pair
from trellis.engine.expr.fractions import divided_last
from trellis.engine.expr.functions import STANDARD
from trellis.engine.expr.nodes import Arithmetic, Call, Literal, Negate, Node, Operator
from trellis.engine.expr.problems import Span
from trellis.engine.expr.types import DATETIME, DURATION, INTEGER, Kind, Type

UNITS = {"seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400}
QUOTIENT = Type(Kind.NUMBER, scale=12)
SUMS = frozenset({Operator.ADD, Operator.SUBTRACT})


def calculated(operator: Operator, left: Node, right: Node, span: Span) -> Node | None:
    """The calculation with a moment or a duration, or None when these types do not go together."""
    if operator is Operator.SUBTRACT and Kind.DATETIME in (left.type.kind, right.type.kind):
        left, right = adapt_pair(left, right)
    match (left.type.kind, operator, right.type.kind):
        case (Kind.DATETIME, Operator.SUBTRACT, Kind.DATETIME):
            return of_seconds(_call("seconds_between", INTEGER, (right, left), span), span)
        case (Kind.DATETIME, Operator.ADD, Kind.DURATION):
            return later(left, right, span)
        case (Kind.DURATION, Operator.ADD, Kind.DATETIME):
            return later(right, left, span)
        case (Kind.DATETIME, Operator.SUBTRACT, Kind.DURATION):
            return later(left, opposite(right, span), span)
        case (Kind.DURATION, _, Kind.DURATION) if operator in SUMS:
            return of_seconds(Arithmetic(operator, seconds_of(left), seconds_of(right), INTEGER, span), span)
        case (Kind.DURATION, Operator.DIVIDE, Kind.DURATION):
            return _quotient(seconds_of(left), seconds_of(right), span)
        case (Kind.DURATION, Operator.DIVIDE, Kind.NUMBER | Kind.PERCENT):
            return of_seconds(_quotient(seconds_of(left), right, span), span)
        case (Kind.DURATION, Operator.MULTIPLY, Kind.NUMBER | Kind.PERCENT):
            return of_seconds(_product(seconds_of(left), right, span), span)
        case (Kind.NUMBER | Kind.PERCENT, Operator.MULTIPLY, Kind.DURATION):
            return of_seconds(_product(left, seconds_of(right), span), span)
    return None


def opposite(duration: Node, span: Span) -> Node:
    """The duration with the other sign."""
    return of_seconds(Negate(seconds_of(duration), INTEGER, span), span)


def later(moment: Node, duration: Node, span: Span) -> Node:
    """The moment, moved by the duration."""
    return _call("add_seconds", DATETIME, (moment, seconds_of(duration)), span)


def of_units(number: Node, unit: int, span: Span) -> Node:
    """So many hours, for example, as a duration of whole seconds."""
    return of_seconds(_product(number, Literal(unit, INTEGER, span), span), span)


def in_units(duration: Node, unit: int, span: Span) -> Node:
    """A duration in hours, for example, as a number with decimals."""
    return _quotient(seconds_of(duration), Literal(unit, INTEGER, span), span)


def whole_units(start: Node, end: Node, unit: int, span: Span) -> Node:
    """The whole hours, for example, from one moment to another."""
    seconds = _call("seconds_between", INTEGER, (start, end), span)
    return _call("trunc", INTEGER, (_quotient(seconds, Literal(unit, INTEGER, span), span),), span)


def of_seconds(number: Node, span: Span) -> Node:
    """The duration of so many seconds, rounded to a whole one."""
    return _call("seconds", DURATION, (number,), span)


def seconds_of(duration: Node) -> Node:
    """The seconds of a duration."""
    if isinstance(duration, Call) and duration.function.name == "seconds" and duration.arguments[0].type.integer:
        return duration.arguments[0]
    return _call("in_seconds", INTEGER, (duration,), duration.span)


def _call(name: str, kind: Type, arguments: tuple[Node, ...], span: Span) -> Call:
    function = STANDARD.get(name)
    assert function is not None
    return Call(function, arguments, kind, span)


def _product(left: Node, right: Node, span: Span) -> Arithmetic:
    scale, whole = left.type.scale + right.type.scale, left.type.integer and right.type.integer
    kind = Type(Kind.NUMBER, scale=scale, integer=whole)
    return divided_last(Arithmetic(Operator.MULTIPLY, left, right, kind, span))


def _quotient(left: Node, right: Node, span: Span) -> Arithmetic:
    return divided_last(Arithmetic(Operator.DIVIDE, left, right, QUOTIENT, span))
