"""Values between Python and the drivers, for every kind of column on both databases.

A function returned here takes None and gives None back; no function at all means that the value passes as it is.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from trellis.metadata.storagekinds import (
    BooleanKind,
    ColumnKind,
    DateKind,
    DateTimeKind,
    DecimalKind,
    JsonKind,
)

Codec = Callable[[Any], Any]

_PLAIN_PLACES = 6
"""Up to here `str(Decimal)` never uses an exponent."""

_read_json = msgspec.json.Decoder(float_hook=Decimal).decode
_write_json = msgspec.json.Encoder(decimal_format="number").encode


def encoder(kind: ColumnKind, dialect: str) -> Codec | None:
    """From the domain value to what the driver takes."""
    match kind, dialect:
        case DecimalKind(scale=scale), "sqlite":
            return _scaled(scale)
        case BooleanKind(), "sqlite":
            return _zero_or_one
        case DateKind(), "sqlite":
            return _iso_date
        case DateTimeKind(), "sqlite":
            return _moment_text
        case JsonKind(), _:
            return _json_text
        case _:
            return None


def decoder(kind: ColumnKind, dialect: str) -> Codec | None:
    """From what the driver gives to the domain value."""
    match kind, dialect:
        case DecimalKind(scale=scale), "sqlite":
            return _unscaled(scale)
        case BooleanKind(), "sqlite":
            return _truth
        case DateKind(), "sqlite":
            return _date
        case DateTimeKind(), "sqlite":
            return _moment
        case JsonKind(), _:
            return _json
        case _:
            return None


def json_decoder(kind: ColumnKind, dialect: str) -> Codec | None:
    """From what the driver gives to what msgspec writes into an answer of the API, with as little work as possible.

    Written are: decimals as text with all their places, dates as ISO 8601, moments as ISO 8601 with Z, documents as they
    are kept. What msgspec writes that way by itself (native dates, moments and short decimals) passes as it is.
    """
    match kind, dialect:
        case DecimalKind(scale=scale), "sqlite":
            return _unscaled_text(scale)
        case DecimalKind(scale=scale), _ if scale > _PLAIN_PLACES:
            return _decimal_text(scale)
        case BooleanKind(), "sqlite":
            return _truth
        case DateTimeKind(), "sqlite":
            return _text_as_iso
        case JsonKind(), _:
            return _raw_json
        case _:
            return None


def _scaled(scale: int) -> Codec:
    """Decimal -> whole number of 10**-scale.

    A value with more places, as only a comparison can bring, becomes a float: it equals no stored value and sorts right;
    a STRICT table refuses to store it.
    """
    unit: int = 10**scale

    def encode(value: Decimal | int | None) -> int | float | None:
        if value is None:
            return None
        above, below = value.as_integer_ratio()
        scaled = above * unit
        return scaled // below if scaled % below == 0 else scaled / below

    return encode


def _unscaled(scale: int) -> Codec:
    step = Decimal(1).scaleb(-scale)

    def decode(value: int | None) -> Decimal | None:
        return None if value is None else Decimal(value) * step

    return decode


def _unscaled_text(scale: int) -> Codec:
    if scale == 0:
        return _text
    unit: int = 10**scale
    pattern = f"%d.%0{scale}d"

    def decode(value: int | None) -> str | None:
        if value is None:
            return None
        return pattern % divmod(value, unit) if value >= 0 else "-" + pattern % divmod(-value, unit)

    return decode


def _decimal_text(scale: int) -> Codec:
    pattern = f".{scale}f"

    def decode(value: Decimal | None) -> str | None:
        return None if value is None else format(value, pattern)

    return decode


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _zero_or_one(value: bool | None) -> int | None:
    return None if value is None else int(value)


def _truth(value: int | None) -> bool | None:
    return None if value is None else value != 0


def _iso_date(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def _date(value: str | None) -> date | None:
    return None if value is None else date.fromisoformat(value)


def _moment_text(value: datetime | None) -> str | None:
    if value is None:
        return None
    return (value if value.tzinfo is UTC else value.astimezone(UTC)).isoformat(" ")[:19]


def _moment(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value + "Z")


def _text_as_iso(value: str | None) -> str | None:
    return None if value is None else f"{value[:10]}T{value[11:]}Z"


def _json_text(value: Any) -> str | None:
    return None if value is None else _write_json(value).decode()


def _json(value: str | None) -> Any:
    return None if value is None else _read_json(value)


def _raw_json(value: str | None) -> msgspec.Raw | None:
    return None if value is None else msgspec.Raw(value)
