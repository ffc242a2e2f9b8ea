"""Values that did not fit when a field got another type: looked through, put right by hand, or taken along as a file."""

import csv
import io
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
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
    """A field of which values wait, and how many each release put aside."""

    entity: str
    field: str
    label: str
    caption: str
    releases: Mapping[int, int]

    @property
    def count(self) -> int:
        """How many there are."""
        return sum(self.releases.values())

    @property
    def since(self) -> int:
        """The first release that put some aside."""
        return min(self.releases)


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
            releases = await storage.count_quarantined(connection, context.release.statements, entity, key)
            if releases:
                found.append(Waiting(entity, key, entities[entity].label, field.caption, releases))
    return found


async def put_aside_by(context: Context, release: int) -> list[Waiting]:
    """The fields of which values wait that a release put aside, with just those."""
    if context.release.number < release:
        newest = await context.home.refresh()
        context = context.with_release(newest) if newest else context
    found = await fields_waiting(context)
    return [replace(one, releases={release: one.releases[release]}) for one in found if release in one.releases]


async def waiting_of(context: Context, entity: str, key: str) -> Waiting | None:
    """How much of one field waits; None when nothing does, or when one may not know."""
    found = context.snapshot.localised(context.locale).entities.get(entity)
    field = found.field(key) if found is not None else None
    if found is None or field is None or not _may_see(context, entity, key):
        return None
    async with context.database.read(context.workspace) as connection:
        releases = await storage.count_quarantined(connection, context.release.statements, entity, key)
    return Waiting(entity, key, found.label, field.caption, releases) if releases else None


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


async def entry_of(context: Context, entity: str, key: str, entry: str) -> Entry:
    """One value of a field that waits, of a record that one may see; raises Forbidden and NotFound."""
    _field(context, entity, key)
    found = await _entry(context, entry)
    labels = await _labels(context, entity, [found]) if (found.entity, found.field) == (entity, key) else {}
    if found.record not in labels:
        raise NotFound()
    return Entry(found.id, found.record, labels[found.record], found.value, found.release, found.at or context.now())


async def put_right(context: Context, entry: str, texts: Sequence[str], reading: Reading) -> None:
    """Give the record of an entry the right value, as a form posts it; raises NotFound, Invalid and what saving raises."""
    found = await _entry(context, entry)
    await _give(context, found, _read(_field(context, found.entity, found.field), texts, reading))


async def give(context: Context, entry: str, value: object) -> None:
    """Give the record of an entry the right value, as a program sends it; raises NotFound, Invalid and what saving raises."""
    found = await _entry(context, entry)
    field = _field(context, found.entity, found.field)
    if value is None or value == []:
        raise _missing(field)
    await _give(context, found, value)


async def _give(context: Context, found: Quarantined, value: object) -> None:
    async def forget(connection: Connection, outcomes: Sequence[Outcome]) -> None:
        await storage.remove_quarantined(connection, [found.id])

    await write(context, found.entity, [Update(found.record, {found.field: value})], also=forget)


async def dismiss(context: Context, entry: str) -> None:
    """Leave the record without a value and forget what it was; raises NotFound and Forbidden."""
    found = await _entry(context, entry)
    _require_edit(context, found.entity, found.field)
    async with context.database.write(context.workspace) as connection:
        await storage.remove_quarantined(connection, [entry])


async def dismiss_all(context: Context, entity: str, key: str) -> int:
    """Forget all values of a field that wait, of records that one may see; how many. Raises NotFound and Forbidden."""
    _require_edit(context, entity, key)
    after: str | None = None
    number = 0
    while True:
        page = await entries(context, entity, key, after=after, limit=AT_ONCE)
        async with context.database.write(context.workspace) as connection:
            await storage.remove_quarantined(connection, [one.id for one in page.entries])
        number += len(page.entries)
        if page.next is None:
            return number
        after = page.next


def _require_edit(context: Context, entity: str, key: str) -> None:
    _field(context, entity, key)
    if context.access.level(entity, key) < Level.EDIT:
        raise Forbidden()


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
        raise _missing(field)
    try:
        return tuple(given) if field.multiple else field.from_text(given[-1], reading)
    except Refused as refused:
        raise Invalid([FieldError(field.key, refused.code, refused.message)]) from None


def _missing(field: FieldType) -> Invalid:
    return Invalid([FieldError(field.key, "required", Message("{label} is required.", {"label": field.caption}))])


async def _labels(context: Context, entity: str, found: Sequence[Quarantined]) -> dict[str, str]:
    """The names of the records that one may see."""
    ids = list(dict.fromkeys(one.record for one in found))
    choices = await queries.choices(context, entity, ids=ids, limit=max(len(ids), 1))
    return {choice.id: choice.label for choice in choices}
