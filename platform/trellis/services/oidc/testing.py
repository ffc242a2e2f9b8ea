"""Whether a provider answers as a sign-in needs it, told in words before anybody depends on it."""

from dataclasses import dataclass

from trellis.kernel.errors import TrellisError
from trellis.kernel.messages import Message
from trellis.services.context import Context
from trellis.services.oidc import discovery, registry


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, and whether it is well."""

    well: bool
    text: Message


async def tested(context: Context, provider_id: str) -> list[Finding]:
    """What a look at the provider shows; raises Forbidden, NotFound."""
    provider = await registry.provider(context, provider_id)
    try:
        description = await discovery.asked_anew(context, provider.issuer)
        count = len((await discovery.keys(context, provider.issuer)).keys)
        secret = await registry.secret_of(context, provider_id)
    except TrellisError as error:
        return [Finding(False, error.message)]
    methods = description.token_endpoint_auth_methods_supported
    usable = not secret or bool({"client_secret_basic", "client_secret_post"} & set(methods))
    return [
        Finding(True, Message("The provider describes itself, and its name is right.")),
        Finding(count > 0, Message("Keys with which it signs: {count}", {"count": count})),
        Finding(usable, Message("How we prove who we are: {methods}", {"methods": ", ".join(methods)})),
    ]
