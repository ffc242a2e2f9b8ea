"""The two servers of a comparison, filled with the same deals, and how to talk to them."""

import contextlib
import re
import secrets
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlencode

import msgspec

from bench.load import Answer, ask
from bench.processes import Process, free_port, served

PASSWORD = "bench-" + secrets.token_hex(8)
ADMIN = "admin@example.com"
UNDISTURBED = {"TRELLIS_RATE_PERSON": "0", "TRELLIS_RATE_NETWORK": "0", "TRELLIS_AUDIT_VERIFY": "off"}
"""No limits, and no nightly work in the middle of a measurement."""


@dataclass
class Side:
    """A server with what is needed to ask it: identifiers of its records and a way to sign in."""

    name: str
    process: Process
    token: str
    cookie: str = ""
    ids: list[str] = field(default_factory=list)
    accounts: dict[str, str] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    resident: int = 0
    _created: int = 0

    def request(self, method: str, path: str, body: bytes = b"", headers: str = "") -> bytes:
        """The text of a request, with the token for the API and the cookie for pages."""
        who = f"authorization: Bearer {self.token}" if path.startswith("/api/") else f"cookie: {self._cookie()}"
        head = f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{self.process.port}\r\n{who}\r\n{headers}"
        if body:
            head += f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
        return head.encode() + b"\r\n" + body

    def _cookie(self) -> str:
        self.cookie = self.cookie or _signed_in(self)
        return self.cookie

    def get(self, path: str) -> Answer:
        """Ask once; anything but 200 is an error."""
        answer = ask(self.process.port, self.request("GET", path))
        if answer.status != 200:
            raise Refused(f"{self.name}: {path}: {answer.status} {answer.body[:500]!r}")
        return answer

    def created(self) -> int:
        """A number from which keys of new records are free."""
        self._created += 1_000_000
        return self._created


class Refused(Exception):
    """A server did not answer what was expected."""


@contextlib.contextmanager
def hand_written(database: str, folder: Path) -> Iterator[Side]:
    """The hand-written server on its own database."""
    token = secrets.token_hex(16)
    port = free_port()
    command = [sys.executable, "-m", "bench.baseline", database, str(port)]
    with served(command, {"BENCH_TOKEN": token}, port=port, log=folder / "hand-written.log") as process:
        side = Side("hand-written", process, token, f"session={token}")
        for path in ("", "/accounts", "/people"):
            items = msgspec.json.decode(side.get(f"/api/keys{path}").body)
            _take(side, path, items)
        yield side


def _take(side: Side, path: str, items: dict[str, str]) -> None:
    match path:
        case "/accounts":
            side.accounts = items
        case "/people":
            side.people = items
        case _:
            side.ids = list(items.values())


@contextlib.contextmanager
def trellis(settings: dict[str, str], token: str, folder: Path) -> Iterator[Side]:
    """Our server on a workspace that is filled already with deals."""
    with trellis_server(settings, token, folder) as side:
        side.ids = list(_keys(side, "sales.opportunity", "external_id").values())
        side.accounts = _keys(side, "sales.account", "external_id")
        side.people = _keys(side, "core.user", "email")
        yield side


@contextlib.contextmanager
def trellis_server(settings: dict[str, str], token: str, folder: Path) -> Iterator[Side]:
    """Our server on whatever its workspace holds."""
    port = free_port()
    environment = {**settings, "PORT": str(port), "TRELLIS_ADMIN_PASSWORD": PASSWORD, **UNDISTURBED}
    command = [sys.executable, "-m", "trellis", "serve"]
    with served(command, environment, port=port, log=folder / "trellis.log") as process:
        yield Side("trellis", process, token, resident=process.resident())


def _keys(side: Side, entity: str, key: str) -> dict[str, str]:
    """The identifiers of all records of an entity by a key of theirs."""
    found: dict[str, str] = {}
    first = f"/api/v1/records/{entity}?fields={key}&limit=2000"
    path = first
    while True:
        page = msgspec.json.decode(side.get(path).body)
        found |= {item[key]: item["id"] for item in page["items"] if item.get(key)}
        if page["next"] is None:
            return found
        path = f"{first}&{urlencode({'cursor': page['next']})}"


def _signed_in(side: Side) -> str:
    """The cookie of a session, as a browser would get it."""
    form = ask(side.process.port, _page_request(side, "GET", "/login"))
    jar = _cookies(form)
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form.body.decode()))
    names = {"email": ADMIN, "password": PASSWORD, **hidden}
    answer = ask(side.process.port, _page_request(side, "POST", "/login", urlencode(names), jar))
    jar |= _cookies(answer)
    if answer.status not in (302, 303):
        raise Refused(f"sign in: {answer.status} {answer.body[:500]!r}")
    return "; ".join(f"{name}={value}" for name, value in jar.items())


def _page_request(side: Side, method: str, path: str, body: str = "", jar: dict[str, str] | None = None) -> bytes:
    origin = f"127.0.0.1:{side.process.port}"
    head = f"{method} {path} HTTP/1.1\r\nhost: {origin}\r\norigin: http://{origin}\r\naccept: text/html\r\n"
    head += "".join(f"cookie: {name}={value}\r\n" for name, value in (jar or {}).items())
    if body:
        head += f"content-type: application/x-www-form-urlencoded\r\ncontent-length: {len(body)}\r\n"
    return (head + "\r\n" + body).encode()


def _cookies(answer: Answer) -> dict[str, str]:
    found = re.findall(rb"(?im)^set-cookie: ([^=]+)=([^;\r]*)", answer.head)
    return {quote(name.decode()): value.decode() for name, value in found}
