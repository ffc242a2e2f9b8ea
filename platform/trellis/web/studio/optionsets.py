"""Lists of options that several fields share."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post

from trellis.engine.usage.graph import Usage
from trellis.kernel.errors import NotFound
from trellis.kernel.messages import Message
from trellis.metadata.documents import OptionSet
from trellis.services.context import Context
from trellis.services.studio import drafts
from trellis.services.studio.drafts import Draft
from trellis.services.studio.fieldedits import key_for, parts_in, prefix_in
from trellis.services.studio.layering import is_own
from trellis.services.studio.usage import WhereUsed, where_used
from trellis.web.http import Asked, locale_of
from trellis.web.studio.editing import (
    Refusal,
    Texts,
    one,
    other_languages,
    posted,
    save,
    save_translations,
    told,
    version_in,
)
from trellis.web.studio.frame import studio_context, studio_page
from trellis.web.studio.links import editor_url
from trellis.web.studio.panels.controls import Bench, Control, Wrong, controls_of, locked_names, missing
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

    id: str
    label: str
    controls: tuple[Control, ...]
    version: int
    own: bool
    changed: bool
    can_undo: bool
    can_redo: bool
    used: WhereUsed
    wrong: tuple[Wrong, ...] = ()
    conflict: bool = False

    @property
    def head(self) -> "ListPage":
        """What the buttons to take steps back are about."""
        return self


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
    taken = {key.partition(".")[2] for key in draft.merged.raw if is_own(key)}
    document = f"x.{key_for(label, taken, fallback='list')}"
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
    needed = missing(_bench(request, draft, wanted), specs, texts)
    found = Refusal(needed) if needed else await save(context, wanted, version_in(texts), "")
    if isinstance(found, Refusal):
        current = await drafts.load(context) if found.conflict else draft
        return await _show(request, context, current, wanted, texts, found)
    await save_translations(context, found, texts, str(before["id"]), ())
    return told(request, context, editor_url("optionset", str(before["id"])), Message("Saved in the draft."))


@post(PLACE + "/{optionset:str}/remove", include_in_schema=False, status_code=303)
async def remove_list(request: Asked) -> Response[Any]:
    """Take an own list away."""
    context = await studio_context(request)
    draft = await drafts.load(context)
    document = str(_raw(request, draft)["id"])
    await drafts.remove(context, document)
    return told(request, context, PLACE, Message("The list was removed."), f"/studio/undo/{document}")


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
    raw = draft.raw(request.path_params["optionset"])
    if raw.get("kind") != "optionset":
        raise NotFound()
    return raw


def _bench(request: Asked, draft: Draft, document: Raw, refusal: Refusal | None = None) -> Bench:
    key = str(document["id"])
    users = Usage.of(draft.merged.snapshot).of_target(key)
    about = next((found.document for found in users if found.document in draft.merged.snapshot.entities), "")
    return Bench(
        snapshot=draft.merged.snapshot.localised(locale_of(request, draft.context)),
        document=document,
        path=(),
        below=draft.below(key),
        findings=refusal.findings if refusal else draft.findings(key),
        published=draft.context.snapshot.raw.get(key),
        translations=other_languages(draft),
        about=about,
    )


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
    change = draft.change(key)
    data = ListPage(
        id=key,
        label=(named.label if named else "") or key,
        controls=controls,
        version=draft.version(key),
        own=is_own(key),
        changed=draft.below(key) not in (None, draft.raw(key)),
        can_undo=bool(change and change.can_undo),
        can_redo=bool(change and change.can_redo),
        used=where_used(draft, key),
        wrong=tuple(Wrong(finding.message, finding.hint) for finding in (refusal.findings if refusal else ())),
        conflict=bool(refusal and refusal.conflict),
    )
    status = 200 if refusal is None else 409 if refusal.conflict else 422
    return await studio_page(request, context, "studio/optionset.html", data, status=status, draft=draft)


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
        below = draft.below(key)
        yield ListRow(
            id=key,
            label=(named.label if named else "") or key,
            options=labels[:6],
            count=len(labels),
            uses=len({found.document for found in usage.outside(key)}),
            origin="yours" if below is None else "changed" if below != raw else key.partition(".")[0],
            what=changes.get(key, ""),
            defects=len(draft.findings(key)),
        )


HANDLERS: list[Any] = [lists_page, make_list, list_page, change_list, remove_list]
