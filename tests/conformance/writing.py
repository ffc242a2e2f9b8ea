"""Writes expressions of our language piece by piece: every piece knows its kind, so that conversions can be written out."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from tests.conformance.cases import Field, Translation, Untranslatable
from tests.conformance.reasons import Reason
from trellis.engine.expr.functions import STANDARD
from trellis.engine.expr.types import BOOL, DATE, INTEGER, NULL, TEXT, Kind, Type

TYPES = {Kind.NUMBER: INTEGER, Kind.TEXT: TEXT, Kind.BOOL: BOOL, Kind.DATE: DATE}
NUMBER_OF_ARGUMENTS = "other numbers of arguments"
ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"}


@dataclass(frozen=True, slots=True)
class Term:
    """A piece of source with the kind of its value; `whole` numbers are integers."""

    source: str
    kind: Kind
    whole: bool = False

    @property
    def numeric(self) -> bool:
        """Whether one can calculate with it."""
        return self.kind is Kind.NUMBER


@dataclass(slots=True)
class Sheet:
    """What one translation collects: the fields it reads and the reasons for which its result may differ."""

    fields: dict[str, Field] = field(default_factory=dict)
    excuses: set[Reason] = field(default_factory=set)

    def field(self, name: str, value: object, kind: Type | None = None) -> Term:
        """A field with this value."""
        kind = kind or type_of(value)
        self.fields[name] = Field(kind, value)
        return Term(name, kind.kind, kind.integer)

    def nothing(self, kind: Kind, name: str = "nothing") -> Term:
        """Null of a kind, as a field, since calculating with a null that is written out is refused."""
        return self.field(f"{name}_{kind.value}", None, TYPES[kind])

    def excuse(self, reason: Reason) -> None:
        """Notes a reason for which the result may differ."""
        self.excuses.add(reason)

    def translation(self, term: Term) -> Translation:
        """The finished translation."""
        return Translation(term.source, dict(self.fields), frozenset(self.excuses))


def type_of(value: object) -> Type:
    """The type of a field that holds the value."""
    match value:
        case bool():
            return BOOL
        case int():
            return INTEGER
        case Decimal():
            return Type(Kind.NUMBER, scale=max(-int(value.as_tuple().exponent), 0))
        case str():
            return TEXT
        case date():
            return DATE
    return NULL


def number(value: Decimal | int) -> Term:
    """A number written out."""
    plain = Decimal(value)
    whole = plain == plain.to_integral_value()
    return Term(f"{plain.to_integral_value() if whole else plain:f}", Kind.NUMBER, whole)


def text(value: str) -> Term:
    """A text in quotes."""
    return Term('"' + "".join(ESCAPES.get(letter, letter) for letter in value) + '"', Kind.TEXT)


def truth(value: bool) -> Term:
    """`true` or `false`."""
    return Term("true" if value else "false", Kind.BOOL)


NOTHING = Term("null", Kind.NULL)


def infix(sign: str, left: Term, right: Term, kind: Kind = Kind.NUMBER) -> Term:
    """Two pieces with a sign between them, in brackets."""
    whole = kind is Kind.NUMBER and left.whole and right.whole and sign != "/"
    return Term(f"({left.source} {sign} {right.source})", kind, whole)


def negative(term: Term) -> Term:
    """The number with the other sign."""
    return replace(term, source=f"(-{term.source})")


def opposite(term: Term) -> Term:
    """The condition turned round."""
    return Term(f"(not {term.source})", Kind.BOOL)


def call(name: str, *arguments: Term, kind: Kind = Kind.NUMBER, whole: bool = False) -> Term:
    """A call of a function; raises Untranslatable when the language has none of that name."""
    if STANDARD.get(name) is None:
        raise Untranslatable(f"{name}()")
    return Term(f"{name}({', '.join(argument.source for argument in arguments)})", kind, whole)


def when(*arguments: Term) -> Term:
    """A choice: condition, value, …, otherwise."""
    values = [*arguments[1:-1:2], arguments[-1]]
    kind = common_kind(values)
    whole = all(value.whole for value in values if value.kind is not Kind.NULL)
    return call("when", *arguments, kind=kind, whole=whole)


def common_kind(terms: Iterable[Term]) -> Kind:
    """The kind of the first piece that is not null."""
    return next((term.kind for term in terms if term.kind is not Kind.NULL), Kind.NULL)


def among(junction: str, terms: Iterable[Term], kind: Kind = Kind.BOOL) -> Term:
    """All pieces with one sign between them."""
    pieces = list(terms)
    joined = Term(f"({f' {junction} '.join(piece.source for piece in pieces)})", kind)
    return pieces[0] if len(pieces) == 1 else joined


MOST_FACTORS = 20


def power(base: Term, exponent: int) -> Term:
    """A power as a product, since the language has no sign for it."""
    if not 0 < abs(exponent) <= MOST_FACTORS:
        raise Untranslatable("powers")
    product = among("*", [base] * abs(exponent), Kind.NUMBER)
    product = replace(product, whole=base.whole)
    return product if exponent > 0 else infix("/", number(1), product)
