"""What a provider says about itself (OpenID Connect Discovery 1.0), and its keys; both are remembered for a while."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import Key, KeySet

from trellis.kernel.errors import OutgoingFailed
from trellis.kernel.messages import Message
from trellis.services.context import Context, Home
from trellis.services.outgoing import Limits

REMEMBERED = timedelta(minutes=10)
AGAIN = timedelta(minutes=1)
"""An unknown key makes us ask anew, but not more often than this."""
JSON = ("application/json", "application/jwk-set+json")
_LIMITS = Limits(size=500_000, redirects=2, types=JSON)


class Description(msgspec.Struct, frozen=True):
    """Where a provider is, and what it can do."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


@dataclass(slots=True)
class _Known:
    description: Description
    keys: KeySet
    asked: datetime


_known: WeakKeyDictionary[Home, dict[str, _Known]] = WeakKeyDictionary()


async def describe(context: Context, issuer: str) -> Description:
    """What the provider says about itself; raises OutgoingRefused, OutgoingFailed."""
    return (await _provider(context, issuer, REMEMBERED)).description


async def keys(context: Context, issuer: str) -> KeySet:
    """The keys with which the provider signs."""
    return (await _provider(context, issuer, REMEMBERED)).keys


async def newer_keys(context: Context, issuer: str) -> KeySet:
    """The same, asked anew unless that was just done."""
    return (await _provider(context, issuer, AGAIN)).keys


async def asked_anew(context: Context, issuer: str) -> Description:
    """What the provider says at this moment, for who sets it up."""
    return (await _provider(context, issuer, timedelta(0))).description


async def _provider(context: Context, issuer: str, oldest: timedelta) -> _Known:
    known, now = _known.setdefault(context.home, {}), context.clock.now()
    found = known.get(issuer)
    if found is None or now - found.asked >= oldest:
        found = known[issuer] = await _ask(context, issuer, now)
    return found


async def _ask(context: Context, issuer: str, now: datetime) -> _Known:
    outgoing = context.home.outgoing
    answer = await outgoing.get(f"{issuer.rstrip('/')}/.well-known/openid-configuration", limits=_LIMITS)
    if answer.status != 200:
        raise OutgoingFailed(Message("The provider does not describe itself at this address."))
    try:
        description = msgspec.json.decode(answer.body, type=Description)
    except (msgspec.DecodeError, msgspec.ValidationError):
        raise OutgoingFailed(Message("The provider does not describe itself at this address.")) from None
    if description.issuer != issuer:
        raise OutgoingFailed(Message("The provider calls itself {issuer}.", {"issuer": description.issuer[:200]}))
    for url in (description.authorization_endpoint, description.token_endpoint, description.jwks_uri):
        outgoing.check(url)
    return _Known(description, await _keys(context, description.jwks_uri), now)


async def _keys(context: Context, url: str) -> KeySet:
    answer = await context.home.outgoing.get(url, limits=_LIMITS)
    try:
        found: Any = msgspec.json.decode(answer.body)
        wanted = [key for key in found["keys"] if key.get("use", "sig") == "sig" and key.get("kty") != "oct"]
        return KeySet(_readable(wanted))
    except (msgspec.DecodeError, KeyError, TypeError, AttributeError):
        raise OutgoingFailed(Message("The provider shows no keys.")) from None


def _readable(wanted: Sequence[dict[str, Any]]) -> list[Key]:
    """The keys that we understand; a provider may have others besides."""
    found: list[Key] = []
    for one in wanted:
        try:
            found += KeySet.import_key_set({"keys": [one]}).keys
        except (JoseError, ValueError):
            continue
    return found
