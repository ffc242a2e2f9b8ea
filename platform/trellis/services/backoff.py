"""How long somebody who guesses has to wait."""

from datetime import datetime, timedelta

from trellis.kernel.errors import TooManyRequests
from trellis.kernel.messages import Message

FREE_FAILURES = 5
LONGEST_LOCK = timedelta(minutes=15)


def lock_time(failed: int) -> timedelta:
    """How long nobody may try after so many wrong tries in a row."""
    return min(LONGEST_LOCK, timedelta(seconds=2 ** min(failed - FREE_FAILURES, 16)))


def locked_until(failed: int, now: datetime) -> datetime | None:
    """Until when nobody may try; None while failures are free."""
    return now + lock_time(failed) if failed >= FREE_FAILURES else None


def refuse_while_locked(until: datetime | None, now: datetime) -> None:
    """Raises TooManyRequests until then."""
    if until is not None and until > now:
        raise TooManyRequests(Message("Too many wrong codes. Try again in a few minutes."))
