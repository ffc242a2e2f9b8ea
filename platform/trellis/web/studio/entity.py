"""The pages of one entity: what they share, the tabs and the table of its parts."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote

from trellis.engine.usage.graph import Usage
from trellis.kernel.messages import Message
from trellis.metadata.fieldtypes import fieldtypes
from trellis.metadata.layers.places import MISSING, same, value_at
from trellis.metadata.pointers import pointer
from trellis.metadata.snapshot import Snapshot
from trellis.services.studio.drafts import Draft
from trellis.services.studio.fieldedits import parts_in
from trellis.services.studio.ordering import in_order
from trellis.web.http import Asked, locale_of
from trellis.web.studio.links import field_url
from trellis.web.studio.onedocument import Standing, of_kind, standing_of
from trellis.web.studio.panels.words import TypeWords, type_words

Raw = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Tab:
    """One of the pages of an entity."""

    url: str
    label: Message
    count: int | None
    current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Head(Standing):
    """What stands above all pages of an entity."""

    label: str
    plural: str
    icon: str
    pack: str
    what: str
    tabs: tuple[Tab, ...]


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One field in the table."""

    key: str
    label: str
    url: str
    type: TypeWords | None
    type_name: str
    about: str
    required: bool
    unique: bool
    uses: int
    origin: str
    hidden: bool
    defects: int
    current: bool


TABS: tuple[tuple[str, Message, str], ...] = (
    ("", Message("Fields"), "fields"),
    ("forms", Message("Forms"), "forms"),
    ("lists", Message("Lists"), "lists"),
    ("rules", Message("Rules"), "rules"),
    ("indexes", Message("Indexes"), "indexes"),
    ("settings", Message("Settings"), ""),
    ("usage", Message("Where used"), ""),
)


def entity_url(entity: str, tab: str = "") -> str:
    """The page of an entity."""
    return f"/studio/entities/{quote(entity)}" + (f"/{tab}" if tab else "")


def entity_in(draft: Draft, entity: str) -> Raw:
    """The drafted document of an entity; raises NotFound."""
    return of_kind(draft, entity, "entity")


def head_of(request: Asked, draft: Draft, entity: str, tab: str = "") -> Head:
    """What stands above the pages of an entity."""
    raw = entity_in(draft, entity)
    words = localised(request, draft, entity)
    change = draft.change(entity)
    counts = _counts(draft.merged.snapshot, raw)
    return Head(
        **asdict(standing_of(draft, entity)),
        label=words.get("label") or entity,
        plural=words.get("labelPlural") or words.get("label") or entity,
        icon=str(raw.get("icon") or "database"),
        pack=entity.partition(".")[0],
        what=change.what if change else "",
        tabs=tuple(Tab(entity_url(entity, name), label, counts.get(kind), name == tab) for name, label, kind in TABS),
    )


def localised(request: Asked, draft: Draft, document: str) -> Mapping[str, Any]:
    """A document with its texts in the language of the reader."""
    snapshot = draft.merged.snapshot.localised(locale_of(request, draft.context))
    found = snapshot.documents.get(document)
    return found.model_dump(by_alias=True) if found is not None else draft.raw(document)


def _counts(snapshot: Snapshot, raw: Raw) -> dict[str, int]:
    entity = str(raw["id"])
    return {
        "fields": len(parts_in(raw, "fields")),
        "forms": sum(form.entity == entity for form in snapshot.forms.values()),
        "lists": len(snapshot.views_of(entity)),
        "rules": len(parts_in(raw, "validations")) + len(parts_in(raw, "duplicates")),
        "indexes": len(parts_in(raw, "indexes")),
    }


def field_rows(request: Asked, draft: Draft, entity: str, current: str = "") -> tuple[FieldRow, ...]:
    """The fields of an entity in the order in which the document has them."""
    raw = entity_in(draft, entity)
    texts = localised(request, draft, entity)
    usage = Usage.of(draft.merged.snapshot, near=draft.context.snapshot)
    wrong = [finding.pointer for finding in draft.findings(entity)]
    rows = []
    for key, field in parts_in(raw, "fields").items():
        if not isinstance(field, Mapping):
            continue
        place = pointer(("fields", key))
        cls = fieldtypes.get(str(field.get("type")))
        words = texts.get("fields", {}).get(key, {})
        rows.append(
            FieldRow(
                key=key,
                label=str(words.get("label") or field.get("label") or key),
                url=field_url(entity, key),
                type=type_words(cls) if cls else None,
                type_name=str(field.get("type")),
                about=_about(request, draft, field),
                required=bool(field.get("required")),
                unique=bool(field.get("unique")),
                uses=len(usage.outside(f"{entity}#{place}")),
                origin=origin_of(draft, entity, ("fields", key)),
                hidden=bool(field.get("hidden")),
                defects=sum(where == place or where.startswith(place + "/") for where in wrong),
                current=key == current,
            )
        )
    return tuple(rows)


def origin_of(draft: Draft, document: str, path: tuple[str, ...]) -> str:
    """Whose a part is: `yours`, `changed` by you, or the pack's (its id)."""
    below = draft.below(document)
    was = value_at(below, path) if below is not None else MISSING
    if was is MISSING:
        return "yours"
    now = value_at(draft.raw(document), path)
    return document.partition(".")[0] if same(was, now) else "changed"


def _about(request: Asked, draft: Draft, field: Raw) -> str:
    """What a field leads to or offers, in a word."""
    snapshot = draft.merged.snapshot.localised(locale_of(request, draft.context))
    named = snapshot.documents.get(str(field.get("target") or field.get("optionset") or ""))
    return named.label if named is not None else ""


def ordered(parts: Mapping[str, Raw]) -> list[str]:
    """The keys of rules in their order."""
    return in_order(parts)
