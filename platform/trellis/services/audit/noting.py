"""Writes what people do into the audit log."""

from collections.abc import Mapping

import msgspec

from trellis.kernel.identity import new_id
from trellis.services.context import Context
from trellis.storage.audit import Noted, append
from trellis.storage.connection import Connection

_write = msgspec.json.Encoder(decimal_format="string", order="sorted").encode


async def note(
    context: Context,
    connection: Connection,
    kind: str,
    *,
    entity: str | None = None,
    record: str | None = None,
    **detail: object,
) -> None:
    """Add to the log what the actor does in this transaction; details hold no secrets and no values of records."""
    actor = context.actor
    noted = Noted(
        id=new_id(context.clock.now()),
        at=context.clock.now(),
        kind=kind,
        actor=actor.id,
        impersonator=actor.impersonator or None,
        entity=entity,
        record=record,
        address=context.address or None,
        detail=detail_text(detail),
    )
    await append(connection, noted)


def detail_text(detail: Mapping[str, object]) -> str:
    """Details as the log keeps them."""
    return _write(detail).decode()


async def noted(
    context: Context, kind: str, *, entity: str | None = None, record: str | None = None, **detail: object
) -> None:
    """The same in a transaction of its own, for what changes nothing else."""
    async with context.database.write(context.workspace) as connection:
        await note(context, connection, kind, entity=entity, record=record, **detail)
