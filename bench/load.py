"""Asks a server as fast as it answers, from a fixed number of connections that are kept open."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol, cast

import uvloop


@dataclass(frozen=True, slots=True)
class Answer:
    """One response as it came over the wire."""

    status: int
    head: bytes
    body: bytes

    def header(self, name: str) -> str:
        """The value of a header, empty when it is not there."""
        start = self.head.lower().find(b"\r\n" + name.lower().encode() + b":")
        if start < 0:
            return ""
        return self.head[start + len(name) + 3 : self.head.index(b"\r\n", start + 2)].decode().strip()


class Requests(Protocol):
    """What to ask; told of each answer, because the next request may depend on it."""

    def next(self, connection: int) -> bytes:
        """The next request of a connection."""

    def answered(self, connection: int, answer: Answer) -> None:
        """Takes note of an answer."""


@dataclass
class Measured:
    """How long the good answers took, in seconds, and which answers were none."""

    seconds: float = 0.0
    times: list[float] = field(default_factory=list)
    refused: list[Answer] = field(default_factory=list)
    bytes: int = 0

    @property
    def rate(self) -> float:
        """Good answers per second."""
        return len(self.times) / self.seconds if self.seconds else 0.0

    def percentile(self, share: float) -> float:
        """The time in seconds that this share of the answers stayed below."""
        ordered = sorted(self.times)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0

    def add(self, other: "Measured") -> None:
        """Join another measurement of the same thing."""
        self.seconds += other.seconds
        self.times += other.times
        self.refused += other.refused
        self.bytes += other.bytes


def drive(port: int, requests: Requests, *, connections: int, seconds: float) -> Measured:
    """Keep `connections` requests under way for a while."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_drive(port, requests, connections, seconds))


async def _drive(port: int, requests: Requests, connections: int, seconds: float) -> Measured:
    loop = asyncio.get_running_loop()
    measured = Measured()
    start = time.perf_counter()
    until = start + seconds
    clients = [_Client(requests, number, measured, until) for number in range(connections)]
    for client in clients:
        await loop.create_connection(partial(_same, client), "127.0.0.1", port)
    await asyncio.gather(*(client.finished for client in clients))
    measured.seconds = time.perf_counter() - start
    return measured


def _same(client: "_Client") -> "_Client":
    return client


class _Client(asyncio.Protocol):
    """One connection: a request, its answer, the next request."""

    def __init__(self, requests: Requests, number: int, measured: Measured, until: float) -> None:
        self._requests, self._number, self._measured, self._until = requests, number, measured, until
        self._buffer = bytearray()
        self._expected = 0
        self._sent = 0.0
        self._write: Callable[[bytes], None]
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._write = self._transport.write
        self._send()

    def _send(self) -> None:
        self._expected = 0
        self._sent = time.perf_counter()
        self._write(self._requests.next(self._number))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._expected:
            self._expected = _length(self._buffer)
        if self._expected and len(self._buffer) >= self._expected:
            self._take()

    def _take(self) -> None:
        now = time.perf_counter()
        answer = _parsed(bytes(self._buffer[: self._expected]))
        del self._buffer[: self._expected]
        self._measured.bytes += self._expected
        self._requests.answered(self._number, answer)
        if 200 <= answer.status < 300:
            self._measured.times.append(now - self._sent)
        else:
            self._measured.refused.append(answer)
        if now < self._until:
            self._send()
        else:
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if self.finished.done():
            return
        if error is not None or self._buffer or time.perf_counter() < self._until:
            self.finished.set_exception(error or ConnectionError("the server closed the connection"))
        else:
            self.finished.set_result(None)


def _length(buffer: bytearray) -> int:
    """How long the whole answer is; zero while its head is not complete."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return 0
    head = bytes(buffer[:end]).lower()
    place = head.find(b"content-length:")
    if place < 0:
        if head[9:12] == b"204":
            return end + 4
        raise ValueError("an answer without a length: " + head.decode(errors="replace"))
    return end + 4 + int(head[place + 15 :].split(b"\r\n", 1)[0])


def _parsed(text: bytes) -> Answer:
    head, _, body = text.partition(b"\r\n\r\n")
    return Answer(int(head[9:12]), head, body)


def ask(port: int, request: bytes) -> Answer:
    """One request and its answer; the answer may be a refusal."""
    once = Once(request)
    drive(port, once, connections=1, seconds=0)
    assert once.answer is not None
    return once.answer


@dataclass
class Once:
    """Requests of a single kind that keep the last answer."""

    request: bytes
    answer: Answer | None = None

    def next(self, connection: int) -> bytes:
        return self.request

    def answered(self, connection: int, answer: Answer) -> None:
        self.answer = answer
