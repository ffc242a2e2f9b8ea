"""Values survive the way to the driver and back, and the API prints them exactly."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trellis.metadata.storagekinds import (
    BooleanKind,
    ColumnKind,
    DateKind,
    DateTimeKind,
    DecimalKind,
    IdKind,
    IntegerKind,
    JsonKind,
    TextKind,
)
from trellis.storage.codecs import decoder, encoder, json_decoder

DIALECTS = ("sqlite", "postgresql")
MOMENT = datetime(2026, 2, 28, 23, 59, 58, tzinfo=UTC)
EXAMPLES: list[tuple[ColumnKind, Any, str]] = [
    (TextKind(), "“naïve” 汉字 👩‍🚀", '"“naïve” 汉字 👩‍🚀"'),
    (IntegerKind(), -(2**63) + 1, "-9223372036854775807"),
    (DecimalKind(18, 2), Decimal("-9999999999999999.99"), '"-9999999999999999.99"'),
    (DecimalKind(18, 2), Decimal("-0.05"), '"-0.05"'),
    (DecimalKind(18, 8), Decimal("0.00000001"), '"0.00000001"'),
    (DecimalKind(18, 8), Decimal("0.00000000"), '"0.00000000"'),
    (DecimalKind(18, 0), Decimal("7"), '"7"'),
    (BooleanKind(), True, "true"),
    (BooleanKind(), False, "false"),
    (DateKind(), date(99, 1, 2), '"0099-01-02"'),
    (DateTimeKind(), MOMENT, '"2026-02-28T23:59:58Z"'),
    (IdKind(), "0190163d-8694-739b-aea5-966c26f8ad90", '"0190163d-8694-739b-aea5-966c26f8ad90"'),
    (JsonKind(), {"a": [1, Decimal("1.50"), None, "汉"]}, '{"a":[1,1.50,null,"汉"]}'),
    (JsonKind(), False, "false"),
]


def driven(kind: ColumnKind, dialect: str, value: object) -> Any:
    """What the driver holds for a domain value."""
    encode = encoder(kind, dialect)
    return encode(value) if encode else value


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(("kind", "value", "printed"), EXAMPLES)
def test_a_value_comes_back_and_is_printed_exactly(kind: ColumnKind, value: Any, printed: str, dialect: str) -> None:
    raw = driven(kind, dialect, value)

    decode, to_json = decoder(kind, dialect), json_decoder(kind, dialect)

    assert (decode(raw) if decode else raw) == value
    assert msgspec.json.encode(to_json(raw) if to_json else raw).decode() == printed


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("kind", {type(kind): kind for kind, _, _ in EXAMPLES}.values())
def test_nothing_stays_nothing(kind: ColumnKind, dialect: str) -> None:
    for make in (encoder, decoder, json_decoder):
        codec = make(kind, dialect)
        assert codec is None or codec(None) is None


@given(st.integers(-(10**18) + 1, 10**18 - 1), st.integers(0, 8))
def test_every_decimal_of_18_digits_is_exact_on_sqlite(digits: int, scale: int) -> None:
    kind = DecimalKind(18, scale)
    value = Decimal(digits).scaleb(-scale)

    decode, to_json = decoder(kind, "sqlite"), json_decoder(kind, "sqlite")
    assert decode is not None
    assert to_json is not None

    assert driven(kind, "sqlite", value) == digits
    assert str(decode(digits)) == str(value)
    assert to_json(digits) == f"{value:f}"


def test_a_number_between_two_stored_ones_equals_neither() -> None:
    assert driven(DecimalKind(18, 2), "sqlite", Decimal("10.005")) == 1000.5


def test_a_moment_is_kept_in_utc() -> None:
    shanghai = MOMENT.astimezone(timezone(timedelta(hours=8)))

    assert driven(DateTimeKind(), "sqlite", shanghai) == "2026-02-28 23:59:58"


def test_a_decimal_in_a_document_keeps_its_places() -> None:
    decode = decoder(JsonKind(), "sqlite")
    assert decode is not None

    assert str(decode('{"a": 1.10}')["a"]) == "1.10"
