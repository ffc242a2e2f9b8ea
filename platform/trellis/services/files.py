"""Uploaded files: their content on disk, their description as a record that links can lead to."""

import re
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass
from unicodedata import category, normalize

from trellis.kernel.errors import FieldError, Invalid, NotFound
from trellis.kernel.messages import Message
from trellis.metadata.fieldtypes import File
from trellis.services import queries
from trellis.services.commands import Create
from trellis.services.context import Context
from trellis.services.filekinds import HEAD, settled_type
from trellis.services.records import write
from trellis.storage import files

ENTITY = "core.file"
LONGEST_NAME = 200
_UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\:*?\"<>|]+")


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that may be read: its name, its size in bytes and its content in pieces."""

    name: str
    size: int
    pieces: AsyncIterator[bytes]


async def upload(context: Context, field: File, name: str, content_type: str, pieces: AsyncIterable[bytes]) -> str:
    """Keep a file for a field; the id of its record.

    Raises Invalid when its kind or size does not fit the field, or its content is not what its name says.
    """
    clean, source = clean_name(name), aiter(pieces)
    head = await _head(source)
    settled = settled_type(clean, content_type, head, path=field.key)
    if field.types and not any(_fits(clean, settled, kind) for kind in field.types):
        message = Message("Only files of these kinds: {kinds}.", {"kinds": ", ".join(field.types)})
        raise Invalid([FieldError(field.key, "file_type", message)])
    content = await files.keep(context.workspace, _whole(head, source), most=field.max_size)
    values = {
        "name": clean,
        "content_type": settled,
        "size": content.size,
        "checksum": content.checksum,
        "owner": context.actor.id or None,
        "owner_team": context.actor.team,
    }
    (outcome,) = await write(context.as_system(), ENTITY, [Create(values)])
    return outcome.id


def clean_name(name: str) -> str:
    """The name without a path, without signs that steer a terminal or turn the direction of reading."""
    seen = "".join(sign for sign in normalize("NFC", name) if category(sign) not in ("Cf", "Cs", "Co"))
    return (
        _UNSAFE.sub("_", seen.replace("\\", "/").rpartition("/")[2]).strip(" .")[-LONGEST_NAME:].strip(" .") or "file"
    )


async def _head(pieces: AsyncIterator[bytes]) -> bytes:
    """The first pieces, enough to judge what it is."""
    head = b""
    async for piece in pieces:
        head += piece
        if len(head) >= HEAD:
            break
    return head


async def _whole(head: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield head
    async for piece in rest:
        yield piece


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
