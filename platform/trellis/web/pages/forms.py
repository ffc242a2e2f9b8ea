"""Making and changing records through forms; every button works without a script."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.response import Redirect
from markupsafe import Markup

from trellis.engine.query import Choice, Masked
from trellis.kernel.errors import FieldError, Forbidden, Invalid, TooManyRequests, TrellisError, VersionConflict, Warned
from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity, Form, Level
from trellis.metadata.fieldtypes import FieldType, File, Reading
from trellis.services import files, queries
from trellis.services.access.refusing import refusal
from trellis.services.commands import Create, Update
from trellis.services.context import Context
from trellis.services.defaults import new_values
from trellis.services.forms import clean_values, evaluate_form, fields_of, input_errors, read_form
from trellis.services.livevalues import live_values
from trellis.services.records import write
from trellis.services.revealing import is_revealable, reveal
from trellis.services.studio.staleforms import at_least, drawn
from trellis.web.api.problems import status_of
from trellis.web.flash import flash_cookie
from trellis.web.http import Asked, locale_of, page_context
from trellis.web.links import new_url, record_url, reveal_url
from trellis.web.pages import presets
from trellis.web.pages.changes import conflict_of
from trellis.web.pages.filling import Filling, Texts, is_untouched, picked, without_closed
from trellis.web.pages.guesses import guesses
from trellis.web.pages.picker import picker_page
from trellis.web.pages.redrawing import redrawn, told_by
from trellis.web.pages.warnings import AGAIN, warnings_of
from trellis.web.render.environment import formats_of, fragment, page, words
from trellis.web.render.formats import LocaleFormats
from trellis.web.render.forms import InputSection, form_for, sections_of, text_of
from trellis.web.render.masked import MaskedValue, in_form, shown_value
from trellis.web.render.values import HIDDEN, display


@dataclass(frozen=True)
class FormPage:
    """What the form template shows."""

    filling: Filling
    entity: Entity
    sections: tuple[InputSection, ...]
    title: str
    cancel: str
    errors: tuple[tuple[str, str, Message], ...]
    has_files: bool
    hidden: tuple[tuple[str, str], ...]


@get("/records/{entity:str}/new", include_in_schema=False)
async def new_page(request: Asked) -> Response[Any]:
    """An empty form, filled in with defaults and with what the address says."""
    context = await page_context(request)
    entity, form = _entity_and_form(request, context, "create")
    if not context.access.allows(entity.id, "create"):
        raise await refusal(context, entity.id, None, "create")
    given = {key: list(values) for key, values in request.query_params.dict().items() if not key.startswith("_")}
    read = read_form(context, form, given, _reading(request, context), extra=tuple(given))
    values = await new_values(context, context.snapshot.entity(entity.id), read.values)
    filling = Filling(entity, form, values=values, texts=dict(given), quick="_quick" in request.query_params)
    texts = _texts(request, context, filling)
    put_in = presets.put_in(context, entity, {key: text for key, text in texts.items() if key not in given})
    filling = replace(filling, texts={**texts, **given}, presets=put_in)
    return await show_form(request, context, filling)


@get("/records/{entity:str}/{record:str}/edit", include_in_schema=False)
async def edit_page(request: Asked) -> Response[Any]:
    """The form of a record."""
    context = await page_context(request)
    entity, form = _entity_and_form(request, context, "edit")
    filling = await _existing(request, context, Filling(entity, form, request.path_params["record"]))
    return await show_form(request, context, filling)


async def _existing(request: Asked, context: Context, filling: Filling) -> Filling:
    """The form with the values of its record; raises NotFound, Forbidden."""
    record = await queries.get_record(context, filling.entity.id, filling.record)
    if not record.can_edit:
        raise await refusal(context, filling.entity.id, record.id, "edit")
    masked = {key: str(value) for key, value in record.values.items() if isinstance(value, Masked)}
    filling = replace(
        filling, record=record.id, version=record.version, values=record.known, before=record.known,
        labels=record.labels, levels=record.levels, masked=masked,
    )  # fmt: skip
    return replace(filling, texts=_texts(request, context, filling))


@post("/records/{entity:str}/new", include_in_schema=False, status_code=200)
async def create(request: Asked) -> Response[Any]:
    """Make a record from the posted form, or do what another of its buttons says."""
    context = await at_least(await page_context(request), await told_by(request))
    entity, form = _entity_and_form(request, context, "create")
    if not context.access.allows(entity.id, "create"):
        raise await refusal(context, entity.id, None, "create")
    return await _posted(request, context, Filling(entity, form))


@post("/records/{entity:str}/{record:str}/edit", include_in_schema=False, status_code=200)
async def update(request: Asked) -> Response[Any]:
    """Change a record from the posted form, or do what another of its buttons says."""
    context = await at_least(await page_context(request), await told_by(request))
    entity, form = _entity_and_form(request, context, "edit")
    filling = Filling(entity, form, request.path_params["record"])
    return await _posted(request, context, await _existing(request, context, filling))


@post("/records/{entity:str}/form-state", include_in_schema=False, status_code=200)
async def form_state(request: Asked) -> Response[Any]:
    """The inputs again after a change: parts appear and go, what was typed stays."""
    context = await page_context(request)
    posted = await _posted_texts(request)
    record = next(iter(posted.get("_record", ())), "")
    entity, form = _entity_and_form(request, context, "edit" if record else "create")
    filling = Filling(entity, form, record)
    if record:
        filling = await _existing(request, context, filling)
    filling, posted = redrawn(context, filling, posted)
    filling = await _filled(request, context, filling, posted)
    data = await _page_data(request, context, replace(filling, errors=()))
    return fragment(request, context, "form_fields.html", data)


async def _posted(request: Asked, context: Context, filling: Filling) -> Response[Any]:
    posted = await _posted_texts(request)
    posted, refused = await _kept_files(request, context, posted)
    filling, posted = redrawn(context, filling, posted)
    filling = await _filled(request, context, filling, posted)
    filling = replace(filling, errors=(*filling.errors, *refused))

    def button(name: str) -> str:
        return next(iter(posted.get(name, ())), "")

    spec = filling.entity.field(button("_choose"))
    if spec is not None and spec.target is not None:
        return await picker_page(request, context, filling, spec, button("_q"))
    if button("_pick") or button("_remove"):
        chosen = picked(filling, button("_pick"), button("_remove"))
        return await show_form(request, context, await _with_presets(request, context, chosen, posted))
    if button("_reveal") and filling.exists:
        return await _revealed(request, context, replace(filling, errors=()), button("_reveal"))
    if button("_refresh") or button("_choose"):
        return await show_form(request, context, replace(filling, errors=()))
    if filling.redrawn:
        return await show_form(request, context, filling, status=409)
    if filling.errors:
        return await show_form(request, context, _with_all_errors(context, filling), status=422)
    return await _save(request, context, filling, posted, again=bool(button("_again")))


async def _revealed(request: Asked, context: Context, filling: Filling, key: str) -> Response[Any]:
    """The form with a masked value shown, or with the reason why not; what was typed stays."""
    try:
        shown = await reveal(context, filling.entity.id, filling.record, key)
    except (Forbidden, TooManyRequests) as error:
        refused = FieldError(key, error.code, _with_advice(error))
        return await show_form(request, context, replace(filling, errors=(refused,)), status=status_of(error))
    return await show_form(request, context, replace(filling, revealed=shown))


def _with_advice(error: TrellisError) -> Message:
    """What was refused, and whom to ask, as one text."""
    said = error.message
    for one in error.advice if isinstance(error, Forbidden) else ():
        said = Message("{message} {reason}", {"message": said, "reason": one})
    return said


def _with_all_errors(context: Context, filling: Filling) -> Filling:
    """The form with everything that is wrong, where some texts could not even be read."""
    unread = {error.path for error in filling.errors}
    values = {key: value for key, value in filling.values.items() if key in filling.texts and key not in unread}
    command = Update(filling.record, values) if filling.exists else Create(values)
    found = input_errors(context, context.snapshot.entity(filling.entity.id), command)
    return replace(filling, errors=(*filling.errors, *(error for error in found if error.path not in unread)))


async def _save(request: Asked, context: Context, filling: Filling, posted: Texts, *, again: bool) -> Response[Any]:
    version = next(iter(posted.get("_version", ())), "")
    form = filling.form.id if filling.form.id in context.snapshot.forms else None
    values = {key: value for key, value in filling.values.items() if key in filling.texts}
    confirmed = next(iter(posted.get("_confirm", ())), "")
    again = again or confirmed.endswith(AGAIN)
    command: Create | Update = Create(values)
    if filling.exists:
        command = Update(filling.record, values, int(version) if version.isdigit() else None)
    try:
        (outcome,) = await write(
            context, filling.entity.id, [command], form=form, cautious=True, accepted=confirmed.removesuffix(AGAIN)
        )
    except Invalid as error:
        return await show_form(request, context, replace(filling, errors=error.errors), status=422)
    except Warned as error:
        warned = await warnings_of(context, filling.entity, error, again=again)
        return await show_form(request, context, replace(filling, warned=warned), status=422)
    except VersionConflict as error:
        conflict = await conflict_of(
            context, filling.entity, filling.record, int(version or 0), formats_of(request, context)
        )
        return await show_form(
            request, context, replace(filling, conflict=conflict, version=error.current or filling.version), status=409
        )
    if request.headers.get("x-quick"):
        (choice,) = await queries.choices(context, filling.entity.id, ids=[outcome.id]) or [
            Choice(outcome.id, outcome.id)
        ]
        return Response({"id": choice.id, "label": choice.label}, status_code=201)
    text = words(locale_of(request, context))("Saved.")
    target = new_url(filling.entity.id) if again else record_url(filling.entity.id, outcome.id)
    return Redirect(target, status_code=303, cookies=[flash_cookie(text)])


async def _filled(request: Asked, context: Context, filling: Filling, posted: Texts) -> Filling:
    """The form with what was posted, read as far as it can be read; what nobody touched keeps its exact value."""
    extra = tuple(key for key in posted if not key.startswith("_") and key in filling.entity.all_fields)
    read = read_form(context, filling.form, posted, _reading(request, context), extra=extra)
    read = without_closed(filling, read)
    texts = {**filling.texts, **read.texts}
    kept = {key: value for key, value in filling.before.items() if is_untouched(filling, key, read.texts.get(key))}
    errors = tuple(error for error in read.errors if error.path not in kept)
    filling = replace(filling, texts=texts, values={**filling.before, **read.values, **kept}, errors=errors)
    return await _with_presets(request, context, filling, posted)


async def _with_presets(request: Asked, context: Context, filling: Filling, posted: Texts) -> Filling:
    """The form of a new record with its computed defaults as they follow from the inputs."""
    if filling.exists:
        return filling
    entity, formats = context.snapshot.entity(filling.entity.id), formats_of(request, context)
    found = await presets.follow(context, entity, filling.texts, filling.values, posted, formats)
    texts, values = {**filling.texts, **found.texts}, {**filling.values, **found.values}
    return replace(filling, texts=texts, values=values, presets=presets.put_in(context, entity, found.texts))


async def show_form(request: Asked, context: Context, filling: Filling, *, status: int = 200) -> Response[Any]:
    """The form as a page, or only its inner part for a dialog; it tells whether it has changed."""
    if filling.redrawn:
        filling = replace(filling, drawn="")
    data = await _page_data(request, context, filling)
    if filling.quick or request.headers.get("x-quick"):
        return fragment(request, context, "form_quick.html", data, status=status)
    return page(request, context, "form.html", data, status=status)


async def _page_data(request: Asked, context: Context, filling: Filling) -> FormPage:
    formats = formats_of(request, context)
    entity = filling.entity
    filling = filling if filling.drawn else replace(filling, drawn=str(drawn(context, entity, filling.form)))
    level = Level.EDIT if filling.exists else Level.CREATE
    known = {**filling.before, **clean_values(context, entity, filling.values, level)}
    titles = await _titles(context, filling)
    told = {**known, **dict.fromkeys(guesses(entity, filling.texts, values=known, before=filling.before, seen=titles))}
    changed = not filling.exists or known != filling.before
    live: dict[str, Any] = {}
    if changed:
        live = await live_values(context, filling.form, entity, told, exists=filling.exists, levels=filling.levels)
    known |= live
    state = await evaluate_form(context, filling.form, {**told, **live}, exists=filling.exists)
    shown = {
        key: _shown(context, filling, spec, known, formats)
        for key, spec in entity.all_fields.items()
        if key in filling.before or key in filling.masked or key in live
    }
    sections = sections_of(
        context, filling.form, entity, state, filling.texts, titles, filling.errors, formats,
        exists=filling.exists, shown=shown, levels=filling.levels, warnings=filling.warned.found if filling.warned else (),
    )  # fmt: skip
    visible = {item.key for section in sections for item in section.inputs}
    extra = tuple((key, text) for key, texts in filling.texts.items() if key not in visible for text in texts)
    captions = {key: formats.words(spec.caption) for key, spec in entity.all_fields.items()}
    title = entity.title.to_text(filling.before.get(entity.title_field)) if filling.exists else ""
    return FormPage(
        filling=filling,
        entity=entity,
        sections=sections,
        title=title,
        cancel=record_url(entity.id, filling.record) if filling.exists else f"/records/{entity.id}",
        errors=tuple((error.path, captions.get(error.path, ""), error.message) for error in filling.errors),
        has_files=any(isinstance(item.field, File) for section in sections for item in section.inputs),
        hidden=(*extra, *((presets.PREFIX + key, text) for key, text in filling.presets.items())),
    )


def _shown(
    context: Context, filling: Filling, spec: FieldType, known: Mapping[str, Any], formats: LocaleFormats
) -> Markup:
    """A value that is not changed, as far as it may be seen on this record."""
    level = filling.levels.get(spec.key, context.access.level(spec.entity, spec.key))
    if level < Level.MASKED and spec.key in filling.levels:
        return HIDDEN.format(formats.words("hidden from you"))
    revealed = filling.revealed
    if revealed is not None and revealed.field.key == spec.key:
        return in_form(shown_value(revealed, formats), formats)
    value = filling.masked.get(spec.key, known.get(spec.key))
    html = display(spec, value, _title(filling, spec.key, known), formats, level)
    if not is_revealable(context, spec.entity, spec.key, level, value) or not filling.exists:
        return html
    url = reveal_url(spec.entity, filling.record, spec.key)
    return in_form(MaskedValue(html, formats.words(spec.caption), url, spec.key), formats)


def _title(filling: Filling, key: str, known: Mapping[str, Any]) -> Any:
    """The title behind a link, as long as it leads where it led when the record was read."""
    return filling.labels.get(key) if known.get(key) == filling.before.get(key) else None


async def _titles(context: Context, filling: Filling) -> dict[str, dict[str, str]]:
    """The titles of the records that links in the form lead to."""
    found: dict[str, dict[str, str]] = {}
    for key, texts in filling.texts.items():
        spec = filling.entity.field(key)
        ids = [text for text in texts if text]
        if spec is None or spec.target is None or not ids or not context.access.allows(spec.target, "read"):
            continue
        known = filling.labels.get(key)
        if not spec.multiple and known and filling.before.get(key) == ids[-1]:
            found[key] = {ids[-1]: str(known)}
        else:
            chosen = await queries.choices(context, spec.target, ids=ids, limit=len(ids))
            found[key] = {choice.id: choice.label for choice in chosen}
    return found


def _texts(request: Asked, context: Context, filling: Filling) -> Texts:
    """What stands in the inputs at first: the values of those fields of the form that the actor may write."""
    formats, entity = formats_of(request, context), filling.entity
    least = Level.EDIT if filling.exists else Level.CREATE
    found: Texts = {}
    for key in fields_of(filling.form, entity):
        spec, value = entity.all_fields[key], filling.values.get(key)
        level = filling.levels.get(key, context.access.level(entity.id, key))
        writable = spec.writable and not spec.system and level >= least
        if writable and value not in (None, ()):
            found[key] = list(text_of(spec, value, formats))
    return found


def _reading(request: Asked, context: Context) -> Reading:
    return Reading(zone=formats_of(request, context).zone)


def _entity_and_form(request: Asked, context: Context, use: str) -> tuple[Entity, Form]:
    localised = context.snapshot.localised(locale_of(request, context))
    entity = localised.entity(request.path_params["entity"])
    return entity, form_for(localised, context, entity, use)


async def _posted_texts(request: Asked) -> Texts:
    """The posted fields as lists of texts, without files."""
    posted: Texts = {}
    for key, value in (await request.form()).multi_items():
        if not isinstance(value, UploadFile):
            posted.setdefault(key, []).append(str(value))
    return posted


async def _kept_files(request: Asked, context: Context, posted: Texts) -> tuple[Texts, list[FieldError]]:
    """The posted fields with uploaded files as ids of file records, and why some files were not taken."""
    entity = context.snapshot.entity(request.path_params["entity"])
    refused: list[FieldError] = []
    for key, value in (await request.form()).multi_items():
        spec = entity.field(key)
        if isinstance(value, UploadFile) and value.filename and isinstance(spec, File):
            try:
                kept = await files.upload(context, spec, value.filename, value.content_type or "", _pieces(value))
            except Invalid as error:
                refused += [replace(one, path=key) for one in error.errors]
            else:
                posted = {**posted, key: [kept]}
    return posted, refused


async def _pieces(upload: UploadFile) -> Any:
    while piece := await upload.read(256 * 1024):
        yield piece


HANDLERS: list[Any] = [new_page, edit_page, create, update, form_state]
