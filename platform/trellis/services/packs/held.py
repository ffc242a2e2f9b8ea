"""Layers that somebody has sent, kept until their plan was looked at."""

from collections.abc import AsyncIterator

from trellis.services.context import Context
from trellis.services.packs.archives import MOST_BYTES
from trellis.storage import files


async def hold(context: Context, content: bytes) -> str:
    """Keep a content; the name under which it is found again, the same for the same content."""

    async def pieces() -> AsyncIterator[bytes]:
        yield content

    return (await files.keep(context.workspace, pieces(), most=MOST_BYTES)).checksum


async def held(context: Context, name: str) -> bytes:
    """What was kept; raises NotFound."""
    return b"".join([piece async for piece in files.read(context.workspace, name)])
