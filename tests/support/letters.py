"""Letters that a test reads in the place of their receivers."""

import re
from dataclasses import dataclass, field
from email.message import EmailMessage

from trellis.services import mail, resets
from trellis.services.worker import Worker
from trellis.services.workspaces import OpenWorkspace, Workspaces
from trellis.web.letters import written


@dataclass
class Postbox:
    """Keeps the letters that the worker sends; `broken` lets so many attempts fail first."""

    letters: list[EmailMessage] = field(default_factory=list)
    broken: int = 0

    async def deliver(self, message: EmailMessage, _name: str) -> None:
        """Take a letter."""
        if self.broken:
            self.broken -= 1
            raise ConnectionError("the mail server is away")
        self.letters.append(message)

    async def empty(self, home: OpenWorkspace) -> list[EmailMessage]:
        """The letters that have come since the last time, once the worker has done what is due."""
        workspaces = Workspaces(home.database, home.clock, home.preferences, vault=home.vault)
        job = mail.mail_job(written, self, "Trellis <crm@example.com>")
        await Worker(workspaces, {mail.KIND: job, **resets.HANDLERS}, "post").run_due()
        found, self.letters = self.letters, []
        return found


def text_of(message: EmailMessage) -> str:
    """The plain text of a letter."""
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def link_in(message: EmailMessage) -> str:
    """The path of the link in a letter."""
    found = re.search(r"http://localhost:8000(/link/[\w-]+)", text_of(message))
    assert found
    return found[1]
