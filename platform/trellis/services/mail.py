"""Letters: put into the queue with what they are about, written and sent by the worker, tried again when it fails.

What goes into a letter is sealed while it waits, for it may hold a link that opens an account.
"""

import os
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib
import anyio.to_thread
import msgspec
import structlog

from trellis.kernel.identity import new_id
from trellis.kernel.settings import Settings
from trellis.services.context import Context
from trellis.services.worker import Handler, Job
from trellis.storage import timers
from trellis.storage.connection import Connection
from trellis.storage.timers import Wanted

KIND = "mail"
FOLDER = "mail"
PATIENCE = 30.0
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Letter:
    """What somebody reads."""

    subject: str
    text: str
    html: str


Render = Callable[[str, str, Mapping[str, object]], Letter]
"""From the name of a letter, a language and what it is about to the letter."""


class Post(Protocol):
    """Takes letters to where people read them."""

    async def deliver(self, message: EmailMessage, name: str) -> None:
        """Hand over a message; raises what shows that it must be tried again."""


async def send_later(
    context: Context,
    connection: Connection,
    *,
    to: str,
    template: str,
    data: Mapping[str, object],
    locale: str | None = None,
) -> None:
    """Put a letter into the queue, in the transaction of what it tells about."""
    letter = new_id(context.clock.now())
    sealed = context.home.vault.seal(msgspec.json.encode(data).decode(), _place(letter))
    language = locale or context.preferences.locale
    payload = {"letter": letter, "to": to, "template": template, "locale": language, "sealed": sealed}
    await timers.enqueue(connection, Wanted(KIND, payload), context.clock.now())


def mail_job(render: Render, post: Post, sender: str) -> Handler:
    """What the worker does with a letter in the queue."""

    async def send(job: Job) -> None:
        waiting = job.timer.payload
        name = str(waiting["letter"])
        data = msgspec.json.decode(job.context.home.vault.unseal(str(waiting["sealed"]), _place(name)))
        letter = render(str(waiting["template"]), str(waiting["locale"]), data)
        message = message_of(letter, sender=sender, to=str(waiting["to"]), name=name, now=job.context.now())
        await post.deliver(message, name)
        _log.info("mail_sent", letter=name, template=waiting["template"])

    return send


def message_of(letter: Letter, *, sender: str, to: str, name: str, now: datetime) -> EmailMessage:
    """A letter as mail servers take it (RFC 5322); a line break in a header raises ValueError."""
    message = EmailMessage(policy=SMTP)
    domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    message["From"], message["To"], message["Subject"] = sender, to, letter.subject
    message["Date"], message["Message-ID"] = format_datetime(now), f"<{name}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    return message


@dataclass(frozen=True, slots=True, repr=False)
class SmtpPost:
    """A mail server, reached with TLS from the start, with STARTTLS, or for one on this host without."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    tls: bool = False
    starttls: bool = True
    trust: ssl.SSLContext | None = None

    async def deliver(self, message: EmailMessage, name: str) -> None:
        """Hand it to the server; never without encryption unless the setting says so."""
        await aiosmtplib.send(
            message,
            hostname=self.host,
            port=self.port,
            username=self.user or None,
            password=self.password or None,
            use_tls=self.tls,
            start_tls=False if self.tls else self.starttls,
            tls_context=self.trust,
            timeout=PATIENCE,
        )


@dataclass(frozen=True, slots=True)
class FolderPost:
    """Letters as files, for trying out and for servers without mail; only the owner of the folder reads them."""

    folder: Path

    async def deliver(self, message: EmailMessage, name: str) -> None:
        """Write it as `<name>.eml`."""
        await anyio.to_thread.run_sync(self._write, message.as_bytes(), f"{name}.eml")
        _log.warning("mail_written_to_folder", file=f"{FOLDER}/{name}.eml")

    def _write(self, content: bytes, name: str) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)


def post_of(settings: Settings) -> Post:
    """The mail server of the settings, or a folder without one; raises ValueError for an address that is none."""
    if not settings.smtp_url:
        return FolderPost(settings.data_folder / FOLDER)
    parts = urlsplit(settings.smtp_url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError("TRELLIS_SMTP_URL must look like smtp://user:password@host:587 or smtps://host:465")
    tls = parts.scheme == "smtps"
    return SmtpPost(
        parts.hostname,
        parts.port or (465 if tls else 587),
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        tls=tls,
        starttls=parse_qs(parts.query).get("tls") != ["none"],
    )


def _place(letter: str) -> str:
    return f"{KIND}/{letter}"
