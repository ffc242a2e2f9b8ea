"""The log as one time line, for those who may read it: data changes and everything else, newest first."""

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from trellis.kernel.errors import BadRequest, Forbidden
from trellis.kernel.messages import Message
from trellis.services.audit.entries import Entry, entry_of
from trellis.services.audit.kinds import kinds_of
from trellis.services.audit.naming import named
from trellis.services.audit.subjects import Subject, anywhere, subjects
from trellis.services.context import Context
from trellis.storage import audit_pages
from trellis.storage.audit_blocks import AUDIT, COLUMNS, HISTORY, SOURCES, Row
from trellis.storage.audit_pages import LAST, Slice
from trellis.storage.moments import to_number

RIGHT = "audit"
MOST = 500
_RANK = {HISTORY: 0, AUDIT: 1}


@dataclass(frozen=True, slots=True)
class Search:
    """What somebody looks for; what is empty does not matter. Days are those of the organisation, both included."""

    since: date | None = None
    until: date | None = None
    actor: str = ""
    kind: str = ""
    entity: str = ""
    record: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Timeline:
    """A page of lines; `next` leads to older ones."""

    entries: tuple[Entry, ...]
    next: str | None


def require_audit(context: Context) -> None:
    """Raises Forbidden without the right to read the log."""
    if not context.access.system(RIGHT):
        raise Forbidden(Message("You may not read the audit log."))


async def timeline(context: Context, search: Search, *, cursor: str | None = None, limit: int = 50) -> Timeline:
    """A page of the log; raises Forbidden, and BadRequest for a cursor that is none."""
    require_audit(context)
    limit = max(1, min(limit, MOST))
    place = None if cursor is None else _place(cursor)
    rows = await _rows(context, search, place, limit + 1)
    entries = [entry_of(source, row) for source, row in rows]
    more = len(entries) > limit
    shown = await named(context, entries[:limit])
    return Timeline(tuple(shown), _cursor(entries[limit - 1]) if more else None)


async def _rows(
    context: Context, search: Search, place: tuple[int, str, int] | None, limit: int
) -> list[tuple[str, Row]]:
    any_of = await _any_of(context, search)
    if any_of == ():
        return []
    found: list[tuple[str, Row]] = []
    async with context.database.read(context.workspace) as connection:
        for wanted in _slices(context, search, any_of, place):
            found += [(wanted.source, row) for row in await audit_pages.page(connection, wanted, limit)]
    return sorted(found, key=_order, reverse=True)[:limit]


async def _any_of(context: Context, search: Search) -> tuple[Subject, ...] | None:
    """What a line may be about; None for everything."""
    found = await subjects(context, search.text) if search.text.strip() else None
    if not search.record:
        return found
    wanted = anywhere(context, search.record)
    if search.entity:
        wanted = ((("entity", search.entity), ("record", search.record)),)
    if found is None:
        return wanted
    people = [pairs for pairs in found if pairs[0][0] != "entity"]
    return (*(pair for pair in wanted if pair in found), *((*one, *record) for one in people for record in wanted))


def _slices(
    context: Context, search: Search, any_of: tuple[Subject, ...] | None, place: tuple[int, str, int] | None
) -> Iterable[Slice]:
    since, end = _bounds(context, search)
    said = {"actor": search.actor, "entity": search.entity}
    equal = tuple((column, value) for column, value in said.items() if value)
    for source in SOURCES:
        kinds = kinds_of(search.kind, source)
        mine = tuple(pairs for pairs in any_of or () if _fits(source, pairs, equal))
        if kinds is None or (any_of and not mine):
            continue
        before = min(_before(source, place), (end, -LAST))
        yield Slice(source, equal, mine, kinds, since, before)


def _fits(source: str, pairs: Subject, equal: Subject) -> bool:
    """Whether a table has these columns, and nothing else is wanted of them."""
    wanted = dict(equal)
    return all(column in COLUMNS[source] and wanted.get(column, value) == value for column, value in pairs)


def _bounds(context: Context, search: Search) -> tuple[int, int]:
    """The first millisecond of the first day, and the first after the last day."""
    zone = ZoneInfo(context.preferences.zone)

    def midnight(day: date) -> int:
        return to_number(datetime(day.year, day.month, day.day, tzinfo=zone))

    since = midnight(search.since) if search.since else -LAST
    last = search.until if search.until and search.until < date.max else None
    return since, midnight(last + timedelta(days=1)) if last else LAST


def _before(source: str, place: tuple[int, str, int] | None) -> tuple[int, int]:
    """Where a table begins on the page after a place; at one moment the table of higher rank comes first."""
    if place is None:
        return LAST, LAST
    at, other, seq = place
    if source == other:
        return at, seq
    return at, LAST if _RANK[source] < _RANK[other] else -LAST


def _order(pair: tuple[str, Row]) -> tuple[int, int, int]:
    source, row = pair
    return row[COLUMNS[source].index("at")], _RANK[source], row[0]


def _cursor(entry: Entry) -> str:
    text = f"{to_number(entry.at)}.{entry.source}.{entry.seq}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _place(cursor: str) -> tuple[int, str, int]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        at, source, seq = text.split(".")
        place = int(at), source, int(seq)
    except (binascii.Error, ValueError):
        raise BadRequest(Message("The cursor is not one of this list.")) from None
    if source not in SOURCES or not all(-LAST <= number <= LAST for number in (place[0], place[2])):
        raise BadRequest(Message("The cursor is not one of this list."))
    return place
