"""Searching for readers who may not read all that is searched: what the index finds is looked at again."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from trellis.engine.query import COUNT_CAP, Count, Masked, Page, Query, SortKey
from trellis.engine.searchtext import found_in, search_texts, searched
from trellis.kernel.errors import BadRequest
from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity, Level
from trellis.services.context import Context

AT_ONCE = 500
MOST = COUNT_CAP + 1
NO_RECORD = "00000000-0000-0000-0000-000000000000"
NEWEST = (SortKey("id", True),)


def tells_too_much(context: Context, entity_id: str) -> bool:
    """Whether the search index of an entity has words that its reader may not read, on some records at least."""
    entity = context.snapshot.entities.get(entity_id)
    return entity is not None and any(context.access.level(entity_id, key) < Level.READ for key in searched(entity))


async def confirmed(context: Context, query: Query, run: Callable[[Query], Awaitable[Page]]) -> Query:
    """The same question about the records whose readable words match, the newest 2,001; raises BadRequest, Forbidden."""
    entity = context.snapshot.entity(query.entity)
    keys = tuple(key for key in searched(entity) if context.access.highest(entity.id, key) >= Level.READ)
    asked = replace(query, fields=keys, sort=NEWEST, limit=AT_ONCE, cursor=None, count=Count.NONE, labels=False)
    most, found = _enough(query), list[str]()
    while len(found) < most:
        page = await run(asked)
        found += [str(record["id"]) for record in page.records() if _fits(entity, keys, record, query.search or "")]
        if page.next is None:
            break
        asked = replace(asked, cursor=page.next)
    if len(found) >= MOST and "export" in query.actions:
        raise BadRequest(Message("Too many records match the search. Use a filter instead."))
    return replace(query, search=None, ids=tuple(found[:most]) or (NO_RECORD,))


def _enough(query: Query) -> int:
    """How many records the answer needs: those of the first page, if nobody asks for their number or another order."""
    first = query.cursor is None and query.count is Count.NONE and query.sort in ((), NEWEST)
    return min(query.limit + 1, MOST) if first else MOST


def _fits(entity: Entity, keys: Sequence[str], record: dict[str, object], typed: str) -> bool:
    readable = {key: record[key] for key in keys if not isinstance(record[key], Masked)}
    return found_in(search_texts(entity, readable), typed)
