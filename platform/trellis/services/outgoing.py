"""The only way to call a foreign address: nobody can make the server talk to what is behind its own firewall.

A name is resolved once, every address it has is checked, and the connection goes to the address that was checked, so
that a name which means something else a moment later (DNS rebinding) gains nothing. OWASP SSRF prevention, case 2.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import ip_address

import httpx
import structlog

from trellis.kernel.errors import OutgoingFailed, OutgoingRefused
from trellis.kernel.messages import Message
from trellis.services.outgoing_rules import Address, Rules, is_foreign

Resolve = Callable[[str, int], Awaitable[list[Address]]]

MOST_ADDRESSES = 4
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Limits:
    """What an answer may cost: bytes, seconds in all, redirects that are followed, types of content."""

    size: int = 1_000_000
    seconds: float = 10.0
    redirects: int = 0
    types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    content_type: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, repr=False)
class Call:
    """What is sent; neither headers nor content ever reach the log."""

    method: str
    url: httpx.URL
    headers: Mapping[str, str]
    content: bytes


async def resolved(host: str, port: int) -> list[Address]:
    """The addresses of a name, as the system knows them; also reads `127.1`, `0x7f000001` and the like."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(ip_address(str(place[0])) for *_, place in found))


@dataclass(frozen=True)
class Outgoing:
    """Calls foreign addresses within the rules."""

    rules: Rules = field(default_factory=Rules)
    resolve: Resolve = resolved
    trust: ssl.SSLContext | None = None

    async def get(self, url: str, *, headers: Mapping[str, str] | None = None, limits: Limits | None = None) -> Answer:
        """Read an address; raises OutgoingRefused, OutgoingFailed."""
        return await self._within(Call("GET", _parsed(url), headers or {}, b""), limits or Limits())

    async def post(
        self, url: str, content: bytes, *, headers: Mapping[str, str] | None = None, limits: Limits | None = None
    ) -> Answer:
        """Send something to an address; raises OutgoingRefused, OutgoingFailed."""
        return await self._within(Call("POST", _parsed(url), headers or {}, content), limits or Limits())

    def check(self, url: str) -> None:
        """Whether such an address may be called at all, before its name is resolved; raises OutgoingRefused."""
        self.rules.check(_parsed(url))

    async def _within(self, call: Call, limits: Limits) -> Answer:
        try:
            async with asyncio.timeout(limits.seconds):
                answer = await self._follow(call, limits)
        except (httpx.HTTPError, OSError, TimeoutError, ValueError) as error:
            _log.warning("outgoing_call_failed", host=call.url.host, error=type(error).__name__)
            raise OutgoingFailed from None
        except OutgoingRefused:
            _log.warning("outgoing_call_refused", host=call.url.host)
            raise
        _log.info("outgoing_call", host=call.url.host, method=call.method, status=answer.status)
        return answer

    async def _follow(self, call: Call, limits: Limits) -> Answer:
        for _ in range(limits.redirects + 1):
            answer = await self._send(call, limits)
            if isinstance(answer, Answer):
                return answer
            call = _redirected(call, answer)
        raise OutgoingRefused(Message("The other server redirects too often."))

    async def _send(self, call: Call, limits: Limits) -> Answer | httpx.URL:
        self.rules.check(call.url)
        addresses = await self._addresses(call.url)
        transport = httpx.AsyncHTTPTransport(verify=self._trust, trust_env=False)
        async with httpx.AsyncClient(transport=transport, trust_env=False, timeout=limits.seconds) as client:
            for address in addresses[:-1]:
                try:
                    return await _exchange(client, call, address, limits)
                except httpx.ConnectError:
                    continue
            return await _exchange(client, call, addresses[-1], limits)

    async def _addresses(self, url: httpx.URL) -> list[Address]:
        port = url.port or (443 if url.scheme == "https" else 80)
        found = (await self.resolve(url.host, port))[:MOST_ADDRESSES]
        if not found:
            raise OutgoingFailed
        if not all(self.rules.allows(url.host, port, address) or is_foreign(address) for address in found):
            raise OutgoingRefused
        return found

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        return self.trust or httpx.create_ssl_context()


async def _exchange(client: httpx.AsyncClient, call: Call, address: Address, limits: Limits) -> Answer | httpx.URL:
    """Speak to this very address as if it had been found by its name."""
    request = client.build_request(
        call.method,
        call.url.copy_with(host=str(address)),
        headers={
            "user-agent": "Trellis", "accept-encoding": "identity", **call.headers, "host": call.url.netloc.decode(),
        },
        content=call.content or None,
        extensions={"sni_hostname": call.url.host.rstrip(".")},
    )  # fmt: skip
    response = await client.send(request, stream=True, follow_redirects=False)
    try:
        if response.status_code in _REDIRECTS and limits.redirects and call.method == "GET":
            return call.url.join(response.headers.get("location", ""))
        return await _answer(response, limits)
    finally:
        await response.aclose()


async def _answer(response: httpx.Response, limits: Limits) -> Answer:
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if response.status_code in _REDIRECTS:
        raise OutgoingRefused(Message("The other server redirects to another address, which is not followed."))
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise OutgoingRefused(Message("The answer of the other server is compressed."))
    if limits.types and kind not in limits.types:
        raise OutgoingRefused(Message("The answer of the other server is of another kind than expected."))
    body = bytearray()
    async for piece in response.aiter_raw():
        body += piece
        if len(body) > limits.size:
            raise OutgoingRefused(Message("The answer of the other server is too large."))
    return Answer(response.status_code, kind, bytes(body))


def _redirected(call: Call, target: httpx.URL) -> Call:
    """The same question at another address; what proves who asks stays with the first."""
    same = (target.scheme, target.netloc) == (call.url.scheme, call.url.netloc)
    kept = {name: value for name, value in call.headers.items() if same or name.lower() == "accept"}
    return Call(call.method, target, kept, b"")


def _parsed(url: str) -> httpx.URL:
    try:
        return httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        raise OutgoingRefused from None
