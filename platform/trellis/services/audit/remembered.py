"""What the last verification of the whole log said, kept for the page about it."""

from dataclasses import dataclass
from datetime import datetime

import msgspec

from trellis.services.audit.findings import Verified
from trellis.services.audit.log import Log
from trellis.services.audit.verifying import verify
from trellis.storage.connection import Connection
from trellis.storage.preferences import save_setting, setting

KEY = "audit.verified"


@dataclass(frozen=True, slots=True)
class Verdict:
    """When the log was verified, up to which block, and how many findings there were."""

    at: datetime
    block: int
    findings: int


async def verify_and_remember(log: Log) -> Verified:
    """Look at the whole chain."""
    found = await verify(log)
    verdict = Verdict(log.now, found.head.number, len(found.findings))
    async with log.database.write(log.workspace) as connection:
        await save_setting(connection, KEY, msgspec.json.encode(verdict).decode())
    return found


async def last_verdict(connection: Connection) -> Verdict | None:
    """What it said last; None when nobody has verified the log yet."""
    text = await setting(connection, KEY)
    try:
        return None if text is None else msgspec.json.decode(text, type=Verdict)
    except msgspec.DecodeError:
        return None
