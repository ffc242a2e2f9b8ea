"""A small server on a free local port that the tests call as if it were far away."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Reply = Callable[[str, bytes], bytes]


@dataclass
class Answering:
    """What runs, and what it heard."""

    port: int
    heard: list[bytes] = field(default_factory=list)
    names: list[str] = field(default_factory=list)


@asynccontextmanager
async def answering(reply: Reply, trust: ssl.SSLContext | None = None) -> AsyncIterator[Answering]:
    """A server that answers each request (path, whole request) with raw bytes."""
    state = Answering(0)

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        request = head + await reader.readexactly(int(length[1]) if length else 0)
        state.heard.append(request)
        writer.write(reply(head.split(b" ")[1].decode(), request))
        writer.close()

    if trust is not None:
        trust.sni_callback = lambda _, name, __: state.names.append(name)
    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=trust)
    state.port = server.sockets[0].getsockname()[1]
    try:
        yield state
    finally:
        server.close()


def certificate(name: str, folder: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What a server of this name shows, and what trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = built.public_bytes(serialization.Encoding.PEM).decode()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = f"{folder}/server.pem"
    with open(path, "wb") as file:
        file.write(pem.encode() + private)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    return server, ssl.create_default_context(cadata=pem)
