"""What cells hold, as fields hold it."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from tests.conformance.cases import Failure

SERIAL_ZERO = date(1899, 12, 30)


def content_of(value: object) -> object:
    """The value of a cell as a field holds it: exact numbers, dates, counted days with a time of day, errors."""
    match value:
        case {"error": str() as code}:
            return Failure(code)
        case {"date": str() as moment}:
            return _moment(datetime.fromisoformat(moment))
        case {"time": str() as time}:
            return _fraction(datetime.fromisoformat(f"2000-01-01T{time}"))
        case float():
            plain = Decimal(repr(value))
            return int(plain) if plain == plain.to_integral_value() else plain
    return value


def _moment(moment: datetime) -> object:
    if moment.time() == datetime.min.time():
        return moment.date()
    return (moment.date() - SERIAL_ZERO).days + _fraction(moment)


def _fraction(moment: datetime) -> Decimal:
    passed = timedelta(hours=moment.hour, minutes=moment.minute, seconds=moment.second, microseconds=moment.microsecond)
    return Decimal(round(passed.total_seconds() * 1000)) / Decimal(86_400_000)
