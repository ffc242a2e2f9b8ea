"""Running numbers: one that begins again must not give the same number twice."""

from collections.abc import Iterator

from trellis.kernel.errors import Finding
from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity
from trellis.metadata.fieldtypes import AutoNumber
from trellis.metadata.findings import error
from trellis.metadata.merged import Merged
from trellis.metadata.pointers import pointer

_NEEDED = {"never": "", "yearly": "y", "monthly": "yM", "daily": "yMd"}
_PLACES = {"y": ("{yyyy}", "{yy}"), "M": ("{MM}",), "d": ("{dd}",)}


def resets(entity: Entity, merged: Merged) -> Iterator[Finding]:
    """A number tells the period in which its counting began, where no two records may have the same."""
    for key, field in entity.fields.items():
        if not isinstance(field, AutoNumber) or not field.unique:
            continue
        missing = [_PLACES[part][0] for part in _NEEDED[field.reset] if not _tells(field.pattern, part)]
        if missing:
            text = "Counting begins again {reset}, so the pattern needs {places}, or numbers repeat."
            hint = Message("Add {places} to the pattern, or let it count without end.", {"places": ", ".join(missing)})
            place = pointer(("fields", key, "reset"))
            yield error(entity, place, "numbers_repeat", text, hint=hint, reset=field.reset, places=", ".join(missing))


def _tells(pattern: str, part: str) -> bool:
    return any(place in pattern for place in _PLACES[part])


CHECKS = {Entity: (resets,)}
