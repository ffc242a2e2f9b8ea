"""What stands at the ends of a random expression: fields and constants of every type."""

from dataclasses import dataclass
from decimal import Decimal

from tests.support.expressions.world import OTHER, STAGES, TAGS, TIERS, USER, reference
from trellis.engine.expr.nodes import Arithmetic, Literal, Node, Operator, Path
from trellis.engine.expr.types import BOOL, DATE, DATETIME, INTEGER, TEXT, Kind, Type
from trellis.storage.expressions.quotients import holds_quotient


@dataclass(frozen=True)
class Word:
    """A sort of operand: its type, fields that have it, and constants that need no neighbour to have it."""

    type: Type
    fields: tuple[str, ...]
    constants: tuple[str, ...] = ()
    quotient: bool = False
    """Whether it is a division that is not rounded: something that a database computes in few places only."""

    @property
    def example(self) -> Node:
        """A node of this sort, for the checker."""
        path = Path((), "deal", self.fields[0], self.type)
        return Arithmetic(Operator.DIVIDE, path, path, self.type) if self.quotient else path


@dataclass(frozen=True)
class Constant:
    """A sort of constant that takes the type of what it stands next to."""

    value: str | int | Decimal
    sources: tuple[str, ...]

    @property
    def example(self) -> Node:
        """A node of this sort, for the checker."""
        match self.value:
            case str():
                return Literal(self.value, TEXT)
            case int():
                return Literal(self.value, INTEGER)
        return Literal(self.value, Type(Kind.NUMBER, scale=1))


def _quoted(*texts: str) -> tuple[str, ...]:
    return tuple(f"'{text}'" for text in texts)


WORDS: dict[str, Word] = {
    "integer": Word(INTEGER, ("quantity", "days"), ("0", "1", "2", "7", "-3", "12", "100", "10_000", "999999999")),
    "number": Word(
        Type(Kind.NUMBER, scale=4), ("rate", "weight"), ("0.5", "2.5", "-0.01", "3.0", "0.0", "1.2345", "123456789.25")
    ),
    "money": Word(Type(Kind.MONEY, scale=2), ("amount", "costs", "account.credit")),
    "percent": Word(Type(Kind.PERCENT, scale=2), ("discount",)),
    "quotient": Word(
        Type(Kind.NUMBER, scale=12), ("quantity / 7", "rate / days", "discount / 100", "costs / costs"), quotient=True
    ),
    "money_quotient": Word(
        Type(Kind.MONEY, scale=12), ("costs / 3", "costs / quantity", "costs / rate"), quotient=True
    ),
    "text": Word(
        TEXT,
        ("name", "note", "account.name", "me.email"),
        ("'a'", "' '", "'张'", "'%'", "'pad'", '"it\'s"', "'😀'", "'Ann Lee'", "'é'", "'\\\\'", "'\\n'", "'aa'"),
    ),
    "bool": Word(BOOL, ("active", "urgent", "record.exists"), ("true", "false")),
    "date": Word(
        DATE,
        ("close_date", "start_date"),
        ("date(2024, 2, 29)", "date('2023-12-31')", "date(1, 1, 1)", "date(9999, 12, 31)", "today()"),
    ),
    "datetime": Word(DATETIME, ("created_at", "seen_at"), ("now()",)),
    "duration": Word(Type(Kind.DURATION), ("lasted",)),
    "option": Word(Type(Kind.OPTION, options=frozenset(STAGES)), ("stage",)),
    "tier": Word(Type(Kind.OPTION, options=frozenset(TIERS)), ("account.tier",)),
    "user": Word(reference("core.user"), ("owner", "account.owner", "me.id")),
    "account": Word(reference("account"), ("account",)),
    "tags": Word(Type(Kind.OPTIONS, options=frozenset(TAGS)), ("tags",)),
    "contacts": Word(Type(Kind.OPTIONS, entity="contact"), ("contacts",)),
}
CONSTANTS: dict[str, Constant] = {
    "whole": Constant(3, ("0", "1", "3", "100", "-7", "2_000")),
    "decimal": Constant(Decimal("2.5"), ("2.5", "0.25", "-1.5", "99.99")),
    "stage_key": Constant("won", _quoted(*STAGES)),
    "tier_key": Constant("gold", _quoted(*TIERS)),
    "tag_key": Constant("hot", _quoted(*TAGS)),
    "id": Constant(USER, _quoted(USER, OTHER, OTHER.upper())),
    "day": Constant("2024-02-29", _quoted("2024-02-29", "0001-01-01", "2023-12-31", "9999-12-31")),
    "moment": Constant("2024-02-29T12:30:00Z", _quoted("2024-02-29T12:30:00Z", "2024-01-31 09:30+08:00")),
    "nothing": Constant("", ("''",)),
}


def word_of(node: Node) -> str | None:
    """The sort of operand that a node can stand for."""
    quotient = holds_quotient(node)
    sorts = (name for name, word in WORDS.items() if word.quotient is quotient and _is_a(node.type, word.type))
    return next(sorts, None)


def _is_a(kind: Type, word: Type) -> bool:
    if kind.kind is not word.kind or kind.integer != word.integer or kind.entity != word.entity:
        return False
    return word.options is None or (kind.options is not None and kind.options <= word.options)
