"""Changing fields of the chosen rows of a list: choose fields, write values, see what would happen, do it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from litestar import Response, get, post

from trellis.engine.query import Choice
from trellis.kernel.errors import FieldError, Invalid
from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity, Level
from trellis.metadata.fieldtypes import FieldType, Reading
from trellis.services import queries
from trellis.services.context import Context
from trellis.services.forms import read_form
from trellis.services.handing import bulk, operations
from trellis.services.handing.fieldchanges import Trial
from trellis.web.http import Asked, locale_of, page_context
from trellis.web.pages.bulk import ended
from trellis.web.pages.chosen import Chosen, Posted, chosen, listed, posted, selection, suffix_of
from trellis.web.pages.filling import Texts
from trellis.web.render.environment import formats_of, page
from trellis.web.render.forms import Input, default_form, form_for, kind_of

EDITABLE = ("read", "edit")
NOT_FOR_MANY = frozenset({"file", "json", "autonumber"})
SHOWN = 50
"""So many records that cannot be changed are listed."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What the form holds: the chosen fields with their texts, and the values as far as they can be read."""

    fields: tuple[str, ...] = ()
    texts: Texts = field(default_factory=dict)
    values: Mapping[str, object] = field(default_factory=dict)
    errors: tuple[FieldError, ...] = ()
    choosing: str = ""
    """The link for which records are looked for, without a script."""
    search: str = ""


@dataclass(frozen=True, slots=True)
class NewRecord:
    """What the inputs want to know: they are empty, like those of a new record."""

    exists: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """A record that cannot be changed."""

    id: str
    name: str
    why: Message


@dataclass(frozen=True, slots=True)
class ChangeManyPage:
    """The form to change fields of several records of a list."""

    entity: Entity
    address: str
    back: str
    chosen: Chosen
    inputs: tuple[Input, ...]
    more: tuple[tuple[str, str], ...]
    """Fields that can be chosen besides: key and label."""
    typed: Typed
    choices: tuple[Choice, ...] = ()
    trial: Trial | None = None
    seen: str = ""
    """Tells what it was tried with."""
    refused: tuple[Refusal, ...] = ()
    whole: bool = True
    """Whether the change was tried with all of the records."""
    errors: tuple[FieldError, ...] = ()
    filling: NewRecord = field(default_factory=NewRecord)


@get("/records/{entity:str}/change", include_in_schema=False)
async def change_page(request: Asked) -> Response[Any]:
    """The records of a list that may be changed."""
    context = await page_context(request)
    return await _show(request, context, _entity(request, context), None, Typed())


@post("/records/{entity:str}/change", include_in_schema=False, status_code=200)
async def change_chosen(request: Asked) -> Response[Any]:
    """Show the form again with another field or with what would happen, or change the records."""
    context = await page_context(request)
    entity, form = _entity(request, context), await request.form()
    given = posted(form)
    texts: Texts = {}
    for key, value in form.multi_items():
        texts.setdefault(key, []).append(str(value))
    typed = _typed(request, context, entity, texts)
    if not ({"_try", "_do"} & texts.keys()) or typed.texts.keys() != set(typed.fields):
        return await _show(request, context, entity, given, typed)
    rules = _rules(context, entity)
    try:
        if typed.errors:
            raise Invalid(typed.errors)
        meant = selection(entity, listed(request, context, entity), given)
        seen = operations.mark(sorted(typed.values.items()), meant)
        if "_do" not in texts or texts.get("_seen") != [seen]:  # what was not tried is tried first
            trial = await bulk.try_change(context, meant, typed.values, form=rules)
            return await _show(request, context, entity, given, typed, trial=trial, seen=seen)
        done = await bulk.change(context, meant, typed.values, form=rules, once=given.once)
    except Invalid as error:
        return await _show(request, context, entity, given, typed, errors=tuple(error.errors))
    return await ended(request, context, entity, done, Message("Changed: {count}."))


def _rules(context: Context, entity: Entity) -> str | None:
    """The form whose conditions hold, as when one record is saved with it."""
    found = form_for(context.snapshot, context, entity, "edit").id
    return found if found in context.snapshot.forms else None


