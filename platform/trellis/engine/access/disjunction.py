"""One condition that holds where any of several does, no larger than it has to be: databases weigh every part of it."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from trellis.engine.expr.limits import LIST_ITEMS
from trellis.engine.expr.nodes import Compare, Junction, Literal, Logic, Membership, Node, Operator, Path, Scalar

Conjuncts = tuple[Node, ...]
SEVERAL = 3
"""From how many values on a list of them is asked for at once."""

_HOLDS: dict[Operator, Callable[[Any, Any], bool]] = {
    Operator.EQ: eq, Operator.NE: ne, Operator.LT: lt, Operator.LE: le, Operator.GT: gt, Operator.GE: ge,
}  # fmt: skip
_UP = frozenset({Operator.GT, Operator.GE})
_DOWN = frozenset({Operator.LT, Operator.LE})


def either(conditions: Iterable[Node]) -> Node:
    """Where one of the conditions holds, at least one is given.

    What several of them ask for is asked once, of several limits of one value the widest counts, several values are
    one list, and where one condition leaves a value out that another lets in, the field only has to be filled. All
    of it holds in three-valued logic too: nulls make no difference.
    """
    return _either(_different(term for condition in conditions for term in _terms(condition)))


def _terms(condition: Node) -> Iterator[Conjuncts]:
    """The conditions of which one has to hold."""
    match condition:
        case Logic(junction=Junction.OR, operands=operands):
            for operand in operands:
                yield from _terms(operand)
        case _:
            yield _conjuncts(condition)


def _conjuncts(condition: Node) -> Conjuncts:
    """What a condition asks for, each once."""
    match condition:
        case Logic(junction=Junction.AND, operands=operands):
            return tuple(dict.fromkeys(part for operand in operands for part in _conjuncts(operand)))
    return (condition,)


def _different(terms: Iterable[Conjuncts]) -> list[Conjuncts]:
    return list(dict.fromkeys(terms))


def _either(terms: Sequence[Conjuncts]) -> Node:
    found = [_all(term) for term in _smallest(terms)]
    return found[0] if len(found) == 1 else Logic(Junction.OR, tuple(found))


def _smallest(terms: Sequence[Conjuncts]) -> list[Conjuncts]:
    """The terms made smaller until they stay as they are: what is taken together may have more in common than before."""
    while len(terms) > 1:
        smaller = _different(part for term in _narrowest(terms) for part in _terms(_all(term)))
        if smaller == terms:
            break
        terms = smaller
    return list(terms)


def _narrowest(terms: Sequence[Conjuncts]) -> list[Conjuncts]:
    """The terms with what they have in common taken out, term by term."""
    rest, found = list(terms), list[Conjuncts]()
    while rest:
        common, count = Counter(part for term in rest for part in term).most_common(1)[0]
        if count == 1:
            return [*found, *_widest(rest)]
        with_it = [tuple(part for part in term if part != common) for term in rest if common in term]
        rest = [term for term in rest if common not in term]
        found.append((common,) if () in with_it else (common, _either(_different(with_it))))
    return found


def _widest(terms: Sequence[Conjuncts]) -> list[Conjuncts]:
    """The terms without those that lie within others; each that only tests one field is weighed with its like."""
    groups: dict[Path | Conjuncts, list[Conjuncts]] = {}
    for term in terms:
        groups.setdefault(_tested(term) or term, []).append(term)
    return [term for about, group in groups.items() for term in _of_field(about, group)]


def _tested(term: Conjuncts) -> Path | None:
    """The field that a term tests against constants, and nothing else."""
    match term:
        case (Compare(left=Path() as path, right=right),) if right == path or _constant(right) is not None:
            return path
        case (Membership(value=Path() as path, negated=False),):
            return path
    return None


def _of_field(about: Path | Conjuncts, terms: list[Conjuncts]) -> list[Conjuncts]:
    if not isinstance(about, Path) or len(terms) == 1:
        return terms
    tests = [term[0] for term in terms]
    if any(_leaves_nothing_out(test, tests) for test in tests):
        return [(Compare(Operator.EQ, about, about),)]
    limits = _limits(tests)
    rest = [test for test in tests if test in limits or not any(_within(test, limit) for limit in limits)]
    return [(test,) for test in _listed(about, rest)]


def _leaves_nothing_out(test: Node, others: Sequence[Node]) -> bool:
    """Whether a test lets in every value together with one of the others."""
    match test:
        case Compare(operator=Operator.NE, right=Literal(value=left_out)):
            return any(_lets_in(other, left_out) for other in others)
        case Compare(operator=Operator.EQ, left=left, right=right):
            return left == right
    return False


def _limits(tests: Sequence[Node]) -> list[Node]:
    """Of the limits in one direction the widest; in three-valued logic it holds wherever the others do."""
    found: dict[Operator, Compare] = {}
    for test in tests:
        match test:
            case Compare(operator=sign, right=Literal(value=int() | Decimal() as value)) if sign in _UP | _DOWN:
                so_far = found.get(sign)
                if so_far is None or not _lets_in(so_far, value):
                    found[sign] = test
    return list(found.values())


def _listed(path: Path, tests: Sequence[Node]) -> Iterator[Node]:
    """The tests, several texts that a field may be as one list, the same one whatever their order."""
    texts = sorted({text for test in tests for text in _texts(test)}, key=lambda text: str(text.value))
    together = SEVERAL <= len(texts) <= LIST_ITEMS
    if together:
        yield Membership(path, tuple(texts), negated=False)
    yield from (test for test in tests if not (together and _texts(test)))


def _texts(test: Node) -> tuple[Literal, ...]:
    """The texts one of which a test wants."""
    match test:
        case Compare(operator=Operator.EQ, right=Literal(value=str()) as text):
            return (text,)
        case Membership(options=options) if all(isinstance(option.value, str) for option in options):
            return options
    return ()


def _within(test: Node, limit: Node) -> bool:
    """Whether a test lets in nothing that a limit does not."""
    match test:
        case Compare(operator=sign, right=Literal(value=value)) if isinstance(limit, Compare):
            return sign is limit.operator or (sign is Operator.EQ and _lets_in(limit, value))
        case Membership(options=options):
            return all(_lets_in(limit, option.value) for option in options)
    return False


def _lets_in(test: Node, value: Scalar) -> bool:
    """Whether a value passes a test for sure; the order of texts is left to the database."""
    match test:
        case Compare(operator=sign, right=Literal(value=other)):
            ordered = sign in _UP | _DOWN
            return (
                _kind(value) is _kind(other) and not (ordered and isinstance(value, str)) and _HOLDS[sign](value, other)
            )
        case Compare():
            return True
        case Membership(options=options):
            return any(_kind(value) is _kind(option.value) and value == option.value for option in options)
    return False


def _constant(node: Node) -> Scalar:
    """A constant that fields are compared with; true and false are no such."""
    return node.value if isinstance(node, Literal) and not isinstance(node.value, bool) else None


def _kind(value: Scalar) -> type:
    return Decimal if isinstance(value, int | Decimal) else type(value)


def _all(conjuncts: Conjuncts) -> Node:
    return conjuncts[0] if len(conjuncts) == 1 else Logic(Junction.AND, conjuncts)
