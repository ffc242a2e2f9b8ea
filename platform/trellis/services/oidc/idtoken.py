"""Whether an ID token is what it says (OpenID Connect Core 1.0, section 3.1.3.7)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from trellis.kernel.errors import Unauthenticated
from trellis.kernel.messages import Message

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")
"""Signatures with a public key only: neither `none` nor one with a shared secret."""
LEEWAY = 60
LONGEST = 20_000


@dataclass(frozen=True, slots=True)
class Expected:
    """What the token must say."""

    issuer: str
    client_id: str
    nonce: str


class UnknownKey(Exception):
    """The token names a key that is not there."""


def verified(token: str, keys: KeySet, expected: Expected, now: datetime) -> dict[str, Any]:
    """The claims of a token; raises Unauthenticated for any doubt, and UnknownKey."""
    if len(token) > LONGEST:
        raise refused()
    try:
        found = jwt.decode(token, keys, algorithms=list(ALGORITHMS))
    except InvalidKeyIdError:
        raise UnknownKey from None
    except (JoseError, ValueError, TypeError):
        raise refused() from None
    registry = jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=LEEWAY,
        iss={"essential": True, "value": expected.issuer},
        aud={"essential": True, "value": expected.client_id},
        exp={"essential": True},
        iat={"essential": True},
        sub={"essential": True},
        nonce={"essential": True, "value": expected.nonce},
    )
    try:
        registry.validate(found.claims)
    except JoseError:
        raise refused() from None
    return _sound(dict(found.claims), expected)


def _sound(claims: dict[str, Any], expected: Expected) -> dict[str, Any]:
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", expected.client_id) != expected.client_id or (several and "azp" not in claims):
        raise refused()
    if not claims["sub"] or len(claims["sub"]) > 255:
        raise refused()
    return claims


def refused() -> Unauthenticated:
    """The one sentence for whatever is wrong: the log says more."""
    return Unauthenticated(Message("The sign-in with this provider did not work. Try again."))
