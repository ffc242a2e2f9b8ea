"""The form designer: palette, canvas and properties; every button is one operation on the draft."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from litestar import Response, get, post
from litestar.response import Redirect

from trellis.kernel.errors import BadRequest, Conflict, Invalid
from trellis.kernel.messages import Message
from trellis.services import queries
from trellis.services.context import Context
from trellis.services.studio import drafts
from trellis.services.studio.drafts import Draft
from trellis.services.studio.fieldedits import id_for, with_part
from trellis.services.studio.formparts import proposed_form
from trellis.services.studio.newfields import new_field
from trellis.services.studio.translationedits import words as words_of
from trellis.services.studio.translations import set_translation
from trellis.web.flash import flash_cookie
from trellis.web.http import Asked, locale_of
from trellis.web.render.environment import formats_of, words
from trellis.web.studio import form_preview
from trellis.web.studio.editing import told
from trellis.web.studio.form_adding import wanted_field
from trellis.web.studio.form_operations import Done, changed
from trellis.web.studio.form_page import Notice, Shown, designer_of, desk_of, form_in
from trellis.web.studio.form_panel import read_values
from trellis.web.studio.frame import studio_context, studio_fragment, studio_page
from trellis.web.studio.links import raw_url

Posted = Mapping[str, Sequence[str]]

GONE = Message("The form will be gone with the next release.")
UNREADABLE = Message("The document of this form has mistakes in its structure. They can be mended here.")

USES = ("create", "edit", "detail")
FIRST, SECOND = Message("Basics"), Message("More")
"""The sections of a first proposal."""


@dataclass(frozen=True)
class Ordered:
    """What was posted: the operation, every input, and the version of the form that whoever works saw."""

    form: str
    operation: Mapping[str, str]
    posted: Posted

    @property
    def name(self) -> str:
        return self.operation.get("op", "")

    @property
    def path(self) -> str:
        return self.operation.get("path", "")

    @property
    def version(self) -> int | None:
        text = self.operation.get("version", "")
        return int(text) if text.isdecimal() and len(text) < 10 else None


@get("/studio/forms/{form:str}", include_in_schema=False)
async def form_page(request: Asked) -> Response[Any]:
    """The designer of a form."""
    context = await studio_context(request)
    draft, params, form_id = await drafts.load(context), request.query_params, request.path_params["form"]
    if form_id in draft.merged.lost or draft.merged.removed.get(form_id):
        return told(request, context, raw_url(form_id), UNREADABLE)
    wanted = wanted_field(params.dict()) if params.get("type") else None
    place = (params.get("into", ""), params.get("before", ""))
    return await _shown(request, context, draft, Shown(params.get("at", ""), wanted, place))


@post("/studio/forms", include_in_schema=False)
async def create(request: Asked) -> Response[Any]:
    """A new form for an entity, with a first proposal."""
    context = await studio_context(request)
    posted = await _posted(request)
    draft = await drafts.load(context)
    locale = locale_of(request, context)
    entity = draft.merged.snapshot.localised(locale).entity(_last(posted, "entity"))
    uses = [use for use in USES if use in posted.get("uses", ())] or list(USES)
    document = id_for(f"{entity.name}_form", draft.merged.raw)
    say = words(locale)
    form = proposed_form(document, entity, uses, (str(say(FIRST)), str(say(SECOND))))
    await drafts.save(context, form)
    return Redirect(_url(document), status_code=303)


@post("/studio/forms/{form:str}", include_in_schema=False, status_code=200)
async def edit(request: Asked) -> Response[Any]:
    """Carry out one operation on a form."""
    context = await studio_context(request)
    posted = await _posted(request)
    operation = {name: texts[-1] for name, texts in posted.items()} | dict(parse_qsl(_last(posted, "do")))
    ordered = Ordered(request.path_params["form"], operation, posted)
    try:
        return await _carried_out(request, context, ordered)
    except Conflict as error:
        return await _lost(request, context, ordered, error)
    except (BadRequest, Invalid) as error:
        return await _refused(request, context, ordered, error)


async def _carried_out(request: Asked, context: Context, ordered: Ordered) -> Response[Any]:
    form_id, at = ordered.form, ordered.operation.get("at", "")
    match ordered.name:
        case "undo":
            version = _expected(context, await drafts.load(context), ordered)
            draft = await drafts.undo(context, form_id, version=version)
            return await _done(request, context, draft, at, Message("Undone."))
        case "redo":
            version = _expected(context, await drafts.load(context), ordered)
            draft = await drafts.redo(context, form_id, version=version)
            return await _done(request, context, draft, at, Message("Done again."))
        case "reset":
            draft = await drafts.reset(context, form_id, ordered.path)
            return await _done(request, context, draft, ordered.path, Message("Back to what the pack says."))
        case "newfield":
            return await _new_field(request, context, ordered)
        case "drop":
            return await _dropped(request, context, ordered)
    draft = await drafts.load(context)
    done = _operated(request, context, draft, ordered)
    draft = await _saved(context, draft, done.form, ordered)
    return await _done(request, context, draft, done.at, done.said)


async def _dropped(request: Asked, context: Context, ordered: Ordered) -> Response[Any]:
    """The form goes, or is hidden where it is a pack's."""
    draft = await drafts.load(context)
    entity = str(form_in(draft, ordered.form).get("entity"))
    await drafts.remove(context, ordered.form, version=_expected(context, draft, ordered))
    return told(request, context, f"/studio/entities/{quote(entity)}", GONE)


def _operated(request: Asked, context: Context, draft: Draft, ordered: Ordered) -> Done:
    desk = desk_of(request, context, draft, ordered.form)
    if ordered.name == "change":
        return changed(desk.form, ordered.path, read_values(desk.form, ordered.path, ordered.posted))
    return desk.perform(ordered.operation)


