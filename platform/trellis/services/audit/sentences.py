"""Lines of the log as sentences."""

from collections.abc import Iterable
from typing import Any

from trellis.kernel.messages import Message
from trellis.services.audit.entries import Entry
from trellis.services.audit.kinds import OF_ONESELF, OTHER, SENTENCES
from trellis.services.context import Context
from trellis.storage.people import USER

SYSTEM = Message("System")
BY_WHO_ACTS = frozenset({"impersonation.ended"})
"""What the one who acts in somebody's place does, not the one whose place it is."""
COUNTED = frozenset({"export.made", "bulk.changed", "bulk.deleted", "bulk.shared", "bulk.undone"})
SOMEBODY = Message("somebody who is not known")


def sentence(context: Context, entry: Entry) -> Message:
    """What a line says; its names are in the language of the context."""
    said = Message(_template(entry), _params(context, entry))
    if entry.impersonator and entry.kind not in BY_WHO_ACTS:
        said = Message("{said}, done by {who} in their place", {"said": said, "who": _impersonator(entry)})
    if entry.address:
        said = Message("{said}, from {address}", {"said": said, "address": entry.address})
    return said


def _template(entry: Entry) -> str:
    if entry.actor and entry.actor == entry.record and entry.kind in OF_ONESELF:
        return OF_ONESELF[entry.kind].template
    return SENTENCES.get(entry.kind, OTHER).template


def _params(context: Context, entry: Entry) -> dict[str, object]:
    detail = entry.detail
    texts = {key: str(detail.get(key) or "") for key in ("name", "provider", "number")}
    return {
        **texts,
        "who": _impersonator(entry) if entry.impersonator and entry.kind in BY_WHO_ACTS else _actor(entry),
        "subject": entry.title or (_unknown(entry.record) if entry.record else SOMEBODY),
        "what": _what(context, entry),
        "entities": _entity(context, entry.entity, plural=entry.kind not in COUNTED or detail.get("count") != 1),
        "count": f"{_whole(detail.get('count', detail.get('rows', 0))):,}",
        "changed": _changed(context, detail),
        "documents": ", ".join(_labels(context, detail.get("documents") or ())),
        "field": _field(context, entry.entity, str(detail.get("field") or "")),
        "whom": entry.whom or str(detail.get("grantee") or ""),
        "kind": entry.kind,
    }


def _actor(entry: Entry) -> object:
    return entry.actor_name or (_unknown(entry.actor) if entry.actor else SYSTEM)


def _impersonator(entry: Entry) -> object:
    return entry.impersonator_name or _unknown(entry.impersonator)


def _unknown(identity: str) -> Message:
    return Message("somebody with the id {id}", {"id": identity[:8]})


def _what(context: Context, entry: Entry) -> Message:
    label = _entity(context, entry.entity)
    if entry.title and (entry.seen or entry.entity == USER):
        return Message("{entity} “{title}”", {"entity": label, "title": entry.title})
    return Message("{entity} {id}", {"entity": label, "id": entry.record[:8]})


def _entity(context: Context, entity: str, *, plural: bool = False) -> str:
    found = context.snapshot.localised(context.locale).entities.get(entity)
    if found is None:
        return entity
    return found.plural if plural else found.label


def _field(context: Context, entity: str, key: str) -> str:
    found = context.snapshot.localised(context.locale).entities.get(entity)
    field = found.field(key) if found is not None else None
    return key if field is None else field.caption


def _changed(context: Context, detail: Any) -> Message:
    given, taken = (", ".join(_labels(context, detail.get(key) or ())) for key in ("given", "taken"))
    if given and taken:
        return Message("{given} given, {taken} taken", {"given": given, "taken": taken})
    if given:
        return Message("{given} given", {"given": given})
    return Message("{taken} taken", {"taken": taken})


def _labels(context: Context, documents: Iterable[str]) -> list[str]:
    """Roles by their labels, other documents by their ids."""
    roles = context.snapshot.localised(context.locale).roles
    return [roles[one].label if one in roles else str(one) for one in documents]


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0
