"""A small identity provider (OpenID Connect) on a free local port; a test can make it lie."""

import base64
import hashlib
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey

from tests.support.answering import answering
from trellis.services.outgoing import Outgoing
from trellis.services.outgoing_rules import Rules

CLIENT, SECRET = "trellis", "s3cret+/&="


@cache
def signing_key(name: str) -> ECKey:
    """A key of the provider."""
    return ECKey.generate_key("P-256", {"kid": name, "use": "sig", "alg": "ES256"})


@dataclass
class Grant:
    """What a code stands for."""

    nonce: str
    challenge: str
    redirect_uri: str


@dataclass
class TestProvider:
    """Knows one person; `claims` are said of this person, `lies` change the token, `more` the description."""

    __test__ = False

    now: datetime
    issuer: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    lies: dict[str, Any] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)
    told: dict[str, Any] = field(default_factory=dict)
    key: str = "first"
    shown: tuple[str, ...] = ("first",)
    unsigned: bool = False
    codes: dict[str, Grant] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def outgoing(self) -> Outgoing:
        """What lets a server call this provider."""
        return Outgoing(Rules.read(self.issuer))

    def agree(self, url: str) -> dict[str, str]:
        """The person agrees: the parameters with which the browser is sent back."""
        asked = dict(parse_qsl(urlsplit(url).query))
        assert (asked["client_id"], asked["response_type"], asked["code_challenge_method"]) == (CLIENT, "code", "S256")
        code = secrets.token_urlsafe(8)
        self.codes[code] = Grant(asked["nonce"], asked["code_challenge"], asked["redirect_uri"])
        return {"code": code, "state": asked["state"], "iss": self.issuer}

    def reply(self, path: str, request: bytes) -> bytes:
        """One answer over HTTP."""
        head, _, body = request.partition(b"\r\n\r\n")
        place = urlsplit(path)
        self.asked.append(place.path)
        if place.path == "/authorize":
            url = dict(parse_qsl(place.query))["redirect_uri"] + "?" + urlencode(self.agree(path))
            return f"HTTP/1.1 302 Found\r\nLocation: {url}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
        answers = {
            "/.well-known/openid-configuration": self.description,
            "/keys": lambda: {"keys": [signing_key(name).as_dict(private=False) for name in self.shown]},
            "/userinfo": lambda: self.told,
            "/token": lambda: self.tokens(head.decode(), body.decode()),
        }
        return _json(answers[place.path]())

    def description(self) -> dict[str, Any]:
        """What it says about itself."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "authorization_response_iss_parameter_supported": True,
            **self.more,
        }

    def tokens(self, head: str, body: str) -> dict[str, Any]:
        """Tokens for a code, once, for whoever proves to be the client that asked for it."""
        form = {name: values[0] for name, values in parse_qs(body).items()}
        grant = self.codes.pop(form["code"], None)
        basic = base64.b64encode(f"{CLIENT}:s3cret%2B%2F%26%3D".encode()).decode()
        verifier = hashlib.sha256(form["code_verifier"].encode()).digest()
        if (
            grant is None
            or f"authorization: basic {basic}".lower() not in head.lower()
            or form["redirect_uri"] != grant.redirect_uri
            or base64.urlsafe_b64encode(verifier).decode().rstrip("=") != grant.challenge
        ):
            return {"error": "invalid_grant"}
        return {"access_token": "at", "token_type": "Bearer", "id_token": self.token(grant.nonce)}

    def token(self, nonce: str) -> str:
        """An ID token."""
        begun = int(self.now.timestamp())
        claims = {
            "iss": self.issuer, "aud": CLIENT, "sub": "sub-1", "iat": begun, "exp": begun + 300, "nonce": nonce,
            **self.claims, **self.lies,
        }  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.unsigned:
            return ".".join((_encoded({"alg": "none"}), _encoded(claims), ""))
        return jwt.encode({"alg": "ES256", "kid": self.key}, claims, signing_key(self.key), algorithms=["ES256"])


@asynccontextmanager
async def running_provider(now: datetime, **claims: Any) -> AsyncIterator[TestProvider]:
    """The provider, while it runs."""
    provider = TestProvider(now + timedelta(seconds=5), claims={"email_verified": True, **claims})
    async with answering(provider.reply) as server:
        provider.issuer = f"http://127.0.0.1:{server.port}"
        yield provider


def _json(value: Any) -> bytes:
    body = json.dumps(value).encode()
    status = "400 Bad Request" if isinstance(value, dict) and "error" in value else "200 OK"
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


def _encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
