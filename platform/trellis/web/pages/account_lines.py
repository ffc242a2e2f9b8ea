"""Sessions and tokens as pages list them: one's own, and those of a user that an administrator looks after."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from trellis.kernel.messages import Message
from trellis.services import accounts
from trellis.services.accounts import Session, Token
from trellis.services.context import Context
from trellis.services.oidc import Linked, only_way
from trellis.web.http import Asked, locale_of, session_secret
from trellis.web.render.browsers import browser_name
from trellis.web.render.environment import formats_of

METHODS: Mapping[str, Message] = {
    "password": Message("Password"),
    "link": Message("Link in a letter"),
    "impersonation": Message("In somebody's place"),
    "totp": Message("Code of an app"),
    "recovery": Message("Recovery code"),
    "oidc": Message("Another account"),
    "provider": Message("Second factor of the provider"),
}
"""What people call the ways of signing in, and what came on top (`password+totp`); a new way adds itself here."""


@dataclass(frozen=True, slots=True)
class SessionLine:
    """One browser; `here` is the one that shows the page."""

    key: str
    browser: str
    address: str
    methods: tuple[str | Message, ...]
    seen: str
    since: str
    here: bool
    acting: bool


@dataclass(frozen=True, slots=True)
class TokenLine:
    """One token; without roles it may use all of its user's."""

    id: str
    name: str
    prefix: str
    created: str
    used: str
    expires: str
    over: bool
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IdentityLine:
    """An account elsewhere with which a user signs in; `only` says that nothing else lets the user in."""

    key: str
    label: str
    email: str
    since: str
    used: str
    enabled: bool
    returns: bool
    only: bool


def identity_lines(
    request: Asked, context: Context, found: Sequence[Linked], *, has_password: bool
) -> tuple[IdentityLine, ...]:
    """The linked providers, as the reader reads moments."""
    formats = formats_of(request, context)
    return tuple(
        IdentityLine(
            one.key, one.label, one.email, formats.datetime(one.since), formats.datetime(one.used_at), one.enabled,
            one.returns, only_way(found, one.key, has_password=has_password),
        )
        for one in found
    )  # fmt: skip


def session_lines(request: Asked, context: Context, sessions: Iterable[Session]) -> tuple[SessionLine, ...]:
    """The browsers, as the reader reads moments."""
    formats, secret = formats_of(request, context), session_secret(request)
    return tuple(
        SessionLine(
            key=item.token_hash,
            browser=browser_name(item.agent),
            address=item.address,
            methods=tuple(METHODS.get(way.partition(":")[0], way) for way in item.method.split("+") if way),
            seen=formats.datetime(item.seen_at),
            since=formats.datetime(item.created_at),
            here=accounts.is_session(item, secret),
            acting=bool(item.impersonator),
        )
        for item in sessions
    )


def token_lines(request: Asked, context: Context, tokens: Iterable[Token]) -> tuple[TokenLine, ...]:
    """The tokens, with the names of their roles."""
    formats = formats_of(request, context)
    names = role_names(request, context)
    return tuple(
        TokenLine(
            id=item.id,
            name=item.name,
            prefix=item.prefix,
            created=formats.datetime(item.created_at),
            used=formats.datetime(item.last_used_at) if item.last_used_at else "",
            expires=formats.datetime(item.expires_at) if item.expires_at else "",
            over=item.expires_at is not None and item.expires_at <= context.now(),
            roles=tuple(names.get(role, role) for role in sorted(item.roles or ())),
        )
        for item in tokens
    )


def role_names(request: Asked, context: Context) -> dict[str, str]:
    """What the reader calls the roles, by their ids."""
    roles = context.snapshot.localised(locale_of(request, context)).roles
    return {key: role.label for key, role in roles.items()}
