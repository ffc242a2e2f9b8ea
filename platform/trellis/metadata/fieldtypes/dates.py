"""Calendar dates and moments."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field

from trellis.kernel.messages import Message
from trellis.metadata.fieldtypes.base import PLAIN, FieldType, Formats, Reading, Refused, excerpt, quoted
from trellis.metadata.fieldtypes.operators import TEMPORAL, Operator
from trellis.metadata.policies import LIMITS, LOCKED, Policies
from trellis.metadata.storagekinds import DateKind, DateTimeKind, StorageKind

_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_YEAR_FIRST = re.compile(r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$")
_YEAR_LAST = re.compile(r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})$")
# a day away from the ends of the calendar, so that there is a local time in every zone
_EARLIEST = datetime(1, 1, 2, tzinfo=UTC)
_LATEST = datetime(9999, 12, 30, 23, 59, 59, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_FIRST = datetime(1899, 12, 30)
SERIAL = "excel"
"""The format of cells that count days, as workbooks keep dates."""
_TIME = re.compile(r"^(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?$")


def date_from_text(text: str, reading: Reading) -> date:
    """The date that a person wrote: ISO, the reading's formats, then common shapes; raises Refused."""
    plain = text.strip()
    for pattern in reading.date_formats:
        try:
            return _by(pattern, plain).date()
        except ValueError:
            continue
    try:
        if found := _YEAR_FIRST.match(plain):
            return date(*(int(part) for part in found.groups()))
        if found := _YEAR_LAST.match(plain):
            first, second, year = (int(part) for part in found.groups())
            day, month = (first, second) if reading.day_first or first > 12 else (second, first)
            return date(year, month, day)
    except ValueError:
        pass
    raise Refused("date", Message("“{text}” is not a date. Write it like 2026-11-21.", {"text": excerpt(text)}))


def _by(pattern: str, text: str) -> datetime:
    """The moment of a text by a pattern of `strptime`, or by the days since 1899-12-30 as spreadsheets count; ValueError."""
    if pattern != SERIAL:
        return datetime.strptime(text, pattern)
    try:
        return _FIRST + timedelta(seconds=round(float(text) * 86_400))
    except OverflowError:
        raise ValueError("out of range") from None


def moment_from_text(text: str, reading: Reading) -> datetime:
    """The moment that a person wrote, in the reading's zone where none is given; raises Refused."""
    plain = text.strip()
    for pattern in reading.date_formats:
        try:
            return _in_utc(_by(pattern, plain), reading.zone)
        except ValueError:
            continue
    try:
        return _in_utc(datetime.fromisoformat(plain), reading.zone)
    except ValueError:
        pass
    day, _, clock = plain.replace("T", " ").partition(" ")
    found = _TIME.match(clock.strip() or "0:00")
    if found is None:
        raise Refused("datetime", Message("“{text}” is not a date with a time.", {"text": excerpt(text)}))
    hour, minute, second = (int(part or 0) for part in found.groups())
    local = date_from_text(day, reading)
    try:
        return _in_utc(datetime(local.year, local.month, local.day, hour, minute, second), reading.zone)
    except ValueError:
        raise Refused("datetime", Message("“{text}” is not a date with a time.", {"text": excerpt(text)})) from None


def _in_utc(moment: datetime, zone: str) -> datetime:
    try:
        aware = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))
        return aware.astimezone(UTC).replace(microsecond=0)
    except OverflowError:
        raise ValueError("out of range") from None


def _only_iso(value: object) -> object:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and _ISO.fullmatch(value):
        return value
    raise Refused("date", Message("This is not a date. Write it like 2026-11-21."))


class Date(FieldType):
    """A calendar date without a zone."""

    title: ClassVar[str] = "Date"
    expression_kind: ClassVar[str] = "date"
    operators: ClassVar[tuple[Operator, ...]] = TEMPORAL
    type: Literal["date"]
    policies: ClassVar[Policies] = LIMITS
    min: date | None = None
    max: date | None = None

    @property
    def storage(self) -> StorageKind:
        return DateKind()

    def annotation(self) -> Any:
        return Annotated[date, Field(ge=self.min, le=self.max), BeforeValidator(_only_iso)]

    def from_text(self, text: str, reading: Reading = PLAIN) -> object:
        return date_from_text(text, reading) if text.strip() else None

    def to_text(self, value: Any) -> str:
        return "" if value is None else value.isoformat()

    def to_json(self, value: Any) -> Any:
        return None if value is None else value.isoformat()

    def display(self, value: Any, formats: Formats) -> str:
        return "" if value is None else formats.date(value)

    def literal(self, value: Any) -> str:
        return f"date('{value.isoformat()}')"

    def json_schema(self) -> dict[str, Any]:
        return {"type": ["string", "null"], "format": "date"}


def _moment(value: object) -> object:
    if isinstance(value, str):
        try:
            return moment_from_text(value, PLAIN)
        except Refused:
            value = None
    if isinstance(value, datetime):
        return value
    raise Refused("datetime", Message("This is not a moment. Write it like 2026-11-21T09:30:00Z."))


def _to_the_second(value: datetime) -> datetime:
    try:
        moment = _in_utc(value, "UTC")
    except ValueError:
        moment = _EARLIEST - _SECOND
    if not _EARLIEST <= moment <= _LATEST:
        raise Refused("datetime", Message("This moment is out of range."))
    return moment


class DateTime(FieldType):
    """A moment, kept in UTC to the second; from the second day of year 1 to the last but one of year 9999."""

    title: ClassVar[str] = "Date and time"
    expression_kind: ClassVar[str] = "datetime"
    operators: ClassVar[tuple[Operator, ...]] = TEMPORAL
    type: Literal["datetime"]
    policies: ClassVar[Policies] = {"changeOf": LOCKED}
    change_of: str | None = None
    """The field whose last change this is the moment of."""

    @property
    def storage(self) -> StorageKind:
        return DateTimeKind()

    def annotation(self) -> Any:
        return Annotated[datetime, BeforeValidator(_moment), AfterValidator(_to_the_second)]

    def from_text(self, text: str, reading: Reading = PLAIN) -> object:
        return moment_from_text(text, reading) if text.strip() else None

    def to_text(self, value: Any) -> str:
        return "" if value is None else value.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"

    def to_json(self, value: Any) -> Any:
        return None if value is None else self.to_text(value)

    def display(self, value: Any, formats: Formats) -> str:
        return "" if value is None else formats.datetime(value)

    def literal(self, value: Any) -> str:
        return quoted(self.to_text(value))

    def json_schema(self) -> dict[str, Any]:
        return {"type": ["string", "null"], "format": "date-time"}
