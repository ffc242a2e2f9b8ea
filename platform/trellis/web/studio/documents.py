"""All documents as JSON, for those who prefer it: the list, one of them with its layers, a new one."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post

from trellis.kernel.errors import Finding, Forbidden, Invalid
from trellis.kernel.messages import Message
from trellis.metadata.documents import KINDS
from trellis.metadata.layers.leaves import leaves
from trellis.metadata.layers.places import value_at
from trellis.metadata.strictjson import parse
from trellis.services.context import Context
from trellis.services.studio import drafts
from trellis.services.studio.drafts import Draft
from trellis.services.studio.jsonplaces import Spot, spot_of, spots
from trellis.services.studio.layering import body_in, is_own
from trellis.services.studio.templates import EDITABLE, template
from trellis.web.http import Asked, locale_of
from trellis.web.studio.editing import Refusal, posted, save, told, version_in
from trellis.web.studio.frame import KINDS as KIND_WORDS
from trellis.web.studio.frame import studio_context, studio_page
from trellis.web.studio.links import EDITORS, editor_url, raw_url
from trellis.web.studio.onedocument import Standing, draft_after, standing_of, status_of, take_away, whose

Raw = Mapping[str, Any]
PLACE = "/studio/documents"


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """One document in the list."""

    id: str
    kind: Message
    label: str
    url: str
    origin: str
    what: str
    defects: int


@dataclass(frozen=True)
class DocumentsPage:
    """Documents, of one kind or of all."""

    rows: tuple[DocumentRow, ...]
    kind: str
    wanted: str
    kinds: tuple[tuple[str, Message], ...]
    makeable: tuple[tuple[str, Message], ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Something that is wrong, and where it stands in the text."""

    message: Message
    hint: Message | None
    pointer: str
    line: int | None
    column: int | None
    start: int | None
    end: int | None
    warning: bool


@dataclass(frozen=True, slots=True)
class Decision:
    """One place of a pack's document that the customer has made his own."""

    pointer: str
    verb: str
    now: str
    below: str


@dataclass(frozen=True)
class DocumentPage:
    """A document as text."""

    head: Standing
    label: str
    new: bool
    action: str
    text: str
    lines: int
    tab: str
    kind: str
    editor: str
    places: tuple[Place, ...]
    decisions: tuple[Decision, ...] = ()
    has_layer: bool = False
    conflict: bool = False


@get(PLACE, include_in_schema=False)
async def documents_page(request: Asked) -> Response[Any]:
    """All documents, narrowed by kind and by what is looked for."""
    context = await studio_context(request)
    draft = await drafts.load(context)
    kind, wanted = request.query_params.get("kind", ""), request.query_params.get("q", "").strip()
    rows = [row for row in _rows(request, draft, kind) if wanted.casefold() in f"{row.label} {row.id}".casefold()]
    found = {str(raw.get("kind")) for raw in draft.merged.raw.values()}
    data = DocumentsPage(
        tuple(sorted(rows, key=lambda row: (str(row.kind), row.id))),
        kind,
        wanted,
        tuple((name, KIND_WORDS.get(name, Message(name))) for name in KINDS if name in found),
        tuple((name, KIND_WORDS[name]) for name in EDITABLE),
    )
    return await studio_page(request, context, "studio/documents.html", data, draft=draft)


def _rows(request: Asked, draft: Draft, kind: str) -> Iterator[DocumentRow]:
    snapshot = draft.merged.snapshot.localised(locale_of(request, draft.context))
    changes = {change.document: change.what for change in draft.changes}
    for key, raw in draft.merged.raw.items():
        name = str(raw.get("kind"))
        if kind and name != kind:
            continue
        read = snapshot.documents.get(key)
        yield DocumentRow(
            id=key,
            kind=KIND_WORDS.get(name, Message("{text}", {"text": name})),
            label=(read.label if read else str(raw.get("label") or "")) or "",
            url=raw_url(key),
            origin=whose(draft, key),
            what=changes.get(key, ""),
            defects=len(draft.findings(key)),
        )


@get("/studio/new-document", include_in_schema=False)
async def new_document_page(request: Asked) -> Response[Any]:
    """A minimal document of a kind, to be written on."""
    context = await studio_context(request)
    kind = request.query_params.get("kind", "")
    draft = await drafts.load(context)
    raw = template(kind if kind in EDITABLE else "view", draft.merged.raw)
    data = _page(draft, raw, written(raw), (), new=True)
    return await studio_page(request, context, "studio/document.html", data, draft=draft)


@post("/studio/new-document", include_in_schema=False, status_code=200)
async def make_document(request: Asked) -> Response[Any]:
    """Put a new document into the draft."""
    return await _posted(request, "")


@get(PLACE + "/{document:str}", include_in_schema=False)
async def document_page(request: Asked) -> Response[Any]:
    """A document: as it is in effect, our layer of it, or where each value comes from."""
    context = await studio_context(request)
    draft, key = await drafts.load(context), request.path_params["document"]
    raw, tab = draft.raw(key), request.query_params.get("tab", "")
    layer = body_in(draft.state.assembled.wanted, key) if not is_own(key) else None
    shown = layer if tab == "layer" and layer is not None else raw
    data = _page(draft, raw, written(shown), draft.findings(key), tab=tab)
    return await studio_page(request, context, "studio/document.html", data, draft=draft)


@post(PLACE + "/{document:str}", include_in_schema=False, status_code=200)
async def change_document(request: Asked) -> Response[Any]:
    """Make a document what was written."""
    return await _posted(request, request.path_params["document"])


