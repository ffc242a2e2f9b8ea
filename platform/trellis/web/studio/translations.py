"""The editor of translations: how far each language is, all texts of one, and texts as files for translators."""

from typing import Any

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.response import Redirect

from trellis.kernel.errors import Invalid, NotFound
from trellis.kernel.messages import Message
from trellis.metadata.texts import is_language
from trellis.services.context import Context
from trellis.services.studio import drafts
from trellis.services.studio.drafts import Draft
from trellis.services.studio.translationedits import languages, own_id, words
from trellis.services.studio.translationfiles import Rejected, Sheet, read, written
from trellis.services.studio.translations import add_language, set_translations, texts_in
from trellis.web.http import Asked
from trellis.web.studio.editing import Texts, one, posted, told
from trellis.web.studio.frame import studio_context, studio_page
from trellis.web.studio.translation_page import (
    Slips,
    TextTyped,
    chosen_texts,
    imported_page_of,
    languages_page_of,
    question_of,
    texts_page_of,
)

TRANSLATIONS = "/studio/translations"
TEXT, WAS = "text:", "was:"
LARGEST_FILE = 20_000_000


@get(TRANSLATIONS, include_in_schema=False)
async def languages_page(request: Asked) -> Response[Any]:
    """All languages, and how far each of them is."""
    context = await studio_context(request)
    return await _languages(request, context, await drafts.load(context))


@post(TRANSLATIONS, include_in_schema=False, status_code=200)
async def new_language(request: Asked) -> Response[Any]:
    """One language more."""
    context = await studio_context(request)
    locale = one(await posted(request), "locale")
    try:
        await add_language(context, locale)
    except Invalid as error:
        return await _languages(request, context, await drafts.load(context), locale, error.errors[0].message)
    return Redirect(f"{TRANSLATIONS}/{locale}", status_code=303)


@get("/studio/translations/{locale:str}", include_in_schema=False)
async def texts_page(request: Asked) -> Response[Any]:
    """The texts of a language: of one document, or those that are missing, ours, or found."""
    context = await studio_context(request)
    draft = await drafts.load(context)
    locale = _locale(request, draft)
    return await _texts(request, context, draft, locale, TextTyped())


@post("/studio/translations/{locale:str}", include_in_schema=False, status_code=200)
async def save_texts(request: Asked) -> Response[Any]:
    """All texts that were typed, at once; what cannot be taken comes back at its place, and nothing typed gets lost."""
    context = await studio_context(request)
    draft = await drafts.load(context)
    locale, form = _locale(request, draft), await posted(request)
    typed = _typed(form)
    slips = _overtaken(draft, locale, form, typed)
    if slips.lost:
        return await _texts(request, context, draft, locale, TextTyped(typed, slips))
    try:
        await set_translations(context, locale, typed)
    except Invalid as error:
        wrong = {item.path: item.message for item in error.errors}
        return await _texts(request, context, draft, locale, TextTyped(typed, Slips(wrong)))
    return Redirect(question_of(request).url(locale), status_code=303)


@get("/studio/translations/{locale:str}/texts.csv", include_in_schema=False)
async def export_texts(request: Asked) -> Response[Any]:
    """The texts that the page would show, as a file."""
    context = await studio_context(request)
    draft = await drafts.load(context)
    locale = _locale(request, draft)
    known = words(draft.merged.raw, locale)
    found = chosen_texts(draft, known, question_of(request))
    content = "\ufeff" + written([text for texts in found.values() for text in texts], known)
    headers = {"content-disposition": f'attachment; filename="texts-{locale}.csv"', "cache-control": "no-store"}
    return Response(content.encode(), media_type="text/csv; charset=utf-8", headers=headers)


@post("/studio/translations/{locale:str}/import", include_in_schema=False, status_code=200)
async def import_texts(request: Asked) -> Response[Any]:
    """What a translator filled in; rows that do not fit are told with their reasons."""
    context = await studio_context(request)
    draft = await drafts.load(context)
    locale = _locale(request, draft)
    sheet = await _sheet(request, draft, locale)
    if sheet.texts:
        await set_translations(context, locale, sheet.texts)
    page = imported_page_of(locale, sheet)
    return await studio_page(request, context, "studio/translation_import.html", page)


@post("/studio/translations/{locale:str}/remove", include_in_schema=False, status_code=303)
async def remove_texts(request: Asked) -> Redirect:
    """All own texts of a language go; a language that no pack offers goes with them."""
    context = await studio_context(request)
    draft = await drafts.load(context)
    locale = _locale(request, draft)
    document = own_id(locale)
    if document in draft.merged.raw:
        await drafts.remove(context, document, version=draft.version(document))
    message = Message("Your texts of this language are gone from the draft.")
    return told(request, context, TRANSLATIONS, message, f"/studio/undo/{document}")


async def _languages(
    request: Asked, context: Context, draft: Draft, typed: str = "", error: Message | None = None
) -> Response[Any]:
    page = languages_page_of(request, draft, typed, error)
    return await studio_page(
        request, context, "studio/translations.html", page, status=422 if error else 200, draft=draft
    )


async def _texts(request: Asked, context: Context, draft: Draft, locale: str, typed: TextTyped) -> Response[Any]:
    page = await texts_page_of(request, context, draft, locale, typed)
    return await studio_page(
        request, context, "studio/translation.html", page, status=422 if typed.refused else 200, draft=draft
    )


def _locale(request: Asked, draft: Draft) -> str:
    """The language of the address; raises NotFound."""
    locale = str(request.path_params["locale"])
    if not is_language(locale) or locale not in languages(draft.merged.raw):
        raise NotFound(Message("There is no language “{locale}” here.", {"locale": locale[:40]}))
    return locale


def _typed(form: Texts) -> dict[str, str]:
    """The texts that were changed on the page, by place."""
    found = {}
    for name, values in form.items():
        place = name.removeprefix(TEXT)
        if name.startswith(TEXT) and values[-1].strip() != one(form, WAS + place):
            found[place] = values[-1].strip()
    return found


def _overtaken(draft: Draft, locale: str, form: Texts, typed: dict[str, str]) -> Slips:
    """The texts that somebody else has changed since the page was made."""
    known = words(draft.merged.raw, locale)
    lost = {
        place: known.text(place)
        for place, text in typed.items()
        if known.text(place) not in (one(form, WAS + place), text)
    }
    return Slips(lost=lost)


async def _sheet(request: Asked, draft: Draft, locale: str) -> Sheet:
    file = (await request.form()).get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        return Sheet({}, 0, (Rejected(1, "", Message("Choose a file first.")),))
    content = await file.read(LARGEST_FILE)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("gb18030", errors="replace")
    sources = {text.place: text.text for texts in texts_in(draft).values() for text in texts}
    return read(text, draft.merged.raw, sources, words(draft.merged.raw, locale))


HANDLERS: list[Any] = [
    languages_page, new_language, texts_page, save_texts, export_texts, import_texts, remove_texts,
]  # fmt: skip
