"""Which user somebody of a provider is here, and with which roles."""

from collections.abc import Mapping
from typing import Any

import structlog

from trellis.kernel.errors import Invalid, Unauthenticated
from trellis.kernel.messages import Message
from trellis.services import accounts, audit
from trellis.services.context import Context
from trellis.services.oidc.flow import Arrival
from trellis.services.oidc.registry import Options
from trellis.storage import people, providers
from trellis.storage.people import USER
from trellis.storage.providers import Identity

_log = structlog.get_logger()


async def user_of(context: Context, arrival: Arrival) -> str:
    """The user who came back from a provider, linked or made as the provider may; raises Unauthenticated."""
    options, claims, subject = arrival.provider.options, arrival.claims, str(arrival.claims["sub"])
    email = verified_email(claims)
    if options.domains and email.rpartition("@")[2] not in options.domains:
        raise _stranger(arrival, "domain")
    async with context.database.read(context.workspace) as connection:
        known = await providers.identity(connection, arrival.provider.id, subject)
    user = known.user_id if known is not None else await _newcomer(context, arrival, email)
    await _remember(context, Identity(arrival.provider.id, subject, user, email), first=known is None)
    await _give_roles(context, user, options, claims)
    return user


def verified_email(claims: Mapping[str, Any]) -> str:
    """The address, in small letters, if the provider says that it belongs to the person; else nothing."""
    email = claims.get("email")
    return email.strip().lower() if isinstance(email, str) and claims.get("email_verified") is True else ""


def wanted_roles(held: frozenset[str], options: Options, claims: Mapping[str, Any]) -> frozenset[str]:
    """The roles after a sign-in: those that are not mapped stay, mapped ones are as the claim says."""
    mapped = {role for roles in options.roles.values() for role in roles}
    given = {role for value in _values(claims, options.roles_claim) for role in options.roles.get(value, ())}
    return frozenset((held - mapped) | given)


def _values(claims: Mapping[str, Any], path: str) -> list[str]:
    """The texts of a claim; `realm_access.roles` looks inside, unless a claim has just that name."""
    found: Any = claims.get(path)
    if found is None:
        found = claims
        for part in path.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
    values = found if isinstance(found, list) else [found]
    return [value for value in values if isinstance(value, str)]


async def _newcomer(context: Context, arrival: Arrival, email: str) -> str:
    """Somebody who was never here with this provider: the user with the same address, or a new one."""
    options = arrival.provider.options
    if not email:
        raise _stranger(arrival, "unverified email")
    async with context.database.read(context.workspace) as connection:
        person = await people.with_email(connection, context.release.statements, email)
    if person is not None and options.link:
        return person.id
    if person is not None or not options.create:
        raise _stranger(arrival, "no account")
    name = str(arrival.claims.get("name") or email.partition("@")[0])[:200]
    roles = [role for role in options.default_roles if role in context.snapshot.roles]
    try:
        return await accounts.create_user(context.as_system(), email=email, name=name, roles=roles)
    except Invalid:
        raise _stranger(arrival, "values") from None


async def _remember(context: Context, found: Identity, *, first: bool) -> None:
    async with context.database.write(context.workspace) as connection:
        await providers.save_identity(connection, found, context.now())
        if first:
            kind = "identity.linked"
            await audit.note(context, connection, kind, entity=USER, record=found.user_id, provider=found.provider)


async def _give_roles(context: Context, user: str, options: Options, claims: Mapping[str, Any]) -> None:
    if not options.roles_claim or not options.roles:
        return
    held = await accounts.roles_of(context, user)
    wanted = wanted_roles(held, options, claims)
    known = frozenset(role for role in wanted if role in context.snapshot.roles or role in held)
    if known == held:
        return
    try:
        await accounts.assign_roles(context.as_system(), user, known)
    except Invalid:
        _log.warning("oidc_roles_kept", user=user)


def _stranger(arrival: Arrival, reason: str) -> Unauthenticated:
    _log.warning("oidc_stranger", provider=arrival.provider.id, reason=reason)
    return Unauthenticated(Message("There is no account for you here. Ask an administrator."))
