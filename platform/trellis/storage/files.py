"""File contents on disk, named by what is in them; what two files have in common is kept once."""

import asyncio
import contextlib
import hashlib
import os
import re
import secrets
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from trellis.kernel.errors import FieldError, Invalid, NotFound, Unavailable
from trellis.kernel.messages import Message
from trellis.storage.workspaces import Workspace

PIECE = 256 * 1024

_CHECKSUM = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Content:
    """What was kept: `checksum` is the SHA-256 as lower-case hexadecimal digits."""

    checksum: str
    size: int


async def keep(workspace: Workspace, pieces: AsyncIterable[bytes], *, most: int) -> Content:
    """Keep a content; it is whole or not there. Raises Invalid when it has more than `most` bytes."""
    draft = workspace.files / "incoming" / secrets.token_hex(16)
    try:
        content = await _receive(draft, pieces, most)
        await asyncio.to_thread(_settle, draft, _place(workspace, content.checksum))
    except OSError as problem:
        raise Unavailable from problem
    finally:
        with contextlib.suppress(OSError):
            await asyncio.to_thread(draft.unlink, missing_ok=True)
    return content


async def read(workspace: Workspace, checksum: str) -> AsyncIterator[bytes]:
    """The content in pieces; raises NotFound."""
    with await asyncio.to_thread(_open, path(workspace, checksum)) as file:
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield piece


def path(workspace: Workspace, checksum: str) -> Path:
    """Where a content is; raises NotFound when it is not there."""
    place = _place(workspace, checksum)
    if not place.is_file():
        raise NotFound
    return place


async def _receive(draft: Path, pieces: AsyncIterable[bytes], most: int) -> Content:
    await asyncio.to_thread(draft.parent.mkdir, parents=True, exist_ok=True)
    checksum, size = hashlib.sha256(), 0
    with await asyncio.to_thread(draft.open, "xb") as file:
        async for piece in pieces:
            size += len(piece)
            if size > most:
                raise _too_large(most)
            checksum.update(piece)
            await asyncio.to_thread(file.write, piece)
        await asyncio.to_thread(_flush, file)
    return Content(checksum.hexdigest(), size)


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _settle(draft: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    draft.replace(place)


def _open(place: Path) -> BinaryIO:
    return place.open("rb")


def _place(workspace: Workspace, checksum: str) -> Path:
    if not _CHECKSUM.fullmatch(checksum):
        raise NotFound
    return workspace.files / checksum[:2] / checksum


def _too_large(most: int) -> Invalid:
    return Invalid([FieldError("file", "too_large", Message("A file has at most {most} bytes.", {"most": most}))])
