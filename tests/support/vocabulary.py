"""Two entities with labels in two languages, as somebody who writes expressions on them sees them."""

from collections.abc import Iterable, Mapping

from trellis.engine.expr.scope import EntityScope, FieldInfo
from trellis.engine.expr.types import BOOL, DATE, INTEGER, TEXT, Kind, Type

USER = Type(Kind.REF, entity="core.user")
FIELDS: dict[str, dict[str, FieldInfo]] = {
    "deal": {
        "name": FieldInfo(TEXT, label="名称"),
        "amount": FieldInfo(Type(Kind.MONEY, scale=2), label="金额"),
        "quantity": FieldInfo(INTEGER, label="Quantity of items"),
        "active": FieldInfo(BOOL, label="Active"),
        "close_date": FieldInfo(DATE, label="Close date"),
        "stage": FieldInfo(Type(Kind.OPTION, options=frozenset({"open", "won", "lost"})), label="Stage"),
        "tags": FieldInfo(Type(Kind.OPTIONS, options=frozenset({"hot", "cold"})), label="Tags"),
        "owner": FieldInfo(USER, "core.user", "Owner"),
        "account": FieldInfo(Type(Kind.REF, entity="account"), "account", "客户"),
        "extra": FieldInfo(None, label="Extra"),
    },
    "account": {
        "name": FieldInfo(TEXT, label="Account name"),
        "tier": FieldInfo(Type(Kind.OPTION, options=frozenset({"gold", "silver"})), label="Tier"),
        "parent": FieldInfo(Type(Kind.REF, entity="account"), "account", "Parent"),
    },
    "core.user": {"name": FieldInfo(TEXT, label="Name")},
}
CHOICES: dict[tuple[str, str], dict[str, str]] = {
    ("deal", "stage"): {"open": "Open", "won": "赢单", "lost": "Lost"},
    ("deal", "tags"): {"hot": "Hot", "cold": "Cold"},
    ("account", "tier"): {"gold": "Gold", "silver": "Silver"},
}


class Words:
    """The catalogue of these entities."""

    def field_type(self, entity_id: str, field_key: str) -> FieldInfo | None:
        return FIELDS[entity_id].get(field_key)

    def field_keys(self, entity_id: str) -> Iterable[str]:
        return FIELDS[entity_id]

    def label(self, entity_id: str) -> str:
        return entity_id.title()

    def choices(self, entity_id: str, field_key: str) -> Mapping[str, str]:
        return CHOICES.get((entity_id, field_key), {})


WORDS = Words()
DEAL = EntityScope(WORDS, "deal")
