"""What a form about a new token holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from trellis.kernel.errors import FieldError, Invalid
from trellis.kernel.messages import Message
from trellis.web.http import Asked

LONGEST_NAME, MOST_DAYS = 80, 3650


@dataclass(frozen=True, slots=True)
class TokenGiven:
    """A token to be made; without roles it may use all of its user's."""

    name: str
    expires_at: datetime | None
    roles: tuple[str, ...] | None


async def posted(request: Asked) -> dict[str, list[str]]:
    """The fields of a form, each with all its values."""
    found: dict[str, list[str]] = {}
    for name, value in (await request.form()).items():
        if isinstance(value, str):
            found.setdefault(name, []).append(value)
    return found


def token_given(texts: Mapping[str, Sequence[str]], now: datetime) -> TokenGiven:
    """The token that a form asks for; raises Invalid."""
    name = next(iter(texts.get("name", [])), "").strip()[:LONGEST_NAME]
    if not name:
        text = Message("{label} is required.", {"label": Message("Name")})
        raise Invalid([FieldError("name", "required", text)])
    days = next(iter(texts.get("days", [])), "")
    expires = now + timedelta(days=int(days)) if days.isdigit() and 0 < int(days) <= MOST_DAYS else None
    roles = tuple(texts.get("roles", ()))
    return TokenGiven(name, expires, roles if "some" in texts.get("scope", ()) else None)
