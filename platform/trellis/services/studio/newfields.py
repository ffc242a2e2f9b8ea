"""A new field out of the little that people say in the form designer: a type, a label, and what the type cannot do without."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trellis.kernel.errors import FieldError, Invalid
from trellis.kernel.messages import Message
from trellis.kernel.names import RESERVED, is_key, is_keyword
from trellis.metadata.documents import Entity
from trellis.services.studio.fieldedits import key_for, prefix_in
from trellis.services.studio.ordering import GAP

Raw = Mapping[str, Any]

COUNT = "count"
RETURNS = ("text", "integer", "decimal", "currency", "percent", "boolean", "date", "datetime", "duration")
"""What formulas of the designer give; the page of the field has them all."""


@dataclass(frozen=True, slots=True)
class NewField:
    """What somebody said about a field: `over` is what a roll-up adds up, `sales.contact.account` or with `|amount` behind."""

    type: str
    label: str
    key: str = ""
    target: str = ""
    options: tuple[str, ...] = ()
    returns: str = "decimal"
    expr: str = ""
    over: str = ""


def new_field(entity: Entity, wanted: NewField, fields: Mapping[str, Entity]) -> tuple[str, Raw]:
    """The key and the definition of a new field; `fields` are all entities. Raises Invalid with everything that is missing."""
    errors = [*_missing(wanted), *_key_errors(entity, wanted.key)]
    if errors:
        raise Invalid(errors)
    prefix, taken = prefix_in(entity.id), entity.all_fields.keys()
    given = wanted.key.removeprefix(prefix)
    key = prefix + given if given else key_for(wanted.label, taken, prefix=prefix, fallback=wanted.type)
    return key, {"type": wanted.type, "label": wanted.label, **_options(wanted, fields)}


def _missing(wanted: NewField) -> list[FieldError]:
    needed = {"label": wanted.label}
    if wanted.type in ("lookup", "multilookup"):
        needed["target"] = wanted.target
    if wanted.type in ("select", "multiselect"):
        needed["options"] = "".join(wanted.options)
    if wanted.type == "formula":
        needed["expr"] = wanted.expr
    if wanted.type == "rollup":
        needed["over"] = wanted.over
    return [
        FieldError(name, "required", Message("This is needed.")) for name, text in needed.items() if not text.strip()
    ]


def _key_errors(entity: Entity, key: str) -> list[FieldError]:
    if not key:
        return []
    if not is_key(key) or is_keyword(key):
        text = Message("A key has lower-case letters, digits and underscores, and begins with a letter.")
        return [FieldError("key", "key_shape", text)]
    if key in RESERVED or prefix_in(entity.id) + key.removeprefix(prefix_in(entity.id)) in entity.all_fields:
        return [FieldError("key", "key_taken", Message("There is a field with this key already."))]
    return []


def _options(wanted: NewField, entities: Mapping[str, Entity]) -> Raw:
    match wanted.type:
        case "lookup" | "multilookup":
            return {"target": wanted.target}
        case "select" | "multiselect":
            return {"options": _choices(wanted.options)}
        case "formula":
            return {"returns": wanted.returns, "expr": wanted.expr}
        case "rollup":
            return _rollup(wanted.over, entities)
    return {}


def _choices(labels: tuple[str, ...]) -> dict[str, Raw]:
    found: dict[str, Raw] = {}
    for label in dict.fromkeys(label.strip() for label in labels if label.strip()):
        key = key_for(label, found, fallback="option")
        found[key] = {"order": GAP * (len(found) + 1), "label": label}
    return found


def _rollup(over: str, entities: Mapping[str, Entity]) -> Raw:
    relation, _, key = over.partition("|")
    field = entities[relation.rpartition(".")[0]].field(key) if key else None
    if field is None:
        return {"returns": "integer", "over": relation, "agg": COUNT}
    scale = {"scale": field.scale} if field.scale else {}
    return {"returns": field.type, "over": relation, "agg": "sum", "field": key, **scale}
