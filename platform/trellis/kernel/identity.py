"""Identifiers of records: UUID version 7 (RFC 9562), so that they sort by time of creation."""

import os
import re
import uuid
from collections.abc import Callable
from datetime import datetime

NewId = Callable[[datetime], str]

_CANONICAL = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def new_id(moment: datetime) -> str:
    """A fresh UUIDv7 as canonical lower-case text."""
    return uuid7(moment, os.urandom(10))


def uuid7(moment: datetime, random: bytes) -> str:
    """The UUIDv7 of a moment (millisecond precision) and 10 random bytes."""
    milliseconds = int(moment.timestamp() * 1000)
    text = f"{milliseconds:012x}{(int.from_bytes(random[:2]) & 0x0FFF) | 0x7000:04x}"
    text += f"{(int.from_bytes(random[2:]) & 0x3FFFFFFFFFFFFFFF) | 0x8000000000000000:016x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def canonical_id(text: str) -> str | None:
    """The canonical form of a UUID, or None when `text` is not one."""
    if _CANONICAL.fullmatch(text):
        return text
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return None
