"""The rules and indexes of an entity: tables of named parts, each with a panel made from its model."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post

from trellis.kernel.errors import Finding, NotFound
from trellis.kernel.messages import Message
from trellis.kernel.names import is_key
from trellis.metadata.documents.entity import Index
from trellis.metadata.documents.rules import DuplicateRule, Validation
from trellis.metadata.fieldtypes import Element
from trellis.metadata.layers.places import MISSING, value_at
from trellis.metadata.pointers import pointer
from trellis.services.context import Context
from trellis.services.studio import drafts
from trellis.services.studio.drafts import Draft
from trellis.services.studio.fieldedits import key_for, parts_in, prefix_in, with_part, without_part
from trellis.services.studio.ordering import following, in_order
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
from trellis.web.studio.entity import Head, entity_in, entity_url, head_of, localised, origin_of
from trellis.web.studio.frame import studio_context, studio_fragment, studio_page
from trellis.web.studio.onedocument import draft_after, status_of
from trellis.web.studio.panels.controls import Bench, Control, Wrong, controls_of, locked_names, missing, wrong_at
from trellis.web.studio.panels.specs import specs_of
from trellis.web.studio.panels.texts import texts_of, typed_over, written

Raw = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """One map of named parts of an entity."""

    member: str
    model: type[Element]
    tab: str
    title: Message
    one: Message
    new: Message
    empty: Message


KINDS: Mapping[str, Kind] = {
    kind.member: kind
    for kind in (
        Kind(
            "validations", Validation, "rules", Message("What is refused"), Message("Rule"), Message("New rule"),
            Message("No rule refuses a record yet."),
        ),
        Kind(
            "duplicates", DuplicateRule, "rules", Message("What counts as the same"), Message("Duplicate rule"),
            Message("New duplicate rule"), Message("No rule tells when two records are the same."),
        ),
        Kind(
            "indexes", Index, "indexes", Message("Indexes"), Message("Index"), Message("New index"),
            Message("The platform has its own indexes; more are needed only for large lists."),
        ),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PartRow:
    """One part in its table."""

    key: str
    url: str
    title: str
    about: str
    origin: str
    defects: int
    current: bool


@dataclass(frozen=True, slots=True)
class PartTable:
    """The parts of one kind."""

    kind: Kind
    add: str
    rows: tuple[PartRow, ...]


@dataclass(frozen=True)
class PartPanel:
    """Everything about one part, to be filled in."""

    kind: Kind
    key: str
    new: bool
    action: str
    back: str
    controls: tuple[Control, ...]
    version: int
    origin: str
    wrong: tuple[Wrong, ...] = ()
    wrong_key: Message | None = None
    conflict: bool = False


@dataclass(frozen=True)
class PartsPage:
    """The tables of a tab, with the panel of one part."""

    head: Head
    tables: tuple[PartTable, ...]
    panel: PartPanel | None = None


@get("/studio/entities/{entity:str}/rules", include_in_schema=False)
async def rules_page(request: Asked) -> Response[Any]:
    """What is refused, and what counts as the same."""
    context = await studio_context(request)
    return await _show(request, context, await drafts.load(context), KINDS["validations"], None)


@get("/studio/entities/{entity:str}/indexes", include_in_schema=False)
async def indexes_page(request: Asked) -> Response[Any]:
    """The indexes of the entity."""
    context = await studio_context(request)
    return await _show(request, context, await drafts.load(context), KINDS["indexes"], None)


@get("/studio/entities/{entity:str}/parts/{member:str}", include_in_schema=False)
async def new_part_page(request: Asked) -> Response[Any]:
    """The panel of a new part."""
    context, kind = await studio_context(request), _kind(request)
    draft = await drafts.load(context)
    return await _show(request, context, draft, kind, _panel(request, draft, kind, "", {}))


@get("/studio/entities/{entity:str}/parts/{member:str}/{part:str}", include_in_schema=False)
async def part_page(request: Asked) -> Response[Any]:
    """The panel of a part beside the table."""
    context, kind = await studio_context(request), _kind(request)
    draft, key = await drafts.load(context), request.path_params["part"]
    return await _show(
        request, context, draft, kind, _panel(request, draft, kind, key, _part(request, draft, kind, key))
    )


@post("/studio/entities/{entity:str}/parts/{member:str}", include_in_schema=False, status_code=200)
async def add_part(request: Asked) -> Response[Any]:
    """Make a part from the posted panel."""
    return await _posted(request, "")


@post("/studio/entities/{entity:str}/parts/{member:str}/{part:str}", include_in_schema=False, status_code=200)
async def change_part(request: Asked) -> Response[Any]:
    """Change a part from the posted panel."""
    return await _posted(request, request.path_params["part"])


@post("/studio/entities/{entity:str}/parts/{member:str}/{part:str}/remove", include_in_schema=False, status_code=303)
async def remove_part(request: Asked) -> Response[Any]:
    """Take a part away; one of a pack is hidden, so that it holds no more."""
    context, kind = await studio_context(request), _kind(request)
    draft, entity, key = await drafts.load(context), request.path_params["entity"], request.path_params["part"]
    _part(request, draft, kind, key)
    wanted = without_part(draft.raw(entity), kind.member, key)
    await drafts.save(context, wanted, version=version_in(await posted(request)))
    return told(request, context, entity_url(entity, kind.tab), Message("It was removed."), f"/studio/undo/{entity}")


async def _posted(request: Asked, key: str) -> Response[Any]:
    context, kind = await studio_context(request), _kind(request)
    draft, entity, texts = await drafts.load(context), request.path_params["entity"], await posted(request)
    before = _part(request, draft, kind, key) if key else {}
    document = entity_in(draft, entity)
    locked = locked_names(_bench(request, draft, kind, key, before), specs_of(kind.model))
    part: Raw = written(specs_of(kind.model), texts, before, locked)
    if place := one(texts, "_reset"):
        part = _reset(draft, entity, kind, key, part, place)
    known = parts_in(document, kind.member)
    if not key and "order" in kind.model.model_fields:
        part = {"order": following(known), **part}
    name = key or one(texts, "_key") or _name(kind, part, document)
    wrong = None if key else _key_error(name, document, known)
    needed = missing(_bench(request, draft, kind, name, part), specs_of(kind.model), texts)
    found: Draft | Refusal = Refusal(needed)
    if wrong is None and not needed:
        wanted = with_part(document, kind.member, name, part)
        found = await save(context, wanted, version_in(texts), pointer((kind.member, name)))
    if isinstance(found, Refusal):
        current = await draft_after(draft, found)
        panel = _panel(request, current, kind, key, part, texts, found, name, wrong)
        return await _show(request, context, current, kind, panel, status=status_of(found))
    await save_translations(context, found, texts, entity, (kind.member, name))
    return told(request, context, part_url(entity, kind.member, name), Message("Saved in the draft."))


def part_url(entity: str, member: str, key: str = "") -> str:
    """The page of a part."""
    return entity_url(entity, f"parts/{member}" + (f"/{key}" if key else ""))


def _name(kind: Kind, part: Raw, document: Raw) -> str:
    """A key out of what the part is about."""
    about = part.get("at") or "_".join(part.get("match") or part.get("fields") or ()) or kind.member.rstrip("s")
    prefix = prefix_in(str(document["id"]))
    return key_for(str(about).replace(".", "_"), parts_in(document, kind.member), prefix=prefix, fallback="rule")


def _key_error(name: str, document: Raw, known: Mapping[str, Raw]) -> Message | None:
    prefix = prefix_in(str(document["id"]))
    if not is_key(name):
        return Message("A key has lower-case letters, digits and underscores, and begins with a letter.")
    if not name.startswith(prefix):
        return Message("In a document of a pack your keys begin with {prefix}.", {"prefix": prefix})
    return Message("There is something with this key already.") if name in known else None


def _reset(draft: Draft, entity: str, kind: Kind, key: str, part: Raw, place: str) -> Raw:
    below = value_at(draft.below(entity), (kind.member, key))
    first = place.strip("/").partition("/")[0]
    rest = {name: value for name, value in part.items() if name != first}
    return rest if below is MISSING or first not in below else {**part, first: below[first]}


def _kind(request: Asked) -> Kind:
    found = KINDS.get(request.path_params["member"])
    if found is None:
        raise NotFound()
    return found


def _part(request: Asked, draft: Draft, kind: Kind, key: str) -> Raw:
    found = parts_in(entity_in(draft, request.path_params["entity"]), kind.member).get(key)
    if not isinstance(found, Mapping):
        raise NotFound()
    return found


def _bench(request: Asked, draft: Draft, kind: Kind, key: str, part: Raw, findings: tuple[Finding, ...] = ()) -> Bench:
    entity, name = request.path_params["entity"], key or "new"
    return Bench(
        snapshot=draft.merged.snapshot.localised(locale_of(request, draft.context)),
        document=with_part(entity_in(draft, entity), kind.member, name, part),
        path=(kind.member, name),
        below=draft.below(entity),
        findings=findings,
        translations=other_languages(draft),
    )


def _panel(
    request: Asked,
    draft: Draft,
    kind: Kind,
    key: str,
    part: Raw,
    texts: Texts | None = None,
    refusal: Refusal | None = None,
    name: str = "",
    wrong_key: Message | None = None,
) -> PartPanel:
    entity = request.path_params["entity"]
    findings = refusal.findings if refusal else draft.findings(entity) if key else ()
    specs = specs_of(kind.model)
    bench = _bench(request, draft, kind, key or name, part, findings)
    controls = controls_of(bench, specs, typed_over(texts_of(specs, part), texts))
    placed = [wrong.message for control in controls for wrong in control.wrong]
    return PartPanel(
        kind=kind,
        key=key or one(texts or {}, "_key"),
        new=not key,
        action=part_url(entity, kind.member, key),
        back=entity_url(entity, kind.tab),
        controls=controls,
        version=draft.version(entity),
        origin=origin_of(draft, entity, (kind.member, key)) if key else "yours",
        wrong=tuple(wrong for wrong in wrong_at(findings, bench.path) if wrong.message not in placed),
        wrong_key=wrong_key,
        conflict=bool(refusal and refusal.conflict),
    )


def _tables(request: Asked, draft: Draft, tab: str, current: PartPanel | None) -> Iterator[PartTable]:
    entity = request.path_params["entity"]
    document, texts = entity_in(draft, entity), localised(request, draft, entity)
    wrong = [finding.pointer for finding in draft.findings(entity)]
    for kind in KINDS.values():
        if kind.tab != tab:
            continue
        parts = parts_in(document, kind.member)
        rows = tuple(
            PartRow(
                key=key,
                url=part_url(entity, kind.member, key),
                title=_title(kind, parts[key], texts.get(kind.member, {}).get(key, {}), texts),
                about=str(parts[key].get("fail", "")),
                origin=origin_of(draft, entity, (kind.member, key)),
                defects=sum(where.startswith(pointer((kind.member, key))) for where in wrong),
                current=current is not None and (current.kind, current.key) == (kind, key),
            )
            for key in in_order(parts)
        )
        yield PartTable(kind, part_url(entity, kind.member), rows)


def _title(kind: Kind, part: Raw, words: Raw, texts: Raw) -> str:
    """What a part says: the message of a rule, else the fields it is about."""
    if kind.member == "validations":
        return str(words.get("message") or part.get("message") or "")
    keys = part.get("match") or part.get("fields") or ()
    fields = texts.get("fields", {})
    return " + ".join(str(fields.get(key, {}).get("label") or key) for key in keys)


async def _show(
    request: Asked, context: Context, draft: Draft, kind: Kind, panel: PartPanel | None, *, status: int = 200
) -> Response[Any]:
    """The whole page, or only the panel when the browser asks for just that."""
    head = head_of(request, draft, request.path_params["entity"], kind.tab)
    if request.headers.get("hx-request-type") == "partial":
        return await studio_fragment(
            request, context, "studio/part.html", PartsPage(head, (), panel), status=status, draft=draft
        )
    data = PartsPage(head, tuple(_tables(request, draft, kind.tab, panel)), panel)
    return await studio_page(request, context, "studio/parts.html", data, status=status, draft=draft)


HANDLERS: list[Any] = [
    rules_page, indexes_page, new_part_page, part_page, add_part, change_part, remove_part,
]  # fmt: skip
