"""How many records of an entity somebody may do what with: one statement, for rights that need not be in force."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from trellis.engine.access import Access
from trellis.storage.connection import Connection, Prepared, prepare
from trellis.storage.expressions import NotPortable
from trellis.storage.sources import Sources, right_flag
from trellis.storage.tables import Tables


async def extent(
    connection: Connection,
    tables: Tables,
    access: Access,
    entity: str,
    actions: Sequence[str],
    parameters: Mapping[str, object],
) -> tuple[int, ...] | None:
    """How many records there are, and for how many each action is allowed; None where no statement can say so yet.

    The statement is not kept: rights of a draft must not be found by those who have the same roles.
    """
    try:
        prepared = _prepared(tables, access, entity, actions)
    except (KeyError, NotPortable):
        return None
    ((total, *counts),) = await connection.fetch(prepared, dict(parameters))
    return (int(total), *(int(count or 0) for count in counts))


def _prepared(tables: Tables, access: Access, entity: str, actions: Sequence[str]) -> Prepared:
    sources = Sources.of(tables, access, entity)
    flags = [sa.func.sum(right_flag(sources, entity, action)) for action in actions]
    statement = sa.select(sa.func.count(), *flags).select_from(sources.from_clause())
    if "deleted_at" in sources.columns:
        statement = statement.where(sources.columns["deleted_at"].is_(None))
    return prepare(statement, tables.dialect)
