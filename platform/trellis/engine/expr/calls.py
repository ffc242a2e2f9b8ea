"""The check of a function call: number, types and meaning of its arguments."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from trellis.engine.expr.adapt import adapt, element_type
from trellis.engine.expr.expansions import EXPANSIONS
from trellis.engine.expr.nodes import Call, Conditional, Literal, Node, Parameter, Scalar
from trellis.engine.expr.problems import ExprError, Span, closest, did_you_mean, refuse
from trellis.engine.expr.signatures import Argument, Function, Slot, SqlClass
from trellis.engine.expr.types import Kind, Type, common
from trellis.kernel.messages import Message


def call(function: Function, arguments: Sequence[Node], span: Span) -> Node:
    """The typed call; raises ExprError when the arguments do not suit the function."""
    if function.scoped:
        raise refuse("arguments", "{call} has no value here.", span, call=function.signature)
    _count(function, len(arguments), span)
    alike = _alike(function, list(arguments), span)
    adapted = [_argument(function, index, alike) for index in range(len(alike))]
    expand = EXPANSIONS.get(function.name)
    if expand is not None:
        return expand(adapted, span)
    kind = function.result([Argument(node.type, node.value if isinstance(node, Literal) else None) for node in adapted])
    if kind is None:
        raise refuse("arguments", "These values do not go together in {call}.", span, call=function.signature)
    if function.sql is SqlClass.PARAMETER and not adapted:
        return Parameter(function.reads[0], kind, span)
    if function.folds and all(isinstance(node, Literal) for node in adapted):
        return Literal(_fold(function, adapted, span), kind, span)
    return Call(function, tuple(adapted), kind, span)


def constant_text(function: Function, arguments: Sequence[Node], span: Span) -> str:
    """The one text that a function such as `changed` takes; raises ExprError when it is not written out."""
    _count(function, len(arguments), span)
    argument = _argument(function, 0, arguments)
    assert isinstance(argument, Literal)
    return str(argument.value)


def _count(function: Function, given: int, span: Span) -> None:
    enough = given >= function.least and (function.most is None or given <= function.most)
    if enough and (function.repeats == 0 or (given - len(function.slots)) % function.repeats == 0):
        return
    hint = Message("Write {call}.", {"call": function.signature})
    raise refuse("arguments", "{name} does not take {given} values.", span, hint=hint, name=function.name, given=given)


def _argument(function: Function, position: int, arguments: Sequence[Node]) -> Node:
    slot, node = _slot(function, position, len(arguments)), arguments[position]
    if slot.option_of is not None:
        node = adapt(node, element_type(arguments[slot.option_of].type))
    for kind in (Kind.DATE, Kind.DATETIME, Kind.REF):
        if kind in slot.accepts and Kind.TEXT not in slot.accepts and not function.alike:
            node = adapt(node, Type(kind))
    if slot.constant:
        _constant(function, slot, node)
    if node.type.kind is not Kind.NULL and (node.type.kind not in slot.accepts or (slot.integer and not _whole(node))):
        raise _unsuitable(function, slot, node)
    if slot.option_of is not None and common(node.type, element_type(arguments[slot.option_of].type)) is None:
        raise _unsuitable(function, slot, node)
    return node


def _slot(function: Function, position: int, given: int) -> Slot:
    """The slot of an argument; in `when` the last argument stands alone behind the pairs."""
    if function.name == "when":
        return function.slots[2] if position == given - 1 else function.slots[position % 2]
    return function.slot(position)


def _whole(node: Node) -> bool:
    return node.type.kind is Kind.TEXT or node.type.integer


def _constant(function: Function, slot: Slot, node: Node) -> None:
    if not isinstance(node, Literal):
        raise refuse(
            "constant", "'{slot}' of {name} must be written out.", node.span, slot=slot.name, name=function.name
        )
    if slot.choices and str(node.value) not in slot.choices:
        hint = did_you_mean(closest(str(node.value), slot.choices)) or _choices(slot)
        raise refuse("choice", "'{value}' is not possible here.", node.span, hint=hint, value=node.value)


def _choices(slot: Slot) -> Message:
    return Message("Possible are: {names}.", {"names": ", ".join(slot.choices)})


def _unsuitable(function: Function, slot: Slot, node: Node) -> ExprError:
    wanted = "whole number" if slot.integer else ", ".join(sorted(kind.value for kind in slot.accepts))
    text = "'{slot}' of {name} cannot be of type {found}; wanted: {wanted}."
    return refuse(
        "arguments", text, node.span, slot=slot.name, name=function.name, found=Message(str(node.type)), wanted=wanted
    )


def _alike(function: Function, arguments: list[Node], span: Span) -> list[Node]:
    """The arguments with constants adapted to the one type that the alike slots share."""
    places = [index for index in range(len(arguments)) if _shares(function, index, len(arguments))]
    model = _model([arguments[i] for i in places])
    if model is not None:
        arguments = [adapt(node, model) if index in places else node for index, node in enumerate(arguments)]
    found: Type | None = arguments[places[0]].type if places else None
    for index in places[1:]:
        found = None if found is None else common(found, arguments[index].type)
    if places and found is None:
        raise refuse("arguments", "The values of {name} must be of one type.", span, name=function.name)
    return arguments


def _model(arguments: Sequence[Node]) -> Type | None:
    """The type that constants take: that of a field or call, else of a constant that is no plain text."""
    first = next((node.type for node in arguments if not _constant_like(node)), None)
    return first or next((node.type for node in arguments if node.type.kind not in (Kind.TEXT, Kind.NULL)), None)


def _shares(function: Function, index: int, given: int) -> bool:
    if function.name == "when":
        return index == given - 1 or index % 2 == 1
    return function.slot_index(index) in function.alike


def _constant_like(node: Node) -> bool:
    if isinstance(node, Conditional):
        return _constant_like(node.then) and _constant_like(node.otherwise)
    return isinstance(node, Literal)


def _fold(function: Function, arguments: Sequence[Node], span: Span) -> Scalar:
    value = function.python(*(node.value for node in arguments if isinstance(node, Literal)))
    if value is None:
        raise refuse("constant", "{name} of these constants has no value.", span, name=function.name)
    assert isinstance(value, str | int | Decimal | date)
    return value
