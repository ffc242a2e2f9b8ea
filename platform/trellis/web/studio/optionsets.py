"""Lists of options that several fields share."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post

from trellis.engine.usage.graph import Usage
from trellis.kernel.messages import Message
from trellis.metadata.documents import OptionSet
from trellis.services.context import Context
from trellis.services.studio import drafts
from trellis.services.studio.drafts import Draft
from trellis.services.studio.fieldedits import id_for, parts_in, prefix_in
from trellis.services.studio.usage import WhereUsed, where_used
from trellis.web.http import Asked, locale_of
from trellis.web.studio.editing import Refusal, Texts, one, posted, told
from trellis.web.studio.frame import studio_context, studio_page
from trellis.web.studio.links import editor_url
from trellis.web.studio.onedocument import (
    Standing,
    bench_of,
    draft_after,
    of_kind,
    save_filled,
    standing_of,
    status_of,
    take_away,
    whose,
)
from trellis.web.studio.panels.controls import Bench, Control, Wrong, controls_of, locked_names
from trellis.web.studio.panels.moves import moved_rows, with_keys
from trellis.web.studio.panels.specs import specs_of
from trellis.web.studio.panels.texts import texts_of, typed_over, written

Raw = Mapping[str, Any]
PLACE = "/studio/optionsets"


@dataclass(frozen=True, slots=True)
class ListRow:
    """One list of options."""

    id: str
    label: str
    options: tuple[str, ...]
    count: int
    uses: int
    origin: str
    what: str
    defects: int


@dataclass(frozen=True)
class ListsPage:
    """All lists of options."""

    rows: tuple[ListRow, ...]
    label: str = ""
    wrong: Message | None = None


@dataclass(frozen=True)
class ListPage:
    """One list of options, to be filled in."""

    head: Standing
    label: str
    controls: tuple[Control, ...]
    used: WhereUsed
    wrong: tuple[Wrong, ...] = ()
    conflict: bool = False


@get(PLACE, include_in_schema=False)
async def lists_page(request: Asked) -> Response[Any]:
    """All lists of options."""
    context = await studio_context(request)
    return await _lists(request, context, await drafts.load(context))


@post(PLACE, include_in_schema=False, status_code=200)
async def make_list(request: Asked) -> Response[Any]:
    """Make an empty list."""
    context = await studio_context(request)
    draft, label = await drafts.load(context), one(await posted(request), "label")
    if not label:
        wrong = Message("{label} is required.", {"label": Message("Label")})
        return await _lists(request, context, draft, wrong)
    document = id_for(label, draft.merged.raw, fallback="list")
    await drafts.save(context, {"kind": "optionset", "id": document, "label": label, "options": {}})
    said = Message("The list was added to the draft. Now give it options.")
    return told(request, context, editor_url("optionset", document), said)


@get(PLACE + "/{optionset:str}", include_in_schema=False)
async def list_page(request: Asked) -> Response[Any]:
    """One list of options."""
    context = await studio_context(request)
    draft = await drafts.load(context)
    return await _show(request, context, draft, _raw(request, draft))


@post(PLACE + "/{optionset:str}", include_in_schema=False, status_code=200)
async def change_list(request: Asked) -> Response[Any]:
    """Change a list from the posted page, or do what another of its buttons says."""
    context = await studio_context(request)
    draft, specs = await drafts.load(context), specs_of(OptionSet)
    before = _raw(request, draft)
    texts = with_keys(await posted(request), specs, prefix_in(str(before["id"])))
    wanted: Raw = written(specs, texts, before, locked_names(_bench(request, draft, before), specs))
    if act := one(texts, "_act"):
        return await _show(request, context, draft, wanted, moved_rows(texts, act, specs))
    if place := one(texts, "_reset"):
        wanted = _reset(draft, wanted, place)
    if refusal := await save_filled(context, _bench(request, draft, wanted), specs, wanted, texts, ""):
        return await _show(request, context, await draft_after(draft, refusal), wanted, texts, refusal)
    return told(request, context, editor_url("optionset", str(before["id"])), Message("Saved in the draft."))


@post(PLACE + "/{optionset:str}/remove", include_in_schema=False, status_code=303)
async def remove_list(request: Asked) -> Response[Any]:
    """Take an own list away."""
    context = await studio_context(request)
    draft = await drafts.load(context)
    return await take_away(request, context, _raw(request, draft)["id"], PLACE, Message("The list was removed."))


def _reset(draft: Draft, wanted: Raw, place: str) -> Raw:
    """The list with one member, or one member of an option, as the pack has it."""
    below = draft.below(str(wanted["id"])) or {}
    if "#" not in place:
        first = place.strip("/")
        rest = {name: value for name, value in wanted.items() if name != first}
        return {**wanted, first: below[first]} if first in below else rest
    key, _, member = place.partition("#")[2].partition("/")
    options = parts_in(wanted, "options")
    was = parts_in(below, "options").get(key, {})
    option = {name: value for name, value in options.get(key, {}).items() if name != member}
    option |= {member: was[member]} if member in was else {}
    return {**wanted, "options": {**options, key: option}}


def _raw(request: Asked, draft: Draft) -> Raw:
    return of_kind(draft, request.path_params["optionset"], "optionset")


def _bench(request: Asked, draft: Draft, document: Raw, refusal: Refusal | None = None) -> Bench:
    users = Usage.of(draft.merged.snapshot).of_target(str(document["id"]))
    about = next((found.document for found in users if found.document in draft.merged.snapshot.entities), "")
    return bench_of(request, draft, document, refusal, about)


async def _show(
    request: Asked,
    context: Context,
    draft: Draft,
    document: Raw,
    texts: Texts | None = None,
    refusal: Refusal | None = None,
) -> Response[Any]:
    specs, key = specs_of(OptionSet), str(document["id"])
    bench = _bench(request, draft, document, refusal)
    controls = controls_of(bench, specs, typed_over(texts_of(specs, document), texts))
    named = bench.snapshot.documents.get(key)
    data = ListPage(
        head=standing_of(draft, key),
        label=(named.label if named else "") or key,
        controls=controls,
        used=where_used(draft, key),
        wrong=tuple(Wrong(finding.message, finding.hint) for finding in (refusal.findings if refusal else ())),
        conflict=bool(refusal and refusal.conflict),
    )
    return await studio_page(request, context, "studio/optionset.html", data, status=status_of(refusal), draft=draft)


async def _lists(request: Asked, context: Context, draft: Draft, wrong: Message | None = None) -> Response[Any]:
    rows = tuple(sorted(_rows(request, draft), key=lambda row: (row.origin != "yours", row.label)))
    status = 422 if wrong else 200
    return await studio_page(
        request, context, "studio/optionsets.html", ListsPage(rows, wrong=wrong), status=status, draft=draft
    )


def _rows(request: Asked, draft: Draft) -> Iterator[ListRow]:
    snapshot = draft.merged.snapshot.localised(locale_of(request, draft.context))
    usage, changes = Usage.of(draft.merged.snapshot), {change.document: change.what for change in draft.changes}
    for key, raw in draft.merged.raw.items():
        if raw.get("kind") != "optionset":
            continue
        named = snapshot.documents.get(key)
        options = sorted(named.options.values(), key=lambda one: one.order) if isinstance(named, OptionSet) else []
        labels = tuple(option.label for option in options if option.active)
        yield ListRow(
            id=key,
            label=(named.label if named else "") or key,
            options=labels[:6],
            count=len(labels),
            uses=len({found.document for found in usage.outside(key)}),
            origin=whose(draft, key),
            what=changes.get(key, ""),
            defects=len(draft.findings(key)),
        )


HANDLERS: list[Any] = [lists_page, make_list, list_page, change_list, remove_list]
