"""Uploaded files: their content on disk, their description as a record that links can lead to."""

import re
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass

from trellis.kernel.errors import FieldError, Invalid, NotFound
from trellis.kernel.messages import Message
from trellis.metadata.fieldtypes import File
from trellis.services import queries
from trellis.services.commands import Create
from trellis.services.context import Context
from trellis.services.records import write
from trellis.storage import files

ENTITY = "core.file"
_UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\:*?\"<>|]+")


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that may be read: its name, its size in bytes and its content in pieces."""

    name: str
    size: int
    pieces: AsyncIterator[bytes]


async def upload(context: Context, field: File, name: str, content_type: str, pieces: AsyncIterable[bytes]) -> str:
    """Keep a file for a field; the id of its record. Raises Invalid when its kind or size does not fit the field."""
    clean = _UNSAFE.sub("_", name).strip(" .")[-200:] or "file"
    if field.types and not any(_fits(clean, content_type, kind) for kind in field.types):
        message = Message("Only files of these kinds: {kinds}.", {"kinds": ", ".join(field.types)})
        raise Invalid([FieldError(field.key, "file_type", message)])
    content = await files.keep(context.workspace, pieces, most=field.max_size)
    values = {
        "name": clean,
        "content_type": content_type[:120] or None,
        "size": content.size,
        "checksum": content.checksum,
        "owner": context.actor.id or None,
        "owner_team": context.actor.team,
    }
    (outcome,) = await write(context.as_system(), ENTITY, [Create(values)])
    return outcome.id


def _fits(name: str, content_type: str, kind: str) -> bool:
    if kind.startswith("."):
        return name.lower().endswith(kind.lower())
    return content_type == kind or (kind.endswith("/*") and content_type.startswith(kind[:-1]))


async def download(context: Context, file: str) -> StoredFile:
    """A file that the actor may see; raises NotFound."""
    record = await queries.get_record(context, ENTITY, file, ("name",), labels=False)
    system = await queries.get_record(context.as_system(), ENTITY, file, ("checksum", "size"), labels=False)
    checksum = system.values["checksum"]
    if not isinstance(checksum, str):
        raise NotFound
    files.path(context.workspace, checksum)
    return StoredFile(
        str(record.values["name"]), int(str(system.values["size"] or 0)), files.read(context.workspace, checksum)
    )
