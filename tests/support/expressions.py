"""A small world for the expression language: two entities, their columns on both databases, rows, random sources."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from random import Random

import sqlalchemy as sa
from hypothesis import strategies as st

from trellis.engine.expr.checker import check
from trellis.engine.expr.nodes import Expression, Path
from trellis.engine.expr.scope import EntityScope, FieldInfo
from trellis.engine.expr.types import BOOL, DATE, DATETIME, INTEGER, TEXT, Kind, Type
from trellis.metadata.storagekinds import (
    BooleanKind,
    ColumnKind,
    DateKind,
    DateTimeKind,
    DecimalKind,
    IdKind,
    IntegerKind,
    TextKind,
)
from trellis.storage.codecs import encoder
from trellis.storage.columntypes import column_type
from trellis.storage.expressions import SqlColumn

STAGES = ("open", "won", "lost")
TAGS = ("hot", "cold", "new")
USER = "01920000-0000-7000-8000-00000000000a"
OTHER = "01920000-0000-7000-8000-00000000000b"


def reference(entity: str) -> Type:
    """The type of a lookup to an entity."""
    return Type(Kind.REF, entity=entity)


FIELDS: dict[str, dict[str, FieldInfo]] = {
    "deal": {
        "name": FieldInfo(TEXT, label="Name"),
        "note": FieldInfo(TEXT, label="Note"),
        "amount": FieldInfo(Type(Kind.MONEY, scale=2), label="Amount"),
        "costs": FieldInfo(Type(Kind.MONEY, scale=2), label="Costs"),
        "discount": FieldInfo(Type(Kind.PERCENT, scale=2), label="Discount"),
        "rate": FieldInfo(Type(Kind.NUMBER, scale=4), label="Rate"),
        "quantity": FieldInfo(INTEGER, label="Quantity"),
        "days": FieldInfo(INTEGER, label="Days"),
        "active": FieldInfo(BOOL, label="Active"),
        "urgent": FieldInfo(BOOL, label="Urgent"),
        "close_date": FieldInfo(DATE, label="Close date"),
        "start_date": FieldInfo(DATE, label="Start date"),
        "created_at": FieldInfo(DATETIME, label="Created"),
        "stage": FieldInfo(Type(Kind.OPTION, options=frozenset(STAGES)), label="Stage"),
        "tags": FieldInfo(Type(Kind.OPTIONS, options=frozenset(TAGS)), label="Tags"),
        "owner": FieldInfo(reference("core.user"), "core.user", "Owner"),
        "account": FieldInfo(reference("account"), "account", "Account"),
        "contacts": FieldInfo(Type(Kind.OPTIONS, entity="contact"), "contact", "Contacts"),
        "extra": FieldInfo(None, label="Extra"),
    },
    "account": {
        "name": FieldInfo(TEXT, label="Name"),
        "tier": FieldInfo(Type(Kind.OPTION, options=frozenset({"gold", "silver"})), label="Tier"),
        "credit": FieldInfo(Type(Kind.MONEY, scale=2), label="Credit"),
        "parent": FieldInfo(reference("account"), "account", "Parent"),
        "owner": FieldInfo(reference("core.user"), "core.user", "Owner"),
    },
    "core.user": {"name": FieldInfo(TEXT, label="Name"), "manager": FieldInfo(reference("core.user"), "core.user")},
    "contact": {"name": FieldInfo(TEXT, label="Name")},
}
LABELS = {"deal": "Deal", "account": "Account", "core.user": "User", "contact": "Contact"}


class Catalogue:
    """The entities above as the language sees them."""

    def field_type(self, entity_id: str, field_key: str) -> FieldInfo | None:
        return FIELDS[entity_id].get(field_key)

    def field_keys(self, entity_id: str) -> Iterable[str]:
        return FIELDS[entity_id]

    def label(self, entity_id: str) -> str:
        return LABELS[entity_id]


SCOPE = EntityScope(Catalogue(), "deal")


def checked(source: str, expect: Type | None = None) -> Expression:
    """The checked expression on a deal."""
    return check(source, SCOPE, expect=expect)


KINDS: dict[str, ColumnKind] = {
    "name": TextKind(),
    "note": TextKind(),
    "amount": DecimalKind(18, 2),
    "costs": DecimalKind(12, 2),
    "discount": DecimalKind(5, 2),
    "rate": DecimalKind(9, 4),
    "quantity": IntegerKind(),
    "days": IntegerKind(),
    "active": BooleanKind(),
    "urgent": BooleanKind(),
    "close_date": DateKind(),
    "start_date": DateKind(),
    "created_at": DateTimeKind(),
    "stage": TextKind(),
    "owner": IdKind(),
    "account": IdKind(),
    "account.name": TextKind(),
    "account.tier": TextKind(),
    "account.credit": DecimalKind(18, 2),
}
PARAMETERS: dict[str, object] = {
    "me.id": USER,
    "me.roles": ("sales.rep",),
    "today": date(2024, 2, 29),
    "now": datetime(2024, 2, 29, 12, 30, tzinfo=UTC),
    "record.exists": True,
}


@dataclass(frozen=True)
class Tables:
    """One table of deals and one of their tags; the account's fields are columns of the deal's table, as if joined."""

    deals: sa.Table
    tags: sa.Table
    dialect: str

    def column(self, path: Path) -> SqlColumn:
        return SqlColumn(self.deals.c[path.key.replace(".", "_")], KINDS[path.key])

    def exists_in(self, path: Path, value: sa.ColumnElement[object]) -> sa.ColumnElement[bool]:
        same = self.tags.c.deal == self.deals.c.id
        return sa.exists(sa.select(self.tags.c.deal).where(same, self.tags.c.value == value))

    def filled(self, path: Path) -> sa.ColumnElement[bool]:
        return sa.exists(sa.select(self.tags.c.deal).where(self.tags.c.deal == self.deals.c.id))


@cache
def tables(dialect: str) -> Tables:
    """The tables on one database."""
    schema = sa.MetaData()
    columns = [sa.Column(key.replace(".", "_"), column_type(kind, dialect)) for key, kind in KINDS.items()]
    deals = sa.Table("deals", schema, sa.Column("id", sa.Integer, primary_key=True, autoincrement=False), *columns)
    tags = sa.Table("tags", schema, sa.Column("deal", sa.Integer), sa.Column("value", sa.Text))
    return Tables(deals, tags, dialect)


Row = Mapping[str, object]


def encoded_row(number: int, row: Row, dialect: str) -> tuple[object, ...]:
    """A row as the driver takes it, in column order."""
    encoders = {key: encoder(kind, dialect) for key, kind in KINDS.items()}
    return (number, *((encode(row[key]) if encode else row[key]) for key, encode in encoders.items()))


def rows(count: int, seed: int) -> list[Row]:
    """Random rows in which every edge of every kind turns up, a fifth of all values empty."""
    return [_Dice(Random(seed + number)).row() for number in range(count)]


DATES = tuple(
    date.fromisoformat(text)
    for text in (
        "0001-01-01", "9999-12-31", "2024-02-29", "2023-12-31", "2024-01-31", "1900-02-28", "2000-02-29", "2024-12-30",
    )
)  # fmt: skip
TEXTS = (
    "a", "A", "ab", "  pad ", " ", "张三", "😀x", "İı", "%_", "it's", "a\nb", "é", "e\u0301", "Ann Lee", "\u3000wide\u00a0", "ß",
    "a" * 40, "\u202eright", "0", "1.10", "-", "👨‍👩‍👧",
)  # fmt: skip


@dataclass(frozen=True)
class _Dice:
    random: Random

    def row(self) -> Row:
        values: dict[str, object] = {key: self._value(key, kind) for key, kind in KINDS.items()}
        return values | {"tags": tuple(self.random.sample(TAGS, self.random.randint(0, 3)))}

    def _value(self, key: str, kind: ColumnKind) -> object:
        if self.random.random() < 0.2:
            return None
        match kind:
            case DecimalKind(precision, scale):
                return self._decimal(precision, scale)
            case IntegerKind():
                return self.random.choice(
                    (0, 1, self.random.randint(-20, 40), self.random.choice((2**53 - 1, 1 - 2**53)))
                )
            case BooleanKind():
                return self.random.random() < 0.5
            case DateKind():
                near = date(2020, 1, 1) + timedelta(days=self.random.randint(0, 3000))
                return self.random.choice((near, self.random.choice(DATES)))
            case DateTimeKind():
                return datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=self.random.randint(-9_999_999, 9_999_999))
            case IdKind():
                return self.random.choice((USER, OTHER))
        choices = {"stage": STAGES, "account.tier": ("gold", "silver")}
        return self.random.choice(choices.get(key, TEXTS))

    def _decimal(self, digits: int, scale: int) -> Decimal:
        largest, one = 10**digits - 1, 10**scale
        edges = (0, 1, -1, largest, -largest, one, one // 2, -3 * one // 2, 5, -15, 25)
        units = self.random.choice(
            (self.random.choice(edges), self.random.randint(-99999, 99999), self.random.randint(-largest, largest))
        )
        return Decimal(units).scaleb(-scale)


@st.composite
def sources(draw: st.DrawFn) -> str:
    """The source of a random well-typed expression of the portable core."""
    kind = draw(st.sampled_from(["bool", "bool", "number", "money", "text", "date"]))
    return Writer(draw).write(kind, draw(st.integers(1, 4)))


LITERALS = {
    "integer": ("0", "1", "2", "7", "-3", "12", "100", "999999999"),
    "number": ("0.5", "2.5", "-0.01", "3", "0", "1.2345", "1000000"),
    "money": (
        "coalesce(amount, 0)",
        "coalesce(costs, 0.5)",
        "least(costs, 100)",
        "coalesce(costs, -12.34)",
        "costs * 1.5",
    ),
    "text": ("'a'", "' '", "'张'", "'%'", "'pad'", '"it\'s"', "'😀'", "'Ann Lee'"),
    "date": ("date(2024, 2, 29)", "date('2023-12-31')", "date(2024, 1, 31)", "today()"),
    "option": ("'open'", "'won'"),
    "bool": ("true", "false"),
}
FIELD_NAMES = {
    "integer": ("quantity", "days"),
    "number": ("rate", "quantity"),
    "money": ("amount", "costs", "account.credit"),
    "text": ("name", "note", "account.name"),
    "date": ("close_date", "start_date"),
    "option": ("stage",),
    "bool": ("active", "urgent"),
}
FORMS = {
    "integer": (
        "{integer} + {integer}", "{integer} - {integer}", "{integer} * {integer}", "-({integer})", "{integer} % {integer}",
        "mod({integer}, {integer})", "abs({integer})", "sign({number})", "length({text})", "year({date})", "month({date})",
        "day({date})", "quarter({date})", "weekday({date})", "days_between({date}, {date})", "round({number})",
        "floor({number})", "ceil({number})", "trunc({number})", "coalesce({integer}, {integer})",
        "least({integer}, {integer})", "when({bool}, {integer}, {integer})",
    ),
    "number": (
        "{integer}", "discount * {number}", "100 - coalesce(discount, 0)", "{number} + {number}", "{number} - {number}", "{number} * {number}", "-({number})", "abs({number})",
        "round({number}, 1)", "round({number}, 3)", "least({number}, {integer})", "greatest({number}, {number}, {integer})",
        "clamp({number}, {integer}, {number})", "coalesce({number}, {number})", "{number} if {bool} else {number}",
        "when({bool}, {number}, {bool}, {integer}, null)",
    ),
    "money": (
        "{money} + {money}", "{money} - {money}", "{money} * {number}", "-({money})", "abs({money})", "round({money}, 1)",
        "round({money} * {integer}, 0)", "greatest({money}, {money})", "coalesce({money}, {money})",
        "when({bool}, {money}, {money})",
    ),
    "text": (
        "{text} + {text}", "left({text}, {integer})", "right({text}, {integer})", "mid({text}, {integer}, {integer})",
        "trim({text})", "coalesce({text}, {text})", "when({bool}, {text}, {text})", "{text} if {bool} else null",
    ),
    "date": (
        "add_days({date}, {integer})", "add_months({date}, {integer})", "start_of({date}, 'week')", "end_of({date}, 'week')",
        "start_of({date}, 'month')", "end_of({date}, 'month')", "start_of({date}, 'quarter')", "end_of({date}, 'quarter')",
        "start_of({date}, 'year')", "end_of({date}, 'year')", "coalesce({date}, {date})", "least({date}, {date})",
        "date(quantity, {integer}, {integer})", "date(year({date}), month({date}), {integer})", "when({bool}, {date}, {date})",
    ),
    "option": ("coalesce(stage, 'won')", "when({bool}, stage, 'lost')"),
    "bool": (
        "{number} < {number}", "({number}) / {number} >= {number}", "({money}) / {integer} < {money}", "{number} == {integer} / {integer}",
        "discount > {number}", "round(discount) == {number}", "{money} >= {money}", "{money} == {number}", "{integer} != {integer}", "{text} == {text}",
        "{text} != {text}", "{date} < {date}", "{date} == {date}", "{option} == {option}", "{option} != 'won'",
        "stage in ('open', 'won', 'lost')", "stage not in ('open', 'lost')", "{integer} in (1, 2, -3)", "{number} in (0.5, 3)",
        "({bool}) and ({bool})", "({bool}) or ({bool})", "not ({bool})", "({bool}) == ({bool})", "blank({number})",
        "filled({text})", "blank({text})", "filled({date})", "blank({bool})", "blank(stage)", "blank(tags)", "filled(tags)",
        "has(tags, 'hot')", "not has(tags, stage_tag)", "contains({text}, {text})", "starts_with({text}, {text})",
        "ends_with({text}, {text})", "between({number}, {number}, {number})", "between({date}, {date}, {date})",
        "{integer} < {integer} <= {number}", "owner == me.id", f"account.id != '{USER}'", "in_role('sales.rep')",
        "record.exists and {bool}", "created_at < now()", "created_at >= '2024-01-01T00:00:00Z'",
        "between(close_date, '2024-01-01', end_of(today(), 'month'))", "({bool}) if {bool} else ({bool})",
        "when({bool}, {bool}, {bool})", "coalesce({bool}, {bool})", "active in (true, false)", "account.tier == 'gold'",
        "{date} in ('2024-02-29', '2023-12-31')", "{text} in ('a', 'ab')",
    ),
}  # fmt: skip


@dataclass
class Writer:
    """Writes random sources; `draw` makes the choices, so that they can be shrunk."""

    draw: st.DrawFn

    def write(self, kind: str, depth: int) -> str:
        """A source of this kind."""
        if depth == 0:
            return self.draw(st.sampled_from(FIELD_NAMES[kind] + LITERALS[kind][:3]))
        form = self.draw(st.sampled_from((*FORMS[kind], *FIELD_NAMES[kind], *LITERALS[kind])))
        form = form.replace("stage_tag", "'new'")
        return "".join(self._filled(piece, depth) for piece in form.replace("}", "{").split("{"))

    def _filled(self, piece: str, depth: int) -> str:
        if piece not in FORMS:
            return piece
        inner = self.write(piece, depth - 1)
        return f"({inner})"
