"""Ids for new documents, and other keys for fields."""

from collections.abc import Mapping
from typing import Any

from trellis.engine.renaming import rewrite
from trellis.kernel.errors import FieldError, Invalid, NotFound
from trellis.kernel.messages import Message
from trellis.kernel.names import RESERVED, is_key, is_keyword
from trellis.metadata.layers.compose import Composition
from trellis.metadata.layers.order import CUSTOMER, layer_of
from trellis.metadata.snapshot import Snapshot
from trellis.services.proposing.naming import key_from
from trellis.services.studio.layering import about, is_own

Raw = Mapping[str, Any]

OWN = f"{CUSTOMER}_"
"""How the customer's keys in documents of packs begin."""


def free_id(composition: Composition, kind: str, label: str) -> str:
    """An id of the customer's that nothing has, from a label in any language."""
    taken = {key.partition(".")[2] for key in composition.sources if layer_of(key) == CUSTOMER}
    return f"{CUSTOMER}.{key_from(label, taken, kind)}"


def new_name(entity: Raw, key: str, new_key: str) -> None:
    """Raises NotFound without the field, and Invalid when it cannot have the new key."""
    fields: Mapping[str, Any] = entity.get("fields") or {}
    if key not in fields:
        raise NotFound()
    reason = _refusal(entity, fields, key, new_key)
    if reason is not None:
        raise Invalid([FieldError(f"/fields/{key}", "key_refused", reason)])


def _refusal(entity: Raw, fields: Mapping[str, Any], key: str, new_key: str) -> Message | None:
    own = is_own(str(entity["id"]))
    if not own and not key.startswith(OWN):
        return Message("'{field}' belongs to the pack and keeps its key.", {"field": key})
    if not is_key(new_key):
        return Message("A key has lower-case letters, digits and underscores, and begins with a letter.")
    if is_keyword(new_key) or new_key in RESERVED:
        return Message("'{key}' means something else and cannot be a key.", {"key": new_key})
    if not own and not new_key.startswith(OWN):
        return Message("In a document of a pack your keys begin with {prefix}.", {"prefix": OWN})
    return Message("There is a field with this key already.") if new_key in fields else None


def moved_names(composition: Composition, snapshot: Snapshot, before: str, after: str) -> Mapping[str, Raw]:
    """The customer's sources in which something has another name, by the document that they are about."""
    sources = tuple(composition.sources.values())
    renamed = rewrite(sources, {before: after}, snapshot)
    pairs = zip(sources, renamed, strict=True)
    return {about(new): new for old, new in pairs if new is not old and layer_of(new["id"]) == CUSTOMER}
