"""Functions that are short for something else: each call is replaced by the tree it stands for, for every reader."""

from collections.abc import Callable, Sequence

from trellis.engine.expr import durations
from trellis.engine.expr.adapt import adapt
from trellis.engine.expr.functions import STANDARD
from trellis.engine.expr.nodes import Call, Conditional, Literal, Node, Operator, Parameter
from trellis.engine.expr.operators import calculate, compare
from trellis.engine.expr.problems import Span, refuse
from trellis.engine.expr.types import BOOL, INTEGER, Kind, Type, common

Expansion = Callable[[Sequence[Node], Span], Node]
TEAM = Type(Kind.REF, entity="core.team")


def choice(arguments: Sequence[Node], span: Span) -> Node:
    """`when(a, 1, b, 2, 3)` is `1 if a else 2 if b else 3`."""
    node = arguments[-1]
    for index in range(len(arguments) - 3, -1, -2):
        kind = common(arguments[index + 1].type, node.type)
        if kind is None:
            raise refuse("arguments", "The values of {name} must be of one type.", span, name="when")
        node = Conditional(arguments[index], arguments[index + 1], node, kind, span)
    return node


def quotient(arguments: Sequence[Node], span: Span) -> Node:
    """`div(a, b, otherwise)` is `otherwise if b == 0 else a / b`."""
    dividend, divisor, otherwise = arguments
    divided = calculate(Operator.DIVIDE, dividend, divisor, span)
    otherwise = adapt(otherwise, divided.type)
    kind = common(divided.type, otherwise.type)
    if kind is None:
        raise refuse("arguments", "The values of {name} must be of one type.", span, name="div")
    is_zero = compare(Operator.EQ, divisor, Literal(0, INTEGER, span), span)
    return Conditional(is_zero, otherwise, divided, kind, span)


def membership(arguments: Sequence[Node], span: Span) -> Node:
    """`in_team('…')` is `me.team == '…'`, false for somebody without a team."""
    team = adapt(arguments[0], TEAM)
    function = STANDARD.get("coalesce")
    assert function is not None
    same = compare(Operator.EQ, Parameter("me.team", TEAM, span), team, span)
    return Call(function, (same, Literal(False, BOOL, span)), BOOL, span)


def _years(arguments: Sequence[Node], span: Span) -> Node:
    """`add_years(d, n)` is `add_months(d, n * 12)`."""
    function = STANDARD.get("add_months")
    assert function is not None
    months = calculate(Operator.MULTIPLY, arguments[1], Literal(12, INTEGER, span), span)
    return Call(function, (arguments[0], months), function.result(()) or arguments[0].type, span)


def _from_units(unit: int) -> Expansion:
    return lambda arguments, span: durations.of_units(arguments[0], unit, span)


def _in_units(unit: int) -> Expansion:
    return lambda arguments, span: durations.in_units(arguments[0], unit, span)


EXPANSIONS: dict[str, Expansion] = {
    "when": choice,
    "div": quotient,
    "in_team": membership,
    "add_years": _years,
    "add_hours": lambda arguments, span: durations.later(
        arguments[0], durations.of_units(arguments[1], 3600, span), span
    ),
    "hours_between": lambda arguments, span: durations.whole_units(arguments[0], arguments[1], 3600, span),
    **{name: _from_units(size) for name, size in durations.UNITS.items() if size > 1},
    **{f"in_{name}": _in_units(size) for name, size in durations.UNITS.items() if size > 1},
}