@post(PLACE + "/{document:str}/remove", include_in_schema=False, status_code=303)
async def remove_document(request: Asked) -> Response[Any]:
    """Take an own document away, or hide one of a pack."""
    context = await studio_context(request)
    key = request.path_params["document"]
    try:
        return await take_away(
            request, context, key, PLACE, Message("The document was removed."), await posted(request)
        )
    except Invalid as error:
        raise Forbidden(error.errors[0].message if error.errors else error.message) from error


@get(PLACE + "/{document:str}/download", include_in_schema=False)
async def download(request: Asked) -> Response[Any]:
    """The document as a file."""
    context = await studio_context(request)
    draft, key = await drafts.load(context), request.path_params["document"]
    name = f'attachment; filename="{key}.json"'
    headers = {"content-disposition": name, "cache-control": "no-store"}
    return Response(written(draft.raw(key)).encode(), media_type="application/json", headers=headers)


async def _posted(request: Asked, key: str) -> Response[Any]:
    context = await studio_context(request)
    draft, texts = await drafts.load(context), await posted(request)
    text = "".join(texts.get("text", ())).replace("\r\n", "\n")
    raw, wrong = _read(text, key)
    if raw is None:
        return await _refused(request, context, draft, key, text, Refusal(wrong))
    if not key and raw["id"] in draft.merged.raw:
        taken = Finding("taken", Message("There is a document with this id already."), pointer="/id")
        return await _refused(request, context, draft, key, text, Refusal((taken,)))
    found = await save(context, raw, version_in(texts))
    if isinstance(found, Refusal):
        return await _refused(request, context, draft, key, text, found)
    findings = found.findings(str(raw["id"]))
    said = Message("Saved in the draft, with {count} findings.", {"count": len(findings)})
    return told(request, context, raw_url(str(raw["id"])), said if findings else Message("Saved in the draft."))


def _read(text: str, key: str) -> tuple[Raw | None, tuple[Finding, ...]]:
    """The document of a text, or why it is none."""
    parsed = parse(text.encode("utf-8", "replace"))
    findings = [Finding(item.code, item.message, key, item.pointer, item.hint) for item in parsed.problems]
    if not findings and not isinstance(parsed.value, dict):
        findings.append(Finding("wrong_type", Message("A document is an object in curly brackets."), key))
    elif not findings and key and parsed.value.get("id") != key:
        text_ = Message("The id is {id} and cannot be changed.", {"id": key})
        findings.append(Finding("id_changed", text_, key, "/id"))
    return (None, tuple(findings)) if findings else (parsed.value, ())


async def _refused(
    request: Asked, context: Context, draft: Draft, key: str, text: str, refusal: Refusal
) -> Response[Any]:
    raw = draft.raw(key) if key else {"kind": "", "id": ""}
    current = await draft_after(draft, refusal)
    data = _page(current, raw, text, refusal.findings, new=not key, conflict=refusal.conflict is not None)
    return await studio_page(request, context, "studio/document.html", data, status=status_of(refusal), draft=current)


def _page(
    draft: Draft,
    raw: Raw,
    text: str,
    findings: Iterable[Finding],
    *,
    new: bool = False,
    tab: str = "",
    conflict: bool = False,
) -> DocumentPage:
    key, kind = str(raw.get("id", "")), str(raw.get("kind", ""))
    layer = None if new or is_own(key) else body_in(draft.state.assembled.wanted, key)
    return DocumentPage(
        head=Standing(key) if new else standing_of(draft, key),
        label=str(raw.get("label") or key),
        new=new,
        action="/studio/new-document" if new else raw_url(key),
        text=text,
        lines=min(max(text.count("\n") + 2, 12), 40),
        tab=tab if tab in ("layer", "origin") else "",
        kind=kind,
        editor=editor_url(kind, key) if kind in EDITORS and not new else "",
        places=tuple(_places(findings, spots(text))) if tab != "layer" else (),
        decisions=tuple(_decisions(draft, raw, layer)) if layer else (),
        has_layer=layer is not None,
        conflict=conflict,
    )


def _places(findings: Iterable[Finding], known: Mapping[str, Spot]) -> Iterator[Place]:
    for finding in findings:
        spot = spot_of(known, finding.pointer)
        said = finding.message.params
        line, column = said.get("line"), said.get("column")
        yield Place(
            finding.message,
            finding.hint,
            finding.pointer,
            line if isinstance(line, int) else spot.line if spot else None,
            column if isinstance(column, int) else spot.column if spot else None,
            spot.start if spot else None,
            spot.end if spot else None,
            finding.severity == "warning",
        )


def _decisions(draft: Draft, raw: Raw, layer: Raw) -> Iterator[Decision]:
    below = draft.below(str(raw["id"])) or {}
    for leaf in leaves(below, layer):
        yield Decision(leaf.pointer, leaf.verb, _brief(value_at(raw, leaf.path)), _brief(value_at(below, leaf.path)))


def _brief(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=lambda _: None)
    text = "" if text == "null" else text
    return text if len(text) <= 120 else text[:119] + "…"


def written(raw: Raw) -> str:
    """A document as text that people can read and write."""
    return json.dumps(raw, ensure_ascii=False, indent=2, default=str) + "\n"


HANDLERS: list[Any] = [
    documents_page, new_document_page, make_document, document_page, change_document, remove_document, download,
]  # fmt: skip
