"""From a formula's tree to our language: cells become fields, and silent conversions are written out."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from openpyxl.utils import get_column_letter, range_boundaries  # type: ignore[import-untyped]

from tests.conformance.cases import Failure, Untranslatable
from tests.conformance.excel_cells import SERIAL_ZERO
from tests.conformance.excel_formulas import Constant, ErrorValue, Invocation, Operation, Reference, Tree
from tests.conformance.reasons import Reason
from tests.conformance.writing import (
    NOTHING,
    NUMBER_OF_ARGUMENTS,
    Sheet,
    Term,
    among,
    call,
    infix,
    negative,
    number,
    text,
    truth,
    when,
)
from trellis.engine.expr.types import Kind

Cells = Mapping[str, object]
Arguments = Sequence[Tree]
Rule = Callable[["Translator", Arguments], Term]

FIRST_DAY = Term("date(1899, 12, 30)", Kind.DATE)
LEAP_DAY = 60
PLAIN_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
COMPARISONS = {"=": "==", "<>": "!=", "<": "<", ">": ">", "<=": "<=", ">=": ">="}
MOST_CELLS = 24
MANY = 255


@dataclass(slots=True)
class Translator:
    """Translates one formula over the values of its cells."""

    cells: Cells
    rules: Mapping[str, Rule]
    sheet: Sheet = field(default_factory=Sheet)

    def value(self, tree: Tree) -> Term:
        """The tree as a value of its own kind; an empty cell is shown as 0, an error is null."""
        match tree:
            case Constant(value=None):
                return number(0)
            case Constant(value=bool() as value):
                return truth(value)
            case Constant(value=str() as value):
                return text(value)
            case Constant(value=Decimal() as value):
                return number(value)
            case ErrorValue():
                return NOTHING
            case Reference():
                return self._cell(tree)
            case Operation():
                return self._operation(tree)
            case Invocation(name=name, arguments=arguments):
                if name not in self.rules:
                    raise Untranslatable(name)
                return self.rules[name](self, arguments)
        raise Untranslatable(str(tree))

    def number(self, tree: Tree) -> Term:
        """The tree as a number."""
        if self.is_empty(tree):
            return self._filled_in(tree, Kind.NUMBER, number(0))
        return self.as_number(self.value(tree), tree)

    def whole(self, tree: Tree) -> Term:
        """The tree as a whole number, decimals cut off."""
        term = self.number(tree)
        return term if term.whole else call("trunc", term, whole=True)

    def strict(self, tree: Tree) -> Term:
        """A number for one of the functions that take no truth values; the checker refuses those here too."""
        if tree == Constant(None):
            return self.nothing(Kind.NUMBER)
        term = self.value(tree)
        if term.kind is not Kind.BOOL or self.is_empty(tree):
            return self.number(tree)
        self.sheet.excuse(Reason.TYPES)
        return term

    def strict_whole(self, tree: Tree) -> Term:
        """A strict number, decimals cut off."""
        term = self.strict(tree)
        return term if term.whole else call("trunc", term, whole=True)

    def text(self, tree: Tree) -> Term:
        """The tree as a text; an empty cell is an empty text, which is null."""
        if tree == Constant(None):
            return text("")
        if self.is_empty(tree):
            self.sheet.excuse(Reason.EMPTY_TEXT)
            return self._typed(tree, Kind.TEXT)
        return self.as_text(self.value(tree))

    def condition(self, tree: Tree) -> Term:
        """The tree as a condition: numbers but 0 are true."""
        if self.is_empty(tree):
            return self._filled_in(tree, Kind.BOOL, truth(False))
        if isinstance(tree, Constant) and tree.value in ("TRUE", "FALSE"):
            return truth(tree.value == "TRUE")
        term = self.value(tree)
        match term.kind:
            case Kind.NULL:
                return self.nothing(Kind.BOOL)
            case Kind.NUMBER:
                return infix("!=", term, number(0), Kind.BOOL)
            case Kind.BOOL:
                return term
        self.sheet.excuse(Reason.TYPES)
        return infix("and", term, truth(True), Kind.BOOL)

    def date(self, tree: Tree) -> Term:
        """The tree as a date: a number counts days."""
        term = self.value(tree)
        if term.kind is Kind.DATE:
            return term
        if term.kind is Kind.NULL:
            return self.nothing(Kind.DATE)
        if term.kind is Kind.TEXT:
            self.sheet.excuse(Reason.DATES_IN_TEXT)
            return call("to_date", term, kind=Kind.DATE)
        self._note_early(tree)
        return call("add_days", FIRST_DAY, self.whole(tree), kind=Kind.DATE)

    def as_number(self, term: Term, tree: Tree | None = None) -> Term:
        """A piece as a number: dates count days, texts are read, true is 1."""
        match term.kind:
            case Kind.NULL:
                return self.nothing(Kind.NUMBER)
            case Kind.BOOL:
                return when(term, number(1), number(0))
            case Kind.DATE:
                self._note_early(tree)
                return call("days_between", FIRST_DAY, term, whole=True)
            case Kind.TEXT:
                self._note_text(tree)
                return call("to_number", term)
        return term

    def as_text(self, term: Term) -> Term:
        """A piece as a text: dates are their number, truth values their English word."""
        match term.kind:
            case Kind.NULL:
                return self.nothing(Kind.TEXT)
            case Kind.BOOL:
                return when(term, text("TRUE"), text("FALSE"))
            case Kind.DATE | Kind.NUMBER:
                self.sheet.excuse(Reason.NUMBER_TEXT)
                return call("text", self.as_number(term), kind=Kind.TEXT)
        return term

    def nothing(self, kind: Kind) -> Term:
        """An error, which is null here, of a kind."""
        return self.sheet.nothing(kind, "error")

    def is_empty(self, tree: Tree) -> bool:
        """Whether the tree is an empty cell."""
        return isinstance(tree, Reference) and ":" not in tree.name and self.content(tree) is None

    def is_error(self, tree: Tree) -> bool:
        """Whether the tree is an error, written out or in a cell."""
        return isinstance(tree, ErrorValue) or (
            isinstance(tree, Reference) and ":" not in tree.name and isinstance(self.content(tree), Failure)
        )

    def known(self, tree: Tree) -> object:
        """The value of a constant or a cell; None for what is computed."""
        match tree:
            case Constant(value=value):
                return value
            case Reference(name=name) if ":" not in name:
                return self.content(tree)
            case Operation(sign="-", operands=(Constant(value=Decimal() as value),)):
                return -value
        return None

    def spread(self, trees: Sequence[Tree]) -> Iterator[Tree]:
        """The trees with ranges as their cells."""
        for tree in trees:
            if isinstance(tree, Reference) and ":" in tree.name:
                yield from self._range(tree.name)
            else:
                yield tree

    def numbers(self, trees: Sequence[Tree]) -> list[Term]:
        """The numbers among the trees: cells that hold anything else are left out."""
        kept = [tree for tree in self.spread(trees) if self._counts(tree)]
        return [self.number(tree) for tree in kept]

    def truths(self, trees: Sequence[Tree]) -> list[Term]:
        """The conditions among the trees: empty cells are left out."""
        kept = [tree for tree in self.spread(trees) if not self.is_empty(tree)]
        return [self.condition(tree) for tree in kept] or [self.nothing(Kind.BOOL)]

    def content(self, tree: Reference) -> object:
        """What the cell holds; raises Untranslatable for names and other sheets."""
        if tree.name not in self.cells:
            raise Untranslatable("names, other sheets" if "!" in tree.name or "[" in tree.name else "ranges")
        return self.cells[tree.name]

    def _counts(self, tree: Tree) -> bool:
        if not isinstance(tree, Reference):
            return True
        content = self.content(tree)
        return not isinstance(content, str | bool) and content is not None

    def _range(self, name: str) -> list[Tree]:
        try:
            first, top, last, bottom = range_boundaries(name)
        except ValueError:
            raise Untranslatable("ranges") from None
        if None in (first, top, last, bottom) or (last - first + 1) * (bottom - top + 1) > MOST_CELLS:
            raise Untranslatable("ranges")
        rows, columns = range(top, bottom + 1), range(first, last + 1)
        return [Reference(f"{get_column_letter(column)}{row}") for row in rows for column in columns]

    def _cell(self, tree: Reference) -> Term:
        content = self.content(tree)
        match content:
            case None:
                return self._filled_in(tree, Kind.NUMBER, number(0))
            case Failure():
                return NOTHING
            case "":
                self.sheet.excuse(Reason.EMPTY_TEXT)
                return self._typed(tree, Kind.TEXT)
        return self.sheet.field(tree.name.lower(), content)

    def _typed(self, tree: Tree, kind: Kind) -> Term:
        assert isinstance(tree, Reference)
        return self.sheet.nothing(kind, tree.name.lower())

    def _filled_in(self, tree: Tree, kind: Kind, instead: Term) -> Term:
        self.sheet.excuse(Reason.EMPTY)
        empty = self._typed(tree, kind)
        return call("coalesce", empty, instead, kind=kind, whole=empty.whole)

    def _operation(self, tree: Operation) -> Term:
        match tree.sign, tree.operands:
            case "%", (operand,):
                return infix("*", self.number(operand), number(Decimal("0.01")))
            case "+", (operand,):
                return self.value(operand)
            case "-", (operand,):
                return negative(self.number(operand))
            case "&", operands:
                return self.joined(operands)
            case "^", operands:
                return self.rules["POWER"](self, operands)
            case sign, (left, right) if sign in COMPARISONS:
                return self.compared(COMPARISONS[sign], left, right)
            case sign, (left, right):
                return infix(sign, self.number(left), self.number(right))
        raise Untranslatable(tree.sign)

    def joined(self, trees: Sequence[Tree]) -> Term:
        """The trees as texts, one behind the other."""
        if any(self.is_error(tree) for tree in trees):
            self.sheet.excuse(Reason.JOINING)
        return among("+", [self.text(tree) for tree in trees], Kind.TEXT)

    def compared(self, sign: str, left: Tree, right: Tree) -> Term:
        first, second = self._pair(left, right)
        kinds = {first.kind, second.kind}
        if len(kinds) > 1:
            self.sheet.excuse(Reason.TYPES)
        elif sign not in ("==", "!="):
            if kinds <= {Kind.TEXT, Kind.BOOL}:
                self.sheet.excuse(Reason.ORDER)
        elif kinds == {Kind.TEXT}:
            return self._same_text(sign, first, second)
        return infix(sign, first, second, Kind.BOOL)

    def _pair(self, left: Tree, right: Tree) -> tuple[Term, Term]:
        """Both sides, each as the kind of the other where it is empty, an error or a date next to a number."""
        first, second = self.value(left), self.value(right)
        if self.is_empty(left) and not self.is_empty(right):
            first = self._emptied(left, second)
        elif self.is_empty(right) and not self.is_empty(left):
            second = self._emptied(right, first)
        if first.kind is Kind.NULL:
            first = self.nothing(second.kind if second.kind is not Kind.NULL else Kind.NUMBER)
        if second.kind is Kind.NULL:
            second = self.nothing(first.kind)
        if {first.kind, second.kind} == {Kind.NUMBER, Kind.DATE}:
            return self.as_number(first, left), self.as_number(second, right)
        return first, second

    def _emptied(self, tree: Tree, other: Term) -> Term:
        match other.kind:
            case Kind.BOOL:
                return self._filled_in(tree, Kind.BOOL, truth(False))
            case Kind.TEXT:
                return self._typed(tree, Kind.TEXT)
        return self.number(tree)

    def _same_text(self, sign: str, first: Term, second: Term) -> Term:
        """Capitals do not matter in a spreadsheet; an empty text is asked for with `blank`."""
        for one, other in ((first, second), (second, first)):
            if one.source == '""' or one.source.endswith("_text"):
                return call("blank" if sign == "==" else "filled", other, kind=Kind.BOOL)
        left, right = (call("lower", term, kind=Kind.TEXT) for term in (first, second))
        return infix(sign, left, right, Kind.BOOL)

    def _note_early(self, tree: Tree | None) -> None:
        content = None if tree is None else self.known(tree)
        if isinstance(content, date):
            content = (content - SERIAL_ZERO).days
        if isinstance(content, int | Decimal) and content <= LEAP_DAY:
            self.sheet.excuse(Reason.SERIALS)

    def _note_text(self, tree: Tree | None) -> None:
        content = None if tree is None else self.known(tree)
        if not isinstance(content, str) or not PLAIN_NUMBER.fullmatch(content):
            self.sheet.excuse(Reason.NUMBERS_IN_TEXT)


def takes(least: int, most: int, rule: Rule) -> Rule:
    """The rule for calls with this many arguments."""

    def checked(translator: Translator, arguments: Arguments) -> Term:
        if not least <= len(arguments) <= most:
            raise Untranslatable(NUMBER_OF_ARGUMENTS)
        return rule(translator, arguments)

    return checked
