"""One condition that holds where any of several does, no larger than it has to be: databases weigh every part of it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal

from trellis.engine.expr.nodes import Compare, Junction, Literal, Logic, Node, Operator, Path

Conjuncts = tuple[Node, ...]
_UP = frozenset({Operator.GT, Operator.GE})
_DOWN = frozenset({Operator.LT, Operator.LE})


def either(conditions: Iterable[Node]) -> Node:
    """Where one of the conditions holds, at least one is given.

    What several of them ask for is asked once, and of several limits of one value the widest counts. Both hold in
    three-valued logic too: nulls make no difference.
    """
    return _either(list(dict.fromkeys(_conjuncts(condition) for condition in conditions)))


def _conjuncts(condition: Node) -> Conjuncts:
    """What a condition asks for, each once."""
    match condition:
        case Logic(junction=Junction.AND, operands=operands):
            return tuple(dict.fromkeys(part for operand in operands for part in _conjuncts(operand)))
    return (condition,)


def _either(terms: Sequence[Conjuncts]) -> Node:
    found = [_all(term) for term in _narrowest(terms)] if len(terms) > 1 else [_all(terms[0])]
    return found[0] if len(found) == 1 else Logic(Junction.OR, tuple(found))


def _narrowest(terms: Sequence[Conjuncts]) -> list[Conjuncts]:
    """The terms with what they have in common taken out, term by term."""
    rest, found = list(terms), list[Conjuncts]()
    while rest:
        common, count = Counter(part for term in rest for part in term).most_common(1)[0]
        if count == 1:
            return [*found, *_widest(rest)]
        with_it = [tuple(part for part in term if part != common) for term in rest if common in term]
        rest = [term for term in rest if common not in term]
        found.append((common,) if () in with_it else (common, _either(with_it)))
    return found


def _widest(terms: list[Conjuncts]) -> list[Conjuncts]:
    """The terms without limits that lie within others."""
    widest: dict[object, tuple[Decimal, Conjuncts]] = {}
    for term in terms:
        key, value = _limit(term)
        if key not in widest or value > widest[key][0]:
            widest[key] = (value, term)
    return [term for _, term in widest.values()]


def _limit(term: Conjuncts) -> tuple[object, Decimal]:
    """What a term that is a single limit limits, and how wide it is; any other term stands for itself."""
    match term:
        case (Compare(operator=sign, left=Path() as path, right=Literal(value=int() | Decimal() as value)),) if (
            sign in _UP | _DOWN and not isinstance(value, bool)
        ):
            return (path, sign), -Decimal(value) if sign in _UP else Decimal(value)
    return term, Decimal(0)


def _all(conjuncts: Conjuncts) -> Node:
    return conjuncts[0] if len(conjuncts) == 1 else Logic(Junction.AND, conjuncts)