def _typed(request: Asked, context: Context, entity: Entity, texts: Texts) -> Typed:
    """What was posted, with one field more or less where a button says so."""
    offered = changeable(context, entity)
    fields = [
        key for key in dict.fromkeys(texts.get("_field", [])) if key in offered and key not in texts.get("_drop", [])
    ]
    known = {key: texts[key] for key in fields if key in texts}
    read = read_form(context, default_form(entity), known, Reading(zone=formats_of(request, context).zone))
    choosing = texts.get("_choose", [""])[-1]
    values = {key: read.values.get(key) for key in known if key in read.values}
    return Typed(
        tuple(fields),
        known,
        values,
        read.errors,
        choosing if choosing in fields else "",
        texts.get("_q", [""])[-1][:200],
    )


def changeable(context: Context, entity: Entity) -> dict[str, FieldType]:
    """The fields that the actor may change on some records at least, and that can be the same on several."""
    return {
        key: spec
        for key, spec in entity.fields.items()
        if spec.writable and not spec.system and not spec.hidden and spec.computed is None
        and spec.type not in NOT_FOR_MANY and context.access.highest(entity.id, key) >= Level.EDIT
    }  # fmt: skip


async def _show(
    request: Asked,
    context: Context,
    entity: Entity,
    given: Posted | None,
    typed: Typed,
    *,
    trial: Trial | None = None,
    seen: str = "",
    errors: tuple[FieldError, ...] = (),
) -> Response[Any]:
    offered, suffix, formats = changeable(context, entity), suffix_of(request), formats_of(request, context)
    rows = await chosen(request, context, listed(request, context, entity), EDITABLE, given)
    target = offered[typed.choosing].target if typed.choosing else None
    meant = given.ids if given and not given.all else ()
    data = ChangeManyPage(
        entity=entity,
        address=f"/records/{entity.id}/change{suffix}",
        back=f"/records/{entity.id}{suffix}",
        chosen=rows,
        inputs=await _inputs(request, context, entity, typed, errors),
        more=tuple((key, formats.words(spec.caption)) for key, spec in offered.items() if key not in typed.fields),
        typed=typed,
        choices=tuple(await queries.candidates(context, entity.id, typed.choosing, typed.search, {})) if target else (),
        trial=trial,
        seen=seen,
        refused=await _refused(context, entity, trial),
        whole=trial is None or trial.tried < bulk.TRIED or len(meant) == trial.tried,
        errors=errors,
    )
    return page(request, context, "change_many.html", data, status=422 if errors else 200)


async def _inputs(
    request: Asked, context: Context, entity: Entity, typed: Typed, errors: Sequence[FieldError]
) -> tuple[Input, ...]:
    formats = formats_of(request, context)
    wrong = {error.path.partition("/")[0]: error.message for error in errors}
    found = []
    for key in typed.fields:
        spec, texts = entity.fields[key], tuple(typed.texts.get(key, ()))
        titles: dict[str, str] = {}
        ids = [text for text in texts if text]
        if spec.target is not None and ids and context.access.allows(spec.target, "read"):
            titles = {one.id: one.label for one in await queries.choices(context, spec.target, ids=ids, limit=len(ids))}
        found.append(
            Input(
                spec, kind_of(spec), formats.words(spec.caption), texts, titles, required=False, readonly=False,
                wide=False, hint=spec.help, error=wrong.get(key), warning=None, refreshes=False,
                prefix=formats.base_currency if spec.type == "currency" else "",
            )
        )  # fmt: skip
    return tuple(found)


async def _refused(context: Context, entity: Entity, trial: Trial | None) -> tuple[Refusal, ...]:
    """Records that cannot be changed, with their names, as far as they are listed."""
    first = trial.refused[:SHOWN] if trial else ()
    known = {
        one.id: one.label
        for one in await queries.choices(context, entity.id, ids=[one for one, _ in first], limit=SHOWN)
    }
    return tuple(Refusal(record, known.get(record, record), why) for record, why in first)


def _entity(request: Asked, context: Context) -> Entity:
    """The entity, if the actor may change several of its records at once; raises Forbidden."""
    entity = context.snapshot.localised(locale_of(request, context)).entity(request.path_params["entity"])
    bulk.require(context, entity, bulk.CHANGE)
    return entity


HANDLERS: list[Any] = [change_page, change_chosen]
