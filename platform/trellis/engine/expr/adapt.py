"""Constants take the type of what they stand next to: option keys, ids, dates and amounts are written as plain literals."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime

from trellis.engine.expr.nodes import Conditional, Literal, Node
from trellis.engine.expr.problems import ExprError, closest, did_you_mean, refuse
from trellis.engine.expr.types import Kind, Type, common
from trellis.kernel.messages import Message

UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})")


def adapt(node: Node, wanted: Type) -> Node:
    """The node, as a constant of type `wanted` if it is a literal that can be one; raises ExprError if it only looks so."""
    if isinstance(node, Conditional):
        return _branches(node, wanted)
    if not isinstance(node, Literal):
        return node
    if node.type.numeric and wanted.kind in (Kind.MONEY, Kind.PERCENT):
        return replace(node, type=Type(wanted.kind, scale=node.type.scale))
    if node.type.kind is not Kind.TEXT:
        return node
    match wanted.kind:
        case Kind.OPTION:
            return _option(node, wanted)
        case Kind.REF:
            return _reference(node, wanted)
        case Kind.DATE:
            return _date(node)
        case Kind.DATETIME:
            return _moment(node)
    return node


def adapt_pair(left: Node, right: Node) -> tuple[Node, Node]:
    """Both nodes, each adapted to the other."""
    return adapt(left, right.type), adapt(right, left.type)


def element_type(values: Type) -> Type:
    """The type of one of several values."""
    if values.entity is not None:
        return Type(Kind.REF, entity=values.entity)
    return Type(Kind.OPTION, options=values.options)


def _branches(node: Conditional, wanted: Type) -> Node:
    then, otherwise = adapt(node.then, wanted), adapt(node.otherwise, wanted)
    kind = common(then.type, otherwise.type)
    return node if kind is None else replace(node, then=then, otherwise=otherwise, type=kind)


def _option(node: Literal, wanted: Type) -> Literal:
    key = str(node.value)
    if wanted.options is not None and key not in wanted.options:
        known = sorted(wanted.options)
        hint = did_you_mean(closest(key, known)) or _choices(known)
        raise refuse("option", "There is no option '{key}'.", node.span, hint=hint, key=key)
    return replace(node, type=Type(Kind.OPTION, options=frozenset({key})))


def _choices(known: list[str]) -> Message | None:
    names = ", ".join(known[:8]) + (", …" if len(known) > 8 else "")
    return Message("The options are: {names}.", {"names": names}) if known else None


def _reference(node: Literal, wanted: Type) -> Literal:
    text = str(node.value)
    if not UUID.fullmatch(text):
        hint = Message("Compare one of its fields instead, such as its name.")
        raise refuse("reference", "'{text}' is not the id of a record.", node.span, hint=hint, text=text)
    return replace(node, value=text.lower(), type=wanted)


def _date(node: Literal) -> Literal:
    text = str(node.value)
    try:
        if not DAY.fullmatch(text):
            raise ValueError
        return replace(node, value=date.fromisoformat(text), type=Type(Kind.DATE))
    except ValueError:
        raise _not_a(node, "date", "2024-01-31") from None


def _moment(node: Literal) -> Literal:
    text = str(node.value)
    try:
        if not MOMENT.fullmatch(text):
            raise ValueError
        value = datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)
        return replace(node, value=value, type=Type(Kind.DATETIME))
    except (ValueError, OverflowError):
        raise _not_a(node, "moment", "2024-01-31T09:30:00Z") from None


def _not_a(node: Literal, kind: str, example: str) -> ExprError:
    hint = Message("Write it like '{example}'.", {"example": example})
    return refuse(
        kind,
        "'{text}' is not a date." if kind == "date" else "'{text}' is not a moment.",
        node.span,
        hint=hint,
        text=node.value,
    )
