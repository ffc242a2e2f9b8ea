"""Which types may be compared, calculated with and joined, and what comes out."""

from typing import NoReturn

from trellis.engine.expr import durations
from trellis.engine.expr.fractions import MOST_DECIMALS, divided_last, is_quotient, negative_quotient
from trellis.engine.expr.nodes import Arithmetic, Compare, Concatenation, Literal, Negate, Node, Operator
from trellis.engine.expr.problems import ExprError, Span, refuse
from trellis.engine.expr.types import ORDERED, TEXT, Kind, Type, comparable
from trellis.kernel.messages import Message

EQUALITY = frozenset({Operator.EQ, Operator.NE})
QUOTIENT_DECIMALS = 12
DAYS = {Kind.DATE, Kind.DATETIME}


def compare(operator: Operator, left: Node, right: Node, span: Span) -> Compare:
    """The comparison of two adapted nodes; raises ExprError when their types do not allow it."""
    for side in (left, right):
        _refuse_empty(side, operator, span)
        if side.type.kind is Kind.OPTIONS:
            hint = Message("Ask with has(field, 'key') or filled(field).")
            raise refuse("several", "A field with several values cannot be compared.", span, hint=hint)
    if not comparable(left.type, right.type):
        text = "A value of type {left} cannot be compared with one of type {right}."
        way_out = Message("Write local_date(moment).") if {left.type.kind, right.type.kind} == DAYS else None
        raise _mismatch(text, left, right, span, hint=way_out)
    if operator not in EQUALITY and (left.type.kind not in ORDERED or right.type.kind not in ORDERED):
        hint = Message("Only numbers, dates and moments are larger or smaller.")
        raise refuse("order", "A value of type {type} has no order.", span, hint=hint, type=_name(left.type))
    return Compare(operator, left, right, span)


def calculate(operator: Operator, left: Node, right: Node, span: Span) -> Node:
    """The sum, product, …, or joined text; raises ExprError when the types do not allow it."""
    if operator is Operator.ADD and Kind.TEXT in (left.type.kind, right.type.kind):
        return _join(left, right, span)
    if Kind.NULL in (left.type.kind, right.type.kind):
        raise refuse("null", "Calculating with null always gives null.", span)
    if not (left.type.numeric and right.type.numeric):
        return durations.calculated(operator, left, right, span) or _not_numbers(operator, left, right, span)
    kind = _RULES[operator](left.type, right.type)
    if kind is None:
        raise _mismatch(_WRONG[operator], left, right, span)
    return divided_last(Arithmetic(operator, left, right, kind, span))


def negative(operand: Node, span: Span) -> Node:
    """The operand with the other sign; raises ExprError when it is neither a number nor a duration."""
    if operand.type.kind is Kind.DURATION:
        return durations.opposite(operand, span)
    if not operand.type.numeric:
        raise refuse("types", "A sign stands only before a number, not before {type}.", span, type=_name(operand.type))
    if isinstance(operand, Literal):
        return Literal(-operand.value, operand.type, span)  # type: ignore[operator]
    if isinstance(operand, Arithmetic) and is_quotient(operand):
        return negative_quotient(operand, span)
    return Negate(operand, operand.type, span)


def _join(left: Node, right: Node, span: Span) -> Concatenation:
    for side in (left, right):
        if side.type.kind is not Kind.TEXT:
            hint = Message("Write text(x) for the text of a value.")
            raise _mismatch("Only texts can be joined: {left} + {right}.", left, right, span, hint=hint)
    operands: list[Node] = []
    for side in (left, right):
        operands.extend(side.operands if isinstance(side, Concatenation) else (side,))
    return Concatenation(tuple(operands), TEXT, span)


def _refuse_empty(side: Node, operator: Operator, span: Span) -> None:
    if not isinstance(side, Literal) or side.value not in (None, "") or isinstance(side.value, bool):
        return
    word = "blank(…)" if operator is Operator.EQ else "filled(…)"
    hint = Message("Use {word}.", {"word": word})
    if side.value is None:
        raise refuse("null", "Comparing with null never is true.", span, hint=hint)
    raise refuse("null", "An empty text is never stored, so nothing equals ''.", span, hint=hint)


def _not_numbers(operator: Operator, left: Node, right: Node, span: Span) -> NoReturn:
    kinds = {left.type.kind, right.type.kind}
    hint = None
    if Kind.DATE in kinds:
        hint = Message("Use add_days(date, n), add_months(date, n) or days_between(from, to).")
    elif Kind.DATETIME in kinds:
        hint = Message("Moments are moved by durations: created_at + hours(2).")
    elif Kind.DURATION in kinds:
        hint = Message("Write durations as hours(2) or minutes(30), and read them with in_hours(d).")
    raise _mismatch("One cannot calculate with {left} and {right}.", left, right, span, hint=hint)


def _mismatch(text: str, left: Node, right: Node, span: Span, *, hint: Message | None = None) -> ExprError:
    return refuse("types", text, span, hint=hint, left=_name(left.type), right=_name(right.type))


def _name(kind: Type) -> Message:
    return Message(str(kind)) if kind.entity is None else Message("a record of {entity}", {"entity": kind.entity})


def _sum(left: Type, right: Type) -> Type | None:
    if (left.kind is Kind.MONEY) != (right.kind is Kind.MONEY):
        return None
    kind = left.kind if left.kind is right.kind else Kind.NUMBER
    return Type(kind, scale=max(left.scale, right.scale), integer=left.integer and right.integer)


def _product(left: Type, right: Type) -> Type | None:
    if left.kind is right.kind is Kind.MONEY:
        return None
    kind = Kind.MONEY if Kind.MONEY in (left.kind, right.kind) else Kind.NUMBER
    return Type(kind, scale=min(left.scale + right.scale, MOST_DECIMALS), integer=left.integer and right.integer)


def _quotient(left: Type, right: Type) -> Type | None:
    if right.kind is Kind.MONEY and left.kind is not Kind.MONEY:
        return None
    kind = Kind.MONEY if left.kind is Kind.MONEY and right.kind is not Kind.MONEY else Kind.NUMBER
    return Type(kind, scale=QUOTIENT_DECIMALS)


def _remainder(left: Type, right: Type) -> Type | None:
    return Type(Kind.NUMBER, integer=True) if left.integer and right.integer else None


_RULES = {
    Operator.ADD: _sum,
    Operator.SUBTRACT: _sum,
    Operator.MULTIPLY: _product,
    Operator.DIVIDE: _quotient,
    Operator.MODULO: _remainder,
}
_WRONG = {
    Operator.ADD: "Money and plain numbers cannot be added: {left} + {right}.",
    Operator.SUBTRACT: "Money and plain numbers cannot be subtracted: {left} - {right}.",
    Operator.MULTIPLY: "Money cannot be multiplied with money.",
    Operator.DIVIDE: "A plain number cannot be divided by money.",
    Operator.MODULO: "% works on whole numbers only, not on {left} and {right}.",
}
