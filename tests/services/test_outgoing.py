"""Calls to foreign addresses; the far servers are local ones that the resolver of the test knows by name."""

from ipaddress import ip_address
from pathlib import Path

import pytest
import structlog

from tests.support.answering import answering, certificate
from trellis.kernel.errors import OutgoingFailed, OutgoingRefused, TrellisError
from trellis.services.outgoing import Limits, Outgoing
from trellis.services.outgoing_rules import Address, Rules

PLATFORM = Path(__file__).parents[2] / "platform" / "trellis"
HERE = ip_address("127.0.0.1")


def page(body: bytes, kind: str = "application/json", more: str = "") -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}Connection: close\r\n\r\n"
    return head.encode() + body


def moved(target: str) -> bytes:
    return f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()


class Names:
    """A name server whose answers can change."""

    def __init__(self, *answers: list[Address]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> list[Address]:
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "localhost", "LOCALHOST.",
        "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::]", "0", "0.0.0.0", "127.0.0.1.", "１２７.0.0.1", "169.254.169.254",
        "[fd00:ec2::254]", "user@127.0.0.1", "example.com@127.0.0.1", "example.com%00@127.0.0.1", "127.0.0.1\\@example.com",
        "10.0.0.1", "[64:ff9b::7f00:1]",
    ],
)  # fmt: skip
async def test_no_spelling_of_an_inner_address_is_called(host: str) -> None:
    async with answering(lambda *_: page(b"{}")) as server:
        with pytest.raises((OutgoingRefused, OutgoingFailed)):
            await Outgoing(Rules.read(f"http://allowed:{server.port}")).get(f"https://{host}:{server.port}/")

    assert server.heard == []


async def test_an_allowed_place_is_called_under_its_name() -> None:
    names = Names([HERE])
    async with answering(lambda *_: page(b'{"a": 1}')) as server:
        outgoing = Outgoing(Rules.read(f"http://idp.intern:{server.port}"), names)
        answer = await outgoing.get(f"http://idp.intern:{server.port}/x?y=1", headers={"accept": "application/json"})

    assert (answer.status, answer.content_type, answer.body) == (200, "application/json", b'{"a": 1}')
    assert f"\r\nHost: idp.intern:{server.port}\r\n".lower().encode() in server.heard[0].lower()
    assert server.heard[0].startswith(b"GET /x?y=1 ")


async def test_a_name_is_asked_once_and_the_checked_address_is_called() -> None:
    names = Names([ip_address("127.0.0.2")], [HERE])
    rules = Rules.read("127.0.0.2/32")
    async with answering(lambda *_: page(b"{}")) as server:
        with pytest.raises(OutgoingFailed):
            await Outgoing(rules, names).get(f"https://rebinding.example:{server.port}/")

    assert names.asked == ["rebinding.example"]
    assert server.heard == []


async def test_one_inner_address_among_foreign_ones_is_enough_to_refuse() -> None:
    with pytest.raises(OutgoingRefused):
        await Outgoing(Rules(), Names([ip_address("8.8.8.8"), ip_address("10.0.0.1")])).get("https://both.example/")


async def test_tls_shows_and_checks_the_name_while_the_address_is_dialled(tmp_path: Path) -> None:
    shown, trust = certificate("idp.example", str(tmp_path))
    async with answering(lambda *_: page(b"{}"), shown) as server:
        rules = Rules.read(f"idp.example:{server.port},other.example:{server.port}")
        outgoing = Outgoing(rules, Names([HERE]), trust)
        assert (await outgoing.get(f"https://idp.example:{server.port}/")).status == 200
        with pytest.raises(OutgoingFailed):
            await outgoing.get(f"https://other.example:{server.port}/")

    assert server.names == ["idp.example", "other.example"]
    assert len(server.heard) == 1


async def test_a_redirect_is_followed_only_where_that_is_wanted_and_checked_again() -> None:
    targets = {"/1": "/2", "/in": "https://10.0.0.1/", "/http": "http://169.254.169.254/latest", "/round": "/round"}

    def reply(path: str, _: bytes) -> bytes:
        return moved(targets[path]) if path in targets else page(b"there")

    async with answering(reply) as server:
        outgoing, base = Outgoing(Rules.read(f"http://a:{server.port}"), Names([HERE])), f"http://a:{server.port}"
        assert (await outgoing.get(f"{base}/1", limits=Limits(redirects=1))).body == b"there"
        for path in ("/in", "/http", "/round"):
            with pytest.raises(OutgoingRefused):
                await outgoing.get(base + path, limits=Limits(redirects=3))
        with pytest.raises(OutgoingRefused):
            await outgoing.get(f"{base}/1")
        with pytest.raises(OutgoingRefused):
            await outgoing.post(f"{base}/1", b"x", limits=Limits(redirects=3))


async def test_what_proves_who_asks_does_not_follow_to_another_place() -> None:
    async with (
        answering(lambda *_: page(b"{}")) as second,
        answering(lambda *_: moved(f"http://b:{second.port}/")) as first,
    ):
        outgoing = Outgoing(Rules.read(f"http://a:{first.port},http://b:{second.port}"), Names([HERE]))
        headers = {"authorization": "Bearer hunter2", "accept": "text/plain"}
        await outgoing.get(f"http://a:{first.port}/", headers=headers, limits=Limits(redirects=1))

    assert b"hunter2" in first.heard[0]
    assert b"hunter2" not in second.heard[0]


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        (page(b"x" * 2000), OutgoingRefused),
        (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + b"x" * 2000, OutgoingRefused),
        (page(b"{}", "text/html"), OutgoingRefused),
        (page(b"{}", more="Content-Encoding: gzip\r\n"), OutgoingRefused),
        (b"not http\r\n\r\n", OutgoingFailed),
        (b"", OutgoingFailed),
    ],
)
async def test_an_answer_that_is_too_large_or_of_another_kind_is_not_taken(
    reply: bytes, problem: type[TrellisError]
) -> None:
    async with answering(lambda *_: reply) as server:
        outgoing = Outgoing(Rules.read(f"http://a:{server.port}"), Names([HERE]))
        with pytest.raises(problem):
            await outgoing.get(f"http://a:{server.port}/", limits=Limits(size=1000, types=("application/json",)))


async def test_the_log_knows_the_host_and_nothing_else() -> None:
    async with answering(lambda *_: page(b"{}")) as server:
        outgoing = Outgoing(Rules.read(f"http://a:{server.port}"), Names([HERE]))
        with structlog.testing.capture_logs() as events:
            await outgoing.post(f"http://a:{server.port}/?code=hunter2", b"hunter2", headers={"x-key": "hunter2"})

    assert [event["event"] for event in events] == ["outgoing_call"]
    assert "hunter2" not in str(events)


def test_nothing_else_calls_out() -> None:
    callers = ("import httpx", "import urllib.request", "import requests", "import aiohttp", "AsyncOAuth2Client")
    found = {
        str(path.relative_to(PLATFORM))
        for path in PLATFORM.rglob("*.py")
        if any(caller in path.read_text(encoding="utf-8") for caller in callers)
    }

    assert found <= {"services/outgoing.py", "services/outgoing_rules.py"}
