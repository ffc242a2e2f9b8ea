"""Places in an ordered list, as opaque text that a client can send back."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

import msgspec

from trellis.kernel.errors import BadRequest
from trellis.kernel.messages import Message
from trellis.metadata.storagekinds import BooleanKind, ColumnKind, DateKind, DateTimeKind, DecimalKind, IntegerKind


@dataclass(frozen=True, slots=True)
class Cursor:
    """The sort values of a row (as the driver gave them), and which way to go from there."""

    values: tuple[object, ...]
    backwards: bool = False

    def encoded(self) -> str:
        """The cursor as URL-safe text."""
        texts = [None if value is None else _text(value) for value in self.values]
        body = msgspec.json.encode(["b" if self.backwards else "f", *texts])
        return base64.urlsafe_b64encode(body).rstrip(b"=").decode()


def decoded(text: str, kinds: Sequence[ColumnKind], dialect: str) -> Cursor:
    """The cursor of a text that was made for the same order; raises BadRequest."""
    try:
        padded = text.encode() + b"=" * (-len(text) % 4)
        direction, *texts = json.loads(base64.urlsafe_b64decode(padded))
        if len(texts) != len(kinds) or direction not in ("f", "b"):
            raise ValueError("another order")
        values = tuple(
            None if item is None else _value(item, kind, dialect) for item, kind in zip(texts, kinds, strict=True)
        )
    except (ValueError, TypeError, InvalidOperation, binascii.Error, RecursionError):
        raise BadRequest(Message("The cursor does not belong to this list.")) from None
    return Cursor(values, direction == "b")


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _value(text: object, kind: ColumnKind, dialect: str) -> object:
    if not isinstance(text, str) or "\x00" in text:
        raise ValueError("not text")
    if dialect == "sqlite":
        return int(text) if isinstance(kind, IntegerKind | DecimalKind | BooleanKind) else text
    match kind:
        case IntegerKind():
            return int(text)
        case DecimalKind():
            return Decimal(text)
        case BooleanKind():
            return text == "True"
        case DateKind():
            return date.fromisoformat(text)
        case DateTimeKind():
            return datetime.fromisoformat(text).astimezone(UTC)
    return text
