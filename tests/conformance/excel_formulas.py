"""Spreadsheet formulas to trees; openpyxl cuts them into tokens."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from openpyxl.formula import Tokenizer  # type: ignore[import-untyped]
from openpyxl.formula.tokenizer import Token  # type: ignore[import-untyped]

from tests.conformance.cases import Untranslatable


@dataclass(frozen=True, slots=True)
class Constant:
    """A number, text or truth value; None is an argument left out."""

    value: Decimal | str | bool | None


@dataclass(frozen=True, slots=True)
class ErrorValue:
    """An error written out, such as #N/A."""

    code: str


@dataclass(frozen=True, slots=True)
class Reference:
    """One cell or a range of them, such as A1 or A1:B7."""

    name: str


@dataclass(frozen=True, slots=True)
class Invocation:
    """A function with its arguments."""

    name: str
    arguments: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """A sign with one or two operands."""

    sign: str
    operands: tuple["Tree", ...]


Tree = Constant | ErrorValue | Reference | Invocation | Operation
BINDING = ({"=", "<>", "<", ">", "<=", ">="}, {"&"}, {"+", "-"}, {"*", "/"}, {"^"})
PREFIXES = ("_XLFN.", "_XLWS.")


def parse(formula: str) -> Tree:
    """The tree of a formula; raises Untranslatable for arrays and names."""
    tokens = [token for token in Tokenizer(formula).items if token.type != Token.WSPACE]
    reader = _Reader(tokens)
    tree = reader.operation(0)
    if not reader.at_end:
        raise Untranslatable(f"'{reader.current.value}'")
    return tree


class _Reader:
    """Recursive descent over the tokens of one formula."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        self.position = 0

    @property
    def at_end(self) -> bool:
        return self.position >= len(self.tokens)

    @property
    def current(self) -> Token:
        return self.tokens[self.position]

    def _next(self) -> Token:
        if self.at_end:
            raise Untranslatable("an unfinished formula")
        token = self.current
        self.position += 1
        return token

    def _is(self, kind: str, values: set[str]) -> bool:
        return not self.at_end and self.current.type == kind and self.current.value in values

    def operation(self, level: int) -> Tree:
        if level == len(BINDING):
            return self._percent()
        left = self.operation(level + 1)
        while self._is(Token.OP_IN, BINDING[level]):
            sign = self._next().value
            left = Operation(sign, (left, self.operation(level + 1)))
        return left

    def _percent(self) -> Tree:
        tree = self._signed()
        while self._is(Token.OP_POST, {"%"}):
            self._next()
            tree = Operation("%", (tree,))
        return tree

    def _signed(self) -> Tree:
        if self._is(Token.OP_PRE, {"-", "+"}):
            sign = self._next().value
            return Operation(sign, (self._signed(),))
        return self._single()

    def _single(self) -> Tree:
        token = self._next()
        match token.type, token.subtype:
            case Token.FUNC, Token.OPEN:
                return self._call(token.value[:-1].upper())
            case Token.PAREN, Token.OPEN:
                tree = self.operation(0)
                self._next()
                return tree
            case Token.OPERAND, Token.NUMBER:
                return Constant(Decimal(token.value))
            case Token.OPERAND, Token.TEXT:
                return Constant(token.value[1:-1].replace('""', '"'))
            case Token.OPERAND, Token.LOGICAL:
                return Constant(token.value.upper() == "TRUE")
            case Token.OPERAND, Token.ERROR:
                return ErrorValue(token.value)
            case Token.OPERAND, Token.RANGE:
                return Reference(token.value.replace("$", ""))
        raise Untranslatable("arrays" if token.type == Token.ARRAY else f"'{token.value}'")

    def _call(self, name: str) -> Invocation:
        for prefix in PREFIXES:
            name = name.removeprefix(prefix)
        arguments: list[Tree] = []
        while not self._closes():
            if self._separates():
                arguments.append(Constant(None))
            else:
                arguments.append(self.operation(0))
            if self._separates():
                self._next()
                if self._closes():
                    arguments.append(Constant(None))
        self._next()
        return Invocation(name, tuple(arguments))

    def _closes(self) -> bool:
        return not self.at_end and self.current.type == Token.FUNC and self.current.subtype == Token.CLOSE

    def _separates(self) -> bool:
        return not self.at_end and self.current.type == Token.SEP
