"""Some entities as the expression language sees them, and the columns of their fields on both databases."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache

import sqlalchemy as sa

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
from trellis.storage.columntypes import column_type
from trellis.storage.expressions import SqlColumn

STAGES = ("open", "won", "lost")
TIERS = ("gold", "silver")
TAGS = ("hot", "cold", "new")
USER = "01920000-0000-7000-8000-00000000000a"
OTHER = "01920000-0000-7000-8000-00000000000b"
PEOPLE = (USER, OTHER)


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
        "weight": FieldInfo(Type(Kind.NUMBER, scale=6), label="Weight"),
        "quantity": FieldInfo(INTEGER, label="Quantity"),
        "days": FieldInfo(INTEGER, label="Days"),
        "lasted": FieldInfo(Type(Kind.DURATION), label="Lasted"),
        "active": FieldInfo(BOOL, label="Active"),
        "urgent": FieldInfo(BOOL, label="Urgent"),
        "close_date": FieldInfo(DATE, label="Close date"),
        "start_date": FieldInfo(DATE, label="Start date"),
        "created_at": FieldInfo(DATETIME, label="Created"),
        "seen_at": FieldInfo(DATETIME, label="Seen"),
        "stage": FieldInfo(Type(Kind.OPTION, options=frozenset(STAGES)), label="Stage"),
        "tags": FieldInfo(Type(Kind.OPTIONS, options=frozenset(TAGS)), label="Tags"),
        "owner": FieldInfo(reference("core.user"), "core.user", "Owner"),
        "account": FieldInfo(reference("account"), "account", "Account"),
        "contacts": FieldInfo(Type(Kind.OPTIONS, entity="contact"), "contact", "Contacts"),
        "extra": FieldInfo(None, label="Extra"),
    },
    "account": {
        "name": FieldInfo(TEXT, label="Name"),
        "tier": FieldInfo(
            Type(Kind.OPTION, options=frozenset(TIERS)), label="Tier", labels={"gold": "Gold", "silver": "Silver"}
        ),
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


SCOPE = EntityScope(Catalogue(), "deal", parameters={"setting.limit": INTEGER})


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
    "weight": DecimalKind(18, 6),
    "quantity": IntegerKind(),
    "days": IntegerKind(),
    "lasted": IntegerKind(),
    "active": BooleanKind(),
    "urgent": BooleanKind(),
    "close_date": DateKind(),
    "start_date": DateKind(),
    "created_at": DateTimeKind(),
    "seen_at": DateTimeKind(),
    "stage": TextKind(),
    "owner": IdKind(),
    "account": IdKind(),
    "account.name": TextKind(),
    "account.tier": TextKind(),
    "account.credit": DecimalKind(18, 2),
    "account.owner": IdKind(),
}
SEVERAL: dict[str, ColumnKind] = {"tags": TextKind(), "contacts": IdKind()}
EMPTY_ROW: dict[str, object] = dict.fromkeys(KINDS) | dict.fromkeys(SEVERAL, ())
PARAMETERS: dict[str, object] = {
    "me.id": USER,
    "me.email": "ann@example.com",
    "me.team": OTHER,
    "me.roles": ("sales.rep",),
    "zone": "Asia/Shanghai",
    "setting.limit": 50,
    "today": date(2024, 2, 29),
    "now": datetime(2024, 2, 29, 12, 30, tzinfo=UTC),
    "record.exists": True,
}


@dataclass(frozen=True)
class Tables:
    """One table of deals and one for each field with several values; the account's fields are columns, as if joined."""

    deals: sa.Table
    several: dict[str, sa.Table]
    dialect: str

    def column(self, path: Path) -> SqlColumn:
        return SqlColumn(self.deals.c[column_name(path.key)], KINDS[path.key])

    def exists_in(self, path: Path, value: sa.ColumnElement[object]) -> sa.ColumnElement[bool]:
        table = self.several[path.key]
        return self._any(table, table.c.value == value)

    def filled(self, path: Path) -> sa.ColumnElement[bool]:
        return self._any(self.several[path.key])

    def _any(self, table: sa.Table, *conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
        return sa.exists(sa.select(table.c.deal).where(table.c.deal == self.deals.c.id, *conditions))


def column_name(key: str) -> str:
    """The column of a dotted name."""
    return key.replace(".", "_")


@cache
def tables(dialect: str) -> Tables:
    """The tables on one database."""
    schema = sa.MetaData()
    columns = [sa.Column(column_name(key), column_type(kind, dialect)) for key, kind in KINDS.items()]
    deals = sa.Table("deals", schema, sa.Column("id", sa.Integer, primary_key=True, autoincrement=False), *columns)
    several = {
        key: sa.Table(key, schema, sa.Column("deal", sa.Integer), sa.Column("value", column_type(kind, dialect)))
        for key, kind in SEVERAL.items()
    }
    return Tables(deals, several, dialect)
