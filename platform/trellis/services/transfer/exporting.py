"""Records into files of rows: CSV and XLSX, streamed page by page, safe to open in a spreadsheet program."""

import csv
import io
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from trellis.engine.access import Access
from trellis.engine.query import LABEL, Count, Masked, Page, Query, SortKey
from trellis.kernel.errors import Forbidden
from trellis.kernel.messages import Message
from trellis.metadata.documents import Level, View
from trellis.metadata.documents.base import in_order
from trellis.metadata.fieldtypes import FieldType
from trellis.services import queries
from trellis.services.apiclients.noting import note_export
from trellis.services.audit import noted
from trellis.services.context import Context
from trellis.services.transfer.safety import safe

PAGE = 2_000
FORMATS = ("csv", "xlsx")
Cell = str | Decimal | int | date | datetime | None


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an export: where its value comes from, what stands above it, and how it is written."""

    path: str
    title: str
    cell: Callable[[object, object], Cell]


@dataclass(frozen=True, slots=True)
class Export:
    """What is written: a query without its page, and its columns. `raw` gives keys instead of labels, for a re-import."""

    query: Query
    columns: tuple[Column, ...]
    most: int | None = None
    everything: bool = False
    """Whether no fields were named, so that all are written."""

    @property
    def header(self) -> list[str]:
        """The first row."""
        return [column.title for column in self.columns]


def plan(context: Context, query: Query, *, raw: bool = False) -> Export:
    """The export of a query by somebody; raises Forbidden."""
    most = export_limit(context.access)
    if most == 0:
        raise Forbidden(Message("You may not export."))
    paths = query.fields or queries.readable_fields(context, query.entity)
    fields = {path: context.snapshot.field_at(query.entity, path) for path in paths}
    named = {path: field for path, field in fields.items() if field is not None}
    columns = tuple(_column(context, query.entity, path, field, raw) for path, field in named.items())
    if raw:
        columns = (Column("id", "id", lambda value, label: str(value)), *columns)
    whole = replace(
        query, fields=tuple(paths), limit=PAGE, cursor=None, labels=not raw, actions=("read", "export")
    )  # fmt: skip
    return Export(whole, columns, most, not query.fields)


def query_of_view(view: View) -> Query:
    """The query that a view shows."""
    sort = tuple(SortKey(key.field, key.dir == "desc") for key in view.sort)
    return Query(view.entity, tuple(in_order(view.columns)), base_filter=view.filter, sort=sort)


def export_limit(access: Access) -> int | None:
    """How many records the actor may export: None for all, 0 for none; the most generous role counts."""
    if access.rights.everything:
        return None
    granted = [role.system.export for role in access.rights.held]
    if any(right is True for right in granted):
        return None
    numbers = [
        int(right.partition(":")[2]) for right in granted if isinstance(right, str) and right.startswith("limited:")
    ]
    return max(numbers, default=0)


def _column(context: Context, entity: str, path: str, field: FieldType, raw: bool) -> Column:
    title, write = path if raw else _title(context, entity, path), _writer(field, raw)
    if context.access.level(field.entity, field.key) >= Level.READ:
        return Column(path, title, write)
    return Column(path, title, lambda value, label: str(value) if isinstance(value, Masked) else write(value, label))


def _title(context: Context, entity: str, path: str) -> str:
    snapshot = context.snapshot.localised(context.actor.locale)
    steps = path.split(".")
    hops = [snapshot.field_at(entity, ".".join(steps[: number + 1])) for number in range(len(steps))]
    return " / ".join(hop.caption for hop in hops if hop is not None)


def _writer(field: FieldType, raw: bool) -> Callable[[object, object], Cell]:
    option_label = getattr(field, "option_label", None)
    if not raw and field.target is not None and field.type != "id":
        return _linked
    if not raw and option_label is not None:
        return lambda value, label: "; ".join(option_label(key) for key in _each(value)) or None
    if field.expression_kind in ("number", "money", "percent", "date", "datetime"):
        return lambda value, label: value  # type: ignore[return-value]
    return lambda value, label: field.to_text(value) or None


def _linked(value: object, label: object) -> Cell:
    if isinstance(label, list | tuple):
        return "; ".join(str(pair[1] or pair[0]) for pair in label) or None
    return None if value is None else str(label or value)


def _each(value: object) -> Sequence[str]:
    return value if isinstance(value, tuple | list) else [] if value is None else [str(value)]


async def pages(context: Context, export: Export) -> AsyncIterator[list[list[Cell]]]:
    """The rows, a page at a time; the log says so before the first of them is given away."""
    query = export.query
    while True:
        page = await queries.list_records(context, query)
        if query.cursor is None:
            await _note(context, export, await _count(context, export, page))
        places = {name: place for place, name in enumerate(page.columns)}
        cells = [(column.cell, places[column.path], places.get(column.path + LABEL)) for column in export.columns]
        yield [
            [cell(row[place], row[label] if label is not None else None) for cell, place, label in cells]
            for row in page.rows
        ]
        if page.next is None:
            return
        query = replace(query, cursor=page.next)


async def _count(context: Context, export: Export, first: Page) -> int:
    """How many records are exported; raises Forbidden when they are more than the reader may take at once."""
    count = len(first.rows)
    if first.next is not None:
        count = await queries.count(context, replace(export.query, count=Count.EXACT)) or count
    if export.most is not None and count > export.most:
        text = "You may export at most {limit} records at once, and these are {count}. Use a filter."
        raise Forbidden(Message(text, {"limit": export.most, "count": count}))
    return count


async def _note(context: Context, export: Export, count: int) -> None:
    query = export.query
    columns = [column.path for column in export.columns]
    narrowed = any((query.filter, query.base_filter, query.search))
    note_export(context, query, everything=export.everything)
    await noted(context, "export.made", entity=query.entity, count=count, columns=columns, filtered=narrowed)


async def csv_chunks(context: Context, export: Export) -> AsyncIterator[bytes]:
    """A CSV file in pieces, of which the first holds the first page: UTF-8 with a mark, CRLF (RFC 4180)."""
    head = b"\xef\xbb\xbf" + _lines([[safe(title) for title in export.header]])
    async for rows in pages(context, export):
        yield head + _lines([[_plain(cell) for cell in row] for row in rows])
        head = b""


def _lines(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode("utf-8", "replace")


def _plain(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case str():
            return safe(cell)
        case datetime():
            return cell.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
        case date():
            return cell.isoformat()
        case Decimal():
            return f"{cell:f}"
    return str(cell)
