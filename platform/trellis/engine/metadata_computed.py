"""What is wrong with computed fields beyond their expressions: circles, depth, values that move while nothing is saved."""

from collections.abc import Iterator, Mapping

from trellis.engine.catalogue import type_of
from trellis.engine.computed import Computations, Computed, Formula, Rollup
from trellis.engine.dependencies import Node, circles, depths
from trellis.engine.expr.nodes import Call, Expression, Parameter, walk
from trellis.engine.expr.problems import ExprError
from trellis.engine.expr.types import Kind
from trellis.kernel.errors import Finding
from trellis.kernel.messages import Message
from trellis.metadata.checks.expressions import ExpressionPlace
from trellis.metadata.exposure import exposures
from trellis.metadata.snapshot import Snapshot

DEEPEST = 8
EXISTS = "record.exists"


def check_computed(snapshot: Snapshot, place: ExpressionPlace, expression: Expression) -> Iterator[Finding]:
    """Everything that is wrong with the formula or roll-up whose expression stands at a place."""
    item = _computed(snapshot, (place.document, place.field or ""))
    if item is None:
        return
    yield from _of_new_records(place, expression)
    if item.field.stored:
        yield from _unstorable(snapshot, place, expression)
    if isinstance(item, Formula):
        yield from _standing(snapshot, place, (place.document, item.field.key))
        yield from _rounded(place, expression, item)
        yield from _exposing(snapshot, place, expression)


def _computed(snapshot: Snapshot, node: Node) -> Computed | None:
    try:
        return Computations.of(snapshot).at(*node)
    except ExprError:
        return None


def _of_new_records(place: ExpressionPlace, expression: Expression) -> Iterator[Finding]:
    """A value is that of a record as it is kept; while one is being created there is none yet."""
    for node in walk(expression.root):
        if isinstance(node, Parameter) and node.name == EXISTS:
            text = "A computed value is always that of a record that exists, so '{name}' cannot be read here."
            yield _finding(place, "always_exists", text, span=(node.span.start, node.span.end), params={"name": EXISTS})


def _unstorable(snapshot: Snapshot, place: ExpressionPlace, expression: Expression) -> Iterator[Finding]:
    """Reasons why a value cannot be kept: it changes while no record does, or nobody would notice that it should."""
    if expression.volatile:
        yield _finding(place, "volatile", "A value that depends on the time or the user cannot be stored.", _virtual())
    for path in expression.paths:
        span = (path.span.start, path.span.end)
        params = {"path": path.key}
        if _moves(snapshot, (path.entity, path.field), ()):
            text = "'{path}' changes with the time or the user, so this value cannot be stored."
            yield _finding(place, "volatile", text, _virtual(), span, params)
        read = _computed(snapshot, (path.entity, path.field))
        if isinstance(read, Rollup) and not read.field.stored:
            text = "'{path}' is a virtual roll-up, so nobody would notice when it changes."
            hint = Message('Store the roll-up, or write "storage": "virtual" here.')
            yield _finding(place, "virtual_rollup", text, hint, span, params)
        if any(_is_virtual(snapshot, (hop.entity_id, hop.field_key)) for hop in path.hops):
            text = "'{path}' follows a virtual link, so nobody would notice when it changes."
            yield _finding(place, "virtual_link", text, _virtual(), span, params)


def _moves(snapshot: Snapshot, node: Node, above: tuple[Node, ...]) -> bool:
    """Whether a field is a virtual one whose value changes while no record does."""
    item = _computed(snapshot, node) if node not in above else None
    if item is None or item.field.stored:
        return False
    if isinstance(item, Formula) and item.expression.volatile:
        return True
    if isinstance(item, Rollup) and item.where is not None and item.where.volatile:
        return True
    return any(_moves(snapshot, (path.entity, path.field), (*above, node)) for path in item.paths)


def _is_virtual(snapshot: Snapshot, node: Node) -> bool:
    field = snapshot.entity(node[0]).field(node[1])
    return field is not None and not field.stored


def _standing(snapshot: Snapshot, place: ExpressionPlace, node: Node) -> Iterator[Finding]:
    """Circles, told at the first of their fields, and towers of formulas upon formulas."""
    found = _graph(snapshot)
    for circle in found[0]:
        formulas = sorted(one for one in circle if isinstance(_computed(snapshot, one), Formula))
        if formulas and formulas[0] == node:
            start = circle.index(node)
            loop = " → ".join(f"{entity}.{key}" for entity, key in (*circle[start:], *circle[:start], node))
            yield _finding(place, "circle", "These fields are computed from each other: {loop}.", params={"loop": loop})
    if found[1].get(node, 0) > DEEPEST:
        text = "This formula stands on more than {limit} others, one upon the other."
        yield _finding(place, "too_deep", text, params={"limit": DEEPEST})


def _graph(snapshot: Snapshot) -> tuple[list[tuple[Node, ...]], Mapping[Node, int]]:
    key = "circles and depths"
    if key not in snapshot.derived:
        snapshot.derived[key] = (circles(snapshot), depths(snapshot))
    found: tuple[list[tuple[Node, ...]], Mapping[Node, int]] = snapshot.derived[key]
    return found


def _rounded(place: ExpressionPlace, expression: Expression, item: Formula) -> Iterator[Finding]:
    """Amounts of money are rounded on purpose, not by the way."""
    wanted = type_of(item.field)
    root = expression.root
    by_hand = isinstance(root, Call) and root.function.name == "round"
    if wanted is None or wanted.kind is not Kind.MONEY or by_hand or expression.type.scale <= wanted.scale:
        return
    hint = Message("Write round(…, {scale}).", {"scale": wanted.scale})
    text = "The amount has up to {decimals} decimals and is rounded to {scale} when it is kept."
    params = {"decimals": expression.type.scale, "scale": wanted.scale}
    yield _finding(place, "rounding", text, hint, params=params, severity="warning")


def _exposing(snapshot: Snapshot, place: ExpressionPlace, expression: Expression) -> Iterator[Finding]:
    """Roles that see what is computed, but less of what it is computed from; told once for each role and input."""
    for path in dict.fromkeys(expression.paths):
        for found in exposures(snapshot, (place.entity, place.field or ""), (path.entity, path.field)):
            text = "Whoever has the role '{role}' sees this value, but less of '{path}', which it is computed from."
            params = {"role": found.role.id, "path": path.key}
            span = (path.span.start, path.span.end)
            yield _finding(place, "exposes_stricter_field", text, found.advice, span, params, severity="warning")


def _virtual() -> Message:
    return Message('Write "storage": "virtual"; for a reminder at a time use an automation.')


def _finding(
    place: ExpressionPlace,
    code: str,
    text: str,
    hint: Message | None = None,
    span: tuple[int, int] | None = None,
    params: Mapping[str, object] | None = None,
    severity: str = "error",
) -> Finding:
    message = Message(text, params or {})
    return Finding(f"expr.{code}", message, place.document, place.pointer, hint, span=span, severity=severity)
