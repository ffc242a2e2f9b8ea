"""Values that did not fit when a field changed: looked through, put right by hand, dismissed, taken along as a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from litestar import Response, get, post
from litestar.response import Redirect, Stream

from trellis.engine.query import Choice
from trellis.kernel.errors import Forbidden, Invalid, NotFound, TrellisError
from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity, Level
from trellis.metadata.fieldtypes import FieldType, Reading
from trellis.services import queries
from trellis.services.context import Context
from trellis.services.studio import quarantine
from trellis.services.studio.quarantine import Entry, Waiting
from trellis.web.http import Asked, locale_of
from trellis.web.links import record_url
from trellis.web.render.environment import formats_of
from trellis.web.render.forms import Input, kind_of
from trellis.web.studio.editing import Texts, one, posted, told
from trellis.web.studio.frame import studio_context, studio_page

BY_HAND = frozenset({"text", "longtext", "number", "currency", "percent", "email", "tel", "url", "json"})
"""Inputs in which the old text can stand, to be corrected."""
ELSEWHERE = frozenset({"file", "autonumber", "output"})
"""Inputs that only the form of a record can offer."""


@dataclass(frozen=True)
class WaitingPage:
    """All fields of which values wait."""

    rows: tuple[Waiting, ...]


@dataclass(frozen=True)
class EntryRow:
    """One value with its record and the input for the right one; None where one may not write it here."""

    entry: Entry
    url: str
    action: str
    input: Input | None
    wrong: tuple[Message, ...] = ()


@dataclass(frozen=True)
class EntriesPage:
    """The values of one field that wait; `place` is the address of the field's page, `after` where this part begins."""

    entity: Entity
    field: FieldType
    caption: str
    place: str
    rows: tuple[EntryRow, ...]
    after: str
    next: str
    may_edit: bool


@dataclass(frozen=True)
class DismissPage:
    """Whether one really wants to forget all of them."""

    waiting: Waiting
    place: str


@dataclass(frozen=True)
class ChoicePage:
    """The records that the right value could be, where there is no script."""

    action: str
    place: str
    key: str
    label: str
    target: Entity
    text: str
    choices: list[Choice]
    chosen: tuple[str, ...]
    after: str


@dataclass(frozen=True)
class Typed:
    """What was typed for one entry, and why it was refused."""

    entry: str
    texts: Sequence[str]
    wrong: tuple[Message, ...] = ()


def place_of(entity: str, key: str) -> str:
    """The page of the values of a field that wait."""
    return f"/studio/putaside/{quote(entity)}/{quote(key)}"


@get("/studio/putaside", include_in_schema=False)
async def waiting_page(request: Asked) -> Response[Any]:
    """The fields that have values to put right."""
    context = await studio_context(request)
    rows = tuple(await quarantine.fields_waiting(context))
    return await studio_page(request, context, "studio/putaside.html", WaitingPage(rows))


@get("/studio/putaside/{entity:str}/{key:str}", include_in_schema=False)
async def entries_page(request: Asked) -> Response[Any]:
    """The values of one field, with an input for each."""
    return await _entries(request, await studio_context(request), request.query_params.get("after", ""))


@get("/studio/putaside/{entity:str}/{key:str}/values.csv", include_in_schema=False)
async def values_file(request: Asked) -> Response[Any]:
    """The values of one field as a file."""
    context = await studio_context(request)
    entity, _ = _field(request, context)
    key = request.path_params["key"]
    pieces = quarantine.as_csv(context, entity.id, key)
    headers = {
        "content-disposition": f'attachment; filename="{entity.name}-{key}.csv"',
        "cache-control": "no-store",
    }
    return Stream(pieces, media_type="text/csv; charset=utf-8", headers=headers)


@get("/studio/putaside/{entity:str}/{key:str}/dismiss", include_in_schema=False)
async def dismiss_page(request: Asked) -> Response[Any]:
    """The question before all values of a field are forgotten."""
    context = await studio_context(request)
    entity, key = request.path_params["entity"], request.path_params["key"]
    _field(request, context)
    waiting = await quarantine.waiting_of(context, entity, key)
    if waiting is None:
        return Redirect(place_of(entity, key), status_code=303)
    data = DismissPage(waiting, place_of(entity, key))
    return await studio_page(request, context, "studio/putaside_dismiss.html", data)


@post("/studio/putaside/{entity:str}/{key:str}/dismiss", include_in_schema=False, status_code=303)
async def dismiss_all(request: Asked) -> Response[Any]:
    """Forget all values of a field that wait."""
    context = await studio_context(request)
    count = await quarantine.dismiss_all(context, request.path_params["entity"], request.path_params["key"])
    said = (
        Message("1 value was dismissed.") if count == 1 else Message("{count} values were dismissed.", {"count": count})
    )
    return told(request, context, "/studio/putaside", said)


