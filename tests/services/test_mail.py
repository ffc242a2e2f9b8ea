"""Letters are written in the reader's language, wait sealed, and are tried again until a mail server takes them."""

import asyncio
import datetime
import ipaddress
import ssl
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from aiosmtpd.smtp import SMTP, AuthResult
from aiosmtplib import SMTPException
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.services.conftest import NOW
from tests.support.letters import Postbox, text_of
from trellis.kernel.clock import FixedClock
from trellis.kernel.settings import Settings
from trellis.services.context import Context
from trellis.services.mail import FolderPost, Letter, SmtpPost, message_of, post_of, send_later
from trellis.services.workspaces import OpenWorkspace
from trellis.web.letters import WORDINGS, written

pytestmark = pytest.mark.anyio

DATA = {
    "provider": "Corp",
    "count": 3,
    "block": 8,
    "name": "Ada",
    "who": "Bob",
    "site": "http://localhost:8000/",
    "link": "http://localhost:8000/link/S3CR3T",
}
LETTER = Letter("Hello 你好", "Text 正文\n", "<p>Text</p>")


class Box:
    """What the mail server took."""

    def __init__(self) -> None:
        self.content = b""

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd calls it
        self.content = envelope.content
        return "250 OK"


@asynccontextmanager
async def mail_server(box: Box, **options: Any) -> AsyncIterator[int]:
    """A mail server on this host; its port."""
    ssl_of_listener = options.pop("listener_tls", None)
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(box, **options), "127.0.0.1", 0, ssl=ssl_of_listener
    )
    async with server:
        yield server.sockets[0].getsockname()[1]


def message() -> Any:
    return message_of(LETTER, sender="Trellis <crm@example.com>", to="ada@example.com", name="L1", now=NOW)


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What a server shows, and what a client trusts."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    day = datetime.timedelta(days=1)
    now = datetime.datetime.now(datetime.UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - day).not_valid_after(now + day).add_extension(names, critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    file.write_bytes(pem + certificate.public_bytes(serialization.Encoding.PEM))
    shown, trusted = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cafile=str(file))
    shown.load_cert_chain(file)
    return shown, trusted


async def test_starttls_and_the_password_are_used(tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    box, seen = Box(), []

    def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        seen.append((data.login, data.password))
        return AuthResult(success=True)

    async with mail_server(box, tls_context=tls[0], authenticator=check, require_starttls=True) as port:
        await SmtpPost("127.0.0.1", port, "crm", "p@ss", trust=tls[1]).deliver(message(), "L1")

    assert seen == [(b"crm", b"p@ss")]
    assert b"To: ada@example.com" in box.content


async def test_a_server_without_encryption_gets_no_letter_unless_the_setting_says_so() -> None:
    box = Box()
    async with mail_server(box) as port:
        with pytest.raises(SMTPException):
            await SmtpPost("127.0.0.1", port).deliver(message(), "L1")
        assert box.content == b""
        await post_of(Settings(smtp_url=f"smtp://127.0.0.1:{port}?tls=none")).deliver(message(), "L1")

    assert b"Auto-Submitted: auto-generated" in box.content


async def test_a_certificate_that_nobody_trusts_gets_no_letter(tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    box = Box()
    async with mail_server(box, listener_tls=tls[0]) as port:
        with pytest.raises((SMTPException, ssl.SSLError)):
            await SmtpPost("127.0.0.1", port, tls=True).deliver(message(), "L1")
        await SmtpPost("127.0.0.1", port, tls=True, trust=tls[1]).deliver(message(), "L1")

    assert box.content


def test_the_setting_says_host_port_user_and_password() -> None:
    post = post_of(Settings(smtp_url="smtps://crm%40example.com:p%3Aw@mail.example.com"))

    assert post == SmtpPost("mail.example.com", 465, "crm@example.com", "p:w", tls=True)
    assert "p:w" not in repr(post)
    with pytest.raises(ValueError, match="TRELLIS_SMTP_URL"):
        post_of(Settings(smtp_url="https://example.com"))


async def test_without_a_mail_server_letters_become_files_of_the_owner(tmp_path: Path) -> None:
    post = post_of(Settings(data=str(tmp_path)))

    await post.deliver(message(), "L1")

    assert isinstance(post, FolderPost)
    (file,) = (tmp_path / "mail").iterdir()
    assert file.name == "L1.eml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert b"Hello" in file.read_bytes() or b"=?utf-8?" in file.read_bytes()


def test_a_line_break_makes_no_header() -> None:
    with pytest.raises(ValueError, match="linefeed"):
        message_of(LETTER, sender="a@b.c", to="x@y.z\r\nBcc: all@y.z", name="L1", now=NOW)


@pytest.mark.parametrize("name", sorted(WORDINGS))
def test_every_letter_is_written_in_both_languages(name: str) -> None:
    english, chinese = written(name, "en", DATA), written(name, "zh-CN", DATA)

    for letter in (english, chinese):
        assert "{" not in letter.subject + letter.text
        assert ("S3CR3T" in letter.text, "S3CR3T" in letter.html) == (WORDINGS[name].button is not None,) * 2
    assert english.subject != chinese.subject
    assert 'lang="zh-CN"' in chinese.html


def test_what_people_are_called_is_text_and_no_markup() -> None:
    letter = written("invitation", "en", {**DATA, "name": "<b>Ada</b>", "who": "Eve\r\nBcc: x"})

    assert "<b>" not in letter.html
    assert "\n" not in letter.subject


async def test_a_letter_waits_sealed_and_is_tried_again(home: OpenWorkspace, system: Context) -> None:
    async with system.database.write(system.workspace) as connection:
        await send_later(system, connection, to="ada@example.com", template="reset", data=DATA, locale="zh-CN")
    async with system.database.read(system.workspace) as connection:
        kept = str(await connection.fetch(_payloads(connection), {}))
    postbox = Postbox(broken=1)

    assert await postbox.empty(home) == []
    assert isinstance(home.clock, FixedClock)
    home.clock.advance(datetime.timedelta(seconds=2))
    (letter,) = await postbox.empty(home)

    assert "S3CR3T" not in kept
    assert letter["To"] == "ada@example.com"
    assert "S3CR3T" in text_of(letter)
    assert letter["Subject"] == "重设 Trellis 密码"


def _payloads(connection: Any) -> Any:
    from trellis.storage.system import system_statement

    return system_statement(lambda tables: sa.select(tables.timer.c.payload))(connection)
