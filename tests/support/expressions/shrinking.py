"""From a large counter-example to a small one, printed as a test that can be pasted."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.support.expressions.language import Language
from tests.support.expressions.rows import Row
from tests.support.expressions.words import CONSTANTS, WORDS
from tests.support.expressions.world import EMPTY_ROW, PARAMETERS
from trellis.engine.expr.nodes import Node, children, walk
from trellis.engine.expr.problems import ExprError
from trellis.engine.expr.types import Kind, comparable

Fails = Callable[[str, Row], bool]
PLAIN_ROW: Row = EMPTY_ROW | PARAMETERS
SIMPLEST: dict[Kind, tuple[str, ...]] = {
    **{word.type.kind: (*word.constants[:2], *word.fields[:1]) for word in reversed(WORDS.values())},
    Kind.NUMBER: ("0", "1", "quantity", "rate"),
}


@dataclass(frozen=True)
class CounterExample:
    """A source and a row for which something fails."""

    source: str
    row: Row

    def test(self) -> str:
        """A test function for tests/storage/expressions/test_counter_examples.py that fails as long as this does."""
        told = {key: value for key, value in self.row.items() if value != PLAIN_ROW.get(key)}
        row = "".join(f"        {key!r}: {value!r},\n" for key, value in told.items())
        return (
            "def test_all_readers_agree_on_a_counter_example(databases) -> None:\n"
            f"    row = EMPTY_ROW | {{\n{row}    }}\n\n"
            f"    assert differences(databases, {self.source!r}, row) == []\n"
        )


def shrunk(source: str, row: Row, fails: Fails, language: Language) -> CounterExample:
    """A counter-example from which nothing can be left out."""
    while True:
        smaller = next((found for found in _smaller(source, language) if fails(found, row)), None)
        if smaller is None:
            return CounterExample(source, _smallest_row(source, row, fails))
        source = smaller


def _smallest_row(source: str, row: Row, fails: Fails) -> Row:
    for key, value in row.items():
        for simple in _simpler(key, value):
            if fails(source, changed := {**row, key: simple}):
                row = changed
                break
    return row


def _simpler(key: str, value: object) -> Iterator[object]:
    """What it usually is, else the plainest value of its type, else a piece of it."""
    if value == PLAIN_ROW[key]:
        return
    yield PLAIN_ROW[key]
    match value:
        case str() if len(value) > 1:
            yield from (value[:1], value[: len(value) // 2])
        case bool():
            yield False
        case int() if abs(value) > 1:
            yield from (1, -1, value // 1000 or 2)


def _smaller(source: str, language: Language) -> Iterator[str]:
    """Sources with one part replaced by a smaller one, the largest parts first."""
    expression = language.checked(source)
    parts = sorted(walk(expression.root), key=lambda node: node.span.start - node.span.end)
    for node in parts:
        for text in _instead(node, source, outermost=node is expression.root):
            found = source[: node.span.start] + text + source[node.span.end :]
            if _weight(found) < _weight(source) and _checks(found, language):
                yield found


def _instead(node: Node, source: str, *, outermost: bool) -> Iterator[str]:
    """What could stand in the place of a node: a constant or field of its kind, or one of its parts."""
    yield from SIMPLEST.get(node.type.kind, ())
    parts = [part for child in children(node) for part in walk(child)]
    for part in sorted(parts, key=lambda part: part.span.end - part.span.start):
        if outermost or comparable(part.type, node.type):
            text = source[part.span.start : part.span.end]
            yield from (text, f"({text})")
    if node.type.kind in (Kind.OPTION, Kind.REF):
        yield from (source for constant in CONSTANTS.values() for source in constant.sources[:1])


def _weight(source: str) -> tuple[int, int, str]:
    """Fewer characters are simpler, brackets count less; the text itself decides between equals: nothing goes round."""
    plain = source.replace("(", "").replace(")", "")
    return (len(plain), len(source), source)


def _checks(source: str, language: Language) -> bool:
    try:
        language.checked(source)
    except ExprError:
        return False
    return True
