"""What an installation demands of accounts."""

from dataclasses import dataclass
from datetime import timedelta

from trellis.kernel.settings import Settings

SHORTEST_EVER = 8


@dataclass(frozen=True, slots=True)
class AccountRules:
    """How long a password must be, and how long a browser stays signed in: unused, and at all."""

    shortest_password: int = 12
    idle: timedelta = timedelta(days=7)
    longest: timedelta = timedelta(days=30)
    public_url: str = "http://localhost:8000"
    """Where people reach the server, for the links in letters; without a slash at the end."""


def account_rules(settings: Settings) -> AccountRules:
    """The demands of the settings; a password never has fewer than eight characters (NIST SP 800-63B)."""
    return AccountRules(
        shortest_password=max(SHORTEST_EVER, int(settings.password_length)),
        idle=timedelta(hours=float(settings.session_idle)),
        longest=timedelta(hours=float(settings.session_longest)),
        public_url=(settings.public_url or f"http://localhost:{settings.port}").rstrip("/"),
    )
