"""Values that did not fit when a field got another type: looked through, put right by hand, or taken along as a file."""

import csv
import io
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from trellis.kernel.errors import FieldError, Forbidden, Invalid, NotFound
from trellis.kernel.messages import Message
from trellis.metadata.documents import Level
from trellis.metadata.fieldtypes import FieldType, Reading, Refused
from trellis.services import queries
from trellis.services.commands import Outcome, Update
from trellis.services.context import Context
from trellis.services.records import write
from trellis.services.studio.drafts import require_designer
from trellis.services.transfer.safety import safe
from trellis.storage import quarantine as storage
from trellis.storage.connection import Connection
from trellis.storage.quarantine import Quarantined

PAGE = 50
AT_ONCE = 500
_MARK = "\ufeff"
"""By which spreadsheet programs know that a file is UTF-8."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A field of which values wait, and how many."""

    entity: str
    field: str
    label: str
    caption: str
    count: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One value as it was written, and the record that has none since; `release` put it aside."""

    id: str
    record: str
    label: str
    value: str
    release: int
    at: datetime


@dataclass(frozen=True, slots=True)
class EntryPage:
    """Some entries, oldest first; `next` is where the following page begins, None at the end."""

    entries: tuple[Entry, ...]
    next: str | None


async def fields_waiting(context: Context) -> list[Waiting]:
    """The fields that have values to put right; raises Forbidden."""
    require_designer(context)
    entities = context.snapshot.localised(context.locale).entities
    found = []
    async with context.database.read(context.workspace) as connection:
        for entity, key, _ in await storage.waiting(connection):
            field = entities[entity].field(key) if entity in entities else None
            if field is None or not _may_see(context, entity, key):
                continue
            count = await storage.count_quarantined(connection, context.release.statements, entity, key)
            if count:
                found.append(Waiting(entity, key, entities[entity].label, field.caption, count))
    return found


async def entries(context: Context, entity: str, key: str, *, after: str | None = None, limit: int = PAGE) -> EntryPage:
    """The values of one field that wait, of records that one may see; raises Forbidden and NotFound."""
    _field(context, entity, key)
    async with context.database.read(context.workspace) as connection:
        found = await storage.list_quarantined(
            connection, context.release.statements, entity, key, after=after, limit=limit
        )
    labels = await _labels(context, entity, found)
    seen = tuple(
        Entry(one.id, one.record, labels[one.record], one.value, one.release, one.at or context.now())
        for one in found
        if one.record in labels
    )
    return EntryPage(seen, found[-1].id if len(found) == limit else None)


async def put_right(context: Context, entry: str, texts: Sequence[str], reading: Reading) -> None:
    """Give the record of an entry the right value, as a form posts it; raises NotFound, Invalid and what saving raises."""
    found = await _entry(context, entry)
    field = _field(context, found.entity, found.field)
    value = _read(field, texts, reading)

    async def forget(connection: Connection, outcomes: Sequence[Outcome]) -> None:
        await storage.remove_quarantined(connection, [entry])

    await write(context, found.entity, [Update(found.record, {found.field: value})], also=forget)


async def dismiss(context: Context, entry: str) -> None:
    """Leave the record without a value and forget what it was; raises NotFound and Forbidden."""
    found = await _entry(context, entry)
    _field(context, found.entity, found.field)
    if context.access.level(found.entity, found.field) < Level.EDIT:
        raise Forbidden()
    async with context.database.write(context.workspace) as connection:
        await storage.remove_quarantined(connection, [entry])


async def as_csv(context: Context, entity: str, key: str) -> AsyncIterator[bytes]:
    """All values of one field that wait, as a file for spreadsheet programs: id, name and value of each record."""
    title = context.snapshot.localised(context.locale).entity(entity).title.caption
    yield (_MARK + _lines([["id", title, _field(context, entity, key).caption]])).encode()
    after: str | None = None
    while True:
        page = await entries(context, entity, key, after=after, limit=AT_ONCE)
        if page.entries:
            yield _lines([[one.record, safe(one.label), safe(one.value)] for one in page.entries]).encode()
        if page.next is None:
            return
        after = page.next


def _lines(rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _field(context: Context, entity: str, key: str) -> FieldType:
    """A field that somebody may look through; raises Forbidden and NotFound."""
    require_designer(context)
    field = context.snapshot.localised(context.locale).entity(entity).field(key)
    if field is None or not _may_see(context, entity, key):
        raise NotFound()
    return field


def _may_see(context: Context, entity: str, key: str) -> bool:
    return context.access.allows(entity, "read") and context.access.level(entity, key) >= Level.READ


async def _entry(context: Context, entry: str) -> Quarantined:
    require_designer(context)
    async with context.database.read(context.workspace) as connection:
        found = await storage.read_quarantined(connection, entry)
    if found is None:
        raise NotFound()
    return found


def _read(field: FieldType, texts: Sequence[str], reading: Reading) -> object:
    """What was typed as input for saving; raises Invalid."""
    given = [text for text in texts if text.strip()]
    if not given:
        raise Invalid([FieldError(field.key, "required", Message("{label} is required.", {"label": field.caption}))])
    try:
        return tuple(given) if field.multiple else field.from_text(given[-1], reading)
    except Refused as refused:
        raise Invalid([FieldError(field.key, refused.code, refused.message)]) from None


async def _labels(context: Context, entity: str, found: Sequence[Quarantined]) -> dict[str, str]:
    """The names of the records that one may see."""
    ids = list(dict.fromkeys(one.record for one in found))
    choices = await queries.choices(context, entity, ids=ids, limit=max(len(ids), 1))
    return {choice.id: choice.label for choice in choices}
