"""In what state the chain over the log is, for the page about it."""

from dataclasses import dataclass
from datetime import datetime

from trellis.services.audit.log import log_of
from trellis.services.audit.remembered import Verdict, last_verdict
from trellis.services.audit.timeline import require_audit
from trellis.services.context import Context
from trellis.storage.audit_blocks import newest_block
from trellis.storage.moments import from_number


@dataclass(frozen=True, slots=True)
class Chain:
    """The last block with its moment, None before the first; and what the last verification said."""

    number: int
    sealed_at: datetime | None
    verdict: Verdict | None


async def chain_of(context: Context) -> Chain:
    """How far the log is sealed; raises Forbidden without the right to read it."""
    require_audit(context)
    async with context.database.read(context.workspace) as connection:
        newest = await newest_block(connection)
        verdict = await last_verdict(connection, log_of(context).key)
    if newest is None:
        return Chain(0, None, verdict)
    return Chain(newest.number, from_number(newest.at), verdict)
