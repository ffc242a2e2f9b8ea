"""FEEL expressions and unary tests in our language: a recursive descent that writes as it reads."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from tests.conformance.cases import Untranslatable
from tests.conformance.writing import Sheet, Term, among, infix, negative, number, opposite, power, text, truth, when
from trellis.engine.expr.types import Kind

TOKEN = re.compile(
    r"""\s*(?:(?P<text>"[^"]*")|(?P<number>\d+(\.\d+)?|\.\d+)|(?P<sign>\*\*|<=|>=|!=|[-+*/()<>=,\[\]])|(?P<word>[^\W\d]\w*))"""
)
SIGNS = {"=": "==", "!=": "!=", "<": "<", ">": ">", "<=": "<=", ">=": ">="}
CONSTANTS = {"true": truth(True), "false": truth(False)}

Names = Mapping[str, Term]
Function = Callable[[Sequence[Term]], Term]


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of source: what sort it is and what it says."""

    kind: str
    value: str


@dataclass(slots=True)
class Feel:
    """Reads one source; names may hold spaces and points, functions are those of the model."""

    sheet: Sheet
    names: Names
    functions: Mapping[str, Function] = field(default_factory=dict)
    tokens: list[Token] = field(default_factory=list)
    position: int = 0

    def expression(self, source: str) -> Term:
        """The expression in our language."""
        self._open(source)
        return self._closed(self._or())

    def tests(self, source: str, subject: Term) -> Term | None:
        """Unary tests of the subject, any of which may hold; None when everything passes."""
        if source.strip() == "-":
            return None
        self._open(source)
        found = [self._test(subject)]
        while self._takes(","):
            found.append(self._test(subject))
        return self._closed(among("or", found))

    def _open(self, source: str) -> None:
        self.tokens, self.position = list(_tokens(source, self.names)), 0

    def _closed(self, term: Term) -> Term:
        if self.position < len(self.tokens):
            raise Untranslatable(f"'{self.tokens[self.position].value}'")
        return term

    def _takes(self, value: str) -> bool:
        token = self._current
        found = token is not None and token.kind in ("sign", "word") and token.value == value
        self.position += found
        return found

    @property
    def _current(self) -> Token | None:
        return self.tokens[self.position] if self.position < len(self.tokens) else None

    def _test(self, subject: Term) -> Term:
        for sign, ours in SIGNS.items():
            if self._takes(sign):
                return infix(ours, subject, self._sum(), Kind.BOOL)
        return infix("==", subject, self._sum(), Kind.BOOL)

    def _or(self) -> Term:
        terms = [self._and()]
        while self._takes("or"):
            terms.append(self._and())
        return among("or", map(self._truth, terms)) if len(terms) > 1 else terms[0]

    def _and(self) -> Term:
        terms = [self._comparison()]
        while self._takes("and"):
            terms.append(self._comparison())
        return among("and", map(self._truth, terms)) if len(terms) > 1 else terms[0]

    def _comparison(self) -> Term:
        left = self._sum()
        for sign, ours in SIGNS.items():
            if self._takes(sign):
                return infix(ours, left, self._sum(), Kind.BOOL)
        return left

    def _sum(self) -> Term:
        return self._calculation(("+", "-"), lambda: self._calculation(("*", "/"), self._power))

    def _calculation(self, signs: Sequence[str], operand: Callable[[], Term]) -> Term:
        left = operand()
        while (token := self._current) is not None and token.kind == "sign" and token.value in signs:
            self.position += 1
            left = self._calculated(token.value, left, operand())
        return left

    def _calculated(self, sign: str, left: Term, right: Term) -> Term:
        if sign == "+" and Kind.TEXT in (left.kind, right.kind):
            return among("+", [left, right], Kind.TEXT)
        return infix(sign, self._number(left), self._number(right))

    def _power(self) -> Term:
        base = self._signed()
        while self._takes("**"):
            exponent = self._signed()
            found = re.fullmatch(r"\(?(-?\d+)\)?", _exponent(exponent.source))
            if found is None:
                raise Untranslatable("powers")
            base = power(base, int(found[1]))
        return base

    def _signed(self) -> Term:
        if self._takes("-"):
            return negative(self._number(self._signed()))
        return self._single()

    def _single(self) -> Term:
        token = self._current
        if token is None:
            raise Untranslatable("an unfinished expression")
        self.position += 1
        match token:
            case Token("number", value):
                return number(Decimal(value))
            case Token("text", value):
                return text(value[1:-1])
            case Token("sign", "("):
                term = self._or()
                self._takes(")")
                return term
            case Token("word", "null"):
                return Term("null", Kind.NULL)
            case Token("word", value) if value in CONSTANTS:
                return CONSTANTS[value]
            case Token("word", value):
                return self._named(value)
        raise Untranslatable(f"'{token.value}'")

    def _named(self, name: str) -> Term:
        if not self._takes("("):
            if name not in self.names:
                raise Untranslatable(name)
            return self.names[name]
        arguments = [self._or()]
        while self._takes(","):
            arguments.append(self._or())
        self._takes(")")
        if name == "not" and len(arguments) == 1:
            return opposite(self._truth(arguments[0]))
        if name not in self.functions:
            raise Untranslatable(f"{name}()")
        return self.functions[name](arguments)

    def _number(self, term: Term) -> Term:
        """A null that is written out, as a field, since calculating with it is refused."""
        return self._typed(term, Kind.NUMBER)

    def _truth(self, term: Term) -> Term:
        return self._typed(term, Kind.BOOL)

    def _typed(self, term: Term, kind: Kind) -> Term:
        return self.sheet.nothing(kind) if term.kind is Kind.NULL else term


def _tokens(source: str, names: Names) -> list[Token]:
    """The pieces of the source; the longest known name wins, since names may hold spaces."""
    found: list[Token] = []
    known = sorted(names, key=len, reverse=True)
    source = source.strip()
    while source:
        name = next((name for name in known if re.match(rf"{re.escape(name)}(?!\w)", source)), None)
        if name is not None:
            found.append(Token("word", name))
            source = source[len(name) :].lstrip()
            continue
        matched = TOKEN.match(source)
        if matched is None or matched.lastgroup is None:
            raise Untranslatable(f"'{source[:10]}'")
        kind = next(kind for kind in ("text", "number", "sign", "word") if matched[kind] is not None)
        found.append(Token(kind, matched[kind]))
        source = source[matched.end() :].lstrip()
    return found


def _exponent(source: str) -> str:
    """A sum of two constants as its result, for exponents such as (5+3)."""
    found = re.fullmatch(r"\((\d+) \+ (\d+)\)", source)
    return str(int(found[1]) + int(found[2])) if found else source


def chosen(rules: Sequence[tuple[Term | None, Term]], otherwise: Term) -> Term:
    """The value of the first rule whose condition holds."""
    pieces: list[Term] = []
    for condition, value in rules:
        if condition is None:
            otherwise = value
            break
        pieces += [condition, value]
    return when(*pieces, otherwise) if pieces else otherwise
