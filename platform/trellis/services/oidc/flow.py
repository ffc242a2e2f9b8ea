"""The authorization code flow with PKCE (RFC 6749, RFC 7636; OpenID Connect Core 1.0, section 3.1; RFC 9700)."""

import base64
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
import structlog
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from trellis.kernel.errors import NotFound, SecretKeyMissing, TrellisError, Unauthenticated
from trellis.kernel.messages import Message
from trellis.services.context import Context
from trellis.services.oidc import discovery, idtoken, registry
from trellis.services.oidc.discovery import Description
from trellis.services.oidc.idtoken import Expected, UnknownKey, refused
from trellis.services.oidc.registry import Provider
from trellis.services.outgoing import Limits

LONGEST = timedelta(minutes=10)
PLACE = "oidc journey"
_LIMITS = Limits(size=100_000, types=("application/json",))
_log = structlog.get_logger()


class Journey(msgspec.Struct, frozen=True, array_like=True):
    """What we must know again when somebody comes back from a provider; kept sealed in the browser."""

    provider: str
    state: str
    nonce: str
    verifier: str
    redirect_uri: str
    target: str
    begun: float


@dataclass(frozen=True, slots=True)
class Departure:
    """Where to send the browser, and the sealed journey that it keeps."""

    url: str
    sealed: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """Who came back: the provider, its claims, and where the person wanted to go."""

    provider: Provider
    claims: Mapping[str, Any]
    target: str


async def depart(context: Context, provider_id: str, redirect_uri: str, target: str) -> Departure:
    """Begin a sign-in; raises NotFound, OutgoingRefused, OutgoingFailed."""
    provider = await _open(context, provider_id)
    description = await discovery.describe(context, provider.issuer)
    now = context.clock.now().timestamp()
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    journey = Journey(provider.id, state, nonce, verifier, redirect_uri, target, now)
    url = prepare_grant_uri(
        description.authorization_endpoint,
        provider.client_id,
        "code",
        redirect_uri,
        scope=" ".join(provider.options.scopes),
        state=state,
        nonce=nonce,
        code_challenge=create_s256_code_challenge(verifier),
        code_challenge_method="S256",
    )
    return Departure(url, context.home.vault.seal(msgspec.json.encode(journey).decode(), PLACE))


async def arrive(context: Context, provider_id: str, sealed: str, answer: Mapping[str, str]) -> Arrival:
    """Who comes back with the answer of a provider; raises Unauthenticated for any doubt, NotFound."""
    provider = await _open(context, provider_id)
    try:
        journey = _journey(context, provider, sealed, answer)
        description = await discovery.describe(context, provider.issuer)
        _same_provider(description, answer)
        claims = await _claims(context, provider, description, journey, answer.get("code", ""))
    except Unauthenticated:
        _log.warning("oidc_refused", provider=provider.id)
        raise
    except TrellisError as error:
        _log.warning("oidc_failed", provider=provider.id, error=error.code)
        raise refused() from None
    return Arrival(provider, claims, journey.target)


async def _open(context: Context, provider_id: str) -> Provider:
    found = await registry.known(context, provider_id)
    if not found.enabled:
        raise NotFound
    return found


def _journey(context: Context, provider: Provider, sealed: str, answer: Mapping[str, str]) -> Journey:
    """The journey this answer belongs to: of this browser, to this provider, not long ago."""
    try:
        journey = msgspec.json.decode(context.home.vault.unseal(sealed, PLACE), type=Journey)
    except (SecretKeyMissing, msgspec.DecodeError):
        raise refused() from None
    old = context.clock.now().timestamp() - journey.begun > LONGEST.total_seconds()
    same = hmac.compare_digest(journey.state.encode(), answer.get("state", "").encode())
    if old or not same or journey.provider != provider.id:
        raise refused()
    if answer.get("error") == "access_denied":
        raise Unauthenticated(Message("The sign-in was cancelled."))
    if not answer.get("code") or answer.get("error"):
        raise refused()
    return journey


def _same_provider(description: Description, answer: Mapping[str, str]) -> None:
    """Raises Unauthenticated for the answer of another provider (RFC 9207)."""
    named = answer.get("iss")
    if named is None and not description.authorization_response_iss_parameter_supported:
        return
    if named != description.issuer:
        raise refused()


async def _claims(
    context: Context, provider: Provider, description: Description, journey: Journey, code: str
) -> Mapping[str, Any]:
    tokens = await _exchanged(context, provider, description, journey, code)
    expected = Expected(provider.issuer, provider.client_id, journey.nonce)
    token, now = str(tokens.get("id_token", "")), context.clock.now()
    try:
        claims = idtoken.verified(token, await discovery.keys(context, provider.issuer), expected, now)
    except UnknownKey:
        try:
            claims = idtoken.verified(token, await discovery.newer_keys(context, provider.issuer), expected, now)
        except UnknownKey:
            raise refused() from None
    if "email" not in claims and description.userinfo_endpoint:
        return {**await _told(context, description, claims["sub"], str(tokens.get("access_token", ""))), **claims}
    return claims


async def _exchanged(
    context: Context, provider: Provider, description: Description, journey: Journey, code: str
) -> Mapping[str, Any]:
    """The tokens that the provider gives for a code, once."""
    secret = await registry.secret_of(context, provider.id)
    form = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": journey.redirect_uri,
        "code_verifier": journey.verifier, "client_id": provider.client_id,
    }  # fmt: skip
    headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
    if secret and "client_secret_basic" in description.token_endpoint_auth_methods_supported:
        headers["authorization"] = _basic(provider.client_id, secret)
    elif secret:
        form["client_secret"] = secret
    url, outgoing = description.token_endpoint, context.home.outgoing
    answer = await outgoing.post(url, urlencode(form).encode(), headers=headers, limits=_LIMITS)
    return _members(answer.body) if answer.status == 200 else {}


async def _told(context: Context, description: Description, subject: str, access_token: str) -> Mapping[str, Any]:
    """What the provider tells about the person besides (section 5.3); nothing when it is about somebody else."""
    headers = {"authorization": f"Bearer {access_token}", "accept": "application/json"}
    answer = await context.home.outgoing.get(description.userinfo_endpoint, headers=headers, limits=_LIMITS)
    told = _members(answer.body) if answer.status == 200 else {}
    return told if told.get("sub") == subject else {}


def _basic(client_id: str, secret: str) -> str:
    """Both parts are form-encoded before they are joined (RFC 6749, section 2.3.1)."""
    return "Basic " + base64.b64encode(f"{quote(client_id, safe='')}:{quote(secret, safe='')}".encode()).decode()


def _members(body: bytes) -> Mapping[str, Any]:
    try:
        found = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return {}
    return found if isinstance(found, dict) else {}