async def _saved(context: Context, draft: Draft, form: Mapping[str, Any], ordered: Ordered) -> Draft:
    """The draft with the form, and with the texts in other languages that came along."""
    if form != draft.raw(ordered.form):
        draft = await drafts.save(context, form, version=_expected(context, draft, ordered))
    for name, text in ordered.operation.items():
        member, at, locale = name.partition("@")
        place = f"{ordered.form}#{ordered.path}/{member}"
        known = words_of(draft.merged.raw, locale).text(place) if at else text.strip()
        if member in ("label", "hint") and ordered.name == "change" and text.strip() != known:
            draft = await set_translation(context, locale, place, text)
    return draft


def _expected(context: Context, draft: Draft, ordered: Ordered) -> int | None:
    """The version to save on top of; one's own last step, still on its way to the page, is nobody else's."""
    change = draft.change(ordered.form)
    return draft.version(ordered.form) if change and change.by == context.actor.id else ordered.version


async def _new_field(request: Asked, context: Context, ordered: Ordered) -> Response[Any]:
    """A field for the entity, and its place on the form."""
    draft = await drafts.load(context)
    entities = draft.merged.snapshot.entities
    entity_id = str(form_in(draft, ordered.form).get("entity"))
    wanted = wanted_field(ordered.posted)
    place = (ordered.operation.get("into", ""), ordered.operation.get("before", ""))
    try:
        key, field = new_field(draft.merged.snapshot.entity(entity_id), wanted, entities)
    except Invalid as error:
        shown = Shown(ordered.operation.get("at", ""), wanted, place, {one.path: one.message for one in error.errors})
        return await _shown(request, context, draft, shown, status=422)
    draft = await drafts.save(context, with_part(draft.raw(entity_id), "fields", key, field))
    asked = {"op": "field", "key": key, "into": place[0], "before": place[1]}
    done = desk_of(request, context, draft, ordered.form).perform(asked)
    draft = await drafts.save(context, done.form, version=_expected(context, draft, ordered))
    return await _done(request, context, draft, done.at, done.said)


async def _done(request: Asked, context: Context, draft: Draft, at: str, said: Message) -> Response[Any]:
    text = str(words(locale_of(request, context))(said))
    form_id = request.path_params["form"]
    if _is_swap(request):
        return await _shown(request, context, draft, Shown(at, said=text))
    return Redirect(_url(form_id, at), status_code=303, cookies=[flash_cookie(text)])


async def _lost(request: Asked, context: Context, ordered: Ordered, error: Conflict) -> Response[Any]:
    """Somebody was faster: the form as it is now, with what was typed."""
    draft = await drafts.load(context)
    text = Message(
        "{who} changed this form at {when}. Your last step is not in it yet: look at the form and do it again.",
        {
            "who": await _name(context, error.by),
            "when": formats_of(request, context).datetime(error.at or context.now()),
        },
    )
    again = {name: text for name, text in ordered.operation.items() if name not in ("version", "do", "_csrf_token")}
    simple = ordered.name not in ("change", "newfield")
    notice = Notice(text, again=urlencode(again) if simple else "")
    return await _shown(request, context, draft, _typed(draft, ordered, notice), status=409)


async def _refused(request: Asked, context: Context, ordered: Ordered, error: BadRequest | Invalid) -> Response[Any]:
    draft = await drafts.load(context)
    more = tuple(found.message for found in error.errors) if isinstance(error, Invalid) else ()
    return await _shown(request, context, draft, _typed(draft, ordered, Notice(error.message, more)), status=422)


async def _name(context: Context, user: str) -> str | Message:
    found = await queries.choices(context.as_system(), "core.user", ids=[user]) if user else []
    return found[0].label if found else Message("Somebody")


def _typed(draft: Draft, ordered: Ordered, notice: Notice) -> Shown:
    """The designer with the inputs as they were typed."""
    at = ordered.path if ordered.name == "change" else ordered.operation.get("at", "")
    if ordered.name == "newfield":
        place = (ordered.operation.get("into", ""), ordered.operation.get("before", ""))
        return Shown(at, wanted_field(ordered.posted), place, notice=notice)
    if ordered.name != "change":
        return Shown(at, notice=notice)
    texts = {name: text for name, text in ordered.operation.items() if "@" in name}
    values = read_values(form_in(draft, ordered.form), at, ordered.posted)
    return Shown(at, notice=notice, typed=values, typed_texts=texts)


async def _shown(request: Asked, context: Context, draft: Draft, shown: Shown, *, status: int = 200) -> Response[Any]:
    form_id = request.path_params["form"]
    data = designer_of(request, context, draft, form_id, shown)
    if _is_swap(request):
        headers = {"hx-replace-url": _url(form_id, data.at)}
        return await studio_fragment(request, context, "studio/form/swap.html", data, status=status, headers=headers)
    return await studio_page(request, context, "studio/form.html", data, status=status)


def _is_swap(request: Asked) -> bool:
    return request.headers.get("hx-request-type") == "partial"


def _url(form_id: str, at: str = "") -> str:
    return f"/studio/forms/{quote(form_id)}" + (f"?at={quote(at)}" if at else "")


def _last(posted: Posted, name: str) -> str:
    texts = posted.get(name, ())
    return texts[-1] if texts else ""


async def _posted(request: Asked) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in (await request.form()).multi_items():
        if isinstance(value, str):
            found.setdefault(name, []).append(value)
    return found


HANDLERS: list[Any] = [create, form_page, edit, *form_preview.HANDLERS]
