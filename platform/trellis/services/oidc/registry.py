"""Identity providers of a workspace: who runs them, what they may decide here."""

import re
from dataclasses import dataclass, field, replace

import msgspec

from trellis.kernel.errors import FieldError, Invalid, NotFound, TrellisError
from trellis.kernel.messages import Message
from trellis.services import audit
from trellis.services.administering import require_users
from trellis.services.context import Context
from trellis.storage import providers as storage
from trellis.storage.providers import ProviderRow

_ID = re.compile(r"[a-z][a-z0-9-]{0,30}")
_DOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+")


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider may decide; `roles` says which roles a value of the claim `roles_claim` gives."""

    domains: tuple[str, ...] = ()
    link: bool = True
    create: bool = False
    default_roles: tuple[str, ...] = ()
    roles_claim: str = ""
    roles: dict[str, tuple[str, ...]] = {}
    strong: bool = False
    scopes: tuple[str, ...] = ("openid", "email", "profile")


@dataclass(frozen=True, slots=True)
class Provider:
    """An identity provider (OpenID Connect); the secret is empty unless it is about to be kept."""

    id: str
    label: str
    issuer: str
    client_id: str
    options: Options = field(default_factory=Options)
    enabled: bool = True
    client_secret: str = field(default="", repr=False)


async def providers(context: Context) -> list[Provider]:
    """All providers, for who administers users; raises Forbidden."""
    require_users(context)
    async with context.database.read(context.workspace) as connection:
        return [_provider(row) for row in await storage.providers(connection)]


async def buttons(context: Context) -> list[tuple[str, str]]:
    """Id and label of each provider with which people can sign in now."""
    async with context.database.read(context.workspace) as connection:
        return [(row.id, row.label) for row in await storage.providers(connection) if row.enabled]


async def provider(context: Context, provider_id: str) -> Provider:
    """One of them; raises Forbidden, NotFound."""
    require_users(context)
    return await known(context, provider_id)


async def known(context: Context, provider_id: str) -> Provider:
    """One of them, for the platform itself; raises NotFound."""
    return _provider(await _row(context, provider_id))


async def secret_of(context: Context, provider_id: str) -> str:
    """What we prove ourselves with; empty for a provider without. Raises NotFound, SecretKeyMissing."""
    row = await _row(context, provider_id)
    return context.home.vault.unseal(row.client_secret, _place(row.id)) if row.client_secret else ""


async def save(context: Context, new: Provider) -> None:
    """Add or change a provider; an empty secret keeps the one there is. Raises Forbidden, Invalid."""
    require_users(context)
    new = replace(new, issuer=new.issuer.strip(), client_id=new.client_id.strip(), label=new.label.strip())
    errors = list(_errors(context, new))
    if errors:
        raise Invalid(errors)
    async with context.database.write(context.workspace) as connection:
        before = await storage.provider(connection, new.id)
        secret = "" if before is None else before.client_secret
        if new.client_secret:
            secret = context.home.vault.seal(new.client_secret, _place(new.id))
        row = ProviderRow(
            new.id, new.label, new.issuer, new.client_id, secret, msgspec.json.encode(new.options).decode(),
            new.enabled, context.now(), context.actor.id,
        )  # fmt: skip
        await storage.save_provider(connection, row)
        added = before is None
        await audit.note(context, connection, "provider.changed", provider=new.id, issuer=new.issuer, added=added)


async def remove(context: Context, provider_id: str) -> None:
    """Nobody signs in with it any more; raises Forbidden, NotFound."""
    require_users(context)
    async with context.database.write(context.workspace) as connection:
        if not await storage.remove_provider(connection, provider_id):
            raise NotFound
        await audit.note(context, connection, "provider.changed", provider=provider_id, removed=True)


def _errors(context: Context, new: Provider) -> list[FieldError]:
    errors = []
    if not _ID.fullmatch(new.id):
        text = Message("Only small letters, digits and dashes, and a letter first.")
        errors.append(FieldError("id", "pattern", text))
    for key, value, label in (
        ("label", new.label, Message("Name")),
        ("client_id", new.client_id, Message("Client ID")),
    ):
        if not value or len(value) > 300:
            errors.append(FieldError(key, "required", Message("{label} is required.", {"label": label})))
    try:
        context.home.outgoing.check(new.issuer)
    except TrellisError as error:
        errors.append(FieldError("issuer", error.code, error.message))
    for domain in new.options.domains:
        if not _DOMAIN.fullmatch(domain):
            text = Message("{domain} is not a domain such as example.com.", {"domain": domain})
            errors.append(FieldError("domains", "pattern", text))
    return [*errors, *_role_errors(context, new.options)]


def _role_errors(context: Context, options: Options) -> list[FieldError]:
    named = {
        "default_roles": options.default_roles,
        "roles": [role for roles in options.roles.values() for role in roles],
    }
    return [
        FieldError(key, "unknown_role", Message("There is no role {role}.", {"role": role}))
        for key, roles in named.items()
        for role in roles
        if role not in context.snapshot.roles
    ]


async def _row(context: Context, provider_id: str) -> ProviderRow:
    async with context.database.read(context.workspace) as connection:
        row = await storage.provider(connection, provider_id)
    if row is None:
        raise NotFound
    return row


def options_of(row: ProviderRow) -> Options:
    """What a provider may decide, as it is kept."""
    return msgspec.json.decode(row.options, type=Options)


def _provider(row: ProviderRow) -> Provider:
    return Provider(row.id, row.label, row.issuer, row.client_id, options_of(row), row.enabled)


def _place(provider_id: str) -> str:
    return f"identity_provider/{provider_id}"
