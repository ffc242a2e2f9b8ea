"""Slows down who tries too often: counts by account, by browser and by network, kept in the database for all processes.

A lock never outlasts its longest time, and a browser in which the user was signed in before counts on its own
(https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies), so that a stranger who guesses
cannot keep the user out.
"""

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from trellis.storage import attempts
from trellis.storage.connection import Connection

KEEP = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Limit:
    """How many tries are free, how long the first wait is, which doubles with each try, and when all is forgotten."""

    name: str
    free: int
    first: timedelta
    longest: timedelta
    forget: timedelta = timedelta(days=1)

    def wait(self, count: int) -> timedelta:
        """How long nobody may try after so many tries."""
        return min(self.longest, self.first * 2 ** min(count - self.free, 16)) if count >= self.free else timedelta(0)


ACCOUNT = Limit("account", 5, timedelta(seconds=1), timedelta(minutes=15))
"""Wrong passwords for one address of mail, whether anybody has it or not."""
BROWSER = Limit("browser", 5, timedelta(seconds=1), timedelta(minutes=15))
"""Wrong passwords from a browser in which the user was signed in before."""
NETWORK = Limit("network", 30, timedelta(seconds=10), timedelta(minutes=15), timedelta(hours=1))
"""Wrong passwords from one network address, for whomever."""
RESET = Limit("reset", 3, timedelta(minutes=20), timedelta(hours=4))
"""Letters to one address about a new password."""
RESET_NETWORK = Limit("reset-network", 20, timedelta(minutes=1), timedelta(hours=1))
"""Requests for such letters from one network address."""
INVITE = Limit("invite", 5, timedelta(minutes=10), timedelta(hours=4))
"""Invitations of one user."""
INVITES = Limit("invites", 100, timedelta(minutes=1), timedelta(hours=1), timedelta(hours=1))
"""Invitations by one user."""
LINK_NETWORK = Limit("link-network", 30, timedelta(seconds=10), timedelta(minutes=15), timedelta(hours=1))
"""Links that are not good, opened from one network address."""
REVEAL = Limit("reveal", 60, timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=5))
"""Masked values that one user has shown to himself without a break."""


async def tried(connection: Connection, limit: Limit, subject: str, now: datetime) -> bool:
    """Count a try; False when it may not be made yet, which does not count."""
    return await tries(connection, limit, subject, now) > 0


async def tries(connection: Connection, limit: Limit, subject: str, now: datetime) -> int:
    """Count a try; how many it makes, 0 when it may not be made yet. As many as are free lock the next one for a while."""
    key = key_of(limit, subject)
    count = await attempts.count(connection, key, now, now - limit.forget)
    if count is None:
        return 0
    if count >= limit.free:
        await attempts.lock(connection, key, now + limit.wait(count))
    return count


async def forgiven(connection: Connection, limit: Limit, subject: str) -> None:
    """The tries were in good faith."""
    await attempts.forget(connection, key_of(limit, subject))


async def taken_back(connection: Connection, limit: Limit, subject: str) -> None:
    """The last try was in good faith; what came before still counts."""
    await attempts.take_back(connection, key_of(limit, subject))


def key_of(limit: Limit, subject: str) -> str:
    """What the database keeps in the place of an address."""
    return f"{limit.name}:{hashlib.sha256(subject.encode()).hexdigest()[:40]}"


def network_of(address: str) -> str:
    """What one person can hardly have many of: an IPv4 address, or the /64 of an IPv6 address (RFC 6177)."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 6 and parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else str(parsed)
