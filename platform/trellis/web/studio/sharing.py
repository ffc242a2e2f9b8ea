"""The editor of documents that share records: which records, with whom, and what for."""

from collections.abc import Mapping
from typing import Any

from litestar import Response, get, post

from trellis.kernel.messages import Message
from trellis.metadata.documents import Sharing
from trellis.services.context import Context
from trellis.services.studio import drafts
from trellis.services.studio.drafts import Draft
from trellis.services.studio.fieldedits import id_for
from trellis.services.studio.sharingedits import new_sharing, to_of, with_sharing
from trellis.web.http import Asked
from trellis.web.studio.editing import Refusal, Texts, one, posted, told
from trellis.web.studio.frame import studio_context, studio_page
from trellis.web.studio.links import editor_url
from trellis.web.studio.onedocument import draft_after, of_kind, save_filled, status_of, take_away
from trellis.web.studio.panels.controls import locked_names
from trellis.web.studio.panels.specs import specs_of
from trellis.web.studio.panels.texts import written
from trellis.web.studio.sharing_page import APART, rules_page_of, sharing_bench, sharing_page_of

Raw = Mapping[str, Any]
PLACE = "/studio/sharing"


@get(PLACE, include_in_schema=False)
async def rules_page(request: Asked) -> Response[Any]:
    """All documents that share records."""
    context = await studio_context(request)
    return await _list(request, context, await drafts.load(context))


@post(PLACE, include_in_schema=False, status_code=200)
async def add_rule(request: Asked) -> Response[Any]:
    """A new document, which shares nothing yet."""
    context = await studio_context(request)
    draft, texts = await drafts.load(context), await posted(request)
    label, entity = one(texts, "label"), one(texts, "entity")
    if not label:
        return await _list(request, context, draft, Message("{label} is required.", {"label": Message("Label")}))
    if entity not in draft.merged.snapshot.entities:
        return await _list(request, context, draft, Message("Choose the records to share."))
    document = id_for(label, draft.merged.raw, fallback="sharing")
    await drafts.save(context, new_sharing(document, label, entity))
    said = Message("The sharing rule was added to the draft. Now say which records it shares, and with whom.")
    return told(request, context, editor_url("sharing", document), said)


@get(PLACE + "/{sharing:str}", include_in_schema=False)
async def rule_page(request: Asked) -> Response[Any]:
    """One of them."""
    context = await studio_context(request)
    draft = await drafts.load(context)
    return await _show(request, context, draft, _raw(request, draft))


@post(PLACE + "/{sharing:str}", include_in_schema=False, status_code=200)
async def save_rule(request: Asked) -> Response[Any]:
    """What the form holds goes into the draft; what is wrong comes back at its place."""
    context = await studio_context(request)
    draft, specs = await drafts.load(context), specs_of(Sharing, APART)
    before, texts = _raw(request, draft), await posted(request)
    bench = sharing_bench(request, draft, before)
    wanted: Raw = written(specs, texts, before, locked_names(bench, specs))
    if draft.below(str(before["id"])) is None:
        wanted = with_sharing(wanted, to_of(_grantees(texts)), texts.get("grant", ()))
    if refusal := await save_filled(context, bench, specs, wanted, texts, ""):
        return await _show(request, context, await draft_after(draft, refusal), wanted, texts, refusal)
    return told(request, context, editor_url("sharing", str(before["id"])), Message("Saved in the draft."))


@post(PLACE + "/{sharing:str}/remove", include_in_schema=False, status_code=303)
async def remove_rule(request: Asked) -> Response[Any]:
    """Take an own one away."""
    context = await studio_context(request)
    draft = await drafts.load(context)
    said = Message("The sharing rule was removed.")
    return await take_away(request, context, _raw(request, draft)["id"], PLACE, said)


def _grantees(texts: Texts) -> list[tuple[str, bool]]:
    """The values of the rows, and whether those below are meant; rows that were emptied go."""
    below = set(texts.get("below", ()))
    rows = sorted((int(name[3:]), values[-1]) for name, values in texts.items() if name[:3] == "to#" and name[3:].isdecimal())  # fmt: skip
    return [(value, str(number) in below) for number, value in rows]


def _raw(request: Asked, draft: Draft) -> Raw:
    return of_kind(draft, request.path_params["sharing"], "sharing")


async def _show(
    request: Asked,
    context: Context,
    draft: Draft,
    raw: Raw,
    texts: Texts | None = None,
    refusal: Refusal | None = None,
) -> Response[Any]:
    page = await sharing_page_of(request, context, draft, raw, texts, refusal)
    return await studio_page(request, context, "studio/sharing.html", page, status=status_of(refusal), draft=draft)


async def _list(request: Asked, context: Context, draft: Draft, wrong: Message | None = None) -> Response[Any]:
    page = rules_page_of(request, draft, wrong)
    status = 422 if wrong else 200
    return await studio_page(request, context, "studio/sharings.html", page, status=status, draft=draft)


HANDLERS: list[Any] = [rules_page, add_rule, rule_page, save_rule, remove_rule]