@post("/studio/putaside/{entity:str}/{key:str}/{entry:str}", include_in_schema=False, status_code=200)
async def put_right(request: Asked) -> Response[Any]:
    """Save the right value of a record, or do what another button says."""
    context = await studio_context(request)
    _, field = _field(request, context)
    key, entry, texts = field.key, request.path_params["entry"], await posted(request)
    after = one(texts, "_after")
    try:
        known = await quarantine.entry_of(context, request.path_params["entity"], key, entry)
    except NotFound:
        return _back(request, context, after, Message("It was put right or dismissed in the meantime."))
    if one(texts, "_dismiss"):
        await quarantine.dismiss(context, entry)
        return _back(request, context, after, Message("The value was dismissed."))
    given = _given(field, texts)
    if one(texts, "_choose"):
        return await _choices(request, context, known, texts)
    if one(texts, "_refresh") or one(texts, "_remove") or (one(texts, "_pick") and field.multiple):
        return await _entries(request, context, after, Typed(entry, given))
    try:
        await quarantine.put_right(context, entry, given, Reading(zone=formats_of(request, context).zone))
    except (Invalid, Forbidden) as error:
        return await _entries(request, context, after, Typed(entry, given, _reasons(request, context, error)))
    return _back(request, context, after, Message("{record} was put right.", {"record": known.label}))


def _given(field: FieldType, texts: Texts) -> list[str]:
    """What stands in the input after one of its buttons was pressed."""
    given = [text for text in texts.get(field.key, []) if text] if field.multiple else texts.get(field.key, [])[-1:]
    pick, remove = (one(texts, name).partition(":")[2] for name in ("_pick", "_remove"))
    if pick:
        return [*given, pick] if field.multiple else [pick]
    return [text for text in given if text != remove] if remove else given


def _reasons(request: Asked, context: Context, error: TrellisError) -> tuple[Message, ...]:
    """Why a value was refused; another field of the record is named."""
    entity, field = _field(request, context)
    found = []
    for entry in error.errors if isinstance(error, Invalid) else ():
        other = entity.field(entry.path) if entry.path != field.key else None
        about = {"field": other.caption, "reason": entry.message} if other else {}
        found.append(Message("{field}: {reason}", about) if about else entry.message)
    return tuple(found) or (error.message,)


async def _choices(request: Asked, context: Context, entry: Entry, texts: Texts) -> Response[Any]:
    entity, field = _field(request, context)
    if field.target is None:
        raise NotFound()
    text, place = one(texts, "_q"), place_of(entity.id, field.key)
    found = await queries.candidates(context, entity.id, field.key, text, {}, limit=50)
    data = ChoicePage(
        f"{place}/{entry.id}", place, field.key, f"{field.caption} · {entry.label}",
        context.snapshot.localised(locale_of(request, context)).entity(field.target), text, found,
        tuple(_given(field, texts)) if field.multiple else (), one(texts, "_after"),
    )  # fmt: skip
    return await studio_page(request, context, "studio/putaside_choose.html", data)


async def _entries(request: Asked, context: Context, after: str, typed: Typed | None = None) -> Response[Any]:
    entity, field = _field(request, context)
    place = place_of(entity.id, field.key)
    page = await quarantine.entries(context, entity.id, field.key, after=after or None)
    may = context.access.level(entity.id, field.key) >= Level.EDIT and context.access.allows(entity.id, "edit")
    titles = await _titles(context, field, typed.texts if typed else ())
    rows = []
    for entry in page.entries:
        mine = typed if typed is not None and typed.entry == entry.id else None
        item = _input(request, context, field, entry, mine, titles) if may else None
        rows.append(
            EntryRow(
                entry, record_url(entity.id, entry.record), f"{place}/{entry.id}", item, mine.wrong if mine else ()
            )
        )
    next_ = f"{place}?after={quote(page.next)}" if page.next else ""
    data = EntriesPage(
        entity, field, formats_of(request, context).words(field.caption), place, tuple(rows), after, next_, may
    )
    wrong = typed is not None and bool(typed.wrong)
    return await studio_page(request, context, "studio/putaside_field.html", data, status=422 if wrong else 200)


def _input(
    request: Asked, context: Context, field: FieldType, entry: Entry, typed: Typed | None, titles: Mapping[str, str]
) -> Input | None:
    """The input for the right value, with what was typed before, or with the old text to be corrected."""
    kind, formats = kind_of(field), formats_of(request, context)
    if kind in ELSEWHERE or not field.writable or field.system:
        return None
    texts = tuple(typed.texts) if typed else ((entry.value,) if kind in BY_HAND else ())
    return Input(
        field=field, kind=kind, label=f"{formats.words(field.caption)} · {entry.label}", texts=texts, titles=titles,
        required=False, readonly=False, wide=False, hint="", error=typed.wrong[0] if typed and typed.wrong else None,
        warning=None, refreshes=False, prefix=formats.base_currency if kind == "currency" else "",
    )  # fmt: skip


async def _titles(context: Context, field: FieldType, texts: Sequence[str]) -> dict[str, str]:
    """The names of the records that were chosen."""
    ids = [text for text in texts if text]
    if field.target is None or not ids or not context.access.allows(field.target, "read"):
        return {}
    return {choice.id: choice.label for choice in await queries.choices(context, field.target, ids=ids, limit=len(ids))}


def _field(request: Asked, context: Context) -> tuple[Entity, FieldType]:
    """The entity and the field of the address, in the language of the reader; raises NotFound."""
    entity = context.snapshot.localised(locale_of(request, context)).entity(request.path_params["entity"])
    field = entity.field(request.path_params["key"])
    if field is None:
        raise NotFound()
    return entity, field


def _back(request: Asked, context: Context, after: str, said: Message) -> Redirect:
    place = place_of(request.path_params["entity"], request.path_params["key"])
    return told(request, context, place + (f"?after={quote(after)}" if after else ""), said)


HANDLERS: list[Any] = [
    waiting_page, entries_page, values_file, dismiss_page, dismiss_all, put_right,
]  # fmt: skip
