"""Moments as the fixed tables keep them: milliseconds since 1970 in UTC."""

from datetime import UTC, datetime, timedelta

_START = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def to_number(moment: datetime) -> int:
    """The number that is kept for a moment."""
    return (moment - _START) // _MILLISECOND


def from_number(number: int) -> datetime:
    """The moment of a number."""
    return _START + number * _MILLISECOND


def optional_moment(number: int | None) -> datetime | None:
    """The moment of a number that may be missing."""
    return None if number is None else from_number(number)
